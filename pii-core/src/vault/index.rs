use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::find::person;
use super::schema::value_surroundings;
use super::{Error, Person, Vault};
use crate::audit::Receipt;
use crate::keyring::{Epoch, Keyring, PseudonymKey, SealingKey};
use crate::pseudonym::Normaliser;
use crate::vocab::{Category, Domain, SubjectId};

impl Vault {
    /// Who a pseudonym of `domain` stands for, whichever of its epochs it was made in. `printed` is base64url, hex, or the
    /// hex of a raw one, with its epoch; without one, every epoch is tried.
    ///
    /// Pseudonyms are one-way: the answer comes from an index of what the vault holds, made when an epoch is
    /// first asked for and brought up to date at every question after. Making it opens values, so it needs
    /// the receipt of a look, though nothing is released here.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Key`].
    pub fn find_pseudonym(
        &self,
        keys: &Keyring,
        domain: &Domain,
        printed: &str,
        recorded: &Receipt,
    ) -> Result<Vec<Person>, Error> {
        let Some(printed) = Printed::read(printed) else { return Ok(Vec::new()) };
        let epochs = keys.epochs().history(domain).into_iter().map(|generation| generation.epoch);
        let mut people = Vec::new();
        for epoch in epochs.filter(|epoch| printed.epoch.is_none_or(|of| of == *epoch)) {
            people.extend(self.find_in_epoch(keys, domain, epoch, &printed.tag, recorded)?);
        }
        people.sort_by_key(|person| person.id);
        people.dedup_by_key(|person| person.id);
        Ok(people)
    }

    fn find_in_epoch(
        &self,
        keys: &Keyring,
        domain: &Domain,
        epoch: Epoch,
        tag: &[u8; 16],
        recorded: &Receipt,
    ) -> Result<Vec<Person>, Error> {
        self.bring_up_to_date(keys, domain, epoch, recorded)?;
        let mut query = self.database.reader().prepare_cached(
            "SELECT DISTINCT id, subject, alias, created FROM pseudonym JOIN person ON person.id = pseudonym.person
             WHERE domain = ?1 AND epoch = ?2 AND tag = ?3",
        )?;
        query.query_and_then((domain.as_str(), epoch.to_string(), tag.as_slice()), person)?.collect()
    }

    fn bring_up_to_date(
        &self,
        keys: &Keyring,
        domain: &Domain,
        epoch: Epoch,
        _recorded: &Receipt,
    ) -> Result<(), Error> {
        self.database.write(|tx| {
            let mark: i64 = tx.query_row(
                "SELECT coalesce(max(last_value), 0) FROM pseudonym_mark WHERE domain = ?1 AND epoch = ?2",
                (domain.as_str(), epoch.to_string()),
                |r| r.get(0),
            )?;
            let mut values = tx.prepare_cached(
                "SELECT value.id, person, subject, key, dataset, path, category, region, sealed FROM value
                 JOIN person ON person.id = value.person JOIN field ON field.id = value.field
                 WHERE value.id > ?1 ORDER BY value.id",
            )?;
            let mut insert =
                tx.prepare_cached("INSERT INTO pseudonym VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")?;
            let mut signing: HashMap<(Category, String), (Normaliser, PseudonymKey)> = HashMap::new();
            let mut opening: Option<(i64, SealingKey)> = None;
            let mut last = mark;
            let mut rows = values.query([mark])?;
            while let Some(row) = rows.next()? {
                last = row.get(0)?;
                let person: i64 = row.get(1)?;
                let subject = SubjectId::from_bytes(row.get(2)?);
                if opening.as_ref().is_none_or(|(of, _)| *of != person) {
                    opening = Some((person, self.person_key(subject, &row.get::<_, Vec<u8>>(3)?)?));
                }
                let Some((_, key)) = &opening else { continue };
                let (dataset, path): (String, String) = (row.get(4)?, row.get(5)?);
                let category = Category::parse(&row.get::<_, String>(6)?)
                    .map_err(|_| Error::Corrupt("a category of a later version"))?;
                let region: String = row.get(7)?;
                let sealed: Vec<u8> = row.get(8)?;
                let value = key.open(&value_surroundings(subject, &dataset, &path, category), &sealed)?;
                let text = std::str::from_utf8(&value).map_err(|_| Error::Corrupt("a value that is not text"))?;
                let (normaliser, signer) = match signing.entry((category, region)) {
                    std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                    std::collections::hash_map::Entry::Vacant(new) => {
                        let normaliser = Normaliser::for_category(category, Some(&new.key().1));
                        let signer = keys.pseudonym(domain, normaliser.name(), epoch)?;
                        new.insert((normaliser, signer))
                    }
                };
                let tag = signer.sign(normaliser.normalise(text).as_bytes());
                insert.execute((
                    domain.as_str(),
                    epoch.to_string(),
                    tag.first_chunk::<16>().map(<[u8; 16]>::as_slice),
                    person,
                ))?;
            }
            tx.execute(
                "INSERT INTO pseudonym_mark VALUES (?1, ?2, ?3)
                 ON CONFLICT (domain, epoch) DO UPDATE SET last_value = excluded.last_value",
                (domain.as_str(), epoch.to_string(), last),
            )?;
            Ok(())
        })
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
