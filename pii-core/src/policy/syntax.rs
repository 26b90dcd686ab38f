use std::sync::Arc;

use toml::de::Error;

use super::Place;
use super::violation::{Found, Source};

/// Reports what the TOML parser complains of, in words for the mistakes that policies are likely to have.
pub(super) fn report_syntax(error: &Error, source: &Arc<Source>, found: &mut Found) {
    let message = error.message();
    let place = Place::new(source, error.span().unwrap_or_default());
    let start = place.span().start;
    if let Some(word) = bare_word(&place) {
        let place = Place::new(source, start..start + word.len());
        let message = format!("`{word}` is a text without quotes");
        return found.report("syntax", &place, message, format!("write `\"{word}\"`"));
    }
    let (message, mend) = if message.contains("duplicate key") {
        (message.to_owned(), "take one of the two away".to_owned())
    } else if message.contains("dotted key") {
        let mend = "write a name with dots in quotes: `\"user.contact\" = …`".to_owned();
        ("a dotted name without quotes reads as a table, and there is a value already".to_owned(), mend)
    } else {
        (message.to_owned(), "correct it here: this is not TOML".to_owned())
    };
    found.report("syntax", &place, message, mend);
}

/// The word that stands where a value belongs.
fn bare_word(place: &Place) -> Option<&str> {
    let (before, rest) = place.text().split_at_checked(place.span().start)?;
    let is_value = before.trim_end_matches([' ', '\t']).ends_with(['=', '[', ',']);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c)).unwrap_or(rest.len());
    let word = rest.get(..end)?;
    (is_value && word.starts_with(|c: char| c.is_ascii_alphabetic())).then_some(word)
}
