//! How a `[[dataset]]` is read. What cannot stand is reported and stood in for, so that the rest is checked too:
//! with a violation there is no policy, and no stand-in gets out.

use std::collections::BTreeMap;

use jiff::Span;

use super::closest::{closest, suggestion};
use super::dataset::{parent, usual_origin};
use super::names::{Names, category, name};
use super::table::{Entry, Table};
use super::violation::{At, Found};
use super::{Choice, ColumnRule, Dataset, ErasureStrategy, Retention, Subject};
use crate::vocab::{Category, DatasetId, IdentifierKind, Origin, PurposeId, RecipientId, Tag};

impl Dataset {
    /// `None` if it has no name.
    pub(super) fn read(mut table: Table<'_>, names: &mut Names, found: &mut Found) -> Option<Self> {
        let id = table.need_text("id", "\"crm.customers\"", found);
        let id = id.and_then(|id| id.read("malformed-name", found, |n| name(n, DatasetId::parse)));
        if let Some(id) = &id {
            names.datasets.claim("dataset", id, found);
        }
        let description = table.text("description", found);
        let location = table.text("location", found);
        let source = table.text("source", found);
        let origin = table.text("origin", found).and_then(|o| o.read("unknown-origin", found, origin));
        let origin = origin.map(|o| o.value);
        let purposes = purposes(&mut table, found);
        let subject = table.get("subject");
        let has_subject = subject.is_some();
        let subject = subject.and_then(|entry| entry.value.table("a subject", found));
        let subject = subject.and_then(|s| subject_of(s, found));
        let retention = retention(&mut table, id.as_ref(), found);
        let erasure = table.get("erasure").and_then(|entry| ErasureStrategy::read(&entry.value, found));
        let columns = table.need("columns", "{ email = \"user.contact.email\" }", found);
        let columns = columns.and_then(|c| c.table("the columns of a dataset", found));
        let mut columns = columns.map(|c| columns_of(c, origin, found)).unwrap_or_default();
        imply(&mut columns, subject.as_ref(), origin);
        table.finish(found);
        let id = id?;
        if !has_subject && columns.values().any(|c| c.tag() != Tag::NotPersonal) {
            let message = format!("nothing says whom the rows of `{}` are about", id.value);
            let mend = "add `subject = { column = \"…\", kind = \"customer_id\" }`";
            found.report("subject-missing", &id.at, message, mend);
        }
        Some(Self {
            id,
            description: description.map(|d| d.value),
            location: location.map(|l| l.value).unwrap_or_default(),
            source: source.map(|s| s.value),
            purposes,
            subject,
            retention,
            erasure: erasure.unwrap_or_default(),
            columns,
        })
    }
}

/// What `subject` says of a column that is not listed: it is personal, an identifier of that kind. A name that
/// comes near a listed one is taken for a slip, and left for [`super::refer`] to report.
fn imply(columns: &mut BTreeMap<String, ColumnRule>, subject: Option<&At<Subject>>, origin: Option<Origin>) {
    let decided = |columns: &BTreeMap<String, ColumnRule>, name: &str| {
        closest(name, columns.keys().map(String::as_str)).is_some()
            || std::iter::successors(Some(name), |p| parent(p)).any(|p| columns.contains_key(p))
    };
    let subject = subject.filter(|s| !decided(columns, &s.value.column));
    if let Some(At { value: subject, at }) = subject
        && let Some(category) = category_of(&subject.kind)
    {
        let rule = ColumnRule::of(Tag::Personal(category), at.clone(), origin);
        columns.insert(subject.column.clone(), rule);
    }
}

/// What identifiers of a kind are: `customer_id` and the like stand for a person in some system.
fn category_of(kind: &IdentifierKind) -> Option<Category> {
    Category::parse(match kind.as_str() {
        "email" => "user.contact.email",
        "phone" => "user.contact.phone_number",
        "ci" => "user.unique_id.linking",
        "national_id" => "user.government_id.national",
        "passport" => "user.government_id.passport",
        "username" => "user.account.username",
        _ => "user.unique_id",
    })
    .ok()
}

fn purposes(table: &mut Table<'_>, found: &mut Found) -> Vec<At<PurposeId>> {
    let Some(value) = table.need("purposes", "[\"…\"]", found) else { return Vec::new() };
    let texts = value.texts(found);
    if value.toml.as_array().is_some_and(|list| list.is_empty()) {
        let mend = "name what these data may be used for: `purposes = [\"…\"]` (Art. 5(1)(b))";
        found.report("no-purpose", &value.at, "the dataset has no purpose", mend);
    }
    texts.iter().filter_map(|p| p.read("malformed-name", found, |n| name(n, PurposeId::parse))).collect()
}

