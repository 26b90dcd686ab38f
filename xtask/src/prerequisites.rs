//! What must be on the machine before anything else: a C compiler for SQLite and ring, Python to check our files with, and
//! strace to make calls fail.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Result;
use crate::step;

/// Something we call, how to ask for it, and the Debian packages that bring it.
struct Prerequisite {
    what: &'static str,
    probe: &'static [&'static str],
    packages: &'static [&'static str],
}

/// Makes sure that all are there; installs what is missing where the machine is ours to change.
pub(crate) fn ensure() -> Result {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let what = names(&missing);
    let packages: Vec<&str> = missing.iter().flat_map(|p| p.packages.iter().copied()).collect();
    if !may_install() {
        return Err(
            format!("this machine lacks {what}: install them with `apt-get install {}`", packages.join(" ")).into()
        );
    }
    eprintln!("   this machine lacks {what}: installing {}", packages.join(", "));
    step::stream(apt_get().arg("update"))?;
    step::stream(apt_get().args(["install", "--yes", "--no-install-recommends"]).args(packages))?;
    match self::missing().as_slice() {
        [] => Ok(()),
        still => Err(format!("apt-get is content, and {} still cannot be found", names(still)).into()),
    }
}

fn missing() -> Vec<&'static Prerequisite> {
    PREREQUISITES.iter().filter(|prerequisite| !answers(prerequisite.probe)).collect()
}

fn names(prerequisites: &[&Prerequisite]) -> String {
    prerequisites.iter().map(|prerequisite| prerequisite.what).collect::<Vec<_>>().join(" and ")
}

fn answers(probe: &[&str]) -> bool {
    let Some((program, args)) = probe.split_first() else { return false };
    let quiet = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

/// Root, on a system that has apt: a container of the CI.
fn may_install() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0") && Path::new("/usr/bin/apt-get").exists()
}

fn apt_get() -> Command {
    let mut apt_get = Command::new("apt-get");
    apt_get.arg("--quiet").env("DEBIAN_FRONTEND", "noninteractive");
    apt_get
}

const PREREQUISITES: &[Prerequisite] = &[
    Prerequisite { what: "a C compiler (`cc`)", probe: &["cc", "--version"], packages: &["gcc", "libc6-dev"] },
    Prerequisite {
        what: "Python with `venv`",
        // Debian ships `venv` without what it needs to put pip into a new environment.
        probe: &["python3", "-c", "import venv, ensurepip"],
        packages: &["python3", "python3-venv"],
    },
    Prerequisite {
        what: "`strace`, to see what becomes of the log when calls fail",
        probe: &["strace", "--version"],
        packages: &["strace"],
    },
];
