use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! actions {
    ($($variant:ident = $name:literal, $means:literal;)+) => {
        /// What was done, or was asked for and denied. A new action raises the entry's version.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Action {
            $(#[doc = $means] #[serde(rename = $name)] $variant,)+
        }

        impl Action {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in the log: `vault_deposit`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it means, in a sentence.
            pub fn means(self) -> &'static str {
                match self { $(Self::$variant => $means,)+ }
            }
        }
    };
}

actions! {
    Init = "init", "A workspace and its log begin.";
    Scan = "scan", "Data were looked at to find personal data; nothing changed.";
    Tag = "tag", "Every column of an ingested batch was decided.";
    Protect = "protect", "Rows were pseudonymised, masked or dropped for a recipient.";
    Disclose = "disclose", "Protected rows went to a recipient.";
    Read = "read", "Someone looked at personal data.";
    PolicyChange = "policy_change", "The controller's policy changed.";
    CatalogChange = "catalog_change", "A dataset was described, moved or removed.";
    KeyShow = "key_show", "Someone looked at the list of keys, or at one.";
    KeyRotate = "key_rotate", "A pseudonymisation or vault key was replaced.";
    KeyShred = "key_shred", "A key was destroyed, and with it what it protects.";
    VaultDeposit = "vault_deposit", "Identifying data were put into the vault.";
    VaultRead = "vault_read", "Identifying data were read from the vault.";
    VaultRewrap = "vault_rewrap", "The vault's keys were wrapped anew.";
    VaultMove = "vault_move", "The vault moved to another server.";
    GrantChange = "grant_change", "A grant was made, changed or revoked.";
    BreakGlass = "break_glass", "Access was taken in an emergency.";
    AccessReview = "access_review", "Grants were reviewed.";
    RequestOpen = "request_open", "A data subject's request arrived.";
    RequestAskIdentity = "request_ask_identity", "The requester was asked who they are (Art. 12(6)).";
    RequestVerifyIdentity = "request_verify_identity", "The requester's identity was verified (Art. 12(6)).";
    RequestPlan = "request_plan", "What a request would do was computed.";
    RequestApprove = "request_approve", "Somebody confirmed what a request would do.";
    RequestRun = "request_run", "A request began to be carried out.";
    RequestEnd = "request_end", "A run of a request came to its end; denied, if not all of it is done.";
    RequestClose = "request_close", "A request was answered.";
    RequestExtend = "request_extend", "A request's time was extended (Art. 12(3)).";
    RequestReject = "request_reject", "A request was refused (Art. 12(5)).";
    RequestWithdraw = "request_withdraw", "A request was withdrawn.";
    RequestHold = "request_hold", "A dataset or subject was put on hold, or released (Art. 17(3)).";
    RequestDeliver = "request_deliver", "A package went to the data subject (Art. 15, 20).";
    Certificate = "certificate", "A certificate of completion was issued.";
    Erase = "erase", "Bytes about a person were destroyed (Art. 17).";
    Rectify = "rectify", "Data about a person were corrected (Art. 16).";
    Restrict = "restrict", "Processing was restricted (Art. 18).";
    Object = "object", "An objection took effect (Art. 21).";
    Lift = "lift", "A restriction or an objection ended (Art. 18(3), 21).";
    Notify = "notify", "Recipients were told (Art. 19).";
    RetentionRun = "retention_run", "A retention schedule ran (Art. 5(1)(e)).";
    PlainConnection = "plain_connection", "Another machine was spoken to without encryption, as the controller allowed.";
    LogQuery = "log_query", "This log was read.";
    LogExport = "log_export", "This log was exported.";
    LogAnchor = "log_anchor", "A checkpoint was given away to be kept elsewhere.";
    LogHeartbeat = "log_heartbeat", "The log was still kept: nothing else happened for a while.";
    LogKey = "log_key", "This log is signed by a further key; `content` is the SHA-256 of its verifier key.";
    LogPrune = "log_prune", "Segments of this log were dropped; the tree hashes stay.";
}

impl Action {
    /// Reads the name in the log.
    ///
    /// # Errors
    /// [`UnknownAction`].
    pub fn parse(name: &str) -> Result<Self, UnknownAction> {
        Self::ALL.iter().copied().find(|a| a.name() == name).ok_or_else(|| UnknownAction { name: name.to_owned() })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No such action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not an action of the log")]
pub struct UnknownAction {
    /// What was asked for.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_ones_in_the_log() {
        for action in Action::ALL {
            assert_eq!(Action::parse(action.name()), Ok(*action));
            assert_eq!(serde_json::to_string(action).unwrap(), format!("\"{action}\""));
        }
        assert!(Action::parse("look").is_err());
    }
}
