use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::super::Values;
use super::escape::Unescaped;
use super::filter::Filter;
use super::forms::{Form, Letters, forms};
use super::numbers::{Meaning, Numbers};

/// The values that are looked for, in all the forms that they could stand in.
pub struct Needles {
    texts: Vec<Zeroizing<String>>,
    /// Texts that are not empty, in order, and their places in the list.
    sorted: Vec<(Zeroizing<Vec<u8>>, usize)>,
    /// Forms that stand nowhere by chance.
    long: Group,
    /// Forms that are looked for in text only, where nothing that belongs to them stands beside them.
    short: Group,
    /// As numbers of columns; made when the first column of such a meaning is met.
    numbers: Mutex<HashMap<Meaning, Arc<Numbers>>>,
}

struct Group {
    /// What `filter` calls by number.
    forms: Vec<Known>,
    filter: Filter,
}

/// What is known of a form.
struct Known {
    value: usize,
    letters: Letters,
    len: usize,
    rest: Zeroizing<Vec<u8>>,
}

/// A value in some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// Where its first byte is, and the first behind it.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) value: usize,
    /// Whether it is all that stands there, between quotes, commas, line ends.
    pub(super) whole: bool,
}

impl Needles {
    /// Takes in a list. The empty text is left out: it stands everywhere.
    pub fn new(values: &Values) -> Self {
        let texts: Vec<_> = values.iter().map(|text| Zeroizing::new(text.to_owned())).collect();
        let (mut long, mut short) = (Vec::new(), Vec::new());
        for (value, text) in texts.iter().enumerate() {
            let (one, other): (Vec<_>, Vec<_>) =
                forms(value, text).into_iter().partition(|form| form.bytes.len() >= LONG);
            long.extend(one);
            short.extend(other);
        }
        let bytes = |text: &Zeroizing<String>| Zeroizing::new(text.as_bytes().to_vec());
        let filled = || texts.iter().enumerate().filter(|(_, text)| !text.is_empty());
        let mut sorted: Vec<_> = filled().map(|(value, text)| (bytes(text), value)).collect();
        sorted.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        Self { sorted, long: Group::new(long), short: Group::new(short), texts, numbers: Mutex::default() }
    }

    /// The values, by their places in the list.
    pub(super) fn texts(&self) -> impl Iterator<Item = (usize, &str)> + Clone {
        self.texts.iter().map(|text| text.as_str()).enumerate()
    }

    /// Those that could be numbers of a column.
    pub(super) fn numbers(&self, meaning: Meaning) -> Arc<Numbers> {
        let mut all = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || Arc::new(Numbers::of(self.texts(), meaning));
        all.entry(meaning).or_insert_with(made).clone()
    }

    /// Whether some are so short that only whole cells and words tell them.
    pub(super) fn has_short(&self) -> bool {
        !self.short.filter.is_empty()
    }

    /// How many bytes the longest form has.
    pub(super) fn longest(&self) -> usize {
        self.long.filter.longest().max(self.short.filter.longest())
    }

    /// The value that this is, no more and no less.
    pub(super) fn exact(&self, bytes: &[u8]) -> Option<usize> {
        let at = self.sorted.binary_search_by(|(text, _)| text.as_slice().cmp(bytes)).ok()?;
        self.sorted.get(at).map(|(_, value)| *value)
    }

    /// Values that begin with these bytes and go on: a bound that was cut short still tells them.
    pub(super) fn beginning_with(&self, bytes: &[u8]) -> impl Iterator<Item = usize> {
        let from = self.sorted.partition_point(|(text, _)| text.as_slice() < bytes);
        let rest = self.sorted.get(from..).unwrap_or_default();
        rest.iter().take_while(move |(text, _)| text.starts_with(bytes)).map(|(_, value)| *value)
    }

    /// Values in bytes of which nobody knows what they mean.
    pub(super) fn in_bytes(&self, bytes: &[u8], hit: &mut dyn FnMut(Hit)) {
        self.long.scan(bytes, false, hit);
    }

    /// The same, but not within longer words and numbers.
    pub(super) fn in_words(&self, bytes: &[u8], hit: &mut dyn FnMut(Hit)) {
        self.long.scan(bytes, true, hit);
    }

    /// Whether a text speaks of one of the values: of six bytes or more, and not within a longer word or number.
    pub fn are_in(&self, text: &str) -> bool {
        let mut found = false;
        self.long.scan(text.as_bytes(), true, &mut |_| found = true);
        found
    }

