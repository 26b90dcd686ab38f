//! The detectors: what each looks for in a column's name and in its values.

mod account;
mod contact;
mod device;
mod government;
mod money;
mod person;
mod special;

use super::evidence::Rule;
use super::kind::Kind;
use super::profile::Profile;

/// One detector: an infoType, the words that name it, and the forms its values have.
pub(super) struct Detector {
    pub(super) infotype: &'static str,
    /// What sorts of value it may be. A `Bool` is never an e-mail address.
    pub(super) kinds: &'static [Kind],
    /// Phrases of a column's name that say it by themselves. `@person` and `@id` stand for lists of words.
    pub(super) sure: Phrases,
    /// Phrases that say it together with the values, or in a table about people.
    pub(super) hints: Phrases,
    /// What values look like; the one that speaks loudest counts.
    pub(super) forms: &'static [Form],
    /// Personal in a table about people, and otherwise hardly: a city, a country.
    pub(super) contextual: bool,
    /// Says that the table is about people.
    pub(super) identifies: bool,
}

/// Phrases of column names, folded, with commas between them: a page of words reads better than a list of strings.
#[derive(Clone, Copy)]
pub(super) struct Phrases(&'static str);

impl Phrases {
    pub(super) fn iter(self) -> impl Iterator<Item = &'static str> {
        self.0.split(',').map(str::trim).filter(|phrase| !phrase.is_empty())
    }
}

/// One way to tell by the values.
///
/// Each distinct value that fits, and each that does not, adds the logarithm of how much likelier that is in a
/// column of this sort than in any other, between `floor` and `cap`.
pub(super) struct Form {
    /// What it looks at, and the rule that says so in evidence.
    pub(super) what: &'static str,
    pub(super) rule: fn(&'static str) -> Rule,
    pub(super) test: Test,
    /// The share of values that fit in a column of this sort: real data has dirt.
    pub(super) hit: f64,
    /// The share of values that fit in another column of the same kind, by chance.
    pub(super) chance: f64,
    /// The most that the values can say for it, in nats.
    pub(super) cap: f64,
    /// The most that they can say against it.
    pub(super) floor: f64,
    /// Says nothing unless the column's name speaks too.
    pub(super) if_named: bool,
}

/// How to look at the values.
pub(super) enum Test {
    /// One by one.
    Value(fn(&str) -> bool),
    /// All together: how many of the distinct values fit.
    Column(fn(&Profile) -> usize),
    /// One by one, where one that fits is enough; but only in a column that looks so as a whole.
    Any(fn(&str) -> bool, fn(&Profile) -> bool),
}

/// Every detector there is.
pub(super) fn all() -> impl Iterator<Item = &'static Detector> {
    [contact::ALL, person::ALL, government::ALL, account::ALL, money::ALL, device::ALL, special::ALL]
        .into_iter()
        .flatten()
}

const TEXT: &[Kind] = &[Kind::Text];
const TEXT_OR_INT: &[Kind] = &[Kind::Text, Kind::Int];
const NUMBERS: &[Kind] = &[Kind::Text, Kind::Int, Kind::Float];
const DATES: &[Kind] = &[Kind::Text, Kind::Date, Kind::Time, Kind::Int];

const fn detector(infotype: &'static str, kinds: &'static [Kind]) -> Detector {
    Detector {
        infotype,
        kinds,
        sure: Phrases(""),
        hints: Phrases(""),
        forms: &[],
        contextual: false,
        identifies: false,
    }
}

impl Detector {
    const fn sure(self, sure: &'static str) -> Self {
        Self { sure: Phrases(sure), ..self }
    }

    const fn hints(self, hints: &'static str) -> Self {
        Self { hints: Phrases(hints), ..self }
    }

    const fn forms(self, forms: &'static [Form]) -> Self {
        Self { forms, ..self }
    }

    const fn contextual(self) -> Self {
        Self { contextual: true, ..self }
    }

    const fn identifies(self) -> Self {
        Self { identifies: true, ..self }
    }
}

