use std::path::Path;

use jiff::Timestamp;

use super::{Error, Intent, Place, PlaceName, Ran};
use crate::audit::Receipt;
use crate::erase::Go;
use crate::keyring::Keyring;
use crate::register::{Markers, Register};
use crate::vault::{Person, Rectified, Vault};
use crate::vocab::Identifier;

/// The vault, where what it holds of a person is put right; and the register, where the person stays who they are.
pub struct Amend<'a> {
    /// The vault.
    pub vault: &'a Vault,
    /// What people forbid.
    pub register: &'a Register,
    /// With these keys.
    pub keys: &'a Keyring,
    /// What marks people in the register.
    pub markers: Markers<'a>,
    /// Whose values; nobody, if the vault does not know them.
    pub person: Option<Person>,
    /// What is right.
    pub rectified: Vec<Rectified<'a>>,
    /// What of that names the person from now on.
    pub identifiers: Vec<Identifier>,
}

impl Place for Amend<'_> {
    fn name(&self) -> PlaceName {
        PlaceName::Vault
    }

    fn plan(&self, _go: Go<'_>) -> Result<Intent, Error> {
        let wrong = self.person.as_ref().map(|person| self.vault.wrong(person, &self.rectified)).transpose()?;
        Ok(match wrong.unwrap_or_default() {
            0 => Intent::Absent,
            values => Intent::Amend { values },
        })
    }

    fn run(
        &self,
        _intent: &Intent,
        at: Timestamp,
        _journal: &Path,
        _go: Go<'_>,
        recorded: &Receipt,
    ) -> Result<Ran, Error> {
        let Some(person) = &self.person else { return Ok(Ran::default()) };
        // Before the vault: whoever objected by an address that was wrong has objected by the right one, too.
        let known: Vec<_> =
            self.vault.marks(person, self.keys, &self.markers)?.into_iter().map(|held| held.mark).collect();
        let mut marks = Vec::new();
        for identifier in &self.identifiers {
            // One that others have says nothing of this person.
            if self.vault.find(self.keys, identifier)?.iter().all(|other| other.subject == person.subject) {
                marks.extend(self.markers.of(identifier)?);
            }
        }
        self.register.also_known_by(&known, &marks, recorded)?;
        let rows = self.vault.rectify(self.keys, person, &self.rectified, at, recorded)?;
        Ok(Ran { rows, ..Ran::default() })
    }
}
