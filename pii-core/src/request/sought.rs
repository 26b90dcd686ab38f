use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::Error;
use crate::erase::Values;
use crate::keyring::Keyring;
use crate::policy::Policy;
use crate::vault::{Person, Value, Vault};
use crate::vocab::{DatasetId, Identifier, IdentifierKind, SubjectId};

/// Whom some requests are about: the people whom the vault knows, and every spelling of what points to them.
#[derive(Debug, Default)]
pub struct Sought {
    people: BTreeMap<SubjectId, Person>,
    spellings: BTreeMap<IdentifierKind, BTreeSet<String>>,
    /// Values that the vault holds of them.
    values: u64,
    /// Requests of people whom the vault does not know.
    unknown: Vec<Uuid>,
    /// Who makes each request: what they gave, and what the vault has.
    named: Vec<(Uuid, Vec<Identifier>)>,
}

/// One of several people whom the identifiers of a request name.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Who.
    pub person: Person,
    /// Which of the kinds given name them.
    pub kinds: Vec<IdentifierKind>,
}

impl Sought {
    /// Whom the identifiers of a request name in the vault: nobody, or one person. An address that two share does not
    /// stand against a key that only one of them has.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] if they name several; [`Error::Vault`].
    pub fn find(vault: &Vault, keys: &Keyring, id: Uuid, who: &[Identifier]) -> Result<Option<Person>, Error> {
        let mut candidates: BTreeMap<SubjectId, Candidate> = BTreeMap::new();
        let mut naming = 0;
        for identifier in who {
            let found = vault.find(keys, identifier)?;
            naming += usize::from(!found.is_empty());
            for person in found {
                let candidate = candidates.entry(person.subject);
                let candidate = candidate.or_insert_with(|| Candidate { person, kinds: Vec::new() });
                candidate.kinds.push(identifier.kind.clone());
            }
        }
        let by_all = |candidate: &&Candidate| candidate.kinds.len() == naming;
        let mut meant = candidates.values().filter(by_all);
        match (meant.next(), meant.next()) {
            (Some(candidate), None) => Ok(Some(candidate.person.clone())),
            (None, _) if candidates.is_empty() => Ok(None),
            _ => Err(Error::Ambiguous { id, candidates: candidates.into_values().collect() }),
        }
    }

    /// Adds who makes a request: what they gave, and what the vault holds of them, if it knows them.
    pub fn add(&mut self, policy: &Policy, id: Uuid, mut who: Vec<Identifier>, known: Option<(Person, Vec<Value>)>) {
        match known {
            None => self.unknown.push(id),
            Some((person, values)) => {
                if self.people.insert(person.subject, person).is_none() {
                    self.values += values.len() as u64;
                }
                let named = values
                    .into_iter()
                    .filter_map(|held| Some(Identifier { kind: kind_of(policy, &held)?, value: held.value }));
                who.extend(named);
            }
        }
        who.sort_by(|a, b| (&a.kind, a.value.expose()).cmp(&(&b.kind, b.value.expose())));
        who.dedup_by(|a, b| a.kind == b.kind && a.value.expose() == b.value.expose());
        for identifier in &who {
            let spellings = self.spellings.entry(identifier.kind.clone()).or_default();
            spellings.insert(identifier.value.expose().clone());
        }
        self.named.push((id, who));
    }

    /// The people whom the vault knows.
    pub fn people(&self) -> Vec<Person> {
        self.people.values().cloned().collect()
    }

    /// How many values it holds of them.
    pub fn values(&self) -> u64 {
        self.values
    }

    /// Requests of people whom it does not know.
    pub fn unknown(&self) -> &[Uuid] {
        &self.unknown
    }

    /// Every spelling of identifiers of a kind; nothing, if there is none.
    pub fn spellings(&self, kind: &IdentifierKind) -> Option<Values> {
        Values::new(self.spellings.get(kind)?.iter().cloned())
    }

    /// Who makes each request.
    pub fn named(&self) -> &[(Uuid, Vec<Identifier>)] {
        &self.named
    }
}

/// The kind of identifier that a value of the vault is, if it is one.
pub fn kind_of(policy: &Policy, value: &Value) -> Option<IdentifierKind> {
    let dataset = DatasetId::parse(&value.dataset).ok().and_then(|id| policy.dataset(&id));
    match dataset {
        Some(dataset) => dataset.identifier(&value.column),
        None => IdentifierKind::of_column(value.category, &value.column),
    }
}
