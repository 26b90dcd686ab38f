use std::collections::HashMap;

use serde_json::Value;

use super::super::Error;
use super::change::{Site, Sites, Sized};
use super::{damaged, number};

/// What the rows of a file are made of.
pub(super) struct Schema<'f> {
    root: Value,
    /// Records, enums and fixed, by the last part of their names.
    names: HashMap<String, Value>,
    file: &'f str,
}

impl<'f> Schema<'f> {
    pub(super) fn of(text: &[u8], file: &'f str) -> Result<Self, Error> {
        let root: Value = serde_json::from_slice(text).map_err(|_| damaged(file, "its schema is not JSON"))?;
        let mut schema = Self { root: Value::Null, names: HashMap::new(), file };
        schema.collect(&root)?;
        schema.root = root;
        Ok(schema)
    }

    fn collect(&mut self, node: &Value) -> Result<(), Error> {
        match node {
            Value::Array(branches) => branches.iter().try_for_each(|branch| self.collect(branch)),
            Value::Object(parts) => {
                if let Some(name) = node.get("name").and_then(Value::as_str).filter(|_| parts.contains_key("type")) {
                    let is_named = matches!(
                        parts.get("type").and_then(Value::as_str),
                        Some("record" | "error" | "enum" | "fixed")
                    );
                    if is_named && self.names.insert(short(name).to_owned(), node.clone()).is_some() {
                        return Err(self.unsupported(format!("two types that are named `{}`", short(name))));
                    }
                }
                for part in ["type", "items", "values"].iter().filter_map(|part| parts.get(*part)) {
                    self.collect(part)?;
                }
                fields(node).try_for_each(|field| self.collect(field.get("type").unwrap_or(&Value::Null)))
            }
            _ => Ok(()),
        }
    }

    /// Whether there is such a column, of a type whose values are texts.
    pub(super) fn check(&self, path: &str) -> Result<(), Error> {
        match self.exists(&self.root, Some(path)) {
            Some(()) => Ok(()),
            None => Err(Error::NoColumn { file: self.file.to_owned(), column: path.to_owned() }),
        }
    }

    fn exists(&self, node: &Value, path: Option<&str>) -> Option<()> {
        let Some(name) = path else { return Some(()) };
        match (node, self.kind(node)) {
            (Value::Array(branches), _) => branches.iter().find_map(|branch| self.exists(branch, path)),
            (_, "record" | "error") => fields(self.named(node)).find_map(|field| {
                let rest = below(name, field.get("name")?.as_str()?)?;
                self.exists(field.get("type")?, rest)
            }),
            (_, "array") => self.exists(node.get("items")?, path),
            (_, "map") => Some(()),
            (Value::Object(_), "nested") => self.exists(node.get("type")?, path),
            _ => None,
        }
    }

    /// Where the row that begins at `at` ends; `found` gets each value that the path names.
    pub(super) fn row(&self, data: &[u8], at: usize, path: &str, found: &mut dyn FnMut(&str)) -> Result<usize, Error> {
        let mut walk = Walk { schema: self, data, found, odd: None, sites: None, null: None };
        let end = walk.value(&self.root, at, Want::Path(path), 0);
        match (walk.odd, end) {
            (Some(what), _) => Err(self.unsupported(what)),
            (None, Some(end)) => Ok(end),
            (None, None) => Err(damaged(self.file, "a row does not fit its schema")),
        }
    }

    /// Where in the row that begins at `at` the values stand that the path names; of an array its elements if `each`.
    pub(super) fn sites<'s>(&'s self, data: &'s [u8], at: usize, path: &str, each: bool) -> Result<Sites<'s>, Error> {
        let mut sites = Sites::default();
        let mut walk =
            Walk { schema: self, data, found: &mut |_| (), odd: None, sites: Some((&mut sites, each)), null: None };
        match walk.value(&self.root, at, Want::Path(path), 0) {
            Some(_) => Ok(sites),
            None => Err(damaged(self.file, "a row does not fit its schema")),
        }
    }

    fn named<'n>(&'n self, node: &'n Value) -> &'n Value {
        node.as_str().and_then(|name| self.names.get(short(name))).unwrap_or(node)
    }

    /// The type's own name; `nested` for a type that is written within another's braces.
    fn kind<'n>(&'n self, node: &'n Value) -> &'n str {
        match self.named(node) {
            Value::String(name) => name,
            node => match node.get("type") {
                Some(Value::String(name)) if self.names.contains_key(short(name)) => "nested",
                Some(Value::String(name)) => name,
                Some(_) => "nested",
                None => "",
            },
        }
    }

    fn unsupported(&self, what: String) -> Error {
        Error::Unsupported { file: self.file.to_owned(), what }
    }
}

/// What is asked of a value.
#[derive(Clone, Copy)]
enum Want<'p> {
    Nothing,
    /// What this path names below it.
    Path(&'p str),
    Itself,
}

impl<'p> Want<'p> {
    fn below(self, name: &str) -> Self {
        match self {
            Self::Path(path) => match below(path, name) {
                Some(Some(rest)) => Self::Path(rest),
                Some(None) => Self::Itself,
                None => Self::Nothing,
            },
            _ => Self::Nothing,
        }
    }
}

struct Walk<'s, 'f, 'w> {
    schema: &'s Schema<'s>,
    data: &'s [u8],
    found: &'f mut dyn FnMut(&str),
    /// The subject column is of a type that has no text.
    odd: Option<String>,
    /// Where values are to be changed, their places; and whether an array stands for its elements.
    sites: Option<(&'w mut Sites<'s>, bool)>,
    /// The union around the value: where its number stands, and which branch is null.
    null: Option<(usize, Option<usize>)>,
}

