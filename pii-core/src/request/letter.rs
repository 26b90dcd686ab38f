use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{StringArray, StringBuilder};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Claim, Corrected, Correction, Error};
use crate::audit::Receipt;
use crate::keyring::{Keyring, PseudonymKey};
use crate::policy::Policy;
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

    /// A keyed hash of each claim, of who makes it, however they are spelled and in whichever order, and of what is right.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn contents<'i>(
        &self,
        letters: impl IntoIterator<Item = (&'i Claim, &'i [Identifier], &'i [Correction])>,
    ) -> Result<Vec<[u8; 32]>, Error> {
        let key = self.keys.ledger("request")?;
        letters.into_iter().map(|(claim, who, corrections)| content(&key, claim, who, corrections)).collect()
    }

    /// Lays down who makes these requests.
    ///
    /// # Errors
    /// [`Error::Vault`].
    pub fn keep(&self, letters: &[(Uuid, &[Identifier])], at: Timestamp, recorded: &Receipt) -> Result<(), Error> {
        let mut columns: BTreeMap<_, _> = letters
            .iter()
            .flat_map(|(_, who)| who.iter())
            .map(|who| (who.kind.clone(), StringBuilder::new()))
            .collect();
        let mut numbers = StringBuilder::new();
        for (id, who) in letters.iter().flat_map(|(id, who)| who.iter().map(move |who| (id, who))) {
            numbers.append_value(id.to_string());
            for (kind, values) in &mut columns {
                values.append_option((*kind == who.kind).then(|| who.value.expose()));
            }
        }
        let own = |kind: &IdentifierKind| kind.category().map_or_else(own_key, Ok);
        let columns =
            columns.into_iter().map(|(kind, mut values)| Ok((kind.to_string(), own(&kind)?, values.finish())));
        self.lay(numbers.finish(), columns.collect::<Result<_, Error>>()?, at, recorded)
    }

    /// Lays down what is right, in the words of whoever makes a request.
    ///
    /// # Errors
    /// [`Error::Vault`].
    pub fn keep_corrections(
        &self,
        id: Uuid,
        corrections: &[Correction],
        at: Timestamp,
        recorded: &Receipt,
    ) -> Result<(), Error> {
        for Correction { of, value } in corrections {
            let column = (format!("{RIGHT}{of}"), own_key()?, StringArray::from(vec![value.expose().as_str()]));
            self.lay(StringArray::from(vec![id.to_string()]), vec![column], at, recorded)?;
        }
        Ok(())
    }

    /// What whoever made a request says is right; nothing, once the letter is gone.
    ///
    /// # Errors
    /// [`Error::Vault`]; [`Error::NothingToCorrect`] of what the policy no longer knows.
    pub fn corrections(&self, id: Uuid, policy: &Policy, recorded: &Receipt) -> Result<Vec<Correction>, Error> {
        let mut corrections = Vec::new();
        for letter in self.of(&[id])? {
            for Value { column, value, .. } in self.vault.read(&letter, recorded)? {
                if let Some(of) = column.strip_prefix(RIGHT) {
                    corrections.push(Correction { of: Corrected::parse(policy, of)?, value });
                }
            }
        }
        Ok(corrections)
    }

    fn lay(
        &self,
        numbers: StringArray,
        columns: Vec<(String, Category, StringArray)>,
        at: Timestamp,
        recorded: &Receipt,
    ) -> Result<(), Error> {
        let mut held = vec![Held {
            path: NUMBER.to_owned(),
            category: own_key()?,
            region: None,
            identifier: Some(number_kind()?),
            values: numbers,
        }];
        held.extend(columns.into_iter().map(|(path, category, values)| Held {
            path,
            category,
            region: None,
            identifier: None,
            values,
        }));
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

fn content(
    key: &PseudonymKey,
    claim: &Claim,
    identifiers: &[Identifier],
    corrections: &[Correction],
) -> Result<[u8; 32], Error> {
    let mut named: Vec<_> = identifiers.iter().map(|who| (who.kind.as_str(), normal(who))).collect();
    named.sort_unstable();
    named.dedup();
    let right: BTreeSet<_> = corrections.iter().map(|one| (one.of.to_string(), one.value.expose())).collect();
    let whole = serde_json::to_vec(&(claim, named, right)).map_err(|_| Error::Corrupt("what is to be stored"))?;
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

fn own_key() -> Result<Category, Error> {
    Category::parse(OWN).map_err(|_| Error::Corrupt("a kind of no category"))
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
/// Before the name of what is corrected. No kind of identifier is written so.
const RIGHT: &str = "right:";
