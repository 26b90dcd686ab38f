//! What a person sees when something went wrong: a sentence, and the command that mends it.

use std::error::Error as _;

use pii_core::error::Error as Core;
use pii_core::request::State;
use pii_core::{audit, batch, erase, keyring, outbound, policy, request, seal, store, vault, wire};

use crate::exit::Exit;
use crate::ui::{ERROR, HEAD, json_line, paint};

/// An error on its way to the terminal.
#[derive(Debug)]
pub(crate) struct Error {
    code: &'static str,
    message: String,
    hint: Option<String>,
    exit: Exit,
}

impl Error {
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: "usage", message: message.into(), hint: Some(hint.into()), exit: Exit::Usage }
    }

    pub(crate) fn failed(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, exit: Exit::Failed }
    }

    /// Something that destroys was not confirmed.
    pub(crate) fn unconfirmed(message: impl Into<String>) -> Self {
        let hint = Some("look at it with `--dry-run`, then say `--yes`".into());
        Self { code: "unconfirmed", message: message.into(), hint, exit: Exit::Confirm }
    }

    /// Some files of an erasure are as they were; the first of them, for this reason.
    pub(crate) fn unfinished(first: &erase::Error) -> Self {
        let mut message = first.to_string();
        if let Some(cause) = first.source().filter(|_| !matches!(first, erase::Error::Store(_))) {
            message = format!("{message}: {cause}");
        }
        let (code, exit) = match first {
            erase::Error::Changed { .. } => ("erase.changed", Exit::Failed),
            erase::Error::Interrupted => ("interrupted", Exit::Interrupted),
            erase::Error::Stays { .. } => ("erase.stays", Exit::Failed),
            _ => ("erase.unfinished", Exit::Failed),
        };
        let hint = "files that are not done are as they were; run the command again";
        let hint = match code {
            "erase.changed" => format!("{hint}, with a new plan"),
            "erase.stays" => "lift what holds them, or wait; then run the command again".to_owned(),
            _ => hint.to_owned(),
        };
        Self { code, message, hint: Some(hint), exit }
    }

    pub(crate) fn no_key() -> Self {
        Self {
            code: "keyring.none",
            message: "no root key: neither PII_KEY_FILE nor PII_KEY_COMMAND is set, and `pii.toml` names none".into(),
            hint: Some("point PII_KEY_FILE at the file that `pii init` made, or restore it from its backup".into()),
            exit: Exit::NoKey,
        }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Its words, without the mend.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Prints it and says how the process ends.
    pub(crate) fn report(&self, json: bool) -> Exit {
        if json {
            let fields = serde_json::json!({
                "code": self.code, "message": self.message, "hint": self.hint, "exit": self.exit.number(),
            });
            anstream::eprintln!("{}", json_line("error", &fields));
        } else {
            anstream::eprintln!("{}: {}", paint("error", ERROR), self.message);
            if let Some(hint) = &self.hint {
                anstream::eprintln!("  {}: {hint}", paint("hint", HEAD));
            }
        }
        self.exit
    }
}

impl From<Core> for Error {
    fn from(error: Core) -> Self {
        Self { code: error.code(), message: whole(&error), hint: hint(&error), exit: exit(&error) }
    }
}

macro_rules! from_room {
    ($($room:ty),+) => {
        $(impl From<$room> for Error {
            fn from(error: $room) -> Self {
                Core::from(error).into()
            }
        })+
    };
}

from_room!(
    audit::Error,
    pii_core::catalog::Error,
    erase::Error,
    keyring::Error,
    policy::Error,
    request::Error,
    store::Error,
    vault::Error,
    pii_core::vocab::MalformedName
);

impl From<policy::Refusal> for Error {
    fn from(refusal: policy::Refusal) -> Self {
        Core::from(batch::Error::from(refusal)).into()
    }
}

/// What a request waits for.
fn next(id: uuid::Uuid, state: State) -> Option<String> {
    Some(match state {
        State::Received | State::IdentityPending => format!("pii request verify-identity {id} --method METHOD"),
        State::Verified | State::PartlyDone | State::Held => format!("pii request plan {id}"),
        State::Planned | State::Approved | State::Running => format!("pii request run {id}"),
        _ => return None,
    })
}

