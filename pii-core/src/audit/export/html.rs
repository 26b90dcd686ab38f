use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use super::look::Found;
use super::row::entry;
use super::tally::{self, Tally};
use crate::audit::entry::TimeText;
use crate::audit::{Decision, Entry, Error};

/// One page to read and to print: the summary first, then the entries. No script, nothing from elsewhere.
pub(super) struct Html {
    file: BufWriter<File>,
    /// The table, which is counted before it is shown.
    rows: BufWriter<File>,
    origin: String,
    actors: BTreeMap<String, u64>,
    purposes: BTreeMap<String, u64>,
    denials: BTreeMap<String, u64>,
    row: String,
}

impl Html {
    pub(super) fn new(file: BufWriter<File>, folder: &Path, origin: String) -> Result<Self, Error> {
        let rows = BufWriter::new(tempfile::tempfile_in(folder).map_err(|error| failed(&error))?);
        let (actors, purposes, denials) = Default::default();
        Ok(Self { file, rows, origin, actors, purposes, denials, row: String::new() })
    }

    pub(super) fn take(&mut self, found: &Found<'_>) -> Result<(), Error> {
        let entry = entry(found)?;
        let event = &entry.event;
        count(&mut self.actors, &event.actor.to_string());
        if let Some(purpose) = &event.purpose {
            count(&mut self.purposes, purpose.as_str());
        }
        if let Decision::Denied(reason) = &event.decision {
            count(&mut self.denials, reason);
        }
        self.row.clear();
        row(found.index, entry, &mut self.row);
        self.rows.write_all(self.row.as_bytes()).map_err(|error| failed(&error))
    }

    pub(super) fn close(mut self, tally: &Tally) -> Result<(), Error> {
        self.write(tally).map_err(|error| failed(&error))
    }

    fn write(&mut self, tally: &Tally) -> io::Result<()> {
        self.rows.flush()?;
        let mut page = String::new();
        self.summary(tally, &mut page);
        self.file.write_all(page.as_bytes())?;
        let rows = self.rows.get_mut();
        rows.rewind()?;
        io::copy(&mut BufReader::new(rows).by_ref(), &mut self.file)?;
        self.file.write_all(b"</tbody></table>\n</body></html>\n")?;
        self.file.flush()
    }

    fn summary(&self, tally: &Tally, page: &mut String) {
        let origin = Escaped(&self.origin);
        // Writing to a `String` cannot fail.
        let _ = write!(page, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        let _ = writeln!(page, "<title>Audit log {origin}</title><style>{STYLE}</style></head><body>");
        let _ = writeln!(page, "<h1>Audit log <code>{origin}</code></h1>");
        let entries = if tally.matched == 1 { "entry" } else { "entries" };
        let _ = write!(page, "<p>{} {entries}", tally.matched);
        if let (Some((_, first)), Some((_, last))) = (tally.first, tally.last) {
            let day = |time: TimeText| {
                time.timestamp().map_or_else(|_| time.to_string(), |t| t.strftime("%F %TZ").to_string())
            };
            let _ = write!(page, ", from {} to {}", day(first), day(last));
        }
        let denied: u64 = self.denials.values().sum();
        let _ = writeln!(page, "; {denied} denied.</p>");
        let _ = writeln!(
            page,
            "<p>This page is a view. The evidence is <code>entries.jsonl</code> beside it, and \
             <code>verify.py</code> checks that.</p>"
        );
        counts("Did", &tally.by_action, page);
        counts("Who", &self.actors, page);
        counts("For which purpose", &self.purposes, page);
        counts("Denied, because", &self.denials, page);
        let _ = write!(page, "<h2>Entries</h2>\n<table><thead><tr>");
        for name in HEAD {
            let _ = write!(page, "<th>{name}</th>");
        }
        page.push_str("</tr></thead><tbody>\n");
    }
}

fn counts(title: &str, counts: &BTreeMap<String, u64>, page: &mut String) {
    if counts.is_empty() {
        return;
    }
    let mut counts: Vec<_> = counts.iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let _ = writeln!(page, "<h2>{title}</h2>\n<table class=\"counts\">");
    for (name, count) in counts {
        let _ = writeln!(page, "<tr><td>{}</td><td class=\"n\">{count}</td></tr>", Escaped(name));
    }
    page.push_str("</table>\n");
}

fn row(index: u64, entry: &Entry, row: &mut String) {
    let event = &entry.event;
    let mut what: Vec<String> = Vec::new();
    what.extend(event.dataset.as_ref().map(ToString::to_string));
    what.extend(event.recipient.as_ref().map(|recipient| format!("to {recipient}")));
    what.extend(event.peer.as_ref().map(|peer| format!("with {peer}")));
    what.extend(event.rows.map(|rows| format!("{rows} rows")));
    what.extend(event.dropped_objections.map(|rows| format!("{rows} rows stayed behind, of objectors")));
    what.extend(event.dropped_restrictions.map(|rows| format!("{rows} rows stayed behind, of restricted people")));
    what.extend(some("columns", &event.columns));
    what.extend(some("keys", &event.keys));
    what.extend(some("categories", &event.categories));
    what.extend(some("people", &event.subjects.iter().map(ToString::to_string).collect::<Vec<_>>()));
    what.extend(event.count.map(|count| format!("{count} people")));
    let mut why: Vec<String> = Vec::new();
    why.extend(event.purpose.as_ref().map(ToString::to_string));
    why.extend(event.lawful_basis.map(|basis| basis.to_string()));
    why.extend(event.despite_restriction.map(|used| format!("despite a restriction: {used}")));
    why.extend(event.ticket.iter().chain(&event.request).cloned());
    let (class, did) = match &event.decision {
        Decision::Allowed => ("", event.action.to_string()),
        Decision::Denied(reason) => (" class=\"denied\"", format!("{} denied: {reason}", event.action)),
    };
    let time = entry.time.strftime("%F %TZ").to_string();
    let cells = [index.to_string(), time, event.actor.to_string(), did, what.join(", "), why.join(", ")];
    let _ = write!(row, "<tr{class}>");
    for cell in &cells {
        let _ = write!(row, "<td>{}</td>", Escaped(cell));
    }
    row.push_str("</tr>\n");
}

fn some(what: &str, values: &[String]) -> Option<String> {
    (!values.is_empty()).then(|| format!("{what} {}", values.join("; ")))
}

/// One more of `name`. Beyond so many names the rest are counted together: a page is for people.
fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    let known = counts.len() < MOST_NAMES || counts.contains_key(name);
    tally::add(counts, if known { name } else { "others" });
}

/// Text that is nothing but text, also within a tag.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            // Not allowed in HTML, not even as a reference.
            c if c.is_control() && !c.is_ascii_whitespace() => f.write_char('\u{fffd}'),
            c => f.write_char(c),
        })
    }
}

fn failed(error: &io::Error) -> Error {
    Error::View { file: "entries.html", why: error.to_string() }
}

const HEAD: [&str; 6] = ["Entry", "Time", "Who", "Did", "What", "Why"];
const MOST_NAMES: usize = 1000;
const STYLE: &str = "body{font:14px/1.4 sans-serif;margin:2em}table{border-collapse:collapse;width:100%}\
    td,th{border:1px solid #ccc;padding:.2em .5em;text-align:left;vertical-align:top;overflow-wrap:anywhere}\
    .counts{width:auto}.n{text-align:right}.denied{background:#fdecea}thead{display:table-header-group}\
    tr{break-inside:avoid}@media print{body{margin:0;font-size:10px}}";
