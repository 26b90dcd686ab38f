use std::fs::File;
use std::path::{Path, PathBuf};

use pii_core::audit::{self, Checkpoint, Report, Trust, Verdict, VerifierKey, parse_anchors};
use pii_core::clock::{Clock, SystemClock};
use pii_core::error::Error as Core;
use pii_core::store::ObjectLocation;
use pii_core::workspace::read_anchors;
use serde_json::json;

use crate::command::age::age;
use crate::config::{Global, objects};
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{DIM, ERROR, GOOD, Ui, WARN, count, paint};

/// Check that the log is as it was written
///
/// Needs no key, but with the workspace's key it also checks that the log is this workspace's. Bring what you were given on another way than with the log: an anchor shows that the end was not cut, a key that the log was not replaced whole. Exit code 3 unless the verdict is VERIFIED or UNSEALED_TAIL.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of a log, or of a copy of one; otherwise the workspace's
    dir: Option<PathBuf>,
    /// Checkpoints that were kept elsewhere: a file of one or several, a .tlog-proof, `-`, s3://bucket/key
    #[arg(long, value_name = "FILE")]
    anchor: Vec<String>,
    /// The log's public key, as it was given to you: a .vkey file, or its text
    #[arg(long, value_name = "FILE|VKEY")]
    key: Vec<String>,
    /// A checkpoint up to which this log was verified before: only what follows is read
    #[arg(long, value_name = "FILE")]
    from: Option<String>,
    /// The newest sealed entry is not older than this: 30m, 1h, 1d
    #[arg(long, value_name = "AGE")]
    max_age: Option<String>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let mut trust = Trust::default();
    if let Some(max_age) = args.max_age.as_deref().map(age).transpose()? {
        trust.fresh_since = SystemClock.now().checked_sub(max_age).ok();
    }
    for anchor in &args.anchor {
        trust.anchors.extend(anchors(anchor, global)?);
    }
    if let Some(from) = &args.from {
        // It is an anchor too; of several, the newest saves the most.
        let known = anchors(from, global)?;
        trust.verified = known.iter().max_by_key(|checkpoint| checkpoint.size()).cloned();
        trust.anchors.extend(known);
    }
    for key in &args.key {
        trust.keys.extend(keys(key)?);
    }
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => {
            let site = global.site()?;
            if trust.keys.is_empty() {
                // With the root key at hand, the log's own key need not be taken from the log.
                trust.keys.extend(global.root_key_alone(&site).and_then(|root| Ok(site.log_key(&root)?)));
            }
            site.audit()
        }
    };
    let report = audit::verify(&dir, &trust)?;
    show(&report, &trust, ui);
    Ok(match report.verdict {
        Verdict::Verified | Verdict::UnsealedTail(_) => Exit::Done,
        _ => Exit::No,
    })
}

fn show(report: &Report, trust: &Trust, ui: Ui) {
    let (means, next) = explain(&report.verdict);
    let next = next.or_else(|| bring(trust));
    ui.record(
        "verified",
        &json!({
            "verdict": report.verdict.to_string(), "means": means, "next": next, "origin": report.origin,
            "entries": report.entries, "sealed": report.sealed, "checkpoints": report.checkpoints,
            "anchors": trust.anchors.len(), "keys": report.keys, "first": report.first.map(|t| t.to_string()),
            "last": report.last.map(|t| t.to_string()),
            "pruned": report.pruned.as_ref().map_or(0, |pruned| pruned.entries), "unchecked": report.claims_unchecked,
        }),
    );
    let style = match &report.verdict {
        Verdict::Verified => GOOD,
        Verdict::UnsealedTail(_) => WARN,
        _ => ERROR,
    };
    ui.line(paint(&report.verdict.to_string(), style));
    ui.line(format!("  {means}"));
    let entries = count(report.entries, "entry").replace("entrys", "entries");
    let log = &report.origin;
    ui.line(match &report.verdict {
        // The reading ended there, before anything was known of the signatures.
        Verdict::RolledBack { .. } | Verdict::Tampered { .. } => format!("  {entries} read, log `{log}`"),
        _ => {
            let checkpoints = count(report.checkpoints, "checkpoint");
            format!("  {entries}, {} of them sealed by {checkpoints}, log `{log}`", report.sealed)
        }
    });
    if let Some(pruned) = &report.pruned {
        let (entries, day) = (count(pruned.entries, "entry").replace("entrys", "entries"), pruned.time.strftime("%F"));
        ui.line(format!("  {entries} pruned on {day} by {}, says entry {}", pruned.actor.id, pruned.entry));
    }
    if !trust.anchors.is_empty() && matches!(report.verdict, Verdict::Verified | Verdict::UnsealedTail(_)) {
        ui.line(format!("  it goes on from {} kept elsewhere", count(trust.anchors.len() as u64, "checkpoint")));
    }
    for claim in &report.claims_unchecked {
        ui.line(paint(&format!("  not checked: {claim}"), DIM));
    }
    if let Some(next) = next {
        ui.line(format!("  next: {next}"));
    }
}