    /// Values in text, also where they are escaped, twice even, or percent-encoded.
    pub(super) fn in_text(&self, bytes: &[u8], hit: &mut dyn FnMut(Hit)) {
        self.in_plain(bytes, hit);
        if let Some(once) = Unescaped::json(bytes) {
            self.in_unescaped(&once, hit);
            if let Some(twice) = Unescaped::json(&once.bytes) {
                let back = |found: Hit| Hit { from: once.before(found.from), to: once.before(found.to), ..found };
                self.in_unescaped(&twice, &mut |found| hit(back(found)));
            }
        }
        if let Some(plain) = Unescaped::percent(bytes) {
            self.in_unescaped(&plain, hit);
        }
    }

    fn in_plain(&self, bytes: &[u8], hit: &mut dyn FnMut(Hit)) {
        self.long.scan(bytes, true, hit);
        self.short.scan(bytes, true, hit);
    }

    /// Those that were not to be seen before.
    fn in_unescaped(&self, plain: &Unescaped<'_>, hit: &mut dyn FnMut(Hit)) {
        self.in_plain(&plain.bytes, &mut |found| {
            let (from, to) = (plain.before(found.from), plain.before(found.to));
            if to - from != found.to - found.from {
                hit(Hit { from, to, ..found });
            }
        });
    }
}

impl Group {
    fn new(forms: Vec<Form>) -> Self {
        let (mut told, mut bytes) = (Vec::with_capacity(forms.len()), Vec::with_capacity(forms.len()));
        for form in forms {
            told.push(Known { value: form.value, letters: form.letters, len: form.bytes.len(), rest: form.rest });
            bytes.push(form.bytes);
        }
        Self { forms: told, filter: Filter::new(bytes) }
    }

    /// In text, a form within a longer word or number is not it.
    fn scan(&self, bytes: &[u8], words: bool, hit: &mut dyn FnMut(Hit)) {
        self.filter.scan(bytes, &mut |from, form| {
            let Some(known) = self.forms.get(form) else { return };
            let to = from + known.len;
            let sides = Sides::of(bytes, from, to, known.letters);
            let cut = !known.rest.is_empty();
            // Of what is all there, the whole form tells.
            let all_there = || bytes.get(to..).is_some_and(|behind| behind.starts_with(&known.rest));
            if !(words && sides.goes_on || cut && all_there()) {
                hit(Hit { from, to, value: known.value, whole: words && sides.whole && !cut });
            }
        });
    }
}

/// What stands beside a find.
struct Sides {
    /// A word or a number goes on beyond it.
    goes_on: bool,
    /// Nothing else stands there.
    whole: bool,
}

impl Sides {
    fn of(bytes: &[u8], from: usize, to: usize, letters: Letters) -> Self {
        let byte = |at: Option<usize>| bytes.get(at?).copied();
        // A letter of two bytes, one of which is zero if it is ASCII.
        let wide = |ascii: Option<usize>, zero: Option<usize>| {
            let (ascii, zero) = (byte(ascii)?, byte(zero)?);
            Some(if zero == 0 { ascii } else { BEYOND_ASCII })
        };
        let back = |by: usize| from.checked_sub(by);
        let (before, behind) = match letters {
            Letters::None => return Self { goes_on: false, whole: false },
            Letters::Bytes => (byte(back(1)), byte(Some(to))),
            Letters::Wide => (wide(back(2), back(1)), wide(Some(to + 1), Some(to))),
            Letters::Utf16Le => (wide(back(2), back(1)), wide(Some(to), Some(to + 1))),
            Letters::Utf16Be => (wide(back(1), back(2)), wide(Some(to + 1), Some(to))),
        };
        let (first, last) = match letters {
            Letters::Utf16Le => (wide(Some(from), Some(from + 1)), wide(to.checked_sub(2), to.checked_sub(1))),
            Letters::Utf16Be => (wide(Some(from + 1), Some(from)), wide(to.checked_sub(1), to.checked_sub(2))),
            _ => (byte(Some(from)), byte(to.checked_sub(1))),
        };
        let within = |one: Option<u8>, other: Option<u8>| {
            let word = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
            word(one) && word(other)
        };
        let ends = |byte: Option<u8>, with: &[u8]| byte.is_none_or(|byte| with.contains(&byte));
        Self {
            goes_on: within(before, first) || within(last, behind),
            whole: ends(before, b"\r\n,;\t|\"'\0:=[{/") && ends(behind, b"\r\n,;\t|\"'\0]}&/\\"),
        }
    }
}

/// Stands for a letter that is in no list of signs.
const BEYOND_ASCII: u8 = 0xff;

