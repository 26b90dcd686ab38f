use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::vocab::Actor;
use crate::vocab::Category;
use crate::vocab::DatasetId;
use crate::vocab::LawfulBasis;
use crate::vocab::PurposeId;
use crate::vocab::RecipientId;
use crate::vocab::RestrictedUse;

use super::{Action, Hash};

/// What a caller tells the log. The log itself adds the number, the time and the host.
///
/// No field may hold personal data of a data subject: entries can never be erased. People are named by
/// [`Alias`]; free text goes elsewhere, and its salted commitment into `detail`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What was done, or asked for.
    pub action: Action,
    /// Who did it.
    #[serde(with = "ActorText")]
    pub actor: Actor,
    /// In which role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// For which purpose (Art. 5(1)(b)).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text")]
    pub purpose: Option<PurposeId>,
    /// On which basis (Art. 6(1)).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text")]
    pub lawful_basis: Option<LawfulBasis>,
    /// The ticket or change that called for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The data subject's request it belongs to: `R-2026-0007`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The grant that allowed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
    /// Which dataset.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text")]
    pub dataset: Option<DatasetId>,
    /// To whom (Art. 4(9)).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text")]
    pub recipient: Option<RecipientId>,
    /// Names of the categories touched. Text, so that an entry outlives the taxonomy it was written with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// The columns touched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The keys that were used, shown or replaced, by name and never by their bytes: `warehouse/2` is epoch 2 of a
    /// domain's, 16 hex digits, `aws-kms:…` and `vault-transit:…`
    /// are root keys. Of a rotation: the old one, then the new one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// How many rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Allowed, or denied and why.
    pub decision: Decision,
    /// SHA-256 of the policy that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Hash>,
    /// SHA-256 of what was written, sent or changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Hash>,
    /// The people concerned, if they are few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Alias>,
    /// The people concerned, if they are many: the RFC 6962 root over their salted aliases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subjects_root: Option<Hash>,
    /// How many people stand under `subjects_root`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// SHA-256 of a random salt and a text that is kept, and may be erased, elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Hash>,
    /// Another machine that was spoken to: `host` or `host:port`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// How many rows stayed behind, of people who object to the purpose (Art. 21).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped_objections: Option<u64>,
    /// How many rows stayed behind, of people whose data are restricted (Art. 18).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped_restrictions: Option<u64>,
    /// For which use restricted data were read all the same (Art. 18(2)).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text")]
    pub despite_restriction: Option<RestrictedUse>,
}

impl Event {
    /// An allowed `action` by `actor`, with nothing else said yet.
    pub fn new(action: Action, actor: Actor) -> Self {
        Self {
            action,
            actor,
            role: None,
            purpose: None,
            lawful_basis: None,
            ticket: None,
            request: None,
            grant: None,
            dataset: None,
            recipient: None,
            categories: Vec::new(),
            columns: Vec::new(),
            keys: Vec::new(),
            rows: None,
            decision: Decision::Allowed,
            policy: None,
            content: None,
            subjects: Vec::new(),
            subjects_root: None,
            count: None,
            detail: None,
            peer: None,
            dropped_objections: None,
            dropped_restrictions: None,
            despite_restriction: None,
        }
    }

    /// It was denied. `reason` is the policy's words, never the person's.
    #[must_use]
    pub fn denied(self, reason: impl Into<String>) -> Self {
        Self { decision: Decision::Denied(reason.into()), ..self }
    }

    /// For this purpose, on this basis.
    #[must_use]
    pub fn with_purpose(self, purpose: PurposeId, basis: LawfulBasis) -> Self {
        Self { purpose: Some(purpose), lawful_basis: Some(basis), ..self }
    }

    /// In this dataset.
    #[must_use]
    pub fn with_dataset(self, dataset: DatasetId) -> Self {
        Self { dataset: Some(dataset), ..self }
    }

    /// For this recipient.
    #[must_use]
    pub fn with_recipient(self, recipient: RecipientId) -> Self {
        Self { recipient: Some(recipient), ..self }
    }

    /// Touching these categories.
    #[must_use]
    pub fn with_categories(self, categories: impl IntoIterator<Item = Category>) -> Self {
        Self { categories: categories.into_iter().map(|c| c.name().to_owned()).collect(), ..self }
    }

