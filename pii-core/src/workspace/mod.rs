//! Where does this controller keep its things?
//!
//! A workspace is a folder: `pii.toml`, the policies, and `.pii` with the vault, the log, the catalog and the
//! wrapped keys. [`Site`] is the folder before a key is at hand: enough to read the policy, the catalog and
//! the log. [`Workspace`] is the folder unlocked, for an actor whose acts it records.
//!
//! The verbs here tie the rooms together in the one order that is safe: decide, record, then act.

mod anchor;
mod denial;
mod encrypt;
mod erase;
mod export;
mod forbid;
mod forget;
mod ingest;
mod look_up;
mod protect;
mod prune;
mod put;
mod query;
mod relocate;
mod requests;
mod reveal;
mod rotate;
mod rotate_root;
mod scan;
mod settings;
mod show;
mod shred;
mod site;

use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use crate::audit::{self, Action, AuditLog, Event, Hash, Sidecar};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::error::Error;
use crate::keyring::Keyring;
use crate::policy::Policy;
use crate::register::Register;
use crate::request::Requests;
use crate::store::Objects;
use crate::vault::Vault;
use crate::vocab::Actor;
use crate::wire::Encryption;

pub use anchor::{AnchorTo, Anchored, Sealed, read_anchors};
use denial::denial;

pub use encrypt::file_keys;
pub use erase::{Erased, Erasing};
pub use forbid::{Forbade, Forbidding};
pub use forget::Forgotten;
pub use ingest::{Doubt, Ingested, located};
pub use look_up::{Looked, Question};
pub use put::{Incoming, Moved, Reading};
pub use query::Mention;
pub use relocate::MovedVault;
pub use requests::{Apart, Asked, Ended, EndedPlace, HoldOn, Opened, Packed, Packing, Replay};
pub use rotate::{Output, Rotated, Rotation};
pub use rotate_root::Rewrapped;
pub use scan::{Scanned, scan};
pub use settings::{KeySettings, Settings, TlsSettings};
pub use show::Shown;
pub use shred::{ShredReceipt, Shreddable};
pub use site::Site;

/// On whose behalf, where and when.
#[derive(Clone)]
pub struct Caller {
    /// Who acts.
    pub actor: Actor,
    /// In which role, as far as they say.
    pub role: Option<String>,
    /// The name of this host, for the log.
    pub host: String,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl Caller {
    fn log_settings(&self) -> audit::Settings {
        audit::Settings { clock: self.clock.clone(), ..audit::Settings::new(self.host.as_str()) }
    }
}

/// A workspace, unlocked.
pub struct Workspace {
    site: Site,
    policy: Policy,
    keys: Arc<Keyring>,
    log: AuditLog,
    sidecar: Sidecar,
    catalog: Catalog,
    requests: Requests,
    register: Register,
    /// Opened when it is first needed: it may be on a server that is away.
    vault: OnceLock<Vault>,
    /// Opened when a dataset that lies there is first asked for.
    objects: OnceLock<Arc<Objects>>,
    caller: Caller,
}

impl Workspace {
    /// The folder.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// What the controller decided.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The keys.
    pub fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// The audit log.
    pub fn log(&self) -> &AuditLog {
        &self.log
    }

    /// What the log keeps beside its entries, and may forget.
    pub fn sidecar(&self) -> &Sidecar {
        &self.sidecar
    }

    /// The catalog.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// What people forbid.
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// The vault. It is opened when it is first asked for; a plain connection to it is on record before.
    ///
    /// # Errors
    /// [`Error::Vault`] if it cannot be opened; [`Error::Audit`].
    pub fn vault(&self) -> Result<&Vault, Error> {
        match self.vault.get() {
            Some(vault) => Ok(vault),
            None => {
                let vault = self.open_vault()?;
                Ok(self.vault.get_or_init(|| vault))
            }
        }
    }

    fn open_vault(&self) -> Result<Vault, Error> {
        self.record_plain(&self.site.vault()?.encryption(self.site.wire())?)?;
        self.site.open_vault(&self.keys)
    }

    /// Signs what the log holds now. Every command ends with it, so that nothing is left unsealed.
    ///
    /// # Errors
    /// [`Error::Audit`].
    pub fn seal(&self) -> Result<(), Error> {
        self.log.checkpoint()?;
        Ok(())
    }
}

/// Told of progress as often as rows pass; may say stop.
pub type Watch<'a> = &'a mut (dyn FnMut(Step) -> ControlFlow<()> + Send);

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Step {
    /// Rows so far.
    pub rows: u64,
    /// Rows in all, where the format knows.
    pub of_rows: Option<u64>,
    /// Bytes read so far, as they lie in the source.
    pub bytes: u64,
    /// Bytes in all, where they can be known.
    pub of_bytes: Option<u64>,
}

fn go_on(watch: Watch<'_>, step: Step) -> Result<(), Error> {
    match watch(step) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::Interrupted),
    }
}

impl Workspace {
    /// Records what releases nothing: a denial, a reading of the log.
    fn record(&self, event: &Event) -> Result<(), Error> {
        let _receipt = self.log.append(event)?;
        Ok(())
    }

    /// Records that another machine is spoken to without encryption, if it is. Before it is spoken to, wherever the log
    /// can be opened without it.
    ///
    /// # Errors
    /// [`Error::Audit`].
    pub fn record_plain(&self, how: &Encryption) -> Result<(), Error> {
        if let Encryption::Plain(host) = how {
            self.record(&self.event(Action::PlainConnection).with_peer(host))?;
        }
        Ok(())
    }

    /// The store that datasets lie in.
    fn objects(&self) -> Result<Arc<Objects>, Error> {
        if let Some(objects) = self.objects.get() {
            return Ok(Arc::clone(objects));
        }
        let objects = Arc::new(self.site.objects()?);
        self.record_plain(objects.encryption())?;
        Ok(Arc::clone(self.objects.get_or_init(|| objects)))
    }

    /// Records that `event` was refused, and why.
    fn refuse<T>(&self, event: &Event, error: Error) -> Result<T, Error> {
        self.record(&event.clone().denied(denial(&error)))?;
        Err(error)
    }

    /// An event of this actor's, under this policy.
    fn event(&self, action: Action) -> Event {
        let event = Event::new(action, self.caller.actor.clone()).with_policy(Hash::from_bytes(self.policy.digest()));
        Event { role: self.caller.role.clone(), ..event }
    }
}
