//! Whom is this row about? The one place that decides it, for every database.

use std::collections::{HashMap, HashSet};

use super::Error;
use super::store::{Blind, Named, PersonId, Reader};

/// A column of identifiers: their kind, and the blind tag in each row that has one.
pub(super) struct Pointers {
    pub(super) kind: i64,
    pub(super) tags: Vec<Option<Blind>>,
}

/// A person of a batch: one whom the vault has, or one it is about to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Whose {
    Known(PersonId),
    New(usize),
}

/// Whom each row is about; nobody, if its subject column names nobody.
pub(super) fn link(
    reader: &mut dyn Reader,
    columns: &[Option<Pointers>],
    subject: usize,
) -> Result<Vec<Option<Whose>>, Error> {
    let subjects = columns.get(subject).and_then(Option::as_ref);
    let subjects = subjects.ok_or(Error::Corrupt("a deposit whose subject column is no identifier"))?;
    let known = Known::ask(reader, columns, subjects)?;
    let mut batch = Batch { people: HashMap::new(), links: HashMap::new(), taken: HashSet::new(), new: 0 };
    let mut whose = Vec::with_capacity(subjects.tags.len());
    for (row, tag) in subjects.tags.iter().enumerate() {
        whose.push(tag.map(|tag| {
            let others = || pointers(columns, row).filter(|(kind, _)| *kind != subjects.kind);
            let person = batch.person(&known, (subjects.kind, tag), others);
            pointers(columns, row).for_each(|pointer| batch.link(pointer, person));
            person
        }));
    }
    Ok(whose)
}

/// The identifiers of a row: kind and blind tag, in the order of columns.
fn pointers(columns: &[Option<Pointers>], row: usize) -> impl Iterator<Item = (i64, Blind)> + '_ {
    columns.iter().flatten().filter_map(move |column| Some((column.kind, (*column.tags.get(row)?)?)))
}

/// What the vault says of the identifiers of a batch.
struct Known {
    named: HashMap<(i64, Blind), Vec<Named>>,
    /// Who has an identifier of the subject's kind already.
    having: HashSet<PersonId>,
}

impl Known {
    /// Three questions at most for each kind, however many rows there are.
    fn ask(reader: &mut dyn Reader, columns: &[Option<Pointers>], subjects: &Pointers) -> Result<Self, Error> {
        let mut this = Self { named: HashMap::new(), having: HashSet::new() };
        this.ask_for(reader, subjects.kind, subjects.tags.iter().flatten().copied().collect())?;
        // Only the first row of somebody whom their subject column does not name asks for its other identifiers.
        let mut met: HashSet<Blind> = HashSet::new();
        let mut others: HashMap<i64, HashSet<Blind>> = HashMap::new();
        for (row, tag) in subjects.tags.iter().enumerate() {
            let Some(tag) = tag.filter(|tag| met.insert(*tag)) else { continue };
            if this.by_subject((subjects.kind, tag)).is_none() {
                for (kind, tag) in pointers(columns, row).filter(|(kind, _)| *kind != subjects.kind) {
                    others.entry(kind).or_default().insert(tag);
                }
            }
        }
        for (kind, tags) in others {
            this.ask_for(reader, kind, tags)?;
        }
        let lone = this.named.iter().filter(|((kind, _), _)| *kind != subjects.kind);
        let lone: HashSet<_> = lone.filter_map(|(_, named)| one(named)).collect();
        let mut lone: Vec<_> = lone.into_iter().collect();
        lone.sort_unstable();
        this.having = reader.having(subjects.kind, &lone)?.into_iter().collect();
        Ok(this)
    }

    fn ask_for(&mut self, reader: &mut dyn Reader, kind: i64, tags: HashSet<Blind>) -> Result<(), Error> {
        let mut tags: Vec<_> = tags.into_iter().collect();
        tags.sort_unstable();
        let named = reader.named(kind, &tags, 2)?;
        self.named.extend(tags.into_iter().map(|tag| (kind, tag)).zip(named).filter(|(_, named)| !named.is_empty()));
        Ok(())
    }

    /// By whose subject column the identifier came before, or else who alone has it.
    fn by_subject(&self, pointer: (i64, Blind)) -> Option<PersonId> {
        match self.of(pointer) {
            [Named { person, is_subject: true }, ..] | [Named { person, .. }] => Some(*person),
            // Nobody; or several people who share it, and a guess would show one the data of another.
            _ => None,
        }
    }

    fn of(&self, pointer: (i64, Blind)) -> &[Named] {
        self.named.get(&pointer).map(Vec::as_slice).unwrap_or_default()
    }
}

fn one(named: &[Named]) -> Option<PersonId> {
    match named {
        [Named { person, .. }] => Some(*person),
        _ => None,
    }
}

/// What the rows of a batch have said so far; those that follow go by it, too.
struct Batch {
    /// By the tag of their subject column.
    people: HashMap<Blind, Whose>,
    links: HashMap<(i64, Blind), Sharing>,
    /// People whom rows of this batch are about: they have an identifier of the subject's kind.
    taken: HashSet<Whose>,
    new: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Sharing {
    One(Whose),
    Several,
}

impl Batch {
    fn person<I: Iterator<Item = (i64, Blind)>>(
        &mut self,
        known: &Known,
        subject: (i64, Blind),
        others: impl FnOnce() -> I,
    ) -> Whose {
        if let Some(person) = self.people.get(&subject.1) {
            return *person;
        }
        let found = self.named_by_subject(known, subject);
        let found = found.or_else(|| others().find_map(|pointer| self.named_alone(known, pointer)));
        let person = found.unwrap_or_else(|| {
            self.new += 1;
            Whose::New(self.new - 1)
        });
        self.people.insert(subject.1, person);
        self.taken.insert(person);
        person
    }

    fn named_by_subject(&self, known: &Known, pointer: (i64, Blind)) -> Option<Whose> {
        let before = known.of(pointer);
        let person = known.by_subject(pointer).map(Whose::Known);
        match (before, self.links.get(&pointer)) {
            (_, None) | ([Named { is_subject: true, .. }, ..], _) => person,
            // In this batch, it stood beside somebody.
            ([], Some(Sharing::One(person))) => Some(*person),
            ([_], Some(Sharing::One(here))) if person == Some(*here) => person,
            _ => None,
        }
    }

    /// Who alone has another identifier of the row, if they have none of the subject's kind yet.
    fn named_alone(&self, known: &Known, pointer: (i64, Blind)) -> Option<Whose> {
        let person = one(known.of(pointer)).filter(|person| !known.having.contains(person))?;
        let free = !self.links.contains_key(&pointer) && !self.taken.contains(&Whose::Known(person));
        free.then_some(Whose::Known(person))
    }

    fn link(&mut self, pointer: (i64, Blind), person: Whose) {
        let linked = self.links.entry(pointer).or_insert(Sharing::One(person));
        if *linked != Sharing::One(person) {
            *linked = Sharing::Several;
        }
    }
}