fn retention(table: &mut Table<'_>, id: Option<&At<DatasetId>>, found: &mut Found) -> At<Retention> {
    let place = id.map_or(table.place(), |id| &id.at).clone();
    let stand_in = Retention { after: None, keep: Span::new().days(7), then: ErasureStrategy::DeleteRow };
    let Some(entry) = table.get("retention") else {
        let message = match id {
            Some(id) => format!("`{}` has no retention: nothing says when it must go", id.value),
            None => "the dataset has no retention: nothing says when it must go".to_owned(),
        };
        let mend = "add `retention = { keep = \"P7D\", then = \"delete-row\" }`, counted from ingest, \
                    or from a date with `after = \"column\"`";
        found.report("retention-missing", &place, message, mend);
        return At { value: stand_in, at: place };
    };
    let retention = entry.value.table("a retention", found).and_then(|r| Retention::read(r, found));
    retention.unwrap_or(At { value: stand_in, at: place })
}

fn subject_of(mut table: Table<'_>, found: &mut Found) -> Option<At<Subject>> {
    let column = table.need_text("column", "\"customer_id\"", found);
    let kind = table.need_text("kind", "\"customer_id\"", found);
    table.finish(found);
    let kind = kind?.read("malformed-name", found, |kind| {
        IdentifierKind::parse(kind).map_err(|_| {
            let message = format!("`{kind}` is not a kind of identifier");
            (message, "write one such as `email`, `phone` or `customer_id`".to_owned())
        })
    })?;
    let column = column?;
    Some(At { value: Subject { column: column.value, kind: kind.value }, at: column.at })
}

fn columns_of(table: Table<'_>, origin: Option<Origin>, found: &mut Found) -> BTreeMap<String, ColumnRule> {
    let mut columns = BTreeMap::new();
    for entry in table.into_entries() {
        if !entry.refuse_dotted(found) {
            columns.insert(entry.key.to_owned(), column(&entry, origin, found));
        }
    }
    columns
}

/// `email = "user.contact.email"`, or a table that says more. `of_all` is the origin that the dataset states for its columns.
fn column(entry: &Entry<'_>, of_all: Option<Origin>, found: &mut Found) -> ColumnRule {
    let at = entry.key_at.clone();
    let rule = |tag: Option<At<Tag>>| ColumnRule::of(tag.map_or_else(anything, |t| t.value), at, of_all);
    if !entry.value.toml.is_table() {
        return rule(entry.value.text(found).and_then(|t| t.read("unknown-category", found, category)));
    }
    let Some(mut table) = entry.value.table("a column", found) else { return rule(None) };
    let tag = table.need_text("category", "\"user.contact.email\"", found);
    let mut rule = rule(tag.and_then(|t| t.read("unknown-category", found, category)));
    rule.of_subject = table.get("subject").and_then(|entry| entry.value.flag(found)).unwrap_or(true);
    rule.region = table.text("region", found).and_then(|r| r.read("malformed-region", found, region)).map(|r| r.value);
    rule.meaning = table.text("meaning", found).map(|m| m.value);
    let own = table.text("origin", found).and_then(|o| o.read("unknown-origin", found, origin));
    rule.origin = own.map_or_else(|| usual_origin(rule.tag, of_all), |o| o.value);
    let methods = table.get("method").and_then(|entry| entry.value.table("a column's methods", found));
    rule.methods = methods.map(|m| methods_of(m, found)).unwrap_or_default();
    table.finish(found);
    rule
}

fn origin(text: &str) -> Result<Origin, (String, String)> {
    Origin::parse(text).ok_or_else(|| {
        let known: Vec<_> = Origin::ALL.iter().map(|o| o.name()).collect();
        (format!("`{text}` is not an origin"), suggestion(text, &known))
    })
}

fn methods_of(table: Table<'_>, found: &mut Found) -> BTreeMap<RecipientId, Choice> {
    let mut methods = BTreeMap::new();
    for entry in table.into_entries() {
        if entry.refuse_dotted(found) {
            continue;
        }
        let key = At { value: entry.key.to_owned(), at: entry.key_at.clone() };
        let recipient = key.read("malformed-name", found, |n| name(n, RecipientId::parse));
        let choice = Choice::read(&entry, found);
        if let (Some(recipient), Some(choice)) = (recipient, choice) {
            methods.insert(recipient.value, choice);
        }
    }
    methods
}

/// Stands in for a category that could not be read: personal, nothing known about it.
fn anything() -> Tag {
    Category::parse("user").map_or(Tag::NotPersonal, Tag::Personal)
}

fn region(text: &str) -> Result<String, (String, String)> {
    if text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()) {
        return Ok(text.to_owned());
    }
    Err((format!("`{text}` is not a country"), "write two capital letters, such as `KR` (ISO 3166-1)".to_owned()))
}
