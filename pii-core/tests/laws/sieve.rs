//! The rows that stay behind are those that a look at every value, one by one, would find.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, LargeStringArray, ListArray, MapBuilder, RecordBatch,
    StringArray, StringBuilder, StringViewArray, StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type};
use jiff::Timestamp;
use pii_core::audit::{Action, Event};
use pii_core::batch::{Batch, Dropped, Protection};
use pii_core::policy::Policy;
use pii_core::register::{Entry, Markers, Prohibition, Register};
use pii_core::vocab::{Actor, Identifier, PurposeId};
use proptest::prelude::*;
use uuid::Uuid;

use crate::world::{World, dataset, recipient};

const POLICY: &str = r#"
    controller = { name = "Acme GmbH", contact = "dpo@acme.example" }
    purpose = [{ id = "analytics", lawful_basis = "legitimate-interests" }]
    recipient = [{ id = "warehouse", purpose = "analytics", methods = { "user" = "drop", "none" = "keep" } }]
    [[dataset]]
    id = "crm.people"
    location = "people.parquet"
    purposes = ["analytics"]
    subject = { column = "id", kind = "id" }
    retention = { keep = "P1Y", then = "delete-row" }
    [dataset.columns]
    id = "user.unique_id"
    mail = "user.contact.email"
    "home.mail" = "user.contact.email"
    "home.phones" = { category = "user.contact.phone_number", region = "KR" }
    "friends.keys" = "none"
    "friends.values" = { category = "user.contact.email", subject = false }
    row = "none"
"#;

/// Somebody, under one of the spellings of their number, their address and their telephone number.
#[derive(Clone, Copy, Debug)]
struct Name {
    who: i64,
    spelling: usize,
}

impl Name {
    fn id(self) -> String {
        self.who.to_string()
    }

    fn mail(self) -> String {
        let who = self.who;
        [format!("p{who}@bücher.example"), format!(" P{who}@XN--bcher-kva.example"), format!("p{who}@Bücher.example ")]
            [self.spelling % 3]
            .clone()
    }

    fn phone(self) -> String {
        let who = self.who;
        [format!("010-1234-{who:04}"), format!("+82 10 1234 {who:04}"), format!("0082101234{who:04}")]
            [self.spelling % 3]
            .clone()
    }
}

/// Who stands in the columns of a row.
#[derive(Clone, Debug)]
struct Person {
    id: Option<Name>,
    mail: Option<Name>,
    /// None: the struct is null, and what lies beneath does not count.
    home: Option<(Option<Name>, Vec<Option<Name>>)>,
    friends: Vec<Name>,
}

impl Person {
    /// A look at each value.
    fn is_forbidden(&self, numbers: &BTreeSet<i64>, mails: &BTreeSet<i64>, phones: &BTreeSet<i64>) -> bool {
        let any =
            |names: &[Option<Name>], known: &BTreeSet<i64>| names.iter().flatten().any(|n| known.contains(&n.who));
        let friends: Vec<_> = self.friends.iter().copied().map(Some).collect();
        any(&[self.id], numbers)
            || any(&[self.mail], mails)
            || any(&friends, mails)
            || self.home.as_ref().is_some_and(|(mail, has)| any(&[*mail], mails) || any(has, phones))
    }
}

