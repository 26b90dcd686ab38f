use std::fmt;

use zeroize::Zeroizing;

/// An access key, as Amazon's services and those that speak like them ask for. Its `Debug` shows the id alone; the rest
/// is wiped when it is dropped.
#[derive(Clone)]
pub struct Credentials {
    /// The id.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: Zeroizing<String>,
    /// The token of a session, for temporary ones.
    pub session_token: Option<Zeroizing<String>>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}
