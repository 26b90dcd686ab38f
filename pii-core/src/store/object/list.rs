use std::collections::BTreeMap;

use serde::Deserialize;

use super::ask::Ask;
use super::versions::{bare, xml};
use super::{ObjectLocation, Objects, Versioning};
use crate::store::{Error, Format};

/// An object with all that its bucket keeps of it.
#[derive(Clone, Debug)]
pub(crate) struct StoredObject {
    pub(crate) location: ObjectLocation,
    pub(crate) versioning: Versioning,
    pub(crate) versions: Vec<StoredVersion>,
}

/// One version of an object, or a mark that it was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredVersion {
    /// Its id; none where the bucket never kept versions.
    pub(crate) id: Option<String>,
    pub(crate) etag: String,
    pub(crate) bytes: u64,
    /// Whether it is a delete marker.
    pub(crate) marker: bool,
    /// Whether it is what everybody sees.
    pub(crate) current: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Page {
    is_truncated: bool,
    next_continuation_token: String,
    contents: Vec<Entry>,
    next_key_marker: String,
    next_version_id_marker: String,
    version: Vec<Entry>,
    delete_marker: Vec<Entry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Entry {
    key: String,
    size: u64,
    #[serde(rename = "ETag")]
    etag: String,
    version_id: String,
    is_latest: bool,
}

impl Objects {
    /// The objects that a location stands for, in order: one, those of a folder, those that a pattern matches; and those
    /// that were passed over because their names tell no format. Where old versions are kept, objects are among them that
    /// were deleted.
    ///
    /// # Errors
    /// [`Error::NoObject`], [`Error::EmptyFolder`], [`Error::NoMatch`], [`Error::Pattern`]; [`Error::NoBucket`],
    /// [`Error::ObjectDenied`], [`Error::ObjectStore`].
    pub(crate) fn find(&self, source: &ObjectLocation) -> Result<(Vec<StoredObject>, Vec<String>), Error> {
        let versioning = self.versioning(source)?;
        let exact = self.list(source, source.key(), versioning)?;
        let key = source.key();
        if let Some(object) = exact.iter().find(|object| object.location.key() == key && !source.is_prefix()) {
            return Ok((vec![object.clone()], Vec::new()));
        }
        if key.contains(['*', '?', '[']) {
            return self.matching(source, versioning);
        }
        let folder = if source.is_prefix() { key.to_owned() } else { format!("{key}/") };
        let mut inside = exact;
        inside.retain(|object| object.location.key().starts_with(&folder));
        let (files, skipped) = sorted_out(inside, folder.len());
        match files.is_empty() {
            true if source.is_prefix() => Err(Error::EmptyFolder { folder: source.to_string() }),
            true => Err(Error::NoObject { location: source.to_string() }),
            false => Ok((files, skipped)),
        }
    }

    fn matching(
        &self,
        source: &ObjectLocation,
        versioning: Versioning,
    ) -> Result<(Vec<StoredObject>, Vec<String>), Error> {
        let text = source.key();
        let pattern =
            glob::Pattern::new(text).map_err(|error| Error::Pattern { pattern: source.to_string(), source: error })?;
        let options = glob::MatchOptions {
            require_literal_separator: true,
            require_literal_leading_dot: true,
            ..glob::MatchOptions::new()
        };
        let fixed = text.split(['*', '?', '[']).next().unwrap_or_default();
        let mut matched = self.list(source, fixed, versioning)?;
        // A folder that matches gives all that is in it.
        matched.retain(|object| {
            let key = object.location.key();
            let folders = key.match_indices('/').filter_map(|(at, _)| key.get(..at));
            pattern.matches_with(key, options) || folders.into_iter().any(|it| pattern.matches_with(it, options))
        });
        let (files, skipped) = sorted_out(matched, fixed.rfind('/').map_or(0, |at| at + 1));
        if files.is_empty() { Err(Error::NoMatch { pattern: source.to_string() }) } else { Ok((files, skipped)) }
    }

    /// All that is kept of the objects whose keys begin so.
    pub(crate) fn list(
        &self,
        bucket: &ObjectLocation,
        prefix: &str,
        versioning: Versioning,
    ) -> Result<Vec<StoredObject>, Error> {
        let mut found: BTreeMap<String, Vec<StoredVersion>> = BTreeMap::new();
        let mut next: Vec<(&'static str, String)> = Vec::new();
        let kept = versioning != Versioning::Never;
        loop {
            let mut query = vec![("prefix", prefix.to_owned()), ("encoding-type", "url".to_owned())];
            query.push(if kept { ("versions", String::new()) } else { ("list-type", "2".to_owned()) });
            query.append(&mut next);
            let page: Page = xml(bucket, &self.say(&Ask { of_bucket: true, query, ..Ask::of("GET", bucket) })?)?;
            let markers = page.delete_marker.into_iter().map(|entry| (entry, true));
            for (entry, marker) in page.contents.into_iter().chain(page.version).map(|e| (e, false)).chain(markers) {
                found.entry(unescaped(&entry.key)).or_default().push(StoredVersion {
                    id: kept.then_some(entry.version_id),
                    etag: bare(&entry.etag),
                    bytes: entry.size,
                    marker,
                    current: !kept || entry.is_latest,
                });
            }
            if !page.is_truncated {
                break;
            }
            if page.next_continuation_token.is_empty() && page.next_key_marker.is_empty() {
                let why = "its list goes on, and it does not say where".to_owned();
                return Err(Error::ObjectStore { place: bucket.to_string(), why });
            }
            next = if kept {
                let key = unescaped(&page.next_key_marker);
                vec![("key-marker", key), ("version-id-marker", page.next_version_id_marker)]
            } else {
                vec![("continuation-token", page.next_continuation_token)]
            };
            next.retain(|(_, value)| !value.is_empty());
        }
        let object = |(key, versions): (String, _)| StoredObject {
            location: ObjectLocation::listed(bucket.bucket(), &key),
            versioning,
            versions,
        };
        Ok(found.into_iter().map(object).collect())
    }
}

impl StoredObject {
    /// What everybody sees, unless it is deleted.
    pub(crate) fn current(&self) -> Option<&StoredVersion> {
        self.versions.iter().find(|version| version.current && !version.marker)
    }

    /// What is kept besides.
    pub(crate) fn others(&self) -> impl Iterator<Item = &StoredVersion> {
        self.versions.iter().filter(|version| !version.current || version.marker)
    }
}

/// Names that Spark, Delta and others give to what is not data are left out, behind the part that was asked for.
fn sorted_out(objects: Vec<StoredObject>, asked: usize) -> (Vec<StoredObject>, Vec<String>) {
    let (mut files, mut skipped) = (Vec::new(), Vec::new());
    for object in objects {
        let key = object.location.key();
        let hidden = key.get(asked..).unwrap_or_default().split('/').any(|part| part.starts_with(['.', '_']));
        if hidden || key.ends_with('/') {
            continue;
        }
        match Format::of_packed(std::path::Path::new(key)) {
            Some(_) => files.push(object),
            None => skipped.push(object.location.to_string()),
        }
    }
    (files, skipped)
}

/// As `encoding-type=url` gives it.
fn unescaped(text: &str) -> String {
    let pair = format!("={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).map(|(_, value)| value.into_owned()).next().unwrap_or_default()
}
