//! A PostgreSQL of our own, on the disk that we measure, as it comes but for the number of connections.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

use crate::Result;
use crate::step;

pub(super) struct Postgres {
    binaries: PathBuf,
    data: PathBuf,
    /// Where its socket is: a short path, as the kernel wants it.
    socket: PathBuf,
    root: bool,
}

impl Postgres {
    /// Makes a cluster in `folder`, which must be absent, and starts a server.
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let id = Command::new("id").arg("-u").output()?;
        let root = id.stdout.trim_ascii() == b"0";
        let socket = std::env::temp_dir().join(format!("pii-bench-{}", process::id()));
        let this = Self { binaries: binaries()?, data: folder.to_owned(), socket, root };
        for folder in [&this.data, &this.socket] {
            fs::create_dir_all(folder)?;
            if root {
                // PostgreSQL does not run as root.
                quiet(Command::new("chown").arg("postgres").arg(folder))?;
            }
        }
        quiet(
            this.owned("initdb")
                .args(["--auth", "trust", "--username", "bench", "--encoding", "UTF8", "--locale", "C"])
                .arg("-D")
                .arg(&this.data),
        )?;
        let options = format!(
            "-k {} -c listen_addresses= -c max_connections=100 -c fsync=on -c synchronous_commit=on",
            this.socket.display()
        );
        let log = this.data.join("server.log");
        quiet(this.owned("pg_ctl").args(["start", "--wait", "-o", &options, "-l"]).arg(log).arg("-D").arg(&this.data))?;
        quiet(this.client("psql").args([
            "-c",
            "CREATE TABLE entry (seq bigserial PRIMARY KEY, time timestamptz NOT NULL, json text NOT NULL)",
        ]))?;
        Ok(this)
    }

    /// `PostgreSQL 15.9`
    pub(super) fn version(&self) -> Result<String> {
        let output = Command::new(self.binaries.join("postgres")).arg("--version").output()?;
        let text = String::from_utf8(output.stdout)?;
        Ok(text.replace("postgres (PostgreSQL)", "PostgreSQL").split(" (").next().unwrap_or_default().trim().to_owned())
    }

    /// How many rows a second 64 connections insert, one a transaction.
    pub(super) fn inserts(&self, entry: &str, seconds: u64) -> Result<f64> {
        let script = self.data.with_extension("sql");
        fs::write(&script, "INSERT INTO entry (time, json) VALUES (clock_timestamp(), :entry);\n")?;
        let mut pgbench = self.client("pgbench");
        // Prepared, which is its fastest way.
        pgbench.args(["-n", "-M", "prepared", "-c", "64", "-j", "2", "-T", &seconds.to_string()]);
        let output = pgbench.args(["-D", &format!("entry={entry}"), "-f"]).arg(&script).output()?;
        let text = String::from_utf8(output.stdout)?;
        let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        rate.ok_or_else(|| format!("pgbench did not count: {text}{}", String::from_utf8_lossy(&output.stderr)).into())
    }

    /// A program that works on the server's files, as their owner.
    fn owned(&self, program: &str) -> Command {
        let program = self.binaries.join(program);
        if !self.root {
            return Command::new(program);
        }
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.env("PGHOST", &self.socket).env("PGUSER", "bench").env("PGDATABASE", "postgres");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The scratch folder goes with the next run; a server must not stay.
        let _ = quiet(self.owned("pg_ctl").args(["stop", "--mode", "immediate", "-D"]).arg(&self.data));
        let _ = fs::remove_dir_all(&self.socket);
    }
}

/// Debian keeps the server's programs out of the `PATH`.
fn binaries() -> Result<PathBuf> {
    let versions =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let found = versions.map(|version| version.join("bin")).filter(|folder| folder.join("initdb").exists()).max();
    let in_path = || std::env::split_paths(&std::env::var_os("PATH")?).find(|folder| folder.join("initdb").exists());
    let missing = "PostgreSQL's `initdb` is not on this machine: install it with `apt-get install postgresql`";
    found.or_else(in_path).ok_or_else(|| missing.into())
}

fn quiet(command: &mut Command) -> Result {
    // Not the output of `pg_ctl start`: the server would inherit the pipe and keep it open.
    let status = command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).status();
    let status = status.map_err(|error| format!("cannot run {}: {error}", step::spelt(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", step::spelt(command)).into()) }
}
