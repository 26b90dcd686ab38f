//! Keys and people are in this process's memory. Nobody else on the machine is to get at it on the way.

/// Turns off what would write the memory of this process to a file.
///
/// - The limit on core files becomes 0, here and in every child (all Unix systems).
/// - On Linux the process is marked as not to be dumped: a program that the kernel pipes core dumps to gets none, whatever the
///   limit; another process of the same user cannot attach to it, nor read its memory or its environment.
///
/// Elsewhere the system's own settings hold. Neither keeps memory out of swap.
pub(crate) fn keep_memory_here() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // What is refused here is refused by whoever confines this process, and they know why.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
