use std::ops::ControlFlow;

use super::{Step, Watch, Workspace};
use crate::audit::{Action, Hash};
use crate::error::Error;
use crate::vault::{Relocated, Vault, VaultLocation};

/// A vault that is somewhere else now.
#[derive(Debug)]
pub struct MovedVault {
    /// What is in both places.
    pub copied: Relocated,
    /// The entry that records that it is there.
    pub audit_entry: u64,
    /// The vault as it was left, which nobody writes to any more.
    pub left: Vault,
}

impl Workspace {
    /// Moves the vault to another database: `to` is a path or `postgres://…`, as `pii.toml` says it. Nobody else writes
    /// while it is copied and compared; then the old one says where the new one is, and `pii.toml` does. Recorded before,
    /// and afterwards with the digest. Whoever was stopped does it again, and it goes on.
    ///
    /// What is left at the old place can still be opened with the workspace's keys: see [`Self::wipe_left`].
    ///
    /// # Errors
    /// [`Error::Vault`], [`Error::Audit`], [`Error::Settings`]; [`Error::Interrupted`].
    pub fn move_vault(&mut self, to: &str, watch: Watch<'_>) -> Result<MovedVault, Error> {
        let location = VaultLocation::parse(to, self.site.root())?;
        // From here on it is opened anew, wherever it is then.
        let left = match self.vault.take() {
            Some(vault) => vault,
            None => self.open_vault()?,
        };
        self.record_plain(&location.encryption(self.site.wire())?)?;
        let receipt = self.log.append(&self.event(Action::VaultMove))?;
        let mut copying = |rows, of| -> ControlFlow<()> { watch(Step { rows, of_rows: Some(of), ..Step::default() }) };
        let copied = left.relocate(&location, &self.site.login(), &mut copying, &receipt)?;
        self.site.set_vault(to)?;
        self.vault()?;
        let event = self.event(Action::VaultMove).with_rows(copied.rows).with_content(Hash::from_bytes(copied.digest));
        let receipt = self.log.append(&event)?;
        Ok(MovedVault { copied, audit_entry: receipt.index(), left })
    }

    /// Destroys what a vault that moved away left behind. On record first.
    ///
    /// # Errors
    /// [`Error::Vault`], [`Error::Audit`].
    pub fn wipe_left(&self, left: Vault) -> Result<u64, Error> {
        let receipt = self.log.append(&self.event(Action::Erase))?;
        left.wipe(&receipt)?;
        Ok(receipt.index())
    }
}
