use super::Place;
use super::closest::suggestion;
use super::names::{Names, name};
use super::table::Table;
use super::violation::{At, Found};
use crate::vocab::{LawfulBasis, PurposeId, SpecialBasis, UnknownBasis};

/// What data are processed for (Art. 5(1)(b)), and why that is lawful.
#[derive(Clone, Debug)]
pub struct Purpose {
    id: At<PurposeId>,
    description: Option<String>,
    lawful_basis: LawfulBasis,
    special_basis: Option<SpecialBasis>,
    criminal_basis: Option<String>,
    direct_marketing: bool,
    automated_decision: Option<String>,
}

impl Purpose {
    /// Its name.
    pub fn id(&self) -> &PurposeId {
        &self.id.value
    }

    /// What it is, in the controller's words.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Why the processing is lawful (Art. 6(1)).
    pub fn lawful_basis(&self) -> LawfulBasis {
        self.lawful_basis
    }

    /// Why special categories may be processed for it (Art. 9(2)).
    pub fn special_basis(&self) -> Option<SpecialBasis> {
        self.special_basis
    }

    /// The law that lets data on convictions and offences be processed for it (Art. 10).
    pub fn criminal_basis(&self) -> Option<&str> {
        self.criminal_basis.as_deref()
    }

    /// Whether it is direct marketing, to which an objection is absolute (Art. 21(2), (3)).
    pub fn is_direct_marketing(&self) -> bool {
        self.direct_marketing
    }

    /// What is decided by machines alone for it, by which logic and with which consequences, in the controller's words
    /// (Art. 15(1)(h), 22).
    pub fn automated_decision(&self) -> Option<&str> {
        self.automated_decision.as_deref()
    }

    /// Where the policy names it.
    pub fn place(&self) -> &Place {
        &self.id.at
    }

    /// `None` if any part of it cannot stand; its name is known all the same.
    pub(super) fn read(mut table: Table<'_>, names: &mut Names, found: &mut Found) -> Option<Self> {
        let id = table.need_text("id", "\"analytics\"", found);
        let id = id.and_then(|id| id.read("malformed-name", found, |n| name(n, PurposeId::parse)));
        if let Some(id) = &id {
            names.purposes.claim("purpose", id, found);
        }
        let description = table.text("description", found);
        let lawful = table.need_text("lawful_basis", "\"contract\"", found);
        let lawful = lawful.and_then(|b| b.read("unknown-basis", found, |b| basis(LawfulBasis::parse(b))));
        let special = table.get("special_basis").map(|entry| {
            let text = entry.value.text(found)?;
            text.read("unknown-basis", found, |b| basis(SpecialBasis::parse(b)))
        });
        let criminal = table.get("criminal_basis").map(|entry| entry.value.text(found));
        let marketing = table.get("direct_marketing").map(|entry| entry.value.flag(found));
        let automated = table.get("automated_decision").map(|entry| entry.value.text(found));
        table.finish(found);
        Some(Self {
            id: id?,
            description: description.map(|d| d.value),
            lawful_basis: lawful?.value,
            special_basis: stated(special)?.map(|b| b.value),
            criminal_basis: stated(criminal)?.map(|b| b.value),
            direct_marketing: stated(marketing)?.unwrap_or(false),
            automated_decision: stated(automated)?.map(|a| a.value),
        })
    }
}

/// `None` for what was stated and cannot stand.
fn stated<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(Some(value)) => Some(Some(value)),
        Some(None) => None,
    }
}

fn basis<T>(parsed: Result<T, UnknownBasis>) -> Result<T, (String, String)> {
    parsed.map_err(|unknown| {
        (format!("`{}` is not a {}", unknown.name, unknown.what), suggestion(&unknown.name, &unknown.known))
    })
}
