//! Whoever looks at what a command prints, at its process or at those it starts, sees no key, no token and nobody.
//!
//! Every command there is runs here: one that is new and stands in no line of [`RUNS`] fails the test.

use std::path::Path;
use std::process::{Command, Stdio};

use pii_core::keyring::{Epoch, KeyFile, KeyProvider, Keyring, Wrapped};
use pii_core::vocab::Domain;

use crate::desk::{Desk, Said, customers};

/// A command, what is typed to try it, and what it is told. In this order, in one workspace.
const RUNS: &[(&str, &str, &str)] = &[
    ("init", "init elsewhere --controller Other", ""),
    ("demo", "demo shown", ""),
    ("scan", "scan customers.csv -d crm.customers", ""),
    ("policy check", "policy check", ""),
    ("policy show", "policy show", ""),
    ("policy explain", "policy explain crm.customers.email", ""),
    ("policy export", "policy export", ""),
    ("tag", "tag customers.csv -d crm.customers -o tagged.csv", ""),
    ("protect", "protect customers.csv -d crm.customers -r warehouse -o protected.csv", ""),
    ("protect", "protect customers.csv -d crm.customers -r partner -o - --to-format jsonl", ""),
    ("catalog list", "catalog list", ""),
    ("catalog show", "catalog show crm.customers", ""),
    ("catalog search", "catalog search email", ""),
    ("catalog export", "catalog export", ""),
    ("key list", "key list", ""),
    ("key show", "key show warehouse --reveal-to revealed", ""),
    ("key rotate", "key rotate warehouse --yes", ""),
    ("key rotate", "key rotate --root --new-key-file own.key -n", ""),
    ("vault status", "vault status", ""),
    ("vault read", "vault read --subject - --purpose support", WHO),
    ("vault put", "vault put customers.csv -d crm.customers -o customers.sealed", ""),
    ("vault read", "vault read customers.sealed --purpose support -o opened.csv", ""),
    ("vault rewrap", "vault rewrap --yes", ""),
    ("vault move", "vault move --to moved.db --yes", ""),
    ("request package-verify", "request package-verify package.zip --key package.pub", ""),
    ("audit query", "audit query", ""),
    ("audit query", "audit query --subject -", WHO),
    ("audit show", "audit show 1", ""),
    ("audit checkpoint", "audit checkpoint", ""),
    ("audit verify", "audit verify", ""),
    ("audit prove", "audit prove 1", ""),
    ("audit export", "audit export --format jsonl -o evidence", ""),
    ("audit anchor", "audit anchor --to anchors", ""),
    ("audit prune", "audit prune --before 2020-01-01 --yes", ""),
    ("request open", "request open erasure --subject - --reference T1", OTHER),
    ("request list", "request list", ""),
    ("request show", "request show T1", ""),
    ("request verify-identity", "request verify-identity T1 --method login", ""),
    ("request hold add", "request hold add T1 --ground claim", ""),
    ("request hold add", "request hold add --dataset crm.customers --ground audit", ""),
    ("request hold list", "request hold list", ""),
    ("request plan", "request plan T1", ""),
    ("request open", "request open erasure --subject - --reference T2", THIRD),
    ("request verify-identity", "request verify-identity T2 --method login", ""),
    ("request hold release", "request hold release crm.customers", ""),
    ("request plan", "request plan T2", ""),
    ("request run", "request run T2 --yes", ""),
    ("request notify", "request notify T2 --sent warehouse --sent partner --output letters", ""),
    ("request certificate", "request certificate T2", ""),
    ("request close", "request close T2", ""),
    ("request extend", "request extend T1 --because number", ""),
    ("request withdraw", "request withdraw T1", ""),
    ("request open", "request open restriction --because accuracy --subject - --reference T3", OTHER),
    ("request verify-identity", "request verify-identity T3 --method login", ""),
    ("request plan", "request plan T3", ""),
    ("request run", "request run T3 --yes", ""),
    ("request lift", "request lift T3", ""),
    ("request open", "request open access --subject - --reference T4", OTHER),
    ("request verify-identity", "request verify-identity T4 --method login", ""),
    ("request plan", "request plan T4", ""),
    ("request run", "request run T4 --output package-of-t4.zip --clear", ""),
    ("request import", "request import --opendsr request.json --unsigned", ""),
    ("request export", "request export --opendsr 7f3c", ""),
    ("request export", "request export --ledger ledger.jsonl", ""),
    ("request reject", "request reject 7f3c --ground excessive", ""),
    ("request replay", "request replay --since 2020-01-01 -n --ledger ledger.jsonl", ""),
    ("request open", "request open objection --purpose analytics --subject - --reference T5", FOURTH),
    ("request verify-identity", "request verify-identity T5 --method login", ""),
    ("request plan", "request plan T5", ""),
    ("request run", "request run T5 --yes", ""),
    ("request lift", "request lift T5", ""),
    ("request open", "request open rectification --corrections right.txt --subject - --reference T6", FOURTH),
    ("request verify-identity", "request verify-identity T6 --method login", ""),
    ("request plan", "request plan T6", ""),
    ("request run", "request run T6 --yes", ""),
    ("request certificate", "request certificate T6 --page page.html", ""),
    ("request show", "request show T6", ""),
    ("key shred", "key shred --subject - --yes", WHO),
    ("erase", "erase customers.csv --column email --values-file - --yes", "agatha.winterbourne0@mail.example\n"),
    ("completions", "completions bash", ""),
    ("man", "man pages", ""),
    ("help", "help keys", ""),
];

