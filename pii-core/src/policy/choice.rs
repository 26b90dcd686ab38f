use super::table::{Entry, Table, Value};
use super::violation::Found;
use super::{Method, Place};

/// A method that the policy states, where it states it, and why if it must be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The method.
    pub method: Method,
    /// Why a value may leave in clear: `{ keep = "the courier must find the door" }`.
    pub ground: Option<String>,
    /// Where the policy says so.
    pub place: Place,
}

impl Choice {
    /// Reads a short spelling such as `"bucket:10"`, or a table such as `{ bucket = 10 }`.
    pub(super) fn read(entry: &Entry<'_>, found: &mut Found) -> Option<Self> {
        let value = &entry.value;
        let place = value.at.clone();
        if value.toml.is_table() {
            let mut table = value.table("a method", found)?;
            let (method, ground) = from_table(&mut table, found)?;
            table.finish(found);
            return Some(Self { method, ground, place });
        }
        let text = value.text(found)?;
        let method = text.read("unknown-method", found, |m| {
            Method::parse(m).map_err(|unknown| (unknown.to_string(), unknown.mend.to_owned()))
        })?;
        Some(Self { method: method.value, ground: None, place })
    }
}

fn from_table(table: &mut Table<'_>, found: &mut Found) -> Option<(Method, Option<String>)> {
    if let Some(ground) = table.get("keep") {
        return Some((Method::Keep, Some(ground.value.text(found)?.value)));
    }
    if let Some(text) = table.get("constant") {
        return Some((Method::Constant(text.value.text(found)?.value), None));
    }
    if let Some(ends) = table.get("mask") {
        let mut ends = ends.value.table("a mask", found)?;
        let first = count(ends.get("first"), "first", found)?;
        let last = count(ends.get("last"), "last", found)?;
        ends.finish(found);
        return Some((Method::Mask { first, last }, None));
    }
    if let Some(width) = table.get("bucket") {
        let width = width.value.number(found)?;
        let method = Method::bucket(width.value);
        if method.is_none() {
            found.report("unknown-method", &width.at, "a bucket needs a width above zero", "write `{ bucket = 10 }`");
        }
        return Some((method?, None));
    }
    if let Some(decimals) = table.get("truncate-coordinates") {
        let value = &decimals.value;
        let method = whole(value, found).and_then(|d| u8::try_from(d).ok()).and_then(Method::coordinates);
        if method.is_none() {
            let mend = "write `{ truncate-coordinates = 2 }`";
            found.report("unknown-method", &value.at, "coordinates keep 0 to 3 decimals", mend);
        }
        return Some((method?, None));
    }
    let mend = "write one of `{ keep = \"why\" }`, `{ constant = \"…\" }`, `{ mask = { first = 1, last = 2 } }`, \
                `{ bucket = 10 }`, `{ truncate-coordinates = 2 }`";
    found.report("unknown-method", table.place(), "the table names no method", mend);
    None
}

/// So many characters; none where nothing is said.
fn count(entry: Option<Entry<'_>>, end: &str, found: &mut Found) -> Option<usize> {
    let Some(entry) = entry else { return Some(0) };
    let count = whole(&entry.value, found).and_then(|n| usize::try_from(n).ok());
    if count.is_none() {
        let message = format!("`{end}` is not a number of characters");
        found.report("unknown-method", &entry.value.at, message, "write `{ mask = { first = 1, last = 2 } }`");
    }
    count
}

fn whole(value: &Value<'_>, found: &mut Found) -> Option<u64> {
    let number = value.number(found)?.value;
    // Whole, and small enough that a float holds it exactly.
    (number >= 0.0 && number.fract() == 0.0 && number < 1e9).then_some(number as u64)
}
