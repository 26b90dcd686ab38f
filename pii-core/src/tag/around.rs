//! What the other columns say of the rows: a city is personal beside a name.

use super::Finding;
use super::detector::{Detector, all};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    /// One of them is about a person.
    pub(super) people: bool,
    /// One of them reaches or numbers a person: contact data, a birthday, a state's number. The rows are persons,
    /// then, and do not just mention one, as songs mention a composer.
    persons: bool,
    /// One of them is a person's key.
    pub(super) keyed: bool,
    /// There are some, and none is about a person.
    things: bool,
}

impl Around {
    pub(super) fn of<'a>(others: impl Iterator<Item = &'a Finding> + Clone, columns: usize) -> Self {
        let any = |test: fn(&Finding) -> bool| others.clone().any(test);
        let people = any(|f| all().any(|d| d.identifies && d.infotype == f.detector));
        Self {
            people,
            persons: any(|f| REACHING.iter().any(|wide| f.category.name().starts_with(wide))),
            keyed: any(|f| f.detector == "USER_ID"),
            things: !people && columns > 2,
        }
    }

    /// What this adds to a detector's odds, given how surely the name speaks and what the values say.
    pub(super) fn weight(self, detector: &Detector, sure: bool, says: f64) -> f64 {
        // A hint needs more than a person nearby: values that agree, or rows that are persons.
        let enough = if sure { self.people } else { (self.people && says > 0.0) || (self.persons && says >= 0.0) };
        match (detector.contextual || !sure, enough) {
            (true, true) => AMONG_PEOPLE,
            (true, false) if self.things => -AMONG_THINGS,
            _ => 0.0,
        }
    }
}

/// Categories whose data reach or number a person.
const REACHING: &[&str] = &["user.contact.", "user.government_id", "user.demographic.date_of_birth"];
/// What rows about people add to a name that depends on it, in nats.
pub(super) const AMONG_PEOPLE: f64 = 1.0;
/// What rows about anything else take away.
const AMONG_THINGS: f64 = 2.6;
