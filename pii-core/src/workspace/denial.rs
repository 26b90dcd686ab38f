use crate::batch;
use crate::error::Error;
use crate::outbound;
use crate::policy::Refusal;
use crate::register;
use crate::seal;

/// Why, for the log: words of ours, never those of whoever asked. The first row of a file that has no header is taken
/// for the names of its columns, a name may be typed where a purpose belongs, and the log forgets nothing.
pub(super) fn denial(error: &Error) -> String {
    let why = match error {
        Error::UnknownPurpose(_) => "the policy has no such purpose",
        Error::UnknownSubject { .. } => "the vault knows nobody by that",
        Error::Batch(batch::Error::Undecided { columns, .. }) if columns.len() > 1 => {
            return format!("{} columns have no tag", columns.len());
        }
        Error::Batch(batch::Error::Undecided { .. } | batch::Error::Refused(Refusal::UndecidedColumn { .. })) => {
            "1 column has no tag"
        }
        Error::UnknownDataset(_)
        | Error::Batch(batch::Error::UnknownDataset(_) | batch::Error::Refused(Refusal::UnknownDataset(_))) => {
            "the policy has no such dataset"
        }
        Error::UnknownRecipient(_) | Error::Batch(batch::Error::Refused(Refusal::UnknownRecipient(_))) => {
            "the policy has no such recipient"
        }
        Error::Batch(batch::Error::Refused(Refusal::PurposeNotAllowed { .. })) => {
            "the dataset may not be used for the recipient's purpose"
        }
        Error::Batch(batch::Error::NoSubject { .. }) => "the column of the subject is missing",
        Error::Batch(batch::Error::Column { .. }) => "the policy's method does not suit a column",
        Error::Batch(batch::Error::Unheedable { .. }) => "a column of identifiers cannot be looked into",
        Error::Batch(batch::Error::NoSuchEpoch { .. }) => "the recipient's keys have not come to that epoch",
        Error::Batch(batch::Error::Bridge { .. }) => "a column has no room for a bridge",
        Error::OlderKeys { .. } => "the keys are an older copy",
        Error::PurposeNotAllowed { .. } => "the dataset may not be used for this purpose",
        Error::Restricted(_) => "the data are restricted (Art. 18)",
        Error::OtherPurpose { .. } => "the recipient gets nothing for that purpose",
        Error::Outbound(outbound::Error::Register(register::Error::Changed { .. })) => "somebody objected meanwhile",
        Error::Sealed { source: seal::Error::OtherKey { .. }, .. } => "the file is sealed with another workspace's key",
        Error::Sealed { .. } => "the file does not open",
        Error::Audit(_) => "the log does not have it",
        _ => "it failed before it was decided",
    };
    why.to_owned()
}
