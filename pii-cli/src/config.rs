//! What the environment says: which workspace, which key, who acts. Nothing else in `pii` reads it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pii_core::clock::SystemClock;
use pii_core::keyring::{KeyCommand, KeyFile, KeyProvider, RootKey};
use pii_core::store::{ObjectSettings, Objects};
use pii_core::vocab::Actor;
use pii_core::wire::{Credentials, Wire};
use pii_core::workspace::{Caller, Site, Workspace};

use crate::error::Error;

/// What every command takes.
#[derive(Debug, clap::Args)]
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
}

impl Global {
    /// The workspace's folder.
    pub(crate) fn site(&self) -> Result<Site, Error> {
        let from = self.workspace.as_deref().unwrap_or(Path::new("."));
        Ok(Site::find(from)?)
    }

    /// The workspace, unlocked.
    pub(crate) fn open(&self) -> Result<Workspace, Error> {
        let site = self.site()?;
        let root = self.root_key(&site)?;
        Ok(site.unlock(&root, self.caller())?)
    }

    /// The root key: `PII_KEY_FILE`, `PII_KEY_COMMAND`, or what `pii.toml` names, in this order.
    pub(crate) fn root_key(&self, site: &Site) -> Result<RootKey, Error> {
        let provider = given_key().or_else(|| site.key_provider()).ok_or_else(Error::no_key)?;
        Ok(provider.root()?)
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
    use std::os::unix::fs::MetadataExt;
    let Ok(uid) = std::fs::metadata("/proc/self").map(|m| m.uid().to_string()) else { return "unknown".to_owned() };
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
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
    if let Some(file) = set("PII_KEY_FILE") {
        return Some(Box::new(KeyFile(PathBuf::from(file))));
    }
    let command = set("PII_KEY_COMMAND")?.into_string().ok()?;
    Some(Box::new(KeyCommand(command)))
}

/// S3, as the environment says: the names are those that Amazon's own tools read.
pub(crate) fn objects() -> Result<Objects, Error> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let credentials = set("AWS_ACCESS_KEY_ID").zip(set("AWS_SECRET_ACCESS_KEY")).map(|(id, secret)| Credentials {
        access_key_id: id,
        secret_access_key: secret.into(),
        session_token: set("AWS_SESSION_TOKEN").map(Into::into),
    });
    let settings = ObjectSettings {
        region: set("AWS_REGION"),
        endpoint: set("AWS_ENDPOINT_URL"),
        wire: Wire { proxy: set("HTTPS_PROXY").or_else(|| set("https_proxy")), ..Wire::default() },
        credentials,
    };
    Ok(Objects::open(settings)?)
}
