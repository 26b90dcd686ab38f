use std::path::PathBuf;

use pii_core::audit::{self, Trust, Verdict};
use serde_json::json;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{DIM, ERROR, GOOD, Ui, WARN, count, paint};

/// Check that the log is as it was written
///
/// Needs no key, but with the workspace's key it also checks that the log is this workspace's. Exit code 3 unless the verdict is VERIFIED or UNSEALED_TAIL.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of a log, or of a copy of one; otherwise the workspace's
    dir: Option<PathBuf>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let (dir, trust) = match &args.dir {
        Some(dir) => (dir.clone(), Trust::default()),
        None => {
            let site = global.site()?;
            // With the root key at hand, the log's own key need not be taken from the log.
            let keys = global.root_key(&site).and_then(|root| Ok(site.log_key(&root)?)).into_iter().collect();
            (site.audit(), Trust { keys, ..Trust::default() })
        }
    };
    let report = audit::verify(&dir, &trust)?;
    ui.record(
        "verified",
        &json!({
            "verdict": report.verdict.to_string(), "origin": report.origin, "entries": report.entries,
            "sealed": report.sealed, "checkpoints": report.checkpoints, "keys": report.keys,
            "first": report.first.map(|t| t.to_string()), "last": report.last.map(|t| t.to_string()),
            "unchecked": report.claims_unchecked,
        }),
    );
    let (style, exit) = match &report.verdict {
        Verdict::Verified => (GOOD, Exit::Done),
        Verdict::UnsealedTail(_) => (WARN, Exit::Done),
        _ => (ERROR, Exit::No),
    };
    ui.line(paint(&report.verdict.to_string(), style));
    ui.line(format!(
        "  {}, {} of them sealed by {}, log `{}`",
        count(report.entries, "entry").replace("entrys", "entries"),
        report.sealed,
        count(report.checkpoints, "checkpoint"),
        report.origin
    ));
    for claim in &report.claims_unchecked {
        ui.line(paint(&format!("  not checked: {claim}"), DIM));
    }
    Ok(exit)
}