/// The error and its causes, joined by colons.
pub(crate) fn whole(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !message.ends_with(&text) {
            message = format!("{message}: {text}");
        }
        cause = error.source();
    }
    message
}

fn exit(error: &Core) -> Exit {
    match error.code() {
        "batch.undecided"
        | "policy.violations"
        | "policy.refused"
        | "policy.unknown-dataset"
        | "policy.unknown-purpose"
        | "policy.unknown-recipient"
        | "batch.bridge"
        | "vault.unknown-subject"
        | "register.restricted"
        | "audit.no-such-entry"
        | "audit.pruned"
        | "audit.tampered"
        | "audit.not-an-anchor"
        | "request.not-refusable"
        | "request.out-of-turn"
        | "request.not-extendable"
        | "request.other-plan"
        | "request.altered"
        | "request.ambiguous"
        | "request.held"
        | "request.forgotten"
        | "request.opendsr"
        | "request.signature" => Exit::No,
        "vocab.malformed-name"
        | "store.malformed-location"
        | "batch.no-such-epoch"
        | "vault.address"
        | "request.identifier"
        | "request.correction"
        | "request.future"
        | "request.unknown"
        | "request.unknown-hold"
        | "request.unknown-place"
        | "request.groundless"
        | "request.malformed-key"
        | "request.short-passphrase" => Exit::Usage,
        "workspace.none" => Exit::NoWorkspace,
        "state.locked" | "keyring.locked" | "keyring.moved" | "register.changed" => Exit::Locked,
        "keyring.write" => Exit::Failed,
        "interrupted" => Exit::Interrupted,
        "seal.key" | "store.key" | "request.not-opened" => Exit::NoKey,
        code if code.starts_with("keyring") => Exit::NoKey,
        _ => Exit::Failed,
    }
}

