//! A PostgreSQL of a test's own: on a free port of 127.0.0.1, over TLS with an authority of its own, gone when dropped.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tempfile::TempDir;

/// A server, and the folder with its data, its certificate and that of its authority.
pub(crate) struct Postgres {
    binaries: PathBuf,
    folder: TempDir,
    port: u16,
    root: bool,
    /// Whether what is committed outlives a power cut. Tests need no such promise.
    durable: bool,
}

/// What the server shows for itself.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Shows {
    /// A certificate for 127.0.0.1 and localhost, by the authority in `ca.pem`.
    Good,
    Expired,
    /// For another host.
    Elsewhere,
    /// Of an authority that nobody knows.
    SelfSigned,
    /// No TLS at all.
    Nothing,
}

impl Postgres {
    /// With a good certificate, the roles `owner`, `writer` and `reader`, and a database `vault` that `owner` owns. The
    /// password of each role is its name backwards.
    pub(crate) fn start() -> Self {
        Self::showing(Shows::Good)
    }

    pub(crate) fn showing(shows: Shows) -> Self {
        Self::made(shows, false)
    }

    /// As it comes: what is committed is on disk.
    pub(crate) fn durable() -> Self {
        Self::made(Shows::Good, true)
    }

    fn made(shows: Shows, durable: bool) -> Self {
        let folder = tempfile::Builder::new().prefix("pii-pg-").tempdir().unwrap();
        let root = Command::new("id").arg("-u").output().unwrap().stdout.trim_ascii() == b"0";
        let this = Self { binaries: binaries(), folder, port: free_port(), root, durable };
        certificates(this.folder.path(), shows);
        if root {
            // PostgreSQL does not run as root.
            run(Command::new("chown").args(["-R", "postgres"]).arg(this.folder.path()));
        }
        let password = this.folder.path().join("superuser");
        let auth = ["--auth-local", "trust", "--auth-host", "scram-sha-256", "--username", "postgres"];
        run(this
            .owned("initdb")
            .args(auth)
            .args(["--encoding", "UTF8", "--locale", "C", "--no-sync"])
            .arg("--pwfile")
            .arg(&password)
            .arg("-D")
            .arg(this.data()));
        this.go();
        for role in ["owner", "writer", "reader"] {
            let password: String = role.chars().rev().collect();
            this.sql("postgres", &format!("CREATE ROLE {role} LOGIN PASSWORD '{password}'"));
        }
        this.sql("postgres", "CREATE DATABASE vault OWNER owner");
        this
    }

    /// Starts the server, again if it was stopped.
    pub(crate) fn go(&self) {
        let tls = if self.folder.path().join("server.pem").exists() { "on" } else { "off" };
        let (folder, port) = (self.folder.path().display(), self.port);
        let sync = if self.durable { "on" } else { "off" };
        let options = format!(
            "-k {folder} -c listen_addresses=127.0.0.1 -c port={port} -c ssl={tls} -c ssl_cert_file={folder}/server.pem \
             -c ssl_key_file={folder}/server.key -c fsync={sync} -c max_wal_size=1GB"
        );
        let log = self.folder.path().join("server.log");
        run(self.owned("pg_ctl").args(["start", "--wait", "-o", &options, "-l"]).arg(&log).arg("-D").arg(self.data()));
    }

    /// Stops it as a power cut would.
    pub(crate) fn kill(&self) {
        run(self.owned("pg_ctl").args(["stop", "--mode", "immediate", "-D"]).arg(self.data()));
    }

    pub(crate) fn url(&self, role: &str) -> String {
        let authority = self.authority();
        format!("postgres://{role}@127.0.0.1:{}/vault?sslrootcert={}", self.port, authority.display())
    }

    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A file with everybody's password.
    pub(crate) fn passfile(&self, folder: &Path) -> PathBuf {
        let path = folder.join("pgpass");
        fs::write(&path, "*:*:*:owner:renwo\n*:*:*:writer:retirw\n*:*:*:reader:redaer\n").unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        path
    }

    /// What a statement of the superuser's gives, a line a row.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(self.binaries.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-c", sql]);
        psql.env("PGHOST", self.folder.path()).env("PGPORT", self.port.to_string());
        let output = psql.current_dir("/").output().unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Every file of the server: tables, log of changes, everything.
    pub(crate) fn files(&self) -> Vec<Vec<u8>> {
        fn walk(folder: &Path, into: &mut Vec<Vec<u8>>) {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let kind = entry.file_type().unwrap();
                if kind.is_dir() {
                    walk(&entry.path(), into);
                } else if kind.is_file() {
                    into.push(fs::read(entry.path()).unwrap());
                }
            }
        }
        let mut files = Vec::new();
        walk(&self.data(), &mut files);
        files
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
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
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = self.owned("pg_ctl");
        stop.args(["stop", "--mode", "immediate", "-D"]).arg(self.data()).current_dir("/");
        let _ = stop.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// An authority, and a leaf for the server.
fn certificates(folder: &Path, shows: Shows) {
    fs::write(folder.join("superuser"), "superuser\n").unwrap();
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "the authority of a test");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    fs::write(folder.join("ca.pem"), authority.self_signed(&authority_key).unwrap().pem()).unwrap();
    if shows == Shows::Nothing {
        return;
    }
    let names = if shows == Shows::Elsewhere { vec!["db.example"] } else { vec!["localhost", "127.0.0.1"] };
    let mut leaf = CertificateParams::new(names.into_iter().map(str::to_owned).collect::<Vec<_>>()).unwrap();
    leaf.distinguished_name.push(DnType::CommonName, "a database");
    if shows == Shows::Expired {
        leaf.not_before = rcgen::date_time_ymd(2020, 1, 1);
        leaf.not_after = rcgen::date_time_ymd(2021, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let leaf = match shows {
        Shows::SelfSigned => leaf.self_signed(&key).unwrap(),
        _ => leaf.signed_by(&key, &Issuer::new(authority, authority_key)).unwrap(),
    };
    fs::write(folder.join("server.pem"), leaf.pem()).unwrap();
    let private = folder.join("server.key");
    fs::write(&private, key.serialize_pem()).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&private, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

/// Debian keeps the server's programs out of the `PATH`.
fn binaries() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().map(|entry| entry.unwrap().path());
    let found = versions.map(|version| version.join("bin")).filter(|folder| folder.join("initdb").exists()).max();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = || std::env::split_paths(&path).find(|folder| folder.join("initdb").exists());
    found.or_else(in_path).unwrap_or_else(|| {
        panic!("PostgreSQL's `initdb` is not on this machine: install it with `apt-get install postgresql`")
    })
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn run(command: &mut Command) {
    // Not a pipe: the server would inherit it and keep it open.
    let status = command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let status = status.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    assert!(status.success(), "{command:?} ended with {status}");
}

/// Waits until `is` is true, a minute at most.
#[track_caller]
pub(crate) fn until(what: &str, is: impl Fn() -> bool) {
    for _ in 0..1_200 {
        if is() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{what} did not come");
}
