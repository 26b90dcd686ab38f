use std::ops::Range;

use ring::rand::{SecureRandom, SystemRandom};

use super::super::{Error, Input, Output};
use super::ObjectFile;
use crate::store::{Kept, ObjectLocation, Objects, Upload, Versioning, Written};

/// A new state of an object. Up to [`SMALL`] bytes wait in memory and are written at the end; more go to the store in parts,
/// where ranges of the old object that are long enough do not travel.
pub(in super::super) struct ObjectDraft<'a> {
    from: &'a ObjectFile<'a>,
    objects: &'a Objects,
    kept: Kept,
    mark: String,
    /// Where the parts come together: beside the old object, unless the bucket keeps that one anyway.
    aside: Option<ObjectLocation>,
    upload: Option<Upload>,
    written: Option<Written>,
    /// Bytes that are sent, not sent yet.
    waiting: Vec<u8>,
    /// Bytes that are copied behind those, not asked for yet.
    range: Range<u64>,
    position: u64,
    /// The shortest part, so that 10,000 are enough.
    grain: u64,
    published: bool,
}

impl<'a> ObjectDraft<'a> {
    pub(super) fn of(from: &'a ObjectFile<'a>) -> Result<Self, Error> {
        let objects = from.objects;
        let mut random = [0; 16];
        SystemRandom::new().fill(&mut random).map_err(|_| Error::Random)?;
        let mark: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let state = objects.state(&from.location, from.version.as_deref())?;
        let kept = Kept::of(objects, &from.location, &state)?.marked(&mark);
        let aside = (from.versioning != Versioning::Enabled).then(|| beside(&from.location));
        Ok(Self {
            from,
            objects,
            kept,
            mark,
            aside,
            upload: None,
            written: None,
            waiting: Vec::new(),
            range: 0..0,
            position: 0,
            grain: LEAST_PART.max(state.bytes / 4_000),
            published: false,
        })
    }

    pub(super) fn mark(&self) -> &str {
        &self.mark
    }

    pub(super) fn sync(&mut self) -> Result<ObjectFile<'a>, Error> {
        self.settle(true)?;
        let Some(upload) = &mut self.upload else {
            return Ok(ObjectFile::unwritten(self.from, self.waiting.clone()));
        };
        if !self.waiting.is_empty() {
            self.objects.send_part(upload, std::mem::take(&mut self.waiting).into())?;
        }
        let planned = match &self.aside {
            Some(_) => None,
            None => {
                unchanged(self.from)?;
                Some(self.from.etag.as_str())
            }
        };
        let written = self.objects.complete(upload, &self.kept, planned)?;
        self.upload = None;
        let at = self.aside.as_ref().unwrap_or(&self.from.location).clone();
        let version = written.version.clone().filter(|_| self.from.versioning != Versioning::Never);
        self.written = Some(written);
        ObjectFile::open(self.objects, &at, version.as_deref())
    }

    pub(super) fn publish(mut self) -> Result<(), Error> {
        let planned = self.from.etag.clone();
        match (self.written.clone(), self.aside.clone()) {
            (None, _) => {
                unchanged(self.from)?;
                let bytes = std::mem::take(&mut self.waiting);
                self.objects.replace(&self.from.location, &self.kept, bytes.into(), &planned)?;
            }
            (Some(_), None) => {}
            (Some(written), Some(aside)) => self.copy_over(&aside, &written, &planned)?,
        }
        self.published = true;
        if self.written.is_some() { self.clear_aside() } else { Ok(()) }
    }

    /// What was proven beside the object takes its place: the store copies it as it is.
    fn copy_over(&mut self, aside: &ObjectLocation, written: &Written, planned: &str) -> Result<(), Error> {
        let upload = self.objects.begin(&self.from.location, &self.kept)?;
        let upload = self.upload.insert(upload);
        let version = written.version.as_deref().filter(|_| self.from.versioning != Versioning::Never);
        for part in cut(0..self.position, MOST_PART.max(self.grain)) {
            self.objects.copy_part(upload, aside, (&written.etag, version), part)?;
        }
        unchanged(self.from)?;
        self.objects.complete(upload, &self.kept, Some(planned))?;
        self.upload = None;
        let there = self.objects.state(&self.from.location, None)?;
        if there.bytes == self.position && there.mark() == Some(&self.mark) {
            return Ok(());
        }
        let why = format!("{} bytes were written, and {} are there; `{aside}` has them", self.position, there.bytes);
        // What was proven stays where it is.
        self.aside = None;
        Err(Error::Unproven { file: self.from.name().to_owned(), why })
    }

    /// Brings the range that is to be copied behind what was written so far: by the store where it makes a part of its own.
    fn settle(&mut self, last: bool) -> Result<(), Error> {
        let mut range = std::mem::replace(&mut self.range, 0..0);
        let len = |range: &Range<u64>| range.end - range.start;
        let waiting = self.waiting.len() as u64;
        // The part before it must be long enough, too: bytes of the range make it so.
        let lacking = if waiting == 0 { 0 } else { self.grain.saturating_sub(waiting) };
        let worth = if last && self.upload.is_some() && waiting == 0 { 1 } else { self.grain };
        if len(&range) < lacking + worth {
            return self.travel(range);
        }
        self.travel(range.start..range.start + lacking)?;
        range.start += lacking;
        self.send_waiting()?;
        let (objects, from) = (self.objects, self.from);
        for part in cut(range, MOST_PART.max(self.grain)) {
            objects.copy_part(self.upload()?, &from.location, (&from.etag, from.version.as_deref()), part)?;
        }
        Ok(())
    }

    /// Reads bytes of the old object, to send them again.
    fn travel(&mut self, mut range: Range<u64>) -> Result<(), Error> {
        let mut bytes = Vec::new();
        while range.start < range.end {
            let end = range.end.min(range.start + AT_ONCE);
            self.from.read(range.start..end, &mut bytes)?;
            self.waiting.extend_from_slice(&bytes);
            range.start = end;
            self.send_if_long()?;
        }
        Ok(())
    }

    fn send_if_long(&mut self) -> Result<(), Error> {
        // One that stays small never leaves memory before it is proven.
        if (self.waiting.len() as u64) < SMALL.max(self.grain) { Ok(()) } else { self.send_waiting() }
    }

    fn send_waiting(&mut self) -> Result<(), Error> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.waiting);
        let objects = self.objects;
        Ok(objects.send_part(self.upload()?, bytes.into())?)
    }

    fn upload(&mut self) -> Result<&mut Upload, Error> {
        let upload = match self.upload.take() {
            Some(upload) => upload,
            None => {
                self.clear_aside()?;
                let at = self.aside.as_ref().unwrap_or(&self.from.location);
                self.objects.begin(at, &self.kept)?
            }
        };
        Ok(self.upload.insert(upload))
    }

    /// Removes the object beside, of this run or of one that died.
    fn clear_aside(&self) -> Result<(), Error> {
        let Some(aside) = &self.aside else { return Ok(()) };
        self.objects.abort_all(aside)?;
        for object in self.objects.list(aside, aside.key(), self.from.versioning)? {
            for version in object.versions.iter().filter(|_| object.location == *aside) {
                self.objects.remove(aside, version.id.as_deref())?;
            }
        }
        Ok(())
    }
}