/// Forms of so many bytes stand nowhere by chance.
const LONG: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn found(values: &[&str], text: &[u8]) -> Vec<(usize, usize, usize, bool)> {
        let needles = Needles::new(&Values::new(values.iter().map(|value| (*value).to_owned())).unwrap());
        let mut hits = Vec::new();
        needles.in_text(text, &mut |hit| hits.push((hit.from, hit.to, hit.value, hit.whole)));
        hits.sort_unstable();
        hits
    }

    #[test]
    fn a_cell_is_whole_and_a_word_in_a_text_is_not() {
        assert_eq!(found(&["anna@example.org"], b"id,email\n1,anna@example.org\n"), [(11, 27, 0, true)]);
        assert_eq!(found(&["anna@example.org"], b"from anna@example.org: hello"), [(5, 21, 0, false)]);
        assert_eq!(found(&["7"], b"{\"id\":7,\"n\":17,\"t\":\"7 of 70\"}"), [(6, 7, 0, true), (20, 21, 0, false)]);
        assert_eq!(found(&["1234567"], b"91234567 12345670 x1234567"), []);
    }

    #[test]
    fn another_who_is_called_alike_is_no_find() {
        assert_eq!(found(&["bob@example.org"], b"jimbob@example.org"), []);
        assert_eq!(found(&["anna"], b"savannah"), []);
        // A particle follows a Korean name without a space.
        assert_eq!(found(&["\u{d64d}\u{ae38}\u{b3d9}"], "\u{d64d}\u{ae38}\u{b3d9}\u{c774}".as_bytes()).len(), 1);
    }

    #[test]
    fn what_is_escaped_once_or_twice_or_by_percent_is_found_where_it_stands() {
        let value = "Zo\u{eb} \"O/Neil\"";
        let once = serde_json::to_string(value).unwrap();
        let twice = serde_json::to_string(&format!("{{\"minValues\":{once}}}")).unwrap();
        for text in [once, twice] {
            let hits = found(&[value], text.as_bytes());
            assert_eq!(hits.len(), 1, "{text}");
            assert!(hits[0].3, "{text}");
        }
        assert_eq!(found(&[value], br#""Zo\u00eb \"O\/Neil\"""#), [(1, 21, 0, true)]);
        assert_eq!(found(&["a+b@example.org"], br#"{"m":"a\u002bb@example.org"}"#), [(6, 26, 0, true)]);
        assert_eq!(found(&["a+b@example.org"], b"GET /?m=a%2Bb%40example.org&x=1"), [(8, 27, 0, true)]);
    }

    #[test]
    fn utf_16_is_read_in_both_orders_and_by_words() {
        for (letters, first) in [(u16::to_le_bytes as fn(u16) -> [u8; 2], 4), (u16::to_be_bytes, 5)] {
            let text = |text: &str| text.encode_utf16().flat_map(letters).collect::<Vec<u8>>();
            assert_eq!(found(&["1234567"], &text("a,1234567,b")), [(first, first + 13, 0, true)]);
            assert_eq!(found(&["1234567"], &text("1234567c")), []);
            assert_eq!(found(&["Zo\u{eb}-77"], &text("a;Zo\u{eb}-77;b")), [(first, first + 11, 0, true)]);
            assert_eq!(
                found(&["\u{d64d}\u{ae38}\u{b3d9}\u{c774}"], &text("a;\u{d64d}\u{ae38}\u{b3d9}\u{c774};b")),
                [(4, 12, 0, true)]
            );
        }
    }

    #[test]
    fn what_a_table_format_cut_short_is_found() {
        let long = "annabella.elisabeth.winterbourne@example.org";
        assert_eq!(found(&[long], br#"{"email":"annabella.elisabeth.winterbourne"}"#), [(10, 42, 0, false)]);
        assert_eq!(found(&[long], format!("[\"{long}\"]").as_bytes()), [(2, 46, 0, true)]);
    }

    #[test]
    fn the_empty_text_is_found_nowhere_and_the_others_are() {
        assert_eq!(found(&["", "person-77"], b"person-77\n"), [(0, 9, 1, true)]);
    }

    #[test]
    fn a_bound_that_was_cut_short_tells_who_it_was() {
        let needles = Needles::new(&Values::new(["anna.long@example.org", "bob"].map(str::to_owned)).unwrap());
        assert_eq!(needles.beginning_with(b"anna.long@exam").collect::<Vec<_>>(), [0]);
        assert_eq!(needles.beginning_with(b"c").count(), 0);
        assert_eq!(needles.exact(b"bob"), Some(1));
    }
}
