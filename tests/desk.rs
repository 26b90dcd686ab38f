//! A desk: a folder of its own, often with a workspace in it, and somebody who types `pii` there.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder, and whoever takes it away afterwards.
pub(crate) struct Desk {
    folder: PathBuf,
    _goes: Option<TempDir>,
}

impl Desk {
    /// With nothing on it; gone when it is dropped.
    pub(crate) fn bare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder: folder.path().to_owned(), _goes: Some(folder) }
    }

    /// With nothing on it; several tests look at it, so it stays in `target/tmp` until they run again.
    pub(crate) fn shared(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        Self { folder, _goes: None }
    }

    /// With a workspace, the policy of these tests, and forty customers in `customers.csv`.
    pub(crate) fn new() -> Self {
        let desk = Self::bare();
        desk.pii("init --controller Acme").done();
        desk.write("policies/policy.toml", POLICY);
        desk.write("customers.csv", customers(40));
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file, and the folders that it lies in.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Names in a folder, hidden ones too, in order.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// `pii`, about to run here, with nothing from the environment of whoever runs the tests.
    pub(crate) fn command(&self, args: &str) -> Command {
        let mut command = Command::new(PII);
        command.args(args.split_whitespace()).current_dir(&self.folder);
        let ours = ["PII_WORKSPACE", "PII_KEY_FILE", "PII_KEY_COMMAND", "PII_KEY_COMMAND_PASS", "PII_ROLE"];
        let stores =
            ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_ENDPOINT_URL"];
        let others = ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "VAULT_TOKEN", "PGPASSWORD", "PGPASSFILE"];
        for name in ours.iter().chain(&stores).chain(&others) {
            command.env_remove(name);
        }
        command.env("PII_ACTOR", "tester").env("NO_COLOR", "1").stdin(Stdio::null());
        command
    }

    /// Types `pii ARGS`. No argument has a space in it.
    pub(crate) fn pii(&self, args: &str) -> Said {
        Said::new(args, self.command(args).output().unwrap())
    }

    /// Types a script into a shell that knows `pii`.
    pub(crate) fn shell(&self, script: &str) -> Said {
        let known = Path::new(PII).parent().unwrap().display();
        let mut shell = Command::new("sh");
        for (name, value) in self.command("").get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let path = std::env::var("PATH").unwrap();
        let run = shell.arg("-c").arg(script).env("PATH", format!("{known}:{path}")).current_dir(&self.folder);
        Said::new("…", run.stdin(Stdio::null()).output().unwrap())
    }

    /// Types `pii ARGS` and then `lines`.
    pub(crate) fn tell(&self, args: &str, lines: &str) -> Said {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = command.spawn().unwrap();
        // Whoever refuses the arguments does not wait for the lines.
        let _ = running.stdin.take().unwrap().write_all(lines.as_bytes());
        Said::new(args, running.wait_with_output().unwrap())
    }

    /// Whatever happened before, the log is as it was written, and nothing is unsealed.
    #[track_caller]
    pub(crate) fn log_holds(&self) {
        let verdict = self.pii("audit verify").done().out;
        assert!(verdict.starts_with("VERIFIED\n"), "{verdict}");
    }
}

/// How a command ended.
pub(crate) struct Said {
    args: String,
    pub(crate) exit: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn new(args: &str, output: Output) -> Self {
        Self {
            args: args.to_owned(),
            exit: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.exit, code, "`pii {}`\n{}{}", self.args, self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn done(self) -> Self {
        self.exits(0)
    }

    /// Each of `words` stands in what went to stderr.
    #[track_caller]
    pub(crate) fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.err.contains(word), "`pii {}` does not say {word}:\n{}", self.args, self.err);
        }
        self
    }

    /// What went to stdout, a JSON value a line, each of version 1.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<Value> {
        let values: Vec<Value> = self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(values.iter().all(|value| value["type"].is_string() && value["v"] == 1), "{}", self.out);
        values
    }
}

/// So many customers, none of whom exists: numbers are those that Ofcom keeps for drama.
pub(crate) fn customers(rows: usize) -> String {
    let mut csv = String::from("customer_id,name,email,phone,born,total\n");
    for n in 0..rows {
        let (given, family) = (GIVEN[n % GIVEN.len()], FAMILY[n / GIVEN.len() % FAMILY.len()]);
        csv.push_str(&format!(
            "C{n:07},{given} {family},{}.{}{n}@mail.example,07700 9{:05},19{:02}-0{}-1{},{}.50\n",
            given.to_lowercase(),
            family.to_lowercase(),
            n % 100_000,
            40 + n % 60,
            1 + n % 9,
            n % 10,
            n % 977
        ));
    }
    csv
}

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

const PII: &str = env!("CARGO_BIN_EXE_pii");
pub(crate) const POLICY: &str = include_str!("policy.toml");
const GIVEN: [&str; 8] =
    ["Agatha", "Bertram", "Clementine", "Desmond", "Euphemia", "Ferdinand", "Georgiana", "Horatio"];
const FAMILY: [&str; 5] = ["Winterbourne", "Fothergill", "Ravenscroft", "Blenkinsop", "Thistlethwaite"];
