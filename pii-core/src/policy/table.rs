use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Place;
use super::closest::suggestion;
use super::violation::{At, Found, Source};

/// One table of a policy file, read key by key. What nobody has asked for in the end is an unknown key.
pub(super) struct Table<'a> {
    /// As messages call it: "a recipient".
    what: &'static str,
    at: Place,
    entries: Vec<(Entry<'a>, bool)>,
    asked: Vec<&'static str>,
}

/// A key and its value.
#[derive(Clone)]
pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    pub(super) key_at: Place,
    pub(super) value: Value<'a>,
}

/// A value, and where it was written.
#[derive(Clone)]
pub(super) struct Value<'a> {
    pub(super) toml: &'a DeValue<'a>,
    pub(super) at: Place,
    source: &'a Arc<Source>,
}

impl<'a> Table<'a> {
    pub(super) fn new(what: &'static str, table: &'a DeTable<'a>, at: Place, source: &'a Arc<Source>) -> Self {
        let entry = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| Entry {
            key: std::convert::AsRef::<str>::as_ref(key.get_ref()),
            key_at: Place::new(source, key.span()),
            value: Value::new(value, source),
        };
        let mut entries: Vec<_> = table.iter().map(|pair| (entry(pair), false)).collect();
        // The order of the file, not of the alphabet.
        entries.sort_by_key(|(e, _)| e.key_at.span().start);
        Self { what, at, entries, asked: Vec::new() }
    }

    /// Where the table begins.
    pub(super) fn place(&self) -> &Place {
        &self.at
    }

    pub(super) fn get(&mut self, key: &'static str) -> Option<Entry<'a>> {
        self.asked.push(key);
        let (entry, seen) = self.entries.iter_mut().find(|(e, _)| e.key == key)?;
        *seen = true;
        Some(entry.clone())
    }

    /// The key's value, or a violation that says what to write.
    pub(super) fn need(&mut self, key: &'static str, example: &str, found: &mut Found) -> Option<Value<'a>> {
        let entry = self.get(key);
        if entry.is_none() {
            let message = format!("{} has no `{key}`", self.what);
            found.report("missing-key", &self.at, message, format!("add `{key} = {example}`"));
        }
        entry.map(|e| e.value)
    }

    pub(super) fn text(&mut self, key: &'static str, found: &mut Found) -> Option<At<String>> {
        self.get(key)?.value.text(found)
    }

    pub(super) fn need_text(&mut self, key: &'static str, example: &str, found: &mut Found) -> Option<At<String>> {
        self.need(key, example, found)?.text(found)
    }

    /// The tables of a `[[key]]`, each to be called `what`.
    pub(super) fn tables(&mut self, key: &'static str, what: &'static str, found: &mut Found) -> Vec<Table<'a>> {
        let Some(entry) = self.get(key) else { return Vec::new() };
        let elements = match entry.value.toml {
            DeValue::Array(array) => array.iter().map(|v| Value::new(v, entry.value.source)).collect(),
            _ => vec![entry.value.clone()],
        };
        let is_list = matches!(entry.value.toml, DeValue::Array(_));
        if !is_list || elements.iter().any(|e| !e.toml.is_table()) {
            let message = format!("`{key}` is not a list of tables");
            found.report("wrong-type", &entry.key_at, message, format!("head each of them with `[[{key}]]`"));
            return Vec::new();
        }
        elements.into_iter().filter_map(|e| e.table(what, found)).collect()
    }

    /// All entries, for a table whose keys are the user's own words.
    pub(super) fn into_entries(self) -> impl Iterator<Item = Entry<'a>> {
        self.entries.into_iter().map(|(entry, _)| entry)
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(self, found: &mut Found) {
        for (entry, _) in self.entries.iter().filter(|(_, seen)| !seen) {
            let message = format!("{} has no key `{}`", self.what, entry.key);
            found.report("unknown-key", &entry.key_at, message, suggestion(entry.key, &self.asked));
        }
    }
}

impl<'a> Entry<'a> {
    /// Whether the key is the first part of a dotted one, `a` of `a.b = …`. That reads as a table, so that
    /// `address.category = "none"` would decide all of `address`; a path is written in quotes.
    pub(super) fn is_dotted(&self) -> bool {
        self.value.toml.is_table() && !self.value.at.excerpt().starts_with(['{', '['])
    }

