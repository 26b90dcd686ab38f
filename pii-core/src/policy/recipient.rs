use std::collections::BTreeMap;

use super::closest::suggestion;
use super::names::{Names, category, name};
use super::table::Table;
use super::violation::{At, Found};
use super::{Choice, Place};
use crate::vocab::{Domain, PurposeId, RecipientId, Tag};

/// Whoever data are disclosed to (Art. 4(9)), for one purpose.
#[derive(Clone, Debug)]
pub struct Recipient {
    pub(super) id: At<RecipientId>,
    pub(super) description: Option<String>,
    pub(super) purpose: At<PurposeId>,
    pub(super) group: Option<At<Domain>>,
    pub(super) form: PseudonymForm,
    pub(super) methods: BTreeMap<Tag, Choice>,
}

impl Recipient {
    /// Its name.
    pub fn id(&self) -> &RecipientId {
        &self.id.value
    }

    /// Who it is, in the controller's words.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// What it uses the data for.
    pub fn purpose(&self) -> &PurposeId {
        &self.purpose.value
    }

    /// Where its pseudonyms are made: its group's domain, or one of its own, so that recipients cannot join.
    pub fn domain(&self) -> Domain {
        self.group.as_ref().map_or_else(|| Domain::from(self.id()), |group| group.value.clone())
    }

    /// How its pseudonyms are printed.
    pub fn pseudonym_form(&self) -> PseudonymForm {
        self.form
    }

    /// The method of each category that it lists, and of `none`.
    pub fn methods(&self) -> &BTreeMap<Tag, Choice> {
        &self.methods
    }

    /// Where the policy names it.
    pub fn place(&self) -> &Place {
        &self.id.at
    }
}

/// How pseudonyms are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PseudonymForm {
    /// `base64url` (RFC 4648, section 5, no padding), of 128 bits, behind the key's epoch. The default.
    #[default]
    Base64Url,
    /// `hex`: all 256 bits, lower case.
    Hex,
    /// `raw`: all 32 bytes, in a binary column.
    Raw,
}

impl PseudonymForm {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Base64Url, Self::Hex, Self::Raw];

    /// The name a policy uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base64Url => "base64url",
            Self::Hex => "hex",
            Self::Raw => "raw",
        }
    }
}

impl Recipient {
    /// `None` if it cannot stand; its name is known all the same.
    pub(super) fn read(mut table: Table<'_>, names: &mut Names, found: &mut Found) -> Option<Self> {
        let id = table.need_text("id", "\"warehouse\"", found);
        let id = id.and_then(|id| id.read("malformed-name", found, |n| name(n, RecipientId::parse)));
        if let Some(id) = &id {
            names.recipients.claim("recipient", id, found);
        }
        let description = table.text("description", found);
        let purpose = table.need_text("purpose", "\"analytics\"", found);
        let purpose = purpose.and_then(|p| p.read("malformed-name", found, |n| name(n, PurposeId::parse)));
        let group = table.text("group", found);
        let group = group.and_then(|g| g.read("malformed-name", found, |n| name(n, Domain::parse)));
        let form = table.text("pseudonym", found);
        let form = form.and_then(|f| f.read("unknown-pseudonym-form", found, form_named));
        let methods = table.get("methods").and_then(|entry| entry.value.table("a recipient's methods", found));
        let methods = methods.map(|m| methods_of(m, found)).unwrap_or_default();
        table.finish(found);
        Some(Self {
            id: id?,
            description: description.map(|d| d.value),
            purpose: purpose?,
            group,
            form: form.map(|f| f.value).unwrap_or_default(),
            methods,
        })
    }
}

fn methods_of(table: Table<'_>, found: &mut Found) -> BTreeMap<Tag, Choice> {
    let mut methods: BTreeMap<Tag, Choice> = BTreeMap::new();
    for entry in table.into_entries() {
        if entry.refuse_dotted(found) {
            continue;
        }
        let key = At { value: entry.key.to_owned(), at: entry.key_at.clone() };
        let tag = key.read("unknown-category", found, category);
        let choice = Choice::read(&entry, found);
        let (Some(tag), Some(choice)) = (tag, choice) else { continue };
        // One category has several names: its own and those of its detectors.
        match methods.get(&tag.value) {
            Some(first) => {
                let message = format!("`{}` is listed already at {}", tag.value, first.place);
                found.report("duplicate-category", &tag.at, message, "take one of the two away");
            }
            None => {
                methods.insert(tag.value, choice);
            }
        }
    }
    methods
}

fn form_named(form: &str) -> Result<PseudonymForm, (String, String)> {
    PseudonymForm::ALL.iter().copied().find(|f| f.name() == form).ok_or_else(|| {
        let known: Vec<_> = PseudonymForm::ALL.iter().map(|f| f.name()).collect();
        (format!("`{form}` is not a form of pseudonyms"), suggestion(form, &known))
    })
}