const WHO: &str = "email=agatha.winterbourne0@mail.example\n";

const OTHER: &str = "email=bertram.winterbourne1@mail.example\n";
const THIRD: &str = "email=clementine.winterbourne2@mail.example\n";
const FOURTH: &str = "email=euphemia.winterbourne4@mail.example\n";
/// What is said to be right is hers already: it is one of the names that are looked for everywhere.
const RIGHT: &str =
    "crm.customers.name=Euphemia Winterbourne\nuser.contact.email=euphemia.winterbourne4@mail.example\n";
/// Another system asks.
const REQUEST: &str = r#"{"subject_request_id": "7f3c", "subject_request_type": "erasure", "submitted_time":
    "2026-11-01T10:00:00Z", "subject_identities": [{"identity_type": "email", "identity_format": "raw",
    "identity_value": "desmond.winterbourne3@mail.example"}]}"#;

/// What stands in the environment for `pii`, and is nobody else's.
const TOKENS: &[(&str, &str)] = &[
    ("AWS_ACCESS_KEY_ID", "AKIAEXPOSUREEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "exposure/wJalrXUtnFEMI/K7MDENG"),
    ("AWS_SESSION_TOKEN", "exposure-session-AQoDYXdzEPT"),
    ("VAULT_TOKEN", "hvs.exposure-CAESIJ"),
    ("PGPASSWORD", "exposure-of-postgres"),
];

/// Two files of what the kernel tells of processes: of whatever the key command runs in, and of `pii` itself.
const KEY_COMMAND: &str = "\
cat /proc/$$/cmdline /proc/$$/environ >> seen-of-child 2>/dev/null
cat /proc/$PPID/cmdline /proc/$PPID/environ >> seen-of-pii 2>/dev/null
cat ${KEY:-.pii-root.key}
";

#[test]
fn no_command_is_forgotten() {
    let known: Vec<_> = RUNS.iter().map(|(command, ..)| *command).collect();
    for command in commands("") {
        assert!(known.contains(&command.as_str()), "`pii {command}` is new: say in `RUNS` how to run it");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_command_shows_a_key_a_token_or_a_person() {
    let desk = Desk::new();
    desk.write("key.sh", KEY_COMMAND);
    desk.write("package.zip", include_bytes!("packages/access.zip"));
    desk.write("package.pub", include_bytes!("packages/access.pub"));
    desk.write("request.json", REQUEST);
    desk.write("right.txt", RIGHT);
    let people: Vec<_> = people().into_iter().map(|name| Secret::new("a person", name.into_bytes())).collect();
    let tokens: Vec<_> = TOKENS.iter().map(|(name, text)| Secret::new(name, text.as_bytes().to_vec())).collect();
    let own = desk.path(".pii-root.key");
    let mut keys = keys(&desk.path(""), &own);

    for (command, args, told) in RUNS {
        let said = run(&desk, args, told, &[]).done();
        match *command {
            "init" => keys.extend(self::keys(&desk.path("elsewhere"), &own)),
            "demo" => keys.extend(self::keys(&desk.path("shown"), &desk.path("shown/.pii-root.key"))),
            _ => {}
        }
        // Again, for programs; many of them now say that something is there already. And with a key that is cut off.
        desk.write("cut.key", desk.read(".pii-root.key").replacen('=', "", 1));
        let again = run(&desk, &format!("{args} --json"), told, &[]);
        let cut = run(&desk, args, told, &[("KEY", "cut.key")]);
        for (how, said) in [("", &said), ("again", &again), ("with half a key", &cut)] {
            for (stream, text) in [("stdout", &said.out), ("stderr", &said.err)] {
                let place = format!("{stream} of `pii {args}` {how}");
                hides(&keys, &place, text.as_bytes());
                hides(&tokens, &place, text.as_bytes());
                // These two are asked for people.
                if !matches!(*command, "vault read" | "demo") || stream == "stderr" {
                    hides(&people, &place, text.as_bytes());
                }
            }
        }
    }

    let seen = |file: &str| std::fs::read(desk.path(file)).unwrap();
    let (child, own) = (seen("seen-of-child"), seen("seen-of-pii"));
    assert!(as_text(&child).contains("PII_ACTOR=tester"), "the key command was looked at");
    assert!(as_text(&own).contains("protected.csv"), "`pii` was looked at");
    for (place, bytes) in [("the key command", &child), ("`pii`", &own)] {
        hides(&keys, &format!("the process of {place}"), bytes);
        hides(&people, &format!("the process of {place}"), bytes);
    }
    hides(&tokens, "the process of the key command", &child);

    let everything = [&keys[..], &tokens[..], &people[..]].concat();
    for left in [".pii/state.db", ".pii/state.db-wal", ".pii/audit", ".pii/keys", "protected.csv", "evidence", "pages"]
    {
        hides_below(&everything, &desk.path(left));
    }
    hides_below(&people, &desk.path(".pii"));
    hides_below(&tokens, &desk.path(".pii"));
    hides_below(&keys, &desk.path(".pii"));
}

/// A key command that needs a token to get at the key is given it by name.
#[test]
fn a_token_is_passed_to_the_key_command_that_asks_for_it() {
    let desk = Desk::new();
    desk.write("key.sh", "test \"$VAULT_TOKEN\" = hvs.exposure-CAESIJ && test -z \"$PGPASSWORD\" && cat .pii-root.key");
    run(&desk, "key list", "", &[]).exits(12).says(&["the key command failed"]);
    run(&desk, "key list", "", &[("PII_KEY_COMMAND_PASS", "VAULT_TOKEN")]).done();
    desk.write(
        "pii.toml",
        desk.read("pii.toml").replace("file = \".pii-root.key\"", "command = \". ./key.sh\"\npass = [\"VAULT_TOKEN\"]"),
    );
    run(&desk, "key list", "", &[("PII_KEY_COMMAND", "")]).done();
}

/// While it waits for somebody to type, it can be looked at: by a user that is not root, for root sees everything.
#[cfg(target_os = "linux")]
#[test]
fn a_process_leaves_no_core_behind_and_nobody_else_of_its_user_looks_into_it() {
    use std::os::unix::process::CommandExt;
    let as_nobody = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0 {
            command.uid(65_534).gid(65_534);
        }
        command
    };
    // Where only root can enter the folder that it was built in, a copy runs.
    let copy =
        tempfile::Builder::new().permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755)).tempdir().unwrap();
    let program = copy.path().join("pii");
    std::fs::copy(env!("CARGO_BIN_EXE_pii"), &program).unwrap();
    let mut running = as_nobody(program.to_str().unwrap(), &["scan", "-", "--format", "csv"]).spawn().unwrap();
    let of = |file: &str| format!("/proc/{}/{file}", running.id());
    let has_no_core = || {
        let limits = std::fs::read_to_string(of("limits")).unwrap();
        limits.lines().any(|line| line.split_whitespace().eq(["Max", "core", "file", "size", "0", "0", "bytes"]))
    };
    let can_be_read = |file: &str| as_nobody("cat", &[&of(file)]).output().unwrap().status.success();
    let began = std::time::Instant::now();
    while !has_no_core() || can_be_read("environ") {
        assert!(began.elapsed().as_secs() < 10, "core dumps are on, or others can look");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(!can_be_read("mem") && can_be_read("cmdline"));
    running.kill().unwrap();
    running.wait().unwrap();
}

/// Types `pii ARGS`, with the tokens in the environment and a key command that looks around.
fn run(desk: &Desk, args: &str, told: &str, more: &[(&str, &str)]) -> Said {
    let mut command = desk.command(args);
    command.env("PII_KEY_COMMAND", ". ./key.sh").envs(TOKENS.iter().copied()).envs(more.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    let _ = std::io::Write::write_all(&mut running.stdin.take().unwrap(), told.as_bytes());
    Said::new(args, running.wait_with_output().unwrap())
}

/// Every command that does something, as its help lists it.
fn commands(command: &str) -> Vec<String> {
    let output =
        Command::new(env!("CARGO_BIN_EXE_pii")).args(command.split_whitespace()).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let below: Vec<_> = listed.filter_map(|line| line.split_whitespace().next()).collect();
    if below.is_empty() {
        return vec![command.to_owned()];
    }
    below.iter().flat_map(|name| commands(format!("{command} {name}").trim_start())).collect()
}

/// Names, addresses and numbers of the customers.
fn people() -> Vec<String> {
    let rows = customers(40);
    let cells = rows.lines().skip(1).flat_map(|row| row.split(',').skip(1).take(3));
    cells.map(str::to_owned).collect()
}

/// The root key of a workspace, the master secret that it wraps, and keys that come of it.
fn keys(workspace: &Path, root: &Path) -> Vec<Secret> {
    let file = KeyFile(root.to_owned());
    let folder = workspace.join(".pii/keys");
    let wrapped: Wrapped = serde_json::from_slice(&std::fs::read(folder.join("master.json")).unwrap()).unwrap();
    let master = file.unwrap("pii/v1/master", &wrapped).unwrap();
    let ring = Keyring::open(&folder, &file).unwrap();
    let domain = Domain::parse("partner").unwrap();
    let pseudonym = ring.reveal_pseudonym(&domain, "email/v1", Epoch::FIRST).unwrap();
    vec![
        Secret::new("the root key", from_base64(std::fs::read_to_string(&file.0).unwrap().trim())),
        Secret::new("the master secret", master.to_vec()),
        Secret::new("the seed of the log's key", ring.audit_seed().unwrap().to_vec()),
        Secret::new("a pseudonym key", pseudonym.to_vec()),
    ]
}

/// Something that is to stand nowhere, in the forms that it could stand there in.
#[derive(Clone)]
struct Secret {
    name: String,
    forms: Vec<String>,
}

impl Secret {
    fn new(name: &str, bytes: Vec<u8>) -> Self {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let base64 = to_base64(&bytes);
        let url = base64.replace('+', "-").replace('/', "_");
        let debug = format!("{bytes:?}");
        let texts = [hex.to_uppercase(), hex, base64.clone(), url, debug.trim_matches(['[', ']']).to_owned()];
        let mut forms: Vec<_> = texts.map(|text| text.trim_end_matches('=').to_owned()).into();
        forms.push(as_text(&bytes));
        Self { name: name.to_owned(), forms }
    }
}

#[track_caller]
fn hides(secrets: &[Secret], place: &str, bytes: &[u8]) {
    let text = as_text(bytes);
    for secret in secrets {
        for form in &secret.forms {
            assert!(!text.contains(form), "{} stands in {place}", secret.name);
        }
    }
}

#[track_caller]
fn hides_below(secrets: &[Secret], path: &Path) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            hides_below(secrets, &entry.unwrap().path());
        }
    } else if path.exists() {
        hides(secrets, &path.display().to_string(), &std::fs::read(path).unwrap());
    }
}

/// A character a byte: any bytes can be looked for in it as fast as text can.
fn as_text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let n = three.iter().fold(0, |n, byte| n << 8 | usize::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            text.push(ALPHABET[n >> (18 - 6 * place) & 63].into());
        }
    }
    text
}

fn from_base64(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.bytes().filter_map(|c| ALPHABET.iter().position(|a| *a == c)).collect();
    let bits = digits.chunks(4).flat_map(|four| {
        let n = four.iter().fold(0, |n, digit| n << 6 | digit) << (6 * (4 - four.len()));
        (0..four.len() - 1).map(move |place| (n >> (16 - 8 * place)) as u8)
    });
    bits.collect()
}