#[test]
fn the_sieve_finds_what_a_look_at_every_value_finds() {
    // Keys and a log, for all cases: to make them takes longer than to look.
    let (World { keys, log, .. }, dir) = (World::new(), tempfile::tempdir().unwrap());
    let policy = Policy::parse(&[("policies/acme.toml".into(), POLICY.to_owned())]).unwrap();
    let markers = Markers::new(&keys, &policy).unwrap();
    proptest!(ProptestConfig::with_cases(64), |(
        rows in prop::collection::vec(person(), 0..200),
        numbers in people(), mails in people(), phones in people(), restricted in people(),
        shape in 0..3usize, from in 0..10usize,
    )| {
        let register = Register::open(&dir.path().join(Uuid::now_v7().to_string())).unwrap();
        let entry = |forbids, lines: Vec<String>| Entry {
            forbids,
            request: Uuid::now_v7(),
            since: Timestamp::UNIX_EPOCH,
            lifted: None,
            marks: lines.iter().flat_map(|line| markers.of(&Identifier::parse(line).unwrap()).unwrap()).collect(),
        };
        let name = |who: &i64| Name { who: *who, spelling: usize::try_from(*who).unwrap() };
        let objection = Prohibition::Objection { purpose: PurposeId::parse("analytics").unwrap(), recipient: None };
        let lines = numbers.iter().map(|who| format!("id={}", name(who).id()))
            .chain(mails.iter().map(|who| format!("email={}", name(who).mail())))
            .chain(phones.iter().map(|who| format!("phone={}", name(who).phone())));
        let entries = [
            entry(objection, lines.collect()),
            entry(Prohibition::Restriction, restricted.iter().map(|who| format!("email={}", name(who).mail())).collect()),
        ];
        register.forbid(&entries, &[log.append(&Event::new(Action::Object, Actor::local("test"))).unwrap()]).unwrap();

        let batch = batch(&rows, shape);
        let (from, to) = (from.min(rows.len()), recipient("warehouse"));
        let batch = batch.slice(from, rows.len() - from);
        let of = dataset("crm.people");
        let protection = Protection::new(&policy, &of, &to, &keys, &register, batch.schema_ref()).unwrap();
        let protected = Batch::raw(of, batch).tag(&policy).unwrap().protect(&protection).unwrap();

        let none = BTreeSet::new();
        let (mut stay, mut dropped) = (Vec::new(), Dropped::default());
        for (row, person) in rows.iter().enumerate().skip(from) {
            if person.is_forbidden(&none, &restricted, &none) {
                dropped.restrictions += 1;
            } else if person.is_forbidden(&numbers, &mails, &phones) {
                dropped.objections += 1;
            } else {
                stay.push(i64::try_from(row).unwrap());
            }
        }
        prop_assert_eq!(protected.dropped(), dropped);
        let left = protected.rows().column_by_name("row").unwrap().as_primitive::<Int64Type>().values().to_vec();
        prop_assert_eq!(left, stay);
    });
}

#[test]
fn whoever_leaves_has_the_pseudonym_that_is_theirs_if_nobody_objects() {
    let (World { keys, log, .. }, dir) = (World::new(), tempfile::tempdir().unwrap());
    let policy = POLICY.replace("\"user\" = \"drop\"", "\"user\" = \"pseudonymise\"");
    let policy = Policy::parse(&[("policies/acme.toml".into(), policy)]).unwrap();
    // Long enough to be looked at in several stretches; only some of them have spellings that are not normal.
    let mail = |n: usize| match n {
        0..10_000 => Some(format!("p{n}@example.org")),
        10_000..20_000 => Some(format!(" P{n}@BÜCHER.example")),
        _ => (!n.is_multiple_of(3)).then(|| format!("jürg.p{n}@example.org")),
    };
    let (count, objectors) = (30_000, [5, 12_345, 20_002, 29_999]);
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("id", Arc::new((0..count).map(|n| Some(n.to_string())).collect::<StringArray>()) as ArrayRef, true),
        ("mail", Arc::new((0..count).map(mail).collect::<StringArray>()) as ArrayRef, true),
    ])
    .unwrap();
    let markers = Markers::new(&keys, &policy).unwrap();
    let who = |n: &usize| Identifier::parse(&format!("email={}", mail(*n).unwrap().trim().to_uppercase())).unwrap();
    let objection = Entry {
        forbids: Prohibition::Objection { purpose: PurposeId::parse("analytics").unwrap(), recipient: None },
        request: Uuid::now_v7(),
        since: Timestamp::UNIX_EPOCH,
        lifted: None,
        marks: objectors.iter().flat_map(|n| markers.of(&who(n)).unwrap()).collect(),
    };
    let released = |name: &str, entries: &[Entry]| {
        let register = Register::open(&dir.path().join(name)).unwrap();
        register.forbid(entries, &[log.append(&Event::new(Action::Object, Actor::local("test"))).unwrap()]).unwrap();
        let (of, to) = (dataset("crm.people"), recipient("warehouse"));
        let protection = Protection::new(&policy, &of, &to, &keys, &register, batch.schema_ref()).unwrap();
        Batch::raw(of, batch.clone()).tag(&policy).unwrap().protect(&protection).unwrap().rows().clone()
    };
    let stays: BooleanArray = (0..count).map(|n| Some(!objectors.contains(&n))).collect();
    let all = released("nobody", &[]);
    assert_eq!(released("some", &[objection]), filter_record_batch(&all, &stays).unwrap());
}

