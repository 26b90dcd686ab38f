use jiff::Timestamp;
use serde::Deserialize;

use super::ask::{Ask, MOST_XML};
use super::{ObjectLocation, Objects};
use crate::store::Error;
use crate::wire::Answer;
use std::ops::Range;
use std::sync::atomic::Ordering;

/// Whether a bucket keeps what is overwritten and deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Versioning {
    /// It does not, and never did.
    Never,
    /// It does.
    Enabled,
    /// It did; what it kept is still there, and the version `null` is overwritten.
    Suspended,
}

/// A state of an object.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) bytes: u64,
    pub(crate) etag: String,
    pub(crate) version: Option<String>,
    pub(crate) lock: Option<Lock>,
    /// What stands beside the bytes, as header fields: its type, its own metadata, how it is encrypted.
    pub(crate) headers: Vec<(String, String)>,
}

/// What forbids that a version is removed (S3 Object Lock).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    /// A legal hold, until somebody lifts it.
    Hold,
    /// A retention, until then.
    Until(Timestamp),
}

impl Lock {
    fn of(answer: &Answer) -> Option<Self> {
        if answer.header("x-amz-object-lock-legal-hold").is_some_and(|hold| hold == "ON") {
            return Some(Self::Hold);
        }
        let until: Timestamp = answer.header("x-amz-object-lock-retain-until-date")?.parse().ok()?;
        (until > crate::clock::Clock::now(&crate::clock::SystemClock)).then_some(Self::Until(until))
    }
}

impl State {
    /// A header field.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Configuration {
    status: String,
}

impl Objects {
    /// Whether the bucket keeps versions.
    pub(crate) fn versioning(&self, location: &ObjectLocation) -> Result<Versioning, Error> {
        let ask = Ask { of_bucket: true, query: vec![("versioning", String::new())], ..Ask::of("GET", location) };
        let answer = self.say(&ask)?;
        let configuration: Configuration = xml(location, &answer)?;
        match configuration.status.as_str() {
            "" => Ok(Versioning::Never),
            "Enabled" => Ok(Versioning::Enabled),
            "Suspended" => Ok(Versioning::Suspended),
            other => {
                Err(Error::ObjectStore { place: location.to_string(), why: format!("its versioning is `{other}`") })
            }
        }
    }

    /// What the store knows of an object, or of one version of it.
    ///
    /// # Errors
    /// [`Error::NoObject`], [`Error::ObjectDenied`], [`Error::ObjectStore`].
    pub(crate) fn state(&self, location: &ObjectLocation, version: Option<&str>) -> Result<State, Error> {
        let answer = self.say(&Ask { query: of_version(version), ..Ask::of("HEAD", location) })?;
        let bytes = answer.header("content-length").and_then(|length| length.parse().ok());
        let etag = answer.header("etag").map(bare);
        let (Some(bytes), Some(etag)) = (bytes, etag) else {
            let why = "it says neither size nor ETag".to_owned();
            return Err(Error::ObjectStore { place: location.to_string(), why });
        };
        Ok(State {
            bytes,
            etag,
            version: answer.header("x-amz-version-id").map(str::to_owned),
            lock: Lock::of(&answer),
            headers: answer.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        })
    }

    /// Reads just these bytes of the state with this ETag.
    ///
    /// # Errors
    /// [`Error::ObjectChanged`] if it is another state by now; [`Error::NoObject`], [`Error::ObjectArchived`],
    /// [`Error::ObjectDenied`], [`Error::ObjectStore`].
    pub(crate) fn read(
        &self,
        location: &ObjectLocation,
        version: Option<&str>,
        etag: &str,
        range: Range<u64>,
    ) -> Result<Vec<u8>, Error> {
        let wanted = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        if wanted == 0 {
            return Ok(Vec::new());
        }
        let headers =
            vec![("range", format!("bytes={}-{}", range.start, range.end - 1)), ("if-match", format!("\"{etag}\""))];
        let most = wanted.max(MOST_XML + 1);
        let ask = Ask { query: of_version(version), headers, most, ..Ask::of("GET", location) };
        let answer = self.say(&ask)?;
        if answer.body.len() != wanted {
            let why = format!("{wanted} bytes were asked for, and {} came", answer.body.len());
            return Err(Error::ObjectStore { place: location.to_string(), why });
        }
        self.traffic.read.fetch_add(wanted as u64, Ordering::Relaxed);
        Ok(answer.body.to_vec())
    }

    /// Removes one version for good; without one, an object of a bucket that keeps none. What is gone is no error.
    ///
    /// # Errors
    /// [`Error::ObjectLocked`], [`Error::ObjectDenied`], [`Error::ObjectStore`].
    pub(crate) fn remove(&self, location: &ObjectLocation, version: Option<&str>) -> Result<(), Error> {
        match self.say(&Ask { query: of_version(version), ..Ask::of("DELETE", location) }) {
            Ok(_) | Err(Error::NoObject { .. }) => Ok(()),
            Err(denied @ Error::ObjectDenied { .. }) => {
                // A lock is told from a key that may not: by the version itself, if it may be asked.
                match self.state(location, version).ok().and_then(|state| state.lock) {
                    Some(lock) => Err(Error::ObjectLocked { location: location.to_string(), lock: lock.to_string() }),
                    None => Err(denied),
                }
            }
            Err(error) => Err(error),
        }
    }
}

impl std::fmt::Display for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Hold => f.write_str("under a legal hold"),
            Self::Until(until) => write!(f, "locked until {}", until.strftime("%Y-%m-%d")),
        }
    }
}

pub(super) fn of_version(version: Option<&str>) -> Vec<(&'static str, String)> {
    version.map(|version| ("versionId", version.to_owned())).into_iter().collect()
}

/// An ETag without its quotes.
pub(super) fn bare(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}

pub(super) fn xml<T: for<'de> Deserialize<'de>>(location: &ObjectLocation, answer: &Answer) -> Result<T, Error> {
    let wrong = |why: String| Error::ObjectStore { place: location.to_string(), why };
    let text = std::str::from_utf8(&answer.body).map_err(|_| wrong("it answers in no text".to_owned()))?;
    quick_xml::de::from_str(text).map_err(|error| wrong(format!("its answer cannot be understood: {error}")))
}
