use std::fmt::Write;

use super::look::Found;
use super::row::entry;
use super::view::Log;
use crate::audit::{Decision, Error};

/// ArcSight Common Event Format, version 0: a header of seven fields, then `key=value`.
///
/// Severity is 3, of a denial 6. What has no key of the format's own goes into its custom strings and numbers, with
/// labels.
pub(super) fn line(found: &Found<'_>, log: &Log, line: &mut String) -> Result<(), Error> {
    let entry = entry(found)?;
    let event = &entry.event;
    let (severity, outcome, reason) = match &event.decision {
        Decision::Allowed => (3, "success", None),
        Decision::Denied(reason) => (6, "failure", Some(reason)),
    };
    // Writing to a `String` cannot fail.
    let action = event.action;
    let _ = write!(line, "CEF:0|pii|audit|{}|{action}|", env!("CARGO_PKG_VERSION"));
    header(&action.name().replace('_', " "), line);
    let _ = write!(line, "|{severity}|rt={}", entry.time.as_millisecond());
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let _ = write!(line, " {key}=");
            extension(&value, line);
        }
    };
    put("externalId", Some(found.index.to_string()));
    put("dvchost", Some(entry.host.clone()));
    put("dhost", event.peer.clone());
    put("suser", Some(event.actor.id.clone()));
    put("suid", Some(event.actor.issuer.clone()));
    put("act", Some(event.action.to_string()));
    put("outcome", Some(outcome.to_owned()));
    put("reason", reason.cloned());
    put("cnt", event.rows.map(|rows| rows.to_string()));
    let custom = [
        ("cs1", "purpose", event.purpose.as_ref().map(ToString::to_string)),
        ("cs2", "dataset", event.dataset.as_ref().map(ToString::to_string)),
        ("cs3", "recipient", event.recipient.as_ref().map(ToString::to_string)),
        ("cs4", "ticket", event.ticket.clone()),
        ("cs5", "request", event.request.clone()),
        ("cs6", "categories", Some(event.categories.join("; "))),
        ("flexString1", "lawfulBasis", event.lawful_basis.map(|basis| basis.to_string())),
        ("flexString2", "columns", Some(event.columns.join("; "))),
    ];
    for (key, label, value) in custom {
        if value.as_ref().is_some_and(|value| !value.is_empty()) {
            put(key, value);
            put(&format!("{key}Label"), Some(label.to_owned()));
        }
    }
    put("spriv", event.role.clone());
    put("fileHash", Some(found.leaf.to_string()));
    put("deviceExternalId", Some(log.origin.clone()));
    Ok(())
}

/// `|` and `\` are escaped; there are no lines in a header.
fn header(text: &str, line: &mut String) {
    for c in text.chars() {
        match c {
            '|' | '\\' => line.extend(['\\', c]),
            c if c.is_control() => line.push(' '),
            c => line.push(c),
        }
    }
}

/// `=` and `\` are escaped; the ends of lines are written `\n` and `\r`.
fn extension(text: &str, line: &mut String) {
    for c in text.chars() {
        match c {
            '=' | '\\' => line.extend(['\\', c]),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            c if c.is_control() => line.push(' '),
            c => line.push(c),
        }
    }
}
