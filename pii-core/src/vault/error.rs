use std::path::PathBuf;

use crate::keyring;
use crate::register;
use crate::state;
use crate::wire;

/// What can go wrong with the vault. No message holds personal data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database file fails.
    #[error(transparent)]
    State(#[from] state::Error),
    /// The database server fails, or cannot be reached.
    #[error("the vault on `{place}`: {reason}")]
    Server {
        /// Where.
        place: String,
        /// What it says, or why it says nothing.
        reason: String,
    },
    /// The role may not do that.
    #[error("the role `{role}` may not do that on `{place}`: {reason}")]
    Forbidden {
        /// As whom we came.
        role: String,
        /// Where.
        place: String,
        /// What the server says.
        reason: String,
    },
    /// The server does not let this role in.
    #[error("`{place}` does not let the role `{role}` in: {reason}")]
    Unwelcome {
        /// As whom we came.
        role: String,
        /// Where.
        place: String,
        /// What the server says.
        reason: String,
    },
    /// The way to the server: its certificate, its silence.
    #[error(transparent)]
    Wire(#[from] wire::Error),
    /// The setting is no file and no server.
    #[error("the vault's address is malformed: {0}")]
    Location(&'static str),
    /// Passwords do not belong into settings.
    #[error("the vault's address holds a password")]
    PasswordInAddress,
    /// The file of passwords cannot be used.
    #[error("the password file `{}` cannot be used: {reason}", .path.display())]
    Passfile {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// An identifier cannot be marked for the register.
    #[error(transparent)]
    Register(#[from] register::Error),
    /// A key is missing, or sealed data do not open.
    #[error(transparent)]
    Key(#[from] keyring::Error),
    /// There is no vault.
    #[error("there is no vault at `{place}`")]
    NoVault {
        /// Where.
        place: String,
    },
    /// The epoch keys were made for another vault.
    #[error("the epoch keys `{}` belong to another vault than `{place}`", .epochs.display())]
    OtherVault {
        /// Where the vault is.
        place: String,
        /// The file of epoch keys.
        epochs: PathBuf,
    },
    /// It is somewhere else now.
    #[error("the vault has moved to `{to}`")]
    Moved {
        /// Where to.
        to: String,
    },
    /// It is still in use.
    #[error("the vault at `{place}` has not moved away")]
    NotMoved {
        /// Where.
        place: String,
    },
    /// There is another vault already.
    #[error("`{place}` holds another vault")]
    Occupied {
        /// Where.
        place: String,
    },
    /// What was moved is not what is there.
    #[error("what `{place}` holds of the table `{table}` is not what the vault holds")]
    Differs {
        /// Where the vault was to go.
        place: String,
        /// Which table.
        table: &'static str,
    },
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// The person was forgotten meanwhile.
    #[error("the person is not in the vault any more")]
    Gone,
    /// A stored row is malformed.
    #[error("the vault holds a row that cannot be read: {0}")]
    Corrupt(&'static str),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::State(error.into())
    }
}
