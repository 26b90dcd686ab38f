//! The Python environment with the libraries that we compare ourselves with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::project;
use crate::step;

/// The environment's `python`. It is made once, and again when what it must hold has changed.
pub(crate) fn venv() -> Result<PathBuf> {
    let folder = project::target()?.join("xtask-venv");
    let (python, stamp) = (folder.join("bin/python"), folder.join("requirements.txt"));
    // Written last, so an environment that was cut short has none.
    let whole = fs::read_to_string(&stamp).is_ok_and(|had| had == REQUIREMENTS) && python.exists();
    if !whole {
        // A registry that does not answer is worth asking twice.
        make(&folder, &python).or_else(|error| {
            eprintln!("   {error}: trying once more");
            make(&folder, &python)
        })?;
        fs::write(&stamp, REQUIREMENTS)?;
    }
    Ok(python)
}

fn make(folder: &Path, python: &Path) -> Result {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    step::stream(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"];
    step::stream(Command::new(python).args(pip).arg("-r").arg(project::root().join("xtask/requirements.txt")))
}

const REQUIREMENTS: &str = include_str!("../requirements.txt");
