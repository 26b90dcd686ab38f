use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::blind::Place;
use super::find::{category, person};
use super::keys::unwrap;
use super::read::text;
use super::store::{ArrivedValue, Field, PersonId, shard_of};
use super::{Error, Person, Vault};
use crate::audit::Receipt;
use crate::keyring::{Epoch, Keyring, PseudonymKey, SealingKey};
use crate::pseudonym::Normaliser;
use crate::vocab::{Domain, SubjectId};

impl Vault {
    /// Who a pseudonym of `domain` stands for, whichever of its epochs it was made in. `printed` is base64url, hex, or the
    /// hex of a raw one, with its epoch; without one, every epoch is tried.
    ///
    /// Pseudonyms are one-way: the answer comes from an index of what the vault holds, made when an epoch is
    /// first asked for and brought up to date at every question after, a few thousand people at a time, between which
    /// others may write. Making it opens values, so it needs the receipt of a look, though nothing is released here.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Server`], [`Error::Key`].
    pub fn find_pseudonym(
        &self,
        keys: &Keyring,
        domain: &Domain,
        printed: &str,
        recorded: &Receipt,
    ) -> Result<Vec<Person>, Error> {
        let Some(printed) = Printed::read(printed) else { return Ok(Vec::new()) };
        let epochs = keys.epochs().history(domain).into_iter().map(|generation| generation.epoch);
        let mut found = Vec::new();
        for epoch in epochs.filter(|epoch| printed.epoch.is_none_or(|of| of == *epoch)) {
            while self.bring_on(keys, domain, epoch, recorded)? {}
            found.extend(self.store.read()?.pseudonym(domain.as_str(), &epoch.to_string(), &printed.tag)?);
        }
        found.sort_unstable();
        found.dedup();
        self.store.read()?.people(&found)?.iter().map(person).collect()
    }

    /// One step of bringing the index up to date; whether there may be more to do.
    fn bring_on(&self, keys: &Keyring, domain: &Domain, epoch: Epoch, _recorded: &Receipt) -> Result<bool, Error> {
        let name = epoch.to_string();
        let mut reader = self.store.read()?;
        let mark = reader.mark(domain.as_str(), &name)?;
        // Most questions come when there is nothing new: nobody has to wait for the right to write.
        if reader.arrived(mark, 1)?.is_empty() {
            return Ok(false);
        }
        drop(reader);

        let mut writer = self.write()?;
        let mark = writer.mark(domain.as_str(), &name)?;
        let arrived = writer.arrived(mark, STEP)?;
        let Some(last) = arrived.last().map(|value| value.arrival) else { return Ok(false) };
        let fields = writer.layout()?.fields;
        let mut columns: HashMap<i64, Column> = HashMap::new();
        let mut opening: Option<(PersonId, SealingKey)> = None;
        let mut tags = Vec::with_capacity(arrived.len());
        for value in &arrived {
            let person = value.arrival.person;
            if opening.as_ref().is_none_or(|(of, _)| *of != person) {
                opening = Some((person, self.opening(value)?));
            }
            let Some((_, key)) = &opening else { continue };
            let column = match columns.entry(value.field) {
                std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::hash_map::Entry::Vacant(new) => {
                    let field = fields.iter().find(|field| field.id == value.field);
                    let field = field.ok_or(Error::Corrupt("a value of a column that there is not"))?;
                    new.insert(Column::new(keys, domain, epoch, field)?)
                }
            };
            let opened = key.open(column.place.of(SubjectId::from_bytes(value.subject)), &value.sealed)?;
            let tag = column.signer.sign(column.normaliser.normalise(text(&opened)?).as_bytes());
            tags.push((tag.first_chunk().copied().unwrap_or_default(), person));
        }
        tags.sort_unstable();
        tags.dedup();
        writer.add_pseudonyms(domain.as_str(), &name, &tags)?;
        writer.set_mark(domain.as_str(), &name, last)?;
        writer.commit()?;
        Ok(true)
    }

    /// The key of whom a value belongs to.
    fn opening(&self, value: &ArrivedValue) -> Result<SealingKey, Error> {
        let epoch = self.epochs.key(shard_of(value.arrival.person), value.epoch)?;
        Ok(SealingKey::new(&unwrap(&epoch, value.subject, &value.key)?)?)
    }
}

/// A pseudonym as somebody wrote it down.
#[derive(Debug, PartialEq)]
struct Printed {
    /// That it says; a raw one in hexadecimal says none.
    epoch: Option<Epoch>,
    /// Its first 128 bits.
    tag: [u8; 16],
}

impl Printed {
    /// How long it is says what it is: a body has 22 characters of base64url or 64 of hexadecimal, and the epoch stands
    /// before it.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let of = |length: usize| text.split_at_checked(text.len().checked_sub(length)?);
        let read = |(epoch, body): (&str, &str), tag: fn(&str) -> Option<[u8; 16]>| -> Option<Self> {
            let epoch = (!epoch.is_empty()).then(|| epoch.parse().ok().and_then(Epoch::new).ok_or(()));
            Some(Self { epoch: epoch.transpose().ok()?, tag: tag(body)? })
        };
        of(64).and_then(|split| read(split, hex)).or_else(|| read(of(22)?, base64url))
    }
}

fn hex(body: &str) -> Option<[u8; 16]> {
    let digits = body.bytes().all(|b| b.is_ascii_hexdigit()).then(|| body.get(..32))?;
    u128::from_str_radix(digits?, 16).ok().map(u128::to_be_bytes)
}

fn base64url(body: &str) -> Option<[u8; 16]> {
    URL_SAFE_NO_PAD.decode(body).ok()?.try_into().ok()
}

/// How values of a column are opened, and what they become.
struct Column {
    place: Place,
    normaliser: Normaliser,
    signer: PseudonymKey,
}

impl Column {
    fn new(keys: &Keyring, domain: &Domain, epoch: Epoch, field: &Field) -> Result<Self, Error> {
        let category = category(&field.category)?;
        let normaliser = Normaliser::for_category(category, Some(&field.region));
        let signer = keys.pseudonym(domain, normaliser.name(), epoch)?;
        Ok(Self { place: Place::new(&field.dataset, &field.path, category), normaliser, signer })
    }
}

/// Arrivals that one step goes through.
const STEP: i64 = 8_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_pseudonym_gives_its_epoch_and_the_same_tag() {
        // In hexadecimal they begin like an epoch.
        let bytes: Vec<u8> = (0x10..0x30).collect();
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        let base64 = URL_SAFE_NO_PAD.encode(&bytes[..16]);
        let tag = *bytes.first_chunk::<16>().unwrap();
        for body in [base64, hex] {
            for epoch in ["", "1", "2", "12"] {
                let expected = Printed { epoch: epoch.parse().ok().and_then(Epoch::new), tag };
                assert_eq!(Printed::read(&format!(" {epoch}{body}\n")), Some(expected), "{epoch}{body}");
            }
        }
    }

    #[test]
    fn what_is_no_pseudonym_is_nobodys() {
        let base64 = URL_SAFE_NO_PAD.encode([7; 16]);
        let no_epochs = ["0", "x", "-1", "99999999999"].map(|epoch| format!("{epoch}{base64}"));
        let nothings = ["", "1", "anna@example.org", "1AAAA", &"z".repeat(64), &"é".repeat(32), &"é".repeat(11)];
        for text in nothings.into_iter().chain(no_epochs.iter().map(String::as_str)) {
            assert_eq!(Printed::read(text), None, "{text}");
        }
    }
}
