use std::ops::Range;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use serde::Deserialize;

use super::ask::{Ask, escaped};
use super::versions::{State, bare, xml};
use super::{ObjectLocation, Objects};
use crate::store::Error;
use crate::wire::Answer;

/// What an object takes over from the one in whose place it comes, as header fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept(Vec<(String, String)>);

impl Kept {
    /// Its type, its own metadata, its tags, its storage class, how it is encrypted. Not who may read it.
    pub(crate) fn of(objects: &Objects, location: &ObjectLocation, state: &State) -> Result<Self, Error> {
        let taken = |name: &str| KEPT.contains(&name) || name.starts_with("x-amz-meta-");
        let mut kept: Vec<_> = state.headers.iter().filter(|(name, _)| taken(name) && name != MARK).cloned().collect();
        if state.header("x-amz-tagging-count").is_some_and(|count| count != "0") {
            kept.push(("x-amz-tagging".to_owned(), objects.tags(location, state)?));
        }
        Ok(Self(kept))
    }

    /// With a mark by which a later run knows the object again.
    #[must_use]
    pub(crate) fn marked(mut self, mark: &str) -> Self {
        self.0.push((MARK.to_owned(), mark.to_owned()));
        self
    }
}

impl State {
    /// The mark that [`Kept::marked`] gave it.
    pub(crate) fn mark(&self) -> Option<&str> {
        self.header(MARK)
    }
}

/// An upload in parts. Nobody sees it before it is complete.
#[derive(Debug)]
pub(crate) struct Upload {
    location: ObjectLocation,
    id: String,
    parts: Vec<String>,
}

