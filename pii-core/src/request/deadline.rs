use jiff::civil::{Date, Weekday};
use jiff::{Span, Timestamp};

use super::{Course, Error};
use crate::policy::Calendar;

/// By how much the month may grow (Art. 12(3)): the law knows no third one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extension {
    /// By one month.
    One,
    /// By two.
    Two,
}

impl Extension {
    /// From a number of months.
    pub fn of_months(months: u8) -> Option<Self> {
        match months {
            1 => Some(Self::One),
            2 => Some(Self::Two),
            _ => None,
        }
    }

    /// How many months.
    pub fn months(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

/// By when a request is to be answered (Art. 12(3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The last day. It ends with the day's last hour, in the controller's time zone.
    pub due: Date,
    /// The last day by law alone: the month, extended, and no promise.
    pub by_law: Date,
    /// What both would be had the clock not stood still.
    pub unsuspended: Date,
    /// The moment at which the day is over.
    pub ends: Timestamp,
}

impl Deadline {
    /// By when a request is to be answered: the earlier of the promise and one calendar month, counted from the day on
    /// which it arrived, which itself does not count; at the end of the day that has the same number, or of the month's
    /// last (Regulation 1182/71, Art. 3(1), (2)(c)). Extended: the months together, and no promise. `now` ends a wait
    /// that is open.
    ///
    /// # Errors
    /// [`Error::Time`] if that is beyond all calendars.
    pub fn of(course: &Course, calendar: &Calendar, now: Timestamp) -> Result<Self, Error> {
        let received = day(calendar, course.received);
        let month = after(received, Span::new().months(1 + course.extended.map_or(0, Extension::months)))?;
        let promise = match course.extended {
            Some(_) => month,
            None => after(received, Span::new().days(calendar.days))?.min(month),
        };
        let waited = if calendar.suspends { waited(course, calendar, month, now)? } else { 0 };
        let on = |day: Date, waited: i32| working(calendar, after(day, Span::new().days(waited))?);
        let due = on(promise, waited)?;
        Ok(Self { due, by_law: on(month, waited)?, unsuspended: on(promise, 0)?, ends: end_of(calendar, due)? })
    }

    /// The last day of a ground that keeps something (Art. 17(3)): then what was asked is due.
    ///
    /// # Errors
    /// [`Error::Time`].
    pub fn at_the_end_of(until: Date, calendar: &Calendar) -> Result<Self, Error> {
        Ok(Self { due: until, by_law: until, unsuspended: until, ends: end_of(calendar, until)? })
    }

    /// The last moment at which a request can be extended: the first month, whatever was promised (Art. 12(3)).
    ///
    /// # Errors
    /// [`Error::Time`].
    pub fn to_extend(course: &Course, calendar: &Calendar, now: Timestamp) -> Result<Self, Error> {
        let first = Self::of(&Course { extended: None, ..course.clone() }, calendar, now)?;
        Ok(Self { due: first.by_law, ends: end_of(calendar, first.by_law)?, ..first })
    }

    /// Whether it is over.
    pub fn is_past(&self, now: Timestamp) -> bool {
        now >= self.ends
    }

    /// Whole days that are left; 0 on the last one, negative once it is over.
    pub fn days_left(&self, calendar: &Calendar, now: Timestamp) -> i32 {
        day(calendar, now).until(self.due).map_or(0, |span| span.get_days())
    }
}

/// For how many days the clock stood still: from each question to its answer. A question that comes after the month is
/// over stops nothing.
fn waited(course: &Course, calendar: &Calendar, month: Date, now: Timestamp) -> Result<i32, Error> {
    let mut waited = 0;
    for (asked, answered) in &course.waits {
        let asked = day(calendar, *asked);
        if asked <= after(month, Span::new().days(waited))? {
            waited += asked.until(day(calendar, answered.unwrap_or(now))).map_or(0, |span| span.get_days().max(0));
        }
    }
    Ok(waited)
}

/// The day that it is there.
fn day(calendar: &Calendar, at: Timestamp) -> Date {
    at.to_zoned(calendar.zone.clone()).date()
}

/// The day itself, or the next working day.
fn working(calendar: &Calendar, mut day: Date) -> Result<Date, Error> {
    let free =
        |day: Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) || calendar.holidays.contains(&day);
    while calendar.rolls && free(day) {
        day = day.tomorrow().map_err(|_| Error::Time)?;
    }
    Ok(day)
}

fn end_of(calendar: &Calendar, day: Date) -> Result<Timestamp, Error> {
    let next = day.tomorrow().and_then(|next| next.to_zoned(calendar.zone.clone()));
    Ok(next.map_err(|_| Error::Time)?.timestamp())
}

