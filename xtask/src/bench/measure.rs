//! What does one whole process cost?

use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::step;

/// One run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    /// Seconds by the clock.
    pub(super) wall: f64,
    /// Seconds of the processor, in the program and in the kernel for it.
    pub(super) cpu: f64,
    /// MiB of memory at the highest.
    pub(super) memory: f64,
}

/// Runs `command` and measures it. An exit code that is not in `good` is an error.
pub(super) fn measure(python: &Path, command: &Command, good: &[i32]) -> Result<Cost> {
    // Standard Rust cannot ask what a child cost; Python's `os.wait4` can.
    let mut measured = Command::new(python);
    measured.args(["-c", include_str!("measure.py")]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            measured.env(name, value);
        }
    }
    let output = measured.stderr(std::process::Stdio::inherit()).output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
    match numbers.as_slice() {
        [wall, cpu, memory, exit] if good.contains(&(*exit as i32)) => {
            Ok(Cost { wall: *wall, cpu: *cpu, memory: *memory })
        }
        [.., exit] => Err(format!("{} ended with {exit}", step::spelt(command)).into()),
        [] => Err(format!("{} could not be started", step::spelt(command)).into()),
    }
}

/// The middle one, of each number for itself.
pub(super) fn median(costs: &[Cost]) -> Cost {
    let middle = |number: fn(&Cost) -> f64| {
        let mut numbers: Vec<f64> = costs.iter().map(number).collect();
        numbers.sort_by(f64::total_cmp);
        numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
    };
    Cost { wall: middle(|c| c.wall), cpu: middle(|c| c.cpu), memory: middle(|c| c.memory) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_run_does_not_move_the_median() {
        let costs = [3.0, 100.0, 1.0].map(|wall| Cost { wall, cpu: 0.0, memory: 0.0 });
        assert_eq!(median(&costs).wall, 3.0);
    }
}