/// A form with a check digit, which one value in ten has by chance; dates and prefixes make that fewer.
const fn checked(what: &'static str, test: fn(&str) -> bool) -> Form {
    Form {
        what,
        rule: Rule::CheckDigit,
        test: Test::Value(test),
        hit: 0.95,
        chance: 0.1,
        cap: 6.5,
        floor: 5.0,
        if_named: false,
    }
}

/// A form that nothing else looks like.
const fn shaped(what: &'static str, test: fn(&str) -> bool) -> Form {
    Form {
        what,
        rule: Rule::Pattern,
        test: Test::Value(test),
        hit: 0.95,
        chance: 0.01,
        cap: 7.0,
        floor: 5.0,
        if_named: false,
    }
}

/// A form that other things have too: it supports a name, or speaks against it.
const fn plausible(what: &'static str, test: fn(&str) -> bool) -> Form {
    Form {
        what,
        rule: Rule::Pattern,
        test: Test::Value(test),
        hit: 0.9,
        chance: 0.4,
        cap: 1.5,
        floor: 4.0,
        if_named: true,
    }
}

/// A list that holds some of the values: to miss it says little.
const fn listed(what: &'static str, test: fn(&str) -> bool) -> Form {
    Form {
        what,
        rule: Rule::Lexicon,
        test: Test::Value(test),
        hit: 0.6,
        chance: 0.1,
        cap: 4.0,
        floor: 0.6,
        if_named: false,
    }
}

/// A look at all values together.
const fn spread(what: &'static str, test: fn(&Profile) -> usize) -> Form {
    Form {
        what,
        rule: Rule::Spread,
        test: Test::Column(test),
        hit: 0.9,
        chance: 0.1,
        cap: 4.0,
        floor: 0.5,
        if_named: false,
    }
}

/// A look inside long values: a column is decided as a whole, so one find among a thousand is enough.
const fn embedded(what: &'static str, test: fn(&str) -> bool, looks: fn(&Profile) -> bool) -> Form {
    Form {
        what,
        rule: Rule::Pattern,
        test: Test::Any(test, looks),
        hit: 1.0,
        chance: 0.0,
        cap: 7.0,
        floor: 0.0,
        if_named: false,
    }
}

/// A form so plain that a few values are enough, whatever the others are: a user name may be an e-mail address.
const fn scattered(what: &'static str, test: fn(&str) -> bool) -> Form {
    embedded(what, test, |_| true).cap(5.0)
}

impl Form {
    const fn if_named(self) -> Self {
        Self { if_named: true, ..self }
    }

    const fn hit(self, hit: f64) -> Self {
        Self { hit, ..self }
    }

    const fn chance(self, chance: f64) -> Self {
        Self { chance, ..self }
    }

    const fn cap(self, cap: f64) -> Self {
        Self { cap, ..self }
    }

    const fn floor(self, floor: f64) -> Self {
        Self { floor, ..self }
    }

    /// How many distinct values of `profile` fit.
    pub(super) fn matched(&self, profile: &Profile) -> usize {
        match self.test {
            Test::Value(test) => profile.values().filter(|v| test(v)).count(),
            Test::Column(test) => test(profile),
            Test::Any(test, looks) if looks(profile) => profile.values().filter(|v| test(v)).count(),
            Test::Any(..) => 0,
        }
    }

    /// Whether one value may stand as an example.
    pub(super) fn fits(&self, value: &str) -> bool {
        match self.test {
            Test::Value(test) | Test::Any(test, _) => test(value),
            Test::Column(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::vocab::Category;

    #[test]
    fn every_detector_is_named_once_and_proposes_a_category() {
        let mut seen = BTreeSet::new();
        for detector in all() {
            assert!(seen.insert(detector.infotype), "{} stands twice", detector.infotype);
            assert!(Category::parse(detector.infotype).is_ok(), "{} has no category", detector.infotype);
            assert!(
                detector.sure.iter().next().is_some() || !detector.forms.is_empty(),
                "{} cannot speak",
                detector.infotype
            );
        }
    }

    #[test]
    fn every_pattern_compiles() {
        for form in all().flat_map(|detector| detector.forms) {
            let _ = form.fits("x");
        }
        assert!(crate::tag::pattern::blood_type_with_rhesus("AB+"));
    }
}
