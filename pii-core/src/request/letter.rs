use std::collections::BTreeMap;

use arrow::array::StringBuilder;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Claim, Error};
use crate::audit::Receipt;
use crate::keyring::{Keyring, PseudonymKey};
use crate::pseudonym::Normaliser;
use crate::vault::{Deposit, Held, People, Person, Value, Vault};
use crate::vocab::{Category, DatasetId, Identifier, IdentifierKind, Personal};

/// What people wrote to name themselves. It lies in the vault and nowhere else: under the request's number as if that were
/// a person, with a key of its own, so that it is read, moved and shredded as everything there is. Nobody is found by it.
pub struct Letters<'a> {
    vault: &'a Vault,
    keys: &'a Keyring,
}

impl<'a> Letters<'a> {
    /// Those of a vault.
    pub fn new(vault: &'a Vault, keys: &'a Keyring) -> Self {
        Self { vault, keys }
    }

    /// A keyed hash of each claim and of who makes it, however they are spelled and in whichever order.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn contents<'i>(
        &self,
        letters: impl IntoIterator<Item = (&'i Claim, &'i [Identifier])>,
    ) -> Result<Vec<[u8; 32]>, Error> {
        let key = self.keys.ledger("request")?;
        letters.into_iter().map(|(claim, identifiers)| content(&key, claim, identifiers)).collect()
    }

    /// Lays down who makes these requests.
    ///
    /// # Errors
    /// [`Error::Vault`].
    pub fn keep(&self, letters: &[(Uuid, &[Identifier])], at: Timestamp, recorded: &Receipt) -> Result<(), Error> {
        let kinds: BTreeMap<_, _> = letters
            .iter()
            .flat_map(|(_, who)| who.iter())
            .map(|who| (who.kind.clone(), StringBuilder::new()))
            .collect();
        let (mut numbers, mut columns) = (StringBuilder::new(), kinds);
        for (id, who) in letters.iter().flat_map(|(id, who)| who.iter().map(move |who| (id, who))) {
            numbers.append_value(id.to_string());
            for (kind, values) in &mut columns {
                values.append_option((*kind == who.kind).then(|| who.value.expose()));
            }
        }
        let own = |kind: &IdentifierKind| {
            let category = kind.category().or_else(|| Category::parse(OWN).ok());
            category.ok_or(Error::Corrupt("a kind of no category"))
        };
        let number = number_kind()?;
        let mut held = vec![Held {
            path: NUMBER.to_owned(),
            category: own(&number)?,
            region: None,
            identifier: Some(number),
            values: numbers.finish(),
        }];
        for (kind, mut values) in columns {
            let category = own(&kind)?;
            held.push(Held {
                path: kind.to_string(),
                category,
                region: None,
                identifier: None,
                values: values.finish(),
            });
        }
        let dataset = DatasetId::parse(DATASET).map_err(|_| Error::Corrupt("a name"))?;
        let deposit = Deposit { dataset: &dataset, subject: 0, columns: &held, at };
        self.vault.deposit(self.keys, &deposit, &mut People::default(), recorded)?;
        Ok(())
    }

    /// Under what the vault keeps the letters of these requests; one that is gone is left out.
    ///
    /// # Errors
    /// [`Error::Vault`].
    pub fn of(&self, ids: &[Uuid]) -> Result<Vec<Person>, Error> {
        Ok(self.each(ids)?.into_iter().flatten().collect())
    }

    /// Who made each of these requests, in their order; nobody, once the letter is gone. Each look has its receipt.
    ///
    /// # Errors
    /// [`Error::Vault`].
    pub fn read(&self, ids: &[Uuid], recorded: &[Receipt]) -> Result<Vec<Vec<Identifier>>, Error> {
        let found = self.each(ids)?;
        let people: Vec<Person> = found.iter().flatten().cloned().collect();
        let mut letters = self.vault.read_all(&people, recorded)?.into_iter();
        let who = |value: Value| {
            let kind = IdentifierKind::parse(&value.column).ok().filter(|_| value.column != NUMBER)?;
            Some(Identifier { kind, value: value.value })
        };
        let mut read = |found: Option<Person>| found.and_then(|_| letters.next()).unwrap_or_default();
        Ok(found.into_iter().map(|found| read(found).into_iter().filter_map(who).collect()).collect())
    }

    fn each(&self, ids: &[Uuid]) -> Result<Vec<Option<Person>>, Error> {
        let kind = number_kind()?;
        let number = |id: &Uuid| Identifier { kind: kind.clone(), value: Personal::new(id.to_string()) };
        let numbers: Vec<_> = ids.iter().map(number).collect();
        let found = self.vault.find_all(self.keys, &numbers.iter().collect::<Vec<_>>())?;
        Ok(found.into_iter().map(|people| people.into_iter().next()).collect())
    }
}

fn content(key: &PseudonymKey, claim: &Claim, identifiers: &[Identifier]) -> Result<[u8; 32], Error> {
    let mut named: Vec<_> = identifiers.iter().map(|who| (who.kind.as_str(), normal(who))).collect();
    named.sort_unstable();
    named.dedup();
    let whole = serde_json::to_vec(&(claim, named)).map_err(|_| Error::Corrupt("what is to be stored"))?;
    Ok(key.sign(&whole))
}

/// Whether an identifier has the form of its kind, as far as that has one.
pub fn is_well_formed(who: &Identifier) -> bool {
    let normal = normal(who);
    match who.kind.category().map(Category::name) {
        Some("user.contact.email") => normal.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !normal.contains(char::is_whitespace)
        }),
        Some("user.contact.phone_number") => normal.bytes().filter(u8::is_ascii_digit).count() >= 5,
        _ => !normal.is_empty(),
    }
}

/// Whether a kind is one of ours: nobody asks by it.
pub fn is_reserved(kind: &IdentifierKind) -> bool {
    kind.as_str() == NUMBER
}

pub(super) fn normal(who: &Identifier) -> String {
    let normaliser = who.kind.category().map_or(Normaliser::Text, |category| Normaliser::for_category(category, None));
    normaliser.normalise(who.value.expose()).into_owned()
}

fn number_kind() -> Result<IdentifierKind, Error> {
    IdentifierKind::parse(NUMBER).map_err(|_| Error::Corrupt("a name"))
}

/// What a key of the controller's own is.
const OWN: &str = "user.unique_id";
/// As which dataset letters lie in the vault.
const DATASET: &str = "pii.requests";
/// The kind and the column of a request's number.
const NUMBER: &str = "pii_request";
