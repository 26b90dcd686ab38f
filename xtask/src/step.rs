//! Steps: each is named, timed, and streams what it says.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::Result;
use crate::project;

/// What has been done, and how long it took.
pub(crate) struct Steps {
    began: Instant,
    done: Vec<String>,
}

impl Steps {
    pub(crate) fn begin() -> Self {
        Self { began: Instant::now(), done: Vec::new() }
    }

    /// Does one step. The first that fails is the last, and its name is in the error.
    pub(crate) fn run<T>(&mut self, name: &str, step: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("── {name}");
        let began = Instant::now();
        match step() {
            Ok(value) => {
                let took = format!("{name} {}", seconds(began.elapsed()));
                eprintln!("   {took}");
                self.done.push(took);
                Ok(value)
            }
            Err(error) => Err(format!("{name} failed after {}: {error}", seconds(began.elapsed())).into()),
        }
    }

    /// The last line.
    pub(crate) fn finish(self) {
        let (steps, took) = (self.done.len(), seconds(self.began.elapsed()));
        eprintln!("── all {steps} steps passed in {took}: {}", self.done.join(", "));
    }
}

/// Runs a command in the root of the repository and lets it speak.
pub(crate) fn stream(command: &mut Command) -> Result {
    let status =
        command.current_dir(project::root()).status().map_err(|e| format!("cannot run {}: {e}", spelt(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", spelt(command)).into()) }
}

/// The cargo that runs us.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(args);
    // What `cargo run` tells us about xtask; ring looks at it, and would be built anew each time.
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|about| name.to_string_lossy().starts_with(about)) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// The command as one would type it.
pub(crate) fn spelt(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program()).file_name().unwrap_or_default();
    let words: Vec<_> = std::iter::once(program).chain(command.get_args()).map(|word| word.to_string_lossy()).collect();
    format!("`{}`", words.join(" "))
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_its_step_and_its_command() {
        let error = Steps::begin().run("nothing", || stream(Command::new("false").arg("-x"))).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("nothing failed after "), "{message}");
        assert!(message.contains("`false -x` ended with exit status: 1"), "{message}");
    }
}
