//! What went wrong, for callers?
//!
//! Each room has its own error; this roof holds them all, adds nothing to their words, and gives each a
//! stable [`code`](Error::code) that scripts can rely on.

use crate::audit;
use crate::batch;
use crate::catalog;
use crate::erase;
use crate::keyring;
use crate::keyring::Epoch;
use crate::outbound;
use crate::policy;
use crate::pseudonym;
use crate::register;
use crate::request;
use crate::seal;
use crate::state;
use crate::store;
use crate::tag;
use crate::vault;
use crate::vocab::{DatasetId, Domain, Identifier, MalformedName, PurposeId, RecipientId};
use crate::wire;

/// Anything that can go wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The audit log.
    #[error(transparent)]
    Audit(#[from] audit::Error),
    /// A batch.
    #[error(transparent)]
    Batch(#[from] batch::Error),
    /// The catalog.
    #[error(transparent)]
    Catalog(#[from] catalog::Error),
    /// Erasing.
    #[error(transparent)]
    Erase(#[from] erase::Error),
    /// Keys.
    #[error(transparent)]
    Keyring(#[from] keyring::Error),
    /// The door out.
    #[error(transparent)]
    Outbound(#[from] outbound::Error),
    /// The policy.
    #[error(transparent)]
    Policy(#[from] policy::Error),
    /// A value's new form.
    #[error(transparent)]
    Pseudonym(#[from] pseudonym::Error),
    /// The register of objections and restrictions.
    #[error(transparent)]
    Register(#[from] register::Error),
    /// A request of a person.
    #[error(transparent)]
    Request(#[from] request::Error),
    /// A sealed file.
    #[error("`{}`", .path.display())]
    Sealed {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        source: seal::Error,
    },
    /// A database file.
    #[error(transparent)]
    State(#[from] state::Error),
    /// Files.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// Detection.
    #[error(transparent)]
    Tag(#[from] tag::Error),
    /// A name.
    #[error(transparent)]
    Name(#[from] MalformedName),
    /// Another machine.
    #[error(transparent)]
    Wire(#[from] wire::Error),
    /// There is no workspace here or above.
    #[error("no workspace in `{}` or above it", .0.display())]
    NoWorkspace(std::path::PathBuf),
    /// There is a workspace already.
    #[error("`{}` is a workspace already", .0.display())]
    WorkspaceExists(std::path::PathBuf),
    /// The workspace's settings cannot be read.
    #[error("`{}`: {reason}", .path.display())]
    Settings {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        reason: String,
    },
    /// The policy knows no such purpose.
    #[error("the policy has no purpose `{0}`")]
    UnknownPurpose(PurposeId),
    /// Purpose limitation (Art. 5(1)(b)): the dataset may not be looked at for this.
    #[error("`{dataset}` may not be used for `{purpose}`")]
    PurposeNotAllowed {
        /// The dataset.
        dataset: DatasetId,
        /// The purpose.
        purpose: PurposeId,
    },
    /// The policy knows no such dataset.
    #[error("the policy has no dataset `{0}`")]
    UnknownDataset(DatasetId),
    /// The policy knows no such recipient.
    #[error("the policy has no recipient `{0}`")]
    UnknownRecipient(RecipientId),
    /// The recipient gets data for another purpose.
    #[error("`{recipient}` gets nothing for `{purpose}`")]
    OtherPurpose {
        /// Who.
        recipient: RecipientId,
        /// The purpose.
        purpose: PurposeId,
    },
    /// The data of the person are stored, and nothing else (Art. 18(2)).
    #[error("the data of this person are restricted since {} at request {} (Art. 18(2))", .0.since.strftime("%F"), .0.request)]
    Restricted(register::Restriction),
    /// The vault knows nobody by these identifiers.
    #[error("the vault knows nobody by {identifiers}")]
    UnknownSubject {
        /// How many, and of which kinds; never their values.
        identifiers: String,
    },
    /// The keys are in an epoch before one that was released in.
    #[error(
        "the keys are in epoch {current} of `{domain}`, and `{dataset}` was released in epoch {released}: they are an older copy"
    )]
    OlderKeys {
        /// Whose keys.
        domain: Domain,
        /// The dataset.
        dataset: DatasetId,
        /// Where the keys are.
        current: Epoch,
        /// Where they were.
        released: Epoch,
    },
    /// What should be anchors of the log is none.
    #[error("`{place}`")]
    Anchor {
        /// Where.
        place: String,
        /// Why.
        source: audit::Error,
    },
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// A file that was thought to be encrypted.
    #[error("`{}` is not encrypted", .0.display())]
    NotEncrypted(std::path::PathBuf),
    /// The operating system refuses.
    #[error("`{}`", .path.display())]
    Io {
        /// Where.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Error {
    /// Nobody has one of these. Says their kinds and not their values: `` `email` ``, `` `customer_id` ``.
    pub(crate) fn nobody(identifiers: &[Identifier]) -> Self {
        let kinds: Vec<_> = identifiers.iter().map(|i| format!("`{}`", i.kind)).collect();
        let many = if kinds.len() == 1 { "an identifier" } else { "identifiers" };
        Self::UnknownSubject { identifiers: format!("{many} of the kind {}", kinds.join(", ")) }
    }

    /// A stable, dotted name: `batch.undecided`, `keyring.wrong-key`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Audit(
                audit::Error::Damaged { .. }
                | audit::Error::RolledBack { .. }
                | audit::Error::Diverged { .. }
                | audit::Error::BadSignature { .. }
                | audit::Error::UnknownKey { .. }
                | audit::Error::WrongOrigin { .. },
            ) => "audit.tampered",
            Self::Audit(audit::Error::NotAnAnchor { .. }) => "audit.not-an-anchor",
            Self::Anchor { .. } => "audit.malformed-anchor",
            Self::Audit(audit::Error::Pruned { .. }) => "audit.pruned",
            Self::Audit(audit::Error::State(error)) if matches!(**error, state::Error::Locked) => "state.locked",
            Self::Audit(
                audit::Error::NoSuchEntry { .. } | audit::Error::Proof(audit::ProofError::NoSuchEntry { .. }),
            ) => "audit.no-such-entry",
            Self::Audit(audit::Error::Occupied { .. } | audit::Error::WithinLog { .. }) => "audit.occupied",
            Self::Audit(_) => "audit",
            Self::Batch(batch::Error::Undecided { .. }) => "batch.undecided",
            Self::Batch(batch::Error::UnknownDataset(_)) | Self::UnknownDataset(_) => "policy.unknown-dataset",
            Self::Batch(batch::Error::NoSuchEpoch { .. }) => "batch.no-such-epoch",
            Self::Batch(batch::Error::Bridge { .. }) => "batch.bridge",
            Self::Batch(batch::Error::Refused(_)) | Self::PurposeNotAllowed { .. } => "policy.refused",
            Self::Catalog(catalog::Error::State(state::Error::Locked)) | Self::State(state::Error::Locked) => {
                "state.locked"
            }
            Self::Catalog(_) => "catalog",
            Self::Erase(error) => erase_code(error),
            Self::Keyring(keyring::Error::WrongKey { .. }) => "keyring.wrong-key",
            Self::Keyring(keyring::Error::Exposed { .. }) => "keyring.exposed",
            Self::Keyring(keyring::Error::Locked { .. }) => "keyring.locked",
            Self::Keyring(keyring::Error::Moved { .. } | keyring::Error::Rewrapped { .. }) => "keyring.moved",
            Self::Keyring(keyring::Error::Write { .. }) => "keyring.write",
            Self::Keyring(keyring::Error::Unreachable { .. }) => "keyring.unreachable",
            Self::Keyring(keyring::Error::Refused { .. }) => "keyring.refused",
            Self::Keyring(keyring::Error::NoCredentials { .. }) => "keyring.no-credentials",
            Self::Keyring(keyring::Error::Setting { .. }) => "keyring.setting",
            Self::Keyring(_) => "keyring",
            Self::Policy(policy::Error::Violations(_)) => "policy.violations",
            Self::Policy(_) => "policy",
            Self::Pseudonym(_) => "pseudonym",
            Self::Register(error)
            | Self::Batch(batch::Error::Register(error))
            | Self::Outbound(outbound::Error::Register(error)) => register_code(error),
            Self::Outbound(_) => "outbound",
            Self::Request(error) => request_code(error),
            Self::Sealed { source, .. } => match source {
                seal::Error::OtherKey { .. } | seal::Error::OtherDataset { .. } | seal::Error::Keyring(_) => "seal.key",
                seal::Error::Io(_) => "io",
                _ => "seal.damaged",
            },
            Self::State(_) => "state",
            Self::Store(store::Error::NoCredentials) => "store.no-credentials",
            Self::Store(store::Error::MalformedLocation { .. }) => "store.malformed-location",
            Self::Store(store::Error::Wire(error)) | Self::Wire(error) => wire_code(error),
            Self::Store(store::Error::Encrypted { .. } | store::Error::KeyRefused { .. }) => "store.key",
            Self::Store(store::Error::NotEncryptable { .. }) => "store.not-encryptable",
            Self::Store(_) => "store",
            Self::Tag(_) => "tag",
            Self::Batch(batch::Error::Vault(error)) | Self::Vault(error) => vault_code(error),
            Self::Batch(_) => "batch",
            Self::Name(_) => "vocab.malformed-name",
            Self::NoWorkspace(_) => "workspace.none",
            Self::WorkspaceExists(_) => "workspace.exists",
            Self::Settings { .. } => "workspace.settings",
            Self::OlderKeys { .. } => "keyring.older",
            Self::UnknownPurpose(_) => "policy.unknown-purpose",
            Self::UnknownRecipient(_) => "policy.unknown-recipient",
            Self::OtherPurpose { .. } => "policy.refused",
            Self::Restricted(_) => "register.restricted",
            Self::UnknownSubject { .. } => "vault.unknown-subject",
            Self::NotEncrypted(_) => "store.not-encrypted",
            Self::Interrupted => "interrupted",
            Self::Io { .. } => "io",
        }
    }
}

fn erase_code(error: &erase::Error) -> &'static str {
    match error {
        erase::Error::Changed { .. } => "erase.changed",
        erase::Error::Busy { .. } => "erase.busy",
        erase::Error::Unproven { .. } => "erase.unproven",
        erase::Error::OtherPlan(_) => "erase.other-plan",
        erase::Error::Plan { .. } => "erase.plan",
        erase::Error::NoColumn { .. } => "erase.no-column",
        erase::Error::Unsupported { .. } => "erase.unsupported",
        erase::Error::Impossible { .. } => "erase.impossible",
        erase::Error::Damaged { .. } => "erase.damaged",
        erase::Error::Stays { .. } => "erase.stays",
        erase::Error::Store(store::Error::Encrypted { .. } | store::Error::KeyRefused { .. }) => "store.key",
        erase::Error::Store(_) => "store",
        erase::Error::Interrupted => "interrupted",
        _ => "erase",
    }
}

fn register_code(error: &register::Error) -> &'static str {
    match error {
        register::Error::Changed { .. } => "register.changed",
        register::Error::NothingStands { .. } => "register.nothing-stands",
        register::Error::Blank { .. } => "register.blank",
        register::Error::State(state::Error::Locked) => "state.locked",
        _ => "register",
    }
}

fn request_code(error: &request::Error) -> &'static str {
    match error {
        request::Error::Unknown { .. } => "request.unknown",
        request::Error::OutOfTurn { .. } | request::Error::Untold { .. } => "request.out-of-turn",
        request::Error::NotRefusable { .. } => "request.not-refusable",
        request::Error::OtherPlan { .. } => "request.other-plan",
        request::Error::TooLate { .. } | request::Error::Extended { .. } => "request.not-extendable",
        request::Error::ClockBack { .. } => "request.clock-back",
        request::Error::Nameless { .. } | request::Error::UnknownKind { .. } | request::Error::Malformed { .. } => {
            "request.identifier"
        }
        request::Error::NotACorrection
        | request::Error::NothingToCorrect { .. }
        | request::Error::KeyCorrected { .. }
        | request::Error::NotADay { .. }
        | request::Error::Correctionless { .. } => "request.correction",
        request::Error::Future { .. } => "request.future",
        request::Error::Ambiguous { .. } => "request.ambiguous",
        request::Error::NowHeld { .. } => "request.held",
        request::Error::UnknownHold { .. } => "request.unknown-hold",
        request::Error::UnknownPlace { .. } => "request.unknown-place",
        request::Error::Groundless => "request.groundless",
        request::Error::Forgotten { .. } => "request.forgotten",
        request::Error::NotALedger(_) => "request.not-a-ledger",
        request::Error::OpenDsr(_) => "request.opendsr",
        request::Error::Signature(_) => "request.signature",
        request::Error::State(state::Error::Locked) => "state.locked",
        request::Error::Vault(error) => vault_code(error),
        request::Error::Register(error) => register_code(error),
        request::Error::Key(_) => "keyring",
        request::Error::NotOpened => "request.not-opened",
        request::Error::NotEncrypted => "request.altered",
        request::Error::MalformedKey(_) | request::Error::MalformedAgeKey(_) => "request.malformed-key",
        request::Error::ShortPassphrase(_) => "request.short-passphrase",
        request::Error::Undecided { .. } => "batch.undecided",
        request::Error::Store(_) => "store",
        _ => "request",
    }
}

fn vault_code(error: &vault::Error) -> &'static str {
    match error {
        vault::Error::State(state::Error::Locked) => "state.locked",
        vault::Error::Key(keyring::Error::Shards { .. } | keyring::Error::NoEpoch { .. }) => "keyring.shards",
        vault::Error::Wire(error) => wire_code(error),
        vault::Error::Server { .. } => "vault.server",
        vault::Error::Forbidden { .. } => "vault.forbidden",
        vault::Error::Unwelcome { .. } => "vault.unwelcome",
        vault::Error::Location(_) | vault::Error::PasswordInAddress => "vault.address",
        vault::Error::Passfile { .. } => "vault.passfile",
        vault::Error::NoVault { .. } => "vault.none",
        vault::Error::OtherVault { .. } | vault::Error::Occupied { .. } => "vault.another",
        vault::Error::Moved { .. } => "vault.moved",
        vault::Error::Register(error) => register_code(error),
        vault::Error::Interrupted => "interrupted",
        _ => "vault",
    }
}

fn wire_code(error: &wire::Error) -> &'static str {
    use wire::Error as Wire;
    match error {
        Wire::PlainText { .. } => "wire.plain-text",
        error if error.is_about_a_certificate() => "wire.certificate",
        _ => "wire",
    }
}