/// An object that was written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) etag: String,
    pub(crate) version: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Reply {
    upload_id: String,
    #[serde(rename = "ETag")]
    etag: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Tagging {
    tag_set: TagSet,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TagSet {
    tag: Vec<Tag>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Tag {
    key: String,
    value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Uploads {
    upload: Vec<Unfinished>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Unfinished {
    key: String,
    upload_id: String,
}

impl Objects {
    fn tags(&self, location: &ObjectLocation, state: &State) -> Result<String, Error> {
        let mut query = super::versions::of_version(state.version.as_deref());
        query.push(("tagging", String::new()));
        let tagging: Tagging = xml(location, &self.say(&Ask { query, ..Ask::of("GET", location) })?)?;
        let pair = |tag: &Tag| format!("{}={}", escaped(&tag.key, false), escaped(&tag.value, false));
        Ok(tagging.tag_set.tag.iter().map(pair).collect::<Vec<_>>().join("&"))
    }

    /// Writes a whole object in one request, in the place of the state with this ETag.
    ///
    /// # Errors
    /// [`Error::ObjectChanged`], [`Error::ObjectDenied`], [`Error::ObjectStore`].
    pub(crate) fn replace(
        &self,
        location: &ObjectLocation,
        kept: &Kept,
        bytes: Bytes,
        planned: &str,
    ) -> Result<Written, Error> {
        let sent = bytes.len() as u64;
        let headers = vec![("if-match", format!("\"{planned}\""))];
        let ask = Ask { headers, kept: &kept.0, body: bytes, ..Ask::of("PUT", location) };
        let answer = self.conclude(&ask, kept)?;
        self.traffic.sent.fetch_add(sent, Ordering::Relaxed);
        Ok(answer)
    }

    /// Begins an upload in parts.
    pub(crate) fn begin(&self, location: &ObjectLocation, kept: &Kept) -> Result<Upload, Error> {
        let ask = Ask { query: vec![("uploads", String::new())], kept: &kept.0, ..Ask::of("POST", location) };
        let reply: Reply = xml(location, &self.say(&ask)?)?;
        Ok(Upload { location: location.clone(), id: reply.upload_id, parts: Vec::new() })
    }

    /// Adds new bytes: at least 5 MiB, but in the last part.
    pub(crate) fn send_part(&self, upload: &mut Upload, bytes: Bytes) -> Result<(), Error> {
        let sent = bytes.len() as u64;
        let location = upload.location.clone();
        let answer = self.say(&Ask { query: upload.next(), body: bytes, ..Ask::of("PUT", &location) })?;
        self.traffic.sent.fetch_add(sent, Ordering::Relaxed);
        let etag = answer.header("etag").map(bare);
        upload.add(etag)
    }

    /// Adds bytes that the store has: of this state of an object. At least 5 MiB, but in the last part; at most 5 GiB.
    pub(crate) fn copy_part(
        &self,
        upload: &mut Upload,
        from: &ObjectLocation,
        state: (&str, Option<&str>),
        range: Range<u64>,
    ) -> Result<(), Error> {
        let (etag, version) = state;
        let mut source = format!("/{}/{}", from.bucket(), escaped(from.key(), true));
        if let Some(version) = version {
            source.push_str(&format!("?versionId={}", escaped(version, false)));
        }
        let headers = vec![
            ("x-amz-copy-source", source),
            ("x-amz-copy-source-range", format!("bytes={}-{}", range.start, range.end.saturating_sub(1))),
            ("x-amz-copy-source-if-match", format!("\"{etag}\"")),
        ];
        let location = upload.location.clone();
        let answer = self.say(&Ask { query: upload.next(), headers, ..Ask::of("PUT", &location) })?;
        let reply: Reply = xml(&location, &answer)?;
        self.traffic.copied.fetch_add(range.end.saturating_sub(range.start), Ordering::Relaxed);
        upload.add(Some(bare(&reply.etag)))
    }

    /// Makes an object of the parts: in the place of the state with this ETag, if one is planned.
    ///
    /// # Errors
    /// [`Error::ObjectChanged`], [`Error::ObjectDenied`], [`Error::ObjectStore`].
    pub(crate) fn complete(&self, upload: &Upload, kept: &Kept, planned: Option<&str>) -> Result<Written, Error> {
        let mut body = String::from("<CompleteMultipartUpload>");
        for (number, etag) in (1..).zip(&upload.parts) {
            body.push_str(&format!("<Part><PartNumber>{number}</PartNumber><ETag>\"{etag}\"</ETag></Part>"));
        }
        body.push_str("</CompleteMultipartUpload>");
        let headers = planned.map(|etag| ("if-match", format!("\"{etag}\""))).into_iter().collect();
        let query = vec![("uploadId", upload.id.clone())];
        self.conclude(&Ask { query, headers, body: body.into(), ..Ask::of("POST", &upload.location) }, kept)
    }

    /// Gives an upload up: its parts are freed.
    pub(crate) fn abort(&self, upload: &Upload) -> Result<(), Error> {
        let query = vec![("uploadId", upload.id.clone())];
        match self.say(&Ask { query, ..Ask::of("DELETE", &upload.location) }) {
            Ok(_) | Err(Error::NoObject { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Gives up all uploads of this key.
    pub(crate) fn abort_all(&self, location: &ObjectLocation) -> Result<(), Error> {
        let query = vec![("uploads", String::new()), ("prefix", location.key().to_owned())];
        let ask = Ask { of_bucket: true, query, ..Ask::of("GET", location) };
        let uploads: Uploads = xml(location, &self.say(&ask)?)?;
        for unfinished in uploads.upload.into_iter().filter(|upload| upload.key == location.key()) {
            self.abort(&Upload { location: location.clone(), id: unfinished.upload_id, parts: Vec::new() })?;
        }
        Ok(())
    }

    /// Asks for what can be done only once. Where a first answer was lost, and the second one says that it cannot be done
    /// (any more), the mark of the object tells whether it was.
    fn conclude(&self, ask: &Ask<'_>, kept: &Kept) -> Result<Written, Error> {
        let mut unheard = false;
        match self.insist(ask, &mut unheard) {
            Ok(answer) => written(ask.location, &answer),
            Err(error @ (Error::ObjectChanged { .. } | Error::NoObject { .. })) if unheard => {
                let state = self.state(ask.location, None)?;
                let mark = kept.0.iter().find(|(name, _)| name == MARK).map(|(_, mark)| mark.as_str());
                match state.mark() {
                    Some(found) if Some(found) == mark => Ok(Written { etag: state.etag, version: state.version }),
                    _ => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }
}

impl Upload {
    fn next(&self) -> Vec<(&'static str, String)> {
        vec![("partNumber", (self.parts.len() + 1).to_string()), ("uploadId", self.id.clone())]
    }

    fn add(&mut self, etag: Option<String>) -> Result<(), Error> {
        let why = || "it says no ETag of a part".to_owned();
        let missing = || Error::ObjectStore { place: self.location.to_string(), why: why() };
        let etag = etag.filter(|etag| !etag.is_empty()).ok_or_else(missing)?;
        self.parts.push(etag);
        Ok(())
    }
}

fn written(location: &ObjectLocation, answer: &Answer) -> Result<Written, Error> {
    let etag = match answer.header("etag") {
        Some(etag) => bare(etag),
        None => bare(&xml::<Reply>(location, answer)?.etag),
    };
    Ok(Written { etag, version: answer.header("x-amz-version-id").map(str::to_owned) })
}

/// The header field of the mark.
const MARK: &str = "x-amz-meta-pii-erase";
const KEPT: &[&str] = &[
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
];
