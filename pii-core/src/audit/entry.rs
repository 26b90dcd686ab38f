use std::fmt;
use std::io::Write;
use std::ops::Range;

use jiff::Timestamp;
use serde::Deserialize;

use super::Event;

/// The newest version of an entry that this program writes and reads.
pub(super) const VERSION: u32 = 1;

/// The most bytes an entry may have: it then fits a C2SP `tlog-tiles` entry bundle.
pub(super) const MAX_BYTES: usize = 65_535;

/// One entry of the log: an [`Event`], and what the log itself attests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 0.
    pub seq: u64,
    /// When it was written, in UTC; never before the entry before it.
    pub time: Timestamp,
    /// On which host.
    pub host: String,
    /// What happened.
    pub event: Event,
}

/// Why bytes are not an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    Newer(u32),
    Malformed(String),
}

/// What stands first in an entry, read without the rest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    pub(super) seq: u64,
    pub(super) time: TimeText,
    rest: &'a [u8],
}

/// A time as it stands in an entry: 30 bytes of ASCII. Of two that are well formed, the later one is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TimeText([u8; TIME_BYTES]);

impl Entry {
    /// Reads the bytes of an entry.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        version(bytes)?;
        let Stored { v: _, seq, time, host, event } =
            serde_json::from_slice(bytes).map_err(|error| Unreadable::Malformed(error.to_string()))?;
        Ok(Self { seq, time: read_time(&time)?, host, event })
    }
}

/// Writes the bytes of an entry. `time` is from [`time_text`]; `host` and `event` are JSON already.
pub(super) fn encode(seq: u64, time: &str, host: &str, event: &[u8], out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = write!(out, r#"{{"v":{VERSION},"seq":{seq}"#);
    for part in [",\"time\":\"", time, "\",\"host\":", host, ",\"event\":"] {
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(event);
    out.push(b'}');
}

/// `2026-11-21T02:30:00.000000000Z`
pub(super) fn time_text(time: Timestamp) -> String {
    format!("{time:.9}")
}

impl<'a> Head<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        let malformed = || Unreadable::Malformed("does not begin with its number and time".to_owned());
        let other = || version(bytes).err().unwrap_or_else(malformed);
        let rest = bytes.strip_prefix(b"{\"v\":1,\"seq\":").ok_or_else(other)?;
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = rest.split_at_checked(digits).ok_or_else(malformed)?;
        let seq = std::str::from_utf8(digits).ok().and_then(|d| d.parse().ok()).ok_or_else(malformed)?;
        let rest = rest.strip_prefix(b",\"time\":\"").ok_or_else(malformed)?;
        let (time, rest) = rest.split_first_chunk().ok_or_else(malformed)?;
        Ok(Self { seq, time: TimeText(*time), rest })
    }

    /// Whether its action is one of those that begin with `log_`.
    pub(super) fn is_about_the_log(&self) -> bool {
        self.action().is_some_and(|action| action.starts_with("log_"))
    }

    /// The name of the action, which stands behind that of the host.
    pub(super) fn action(&self) -> Option<&'a str> {
        std::str::from_utf8(self.rest.get(self.action_at()?)?).ok()
    }

    /// All between the time and the end of the action: mostly the same from one entry to the next.
    pub(super) fn lead(&self) -> Option<&'a [u8]> {
        self.rest.get(..=self.action_at()?.end)
    }

    /// Whether [`Self::lead`] is `lead`.
    pub(super) fn leads_with(&self, lead: &[u8]) -> bool {
        self.rest.starts_with(lead)
    }

    fn action_at(&self) -> Option<Range<usize>> {
        const HOST: &[u8] = b"\",\"host\":\"";
        const ACTION: &[u8] = b"\",\"event\":{\"action\":\"";
        let host = self.rest.strip_prefix(HOST)?;
        let mut escaped = false;
        let end = host.iter().position(|byte| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        })?;
        let action = host.get(end..)?.strip_prefix(ACTION)?;
        let start = HOST.len() + end + ACTION.len();
        action.iter().position(|byte| *byte == b'"').map(|length| start..start + length)
    }
}

impl fmt::Display for TimeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl TimeText {
    pub(super) fn timestamp(&self) -> Result<Timestamp, Unreadable> {
        read_time(std::str::from_utf8(&self.0).map_err(|error| Unreadable::Malformed(error.to_string()))?)
    }

    /// Whether it is a time if `other` is one: within the same second, and well formed after it.
    pub(super) fn is_just_like(&self, other: &Self) -> bool {
        match (self.0.split_first_chunk::<SECOND_BYTES>(), other.0.first_chunk::<SECOND_BYTES>()) {
            (Some((second, [decimals @ .., b'Z'])), Some(other)) => {
                second == other && decimals.iter().all(u8::is_ascii_digit)
            }
            _ => false,
        }
    }
}

/// Whether this program knows the version.
pub(super) fn version(bytes: &[u8]) -> Result<(), Unreadable> {
    let malformed = || Unreadable::Malformed("does not begin with `{\"v\":`".to_owned());
    let rest = bytes.strip_prefix(b"{\"v\":").ok_or_else(malformed)?;
    let mut found = 0u32;
    for digit in rest.iter().take_while(|b| b.is_ascii_digit()) {
        found = found.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
    }
    match found {
        VERSION => Ok(()),
        0 => Err(malformed()),
        newer => Err(Unreadable::Newer(newer)),
    }
}

