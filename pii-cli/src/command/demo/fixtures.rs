//! The fixtures, inside the binary, so that the demo runs wherever the binary does.

use std::path::Path;

use crate::error::Error;

/// Dataset and file, in the order that they come in.
pub(super) const DATASETS: [(&str, &str); 5] = [
    ("shop.students", "students.csv"),
    ("shop.instructors", "instructors.csv"),
    ("shop.enrolments", "enrolments.jsonl"),
    ("shop.payments", "payments.parquet"),
    ("shop.clicks", "clicks.parquet"),
];

/// The policy, as a path in the workspace.
pub(super) const POLICY: &str = "policies/course-marketplace.toml";

/// The line that is missing, and the one that it goes below.
pub(super) const DECISION: &str = "kakao_id = \"user.contact.social\"";
pub(super) const BEFORE: &str = "marketing_opt_in = \"user.account.settings\"\n";

/// Why somebody looks.
pub(super) const PURPOSE: &str = "subject-requests";

/// Writes data and policy into a workspace.
pub(super) fn write(root: &Path) -> Result<(), Error> {
    for (path, bytes) in FILES {
        let path = root.join(path);
        let io = |source| pii_core::error::Error::Io { path: path.clone(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        std::fs::write(&path, bytes).map_err(io)?;
    }
    Ok(())
}

const FILES: [(&str, &[u8]); 6] = [
    ("data/students.csv", include_bytes!("../../../../fixtures/students.csv")),
    ("data/instructors.csv", include_bytes!("../../../../fixtures/instructors.csv")),
    ("data/enrolments.jsonl", include_bytes!("../../../../fixtures/enrolments.jsonl")),
    ("data/payments.parquet", include_bytes!("../../../../fixtures/payments.parquet")),
    ("data/clicks.parquet", include_bytes!("../../../../fixtures/clicks.parquet")),
    (POLICY, include_bytes!("../../../../policies/course-marketplace.toml")),
];
