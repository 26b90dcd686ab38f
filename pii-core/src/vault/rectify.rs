use jiff::Timestamp;

use super::blind::{self, Place};
use super::deposit::{distinct, sort_out};
use super::find::category;
use super::read::text;
use super::store::{Blind, Field, Link, NewValue, ValueKey};
use super::{Error, Person, Vault};
use crate::audit::Receipt;
use crate::keyring::{Keyring, Nonces, PseudonymKey, SealingKey};
use crate::pseudonym::Normaliser;
use crate::vocab::Personal;

/// What is right of a person, in one column.
#[derive(Clone, Copy, Debug)]
pub struct Rectified<'a> {
    /// The dataset.
    pub dataset: &'a str,
    /// Its column, by dotted path.
    pub column: &'a str,
    /// What is to stand there.
    pub value: &'a Personal<String>,
}

impl Vault {
    /// How many values the vault holds of a person in these columns that are not right.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Server`], [`Error::Key`]; [`Error::Gone`] if the person was forgotten meanwhile.
    pub fn wrong(&self, person: &Person, rectified: &[Rectified<'_>]) -> Result<u64, Error> {
        let key = SealingKey::new(&self.key_of(person.id)?)?;
        let mut reader = self.store.read()?;
        let layout = reader.layout()?;
        let mut wrong = 0;
        for row in reader.values_of(&[person.id])?.into_iter().flatten() {
            let Some(field) = layout.fields.iter().find(|field| field.id == row.field) else { continue };
            for right in rectified.iter().filter(|right| right.is_of(field)) {
                let opened = key.open(place(field)?.of(person.subject), &row.sealed)?;
                wrong += u64::from(text(&opened)? != right.value.expose());
            }
        }
        Ok(wrong)
    }

    /// Puts right what the vault holds of a person (Art. 16): whatever stands in these columns becomes what is right, and
    /// they are found by that from then on, no longer by what was wrong. Says how many values went. What the vault does
    /// not hold, it does not take in. Doing it again changes nothing.
    ///
    /// # Errors
    /// As of [`wrong`](Self::wrong); [`Error::Moved`].
    pub fn rectify(
        &self,
        keys: &Keyring,
        person: &Person,
        rectified: &[Rectified<'_>],
        at: Timestamp,
        _recorded: &Receipt,
    ) -> Result<u64, Error> {
        let key = SealingKey::new(&self.key_of(person.id)?)?;
        let mut writer = self.write()?;
        let layout = writer.layout()?;
        let rows: Vec<_> = writer.values_of(&[person.id])?.into_iter().flatten().collect();
        let (mut gone, mut links, mut new) = (Vec::new(), Vec::new(), Vec::new());
        for field in &layout.fields {
            let Some(right) = rectified.iter().find(|right| right.is_of(field)) else { continue };
            let finder = Finder::of(keys, field)?;
            let value_key = |value: &str| {
                let blind = blind::value(&self.value_tags, person.id, field.id, value);
                ValueKey { person: person.id, field: field.id, blind }
            };
            let link = |value: &str| {
                let blind = finder.as_ref()?.blind(value);
                Some(Link { kind: field.kind, blind, person: person.id, is_subject: false })
            };
            let mut place = place(field)?;
            let (mut wrong, mut stands) = (Vec::new(), false);
            for row in rows.iter().filter(|row| row.field == field.id) {
                let opened = key.open(place.of(person.subject), &row.sealed)?;
                let value = text(&opened)?;
                match value == right.value.expose() {
                    true => stands = true,
                    false => wrong.push((value_key(value), link(value))),
                }
            }
            if wrong.is_empty() {
                continue;
            }
            let old: Vec<Link> = wrong.iter().filter_map(|(_, link)| *link).collect();
            let is_subject = writer.known_links(&old)?.into_iter().flatten().any(|is_subject| is_subject);
            let now = link(right.value.expose()).map(|link| Link { is_subject, ..link });
            gone.extend(wrong.into_iter().map(|(key, _)| key));
            links.extend(now);
            if !stands {
                let sealed = place.of(person.subject);
                let sealed = key.seal_with(&mut Nonces::new(), sealed, right.value.expose().as_bytes())?;
                let pointer = now.map(|link| link.blind);
                new.push(NewValue { key: value_key(right.value.expose()), sealed, pointer });
            }
        }
        if gone.is_empty() {
            return Ok(0);
        }
        writer.remove_values(&gone)?;
        let (fresh, promoted) = sort_out(writer.as_mut(), distinct(links))?;
        writer.add_links(&fresh)?;
        writer.promote_links(&promoted)?;
        if !new.is_empty() {
            new.sort_by_key(|value| value.key);
            let batch = writer.add_batch(at.as_microsecond())?;
            writer.add_values(batch, &new)?;
            writer.add_arrivals(batch, &[person.id])?;
        }
        writer.commit()?;
        self.store.settle()?;
        Ok(gone.len() as u64)
    }
}

impl Rectified<'_> {
    fn is_of(&self, field: &Field) -> bool {
        (self.dataset, self.column) == (field.dataset.as_str(), field.path.as_str())
    }
}

fn place(field: &Field) -> Result<Place, Error> {
    Ok(Place::new(&field.dataset, &field.path, category(&field.category)?))
}

/// Makes the blind tags by which the identifiers of a column are found.
struct Finder {
    normaliser: Normaliser,
    key: PseudonymKey,
}

impl Finder {
    /// None, if the column's values point to nobody.
    fn of(keys: &Keyring, field: &Field) -> Result<Option<Self>, Error> {
        if field.kind == 0 {
            return Ok(None);
        }
        let normaliser = Normaliser::for_category(category(&field.category)?, Some(&field.region));
        Ok(Some(Self { normaliser, key: blind::identifier_key(keys, normaliser)? }))
    }

    fn blind(&self, value: &str) -> Blind {
        blind::identifier(&self.key, self.normaliser, value)
    }
}
