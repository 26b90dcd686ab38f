use std::io;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::super::{Error, Input, ObjectVersion};
use super::Address;
use crate::store::{ObjectLocation, Objects, StoredObject, StoredVersion, Versioning};

/// One state of an object, open for reading: by ranges, and somewhat ahead, for a request costs more than what it brings.
pub(in super::super) struct ObjectFile<'o> {
    pub(super) objects: &'o Objects,
    pub(super) location: ObjectLocation,
    address: Address,
    name: String,
    pub(super) version: Option<String>,
    pub(super) etag: String,
    bytes: u64,
    /// Whether it is what everybody sees.
    pub(super) current: bool,
    /// What a run before this one marked it with.
    mark: Option<String>,
    pub(super) versioning: Versioning,
    spans: Mutex<Vec<Span>>,
}

/// Bytes that were read.
struct Span {
    at: u64,
    bytes: Vec<u8>,
    /// How far ahead it is read next time.
    ahead: u64,
}

impl<'o> ObjectFile<'o> {
    /// A version that was listed.
    pub(super) fn listed(objects: &'o Objects, object: &StoredObject, version: &StoredVersion) -> Self {
        let mut name = object.location.to_string();
        if let Some(id) = version.id.as_ref().filter(|_| !version.current) {
            name.push_str(&format!(" (version {id})"));
        }
        Self {
            objects,
            address: Address::Object(object.location.clone()),
            location: object.location.clone(),
            name,
            version: version.id.clone(),
            etag: version.etag.clone(),
            bytes: version.bytes,
            current: version.current,
            mark: None,
            versioning: object.versioning,
            spans: Mutex::default(),
        }
    }

    /// What is there now: the current state, or that of a version.
    pub(super) fn open(objects: &'o Objects, at: &ObjectLocation, version: Option<&str>) -> Result<Self, Error> {
        let (state, versioning) = (objects.state(at, version)?, objects.versioning(at)?);
        let unnamed = || (versioning != Versioning::Never).then(|| "null".to_owned());
        Ok(Self {
            objects,
            address: Address::Object(at.clone()),
            location: at.clone(),
            name: at.to_string(),
            mark: state.mark().map(str::to_owned),
            version: state.version.filter(|_| versioning != Versioning::Never).or_else(unnamed),
            etag: state.etag,
            bytes: state.bytes,
            current: version.is_none(),
            versioning,
            spans: Mutex::default(),
        })
    }

    /// A small one that is not written yet.
    pub(super) fn unwritten(from: &ObjectFile<'o>, bytes: Vec<u8>) -> Self {
        Self {
            objects: from.objects,
            address: from.address.clone(),
            location: from.location.clone(),
            name: from.name.clone(),
            version: None,
            etag: String::new(),
            bytes: bytes.len() as u64,
            current: false,
            mark: None,
            versioning: from.versioning,
            spans: Mutex::new(vec![Span { at: 0, bytes, ahead: 0 }]),
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    pub(super) fn version(&self) -> ObjectVersion {
        ObjectVersion { bytes: self.bytes, etag: self.etag.clone(), id: self.version.clone() }
    }

    pub(super) fn mark(&self) -> Option<String> {
        self.mark.clone()
    }

    pub(super) fn lock(&self) -> Result<Option<String>, Error> {
        let state = self.objects.state(&self.location, self.version.as_deref())?;
        Ok(state.lock.map(|lock| lock.to_string()))
    }

    fn fetch(&self, range: Range<u64>) -> Result<Vec<u8>, Error> {
        Ok(self.objects.read(&self.location, self.version.as_deref(), &self.etag, range)?)
    }

    /// Makes sure that one span holds all of `range`, and gives it.
    fn cover<'s>(&self, spans: &'s mut Vec<Span>, range: &Range<u64>) -> Result<Option<&'s Span>, Error> {
        let end = |span: &Span| span.at + span.bytes.len() as u64;
        if let Some(at) = spans.iter().position(|span| span.at <= range.start && range.end <= end(span)) {
            let span = spans.remove(at);
            spans.push(span);
            return Ok(spans.last());
        }
        let span = match spans.iter().position(|span| span.at <= range.start && range.start <= end(span)) {
            // It goes on where it was read to: further, each time.
            Some(at) => {
                let mut span = spans.remove(at);
                let (old_end, ahead) = (end(&span), (span.ahead * 2).clamp(AHEAD, MOST_AHEAD));
                let more = self.fetch(old_end..range.end.max(old_end + ahead).min(self.bytes))?;
                span.bytes.drain(..(range.start - span.at) as usize);
                span.bytes.extend_from_slice(&more);
                Span { at: range.start, bytes: span.bytes, ahead }
            }
            None => {
                let mut start = range.start;
                if range.end == self.bytes {
                    start = start.min(self.bytes.saturating_sub(AHEAD));
                }
                let mut end = range.end.max(range.start + AHEAD).min(self.bytes);
                if self.bytes <= WHOLE {
                    (start, end) = (0, self.bytes);
                }
                Span { at: start, bytes: self.fetch(start..end)?, ahead: AHEAD }
            }
        };
        if spans.len() >= SPANS {
            spans.remove(0);
        }
        spans.push(span);
        Ok(spans.last())
    }
}

impl Input for ObjectFile<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn size(&self) -> Result<u64, Error> {
        Ok(self.bytes)
    }

    fn read(&self, range: Range<u64>, into: &mut Vec<u8>) -> Result<(), Error> {
        let ends = || Error::Read { file: self.name.clone(), source: io::ErrorKind::UnexpectedEof.into() };
        // A damaged file may speak of more bytes than there are: no memory for these.
        if range.end > self.bytes || range.start > range.end {
            return Err(ends());
        }
        into.clear();
        if range.is_empty() {
            return Ok(());
        }
        let mut spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        let span = self.cover(&mut spans, &range)?.ok_or_else(ends)?;
        let from = (range.start - span.at) as usize;
        let len = (range.end - range.start) as usize;
        into.extend_from_slice(span.bytes.get(from..from + len).ok_or_else(ends)?);
        Ok(())
    }
}

/// As much is read at once, at least: the time of one request brings about as much.
const AHEAD: u64 = 64 << 10;
const MOST_AHEAD: u64 = 4 << 20;
/// An object of this size is read in one request.
const WHOLE: u64 = 512 << 10;
/// The end of a file, and where two columns are read.
const SPANS: usize = 3;
