//! What others make of our files: PyArrow, DuckDB, Polars, and Python's own `hmac`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs `tests/python/NAME` and gives what it prints.
#[track_caller]
pub(crate) fn python(name: &str, args: &[PathBuf]) -> String {
    let Some(python) = std::env::var_os("PII_TEST_PYTHON") else {
        panic!(
            "PII_TEST_PYTHON names no Python with PyArrow, DuckDB and Polars: run `cargo xtask test`, which makes one"
        );
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/python").join(name);
    let output = Command::new(python).arg("-B").arg(script).args(args).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
