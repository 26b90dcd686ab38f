use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::{Caller, KeySettings, Settings, Workspace};
use crate::audit::{Action, AuditLog, Event, Sidecar, Signer, VerifierKey};
use crate::catalog::Catalog;
use crate::error::Error;
use crate::keyring::{Epochs, KeyAccess, KeyProvider, Keyring, Lock, RootId};
use crate::policy::{self, Policy};
use crate::register::Register;
use crate::request::Requests;
use crate::store;
use crate::store::{ObjectSettings, Objects};
use crate::vault::{Login, Vault, VaultLocation};
use crate::wire::{Encryption, Wire};

/// A workspace's folder, not unlocked.
#[derive(Clone, Debug)]
pub struct Site {
    root: PathBuf,
    settings: Settings,
    wire: Wire,
    login: Login,
    objects: ObjectSettings,
}

impl Site {
    /// Makes a workspace in `root`: settings, a starter policy, the folders, a wrapped master key, an empty
    /// vault and catalog, and a log whose first entry says so.
    ///
    /// # Errors
    /// [`Error::WorkspaceExists`], [`Error::Io`], or what a room says.
    pub fn create(root: &Path, settings: Settings, key: &dyn KeyProvider, caller: Caller) -> Result<Self, Error> {
        let file = root.join(SETTINGS);
        if file.exists() {
            return Err(Error::WorkspaceExists(root.to_owned()));
        }
        let wire = settings.wire(root, Wire::default());
        let site =
            Self { root: root.to_owned(), settings, wire, login: Login::default(), objects: ObjectSettings::default() };
        for folder in [root.to_owned(), site.keys(), site.policies()] {
            fs::create_dir_all(&folder).map_err(|source| Error::Io { path: folder.clone(), source })?;
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let hidden = root.join(HIDDEN);
            fs::set_permissions(&hidden, fs::Permissions::from_mode(0o700))
                .map_err(|source| Error::Io { path: hidden.clone(), source })?;
        }
        let keyring = Keyring::create(&site.keys(), key).inspect_err(|_| {
            // The provider may be out of reach: it is as if nobody had begun. A folder with something in it stays.
            for folder in [site.keys(), root.join(HIDDEN), site.policies()] {
                let _ = fs::remove_dir(folder);
            }
        })?;
        let now = caller.clock.now();
        let starter = site.policies().join("policy.toml");
        if !starter.exists() {
            write(&starter, &policy::starter(&site.settings.controller))?;
        }
        write(&root.join(".gitignore"), IGNORE)?;
        let origin = site.settings.log_name();
        let log = AuditLog::create(&site.audit(), signer(&origin, &keyring)?, caller.log_settings())?;
        let begins = Event { role: caller.role, ..Event::new(Action::Init, caller.actor) };
        let _receipt = log.append(&begins)?;
        if let Some(Encryption::Plain(host)) = key.encryption() {
            let _receipt = log.append(&Event { action: Action::PlainConnection, ..begins }.with_peer(host))?;
        }
        log.checkpoint()?;
        Catalog::open(&site.state())?;
        Register::open(&site.state())?;
        Vault::create(&site.vault()?, &site.login(), &site.shards(), &keyring, now)?;
        Sidecar::open(&site.sidecar(), &keyring)?;
        site.settings.write(&file)?;
        Ok(site)
    }

    /// Finds the workspace that `from` lies in.
    ///
    /// # Errors
    /// [`Error::NoWorkspace`], [`Error::Settings`].
    pub fn find(from: &Path) -> Result<Self, Error> {
        let from = std::path::absolute(from).map_err(|source| Error::Io { path: from.to_owned(), source })?;
        let root = from.ancestors().find(|folder| folder.join(SETTINGS).is_file());
        let root = root.ok_or_else(|| Error::NoWorkspace(from.clone()))?;
        let settings = Settings::read(&root.join(SETTINGS))?;
        let wire = settings.wire(root, Wire::default());
        Ok(Self { root: root.to_owned(), settings, wire, login: Login::default(), objects: ObjectSettings::default() })
    }

    /// With connections made like this. The authorities that `pii.toml` names stay, unless `wire` names others.
    #[must_use]
    pub fn with_wire(self, wire: Wire) -> Self {
        Self { wire: self.settings.wire(&self.root, wire), ..self }
    }