/// What whoever asks can bring so that more can be checked.
fn bring(trust: &Trust) -> Option<&'static str> {
    match (trust.keys.is_empty(), trust.anchors.is_empty()) {
        (false, false) => None,
        (true, false) => Some("give `--key FILE`, the log's key as you got it on another way"),
        (false, true) => Some("give `--anchor FILE`, a checkpoint that was kept elsewhere"),
        (true, true) => {
            Some("give `--anchor FILE`, a checkpoint kept elsewhere, and `--key FILE`, the log's key as you got it")
        }
    }
}

/// What a verdict means, and what to do now, a line each.
fn explain(verdict: &Verdict) -> (&'static str, Option<&'static str>) {
    match verdict {
        Verdict::Verified => ("every entry is as it was written, and signed", None),
        Verdict::UnsealedTail(_) => (
            "every entry is whole, and those at the end are not signed yet",
            Some("`pii audit checkpoint` signs them; an auditor asks for a copy made after it"),
        ),
        Verdict::Unverifiable(_) => (
            "what is named is missing, so there is no answer; that alone is not tampering",
            Some("ask whoever keeps the log for what is named, and verify again"),
        ),
        Verdict::RolledBack { .. } => (
            "fewer entries are here than were signed once: the end was cut, or an older copy put back",
            Some(
                "keep this folder and the anchor as they are, and ask whoever keeps the log for the entries that are gone",
            ),
        ),
        Verdict::Tampered { .. } => (
            "the log is not as it was written",
            Some("change nothing, copy the folder, and compare it with a backup at the place that is named"),
        ),
        _ => ("this program does not know what that means", None),
    }
}

fn anchors(place: &str, global: &Global) -> Result<Vec<Checkpoint>, Error> {
    let path = Path::new(place);
    let bytes = if place == "-" {
        read_anchors(path, std::io::stdin())?
    } else if ObjectLocation::is_meant(place) {
        let location = ObjectLocation::parse(place)?;
        let wire = global.site().map_or_else(|_| global.wire(), |site| site.wire().clone());
        let objects = objects(wire)?;
        global.record_plain(objects.encryption())?;
        objects.get(&location)?
    } else {
        let file = File::open(path).map_err(|source| Core::Io { path: path.to_owned(), source })?;
        read_anchors(path, file)?
    };
    Ok(parse_anchors(&bytes).map_err(|source| Core::Anchor { place: place.to_owned(), source })?)
}

/// A key, or a file of keys, a line each.
fn keys(given: &str) -> Result<Vec<VerifierKey>, Error> {
    // Of a text with two `+` it is likelier that it is a key than that a file is called so.
    if given.matches('+').count() >= 2 && !Path::new(given).exists() {
        return Ok(vec![VerifierKey::parse(given).map_err(|error| no_key(given, &error.to_string()))?]);
    }
    let path = Path::new(given);
    let text = std::fs::read_to_string(path).map_err(|source| Core::Io { path: path.to_owned(), source })?;
    let keys: Result<Vec<_>, _> = text.lines().filter(|line| !line.is_empty()).map(VerifierKey::parse).collect();
    match keys {
        Ok(keys) if !keys.is_empty() => Ok(keys),
        Ok(_) => Err(no_key(given, "it is empty")),
        Err(error) => Err(no_key(given, &error.to_string())),
    }
}

fn no_key(given: &str, why: &str) -> Error {
    Error::failed("audit.malformed-key", format!("`{given}`: {why}"))
        .with_hint("a key is a line such as those in the log's `keys/*.vkey`")
}