fn read_time(text: &str) -> Result<Timestamp, Unreadable> {
    let time: Option<Timestamp> = text.parse().ok();
    time.filter(|_| text.len() == TIME_BYTES && text.ends_with('Z'))
        .ok_or_else(|| Unreadable::Malformed(format!("`{text}` is not a time in UTC with nanoseconds")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[allow(dead_code, reason = "read by `version`, before the rest is looked at")]
    v: u32,
    seq: u64,
    time: String,
    host: String,
    event: Event,
}

/// The bytes of [`time_text`], and of it up to the decimals of a second.
const TIME_BYTES: usize = 30;
const SECOND_BYTES: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Action;
    use crate::audit::Alias;
    use crate::audit::Hash;
    use crate::vocab::Actor;
    use crate::vocab::Category;
    use crate::vocab::DatasetId;
    use crate::vocab::LawfulBasis;
    use crate::vocab::PurposeId;
    use crate::vocab::RecipientId;
    use crate::vocab::RestrictedUse;

    fn full() -> Event {
        let mut event = Event::new(Action::Disclose, Actor::local("etl"))
            .with_purpose(PurposeId::parse("analytics").unwrap(), LawfulBasis::LegitimateInterests)
            .with_dataset(DatasetId::parse("crm.customers").unwrap())
            .with_recipient(RecipientId::parse("warehouse").unwrap())
            .with_categories([Category::parse("user.contact.email").unwrap()])
            .with_columns(["email"])
            .with_rows(3)
            .with_dropped(2, 1)
            .with_policy(Hash::of(b"policy"))
            .with_content(Hash::of(b"content"))
            .with_request("R-2026-0007")
            .with_ticket("OPS-1")
            .with_subjects([Alias::from_bytes([7; 16])])
            .with_subjects_root(Hash::of(b"root"), 12)
            .denied("no \"grant\"");
        event.role = Some("steward".to_owned());
        event.grant = Some("G-1".to_owned());
        event.detail = Some(Hash::of(b"detail"));
        event.peer = Some("vault.example:8200".to_owned());
        event.despite_restriction = Some(RestrictedUse::LegalClaims);
        event
    }

    fn bytes(event: &Event) -> String {
        let time = time_text("2026-11-21T02:30:00.5Z".parse().unwrap());
        let mut out = Vec::new();
        encode(17, &time, "\"db-1\"", &serde_json::to_vec(event).unwrap(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_smallest_entry_is_these_bytes() {
        assert_eq!(
            bytes(&Event::new(Action::Init, Actor::local("anna"))),
            r#"{"v":1,"seq":17,"time":"2026-11-21T02:30:00.500000000Z","host":"db-1","event":{"action":"init","actor":{"id":"anna","issuer":"local"},"decision":"allowed"}}"#
        );
    }

    #[test]
    fn every_field_reads_back() {
        let event = full();
        let text = bytes(&event);
        let entry = Entry::decode(text.as_bytes()).unwrap();
        assert_eq!((entry.seq, entry.host.as_str()), (17, "db-1"));
        assert_eq!(entry.event, event);
        let head = Head::read(text.as_bytes()).unwrap();
        assert_eq!((head.seq, head.time.timestamp().unwrap()), (17, entry.time));
    }

    #[test]
    fn a_newer_entry_is_refused_not_misread() {
        let text = bytes(&full()).replace("{\"v\":1,", "{\"v\":2,");
        assert_eq!(Entry::decode(text.as_bytes()), Err(Unreadable::Newer(2)));
        assert_eq!(Head::read(text.as_bytes()).unwrap_err(), Unreadable::Newer(2));
    }

    #[test]
    fn a_field_nobody_knows_is_refused() {
        let text = bytes(&full()).replace("\"rows\":", "\"lines\":");
        assert!(matches!(Entry::decode(text.as_bytes()), Err(Unreadable::Malformed(_))));
    }

    #[test]
    fn an_action_is_found_behind_a_host_that_imitates_it() {
        let about = |event: &Event| Head::read(bytes(event).as_bytes()).unwrap().is_about_the_log();
        assert!(about(&Event::new(Action::LogKey, Actor::local("anna"))));
        assert!(!about(&Event::new(Action::Read, Actor::local("anna"))));
        let mut out = Vec::new();
        let host = serde_json::to_string("a\\\",\"event\":{\"action\":\"log_key").unwrap();
        let event = serde_json::to_vec(&full()).unwrap();
        encode(0, &time_text(Timestamp::UNIX_EPOCH), &host, &event, &mut out);
        assert_eq!(Head::read(&out).unwrap().action(), Some("disclose"));
    }

    #[test]
    fn a_time_within_a_second_needs_no_second_look() {
        let text = |time: &str| TimeText(*time.as_bytes().first_chunk().unwrap());
        let (one, two) = (text("2026-11-21T02:30:00.500000000Z"), text("2026-11-21T02:30:00.500000001Z"));
        assert!(two.is_just_like(&one) && one < two);
        assert!(!text("2026-11-21T02:30:01.500000000Z").is_just_like(&one));
        assert!(!text("2026-11-21T02:30:00.50000000xZ").is_just_like(&one));
        assert!(text("2026-13-21T02:30:01.500000000Z").timestamp().is_err());
    }
}
