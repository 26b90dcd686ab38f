//! Exit codes are an API: scripts and cron jobs read them. One list, used everywhere.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    No = 3,
    Confirm = 4,
    NoWorkspace = 10,
    Locked = 11,
    NoKey = 12,
    Interrupted = 130,
}

impl Exit {
    pub(crate) const TABLE: &[(u8, &str)] = &[
        (0, "done"),
        (1, "failed"),
        (2, "the command line was wrong"),
        (3, "it ran, and the answer is no: a broken log, a violated policy, personal data without a tag"),
        (4, "a person must confirm"),
        (10, "no workspace here or above"),
        (11, "locked by another process"),
        (12, "no key, or the wrong one"),
        (130, "interrupted"),
    ];

    pub(crate) fn number(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