fn hint(error: &Core) -> Option<String> {
    Some(match error {
        Core::Request(request::Error::UnknownKind { known, .. }) => format!("kinds are {}", known.join(", ")),
        Core::Request(request::Error::NothingToCorrect { .. }) => {
            "write a category, `user.contact.email`, or a dataset and its column, `crm.customers.city`".to_owned()
        }
        Core::Request(request::Error::Malformed { .. }) => "write it as the data have it: `pii help identifiers`".to_owned(),
        Core::Request(request::Error::OtherPlan { .. } | request::Error::OtherPolicy) => {
            "look again with `pii request plan`".to_owned()
        }
        Core::Request(request::Error::OutOfTurn { id, state, .. }) => next(*id, *state)?,
        Core::Request(request::Error::Unknown { .. }) => "`pii request list --all` shows their numbers".to_owned(),
        Core::Request(request::Error::UnknownPlace { .. }) => {
            "a place is `DATASET`, `DATASET:COLUMN` for a column of free text, or `DATASET:*`: `pii request plan` shows them".to_owned()
        }
        Core::Request(request::Error::UnknownHold { .. }) => "`pii request hold list --all` shows their numbers".to_owned(),
        Core::Request(request::Error::OpenDsr(_)) => "`--kind TYPE=KIND` says which identity type is which kind here".to_owned(),
        Core::Request(request::Error::Busy) => "wait until it has ended; then this goes on where it was".to_owned(),
        Core::Request(request::Error::TooLate { .. } | request::Error::Extended { .. }) => {
            "answer it with what is done so far, and say what is missing".to_owned()
        }
        Core::Batch(batch::Error::Undecided { dataset, .. }) => {
            format!("run `pii scan SOURCE -d {dataset} --propose` and add what it prints to the policy")
        }
        Core::Batch(batch::Error::UnknownDataset(dataset)) | Core::UnknownDataset(dataset) => {
            format!("run `pii scan SOURCE -d {dataset} --propose` for a [[dataset]] to begin with")
        }
        Core::UnknownRecipient(_) | Core::Batch(batch::Error::Refused(policy::Refusal::UnknownRecipient(_))) => {
            "`pii policy show` lists the recipients".to_owned()
        }
        Core::Batch(batch::Error::Refused(policy::Refusal::UndecidedColumn { dataset, .. })) => {
            format!("run `pii scan SOURCE -d {dataset} --propose` and add what it prints to the policy")
        }
        Core::Batch(batch::Error::NoSuchEpoch { .. }) => {
            "`pii key list` shows the epoch of each recipient".to_owned()
        }
        Core::Batch(batch::Error::Bridge { .. }) => {
            "rename the column in the source, or protect without `--since-epoch`".to_owned()
        }
        Core::OlderKeys { domain, .. } => {
            format!("restore `.pii/keys/domains.json` as it was last, or let `pii key rotate` bring `{domain}` up to date")
        }
        Core::Batch(batch::Error::Refused(_)) => {
            "`pii policy show` lists the purposes of each dataset and recipient".to_owned()
        }
        Core::Request(request::Error::NotOpened) => {
            "it opens with the person's passphrase or age key alone: see that it is theirs, and whole".to_owned()
        }
        Core::Request(request::Error::MalformedKey(_)) => {
            "a key is the line that `pii key list` shows for documents, or a `minisign.pub` with it".to_owned()
        }
        Core::Request(request::Error::MalformedAgeKey(_)) => {
            "an identity file holds lines of `AGE-SECRET-KEY-1…`; `age-keygen` writes one".to_owned()
        }
        Core::Outbound(outbound::Error::WrongRecipient { .. }) => "protect the rows for this recipient".to_owned(),
        Core::Keyring(keyring::Error::Exposed { path, .. }) => format!("chmod 600 {}", path.display()),
        Core::Keyring(keyring::Error::WrongKey { expected, .. }) if expected.is_remote() => {
            format!("`pii.toml` is to name `{expected}` below [key], and PII_KEY_FILE and PII_KEY_COMMAND nothing")
        }
        Core::Keyring(keyring::Error::WrongKey { expected, .. }) => {
            format!("point PII_KEY_FILE at the key whose id is `{expected}`; `pii key list` shows ids")
        }
        Core::Keyring(keyring::Error::Locked { .. }) => "wait until it has ended, then try again".to_owned(),
        Core::Keyring(keyring::Error::Moved { .. } | keyring::Error::Rewrapped { .. }) => {
            "look at it again with `--dry-run`".to_owned()
        }
        Core::Keyring(keyring::Error::Write { .. }) => {
            "nothing was changed; see that the folder can be written to and has room, then try again".to_owned()
        }
        Core::Keyring(keyring::Error::Domains { path, .. } | keyring::Error::Master { path, .. }) => {
            format!("restore `{}` from its backup", path.display())
        }
        Core::Keyring(keyring::Error::Unreadable { .. }) => {
            "PII_KEY_FILE names the root key; restore it from its backup if it is lost".to_owned()
        }
        Core::Keyring(keyring::Error::Unreachable { source: wire::Error::PlainText { .. }, .. }) => PLAIN.to_owned(),
        Core::Keyring(keyring::Error::Unreachable { source, .. }) if source.is_about_a_certificate() => {
            AUTHORITIES.to_owned()
        }
        Core::Keyring(keyring::Error::Unreachable { .. }) => {
            "[key] of `pii.toml` says where it is asked for, HTTPS_PROXY on which way".to_owned()
        }
        Core::Keyring(keyring::Error::Refused { .. }) => {
            "see that the key is there and enabled, and that you may use it: `pii help keys` says which rights it takes"
                .to_owned()
        }
        Core::Keyring(keyring::Error::Setting { .. }) => "`pii help keys` shows settings that work".to_owned(),
        Core::Keyring(keyring::Error::NoCredentials { provider: "AWS KMS" }) => {
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `aws configure export-credentials` prints them".to_owned()
        }
        Core::Keyring(keyring::Error::NoCredentials { .. }) => {
            "set VAULT_TOKEN, or name a `token_file` in `pii.toml`".to_owned()
        }
        Core::Keyring(keyring::Error::Malformed) => {
            "a root key is 32 random bytes in base64: `head -c 32 /dev/urandom | base64`".to_owned()
        }
        Core::NoWorkspace(_) => {
            "make one with `pii init DIR --controller NAME`, or name one with `--workspace DIR`".to_owned()
        }
        Core::Store(store::Error::NoFormat { .. }) => {
            "`--format` names that of a source, `--to-format` that of an output".to_owned()
        }
        Core::Store(
            store::Error::NotUtf8 { .. } | store::Error::HeaderNotUtf8 { .. } | store::Error::ZeroBytes { .. },
        ) => "for example `--encoding windows-1252` or `--encoding euc-kr`".to_owned(),
        Core::UnknownPurpose(_) => "`pii policy show` lists the purposes".to_owned(),
        Core::Restricted(_) => {
            "lift the restriction first; to read all the same, for a use that the law allows: `pii vault read --despite-restriction USE`"
                .to_owned()
        }
        error if error.code() == "register.changed" => {
            "nothing was released; run it again, and their rows stay behind".to_owned()
        }
        Core::UnknownSubject { .. } => {
            "`pii vault status` lists the datasets that people came from; kinds are those of the policy".to_owned()
        }
        Core::Store(store::Error::Encrypted { .. } | store::Error::KeyRefused { .. }) => {
            "read it in the workspace that it was encrypted in: `--workspace DIR`, and its root key".to_owned()
        }
        Core::Store(store::Error::NotEncryptable { .. }) => {
            "write Parquet; or seal what you have written with `pii vault put`".to_owned()
        }
        Core::Store(store::Error::CtrEncrypted { .. }) => {
            "in Spark and Java: `parquet.encryption.algorithm` is `AES_GCM_V1`".to_owned()
        }
        Core::NotEncrypted(_) => "`--encrypt` of `pii tag` and `pii protect` encrypts".to_owned(),
        Core::PurposeNotAllowed { .. } => "`pii policy show` lists the purposes of each dataset".to_owned(),
        Core::Sealed { source: seal::Error::NotSealed, .. } => "`pii vault put` seals a file".to_owned(),
        Core::Sealed { source: seal::Error::OtherKey { .. }, .. } => {
            "open it in the workspace that it was sealed in: `--workspace DIR`".to_owned()
        }
        Core::Sealed { .. } => "restore it from a copy; `pii audit query --action vault_deposit` knows when it was sealed".to_owned(),
        Core::Policy(policy::Error::NoPolicy { .. } | policy::Error::Read { .. }) => {
            "a policy is a `.toml` file; `pii init` writes one to begin with".to_owned()
        }
        Core::WorkspaceExists(_) => "work in it, or name another folder".to_owned(),
        Core::Policy(_) => "run `pii policy check` for each place and its mend".to_owned(),
        Core::Interrupted => "nothing was released; run the command again".to_owned(),
        Core::Audit(pii_core::audit::Error::Pruned { .. }) => {
            "an export that was made before may still have it".to_owned()
        }
        Core::Audit(pii_core::audit::Error::DetailTooLarge { .. }) => "keep it in the ticket, and name that".to_owned(),
        error if error.code() == "state.locked" => "wait for the other process, then try again".to_owned(),
        Core::Store(store::Error::NoCredentials) => "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned(),
        error if error.code() == "wire.plain-text" => PLAIN.to_owned(),
        error if error.code() == "wire.certificate" => AUTHORITIES.to_owned(),
        Core::Store(store::Error::MalformedEndpoint) => {
            "AWS_ENDPOINT_URL names the endpoint; without it, it is Amazon's".to_owned()
        }
        Core::Store(store::Error::NoBucket { .. }) => {
            "make it, with object lock if it is to keep anchors; AWS_ENDPOINT_URL and AWS_REGION say where it is looked for"
                .to_owned()
        }
        Core::Store(store::Error::ObjectStore { .. }) => {
            "AWS_ENDPOINT_URL, AWS_REGION and HTTPS_PROXY say how it is reached".to_owned()
        }
        Core::Store(store::Error::MalformedLocation { .. }) => {
            "for example `s3://acme-anchors/prod/`".to_owned()
        }
        Core::Audit(audit::Error::RolledBack { .. } | audit::Error::Diverged { .. }) => {
            "keep the anchor and this log as they are, run `pii audit verify --anchor FILE`, and tell whoever answers for the log".to_owned()
        }
        Core::Audit(audit::Error::NotAnAnchor { .. }) | Core::Anchor { .. } => {
            "name a file of this log's checkpoints, such as `pii audit anchor --to FILE` makes".to_owned()
        }
        error if error.code() == "audit.no-such-entry" => {
            "`pii audit query` lists the entries and their numbers".to_owned()
        }
        error if error.code() == "audit.occupied" => "name a folder that does not exist yet".to_owned(),
        error if error.code() == "audit.tampered" => {
            "run `pii audit verify` and tell whoever answers for the log".to_owned()
        }
        Core::Erase(error) => return erase_hint(error),
        Core::Vault(error) | Core::Batch(batch::Error::Vault(error)) => return vault_hint(error),
        _ => return None,
    })
}

