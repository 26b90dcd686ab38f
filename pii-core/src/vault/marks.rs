use super::find::category;
use super::read::text;
use super::{Error, Person, Vault, blind};
use crate::keyring::{Keyring, SealingKey};
use crate::pseudonym::Normaliser;
use crate::register::{Mark, Markers};
use crate::vault::blind::Place;
use crate::vocab::IdentifierKind;

/// A mark of somebody whom the vault holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldMark {
    /// The mark.
    pub mark: Mark,
    /// Whether the identifier is others', too: an address that a family shares.
    pub is_shared: bool,
}

impl Vault {
    /// The marks of every identifier that the vault holds of a person, for the register of objections and restrictions.
    /// Values are opened in here; only keyed hashes leave.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Server`], [`Error::Key`]; [`Error::Gone`] if the person was forgotten meanwhile.
    pub fn marks(&self, person: &Person, keys: &Keyring, markers: &Markers<'_>) -> Result<Vec<HeldMark>, Error> {
        let key = SealingKey::new(&self.key_of(person.id)?)?;
        let mut reader = self.store.read()?;
        let layout = reader.layout()?;
        let mut marks = Vec::new();
        for row in reader.values_of(&[person.id])?.into_iter().flatten() {
            let field = layout.fields.iter().find(|field| field.id == row.field);
            let field = field.ok_or(Error::Corrupt("a value of a column that there is not"))?;
            let Some((_, kind)) = layout.kinds.iter().find(|(id, _)| *id == field.kind) else { continue };
            let kind = IdentifierKind::parse(kind).map_err(|_| Error::Corrupt("a kind of identifier"))?;
            let category = category(&field.category)?;
            let mut place = Place::new(&field.dataset, &field.path, category);
            let opened = key.open(place.of(person.subject), &row.sealed)?;
            let value = text(&opened)?;
            let normaliser = Normaliser::for_category(category, Some(&field.region));
            let tag = blind::identifier(&blind::identifier_key(keys, normaliser)?, normaliser, value);
            let is_shared = reader.named(field.kind, &[tag], 2)?.iter().flatten().count() > 1;
            let made = markers.of_value(&kind, normaliser, value)?;
            marks.extend(made.into_iter().map(|mark| HeldMark { mark, is_shared }));
        }
        Ok(marks)
    }
}
