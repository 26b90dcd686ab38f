//! `manifest.json`: what is in the package, and what Art. 15(1) has told. It is what is signed.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::cover::{Cover, PurposeLine, RecipientLine};
use super::select::{LeftOut, Selected, Why, leaves};
use super::zip::Digested;
use crate::vocab::Category;

/// A table that is in the package, and its rows.
pub(super) struct Filed<'t> {
    pub(super) selected: Selected<'t>,
    pub(super) rows: u64,
}

/// The text of the manifest.
pub(super) fn manifest(cover: &Cover, filed: &[Filed<'_>], left_out: &[LeftOut], files: &[Digested]) -> Vec<u8> {
    let datasets: Vec<_> = filed.iter().map(dataset).collect();
    let automated: Vec<_> =
        cover.purposes.iter().filter_map(|p| Some((p.id.as_str(), p.automated.as_ref()?))).collect();
    let automated = automated.into_iter().map(|(purpose, what)| json!({ "purpose": purpose, "what": what }));
    let value = json!({
        "format": FORMAT,
        "v": VERSION,
        "request": cover.request.to_string(),
        "right": cover.kind.name(),
        "article": cover.kind.article(),
        "received": cover.received.to_string(),
        "generated": cover.generated.to_string(),
        "language": cover.language.tag(),
        "controller": { "name": cover.controller, "contact": cover.contact },
        "purposes": cover.purposes.iter().map(purpose).collect::<Vec<_>>(),
        "recipients": cover.recipients.iter().map(recipient).collect::<Vec<_>>(),
        "automated_decisions": { "declared": automated.len() > 0, "decisions": automated.collect::<Vec<_>>() },
        "rights": RIGHTS.iter().map(|(right, article)| json!({ "right": right, "article": article })).collect::<Vec<_>>(),
        "complaint": { "article": "Art. 77", "authority": cover.authority },
        "datasets": datasets,
        "left_out": left_out.iter().map(left).collect::<Vec<_>>(),
        "spelling": {
            "jsonl": "one JSON object a line, UTF-8; exact values. Numbers that JSON has not are \"NaN\", \"Infinity\", \"-Infinity\"; decimals are strings; bytes are base64",
            "csv": "RFC 4180, UTF-8 with a byte order mark, CRLF; a missing value is an empty field, an empty text is \"\"; structs and lists are JSON",
            "csv_formulas": "a cell that is no number and begins with = + - @ TAB CR LF or the full width of the first four has a ' before it; the .jsonl has it without",
        },
        "files": files.iter().map(|file| self::file(file, filed)).collect::<Vec<_>>(),
    });
    let mut text = format!("{value:#}").into_bytes();
    text.push(b'\n');
    text
}

fn dataset(filed: &Filed<'_>) -> Value {
    let (selected, table) = (&filed.selected, filed.selected.table);
    let leaves = leaves(&selected.members);
    let mut categories: Vec<_> = leaves.iter().filter_map(|leaf| leaf.column.tag.category()).collect();
    categories.sort();
    categories.dedup();
    let columns = leaves.iter().map(|leaf| {
        let column = leaf.column;
        json!({
            "path": leaf.path,
            "category": column.tag.to_string(),
            "meaning": column.meaning,
            "origin": column.origin.name(),
            "of_person": column.of_subject,
            "may_speak_of_others": column.may_speak_of_others(),
        })
    });
    json!({
        "id": table.dataset.as_str(),
        "description": table.description,
        "source": table.source,
        "purposes": table.purposes.iter().map(|purpose| purpose.as_str()).collect::<Vec<_>>(),
        "retention": { "keep": table.retention.keep.to_string(), "after": table.retention.after },
        "rows": filed.rows,
        "categories": categories.into_iter().map(Category::name).collect::<Vec<_>>(),
        "columns": columns.collect::<Vec<_>>(),
    })
}

fn purpose(purpose: &PurposeLine) -> Value {
    json!({
        "id": purpose.id.as_str(),
        "description": purpose.description,
        "lawful_basis": purpose.basis.name(),
        "article": purpose.basis.article(),
        "special_basis": purpose.special.map(|basis| basis.name()),
        "special_article": purpose.special.map(|basis| basis.article()),
    })
}

fn recipient(recipient: &RecipientLine) -> Value {
    json!({
        "name": recipient.name,
        "description": recipient.description,
        "purpose": recipient.purpose.as_str(),
        "datasets": recipient.datasets.iter().map(|dataset| dataset.as_str()).collect::<Vec<_>>(),
        "last": recipient.last.map(|day| day.to_string()),
    })
}

fn left(left: &LeftOut) -> Value {
    let why = match left.why {
        Why::NeitherConsentNorContract => "its purposes rest on neither consent nor a contract (Art. 20(1)(a))",
        Why::Inferred => "it was inferred, not provided (Art. 20(1))",
        Why::OfOthers(_) => "text in rows about others speaks of the person (Art. 15(4))",
    };
    let rows = if let Why::OfOthers(rows) = left.why { Some(rows) } else { None };
    json!({ "dataset": left.dataset, "column": left.column, "why": why, "rows": rows })
}

fn file(file: &Digested, filed: &[Filed<'_>]) -> Value {
    let of = filed.iter().find(|f| super::data_files(&f.selected.table.dataset).contains(&file.name));
    json!({ "path": file.name, "bytes": file.bytes, "sha256": hex(&file.sha256), "rows": of.map(|f| f.rows) })
}

/// As the manifest writes a digest.
pub(super) fn hex(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is read of a manifest to verify it. What else it says, the signature vouches for.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Named {
    pub(super) format: String,
    pub(super) v: u32,
    pub(super) request: String,
    pub(super) right: String,
    pub(super) generated: String,
    pub(super) files: Vec<NamedFile>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct NamedFile {
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
    pub(super) rows: Option<u64>,
}

pub(super) const FORMAT: &str = "pii-package";
pub(super) const VERSION: u32 = 1;

/// Art. 15(1)(e), (f), 12(4), 7(3).
const RIGHTS: &[(&str, &str)] = &[
    ("rectification", "Art. 16"),
    ("erasure", "Art. 17"),
    ("restriction", "Art. 18"),
    ("portability", "Art. 20"),
    ("objection", "Art. 21"),
    ("withdrawal of consent", "Art. 7(3)"),
    ("complaint", "Art. 77"),
];
