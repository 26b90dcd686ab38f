use std::fmt;
use std::path::{Path, PathBuf};

use url::{Host, Url};
use zeroize::Zeroizing;

use super::Error;
use crate::wire::{Encryption, Wire};

/// Where a vault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VaultLocation {
    /// In a SQLite file.
    File(PathBuf),
    /// On a PostgreSQL server.
    Server(Server),
}

/// A PostgreSQL server, and a database there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name or number; the name is what its certificate must be for.
    pub host: String,
    /// 5432 unless said.
    pub port: u16,
    /// The role to come as.
    pub user: String,
    /// The database.
    pub database: String,
    /// A file of authorities (PEM) to trust besides the system's.
    pub root_certificate: Option<PathBuf>,
    /// `sslmode=disable`: no TLS.
    pub plaintext: bool,
}

/// What it takes to come to a server, besides its address. Never printed.
#[derive(Clone, Default)]
pub struct Login {
    /// The password.
    pub password: Option<Zeroizing<String>>,
    /// A file with lines of `host:port:database:user:password`, readable by its owner only, if no password is given.
    pub passfile: Option<PathBuf>,
    /// How connections are made.
    pub wire: Wire,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login")
    }
}

impl VaultLocation {
    /// Reads `postgres://user@host:port/database?sslrootcert=FILE&sslmode=verify-full`, or a path; both paths are
    /// relative to `folder`.
    ///
    /// # Errors
    /// [`Error::PasswordInAddress`]; [`Error::Location`] for another scheme or parameter.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, Error> {
        if !text.contains("://") {
            return Ok(Self::File(folder.join(text)));
        }
        let url = Url::parse(text).map_err(|_| Error::Location("it is no address"))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(Error::Location("a vault is a file or `postgres://…`"));
        }
        if url.password().is_some() {
            return Err(Error::PasswordInAddress);
        }
        let database = url.path().trim_start_matches('/');
        if database.is_empty() || url.username().is_empty() {
            return Err(Error::Location("name a role and a database: `postgres://user@host/database`"));
        }
        let mut server = Server {
            host: match url.host() {
                // The address of a scheme that the standard does not know comes as it was written.
                Some(Host::Domain(host)) => host.to_owned(),
                Some(Host::Ipv4(address)) => address.to_string(),
                Some(Host::Ipv6(address)) => address.to_string(),
                None => return Err(Error::Location("it names no host")),
            },
            port: url.port().unwrap_or(PORT),
            user: decoded(url.username()),
            database: decoded(database),
            root_certificate: None,
            plaintext: false,
        };
        for (name, value) in url.query_pairs() {
            match (name.as_ref(), value.as_ref()) {
                ("sslrootcert", file) => server.root_certificate = Some(folder.join(file)),
                ("sslmode", "verify-full") => server.plaintext = false,
                ("sslmode", "disable") => server.plaintext = true,
                ("sslmode", _) => return Err(Error::Location("`sslmode` is `verify-full` or `disable`")),
                ("password", _) => return Err(Error::PasswordInAddress),
                _ => return Err(Error::Location("it takes `sslrootcert` and `sslmode`, and nothing else")),
            }
        }
        Ok(Self::Server(server))
    }
}

impl VaultLocation {
    /// How the way there keeps what it carries. A file's does not leave this machine.
    ///
    /// # Errors
    /// [`Error::Wire`] if it would be plain, and `wire` does not allow that.
    pub fn encryption(&self, wire: &Wire) -> Result<Encryption, Error> {
        match self {
            Self::File(_) => Ok(Encryption::Loopback),
            Self::Server(server) => {
                let mode = if server.plaintext { "?sslmode=disable" } else { "" };
                let url = Url::parse(&format!("postgres://{}{mode}", server.authority()));
                Ok(wire.admit(&url.map_err(|_| Error::Location("it is no address"))?)?)
            }
        }
    }
}

impl Server {
    /// `host:port`.
    pub(super) fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// Without what the way there needs: `postgres://vault@db-1:5432/pii`.
impl fmt::Display for VaultLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.display().fmt(f),
            Self::Server(server) => server.fmt(f),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://{}@{}/{}", self.user, self.authority(), self.database)
    }
}

/// `%40` is `@`.
fn decoded(text: &str) -> String {
    url::form_urlencoded::parse(format!("x={}", text.replace('+', "%2B")).as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

const PORT: u16 = 5432;

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> Server {
        match VaultLocation::parse(text, Path::new("/w")) {
            Ok(VaultLocation::Server(server)) => server,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_server_is_named_as_everywhere_else() {
        let full = server("postgres://vault%40eu@db-1.example:6432/pii?sslrootcert=ca.pem");
        assert_eq!((full.host.as_str(), full.port, full.user.as_str()), ("db-1.example", 6432, "vault@eu"));
        assert_eq!((full.root_certificate, full.plaintext), (Some("/w/ca.pem".into()), false));
        assert_eq!(server("postgresql://v@[::1]/pii?sslmode=disable").to_string(), "postgres://v@[::1]:5432/pii");
        let file = VaultLocation::parse(".pii/vault.db", Path::new("/w")).unwrap();
        assert_eq!(file, VaultLocation::File("/w/.pii/vault.db".into()));
    }

    #[test]
    fn a_password_is_refused_and_so_is_what_nobody_knows() {
        for text in ["postgres://v:secret@db/pii", "postgres://v@db/pii?password=secret"] {
            let error = VaultLocation::parse(text, Path::new("/w")).unwrap_err();
            assert!(matches!(error, Error::PasswordInAddress));
            assert!(!error.to_string().contains("secret"));
        }
        for text in [
            "mysql://v@db/pii",
            "postgres://v@db",
            "postgres://db/pii",
            "postgres://v@db/pii?sslmode=require",
            "postgres://v@db/pii?host=elsewhere",
        ] {
            assert!(matches!(VaultLocation::parse(text, Path::new("/w")), Err(Error::Location(_))), "{text}");
        }
    }
}
