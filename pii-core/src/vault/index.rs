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
use crate::keyring::{Keyring, PseudonymKey, SealingKey};
use crate::pseudonym::Normaliser;
use crate::vocab::{Domain, SubjectId};

impl Vault {
    /// Who a pseudonym of `domain` stands for. `printed` is base64url, hex, or the hex of a raw one, with its epoch.
    ///
    /// Pseudonyms are one-way: the answer comes from an index of what the vault holds, made when a domain is
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
        while self.bring_on(keys, domain, recorded)? {}
        let epoch = keys.current_epoch(domain).to_string();
        let Some(tag) = tag(printed, &epoch) else { return Ok(Vec::new()) };
        let mut reader = self.store.read()?;
        let people = reader.pseudonym(domain.as_str(), &epoch, &tag)?;
        reader.people(&people)?.iter().map(person).collect()
    }

    /// One step of bringing the index up to date; whether there may be more to do.
    fn bring_on(&self, keys: &Keyring, domain: &Domain, _recorded: &Receipt) -> Result<bool, Error> {
        let epoch = keys.current_epoch(domain);
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
                    new.insert(Column::new(keys, domain, field)?)
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

/// How values of a column are opened, and what they become.
struct Column {
    place: Place,
    normaliser: Normaliser,
    signer: PseudonymKey,
}

impl Column {
    fn new(keys: &Keyring, domain: &Domain, field: &Field) -> Result<Self, Error> {
        let category = category(&field.category)?;
        let normaliser = Normaliser::for_category(category, Some(&field.region));
        let signer = keys.pseudonym(domain, normaliser.name(), keys.current_epoch(domain))?;
        Ok(Self { place: Place::new(&field.dataset, &field.path, category), normaliser, signer })
    }
}

/// Arrivals that one step goes through.
const STEP: i64 = 8_000;

/// The first 128 bits of a printed pseudonym.
fn tag(printed: &str, epoch: &str) -> Option<[u8; 16]> {
    let printed = printed.trim();
    let hex = |text: &str| -> Option<[u8; 16]> {
        let digits = text.get(..32).filter(|_| text.len() == 64)?;
        u128::from_str_radix(digits, 16).ok().map(u128::to_be_bytes)
    };
    let base64 = |text: &str| URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok();
    let body = printed.strip_prefix(epoch).unwrap_or(printed);
    base64(body).or_else(|| hex(body)).or_else(|| hex(printed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_pseudonym_gives_the_same_tag() {
        let bytes: Vec<u8> = (0x10..0x30).collect();
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        let base64 = URL_SAFE_NO_PAD.encode(&bytes[..16]);
        let expected = bytes.first_chunk::<16>().copied();
        // A raw one in hexadecimal has no epoch before it; this one begins like one.
        for printed in [format!("1{base64}"), format!("1{hex}"), hex, format!(" 1{base64}\n")] {
            assert_eq!(tag(&printed, "1"), expected, "{printed}");
        }
    }

    #[test]
    fn what_is_no_pseudonym_is_nobodys() {
        for text in ["", "1", "anna@example.org", "1AAAA", &"z".repeat(64), &"é".repeat(32)] {
            assert_eq!(tag(text, "1"), None, "{text}");
        }
    }
}