impl<'s> Walk<'s, '_, '_> {
    /// Where the value at `at` ends.
    fn value(&mut self, node: &'s Value, at: usize, want: Want, depth: usize) -> Option<usize> {
        if depth > MAX_DEPTH {
            return None;
        }
        let schema = self.schema;
        let around = if node.is_array() { None } else { self.null.take() };
        if let Value::Array(branches) = node {
            let (branch, next) = number(self.data, at)?;
            self.null = Some((at, branches.iter().position(|branch| branch.as_str() == Some("null"))));
            let at = next;
            return self.value(branches.get(usize::try_from(branch).ok()?)?, at, want, depth + 1);
        }
        let full = schema.named(node);
        let own = matches!(want, Want::Itself);
        if let Some(each) = self.sites.as_ref().map(|(_, each)| *each).filter(|_| own) {
            return self.site(node, at, around, each, depth);
        }
        let logical = full.get("logicalType").and_then(Value::as_str).filter(|logical| *logical != "uuid");
        let kind = schema.kind(node);
        if own && (logical.is_some() || matches!(kind, "float" | "double" | "record" | "map")) {
            self.odd = Some(format!("the type `{}` for the column", logical.unwrap_or(kind)));
        }
        match kind {
            "null" => Some(at),
            "boolean" => {
                let text = if *self.data.get(at)? == 0 { "false" } else { "true" };
                self.tell(own, text);
                Some(at + 1)
            }
            "int" | "long" => {
                let (value, end) = number(self.data, at)?;
                if own {
                    self.tell(own, &value.to_string());
                }
                Some(end)
            }
            "enum" => {
                let (symbol, end) = number(self.data, at)?;
                let symbol = full.get("symbols")?.get(usize::try_from(symbol).ok()?)?.as_str()?;
                self.tell(own, symbol);
                Some(end)
            }
            "float" => self.bytes(at, 4, false),
            "double" => self.bytes(at, 8, false),
            "fixed" => self.bytes(at, usize::try_from(full.get("size")?.as_u64()?).ok()?, own),
            "string" | "bytes" => {
                let (len, start) = number(self.data, at)?;
                self.bytes(start, usize::try_from(len).ok()?, own)
            }
            "record" | "error" => fields(full).try_fold(at, |at, field| {
                let want = want.below(field.get("name")?.as_str()?);
                self.value(field.get("type")?, at, want, depth + 1)
            }),
            "array" => self.items(full.get("items")?, at, want, false, depth),
            "map" => self.items(full.get("values")?, at, want, true, depth),
            "nested" => self.value(full.get("type")?, at, want, depth + 1),
            _ => None,
        }
    }

    /// Notes where a value stands that is to be changed.
    fn site(
        &mut self,
        node: &'s Value,
        at: usize,
        around: Option<(usize, Option<usize>)>,
        each: bool,
        depth: usize,
    ) -> Option<usize> {
        let schema = self.schema;
        let (kind, full) = (schema.kind(node), schema.named(node));
        if kind == "nested" {
            self.null = around;
            return self.value(full.get("type")?, at, Want::Itself, depth + 1);
        }
        if kind == "array" && (each || around.is_none_or(|(_, null)| null.is_none())) {
            return self.items(full.get("items")?, at, Want::Itself, false, depth);
        }
        let end = self.value(node, at, Want::Nothing, depth + 1)?;
        let whole = around.map_or(at, |(begin, _)| begin)..end;
        let null = around.and_then(|(_, null)| null);
        if let Some((sites, _)) = &mut self.sites {
            sites.found.push(Site { whole, value: at..end, kind, node: full, null });
        }
        Some(end)
    }

    /// The blocks of an array or a map.
    fn items(&mut self, node: &'s Value, at: usize, want: Want, keyed: bool, depth: usize) -> Option<usize> {
        let mut at = at;
        loop {
            let begin = at;
            let (count, next) = number(self.data, at)?;
            at = next;
            if count == 0 {
                return Some(at);
            }
            if count < 0 {
                at = number(self.data, at)?.1;
            }
            let first = at;
            for _ in 0..count.unsigned_abs() {
                let item = at;
                let mut inner = want;
                if keyed {
                    let (len, start) = number(self.data, at)?;
                    at = self.bytes(start, usize::try_from(len).ok()?, false)?;
                    inner = want.below(std::str::from_utf8(self.data.get(start..at)?).ok()?);
                }
                at = self.value(node, at, inner, depth + 1)?;
                if at == item {
                    // Items of no bytes: there may be any number, and nothing is in them.
                    break;
                }
            }
            if let Some((sites, _)) = self.sites.as_mut().filter(|_| count < 0) {
                sites.sized.push(Sized { head: begin..first, block: first..at, count: count.unsigned_abs() });
            }
        }
    }

    fn bytes(&mut self, at: usize, len: usize, own: bool) -> Option<usize> {
        let end = at.checked_add(len)?;
        let bytes = self.data.get(at..end)?;
        if let Some(text) = own.then(|| std::str::from_utf8(bytes).ok()).flatten() {
            self.tell(own, text);
        }
        Some(end)
    }

    fn tell(&mut self, own: bool, text: &str) {
        if own {
            (self.found)(text);
        }
    }
}

/// What is left of a path behind `name`: `None` if it is another's, `Some(None)` if it ends there.
fn below<'p>(path: &'p str, name: &str) -> Option<Option<&'p str>> {
    match path.strip_prefix(name)? {
        "" => Some(None),
        rest => rest.strip_prefix('.').map(Some),
    }
}

fn fields(node: &Value) -> impl Iterator<Item = &Value> {
    node.get("fields").and_then(Value::as_array).into_iter().flatten()
}

fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Deeper rows than this are no honest ones.
const MAX_DEPTH: usize = 256;
