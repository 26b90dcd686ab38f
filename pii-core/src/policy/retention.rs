use std::fmt;

use jiff::Span;
use jiff::civil::Date;
use toml::de::DeValue;

use super::closest::suggestion;
use super::table::{Table, Value};
use super::violation::{At, Found};

/// When rows must go (Art. 5(1)(e)).
#[derive(Clone, Debug)]
pub struct Retention {
    /// The column with the date that the period runs from; `None`: from ingest.
    pub after: Option<String>,
    /// The period, longer than zero (ISO 8601: `P3Y`, `P7D`).
    pub keep: Span,
    /// What happens then. Never [`ErasureStrategy::Keep`].
    pub then: ErasureStrategy,
}

/// How a person's rows leave a dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ErasureStrategy {
    /// `delete-row`: the whole row goes. The default.
    #[default]
    DeleteRow,
    /// `null-columns`: the row stays, its personal columns become null.
    NullColumns,
    /// `{ keep = "…", until = 2035-12-31 }`: an exemption of Art. 17(3).
    Keep {
        /// Why, in the controller's words.
        ground: String,
        /// The last day on which the ground holds; `None`: no end is known.
        until: Option<Date>,
    },
}

impl Retention {
    /// The place is that of the column it counts from, if it names one.
    pub(super) fn read(mut table: Table<'_>, found: &mut Found) -> Option<At<Self>> {
        let at = table.place().clone();
        let after = table.text("after", found);
        let keep = table.need_text("keep", "\"P7D\"", found);
        let keep = keep.and_then(|k| k.read("malformed-period", found, period));
        let then = table.get("then").map(|entry| {
            let at = entry.value.at.clone();
            (ErasureStrategy::read(&entry.value, found), at)
        });
        table.finish(found);
        let then = match then {
            None => ErasureStrategy::default(),
            Some((Some(ErasureStrategy::Keep { .. }), at)) => {
                let mend = "write `delete-row` or `null-columns`, or make the period longer";
                found.report("endless-retention", &at, "rows that are kept when their time is over never go", mend);
                return None;
            }
            Some((then, _)) => then?,
        };
        let (after, at) = match after {
            Some(after) => (Some(after.value), after.at),
            None => (None, at),
        };
        Some(At { value: Self { after, keep: keep?.value, then }, at })
    }
}

impl ErasureStrategy {
    pub(super) fn read(value: &Value<'_>, found: &mut Found) -> Option<Self> {
        if !value.toml.is_table() {
            return value.text(found)?.read("unknown-erasure", found, strategy).map(|s| s.value);
        }
        let mut table = value.table("an erasure", found)?;
        let ground = table.need_text("keep", "\"why the rows must stay\"", found);
        let until = table.get("until").map(|entry| until(&entry.value, found));
        table.finish(found);
        Some(Self::Keep { ground: ground?.value, until: until.flatten() })
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.after {
            Some(column) => write!(f, "{} after `{column}`, then {}", self.keep, self.then),
            None => write!(f, "{} after ingest, then {}", self.keep, self.then),
        }
    }
}

impl fmt::Display for ErasureStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeleteRow => f.write_str("delete-row"),
            Self::NullColumns => f.write_str("null-columns"),
            Self::Keep { ground, until: Some(day) } => write!(f, "keep until {day}: {ground}"),
            Self::Keep { ground, until: None } => write!(f, "keep: {ground}"),
        }
    }
}

/// An ISO 8601 period that is longer than zero.
pub(super) fn period(text: &str) -> Result<Span, (String, String)> {
    let malformed = |what: &str| {
        (format!("`{text}` is {what}"), "write a period such as `P7D`, `P6M` or `P3Y` (ISO 8601)".to_owned())
    };
    let is_iso = text.trim_start_matches(['+', '-']).starts_with('P');
    let span: Span = text.parse().ok().filter(|_| is_iso).ok_or_else(|| malformed("not a period"))?;
    match span.signum() {
        1 => Ok(span),
        0 => Err(malformed("no time at all")),
        _ => Err(malformed("a period that runs backwards")),
    }
}

fn strategy(text: &str) -> Result<ErasureStrategy, (String, String)> {
    let mend = match text {
        "delete-row" => return Ok(ErasureStrategy::DeleteRow),
        "null-columns" => return Ok(ErasureStrategy::NullColumns),
        "keep" => "keeping needs a ground of Art. 17(3): `{ keep = \"why\", until = 2035-12-31 }`".to_owned(),
        other => suggestion(other, &["delete-row", "null-columns"]),
    };
    Err((format!("`{text}` is not a way to erase"), mend))
}

/// A date, with or without quotes.
fn until(value: &Value<'_>, found: &mut Found) -> Option<Date> {
    let text = match value.toml {
        DeValue::Datetime(date) => At { value: date.to_string(), at: value.at.clone() },
        _ => value.text(found)?,
    };
    let date = text.read("malformed-date", found, |t| {
        let plain = |t: &str| t.len() == 10;
        t.parse::<Date>()
            .ok()
            .filter(|_| plain(t))
            .ok_or_else(|| (format!("`{t}` is not a day"), "write it as `until = 2035-12-31`".to_owned()))
    });
    date.map(|d| d.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_iso_8601_and_runs_forward() {
        for text in ["P3Y", "P6M", "P2W", "P7D", "PT36H", "P1Y6M"] {
            assert!(period(text).is_ok(), "{text}");
        }
        for (text, what) in [
            ("3 years", "not a period"),
            ("P3X", "not a period"),
            ("P", "not a period"),
            ("P0D", "no time at all"),
            ("-P3Y", "runs backwards"),
        ] {
            let (message, mend) = period(text).unwrap_err();
            assert!(message.contains(what), "{message}");
            assert!(mend.contains("`P7D`"));
        }
    }
}
