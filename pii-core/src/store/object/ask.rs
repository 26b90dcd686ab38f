use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use ring::rand::{SecureRandom, SystemRandom};

use super::refuse::{Refusal, refused};
use super::{ObjectLocation, Objects};
use crate::clock::{Clock, SystemClock};
use crate::store::Error;
use crate::wire;
use crate::wire::sigv4::{self, Request};
use crate::wire::{Answer, Question, host_of};

/// One request.
pub(crate) struct Ask<'a> {
    pub(crate) method: &'static str,
    pub(crate) location: &'a ObjectLocation,
    /// Whether the whole bucket is meant, and not an object.
    pub(crate) of_bucket: bool,
    pub(crate) query: Vec<(&'static str, String)>,
    /// Names in small letters.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// Headers that are taken over from another object.
    pub(crate) kept: &'a [(String, String)],
    pub(crate) body: Bytes,
    /// The most bytes the answer may have.
    pub(crate) most: usize,
}

impl<'a> Ask<'a> {
    pub(crate) fn of(method: &'static str, location: &'a ObjectLocation) -> Self {
        let (query, headers, body) = (Vec::new(), Vec::new(), Bytes::new());
        Self { method, location, of_bucket: false, query, headers, kept: &[], body, most: MOST_XML }
    }
}

/// What a store was asked, in figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests, those that were repeated too.
    pub requests: u64,
    /// Bytes of objects that were read.
    pub read: u64,
    /// Bytes of objects that were sent.
    pub sent: u64,
    /// Bytes that the store copied by itself.
    pub copied: u64,
}

impl Traffic {
    /// What was asked since `before`.
    #[must_use]
    pub fn since(&self, before: &Traffic) -> Traffic {
        Traffic {
            requests: self.requests - before.requests,
            read: self.read - before.read,
            sent: self.sent - before.sent,
            copied: self.copied - before.copied,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Counter {
    requests: AtomicU64,
    pub(super) read: AtomicU64,
    pub(super) sent: AtomicU64,
    pub(super) copied: AtomicU64,
}

impl Counter {
    pub(super) fn so_far(&self) -> Traffic {
        let figure = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Traffic {
            requests: figure(&self.requests),
            read: figure(&self.read),
            sent: figure(&self.sent),
            copied: figure(&self.copied),
        }
    }
}

impl Objects {
    /// Asks, and asks again where the store is busy or the connection breaks, after a pause that grows and is never the same.
    pub(crate) fn say(&self, ask: &Ask<'_>) -> Result<Answer, Error> {
        self.insist(ask, &mut false)
    }

    /// The same, and whether a request before the last may have been done, although nobody heard so.
    pub(super) fn insist(&self, ask: &Ask<'_>, unheard: &mut bool) -> Result<Answer, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            let refusal = match self.once(ask) {
                Ok(answer) => match Refusal::of(answer, ask) {
                    Ok(answer) => return Ok(answer),
                    Err(refusal) => refusal,
                },
                Err(error) => {
                    let again = match error {
                        wire::Error::Silent { .. } | wire::Error::Broken { .. } => TRIES,
                        wire::Error::Refused { .. } => 3,
                        _ => 0,
                    };
                    if tries >= again {
                        return Err(self.unreachable(ask, error));
                    }
                    *unheard |= !matches!(error, wire::Error::Refused { .. });
                    pause(tries);
                    continue;
                }
            };
            if !refusal.passes() || tries >= TRIES {
                return Err(refused(ask, self.region(), refusal));
            }
            *unheard |= refusal.status >= 500 || refusal.status == 200;
            pause(tries);
        }
    }

    fn once(&self, ask: &Ask<'_>) -> Result<Answer, wire::Error> {
        let mut path = format!("{}/{}", self.endpoint.path().trim_end_matches('/'), ask.location.bucket());
        if !ask.of_bucket {
            path.push('/');
            path.push_str(&escaped(ask.location.key(), true));
        }
        let mut query: Vec<_> = ask.query.iter().map(|(name, value)| (*name, escaped(value, false))).collect();
        query.sort_unstable();
        let query = query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let mut url = self.endpoint.clone();
        url.set_path(&path);
        url.set_query((!query.is_empty()).then_some(&query));
        // What would be asked is not what is meant: `.` and `..` lead elsewhere.
        if url.path() != path {
            return Err(wire::Error::Unusable("its key cannot be written in a URL".to_owned()));
        }
        let payload = sigv4::sha256(&ask.body);
        let mut headers: Vec<(&str, &str)> = vec![("x-amz-content-sha256", &payload)];
        headers.extend(ask.headers.iter().map(|(name, value)| (*name, value.as_str())));
        headers.extend(ask.kept.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let host = host_of(&url);
        let request = Request {
            method: ask.method,
            host: &host,
            path: &path,
            query: &query,
            region: self.region(),
            service: "s3",
            headers: &headers,
            payload: &payload,
        };
        let signed = sigv4::sign(&request, &self.credentials, SystemClock.now());
        headers.extend(signed.iter().map(|(name, value)| (*name, value.as_str())));
        self.traffic.requests.fetch_add(1, Ordering::Relaxed);
        let weight = ask.body.len().max(if ask.most > MOST_XML { ask.most } else { 0 }) as u64;
        let works_long = ask.method == "POST" || ask.headers.iter().any(|(name, _)| *name == "x-amz-copy-source");
        let slowly = Duration::from_secs(weight / SLOW + if works_long { LONG } else { 0 });
        let timeout = self.settings.wire.timeout + slowly;
        let (method, body, most) = (ask.method, ask.body.clone(), ask.most.max(MOST_XML));
        self.http.ask(Question { method, url: &url, headers: &headers, body, most, timeout })
    }

    fn unreachable(&self, ask: &Ask<'_>, error: wire::Error) -> Error {
        match error {
            error @ (wire::Error::PlainText { .. } | wire::Error::Authorities { .. }) => Error::Wire(error),
            error => Error::ObjectStore { place: ask.location.to_string(), why: error.to_string() },
        }
    }
}

/// As Signature Version 4 wants it: all but letters, digits and `-._~`.
pub(super) fn escaped(text: &str, path: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b'/' if path => out.push('/'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn pause(tries: u32) {
    let longest = FIRST_PAUSE.saturating_mul(1 << tries.min(6)).min(LONGEST_PAUSE);
    let mut random = [128];
    let _ = SystemRandom::new().fill(&mut random);
    // Between a half and the whole: those who were turned away together do not come back together.
    let share = 0.5 + f64::from(random[0]) / 510.0;
    std::thread::sleep(longest.mul_f64(share));
}

const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// A listing of a thousand keys is shorter.
pub(super) const MOST_XML: usize = 8 << 20;
/// A connection that brings fewer bytes a second is not waited for.
const SLOW: u64 = 128 << 10;
/// Seconds that a store may work on large copies.
const LONG: u64 = 600;
