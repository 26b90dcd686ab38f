use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::Workspace;
use crate::audit::Action;
use crate::batch;
use crate::error::Error;
use crate::keyring::Epoch;
use crate::pseudonym::Normaliser;
use crate::vocab::RecipientId;

impl Workspace {
    /// Writes the pseudonym keys of a recipient's domain, of one epoch or of the current one, to a new file of mode 0600, a
    /// line each: `domain epoch normalisation base64`. On record before the file is made.
    ///
    /// # Errors
    /// [`Error::Batch`] with [`batch::Error::NoSuchEpoch`] if it has not come to that epoch; [`Error::Io`] if the file exists or cannot be written.
    pub fn reveal_keys(&self, recipient: &RecipientId, epoch: Option<Epoch>, path: &Path) -> Result<(), Error> {
        let domain = self.policy.recipient(recipient).map_or_else(|| recipient.into(), |r| r.domain());
        let current = self.keys.current_epoch(&domain);
        let epoch = epoch.unwrap_or(current);
        if epoch > current {
            return Err(batch::Error::NoSuchEpoch { domain, epoch, current }.into());
        }
        let mut text = Zeroizing::new(String::new());
        for norm in Normaliser::NAMES {
            let key = self.keys.reveal_pseudonym(&domain, norm, epoch)?;
            let key = Zeroizing::new(STANDARD.encode(key.as_ref()));
            text.push_str(&format!("{domain} {epoch} {norm} {}\n", *key));
        }
        self.record(
            &self.event(Action::KeyShow).with_recipient(recipient.clone()).with_keys([format!("{domain}/{epoch}")]),
        )?;
        write_new(path, &text)
    }
}

/// Writes keys to a new file that only its owner can read.
pub(super) fn write_new(path: &Path, text: &Zeroizing<String>) -> Result<(), Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(io)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)
}
