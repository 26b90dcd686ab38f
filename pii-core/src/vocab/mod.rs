//! What is it called?
//!
//! The words that every other room speaks: categories of personal data, identifiers of a person, the
//! names of datasets, purposes and recipients, the lawful bases of the Regulation, and
//! [`Personal`], the wrapper that keeps a value from being printed.

mod actor;
mod basis;
mod category;
mod identifier;
mod name;
mod origin;
mod personal;
mod spelling;
mod taxonomy;

pub use actor::Actor;
pub use basis::{LawfulBasis, RestrictedUse, SpecialBasis, UnknownBasis};
pub use category::{Category, Tag, UnknownCategory};
pub use identifier::{Identifier, IdentifierKind, MalformedIdentifier, SubjectId};
pub use name::{DatasetId, Domain, MalformedName, PurposeId, RecipientId};
pub use origin::Origin;
pub use personal::Personal;
pub(crate) use spelling::edits;
