use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::letter::normal;
use super::{Error, Norms, Words};
use crate::erase::Values;
use crate::keyring::Keyring;
use crate::policy::Policy;
use crate::vault::{Person, Value, Vault};
use crate::vocab::{DatasetId, Identifier, IdentifierKind, SubjectId};

/// Whom some requests are about: the people whom the vault knows, and every spelling of what points to them.
#[derive(Debug, Default)]
pub struct Sought {
    /// With how many values the vault holds of each.
    people: BTreeMap<SubjectId, (Person, u64)>,
    /// Their names, as the vault has them: nobody is found by these, and texts speak of people by them.
    names: BTreeSet<String>,
    /// Requests of people whom the vault does not know.
    unknown: Vec<Uuid>,
    /// Who makes each request: what they gave, and what the vault has.
    named: Vec<(Uuid, Vec<Identifier>)>,
    /// Who that is in the vault, in the same order.
    whose: Vec<Option<SubjectId>>,
    /// What is not looked for, as it is somebody else's too.
    shared: HashSet<(IdentifierKind, String)>,
    /// Every spelling, by kind, once it was asked for: one list for all places.
    spellings: RefCell<BTreeMap<IdentifierKind, Option<Values>>>,
}

/// One of several people whom the identifiers of a request name.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Who.
    pub person: Person,
    /// Which of the kinds given name them.
    pub kinds: Vec<IdentifierKind>,
}

/// Somebody who is looked for among those who make requests: by what names them, and as whom the vault knows them.
#[derive(Debug, Default)]
pub struct Wanted {
    /// What names them.
    pub identifiers: Vec<Identifier>,
    /// As whom the vault knows them.
    pub people: Vec<Person>,
}

impl Sought {
    /// Whom the identifiers of each request name in the vault, in their order: nobody, or one person. An address that
    /// two share does not stand against a key that only one of them has.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] if those of one name several; [`Error::Vault`].
    pub fn find(
        vault: &Vault,
        keys: &Keyring,
        letters: &[(Uuid, &[Identifier])],
    ) -> Result<Vec<Option<Person>>, Error> {
        let identifiers: Vec<&Identifier> = letters.iter().flat_map(|(_, who)| who.iter()).collect();
        let mut found = vault.find_all(keys, &identifiers)?.into_iter();
        letters.iter().map(|(id, who)| one(*id, who, found.by_ref().take(who.len()))).collect()
    }

    /// Adds who makes a request: what they gave, and what the vault holds of them, if it knows them.
    pub fn add(&mut self, policy: &Policy, id: Uuid, mut who: Vec<Identifier>, known: Option<(Person, Vec<Value>)>) {
        self.whose.push(known.as_ref().map(|(person, _)| person.subject));
        match known {
            None => self.unknown.push(id),
            Some((person, values)) => {
                self.people.insert(person.subject, (person, values.len() as u64));
                let names = values.iter().filter(|held| held.category.name() == "user.name");
                self.names.extend(names.map(|held| held.value.expose().clone()));
                let named = values
                    .into_iter()
                    .filter_map(|held| Some(Identifier { kind: kind_of(policy, &held)?, value: held.value }));
                who.extend(named);
            }
        }
        who.sort_by(|a, b| (&a.kind, a.value.expose()).cmp(&(&b.kind, b.value.expose())));
        who.dedup_by(|a, b| a.kind == b.kind && a.value.expose() == b.value.expose());
        who.shrink_to_fit();
        self.named.push((id, who));
        self.spellings.get_mut().clear();
    }

    /// The people whom the vault knows.
    pub fn people(&self) -> Vec<Person> {
        self.people.values().map(|(person, _)| person.clone()).collect()
    }

    /// How many values it holds of them.
    pub fn values(&self) -> u64 {
        self.people.values().map(|(_, values)| values).sum()
    }

    /// Requests of people whom it does not know.
    pub fn unknown(&self) -> &[Uuid] {
        &self.unknown
    }

    /// Every spelling of identifiers of a kind; nothing, if there is none.
    pub fn spellings(&self, kind: &IdentifierKind) -> Option<Values> {
        let mut known = self.spellings.borrow_mut();
        if let Some(known) = known.get(kind) {
            return known.clone();
        }
        let theirs = self.named.iter().flat_map(|(_, who)| who).filter(|who| who.kind == *kind);
        let mut texts: Vec<&String> = theirs.map(|who| who.value.expose()).collect();
        texts.sort_unstable();
        texts.dedup();
        let shared = |text: &&String| !self.shared.is_empty() && self.shared.contains(&(kind.clone(), (*text).clone()));
        let values = Values::new(texts.into_iter().filter(|text| !shared(text)).cloned());
        known.insert(kind.clone(), values.clone());
        values
    }

