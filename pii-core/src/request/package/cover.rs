use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::Language;

use crate::policy::{Controller, Purpose, Recipient};
use crate::vocab::{DatasetId, LawfulBasis, PurposeId, SpecialBasis};

/// What the person asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// All there is about them (Art. 15).
    Access,
    /// What they provided or what was observed about them, on consent or for a contract, to be taken elsewhere (Art. 20).
    Portability,
}

impl Kind {
    /// As a manifest writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Portability => "portability",
        }
    }

    /// The article.
    pub fn article(self) -> &'static str {
        match self {
            Self::Access => "Art. 15",
            Self::Portability => "Art. 20",
        }
    }
}

/// What a package says besides the data: who answers for them, and what Art. 15(1) has told to the person.
#[derive(Clone, Debug)]
pub struct Cover {
    /// The request.
    pub request: Uuid,
    /// What was asked for.
    pub kind: Kind,
    /// The language of the page.
    pub language: Language,
    /// Who is responsible (Art. 4(7)).
    pub controller: String,
    /// Where to reach them.
    pub contact: Option<String>,
    /// The supervisory authority that a complaint can go to (Art. 77), by name.
    pub authority: Option<String>,
    /// When the request arrived, in the controller's time zone.
    pub received: Date,
    /// When the package was made. It is told, not asked of a clock: the same package can be made again.
    pub generated: Timestamp,
    /// Every purpose that one of the tables serves.
    pub purposes: Vec<PurposeLine>,
    /// Who got data about the person.
    pub recipients: Vec<RecipientLine>,
    /// Where text in rows about others speaks of the person: it is not handed out (Art. 15(4)).
    pub mentions: Vec<MentionLine>,
}

/// A column in which text in rows about others speaks of the person.
#[derive(Clone, Debug)]
pub struct MentionLine {
    /// Of which dataset.
    pub dataset: String,
    /// Which, by dotted path.
    pub column: String,
    /// In how many rows.
    pub rows: u64,
}

impl Cover {
    /// One that names the controller, and nothing yet of purposes and recipients.
    pub fn new(request: Uuid, kind: Kind, controller: &Controller, received: Date, generated: Timestamp) -> Self {
        Self {
            request,
            kind,
            language: Language::default(),
            controller: controller.name().to_owned(),
            contact: controller.contact().map(str::to_owned),
            authority: None,
            received,
            generated,
            purposes: Vec::new(),
            recipients: Vec::new(),
            mentions: Vec::new(),
        }
    }

    pub(super) fn purpose(&self, id: &PurposeId) -> Option<&PurposeLine> {
        self.purposes.iter().find(|purpose| purpose.id == *id)
    }
}

/// What data are processed for, and why that is lawful (Art. 15(1)(a)).
#[derive(Clone, Debug)]
pub struct PurposeLine {
    /// Its name.
    pub id: PurposeId,
    /// In the controller's words.
    pub description: Option<String>,
    /// Why it is lawful (Art. 6(1)).
    pub basis: LawfulBasis,
    /// Why special categories may be used for it (Art. 9(2)).
    pub special: Option<SpecialBasis>,
    /// Which decisions machines make alone (Art. 15(1)(h)), in the controller's words.
    pub automated: Option<String>,
}

impl PurposeLine {
    /// As the policy has it.
    pub fn of(purpose: &Purpose) -> Self {
        Self {
            id: purpose.id().clone(),
            description: purpose.description().map(str::to_owned),
            basis: purpose.lawful_basis(),
            special: purpose.special_basis(),
            automated: purpose.automated_decision().map(str::to_owned),
        }
    }

    /// Art. 20(1)(a): consent, explicit or not, or a contract.
    pub(super) fn is_portable(&self) -> bool {
        matches!(self.basis, LawfulBasis::Consent | LawfulBasis::Contract)
            || self.special == Some(SpecialBasis::ExplicitConsent)
    }
}

/// Who got data about the person (Art. 15(1)(c)).
#[derive(Clone, Debug)]
pub struct RecipientLine {
    /// Its name.
    pub name: String,
    /// In the controller's words.
    pub description: Option<String>,
    /// What for.
    pub purpose: PurposeId,
    /// Of which datasets.
    pub datasets: Vec<DatasetId>,
    /// When last.
    pub last: Option<Date>,
}

impl RecipientLine {
    /// As the policy has it; of which datasets and when, the disclosures know.
    pub fn of(recipient: &Recipient, datasets: Vec<DatasetId>, last: Option<Date>) -> Self {
        Self {
            name: recipient.id().to_string(),
            description: recipient.description().map(str::to_owned),
            purpose: recipient.purpose().clone(),
            datasets,
            last,
        }
    }
}
