use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::erased::checked;
use super::{ErasedOne, Error};
use crate::keyring::Keyring;
use crate::register::{Entry, Mark, Prohibition};
use crate::vocab::{IdentifierKind, PurposeId, RecipientId};

/// A line of a ledger that is kept apart from the backups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KeptLine {
    /// Who was erased.
    Erased(ErasedOne),
    /// What somebody forbids, or forbade once.
    Forbidden(ForbiddenOne),
}

/// A ledger that was kept apart from the backups.
#[derive(Clone, Debug, Default)]
pub struct KeptLedger {
    /// Who was erased.
    pub erased: Vec<ErasedOne>,
    /// What people forbid, or forbade once.
    pub forbidden: Vec<ForbiddenOne>,
}

/// What one request forbids: an [`Entry`] of the register, as a line. It names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForbiddenOne {
    /// By which request.
    pub request: Uuid,
    /// Since when.
    pub since: Timestamp,
    /// When it was lifted, if it was.
    pub lifted: Option<Timestamp>,
    /// Whose keys made the marks: the check value of the ledger's key.
    pub kcv: String,
    /// Of an objection, to which purpose; none, of a restriction.
    pub purpose: Option<String>,
    /// Of an objection, by which recipient, if it is one alone.
    pub recipient: Option<String>,
    /// Kind of identifier, and sieve (64 bits) and tag (128 bits) in hexadecimal.
    pub marks: Vec<(String, String, String)>,
}

impl KeptLedger {
    /// Adds a line.
    pub fn add(&mut self, line: KeptLine) {
        match line {
            KeptLine::Erased(one) => self.erased.push(one),
            KeptLine::Forbidden(one) => self.forbidden.push(one),
        }
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.erased.is_empty() && self.forbidden.is_empty()
    }

    /// What is forbidden, as the register has it.
    ///
    /// # Errors
    /// [`Error::NotALedger`] if it was made with other keys, or cannot be understood; [`Error::Key`].
    pub fn entries(&self, keys: &Keyring) -> Result<Vec<Entry>, Error> {
        checked(keys, self.forbidden.iter().map(|one| one.kcv.as_str()))?;
        self.forbidden.iter().map(ForbiddenOne::entry).collect()
    }
}

impl ForbiddenOne {
    /// An entry as a line; `kcv` is the check value of the ledger's key.
    pub fn of(entry: &Entry, kcv: String) -> Self {
        let (purpose, recipient) = match &entry.forbids {
            Prohibition::Objection { purpose, recipient } => {
                (Some(purpose.to_string()), recipient.as_ref().map(ToString::to_string))
            }
            Prohibition::Restriction => (None, None),
        };
        let mark = |mark: &Mark| {
            let tag = u128::from_be_bytes(mark.tag);
            (mark.kind.to_string(), format!("{:016x}", mark.sieve), format!("{tag:032x}"))
        };
        let marks = entry.marks.iter().map(mark).collect();
        Self { request: entry.request, since: entry.since, lifted: entry.lifted, kcv, purpose, recipient, marks }
    }

    fn entry(&self) -> Result<Entry, Error> {
        let wrong = |what: &str| Error::NotALedger(format!("what should be {what} is none"));
        let forbids = match &self.purpose {
            None => Prohibition::Restriction,
            Some(purpose) => {
                let recipient = self.recipient.as_deref().map(RecipientId::parse).transpose();
                Prohibition::Objection {
                    purpose: PurposeId::parse(purpose).map_err(|_| wrong("a purpose"))?,
                    recipient: recipient.map_err(|_| wrong("a recipient"))?,
                }
            }
        };
        let mark = |(kind, sieve, tag): &(String, String, String)| {
            let number = |text: &str, digits| match text.len() == digits {
                true => u128::from_str_radix(text, 16).map_err(|_| wrong("a mark")),
                false => Err(wrong("a mark")),
            };
            Ok(Mark {
                kind: IdentifierKind::parse(kind).map_err(|_| wrong("a kind of identifier"))?,
                sieve: u64::try_from(number(sieve, 16)?).map_err(|_| wrong("a mark"))?,
                tag: number(tag, 32)?.to_be_bytes(),
            })
        };
        let marks = self.marks.iter().map(mark).collect::<Result<_, Error>>()?;
        Ok(Entry { forbids, request: self.request, since: self.since, lifted: self.lifted, marks })
    }
}
