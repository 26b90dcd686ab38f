use std::collections::BTreeMap;

use super::Place;
use super::closest::closest;
use super::violation::{At, Found};
use crate::vocab::{DatasetId, Domain, MalformedName, PurposeId, RecipientId, Tag};

/// Every name that the files give, and where, also of what cannot stand for other reasons.
#[derive(Default)]
pub(super) struct Names {
    pub(super) controller: Option<Place>,
    pub(super) requests: Option<Place>,
    pub(super) purposes: Claimed<PurposeId>,
    pub(super) recipients: Claimed<RecipientId>,
    pub(super) groups: Claimed<Domain>,
    pub(super) datasets: Claimed<DatasetId>,
}

/// Names of one sort.
pub(super) struct Claimed<T>(BTreeMap<T, Place>);

impl<T> Default for Claimed<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Ord + Clone + std::fmt::Display> Claimed<T> {
    /// Takes the name, or reports who has it.
    pub(super) fn claim(&mut self, what: &str, id: &At<T>, found: &mut Found) {
        if let Some(first) = self.0.get(&id.value) {
            let message = format!("there is a {what} `{}` already, at {first}", id.value);
            found.report("duplicate-id", &id.at, message, "rename one of the two, or take it away");
        } else {
            self.0.insert(id.value.clone(), id.at.clone());
        }
    }

    pub(super) fn has(&self, id: &T) -> bool {
        self.0.contains_key(id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// "did you mean `x`?", or how to declare it.
    pub(super) fn mend(&self, what: &str, id: &T) -> String {
        let known: Vec<String> = self.0.keys().map(T::to_string).collect();
        match closest(&id.to_string(), known.iter().map(String::as_str)) {
            Some(best) => format!("did you mean `{best}`?"),
            None => format!("declare it: `[[{what}]]` with `id = \"{id}\"`"),
        }
    }
}

/// Reads a name, and proposes one where it is malformed.
pub(super) fn name<T>(text: &str, parse: fn(&str) -> Result<T, MalformedName>) -> Result<T, (String, String)> {
    parse(text).map_err(|malformed| {
        let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c.to_ascii_lowercase() } else { '-' };
        let proposed: String = text.trim().chars().map(plain).collect();
        let rule = "use lower-case letters, digits, `.`, `-` and `_`, beginning with a letter";
        let mend = match parse(&proposed) {
            Ok(_) => format!("write `{proposed}`: {rule}"),
            Err(_) => rule.to_owned(),
        };
        (format!("`{text}` is not a name for a {}", malformed.what), mend)
    })
}

/// Reads a category, `none`, or a detector's name.
pub(super) fn category(text: &str) -> Result<Tag, (String, String)> {
    Tag::parse(text)
        .map_err(|unknown| (format!("`{text}` is not a category"), format!("did you mean `{}`?", unknown.closest)))
}
