//! `cargo xtask test`: everything that CI runs, and nothing that it does not.

use crate::Result;
use crate::prerequisites;
use crate::python;
use crate::step::{self, Steps};

pub(crate) fn run() -> Result {
    let mut steps = Steps::begin();
    steps.run("prerequisites", prerequisites::ensure)?;
    let python = steps.run("python environment", python::venv)?;
    steps.run("fmt", || step::stream(&mut step::cargo(&["fmt", "--all", "--check"])))?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    steps.run("clippy", || step::stream(&mut step::cargo(&clippy)))?;
    // Unit tests, the journeys in `tests/`, and the examples in the documentation.
    steps.run("test", || step::stream(step::cargo(&["test", "--workspace"]).env("PII_TEST_PYTHON", &python)))?;
    steps.finish();
    Ok(())
}
