use std::io::Write;

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

/// What the log must know of an entry to continue after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) seq: u64,
    pub(super) time: Timestamp,
}

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

/// Reads the number and the time alone, which stand first.
pub(super) fn head(bytes: &[u8]) -> Result<Head, Unreadable> {
    version(bytes)?;
    let malformed = || Unreadable::Malformed("does not begin with its number and time".to_owned());
    let rest = bytes.strip_prefix(b"{\"v\":1,\"seq\":").ok_or_else(malformed)?;
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = rest.split_at_checked(digits).ok_or_else(malformed)?;
    let rest = rest.strip_prefix(b",\"time\":\"").ok_or_else(malformed)?;
    let (time, _) = rest.split_at_checked(TIME_BYTES).ok_or_else(malformed)?;
    let seq = std::str::from_utf8(digits).ok().and_then(|d| d.parse().ok()).ok_or_else(malformed)?;
    let time = read_time(std::str::from_utf8(time).map_err(|_| malformed())?)?;
    Ok(Head { seq, time })
}

fn version(bytes: &[u8]) -> Result<(), Unreadable> {
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

/// The bytes of [`time_text`].
const TIME_BYTES: usize = 30;

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

    fn full() -> Event {
        let mut event = Event::new(Action::Disclose, Actor::local("etl"))
            .with_purpose(PurposeId::parse("analytics").unwrap(), LawfulBasis::LegitimateInterests)
            .with_dataset(DatasetId::parse("crm.customers").unwrap())
            .with_recipient(RecipientId::parse("warehouse").unwrap())
            .with_categories([Category::parse("user.contact.email").unwrap()])
            .with_columns(["email"])
            .with_rows(3)
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
        assert_eq!(head(text.as_bytes()).unwrap(), Head { seq: 17, time: entry.time });
    }

    #[test]
    fn a_newer_entry_is_refused_not_misread() {
        let text = bytes(&full()).replace("{\"v\":1,", "{\"v\":2,");
        assert_eq!(Entry::decode(text.as_bytes()), Err(Unreadable::Newer(2)));
        assert_eq!(head(text.as_bytes()), Err(Unreadable::Newer(2)));
    }

    #[test]
    fn a_field_nobody_knows_is_refused() {
        let text = bytes(&full()).replace("\"rows\":", "\"lines\":");
        assert!(matches!(Entry::decode(text.as_bytes()), Err(Unreadable::Malformed(_))));
    }
}