    /// What texts call them: identifiers, as they are written and in their normal forms, and names; nothing, if all of it is
    /// so short that it could be anything.
    pub fn words(&self, policy: &Policy) -> Option<Words> {
        let norms = Norms::of(policy);
        let who = || self.named.iter().flat_map(|(_, who)| who);
        let spelled = who().map(|who| who.value.expose()).chain(&self.names).cloned();
        let normal = who().flat_map(|who| {
            let norms = norms.of_kind(&who.kind);
            norms.iter().map(|norm| norm.normalise(who.value.expose()).into_owned()).collect::<Vec<_>>()
        });
        Words::new(spelled.chain(normal))
    }

    /// Who makes each request.
    pub fn named(&self) -> &[(Uuid, Vec<Identifier>)] {
        &self.named
    }

    /// For each of these, which requests are theirs: made by a person of theirs, or by somebody whom one of their
    /// identifiers names, however it is spelled.
    pub fn requests_of(&self, wanted: &[&Wanted]) -> Vec<BTreeSet<Uuid>> {
        let (mut people, mut names) = (HashMap::<SubjectId, Vec<usize>>::new(), HashMap::<_, Vec<usize>>::new());
        for (place, wanted) in wanted.iter().enumerate() {
            for person in &wanted.people {
                people.entry(person.subject).or_default().push(place);
            }
            for who in &wanted.identifiers {
                names.entry((who.kind.clone(), normal(who))).or_default().push(place);
            }
        }
        let kinds: HashSet<_> = names.keys().map(|(kind, _)| kind.clone()).collect();
        let mut found = vec![BTreeSet::new(); wanted.len()];
        for ((id, who), whose) in self.named.iter().zip(&self.whose) {
            let by_person = whose.iter().filter_map(|subject| people.get(subject)).flatten();
            let known = who.iter().filter(|who| kinds.contains(&who.kind));
            let by_name = known.filter_map(|who| names.get(&(who.kind.clone(), normal(who)))).flatten();
            for place in by_person.chain(by_name) {
                if let Some(found) = found.get_mut(*place) {
                    found.insert(*id);
                }
            }
        }
        found
    }

    /// Only those who make these requests, or only the others. A spelling that is of both is left out of the others.
    #[must_use]
    pub fn part(&self, requests: &BTreeSet<Uuid>, theirs: bool) -> Self {
        let mut part = Self::default();
        let (mut others, mut named) = (HashSet::new(), Vec::new());
        for ((id, who), whose) in self.named.iter().zip(&self.whose) {
            if requests.contains(id) == theirs {
                named.push((id, who, whose));
            } else {
                others.extend(who.iter().map(|who| (&who.kind, who.value.expose().as_str())));
            }
        }
        for (id, who, whose) in named {
            let both = who.iter().filter(|who| others.contains(&(&who.kind, who.value.expose().as_str())));
            if !theirs {
                part.shared.extend(both.map(|who| (who.kind.clone(), who.value.expose().clone())));
            }
            match whose.and_then(|subject| Some((subject, self.people.get(&subject)?.clone()))) {
                Some((subject, person)) => _ = part.people.insert(subject, person),
                None => part.unknown.push(*id),
            }
            part.whose.push(*whose);
            part.named.push((*id, who.clone()));
        }
        part
    }
}

/// Whom these identifiers name together; `found` is whom each one names.
fn one(id: Uuid, who: &[Identifier], found: impl Iterator<Item = Vec<Person>>) -> Result<Option<Person>, Error> {
    let mut candidates: BTreeMap<SubjectId, Candidate> = BTreeMap::new();
    let mut naming = 0;
    for (identifier, found) in who.iter().zip(found) {
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

/// The kind of identifier that a value of the vault is, if it is one.
pub fn kind_of(policy: &Policy, value: &Value) -> Option<IdentifierKind> {
    let dataset = DatasetId::parse(&value.dataset).ok().and_then(|id| policy.dataset(&id));
    match dataset {
        Some(dataset) => dataset.identifier(&value.column),
        None => IdentifierKind::of_column(value.category, &value.column),
    }
}
