//! A controller to make laws for.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use jiff::Timestamp;
use pii_core::audit::{Action, AuditLog, Event, Receipt, Settings, Signer};
use pii_core::batch::{Batch, Protected, Protection, Tagged};
use pii_core::keyring::{Keyring, RootKey};
use pii_core::policy::Policy;
use pii_core::register::Register;
use pii_core::vault::{Deposited, Login, People, Vault, VaultLocation};
use pii_core::vocab::{Actor, DatasetId, Identifier, RecipientId};
use tempfile::TempDir;

/// Two recipients for one purpose, one for another; people, their accounts, and a newsletter.
pub(crate) const POLICY: &str = include_str!("policy.toml");

/// A policy, keys, a log and a vault, in a folder that goes when this goes.
pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) keys: Keyring,
    pub(crate) log: AuditLog,
    pub(crate) register: Register,
    pub(crate) vault: Vault,
    pub(crate) login: Login,
    dir: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = VaultLocation::File(dir.path().join("vault.db"));
        Self::with_vault(dir, at, Login::default())
    }

    /// With a vault somewhere else; its epoch keys are in the folder.
    pub(crate) fn with_vault(dir: TempDir, at: VaultLocation, login: Login) -> Self {
        let keys = keyring();
        let signer = Signer::from_seed("acme/pii-audit", &keys.audit_seed().unwrap()).unwrap();
        Self {
            policy: Policy::parse(&[("policies/acme.toml".into(), POLICY.to_owned())]).unwrap(),
            log: AuditLog::create(&dir.path().join("audit"), signer, Settings::new("test")).unwrap(),
            register: Register::open(&dir.path().join("state.db")).unwrap(),
            vault: Vault::create(&at, &login, &dir.path().join("shards"), &keys, Timestamp::now()).unwrap(),
            keys,
            login,
            dir,
        }
    }

    /// Another hand on the vault.
    pub(crate) fn open(&self) -> Result<Vault, pii_core::vault::Error> {
        Vault::open(self.vault.location(), &self.login, &self.path().join("shards"), &self.keys)
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn receipt(&self) -> Receipt {
        self.log.append(&Event::new(Action::VaultDeposit, Actor::local("test"))).unwrap()
    }

    pub(crate) fn tag(&self, of: &str, rows: RecordBatch) -> Batch<Tagged> {
        Batch::raw(dataset(of), rows).tag(&self.policy).unwrap()
    }

    pub(crate) fn protection(&self, of: &str, to: &str, rows: &RecordBatch) -> Protection {
        let (of, to) = (dataset(of), recipient(to));
        Protection::new(&self.policy, &of, &to, &self.keys, &self.register, rows.schema_ref()).unwrap()
    }

    pub(crate) fn protect(&self, of: &str, to: &str, rows: &RecordBatch) -> Batch<Protected> {
        self.tag(of, rows.clone()).protect(&self.protection(of, to, rows)).unwrap()
    }

    pub(crate) fn deposit(&self, of: &str, rows: RecordBatch) -> Deposited {
        let at: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
        let mut met = People::default();
        self.tag(of, rows).deposit(&self.policy, &self.vault, &self.keys, at, &mut met, &self.receipt()).unwrap()
    }

    /// The subjects that a line of `kind=value` names.
    pub(crate) fn find(&self, line: &str) -> Vec<pii_core::vault::Person> {
        self.vault.find(&self.keys, &Identifier::parse(line).unwrap()).unwrap()
    }
}

/// Another hand on the vault in a folder.
pub(crate) fn open_vault(folder: &Path, keys: &Keyring) -> Result<Vault, pii_core::vault::Error> {
    let at = VaultLocation::File(folder.join("vault.db"));
    Vault::open(&at, &Login::default(), &folder.join("shards"), keys)
}

/// Keys that nobody else has.
pub(crate) fn keyring() -> Keyring {
    let dir = tempfile::tempdir().unwrap();
    Keyring::create(dir.path(), &RootKey::generate().unwrap()).unwrap()
}

pub(crate) fn dataset(id: &str) -> DatasetId {
    DatasetId::parse(id).unwrap()
}

pub(crate) fn recipient(id: &str) -> RecipientId {
    RecipientId::parse(id).unwrap()
}

/// A table of text.
pub(crate) fn table<V: AsRef<str>>(columns: &[(&str, &[V])]) -> RecordBatch {
    let column = |values: &[V]| Arc::new(StringArray::from_iter_values(values)) as ArrayRef;
    RecordBatch::try_from_iter(columns.iter().map(|(name, values)| (*name, column(values)))).unwrap()
}

/// A column as text.
pub(crate) fn text(array: &ArrayRef) -> StringArray {
    cast(array, &DataType::Utf8).unwrap().as_any().downcast_ref::<StringArray>().unwrap().clone()
}

/// Whether `needle` stands anywhere in `bytes`.
pub(crate) fn holds(bytes: &[u8], needle: &str) -> bool {
    !needle.is_empty() && bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
}

/// Every file below a folder, with its bytes.
pub(crate) fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let inside = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    inside
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![(path.clone(), std::fs::read(&path).unwrap())] })
        .collect()
}