fn erase_hint(error: &erase::Error) -> Option<String> {
    Some(match error {
        erase::Error::Store(store::Error::Encrypted { .. } | store::Error::KeyRefused { .. }) => {
            "read it in the workspace that it was encrypted in: `--workspace DIR`, and its root key".to_owned()
        }
        erase::Error::NoColumn { .. } => "`pii scan SOURCE` shows the columns of a file".to_owned(),
        erase::Error::Unsupported { .. } | erase::Error::Damaged { .. } => {
            "nothing was changed; leave that file out, and see to it in another way".to_owned()
        }
        erase::Error::OtherPlan(_) => "give the same column, values and action as when it was made".to_owned(),
        erase::Error::Plan { .. } => "make a new one: `--dry-run --plan FILE`".to_owned(),
        erase::Error::Busy { .. } => "wait until the other process has ended, then try again".to_owned(),
        erase::Error::Interrupted => "nothing was changed; run the command again".to_owned(),
        _ => return None,
    })
}

fn vault_hint(error: &vault::Error) -> Option<String> {
    Some(match error {
        vault::Error::PasswordInAddress => {
            "leave it out: PGPASSFILE names a file of lines `host:port:database:user:password`, mode 600".to_owned()
        }
        vault::Error::Location(_) => {
            "`vault = \"postgres://ROLE@HOST/DATABASE?sslrootcert=ca.pem\"`, or a file".to_owned()
        }
        vault::Error::Passfile { path, .. } => format!("chmod 600 {}", path.display()),
        vault::Error::Unwelcome { .. } => {
            "PGPASSFILE names a file of lines `host:port:database:user:password`, mode 600".to_owned()
        }
        vault::Error::Forbidden { .. } => "which role may do what: docs/guides/vault-on-postgresql.md".to_owned(),
        vault::Error::Server { .. }
        | vault::Error::Wire(wire::Error::Refused { .. } | wire::Error::Silent { .. } | wire::Error::Broken { .. }) => {
            "nothing is half written; when the server of the vault is back, run the command again".to_owned()
        }
        vault::Error::NoVault { .. } => {
            "restore it from its backup; to begin one on a server, `pii vault move --to postgres://…`".to_owned()
        }
        vault::Error::Moved { to } => {
            format!("have `pii.toml` say `vault = \"{to}\"`, with its `sslrootcert` if it needs one")
        }
        vault::Error::OtherVault { .. } | vault::Error::Key(keyring::Error::NoEpoch { .. }) => {
            "`.pii/keys` and the vault belong together: restore the newest of both, never an older one of either"
                .to_owned()
        }
        vault::Error::Occupied { .. } => "name an empty database".to_owned(),
        vault::Error::Differs { .. } => "run it again while nobody else writes to that database".to_owned(),
        _ => return None,
    })
}

const PLAIN: &str =
    "use https; what must go in plain text all the same needs `--insecure-plaintext`, and the log will say so";
const AUTHORITIES: &str =
    "if an authority of your own made it, name that in `pii.toml`: `[tls] authorities = \"ca.pem\"`";
