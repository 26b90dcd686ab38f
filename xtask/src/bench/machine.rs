//! Numbers mean little without the machine that they come from.

use std::fs;
use std::thread;

/// `AMD EPYC 7B13, 2 cores, Linux 6.1.0`
pub(super) fn line() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores, Linux {}", model.unwrap_or("unknown processor"), kernel.trim())
}

/// `load average 0.30`, and a warning if others were at work.
pub(super) fn load() -> String {
    let loadavg = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = loadavg.split(' ').next().and_then(|load| load.parse::<f64>().ok()).unwrap_or(f64::NAN);
    let busy = load > thread::available_parallelism().map_or(1, usize::from) as f64 / 2.0;
    let warning = if busy { ": **other work ran too, so measure again**" } else { "" };
    format!("load average {load:.2}{warning}")
}
