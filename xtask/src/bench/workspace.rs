//! The `pii` to measure, and a workspace for it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::project;
use crate::step;

pub(super) struct Workspace {
    binary: PathBuf,
    folder: PathBuf,
    key: PathBuf,
}

impl Workspace {
    /// Builds the release, and makes a workspace whose policy knows the file.
    pub(super) fn make(bench: &Path) -> Result<Self> {
        step::stream(&mut step::cargo(&["build", "--release", "--workspace", "--bin", "pii"]))?;
        let this = Self {
            binary: project::target()?.join("release/pii"),
            folder: bench.join("workspace"),
            key: bench.join("root.key"),
        };
        let mut key = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&this.key)?;
        key.write_all(KEY)?;
        step::stream(this.pii(&["init"]).arg(&this.folder).args(["--controller", "Bench"]))?;
        // Instead of the policy to begin with: two would both name a controller.
        let policies = this.folder.join("policies");
        for file in fs::read_dir(&policies)? {
            fs::remove_file(file?.path())?;
        }
        fs::write(policies.join("bench.toml"), include_str!("policy.toml"))?;
        Ok(this)
    }

    /// Its folder, and the file of its root key.
    pub(super) fn place(&self) -> [&Path; 2] {
        [&self.folder, &self.key]
    }

    /// `pii` with `args`, in the workspace.
    pub(super) fn pii(&self, args: &[&str]) -> Command {
        let mut pii = Command::new(&self.binary);
        pii.args(args).env("PII_WORKSPACE", &self.folder).env("PII_KEY_FILE", &self.key);
        pii
    }
}

/// 32 bytes that keep nothing secret.
const KEY: &[u8] = b"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n";