    /// With what it takes to come to a vault on a server.
    #[must_use]
    pub fn with_login(self, login: Login) -> Self {
        Self { login, ..self }
    }

    /// With what it takes to reach datasets in buckets. How connections are made, the workspace says.
    #[must_use]
    pub fn with_objects(self, objects: ObjectSettings) -> Self {
        Self { objects, ..self }
    }

    /// The store that datasets of the policy lie in. Nothing is asked of it yet.
    pub(super) fn objects(&self) -> Result<Objects, store::Error> {
        Objects::open(ObjectSettings { wire: self.wire.clone(), ..self.objects.clone() })
    }

    /// How connections to other machines are made.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What `pii.toml` says.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The provider of the root key that `pii.toml` names, if it names one.
    ///
    /// # Errors
    /// [`Error::Keyring`] if its settings lead nowhere, or nobody is said to ask.
    pub fn key_provider(&self, access: KeyAccess) -> Result<Option<Box<dyn KeyProvider>>, Error> {
        Ok(self.settings.key_provider(&self.root, access, &self.wire)?)
    }

    /// The folder of policies.
    pub fn policies(&self) -> PathBuf {
        self.root.join(&self.settings.policies)
    }

    /// The folder of the audit log.
    pub fn audit(&self) -> PathBuf {
        self.root.join(&self.settings.audit)
    }

    /// Reads the policy.
    ///
    /// # Errors
    /// [`Error::Policy`], with every violation.
    pub fn policy(&self) -> Result<Policy, Error> {
        Ok(Policy::load(&self.policies())?)
    }

    /// Opens the catalog.
    ///
    /// # Errors
    /// [`Error::Io`] if it is gone; [`Error::Catalog`].
    pub fn catalog(&self) -> Result<Catalog, Error> {
        // One that is gone must not be replaced in silence by an empty one, in which nobody objects to anything.
        let state = self.state();
        fs::metadata(&state).map_err(|source| Error::Io { path: state, source })?;
        Ok(Catalog::open(&self.state())?)
    }

    /// Opens the ledger of requests.
    ///
    /// # Errors
    /// [`Error::Request`].
    pub fn requests(&self) -> Result<Requests, Error> {
        Ok(Requests::open(&self.state())?)
    }

    /// The key that the log's checkpoints are to be checked with, known on another way than from the log.
    ///
    /// # Errors
    /// [`Error::Keyring`].
    pub fn log_key(&self, root: &dyn KeyProvider) -> Result<VerifierKey, Error> {
        let signer = signer(&self.settings.log_name(), &self.keyring(root)?)?;
        Ok(signer.verifier().clone())
    }

    /// Which root key unlocks it: known without the key.
    ///
    /// # Errors
    /// [`Error::Keyring`].
    pub fn root_id(&self) -> Result<RootId, Error> {
        Ok(Keyring::root_of(&self.keys())?)
    }

    /// Which epoch each domain is in now, whatever a keyring that was opened before says.
    ///
    /// # Errors
    /// [`Error::Keyring`].
    pub fn domain_epochs(&self) -> Result<Epochs, Error> {
        Ok(Keyring::epochs_in(&self.keys())?)
    }

    /// Writes into `pii.toml` where the root key comes from; the rest of it, comments too, stays as it is.
    ///
    /// # Errors
    /// [`Error::Settings`] if the file is written in a way that only a person can change.
    pub fn name_key(&self, key: &KeySettings) -> Result<(), Error> {
        Settings { key: key.clone(), ..self.settings.clone() }.rewrite_key(&self.root.join(SETTINGS))
    }

    /// The right to change keys.
    pub(super) fn lock_keys(&self) -> Result<Lock, Error> {
        Ok(Lock::take(&self.keys())?)
    }

    /// Unlocks the keyring.
    ///
    /// # Errors
    /// [`Error::Keyring`].
    pub fn keyring(&self, root: &dyn KeyProvider) -> Result<Keyring, Error> {
        Ok(Keyring::open(&self.keys(), root)?)
    }

