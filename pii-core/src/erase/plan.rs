use std::num::NonZeroU32;

use ring::digest::{SHA256, digest};
use ring::pbkdf2;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

use super::{Action, Address, Error, Hits, Values};
use crate::audit::Hash;

/// What an erasure would do: which files, how many rows of each. Made by [`super::Eraser::plan`], run as it is or not at all.
///
/// As JSON it holds no value of the list. Whoever has it can test a guess of the whole list, slowly: it is to be kept like
/// the files that it speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The version of this form: 1.
    pub v: u32,
    /// The subject column.
    pub column: String,
    /// What happens to the rows.
    pub action: Action,
    /// Of which list it was made.
    pub values: ListDigest,
    /// Files that were looked at, those without a hit too.
    pub looked_at: u64,
    /// Files with hits, in order.
    pub files: Vec<PlannedFile>,
    /// Files whose name tells no format: nobody looked at them.
    pub skipped: Vec<String>,
}

/// What an erasure would do in one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedFile {
    /// Where it is, links followed.
    pub file: Address,
    /// Its format: `parquet`.
    pub format: String,
    /// Which state of it was looked at; none of an object that was deleted, and of which old versions are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// How many rows it has.
    pub rows: u64,
    /// How many of them hold a value and are free to go.
    pub hits: u64,
    /// How many of them hold a value and are held.
    pub held: u64,
    /// Grounds of the holds on the file or on rows of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grounds: Vec<String>,
    /// What its bucket keeps besides, and what goes, too: all of it where rows go; else the versions that hold a value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub old: Vec<OldVersion>,
    /// The ids of versions that stay: no value was found in them, or what was found is held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stay: Vec<String>,
    /// The rows that go, as long as the process lives that found them.
    #[serde(skip)]
    pub(super) found: Option<Hits>,
}

/// A state of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "lowercase")]
pub enum Version {
    /// On this machine.
    File(FileVersion),
    /// In an object store.
    Object(ObjectVersion),
}

impl Version {
    /// By what it can be told from others: the SHA-256 in hexadecimal, or the ETag of an object.
    pub fn digest(&self) -> Option<String> {
        match self {
            Self::File(file) => file.sha256.clone(),
            Self::Object(object) => Some(object.etag.clone()),
        }
    }
}

/// A state of a file on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileVersion {
    /// Its size.
    pub bytes: u64,
    /// Device and inode.
    pub(super) inode: (u64, u64),
    /// Seconds and nanoseconds: when it was written, when anything about it changed.
    pub(super) written: (i64, i64, i64, i64),
    /// SHA-256 (FIPS 180-4), in hexadecimal, of a plan that another process may run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// A state of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectVersion {
    /// Its size.
    pub bytes: u64,
    /// Its ETag, without quotes.
    pub etag: String,
    /// Its id, where the bucket keeps versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// What a bucket keeps of an object besides what everybody sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OldVersion {
    /// Its id.
    pub id: String,
    /// Its size.
    pub bytes: u64,
    /// Whether it only marks that the object was deleted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub marker: bool,
    /// How many rows of it hold a value, if it was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hits: Option<u64>,
    /// What forbids that it goes: `locked until 2027-01-01`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
}

/// Tells a list of values from another without holding any: PBKDF2-HMAC-SHA-256 (RFC 8018) of the sorted list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListDigest {
    /// How many values.
    pub count: u64,
    /// 16 random bytes, in hexadecimal.
    pub salt: String,
    /// 32 bytes, in hexadecimal.
    pub digest: String,
}

