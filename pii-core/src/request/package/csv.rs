//! A table as CSV (RFC 4180), for spreadsheets.
//!
//! - It begins with the mark of UTF-8: without it Excel reads the file in the code page of the country, in Korea and in
//!   Germany alike, and spoils every letter that is not ASCII. Programs should read the JSON lines.
//! - A missing value is an empty field; a text without letters is `""`.
//! - A cell that a spreadsheet would run as a formula gets a `'` before it (CWE-1236). Numbers are left as they are.
//! - Structs, lists and maps are JSON.

use std::io::Write;

use super::cell::Unwritable;
use super::lines::each_row;
use super::page::Preview;
use super::select::Selected;
use crate::request::Error;

/// Writes every row, and says how many; the first go into `preview` too.
pub(super) fn write(selected: &Selected<'_>, preview: &mut Preview, out: &mut dyn Write) -> Result<u64, Error> {
    let mut head = MARK.as_bytes().to_vec();
    for (n, member) in selected.members.iter().enumerate() {
        separate(n, &mut head);
        field(&member.name, false, &mut head);
    }
    head.extend_from_slice(END);
    out.write_all(&head).map_err(Error::Write)?;
    let mut cell = String::new();
    each_row(selected, out, |columns, row, line| {
        preview.row();
        for (n, (_, cells)) in columns.iter().enumerate() {
            separate(n, line);
            cell.clear();
            cells.text(row, &mut cell)?;
            let is_null = cells.is_null(row);
            if !is_null {
                field(&cell, cells.is_number(), line);
            }
            preview.cell((!is_null).then_some(cell.as_str()));
        }
        line.extend_from_slice(END);
        cell.shrink_to(LONG);
        Ok::<_, Unwritable>(())
    })
}

fn separate(n: usize, line: &mut Vec<u8>) {
    if n > 0 {
        line.push(b',');
    }
}

fn field(text: &str, is_number: bool, line: &mut Vec<u8>) {
    let runs = !is_number && text.starts_with(FORMULA);
    let quoted = text.is_empty() || text.contains(QUOTED) || text.starts_with(' ') || text.ends_with(' ');
    if !quoted {
        if runs {
            line.push(b'\'');
        }
        line.extend_from_slice(text.as_bytes());
        return;
    }
    line.push(b'"');
    if runs {
        line.push(b'\'');
    }
    for (n, part) in text.split('"').enumerate() {
        if n > 0 {
            line.extend_from_slice(b"\"\"");
        }
        line.extend_from_slice(part.as_bytes());
    }
    line.push(b'"');
}

const MARK: &str = "\u{feff}";
const END: &[u8] = b"\r\n";
const QUOTED: [char; 4] = ['"', ',', '\r', '\n'];
/// What spreadsheets take for the beginning of a formula, in full width too.
pub(super) const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
const LONG: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, is_number: bool) -> String {
        let mut line = Vec::new();
        field(text, is_number, &mut line);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn no_cell_is_a_formula() {
        for first in FORMULA {
            let text = format!("{first}cmd|' /C calc'!A0");
            assert!(written(&text, false).trim_start_matches('"').starts_with('\''), "{text}");
        }
        assert_eq!(written("-5", true), "-5");
        assert_eq!(written("-5", false), "'-5");
        assert_eq!(written("5-5", false), "5-5");
    }

    #[test]
    fn what_would_end_a_field_is_quoted() {
        assert_eq!(written("a,\"b\"\nc", false), "\"a,\"\"b\"\"\nc\"");
        assert_eq!(written("", false), "\"\"");
        assert_eq!(written(" x", false), "\" x\"");
    }
}
