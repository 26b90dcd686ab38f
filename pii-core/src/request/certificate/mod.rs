mod page;
mod words;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{DocumentKey, Error, Intent, PlaceName, PublicKey, Ran, Right, State};

/// What was asked, and what was done: for the person, and for the authority. It holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The version of this form: 1.
    pub v: u32,
    /// Who answers for it.
    pub controller: String,
    /// How to reach them.
    pub contact: Option<String>,
    /// The request.
    pub request: Uuid,
    /// What was asked.
    pub right: Right,
    /// Where that right stands.
    pub article: String,
    /// When it arrived.
    pub received: Timestamp,
    /// The last day on which it was to be answered.
    pub due: Date,
    /// How far it has come.
    pub state: State,
    /// When this was made.
    pub made: Timestamp,
    /// SHA-256 of the plan that was confirmed, in hexadecimal.
    pub plan: String,
    /// How many requests were carried out with that plan: rows are counted over all of them.
    pub together: u64,
    /// Every place there is.
    pub places: Vec<CertifiedPlace>,
    /// Who was told (Art. 19).
    pub recipients: Vec<CertifiedNotice>,
    /// The last day on which copies that cannot be reached (backups, snapshots, old versions) still hold it, as the
    /// controller's policy says; nothing, if it does not say.
    pub copies_gone_by: Option<Date>,
    /// The entries of the log that record it, each with its proof.
    pub entries: Vec<CertifiedEntry>,
}

/// A place, and what was done there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertifiedPlace {
    /// Which: a dataset, a file for a recipient by its name, the vault.
    pub place: String,
    /// `done`, `kept`, `absent`, `by-hand`, `not-done`.
    pub outcome: Outcome,
    /// What: `delete-row`, `null-columns`, `shred`.
    pub action: String,
    /// How many rows, or people.
    pub rows: u64,
    /// How many files were written anew.
    pub files: u64,
    /// Each file before: its SHA-256 in hexadecimal, or the ETag of an object.
    pub before: Vec<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// Why it stays, or why it could not be done.
    pub why: Option<String>,
    /// The last day of that ground.
    pub until: Option<Date>,
}

/// How it ended in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done, and looked at again.
    Done,
    /// A ground keeps it (Art. 17(3)).
    Kept,
    /// It held nothing of the person.
    Absent,
    /// Somebody says that they saw to it.
    ByHand,
    /// It is not done.
    NotDone,
}

/// A recipient, and whether they were told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertifiedNotice {
    /// Who.
    pub recipient: String,
    /// When the notice went out.
    pub sent: Option<Timestamp>,
    /// When they said that it is done.
    pub acknowledged: Option<Timestamp>,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertifiedEntry {
    /// Its number.
    pub index: u64,
    /// What it records: `request_open`.
    pub action: String,
    /// Its RFC 6962 leaf hash, in hexadecimal.
    pub leaf: String,
    /// A C2SP `tlog-proof` that the log holds it.
    pub proof: String,
}

/// A certificate with its signature: what is given away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedCertificate {
    /// What is certified.
    pub certificate: Certificate,
    /// A signature in the form of minisign over the certificate as JSON without spaces, a file called `certificate.json`.
    pub signature: String,
    /// The key, which is worth something only if it was also got on another way.
    pub key: String,
}

impl Certificate {
    /// Signs it.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it cannot be written as JSON.
    pub fn sign(self, key: &DocumentKey) -> Result<SignedCertificate, Error> {
        let signature = key.sign(&self.bytes()?, FILE, self.made);
        Ok(SignedCertificate { certificate: self, signature, key: key.public().to_string() })
    }

    /// What is signed.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn bytes(&self) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(self).map_err(|_| Error::Corrupt("what is to be written"))
    }
}

impl SignedCertificate {
    /// Reads one.
    ///
    /// # Errors
    /// [`Error::NotACertificate`].
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(json).map_err(|error| Error::NotACertificate(error.to_string()))
    }

    /// Whether the key signed just this. In words, why not.
    ///
    /// # Errors
    /// [`Error::NotACertificate`], with the reason.
    pub fn verify(&self, key: &PublicKey) -> Result<(), Error> {
        key.check(&self.certificate.bytes()?, &self.signature).map_err(|why| Error::NotACertificate(why.to_owned()))
    }
}

impl CertifiedPlace {
    /// What a plan says of a place, and what became of it.
    pub fn of(place: &PlaceName, intent: &Intent, ran: Option<(&Ran, Timestamp)>) -> Self {
        // A path may name a person; the file's own name is what a recipient got.
        let name = match place {
            PlaceName::Copy { recipient, dataset, .. } => format!("copy of {dataset} for {recipient}"),
            other => other.to_string(),
        };
        let mut certified = Self {
            place: name,
            outcome: Outcome::NotDone,
            action: intent.name().to_owned(),
            rows: intent.rows(),
            files: 0,
            before: Vec::new(),
            at: ran.map(|(_, at)| at),
            why: None,
            until: None,
        };
        match intent {
            Intent::Keep { ground, until, .. } => {
                certified.outcome = Outcome::Kept;
                (certified.why, certified.until) = (Some(ground.clone()), *until);
            }
            Intent::Absent => certified.outcome = Outcome::Absent,
            Intent::ByHand => certified.outcome = Outcome::ByHand,
            Intent::Unsearched { why } => certified.why = Some(why.clone()),
            Intent::Mentioned { .. } => {
                certified.why = Some("text in rows about others speaks of the person".to_owned());
            }
            Intent::Erase { plan } if !intent.acts() => {
                (certified.outcome, certified.rows) = (Outcome::Kept, plan.held());
                let grounds: BTreeSet<_> = plan.files.iter().flat_map(|file| file.grounds.iter().cloned()).collect();
                certified.why = Some(grounds.into_iter().collect::<Vec<_>>().join("; "));
            }
            Intent::Shred { held, .. } if !intent.acts() => {
                (certified.outcome, certified.rows) = (Outcome::Kept, *held);
                certified.why = Some("a legal hold (Art. 17(3)(b), (e))".to_owned());
            }
            Intent::Erase { plan } => {
                certified.before = plan.to_rewrite().filter_map(|file| file.version.as_ref()?.digest()).collect();
            }
            Intent::Shred { .. } | Intent::Amend { .. } | Intent::Release { .. } | Intent::Forbid { .. } => {}
        }
        if let (true, Some((ran, _))) = (intent.acts(), ran) {
            (certified.outcome, certified.rows, certified.files) = (Outcome::Done, ran.rows, ran.files);
        }
        certified
    }
}

/// As which file it is signed.
const FILE: &str = "certificate.json";
