use std::ops::Range;

use ring::hmac;
use serde_json::Value;

use super::schema::Schema;
use super::{Action, Error, number, put};
use crate::erase::lines::pseudonym;
use crate::erase::strategy::Becomes;

/// A value in a row that is named by a path.
pub(super) struct Site<'s> {
    /// All of it: with the number of its branch, if it stands in a union.
    pub(super) whole: Range<usize>,
    /// The value alone.
    pub(super) value: Range<usize>,
    /// The name of its type, and the type.
    pub(super) kind: &'s str,
    pub(super) node: &'s Value,
    /// Which branch of its union is null.
    pub(super) null: Option<usize>,
}

/// The head of a block of an array or a map that says how many bytes follow.
pub(super) struct Sized {
    pub(super) head: Range<usize>,
    pub(super) block: Range<usize>,
    pub(super) count: u64,
}

/// Takes what a walk finds.
#[derive(Default)]
pub(super) struct Sites<'s> {
    pub(super) found: Vec<Site<'s>>,
    pub(super) sized: Vec<Sized>,
}

/// Values that become nulls or others.
pub(super) struct Change<'a> {
    columns: Vec<(&'a str, Becomes<'a>)>,
    key: &'a hmac::Key,
    file: &'a str,
}

impl<'a> Change<'a> {
    /// None if rows go.
    pub(super) fn of(action: &'a Action, key: &'a hmac::Key, file: &'a str) -> Option<Self> {
        (*action != Action::DeleteRow).then(|| Self { columns: action.changes(), key, file })
    }

    /// Whether the schema has all the columns.
    pub(super) fn check(&self, schema: &Schema<'_>) -> Result<(), Error> {
        self.columns.iter().try_for_each(|(path, _)| schema.check(path))
    }

    /// Writes the row at `range` into `into`, without what is to go.
    pub(super) fn row(
        &self,
        schema: &Schema<'_>,
        data: &[u8],
        range: Range<usize>,
        into: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let mut edits: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
        let mut sized = Vec::new();
        for (path, becomes) in &self.columns {
            let sites = schema.sites(data, range.start, path, !matches!(becomes, Becomes::Null))?;
            for site in sites.found {
                if let Some(new) = self.instead(path, *becomes, &site, data)? {
                    edits.push((site.whole.start..site.whole.end, new));
                }
            }
            sized.extend(sites.sized);
        }
        // A size that is no longer true is left out: the count alone says as much.
        for block in sized {
            if edits.iter().any(|(place, _)| block.block.contains(&place.start)) {
                let mut head = Vec::new();
                put(&mut head, i64::try_from(block.count).unwrap_or(i64::MAX));
                edits.push((block.head, head));
            }
        }
        // Two paths may name the same: the outer one comes first, and is enough.
        edits.sort_by_key(|(place, _)| (place.start, std::cmp::Reverse(place.end)));
        let mut done = range.start;
        for (place, new) in edits.into_iter() {
            if place.start < done {
                continue;
            }
            into.extend_from_slice(data.get(done..place.start).unwrap_or_default());
            into.extend_from_slice(&new);
            done = place.end;
        }
        into.extend_from_slice(data.get(done..range.end).unwrap_or_default());
        Ok(())
    }

    /// What stands in the place of a value; none if it is null already.
    fn instead(
        &self,
        path: &str,
        becomes: Becomes<'_>,
        site: &Site<'_>,
        data: &[u8],
    ) -> Result<Option<Vec<u8>>, Error> {
        if site.kind == "null" {
            return Ok(None);
        }
        let no = |why: &str| {
            let why = format!("the column `{path}` {why}");
            Error::Impossible { file: self.file.to_owned(), why }
        };
        if matches!(becomes, Becomes::Null) {
            let null = site.null.ok_or_else(|| no("is required, so nothing in it can become null"))?;
            let mut new = Vec::new();
            put(&mut new, null as i64);
            return Ok(Some(new));
        }
        let mut new = data.get(site.whole.start..site.value.start).unwrap_or_default().to_vec();
        let old = data.get(site.value.clone()).unwrap_or_default();
        let logical = site.node.get("logicalType").and_then(Value::as_str);
        let done = match becomes {
            _ if logical.is_some_and(|logical| logical != "uuid") => None,
            Becomes::Text(text) => constant(site, logical.is_some(), text, &mut new),
            Becomes::Pseudonym => self.hide(site, logical.is_some(), old, &mut new),
            Becomes::Null => None,
        };
        let why = match becomes {
            Becomes::Pseudonym => "is of a type that has no pseudonyms",
            _ => "is of a type that the new value is not of",
        };
        done.map(|()| Some(new)).ok_or_else(|| no(why))
    }

    fn hide(&self, site: &Site<'_>, is_uuid: bool, old: &[u8], into: &mut Vec<u8>) -> Option<()> {
        let tag = |bytes: &[u8]| hmac::sign(self.key, bytes);
        match site.kind {
            "string" | "bytes" => {
                let (_, start) = number(old, 0)?;
                let old = old.get(start..)?;
                let text = match is_uuid {
                    true => uuid::Uuid::from_bytes(*tag(old).as_ref().first_chunk()?).to_string(),
                    false => pseudonym(self.key, old),
                };
                put(into, text.len() as i64);
                into.extend_from_slice(text.as_bytes());
            }
            "fixed" => into.extend(tag(old).as_ref().iter().cycle().take(old.len())),
            "int" => {
                let old = i32::try_from(number(old, 0)?.0).ok()?;
                put(into, i32::from_le_bytes(*tag(&old.to_le_bytes()).as_ref().first_chunk()?).into());
            }
            "long" => {
                let old = number(old, 0)?.0;
                put(into, i64::from_le_bytes(*tag(&old.to_le_bytes()).as_ref().first_chunk()?));
            }
            _ => return None,
        }
        Some(())
    }
}

/// Writes a text as a value of the type that stands there.
fn constant(site: &Site<'_>, is_uuid: bool, text: &str, into: &mut Vec<u8>) -> Option<()> {
    if is_uuid {
        uuid::Uuid::parse_str(text).ok()?;
    }
    match site.kind {
        "string" | "bytes" => {
            put(into, text.len() as i64);
            into.extend_from_slice(text.as_bytes());
        }
        "fixed" if is_uuid => into.extend_from_slice(uuid::Uuid::parse_str(text).ok()?.as_bytes()),
        "fixed" if text.len() == site.value.len() => into.extend_from_slice(text.as_bytes()),
        "int" => put(into, text.parse::<i32>().ok()?.into()),
        "long" => put(into, text.parse().ok()?),
        "boolean" => into.push(u8::from(text.parse::<bool>().ok()?)),
        "float" => into.extend_from_slice(&text.parse::<f32>().ok()?.to_le_bytes()),
        "double" => into.extend_from_slice(&text.parse::<f64>().ok()?.to_le_bytes()),
        "enum" => {
            let symbols = site.node.get("symbols")?.as_array()?;
            put(into, symbols.iter().position(|symbol| symbol.as_str() == Some(text))? as i64);
        }
        _ => return None,
    }
    Some(())
}
