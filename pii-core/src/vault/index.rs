use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::find::person;
use super::schema::value_surroundings;
use super::{Error, Person, Vault};
use crate::audit::Receipt;
use crate::keyring::{Keyring, PseudonymKey, SealingKey};
use crate::pseudonym::Normaliser;
use crate::vocab::{Category, Domain, SubjectId};

impl Vault {
    /// Who a pseudonym of `domain` stands for. `printed` is base64url, hex, or the hex of a raw one, with its epoch.
    ///
    /// Pseudonyms are one-way: the answer comes from an index of what the vault holds, made when a domain is
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
        self.bring_up_to_date(keys, domain, recorded)?;
        let epoch = keys.current_epoch(domain).to_string();
        let Some(tag) = tag(printed, &epoch) else { return Ok(Vec::new()) };
        let mut query = self.database.reader().prepare_cached(
            "SELECT DISTINCT id, subject, alias, created FROM pseudonym JOIN person ON person.id = pseudonym.person
             WHERE domain = ?1 AND epoch = ?2 AND tag = ?3",
        )?;
        query.query_and_then((domain.as_str(), epoch, tag.as_slice()), person)?.collect()
    }

    fn bring_up_to_date(&self, keys: &Keyring, domain: &Domain, _recorded: &Receipt) -> Result<(), Error> {
        let epoch = keys.current_epoch(domain);
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
