//! Machines that stop, and disks that refuse, at every call that a rotation makes on keys and on the log.
//!
//! `strace` counts those calls, and then makes them fail, one a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::desk::{Desk, Said};

/// Calls that change a file or its name.
const CALLS: &str = "openat,write,fsync,fdatasync,?rename,?renameat,?renameat2,?link,?linkat,ftruncate,flock";
const FAULTS: [&str; 3] = ["error=EIO:signal=KILL", "error=EIO", "error=ENOSPC"];

#[test]
fn wherever_a_rotation_ends_running_it_again_completes_the_same_one() {
    let before = before();
    everywhere(&before, "key rotate warehouse --yes", |desk, fault| {
        let opened = desk.pii("key list --json").done().json();
        assert!(["1", "2"].contains(&opened[1]["epoch"].as_str().unwrap()), "{fault}");
        // Whoever was cut short after the last step does not know, and looks first.
        if opened[1]["epoch"] == "1" {
            desk.pii("key rotate warehouse --yes").done();
        }
        assert_eq!(desk.pii("key list --json").done().json()[1]["epoch"], "2", "{fault}");
        let entries = desk.pii("audit query --action key_rotate --json").done().json();
        assert_eq!(entries.len(), 1, "{fault}: one rotation is one entry");
        desk.pii("protect customers.csv -d crm.customers -r warehouse -o w.csv").done();
        assert!(desk.read("w.csv").lines().skip(1).all(|line| line.starts_with('2')), "{fault}");
    });
}

#[test]
fn wherever_a_change_of_the_root_key_ends_one_of_them_opens_and_running_it_again_completes_it() {
    let before = before();
    let rotate = "key rotate --root --new-key-file new.key --yes";
    everywhere(&before, rotate, |desk, fault| {
        let opens = |key: &str| {
            let mut command = desk.command("vault status");
            command.env("PII_KEY_FILE", desk.path(key));
            Said::new("vault status", command.output().unwrap()).exit
        };
        let (old, new) = (opens(".pii-root.key"), opens("new.key"));
        assert!(matches!((old, new), (0, 12) | (12, 0)), "{fault}: {old}, {new}");
        desk.pii(rotate).done();
        assert_eq!((opens(".pii-root.key"), opens("new.key")), (12, 0), "{fault}");
        assert!(desk.read("pii.toml").contains("new.key"), "{fault}");
        let entries = desk.pii("audit query --action key_rotate --json").done().json();
        assert_eq!(entries.len(), 1, "{fault}: one rotation is one entry");
    });
}

/// A desk as it is before each run.
fn before() -> Desk {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    desk
}

/// Lets each call fail in each way, a run each, on all cores; then `check`s what can be done with what is left.
fn everywhere(before: &Desk, args: &str, check: impl Fn(&Desk, &str) + Sync) {
    let plain = copy(before);
    let calls = traced(&plain, args, None);
    check(&plain, "nothing failed");
    assert!(calls.contains_key("fsync") && calls.keys().any(|call| call.starts_with("rename")), "{calls:?}");
    let each = calls.iter().flat_map(|(call, count)| (1..=*count).map(move |nth| (call, nth)));
    let faults: Vec<String> =
        each.flat_map(|(call, nth)| FAULTS.map(|how| format!("inject={call}:{how}:when={nth}"))).collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let desk = copy(before);
                    traced(&desk, args, Some(fault));
                    check(&desk, fault);
                    desk.log_holds();
                }
            });
        }
    });
    eprintln!("`pii {args}`: {} faults, at each of {calls:?}", faults.len());
}

/// Runs `pii ARGS`, and gives how often it made each call on a file of keys or on the newest segment of the log.
fn traced(desk: &Desk, args: &str, fault: Option<&String>) -> BTreeMap<String, usize> {
    let pii = desk.command(args);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-o", "trace", "-e", &format!("trace={CALLS}")]).current_dir(desk.path("."));
    for name in ["keys", "keys/lock", "keys/master.json", "keys/domains.json", "audit/seg/000000000000.seg"] {
        strace.arg("-P").arg(desk.path(".pii").join(name));
    }
    for name in [".master.json.new", ".domains.json.new"] {
        strace.arg("-P").arg(desk.path(".pii/keys").join(name));
    }
    for name in ["pii.toml", "new.key", ""] {
        strace.arg("-P").arg(desk.path(name));
    }
    strace.args(fault.iter().flat_map(|fault| ["-e", fault.as_str()]));
    strace.arg(pii.get_program()).args(pii.get_args());
    for (name, value) in pii.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    let output = strace
        .output()
        .unwrap_or_else(|error| panic!("`strace` cannot be run ({error}): install it with `apt-get install strace`"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("Operation not permitted"), "this machine does not let `strace` trace: {errors}");
    assert!(fault.is_some() || output.status.success(), "`pii {args}`: {errors}");
    let trace = desk.read("trace");
    if let Some(fault) = fault {
        let befell = trace.contains("(INJECTED)") || trace.contains("killed by SIGKILL");
        assert!(befell, "{fault}: it was not reached, so runs differ\n{trace}");
    }
    let mut calls = BTreeMap::new();
    for line in trace.lines() {
        if let Some((call, _)) = line.split_whitespace().nth(1).and_then(|call| call.split_once('(')) {
            *calls.entry(call.to_owned()).or_default() += 1;
        }
    }
    calls
}

fn copy(desk: &Desk) -> Desk {
    let other = Desk::bare();
    copy_into(&desk.path("."), &other.path("."));
    other
}

fn copy_into(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_into(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
