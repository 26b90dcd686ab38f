use std::fmt::Write;

use super::look::Found;
use super::row::{COLUMNS, Cell, cells, entry};
use super::view::Log;
use crate::audit::{Decision, Error};

/// RFC 5424: a header, one element of structured data, and a sentence.
///
/// The facility is 13, log audit; the severity is informational, of a denial it is warning. Times have six decimals:
/// the RFC knows no more.
pub(super) fn line(found: &Found<'_>, log: &Log, line: &mut String) -> Result<(), Error> {
    let entry = entry(found)?;
    let denied = entry.event.decision != Decision::Allowed;
    let priority = 13 * 8 + if denied { 4 } else { 6 };
    let time = format!("{:.6}", entry.time);
    let host = if is_name(&entry.host) { entry.host.as_str() } else { "-" };
    // Writing to a `String` cannot fail.
    let _ = write!(line, "<{priority}>1 {time} {host} pii - {} [{ELEMENT} log=\"", entry.event.action);
    escape(&log.origin, line);
    line.push('"');
    for (name, cell) in COLUMNS.iter().zip(cells(found)?) {
        let _ = match cell {
            Cell::Empty => continue,
            Cell::Number(number) => write!(line, " {name}=\"{number}"),
            Cell::Text(text) => {
                let _ = write!(line, " {name}=\"");
                escape(&text, line);
                Ok(())
            }
        };
        line.push('"');
    }
    let _ = write!(line, "] {} {}", entry.event.action, if denied { "denied" } else { "allowed" });
    Ok(())
}

/// RFC 5424 section 6.3.3; a control character, which would break the line, as `#` and three octal digits.
fn escape(text: &str, line: &mut String) {
    for c in text.chars() {
        match c {
            '"' | '\\' | ']' => line.extend(['\\', c]),
            c if c.is_ascii_control() => drop(write!(line, "#{:03o}", u32::from(c))),
            c => line.push(c),
        }
    }
}

fn is_name(host: &str) -> bool {
    (1..=255).contains(&host.len()) && host.bytes().all(|byte| byte.is_ascii_graphic())
}

/// 32473 is the enterprise number that RFC 5612 keeps for documents: a receiver may map it to its own.
const ELEMENT: &str = "pii@32473";
