//! What the environment says: which workspace, which key, who acts. Nothing else in `pii` reads it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use pii_core::clock::SystemClock;
use pii_core::keyring::{KeyAccess, KeyCommand, KeyFile, KeyProvider};
use pii_core::store::{KeyFinder, ObjectSettings, Objects};
use pii_core::vault::Login;
use pii_core::vocab::Actor;
use pii_core::wire::{Credentials, Encryption, Wire};
use pii_core::workspace::{Caller, Site, Workspace, file_keys};

use zeroize::Zeroizing;

use crate::error::Error;

/// What every command takes.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// The workspace; otherwise the current folder or one above it
    #[arg(long, global = true, env = "PII_WORKSPACE", value_name = "DIR", hide_env_values = true)]
    pub(crate) workspace: Option<PathBuf>,
    /// Who acts, for the log; otherwise the user of the operating system
    #[arg(long, global = true, env = "PII_ACTOR", value_name = "ID", hide_env_values = true)]
    pub(crate) actor: Option<String>,
    /// In which role, for the log
    #[arg(long, global = true, env = "PII_ROLE", value_name = "ROLE", hide_env_values = true)]
    pub(crate) role: Option<String>,
    /// One JSON value a line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say nothing but data and errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Speak to other machines without encryption where their address says so; the log will say it, too
    #[arg(long, global = true)]
    pub(crate) insecure_plaintext: bool,
}

impl Global {
    /// The workspace's folder.
    pub(crate) fn site(&self) -> Result<Site, Error> {
        let from = self.workspace.as_deref().unwrap_or(Path::new("."));
        Ok(Site::find(from)?
            .with_wire(self.wire())
            .with_login(vault_login())
            .with_objects(object_settings(self.wire())))
    }

    /// How connections to other machines are made, as far as no workspace says.
    pub(crate) fn wire(&self) -> Wire {
        let proxy = set("HTTPS_PROXY").or_else(|| set("https_proxy"));
        let no_proxy = set("NO_PROXY").or_else(|| set("no_proxy"));
        Wire { insecure_plaintext: self.insecure_plaintext, proxy, no_proxy, ..Wire::default() }
    }

    /// The workspace, unlocked.
    pub(crate) fn open(&self) -> Result<Workspace, Error> {
        let site = self.site()?;
        let root = self.root_key(&site)?;
        Ok(site.unlock(&root, self.caller())?)
    }

    /// Where the root key is: `PII_KEY_FILE`, `PII_KEY_COMMAND`, or what `pii.toml` names, in this order.
    pub(crate) fn root_key(&self, site: &Site) -> Result<Box<dyn KeyProvider>, Error> {
        match given_key() {
            Some(provider) => Ok(provider),
            None => site.key_provider(key_access())?.ok_or_else(Error::no_key),
        }
    }

    /// The same, for a command that does not unlock the workspace, which would put on record that it is asked in plain
    /// text.
    pub(crate) fn root_key_alone(&self, site: &Site) -> Result<Box<dyn KeyProvider>, Error> {
        let provider = self.root_key(site)?;
        if let Some(Encryption::Plain(_)) = provider.encryption() {
            self.open()?.seal()?;
        }
        Ok(provider)
    }

    /// The keys of files that were encrypted in the workspace, for a command that needs neither unless a file is encrypted:
    /// only then the workspace is unlocked.
    pub(crate) fn file_keys(&self) -> KeyFinder {
        let global = self.clone();
        let unlocked = OnceLock::new();
        KeyFinder::new(move |metadata| {
            let unlock = || -> Result<_, Error> {
                let site = global.site()?;
                Ok(file_keys(Arc::new(site.keyring(&global.root_key(&site)?)?)))
            };
            let unlocked = unlocked.get_or_init(|| unlock().map_err(|error| error.message().to_owned()));
            unlocked.as_ref().map_err(String::clone)?.find(metadata)
        })
    }

