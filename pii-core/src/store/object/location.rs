use std::fmt;
use std::str::FromStr;

use super::super::Error;

/// An object on S3, `s3://bucket/key`; or, with a `/` at its end, all whose keys begin so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectLocation {
    bucket: String,
    key: String,
}

impl ObjectLocation {
    /// Reads a location. A bucket is named as the S3 User Guide says: 3 to 63 of `a-z`, `0-9`, `.` and `-`.
    ///
    /// # Errors
    /// [`Error::MalformedLocation`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |why: &'static str| Error::MalformedLocation { location: text.to_owned(), why };
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| wrong("it does not begin with `s3://`"))?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(plain) {
            return Err(wrong("a bucket has 3 to 63 small letters, digits, `.` and `-`"));
        }
        if key.is_empty() && !rest.ends_with('/') {
            return Err(wrong("it names no object: write `s3://bucket/key`, or `s3://bucket/folder/`"));
        }
        if !is_plain(key) {
            return Err(wrong("its key has an empty part, a `.` or a `..`, or a control character"));
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// Whether `text` speaks of an object at all.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(SCHEME)
    }

    /// An object that a store lists. Its key may be one that nobody would write.
    pub(crate) fn listed(bucket: &str, key: &str) -> Self {
        Self { bucket: bucket.to_owned(), key: key.to_owned() }
    }

    /// The bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The key; empty for the whole bucket.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether it stands for all keys that begin so, and not for one object.
    pub fn is_prefix(&self) -> bool {
        self.key.is_empty() || self.key.ends_with('/')
    }

    /// The object called `name` under this prefix.
    ///
    /// # Errors
    /// [`Error::MalformedLocation`].
    pub fn join(&self, name: &str) -> Result<Self, Error> {
        Self::parse(&format!("{self}{name}"))
    }
}

impl FromStr for ObjectLocation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for ObjectLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.bucket, self.key)
    }
}

/// No empty part but the last, no `.` and no `..`, no control character.
fn is_plain(key: &str) -> bool {
    let parts = key.strip_suffix('/').unwrap_or(key);
    key.is_empty()
        || parts.split('/').all(|part| !matches!(part, "" | "." | "..")) && !key.chars().any(char::is_control)
}

const SCHEME: &str = "s3://";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_reads_back() {
        let object = ObjectLocation::parse("s3://acme-anchors/prod/newest").unwrap();
        assert_eq!((object.bucket(), object.is_prefix()), ("acme-anchors", false));
        assert_eq!(object.to_string(), "s3://acme-anchors/prod/newest");
        let folder = ObjectLocation::parse("s3://acme-anchors/prod/").unwrap();
        assert!(folder.is_prefix());
        assert_eq!(folder.join("17.checkpoint").unwrap().to_string(), "s3://acme-anchors/prod/17.checkpoint");
        let bucket = ObjectLocation::parse("s3://acme-anchors/").unwrap();
        assert_eq!(bucket.join("a").unwrap().to_string(), "s3://acme-anchors/a");
    }

    #[test]
    fn what_names_no_object_is_refused() {
        for wrong in ["s3://", "s3://acme-anchors", "s3://Acme/a", "s3://a/b", "s3://acme/a//b", "s3://acme/../b"] {
            assert!(matches!(ObjectLocation::parse(wrong), Err(Error::MalformedLocation { .. })), "{wrong}");
        }
    }
}
