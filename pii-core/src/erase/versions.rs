use super::place::OpenFile;
use super::{Eraser, Error, Input, OldVersion, PlannedFile};
use crate::store::{self, ListedAt, StoredObject};

impl Eraser {
    /// What goes of the old versions of an object. Where rows of its current one go, all do, whatever is in them: they are
    /// what the object was before. Else those go that hold a value; and if then nothing is left to hide, the delete markers.
    /// A version in which something is held stays.
    pub(super) fn plan_old(
        &self,
        object: &StoredObject,
        format: store::Format,
        planned: &mut PlannedFile,
    ) -> Result<(), Error> {
        let all_go = planned.hits > 0;
        let listed = ListedAt::Object(object.clone());
        let mut hides_something = object.current().is_some() && !all_go;
        for file in OpenFile::all(&listed, self.objects.as_deref())?.iter().filter(|file| !file.is_current()) {
            let mut old = OldVersion { id: file.id(), bytes: file.size()?, marker: false, hits: None, lock: None };
            let goes = if all_go && self.holds.is_empty() {
                true
            } else {
                let all = self.formats.of(format, file.name())?.find(file)?;
                let (free, grounds) = self.free(file, format, &all)?;
                planned.grounds.extend(grounds);
                old.hits = Some(free.count());
                free == all.hit && (all_go || !free.is_empty())
            };
            if goes {
                old.lock = file.lock()?;
                planned.old.push(old);
            } else {
                hides_something = true;
                planned.stay.push(old.id);
            }
        }
        planned.grounds.dedup();
        for marker in object.versions.iter().filter(|version| version.marker) {
            let id = marker.id.clone().unwrap_or_default();
            if all_go && !marker.current || !hides_something && !planned.old.is_empty() {
                planned.old.push(OldVersion { id, bytes: 0, marker: true, hits: None, lock: None });
            } else {
                planned.stay.push(id);
            }
        }
        Ok(())
    }
}