fn people() -> impl Strategy<Value = BTreeSet<i64>> {
    prop::collection::btree_set(0..100i64, 0..6)
}

fn name() -> impl Strategy<Value = Name> {
    (0..100i64, 0..3usize).prop_map(|(who, spelling)| Name { who, spelling })
}

fn person() -> impl Strategy<Value = Person> {
    let maybe = || prop::option::of(name());
    let home = prop::option::of((maybe(), prop::collection::vec(maybe(), 0..3)));
    (maybe(), maybe(), home, prop::collection::vec(name(), 0..2)).prop_map(|(id, mail, home, friends)| Person {
        id,
        mail,
        home,
        friends,
    })
}

/// Rows of these people, in one of the ways in which Arrow lays text out.
fn batch(rows: &[Person], shape: usize) -> RecordBatch {
    let mails = || rows.iter().map(|row| row.mail.map(Name::mail));
    let mail: ArrayRef = match shape {
        0 => Arc::new(mails().collect::<LargeStringArray>()),
        1 => Arc::new(mails().collect::<StringViewArray>()),
        _ => {
            let texts: Vec<_> = mails().collect();
            Arc::new(texts.iter().map(Option::as_deref).collect::<DictionaryArray<Int32Type>>())
        }
    };
    let ids = rows.iter().map(|row| row.id);
    let id: ArrayRef = match shape {
        0 => Arc::new(ids.map(|id| id.map(|id| id.who)).collect::<arrow::array::Int64Array>()),
        _ => Arc::new(ids.map(|id| id.map(Name::id)).collect::<StringArray>()),
    };
    // Of a null struct, the parts hold something all the same.
    let somebody = Name { who: 1, spelling: 0 };
    let homes = || rows.iter().map(|row| row.home.clone().unwrap_or((Some(somebody), vec![Some(somebody)])));
    let lengths = homes().map(|(_, phones)| phones.len());
    let phones: StringArray = homes().flat_map(|(_, phones)| phones).map(|phone| phone.map(Name::phone)).collect();
    let item = Arc::new(Field::new("item", DataType::Utf8, true));
    let phones = ListArray::new(item, OffsetBuffer::from_lengths(lengths), Arc::new(phones), None);
    let home_mail: StringArray = homes().map(|(mail, _)| mail.map(Name::mail)).collect();
    let fields = vec![Field::new("mail", DataType::Utf8, true), Field::new("phones", phones.data_type().clone(), true)];
    let nulls: NullBuffer = rows.iter().map(|row| row.home.is_some()).collect();
    let home = StructArray::new(fields.into(), vec![Arc::new(home_mail), Arc::new(phones)], Some(nulls));
    let mut friends = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for row in rows {
        for (number, friend) in row.friends.iter().enumerate() {
            friends.keys().append_value(number.to_string());
            friends.values().append_value(friend.mail());
        }
        friends.append(true).unwrap();
    }
    let numbers: arrow::array::Int64Array = (0..i64::try_from(rows.len()).unwrap()).map(Some).collect();
    RecordBatch::try_from_iter_with_nullable([
        ("id", id, true),
        ("mail", mail, true),
        ("home", Arc::new(home) as ArrayRef, true),
        ("friends", Arc::new(friends.finish()) as ArrayRef, true),
        ("row", Arc::new(numbers) as ArrayRef, true),
    ])
    .unwrap()
}