impl Plan {
    /// Rows that go, or lose values.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.hits).sum()
    }

    /// Rows that are held.
    pub fn held(&self) -> u64 {
        self.files.iter().map(|file| file.held).sum()
    }

    /// Files that are rewritten.
    pub fn to_rewrite(&self) -> impl Iterator<Item = &PlannedFile> {
        self.files.iter().filter(|file| file.hits > 0)
    }

    /// The size of these.
    pub fn bytes(&self) -> u64 {
        self.to_rewrite().map(PlannedFile::bytes).sum()
    }

    /// Files of which something goes: rows, or old versions.
    pub fn to_change(&self) -> impl Iterator<Item = &PlannedFile> {
        self.files.iter().filter(|file| file.hits > 0 || !file.old.is_empty())
    }

    /// Old versions and delete markers that go.
    pub fn old_versions(&self) -> u64 {
        self.files.iter().map(|file| file.old.len() as u64).sum()
    }

    /// Those that something forbids to remove, with their files.
    pub fn locked(&self) -> impl Iterator<Item = (&PlannedFile, &OldVersion)> {
        let old = self.files.iter().flat_map(|file| file.old.iter().map(move |old| (file, old)));
        old.filter(|(_, old)| old.lock.is_some())
    }

    /// Whether nothing goes.
    pub fn is_empty(&self) -> bool {
        self.to_change().next().is_none()
    }

    /// Reads a plan that was written as JSON.
    ///
    /// # Errors
    /// [`Error::Plan`].
    pub fn from_json(json: &[u8], file: &str) -> Result<Self, Error> {
        let wrong = |why: String| Error::Plan { file: file.to_owned(), why };
        let plan: Self = serde_json::from_slice(json).map_err(|error| wrong(error.to_string()))?;
        if plan.v == 1 { Ok(plan) } else { Err(wrong(format!("its version is {}", plan.v))) }
    }

    /// The plan as JSON, in one line.
    ///
    /// # Errors
    /// [`Error::Plan`]: a path that is not UTF-8.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        let wrong = |error: serde_json::Error| Error::Plan { file: "the plan".to_owned(), why: error.to_string() };
        serde_json::to_vec(self).map_err(wrong)
    }

    /// SHA-256 of the JSON: what the log says was confirmed.
    ///
    /// # Errors
    /// As [`Plan::to_json`].
    pub fn digest(&self) -> Result<Hash, Error> {
        Ok(Hash::of(&self.to_json()?))
    }
}

impl PlannedFile {
    /// Its size.
    pub fn bytes(&self) -> u64 {
        self.version.as_ref().map_or(0, Version::bytes)
    }
}

impl Version {
    /// Its size.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::File(version) => version.bytes,
            Self::Object(version) => version.bytes,
        }
    }

    /// Whether it is told by its bytes, and not only by what the file system knows.
    pub(super) fn has_digest(&self) -> bool {
        matches!(self, Self::File(FileVersion { sha256: Some(_), .. }))
    }

    /// Whether it is that state, as far as the plan can tell.
    pub(super) fn is(&self, now: &Self) -> bool {
        match (self, now) {
            (Self::File(FileVersion { sha256: Some(planned), .. }), Self::File(now)) => {
                now.sha256.as_ref() == Some(planned)
            }
            _ => self == now,
        }
    }
}

impl ListDigest {
    /// Of a list, under a new salt.
    pub(super) fn new(values: &Values) -> Result<Self, Error> {
        let mut salt = [0; 16];
        SystemRandom::new().fill(&mut salt).map_err(|_| Error::Random)?;
        Ok(Self::salted(values, hex(&salt)))
    }

    /// Whether it is of this list, in whatever order.
    pub(super) fn is_of(&self, values: &Values) -> bool {
        *self == Self::salted(values, self.salt.clone())
    }

    fn salted(values: &Values, salt: String) -> Self {
        let mut sorted: Vec<_> = values.iter().collect();
        sorted.sort_unstable();
        let mut whole = zeroize::Zeroizing::new(Vec::new());
        for value in sorted {
            whole.extend_from_slice(digest(&SHA256, value.as_bytes()).as_ref());
        }
        let mut out = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, salt.as_bytes(), &whole, &mut out);
        Self { count: values.len() as u64, salt, digest: hex(&out) }
    }
}

fn is_false(marker: &bool) -> bool {
    !marker
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const ROUNDS: NonZeroU32 = match NonZeroU32::new(100_000) {
    Some(rounds) => rounds,
    None => NonZeroU32::MIN,
};
