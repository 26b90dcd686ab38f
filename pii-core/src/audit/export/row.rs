use std::borrow::Cow;

use super::look::Found;
use crate::audit::entry::time_text;
use crate::audit::{Decision, Entry, Error, Place};

/// One entry as a line of a table.
pub(super) enum Cell<'a> {
    Empty,
    Number(u64),
    Text(Cow<'a, str>),
}

/// The columns of every table, in order.
pub(super) const COLUMNS: [&str; 31] = [
    "entry",
    "time",
    "host",
    "action",
    "decision",
    "reason",
    "actor",
    "actor_issuer",
    "role",
    "purpose",
    "lawful_basis",
    "ticket",
    "request",
    "grant",
    "dataset",
    "recipient",
    "categories",
    "columns",
    "keys",
    "rows",
    "policy",
    "content",
    "subjects",
    "subjects_root",
    "count",
    "detail",
    "peer",
    "dropped_objections",
    "dropped_restrictions",
    "despite_restriction",
    "leaf_hash",
];

/// The cells of an entry, as [`COLUMNS`] names them. Several values are joined by `; `.
pub(super) fn cells<'a>(found: &'a Found<'_>) -> Result<[Cell<'a>; 31], Error> {
    let entry = entry(found)?;
    let event = &entry.event;
    let reason = match &event.decision {
        Decision::Allowed => None,
        Decision::Denied(reason) => Some(reason),
    };
    Ok([
        Cell::Number(found.index),
        shown(Some(time_text(entry.time))),
        text(Some(&entry.host)),
        text(Some(event.action.name())),
        text(Some(if reason.is_none() { "allowed" } else { "denied" })),
        text(reason),
        text(Some(&event.actor.id)),
        text(Some(&event.actor.issuer)),
        text(event.role.as_ref()),
        shown(event.purpose.as_ref()),
        shown(event.lawful_basis),
        text(event.ticket.as_ref()),
        text(event.request.as_ref()),
        text(event.grant.as_ref()),
        shown(event.dataset.as_ref()),
        shown(event.recipient.as_ref()),
        joined(&event.categories),
        joined(&event.columns),
        joined(&event.keys),
        number(event.rows),
        shown(event.policy),
        shown(event.content),
        joined(&event.subjects),
        shown(event.subjects_root),
        number(event.count),
        shown(event.detail),
        text(event.peer.as_ref()),
        number(event.dropped_objections),
        number(event.dropped_restrictions),
        shown(event.despite_restriction),
        shown(Some(found.leaf)),
    ])
}

/// The entry itself, which every view needs.
pub(super) fn entry<'a>(found: &'a Found<'_>) -> Result<&'a Entry, Error> {
    found.entry.as_ref().ok_or_else(|| Error::damaged(Place::Entry(found.index), "it was not read"))
}

/// So that no program takes it for a formula: a `'` stands before a text that begins like one.
pub(super) fn neutral(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { Cow::Owned(format!("'{text}")) } else { text }
}

fn text<T: AsRef<str> + ?Sized>(text: Option<&T>) -> Cell<'_> {
    text.map_or(Cell::Empty, |text| Cell::Text(Cow::Borrowed(text.as_ref())))
}

fn shown<T: ToString>(value: Option<T>) -> Cell<'static> {
    value.map_or(Cell::Empty, |value| Cell::Text(Cow::Owned(value.to_string())))
}

fn number(value: Option<u64>) -> Cell<'static> {
    value.map_or(Cell::Empty, Cell::Number)
}

fn joined<T: ToString>(values: &[T]) -> Cell<'static> {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    if values.is_empty() { Cell::Empty } else { Cell::Text(Cow::Owned(values.join("; "))) }
}