    /// Touching these columns.
    #[must_use]
    pub fn with_columns(self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), ..self }
    }

    /// With these keys, by name.
    #[must_use]
    pub fn with_keys(self, keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { keys: keys.into_iter().map(Into::into).collect(), ..self }
    }

    /// Touching this many rows.
    #[must_use]
    pub fn with_rows(self, rows: u64) -> Self {
        Self { rows: Some(rows), ..self }
    }

    /// Leaving so many rows behind, of people who object and of people whose data are restricted.
    #[must_use]
    pub fn with_dropped(self, objections: u64, restrictions: u64) -> Self {
        let some = |rows: u64| (rows > 0).then_some(rows);
        Self { dropped_objections: some(objections), dropped_restrictions: some(restrictions), ..self }
    }

    /// Decided by the policy with this digest.
    #[must_use]
    pub fn with_policy(self, digest: Hash) -> Self {
        Self { policy: Some(digest), ..self }
    }

    /// About content with this digest.
    #[must_use]
    pub fn with_content(self, digest: Hash) -> Self {
        Self { content: Some(digest), ..self }
    }

    /// For this request of a data subject.
    #[must_use]
    pub fn with_request(self, id: impl Into<String>) -> Self {
        Self { request: Some(id.into()), ..self }
    }

    /// Called for by this ticket.
    #[must_use]
    pub fn with_ticket(self, ticket: impl Into<String>) -> Self {
        Self { ticket: Some(ticket.into()), ..self }
    }

    /// Concerning these people.
    #[must_use]
    pub fn with_subjects(self, subjects: impl IntoIterator<Item = Alias>) -> Self {
        Self { subjects: subjects.into_iter().collect(), ..self }
    }

    /// With another machine, `host` or `host:port`.
    #[must_use]
    pub fn with_peer(self, host: impl Into<String>) -> Self {
        Self { peer: Some(host.into()), ..self }
    }

    /// With a detail that is kept, and may be erased, elsewhere: its salted commitment.
    #[must_use]
    pub fn with_detail(self, commitment: Hash) -> Self {
        Self { detail: Some(commitment), ..self }
    }

    /// Concerning `count` people, under the RFC 6962 root of their salted aliases.
    #[must_use]
    pub fn with_subjects_root(self, root: Hash, count: u64) -> Self {
        Self { subjects_root: Some(root), count: Some(count), ..self }
    }
}

/// What was decided: `"allowed"`, or `{"denied":"no grant"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It was done.
    Allowed,
    /// It was not done, for this reason.
    Denied(String),
}

/// A random number that stands for a data subject in the log.
///
/// The vault alone knows whose it is. When the vault forgets, nothing in the log leads to the person,
/// and every proof still holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Alias(Uuid);

impl Alias {
    /// A new one, from the operating system's random numbers.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// From its 16 bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// Its 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Alias> for String {
    fn from(alias: Alias) -> Self {
        alias.to_string()
    }
}

impl TryFrom<String> for Alias {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Uuid::try_parse(&text).map(Self).map_err(|_| "not an alias, 36 characters such as `67e55044-…`")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Actor", deny_unknown_fields)]
struct ActorText {
    id: String,
    issuer: String,
}

/// Words of the vocabulary, written as they are printed.
mod text {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::vocab::DatasetId;
    use crate::vocab::LawfulBasis;
    use crate::vocab::PurposeId;
    use crate::vocab::RecipientId;
    use crate::vocab::RestrictedUse;

    pub(super) trait Word: Sized {
        fn read(text: &str) -> Result<Self, String>;
        fn written(&self) -> &str;
    }

    macro_rules! words {
        ($($type:ty),+) => {
            $(impl Word for $type {
                fn read(text: &str) -> Result<Self, String> {
                    Self::parse(text).map_err(|error| error.to_string())
                }

                fn written(&self) -> &str {
                    self.as_str()
                }
            })+
        };
    }

    words!(DatasetId, PurposeId, RecipientId);

    macro_rules! bases {
        ($($type:ty),+) => {
            $(impl Word for $type {
                fn read(text: &str) -> Result<Self, String> {
                    Self::parse(text).map_err(|error| error.to_string())
                }

                fn written(&self) -> &str {
                    self.name()
                }
            })+
        };
    }

    bases!(LawfulBasis, RestrictedUse);

    pub(super) fn serialize<T: Word, S: Serializer>(word: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match word {
            Some(word) => serializer.serialize_str(word.written()),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, T: Word, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::read(&text).map(Some).map_err(de::Error::custom)
    }
}