    /// Refuses a dotted key where a path is meant.
    pub(super) fn refuse_dotted(&self, found: &mut Found) -> bool {
        if self.is_dotted() {
            let line = self.key_at.source_line();
            let path = line.split_once('=').map_or(self.key, |(path, _)| path).trim();
            let message = format!("`{path}` without quotes reads as a table");
            let mend =
                format!("write a path in quotes, `\"{path}\" = …`, and a table in braces, `{} = {{ … }}`", self.key);
            found.report("unquoted-path", &self.key_at, message, mend);
        }
        self.is_dotted()
    }
}

impl<'a> Value<'a> {
    fn new(value: &'a Spanned<DeValue<'a>>, source: &'a Arc<Source>) -> Self {
        Self { toml: value.get_ref(), at: Place::new(source, value.span()), source }
    }

    /// A text that is not blank.
    pub(super) fn text(&self, found: &mut Found) -> Option<At<String>> {
        let text = self.toml.as_str().or_else(|| self.mistyped("a text", "put it in quotes", found))?;
        if text.trim().is_empty() {
            found.report("empty-value", &self.at, "the text is empty", "write something, or take the key away");
            return None;
        }
        Some(At { value: text.to_owned(), at: self.at.clone() })
    }

    pub(super) fn flag(&self, found: &mut Found) -> Option<bool> {
        self.toml.as_bool().or_else(|| self.mistyped("`true` or `false`", "write one of them, without quotes", found))
    }

    pub(super) fn number(&self, found: &mut Found) -> Option<At<f64>> {
        let number = match self.toml {
            DeValue::Integer(i) if i.radix() == 10 => i.as_str().parse().ok(),
            DeValue::Float(f) => f.as_str().parse().ok(),
            _ => None,
        };
        let value = number.or_else(|| self.mistyped("a number", "write one, without quotes", found))?;
        Some(At { value, at: self.at.clone() })
    }

    /// Texts in brackets; a single one may stand without.
    pub(super) fn texts(&self, found: &mut Found) -> Vec<At<String>> {
        match self.toml {
            DeValue::Array(array) => array.iter().filter_map(|v| Value::new(v, self.source).text(found)).collect(),
            _ => self.text(found).into_iter().collect(),
        }
    }

    /// The values in brackets.
    pub(super) fn items(&self, found: &mut Found) -> Vec<Value<'a>> {
        match self.toml {
            DeValue::Array(array) => array.iter().map(|v| Value::new(v, self.source)).collect(),
            _ => self.mistyped("a list", "write it in brackets", found).unwrap_or_default(),
        }
    }

    pub(super) fn table(&self, what: &'static str, found: &mut Found) -> Option<Table<'a>> {
        match self.toml {
            DeValue::Table(table) => Some(Table::new(what, table, self.at.clone(), self.source)),
            _ => self.mistyped("a table", "write it as `{ key = … }`", found),
        }
    }

    fn mistyped<T>(&self, wanted: &str, mend: &str, found: &mut Found) -> Option<T> {
        let message = format!("{} stands where {wanted} belongs", self.toml_name());
        found.report("wrong-type", &self.at, message, mend);
        None
    }

    fn toml_name(&self) -> &'static str {
        match self.toml {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "a yes or no",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        }
    }
}

impl At<String> {
    /// Reads the text as something narrower; what `read` complains of becomes a violation.
    pub(super) fn read<T>(
        &self,
        code: &'static str,
        found: &mut Found,
        read: impl FnOnce(&str) -> Result<T, (String, String)>,
    ) -> Option<At<T>> {
        match read(&self.value) {
            Ok(value) => Some(At { value, at: self.at.clone() }),
            Err((message, mend)) => {
                found.report(code, &self.at, message, mend);
                None
            }
        }
    }
}
