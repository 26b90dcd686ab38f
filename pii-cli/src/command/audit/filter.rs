use pii_core::audit::{Action, Filter};
use pii_core::vocab::{DatasetId, PurposeId, RecipientId};

use super::time;
use crate::error::Error;

/// Which entries. What is not given does not matter.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Which entries")]
pub(crate) struct FilterArgs {
    /// Not before this time: 2026-05-17 or 2026-05-17T12:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// By this identity
    #[arg(long, value_name = "ID")]
    by: Option<String>,
    /// This was done: tag, protect, disclose, vault_read …
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// In this dataset
    #[arg(long, short, value_name = "DATASET")]
    dataset: Option<String>,
    /// For this purpose
    #[arg(long, short, value_name = "PURPOSE")]
    purpose: Option<String>,
    /// To this recipient
    #[arg(long, short, value_name = "RECIPIENT")]
    recipient: Option<String>,
}

impl FilterArgs {
    /// Reads what was given.
    pub(crate) fn filter(&self) -> Result<Filter, Error> {
        let action = self.action.as_deref().map(Action::parse).transpose();
        Ok(Filter {
            since: self.since.as_deref().map(time::read).transpose()?,
            until: self.until.as_deref().map(time::read).transpose()?,
            actor: self.by.clone(),
            action: action
                .map_err(|e| Error::usage(e.to_string(), "for example tag, protect, disclose, vault_read"))?,
            dataset: self.dataset.as_deref().map(DatasetId::parse).transpose()?,
            purpose: self.purpose.as_deref().map(PurposeId::parse).transpose()?,
            recipient: self.recipient.as_deref().map(RecipientId::parse).transpose()?,
            subject: None,
        })
    }
}