    /// Puts on record that `how` is plain, if it is. Where nothing can be put on record, nothing is plain.
    pub(crate) fn record_plain(&self, how: &Encryption) -> Result<(), Error> {
        if let Encryption::Plain(_) = how {
            let workspace = self.open()?;
            workspace.record_plain(how)?;
            workspace.seal()?;
        }
        Ok(())
    }

    /// Who acts, where. The operating system vouches for its user; a name given by `--actor` is that
    /// user's claim, and the log says whose.
    pub(crate) fn caller(&self) -> Caller {
        let user = system_user();
        let actor = match &self.actor {
            Some(claimed) => Actor { id: claimed.clone(), issuer: format!("local:{user}") },
            None => Actor::local(user),
        };
        let host = std::fs::read_to_string("/etc/hostname").or_else(|_| std::env::var("HOSTNAME")).unwrap_or_default();
        let role = self.role.clone().filter(|role| !role.is_empty());
        Caller { actor, role, host: host.trim().to_owned(), clock: Arc::new(SystemClock) }
    }
}

/// The name of the user this process runs as: from the kernel and the password file, not from `$USER`, which
/// anyone can set.
#[cfg(unix)]
fn system_user() -> String {
    let uid = rustix::process::getuid().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("uid-{uid}"))
}

#[cfg(not(unix))]
fn system_user() -> String {
    std::env::var("USERNAME").unwrap_or_else(|_| "unknown".to_owned())
}

/// The key that the environment gives.
pub(crate) fn given_key() -> Option<Box<dyn KeyProvider>> {
    if let Some(file) = std::env::var_os("PII_KEY_FILE").filter(|file| !file.is_empty()) {
        return Some(Box::new(KeyFile(PathBuf::from(file))));
    }
    Some(key_command(&set("PII_KEY_COMMAND")?).0)
}

/// A command that prints a root key, and the variables that it is to get although they hold secrets.
pub(crate) fn key_command(command: &str) -> (Box<dyn KeyProvider>, Vec<String>) {
    let passed = set("PII_KEY_COMMAND_PASS").unwrap_or_default();
    let passed: Vec<_> = passed.split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    (Box::new(KeyCommand::new(command).passing(&passed)), passed)
}

/// Who asks a provider on another machine, as the environment says: the names are those that its own tools read.
pub(crate) fn key_access() -> KeyAccess {
    let vault_token = set("VAULT_TOKEN").map(|token| token.trim().to_owned().into());
    KeyAccess { aws: aws_credentials(), vault_token }
}

/// What a vault on a server asks for. The names are those that PostgreSQL's own tools read.
fn vault_login() -> Login {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".pgpass"));
    Login {
        password: set("PGPASSWORD").map(Zeroizing::new),
        passfile: set("PGPASSFILE").map(PathBuf::from).or_else(home),
        ..Login::default()
    }
}

/// Where the passphrase of a package is.
pub(crate) fn passphrase_file() -> Option<PathBuf> {
    set("PII_PASSPHRASE_FILE").map(PathBuf::from)
}

/// S3, as the environment says: the names are those that Amazon's own tools read.
pub(crate) fn objects(wire: Wire) -> Result<Objects, Error> {
    Ok(Objects::open(object_settings(wire))?)
}

fn object_settings(wire: Wire) -> ObjectSettings {
    ObjectSettings {
        region: set("AWS_REGION"),
        endpoint: set("AWS_ENDPOINT_URL"),
        credentials: aws_credentials(),
        wire,
    }
}

fn aws_credentials() -> Option<Credentials> {
    set("AWS_ACCESS_KEY_ID").zip(set("AWS_SECRET_ACCESS_KEY")).map(|(id, secret)| Credentials {
        access_key_id: id,
        secret_access_key: secret.into(),
        session_token: set("AWS_SESSION_TOKEN").map(Into::into),
    })
}

fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
