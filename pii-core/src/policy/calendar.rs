use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use toml::de::DeValue;

use super::retention::period;
use super::table::{Table, Value};
use super::violation::Found;

/// How the controller counts the time that a request may take (Art. 12(3); Regulation 1182/71).
#[derive(Clone, Debug)]
pub struct Calendar {
    /// Where a day has its last hour (Regulation 1182/71, Art. 3(2)).
    pub zone: TimeZone,
    /// The controller's own promise, in days. The month of the law goes before it where that ends earlier.
    pub days: u16,
    /// Whether a last day that is free rolls on to the next working day (Regulation 1182/71, Art. 3(4)). It may.
    pub rolls: bool,
    /// Public holidays where the controller is.
    pub holidays: BTreeSet<Date>,
    /// Whether the clock stands still while the person was asked who they are, and has not answered (EDPB Guidelines
    /// 01/2022, no. 157).
    pub suspends: bool,
    /// After how long the controller's backups and snapshots have been overwritten.
    pub copies: Option<Span>,
}

impl Default for Calendar {
    /// 30 days, in UTC, and nothing that makes it longer.
    fn default() -> Self {
        Self { zone: TimeZone::UTC, days: 30, rolls: false, holidays: BTreeSet::new(), suspends: false, copies: None }
    }
}

impl Calendar {
    /// The last day on which backups still hold what was erased then, if the policy says so.
    pub fn copies_gone_by(&self, erased: Timestamp) -> Option<Date> {
        erased.to_zoned(self.zone.clone()).date().checked_add(self.copies?).ok()
    }

    pub(super) fn read(mut table: Table<'_>, found: &mut Found) -> Self {
        let default = Self::default();
        let days = table.get("days").and_then(|entry| days(&entry.value, found));
        let zone = table.text("time_zone", found).and_then(|zone| zone.read("unknown-time-zone", found, time_zone));
        let rolls = table.get("roll_to_working_day").and_then(|entry| entry.value.flag(found));
        let suspends = table.get("suspend_while_unproven").and_then(|entry| entry.value.flag(found));
        let holidays = table.get("holidays").map(|entry| holidays(&entry.value, found));
        let copies = table.text("backups_kept", found).and_then(|text| text.read("malformed-period", found, period));
        table.finish(found);
        Self {
            zone: zone.map_or(default.zone, |zone| zone.value),
            days: days.unwrap_or(default.days),
            rolls: rolls.unwrap_or(default.rolls),
            holidays: holidays.unwrap_or_default(),
            suspends: suspends.unwrap_or(default.suspends),
            copies: copies.map(|copies| copies.value),
        }
    }
}

fn days(value: &Value<'_>, found: &mut Found) -> Option<u16> {
    let number = value.number(found)?;
    let whole = (1..=31).find(|days| f64::from(*days) == number.value);
    if whole.is_none() {
        let mend = "write whole days, 31 at most: the law gives one month (Art. 12(3))";
        found.report("malformed-days", &number.at, "that is no number of days within a month", mend);
    }
    whole
}

fn time_zone(name: &str) -> Result<TimeZone, (String, String)> {
    TimeZone::get(name).map_err(|_| {
        (format!("`{name}` is no time zone"), "write one of the IANA database, such as `Europe/Berlin`".to_owned())
    })
}

/// Days in brackets, with or without quotes.
fn holidays(value: &Value<'_>, found: &mut Found) -> BTreeSet<Date> {
    let mut days = BTreeSet::new();
    for item in value.items(found) {
        let text = match item.toml {
            DeValue::Datetime(date) => Some(date.to_string()),
            DeValue::String(text) => Some(text.to_string()),
            _ => None,
        };
        let day = text.filter(|text| text.len() == "2026-12-25".len()).and_then(|text| text.parse::<Date>().ok());
        match day {
            Some(day) => _ = days.insert(day),
            None => found.report("malformed-date", &item.at, "that is not a day", "write it as `2026-12-25`"),
        }
    }
    days
}