impl Output for ObjectDraft<'_> {
    fn copy(&mut self, range: Range<u64>) -> Result<(), Error> {
        self.position += range.end.saturating_sub(range.start);
        if self.range.end == range.start && !self.range.is_empty() {
            self.range.end = range.end;
            return Ok(());
        }
        self.settle(false)?;
        self.range = range;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.settle(false)?;
        self.position += bytes.len() as u64;
        self.waiting.extend_from_slice(bytes);
        self.send_if_long()
    }

    fn position(&self) -> u64 {
        self.position
    }
}

impl Drop for ObjectDraft<'_> {
    fn drop(&mut self) {
        if self.published {
            return;
        }
        // A run that comes later clears what cannot be removed now.
        if let Some(upload) = self.upload.take() {
            let _ = self.objects.abort(&upload);
        }
        match (&self.aside, &self.written) {
            (Some(_), Some(_)) => drop(self.clear_aside()),
            // The version that was there before is the current one again.
            (None, Some(Written { version: Some(version), .. })) if self.from.versioning == Versioning::Enabled => {
                let _ = self.objects.remove(&self.from.location, Some(version));
            }
            _ => {}
        }
    }
}

/// Asked before it is overwritten: not every store minds `If-Match` then.
fn unchanged(from: &ObjectFile<'_>) -> Result<(), Error> {
    let now = from.objects.state(&from.location, None)?;
    if now.etag == from.etag { Ok(()) } else { Err(Error::Changed { file: from.name().to_owned() }) }
}

/// Parts of about the same length, none longer than `most`.
fn cut(range: Range<u64>, most: u64) -> impl Iterator<Item = Range<u64>> {
    let len = range.end.saturating_sub(range.start);
    let count = len.div_ceil(most);
    let at = move |part: u64| range.start + len / count.max(1) * part + (len % count.max(1)).min(part);
    (0..count).map(move |part| at(part)..at(part + 1))
}

/// Where the draft of an object is: one place for each, so that what a dead run left is found.
fn beside(location: &ObjectLocation) -> ObjectLocation {
    let (folder, name) = location.key().rsplit_once('/').map_or(("", location.key()), |(folder, name)| (folder, name));
    let slash = if folder.is_empty() { "" } else { "/" };
    ObjectLocation::listed(location.bucket(), &format!("{folder}{slash}.{name}.pii-erase"))
}

/// So many bytes wait in memory.
const SMALL: u64 = 8 << 20;
/// S3 takes no shorter part, but as the last one.
const LEAST_PART: u64 = 5 << 20;
/// S3 copies up to 5 GiB at once; shorter ones come back sooner.
const MOST_PART: u64 = 512 << 20;
const AT_ONCE: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_in_parts_of_about_the_same_length() {
        let parts: Vec<_> = cut(10..1_010, 300).collect();
        assert_eq!(parts, [10..260, 260..510, 510..760, 760..1_010]);
        assert!(cut(0..7, 7).eq(std::iter::once(0..7)));
        assert_eq!(cut(5..12, 3).map(|part| part.end - part.start).collect::<Vec<_>>(), [3, 2, 2]);
        assert_eq!(cut(5..5, 3).count(), 0);
    }

    #[test]
    fn a_draft_is_beside_its_object_and_hidden() {
        let beside = |key| beside(&ObjectLocation::listed("lake", key)).to_string();
        assert_eq!(beside("a/b.parquet"), "s3://lake/a/.b.parquet.pii-erase");
        assert_eq!(beside("b.parquet"), "s3://lake/.b.parquet.pii-erase");
    }
}