    /// Unlocks the workspace for a caller. The vault stays shut until it is needed.
    ///
    /// # Errors
    /// What a room says: a wrong key, a policy with violations, a log that was tampered with.
    pub fn unlock(self, root: &dyn KeyProvider, caller: Caller) -> Result<Workspace, Error> {
        let keys = self.keyring(root)?;
        let policy = self.policy()?;
        let origin = self.settings.log_name();
        let log = AuditLog::open(&self.audit(), signer(&origin, &keys)?, caller.log_settings())?;
        let catalog = self.catalog()?;
        let requests = self.requests()?;
        let register = Register::open(&self.state())?;
        let sidecar = Sidecar::open(&self.sidecar(), &keys)?;
        let keys = Arc::new(keys);
        let (vault, objects) = (OnceLock::new(), OnceLock::new());
        let workspace =
            Workspace { site: self, policy, keys, log, sidecar, catalog, requests, register, vault, objects, caller };
        // Not before: the key of the log was on the other side.
        if let Some(how) = root.encryption() {
            workspace.record_plain(how)?;
        }
        Ok(workspace)
    }

    /// What the log keeps beside its entries: within its folder, no part of what is verified.
    fn sidecar(&self) -> PathBuf {
        self.audit().join("sidecar.db")
    }

    fn keys(&self) -> PathBuf {
        self.root.join(HIDDEN).join("keys")
    }

    fn state(&self) -> PathBuf {
        self.root.join(&self.settings.state)
    }

    /// Where the vault is.
    ///
    /// # Errors
    /// [`Error::Vault`] if `pii.toml` says neither a file nor a server.
    pub fn vault(&self) -> Result<VaultLocation, Error> {
        Ok(VaultLocation::parse(&self.settings.vault, &self.root)?)
    }

    pub(super) fn open_vault(&self, keys: &Keyring) -> Result<Vault, Error> {
        Ok(Vault::open(&self.vault()?, &self.login(), &self.shards(), keys)?)
    }

    pub(super) fn login(&self) -> Login {
        Login { wire: self.wire.clone(), ..self.login.clone() }
    }

    /// Has `pii.toml` say that the vault is elsewhere.
    pub(super) fn set_vault(&mut self, to: &str) -> Result<(), Error> {
        Settings::set_vault(&self.root.join(SETTINGS), to)?;
        self.settings.vault = to.to_owned();
        Ok(())
    }

    fn shards(&self) -> PathBuf {
        self.keys().join("shards")
    }
}

fn signer(origin: &str, keys: &Keyring) -> Result<Signer, Error> {
    let seed = keys.audit_seed()?;
    Ok(Signer::from_seed(origin, &seed)?)
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|source| Error::Io { path: path.to_owned(), source })
}

const SETTINGS: &str = "pii.toml";
const HIDDEN: &str = ".pii";
const IGNORE: &str = "# Keys, the vault and the log never go into version control.\n.pii/\n.pii-root.key\n";

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::SystemClock;
    use crate::keyring::RootKey;
    use crate::vocab::Actor;

    fn caller() -> Caller {
        Caller { actor: Actor::local("anna"), role: None, host: "db-1".into(), clock: Arc::new(SystemClock) }
    }

    #[test]
    fn a_workspace_is_found_from_anywhere_within_it() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(Site::find(dir.path()), Err(Error::NoWorkspace(_))));
        let key = RootKey::generate().unwrap();
        let made = Site::create(dir.path(), Settings::new("Acme GmbH"), &key, caller()).unwrap();
        let within = dir.path().join("data/2026/11");
        fs::create_dir_all(&within).unwrap();
        assert_eq!(Site::find(&within).unwrap().root(), made.root());
    }

    #[test]
    fn a_workspace_is_never_made_over_another() {
        let dir = tempfile::tempdir().unwrap();
        let key = RootKey::generate().unwrap();
        Site::create(dir.path(), Settings::new("Acme GmbH"), &key, caller()).unwrap();
        let again = Site::create(dir.path(), Settings::new("Other Ltd"), &RootKey::generate().unwrap(), caller());
        assert!(matches!(again, Err(Error::WorkspaceExists(_))));
        assert!(Site::find(dir.path()).unwrap().unlock(&key, caller()).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_look_into_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        Site::create(dir.path(), Settings::new("Acme GmbH"), &RootKey::generate().unwrap(), caller()).unwrap();
        let mode = fs::metadata(dir.path().join(HIDDEN)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let ignored = fs::read_to_string(dir.path().join(".gitignore")).unwrap();
        assert!(ignored.lines().any(|line| line == ".pii/"));
    }
}
