use super::super::{Error, OldVersion, PlannedFile, Version};
use super::{Address, reach};
use crate::store::{ObjectLocation, Objects, StoredObject, StoredVersion, Versioning};

/// The old versions of an object that are to go, checked against what its bucket keeps now.
pub(in super::super) struct Removal<'a> {
    planned: &'a PlannedFile,
    /// None on this machine, and where a bucket keeps nothing.
    at: Option<(&'a Objects, &'a ObjectLocation, Versioning)>,
}

impl<'a> Removal<'a> {
    /// Refuses an object of which there is a version that nobody planned for.
    pub(in super::super) fn of(planned: &'a PlannedFile, objects: Option<&'a Objects>) -> Result<Self, Error> {
        let Address::Object(location) = &planned.file else { return Ok(Self { planned, at: None }) };
        let objects = reach(objects)?;
        let versioning = objects.versioning(location)?;
        if versioning == Versioning::Never {
            return Ok(Self { planned, at: None });
        }
        let removal = Self { planned, at: Some((objects, location, versioning)) };
        let now = removal.now()?;
        let current = now.as_ref().and_then(StoredObject::current);
        // Whether what is to be rewritten is the planned one, is seen when it is.
        let same = planned.hits > 0 || removal.planned_current() == current.and_then(|version| version.id.as_deref());
        if same && now.iter().flat_map(StoredObject::others).all(|version| removal.is_known(version)) {
            Ok(removal)
        } else {
            Err(removal.changed())
        }
    }

    /// Removes them, and the version that was rewritten; delete markers last, for they hide what would else be seen again.
    /// Gives how many there were.
    pub(in super::super) fn carry_out(self) -> Result<u64, Error> {
        let Some((objects, location, _)) = self.at else { return Ok(0) };
        let now = self.now()?;
        let mut others: Vec<_> = now.iter().flat_map(StoredObject::others).collect();
        if !others.iter().all(|version| self.is_known(version)) {
            return Err(self.changed());
        }
        others.retain(|version| self.is_doomed(version));
        others.sort_by_key(|version| version.marker);
        let (mut removed, mut stay, mut why) = (0, 0, None);
        for version in others {
            if version.marker && stay > 0 {
                continue;
            }
            match objects.remove(location, version.id.as_deref()) {
                Ok(()) => removed += 1,
                Err(error) => {
                    stay += 1;
                    why.get_or_insert(error);
                }
            }
        }
        match why {
            Some(why) => Err(Error::Stays { file: location.to_string(), versions: stay, why: why.to_string() }),
            None => Ok(removed),
        }
    }

    fn now(&self) -> Result<Option<StoredObject>, Error> {
        let Some((objects, location, versioning)) = self.at else { return Ok(None) };
        let listed = objects.list(location, location.key(), versioning)?;
        Ok(listed.into_iter().find(|object| object.location == *location))
    }

    fn is_doomed(&self, version: &StoredVersion) -> bool {
        let planned = |old: &OldVersion| Some(&old.id) == version.id.as_ref();
        let rewritten = self.planned.hits > 0 && self.planned_current() == version.id.as_deref();
        rewritten || self.planned.old.iter().any(planned)
    }

    fn is_known(&self, version: &StoredVersion) -> bool {
        self.is_doomed(version) || self.planned.stay.iter().any(|id| Some(id) == version.id.as_ref())
    }

    fn planned_current(&self) -> Option<&str> {
        match &self.planned.version {
            Some(Version::Object(version)) => version.id.as_deref(),
            _ => None,
        }
    }

    fn changed(&self) -> Error {
        Error::Changed { file: self.planned.file.to_string() }
    }
}
