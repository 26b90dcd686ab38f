use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::store::ObjectLocation;

/// Where a file is: a path of this machine without links in it, or `s3://bucket/key`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// On this machine.
    Path(PathBuf),
    /// In an object store.
    Object(ObjectLocation),
}

impl Address {
    /// The name by which its format is told.
    pub(in super::super) fn as_name(&self) -> &Path {
        match self {
            Self::Path(path) => path,
            Self::Object(location) => Path::new(location.key()),
        }
    }

    /// Whether it is this one, or in it: a file, a folder, a prefix.
    pub(in super::super) fn is_in(&self, path: &Path) -> bool {
        match self {
            Self::Path(file) => path.canonicalize().is_ok_and(|path| file.starts_with(path)),
            Self::Object(location) => path.to_str().is_some_and(|prefix| {
                let rest = location.to_string().strip_prefix(prefix).map(str::to_owned);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || prefix.ends_with('/'))
            }),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Object(location) => location.fmt(f),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Path(path) => path.serialize(serializer),
            Self::Object(location) => serializer.collect_str(location),
        }
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // A path without links begins at the root.
        Ok(match text.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) {
            Some((bucket, key)) => Self::Object(ObjectLocation::listed(bucket, key)),
            None => Self::Path(text.into()),
        })
    }
}
