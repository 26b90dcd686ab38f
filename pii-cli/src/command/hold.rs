//! What must stay for now: the file of `pii erase --hold`.

use std::ops::Range;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use pii_core::erase::{Hold, Values};
use pii_core::error::Error as Core;
use serde::Deserialize;
use serde_json::json;
use toml::Spanned;

use super::erase::values;
use crate::error::Error;
use crate::ui::Ui;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    hold: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    ground: Spanned<String>,
    until: Option<Spanned<toml::value::Datetime>>,
    values_file: Option<Spanned<PathBuf>>,
    #[serde(default)]
    paths: Vec<Spanned<PathBuf>>,
}

/// Reads the holds of a file. Paths are relative to its folder.
pub(crate) fn read(file: &Path) -> Result<Vec<Hold>, Error> {
    let text = std::fs::read_to_string(file).map_err(|source| Core::Io { path: file.to_owned(), source })?;
    let wrong = |at: Option<Range<usize>>, why: &str| {
        let line = 1 + text.bytes().take(at.map_or(0, |at| at.start)).filter(|byte| *byte == b'\n').count();
        Error::usage(format!("line {line} of `{}`: {why}", file.display()), FORM)
    };
    let parsed: File = toml::from_str(&text).map_err(|error| wrong(error.span(), error.message()))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut holds = Vec::new();
    for entry in parsed.hold {
        let whole = entry.span();
        let entry = entry.into_inner();
        if entry.ground.get_ref().trim().is_empty() {
            return Err(wrong(Some(entry.ground.span()), "a hold needs a ground"));
        }
        let until = match &entry.until {
            None => None,
            Some(until) => Some(date(until.get_ref()).ok_or_else(|| wrong(Some(until.span()), "`until` is a day"))?),
        };
        let of_rows: Option<Values> = match &entry.values_file {
            None => None,
            Some(path) => Some(values(&folder.join(path.get_ref()), false)?),
        };
        if of_rows.is_none() && entry.paths.is_empty() {
            return Err(wrong(Some(whole), "it holds nothing: name a `values-file` or `paths`"));
        }
        let mut paths = Vec::new();
        for path in &entry.paths {
            let there = folder.join(path.get_ref());
            if !there.exists() {
                // A hold on what is not there would hold nothing, and nobody would know.
                let why = format!("`{}` does not exist", there.display());
                return Err(wrong(Some(path.span()), &why));
            }
            paths.push(there);
        }
        holds.push(Hold { ground: entry.ground.into_inner(), until, values: of_rows, paths });
    }
    if holds.is_empty() {
        return Err(wrong(None, "it has no hold"));
    }
    Ok(holds)
}

/// Says what is held, and until when.
pub(crate) fn show(ui: Ui, holds: &[Hold], today: Date) {
    for hold in holds {
        let holds = hold.holds(today);
        ui.record(
            "hold",
            &json!({
                "ground": hold.ground, "until": hold.until.map(|until| until.to_string()), "in_force": holds,
                "values": hold.values.as_ref().map_or(0, Values::len), "paths": hold.paths,
            }),
        );
        ui.note(match hold.until {
            None => format!("held: {}", hold.ground),
            Some(until) if holds => format!("held: {}, until {until}", hold.ground),
            Some(until) => format!("no longer held: {}, until {until}", hold.ground),
        });
    }
}

fn date(time: &toml::value::Datetime) -> Option<Date> {
    let day = time.date.filter(|_| time.time.is_none())?;
    Date::new(i16::try_from(day.year).ok()?, i8::try_from(day.month).ok()?, i8::try_from(day.day).ok()?).ok()
}

const FORM: &str =
    "`[[hold]]` with `ground = \"…\"`, `until = 2027-12-31` if it ends, and `values-file = \"…\"` or `paths = [\"…\"]`";
