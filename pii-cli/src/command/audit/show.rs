use pii_core::audit::{Decision, Detail};
use pii_core::vocab::Actor;
use pii_core::workspace::Shown;
use serde_json::{Value, json};

use super::query::fields;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{HEAD, Ui, count, paint};

/// One entry in full, with the note that it commits to, if that is still there
///
/// The look is an entry of its own, before anything is opened. Exit code 3 if there is no such entry.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The number of the entry, as `pii audit query` prints it
    #[arg(value_name = "ENTRY")]
    entry: u64,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let workspace = global.open()?;
    let shown = workspace.show_entry(args.entry);
    workspace.seal()?;
    let shown = shown?;
    ui.record("entry", &record(&shown));
    for (field, value) in lines(&shown) {
        let mut parts = value.lines().map(printable);
        ui.line(format!("{} {}", paint(&format!("{field:WIDTH$}"), HEAD), parts.next().unwrap_or_default()));
        parts.for_each(|part| ui.line(format!("{:WIDTH$} {part}", "")));
    }
    Ok(Exit::Done)
}

/// The entry as JSON, with what vouches for it and what is kept beside it.
fn record(shown: &Shown) -> Value {
    let Shown { found, detail, listed, audit_entry } = shown;
    let mut record = fields(found.index, &found.entry);
    let more = json!({
        "leaf": found.leaf,
        "sealed": found.sealed.as_ref().map(|c| json!({ "size": c.size(), "root": c.root() })),
        "note": detail.as_ref().map(|detail| match detail {
            Detail::Kept(note) => json!({ "state": "kept", "text": note.expose() }),
            Detail::Erased => json!({ "state": "erased" }),
            Detail::Altered => json!({ "state": "does not fit" }),
        }),
        "listed": listed,
        "audit_entry": audit_entry,
    });
    if let (Some(record), Value::Object(more)) = (record.as_object_mut(), more) {
        record.extend(more);
    }
    record
}

fn lines(shown: &Shown) -> Vec<(&'static str, String)> {
    let Shown { found, detail, listed, audit_entry } = shown;
    let (entry, event) = (&found.entry, &found.entry.event);
    let mut lines = vec![
        ("entry", found.index.to_string()),
        ("time", entry.time.strftime("%F %T%.fZ").to_string()),
        ("host", entry.host.clone()),
        ("who", who(&event.actor)),
    ];
    let mut say = |field, value: Option<String>| lines.extend(value.map(|value| (field, value)));
    say("role", event.role.clone());
    say("did", Some(format!("{}: {}", event.action, event.action.means())));
    say(
        "decision",
        Some(match &event.decision {
            Decision::Allowed => "allowed".to_owned(),
            Decision::Denied(reason) => format!("denied: {reason}"),
        }),
    );
    say("purpose", event.purpose.as_ref().map(ToString::to_string));
    say("lawful basis", event.lawful_basis.map(|basis| format!("{basis}, {}", basis.article())));
    say("despite restriction", event.despite_restriction.map(|used| format!("{used}, {}", used.article())));
    say("ticket", event.ticket.clone());
    say("request", event.request.clone());
    say("grant", event.grant.clone());
    say("dataset", event.dataset.as_ref().map(ToString::to_string));
    say("recipient", event.recipient.as_ref().map(ToString::to_string));
    say("categories", joined(&event.categories));
    say("columns", joined(&event.columns));
    say("keys", joined(&event.keys));
    say("rows", event.rows.map(|n| n.to_string()));
    say("dropped", event.dropped_objections.map(|n| format!("{}, of people who object", count(n, "row"))));
    say(
        "dropped",
        event.dropped_restrictions.map(|n| format!("{}, of people whose data are restricted", count(n, "row"))),
    );
    say("people", joined(&event.subjects.iter().map(ToString::to_string).collect::<Vec<_>>()));
    say(
        "people",
        listed.map(|listed| {
            let people = count(event.count.unwrap_or_default(), "person");
            format!("{people}, {}", if listed { "listed beside the log" } else { "and the list of them is gone" })
        }),
    );
    say(
        "note",
        detail.as_ref().map(|detail| match detail {
            Detail::Kept(note) => note.expose().clone(),
            Detail::Erased => "erased: only its commitment is left".to_owned(),
            Detail::Altered => "does not fit its commitment: it was altered after it was recorded".to_owned(),
        }),
    );
    say("policy", event.policy.map(|digest| format!("sha-256 {digest}")));
    say("content", event.content.map(|digest| format!("sha-256 {digest}")));
    say("leaf", Some(found.leaf.to_string()));
    say(
        "sealed",
        Some(match &found.sealed {
            Some(checkpoint) => format!("by the checkpoint over {} entries", checkpoint.size()),
            None => "not yet".to_owned(),
        }),
    );
    say("this look", Some(format!("audit entry {audit_entry}")));
    lines
}

/// Who acted, and who vouches for it.
fn who(actor: &Actor) -> String {
    match actor.issuer.strip_prefix("local") {
        Some("") => format!("{}, the user of the operating system", actor.id),
        Some(user) => {
            format!("{}, as `{}` of the operating system claims", actor.id, user.trim_start_matches(':'))
        }
        None => format!("{}, vouched for by {}", actor.id, actor.issuer),
    }
}

fn joined(words: &[String]) -> Option<String> {
    (!words.is_empty()).then(|| words.join(", "))
}

/// Notes are other people's text: a terminal obeys control characters.
fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

const WIDTH: usize = 13;
