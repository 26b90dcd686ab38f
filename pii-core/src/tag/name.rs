//! What a column's name says: whole words, never parts of one.
//!
//! `acid_level` holds no `cid`, and `scenario_code` no `card`. A run of letters without a border is split only
//! where known words cover it from end to end (`customerid`, `고객전화번호`).

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use super::detector::{Detector, all};
use super::fold::{fold, is_mark};
use super::words::{ID, JOINING, MEASURE, NEUTRAL, PERSON, THING, Words};

/// A column's path as folded words: `billing.AddressLine2` is `billing`, `address`, `line`.
pub(super) struct Name {
    words: Vec<String>,
}

/// A detector's phrase found in a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hit {
    /// Where the phrase stands, by word.
    pub(super) span: Range<usize>,
    /// Whether the words say it by themselves, or only together with the values or the rest of the table.
    pub(super) sure: bool,
    /// The words, as evidence shows them.
    pub(super) words: String,
}

impl Name {
    pub(super) fn read(path: &str) -> Self {
        let words = borders(path).into_iter().flat_map(|word| split(&fold(&word)));
        Self { words: words.filter(|word| !JOINING.contains(word.as_str())).collect() }
    }

    /// The best phrase of `detector` in this name: the longest, and a sure one before a hint.
    pub(super) fn find(&self, detector: &Detector) -> Option<Hit> {
        let sure = detector.sure.iter().map(|phrase| (phrase, true));
        let hints = detector.hints.iter().map(|phrase| (phrase, false));
        sure.chain(hints)
            .filter_map(|(phrase, sure)| self.hit(phrase, sure))
            .max_by_key(|hit| (hit.sure, hit.span.len()))
    }

    /// Whether the name is exactly this one word.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self.words.as_slice(), [only] if only == word)
    }

    fn hit(&self, phrase: &str, sure: bool) -> Option<Hit> {
        let phrase: Vec<&str> = phrase.split(' ').filter(|word| !JOINING.contains(word)).collect();
        let start = self.words.windows(phrase.len()).rposition(|w| w.iter().zip(&phrase).all(|(w, p)| is_one(w, p)))?;
        let span = start..start + phrase.len();
        let around: Vec<(usize, &str)> =
            self.words.iter().enumerate().filter(|(i, _)| !span.contains(i)).map(|(i, w)| (i, w.as_str())).collect();
        let about = |list: &Words| around.iter().any(|(_, w)| list.contains(w));
        // The last word is what a name is about: an `email_footer` is a footer.
        let led_away = around.iter().any(|(i, w)| *i >= span.end && !NEUTRAL.contains(w) && !PERSON.contains(w));
        if about(&MEASURE) || (!sure && (led_away || about(&THING))) {
            return None;
        }
        let words = self.words.get(span.clone())?.join(" ");
        Some(Hit { span, sure: sure && !about(&THING) && !led_away, words })
    }
}

/// Whether a word is the one that the phrase asks for; `@person` and `@id` ask for any of theirs.
fn is_one(word: &str, asked: &str) -> bool {
    match asked {
        "@person" => PERSON.contains(word),
        "@id" => ID.contains(word),
        _ => word == asked,
    }
}

/// Cuts at what is no letter, and where capitals show a border: `IPAddress` is `IP`, `Address`.
fn borders(path: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut chars = path.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let next_is_lower = chars.peek().is_some_and(|n| is_lower(*n));
        let rises = c.is_uppercase() && (is_lower(before) || (before.is_uppercase() && next_is_lower));
        let script = c.is_ascii() != before.is_ascii() && is_hangul(c) != is_hangul(before);
        if rises || script || !(c.is_alphabetic() || is_mark(c)) {
            words.push(String::new());
        }
        if (c.is_alphabetic() || is_mark(c))
            && let Some(word) = words.last_mut()
        {
            word.push(c);
        }
        before = c;
    }
    words.retain(|w| !w.is_empty());
    words
}

/// `ß` stands among capitals too.
fn is_lower(c: char) -> bool {
    c.is_lowercase() && c != 'ß'
}

fn is_hangul(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

/// The fewest known words that cover `word` from end to end, or the word itself.
fn split(word: &str) -> Vec<String> {
    if VOCABULARY.contains(word) {
        return vec![word.to_owned()];
    }
    // best[i] covers the first i bytes.
    let mut best: Vec<Option<Vec<&str>>> = vec![None; word.len() + 1];
    if let Some(first) = best.first_mut() {
        *first = Some(Vec::new());
    }
    for end in 1..=word.len() {
        for start in 0..end {
            let Some(part) = word.get(start..end).filter(|p| long_enough(p) && VOCABULARY.contains(*p)) else {
                continue;
            };
            let Some(mut cover) = best.get(start).cloned().flatten() else { continue };
            cover.push(part);
            if let Some(slot) = best.get_mut(end)
                && slot.as_ref().is_none_or(|old| old.len() > cover.len())
            {
                *slot = Some(cover);
            }
        }
    }
    match best.pop().flatten() {
        Some(cover) => cover.into_iter().map(str::to_owned).collect(),
        None => vec![word.to_owned()],
    }
}

/// Two letters are too common inside other words, save for `id`.
fn long_enough(part: &str) -> bool {
    part.len() > 2 || part == "id"
}

/// Every word of every phrase and list.
static VOCABULARY: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let phrases = all().flat_map(|d| d.sure.iter().chain(d.hints.iter())).flat_map(|p| p.split(' '));
    let lists = [&PERSON, &ID, &THING, &MEASURE].into_iter().flat_map(|list| list.iter().copied());
    phrases.chain(lists).filter(|w| !w.starts_with('@')).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    fn words(path: &str) -> String {
        Name::read(path).words.join(" ")
    }

    #[test]
    fn a_name_is_cut_into_whole_words() {
        for (path, expected) in [
            ("customerEmailAddress", "customer email address"),
            ("billing.AddressLine2", "billing address line"),
            ("IPAddress", "ip address"),
            ("PassengerId", "passenger id"),
            ("customerid", "customer id"),
            ("고객전화번호", "고객 전화번호"),
            ("Geburtsdatum", "geburtsdatum"),
            ("Kundennummer", "kunden nummer"),
            ("scenario_code", "scenario code"),
            ("acid_level", "acid level"),
            ("hostname", "hostname"),
            ("STRAßE", "strasse"),
        ] {
            assert_eq!(words(path), expected, "{path}");
        }
    }

    #[test]
    fn every_phrase_is_written_folded() {
        for word in VOCABULARY.iter() {
            assert_eq!(fold(word), **word);
        }
    }
}