fn after(day: Date, span: Span) -> Result<Date, Error> {
    day.checked_add(span).map_err(|_| Error::Time)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::*;

    /// As the law has it: no promise shorter than the month, no roll.
    fn law() -> Calendar {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        Calendar { zone, days: 999, ..Calendar::default() }
    }

    fn at(day: Date) -> Timestamp {
        day.at(15, 0, 0, 0).to_zoned(law().zone).unwrap().timestamp()
    }

    fn received(day: Date) -> Course {
        Course { received: at(day), ..Course::default() }
    }

    fn due(calendar: &Calendar, course: &Course) -> Date {
        Deadline::of(course, calendar, course.received).unwrap().due
    }

    #[test]
    fn a_month_ends_on_the_day_of_the_same_number_or_the_last_one() {
        for (from, to) in [
            (date(2026, 3, 5), date(2026, 4, 5)),
            (date(2026, 1, 31), date(2026, 2, 28)),
            (date(2028, 1, 31), date(2028, 2, 29)),
            (date(2028, 1, 30), date(2028, 2, 29)),
            (date(2026, 8, 31), date(2026, 9, 30)),
            (date(2026, 12, 31), date(2027, 1, 31)),
            (date(2026, 2, 28), date(2026, 3, 28)),
        ] {
            assert_eq!(due(&law(), &received(from)), to, "received on {from}");
        }
    }

    #[test]
    fn the_promise_counts_where_it_ends_before_the_month() {
        let promised = Calendar { days: 30, ..law() };
        assert_eq!(due(&promised, &received(date(2026, 3, 5))), date(2026, 4, 4));
        assert_eq!(due(&promised, &received(date(2026, 1, 31))), date(2026, 2, 28));
        assert_eq!(due(&promised, &received(date(2026, 4, 10))), date(2026, 5, 10));
    }

    #[test]
    fn extended_it_is_two_or_three_months_in_all_and_no_sixty_days() {
        let promised = Calendar { days: 30, ..law() };
        let extended = |by| Course { extended: Some(by), ..received(date(2026, 12, 31)) };
        assert_eq!(due(&promised, &extended(Extension::One)), date(2027, 2, 28));
        assert_eq!(due(&promised, &extended(Extension::Two)), date(2027, 3, 31));
    }

    #[test]
    fn a_free_day_rolls_on_only_where_the_policy_says_so() {
        let course = received(date(2026, 11, 25));
        assert_eq!(due(&law(), &course), date(2026, 12, 25));
        let holidays = [date(2026, 12, 25), date(2026, 12, 26)].into();
        let rolling = Calendar { rolls: true, holidays, ..law() };
        assert_eq!(due(&rolling, &course), date(2026, 12, 28));
        assert_eq!(due(&Calendar { rolls: true, ..law() }, &course), date(2026, 12, 25), "a Friday without holidays");
    }

    #[test]
    fn the_last_day_has_all_its_hours_there() {
        // On 28 March 2027, the clocks of Berlin go forward: the day has 23 hours.
        let calendar = law();
        let deadline = Deadline::of(&received(date(2027, 2, 28)), &calendar, at(date(2027, 3, 1))).unwrap();
        assert_eq!(deadline.due, date(2027, 3, 28));
        assert_eq!(deadline.ends, "2027-03-28T22:00:00Z".parse().unwrap());
        assert!(!deadline.is_past("2027-03-28T21:59:59Z".parse().unwrap()));
        assert!(deadline.is_past("2027-03-28T22:00:00Z".parse().unwrap()));
    }

    #[test]
    fn the_day_of_arrival_is_the_one_where_the_controller_is() {
        let seoul = Calendar { zone: TimeZone::get("Asia/Seoul").unwrap(), ..law() };
        let course = Course { received: "2026-03-04T15:30:00Z".parse().unwrap(), ..Course::default() };
        assert_eq!(due(&law(), &course), date(2026, 4, 4));
        assert_eq!(due(&seoul, &course), date(2026, 4, 5), "it was after midnight in Seoul");
    }

    #[test]
    fn the_clock_stands_still_only_where_the_policy_says_so_and_both_days_are_told() {
        let waits = vec![(at(date(2026, 3, 10)), Some(at(date(2026, 3, 16))))];
        let course = Course { waits, ..received(date(2026, 3, 5)) };
        assert_eq!(due(&law(), &course), date(2026, 4, 5));
        let patient = Calendar { suspends: true, ..law() };
        let deadline = Deadline::of(&course, &patient, at(date(2026, 3, 20))).unwrap();
        assert_eq!((deadline.due, deadline.unsuspended), (date(2026, 4, 11), date(2026, 4, 5)));
        let late = Course { waits: vec![(at(date(2026, 4, 7)), Some(at(date(2026, 5, 1))))], ..course.clone() };
        assert_eq!(
            Deadline::of(&late, &patient, at(date(2026, 5, 2))).unwrap().due,
            date(2026, 4, 5),
            "asked too late"
        );
        let open = Course { waits: vec![(at(date(2026, 3, 10)), None)], ..course };
        assert_eq!(Deadline::of(&open, &patient, at(date(2026, 3, 14))).unwrap().due, date(2026, 4, 9));
    }

    #[test]
    fn it_can_be_extended_until_the_first_month_is_over_even_past_the_promise() {
        let promised = Calendar { days: 14, ..law() };
        let course = received(date(2026, 3, 5));
        let until = Deadline::to_extend(&course, &promised, at(date(2026, 3, 30))).unwrap();
        assert_eq!(until.due, date(2026, 4, 5));
        assert!(!until.is_past(at(date(2026, 4, 5))));
        assert!(until.is_past(at(date(2026, 4, 6))));
    }

    #[test]
    fn days_left_count_down_to_the_last_day_and_below() {
        let calendar = law();
        let deadline = Deadline::of(&received(date(2026, 3, 5)), &calendar, at(date(2026, 3, 5))).unwrap();
        assert_eq!(deadline.days_left(&calendar, at(date(2026, 4, 3))), 2);
        assert_eq!(deadline.days_left(&calendar, at(date(2026, 4, 5))), 0);
        assert_eq!(deadline.days_left(&calendar, at(date(2026, 4, 7))), -2);
    }
}
