use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

use rustls::CertificateError;

/// What can keep two machines apart. No message holds a user, a password or a path of a URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Others on the way could read and change it.
    #[error("`{host}` is not on this machine, and a plain connection to it can be read and changed on its way")]
    PlainText {
        /// The host, and its port if it has one of its own.
        host: String,
    },
    /// The URL is not repeated: it may hold a password.
    #[error("the address is not a URL such as `https://host`: {0}")]
    MalformedUrl(&'static str),
    /// The file of authorities is no such file.
    #[error("`{}` is not a file of trusted certificates: {reason}", .path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Nobody could vouch for anybody.
    #[error("this system trusts no authority for certificates")]
    NoAuthorities,
    /// The client itself cannot be made.
    #[error("no connection can be made: {0}")]
    Unusable(String),
    /// What is to be sent cannot be: it has a line break in it, or another control character. It is not repeated.
    #[error("the value of the header `{0}` cannot be sent")]
    Header(String),

    /// Nobody whom we trust vouches for the other side.
    #[error("the certificate of `{host}` is self-signed, or of an authority that is not trusted here")]
    UnknownAuthority {
        /// The host.
        host: String,
    },
    /// Nobody vouches for it any more.
    #[error("the certificate of `{host}` has expired")]
    Expired {
        /// The host.
        host: String,
    },
    /// Nobody vouches for it yet; or the clock here is wrong.
    #[error("the certificate of `{host}` is not valid yet, by the clock of this machine")]
    NotYetValid {
        /// The host.
        host: String,
    },
    /// It is somebody else's.
    #[error("the certificate of `{host}` is for another name{}", others(.names))]
    WrongName {
        /// The host.
        host: String,
        /// The names it is for, as far as they are known.
        names: Vec<String>,
    },
    /// Another fault of the certificate.
    #[error("the certificate of `{host}` is not accepted: {reason}")]
    Certificate {
        /// The host.
        host: String,
        /// Why.
        reason: String,
    },
    /// Not TLS, or too old.
    #[error("`{host}` does not speak TLS 1.2 or 1.3: {reason}")]
    NoTls {
        /// The host.
        host: String,
        /// What it said instead.
        reason: String,
    },

    /// Nothing listens.
    #[error("`{host}` refuses the connection")]
    Refused {
        /// The host.
        host: String,
    },
    /// Nothing came for too long.
    #[error("`{host}` did not answer in time")]
    Silent {
        /// The host.
        host: String,
    },
    /// The answer would fill the memory.
    #[error("the answer of `{host}` is longer than {limit} bytes")]
    TooLong {
        /// The host.
        host: String,
        /// The most it may have.
        limit: usize,
    },
    /// Anything else that befalls a connection.
    #[error("cannot speak to `{host}`: {reason}")]
    Broken {
        /// The host.
        host: String,
        /// What happened.
        reason: String,
    },
}

impl Error {
    /// What a client's error means, whichever client it is: the cause is found below what has been wrapped around it.
    pub fn of(host: &str, error: &(dyn StdError + 'static)) -> Self {
        let host = host.to_owned();
        if let Some(error) = find::<rustls::Error>(error) {
            return Self::of_tls(host, error);
        }
        if find::<reqwest::Error>(error).is_some_and(reqwest::Error::is_timeout) {
            return Self::Silent { host };
        }
        match find::<io::Error>(error).map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => Self::Refused { host },
            Some(io::ErrorKind::TimedOut) => Self::Silent { host },
            _ => Self::Broken { host, reason: innermost(error) },
        }
    }

    /// Whether the other side has a certificate, and it is not accepted.
    pub fn is_about_a_certificate(&self) -> bool {
        matches!(
            self,
            Self::UnknownAuthority { .. }
                | Self::Expired { .. }
                | Self::NotYetValid { .. }
                | Self::WrongName { .. }
                | Self::Certificate { .. }
        )
    }

    fn of_tls(host: String, error: &rustls::Error) -> Self {
        use rustls::Error as Tls;
        match error {
            Tls::InvalidCertificate(certificate) => match certificate {
                CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownAuthority { host },
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired { host },
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    Self::NotYetValid { host }
                }
                CertificateError::NotValidForName => Self::WrongName { host, names: Vec::new() },
                CertificateError::NotValidForNameContext { presented, .. } => {
                    Self::WrongName { host, names: presented.iter().map(|name| plain(name)).collect() }
                }
                other => Self::Certificate { host, reason: other.to_string() },
            },
            Tls::InvalidMessage(_) => Self::NoTls { host, reason: "it answers in something else".to_owned() },
            Tls::AlertReceived(_) | Tls::PeerIncompatible(_) => Self::NoTls { host, reason: error.to_string() },
            _ => Self::Broken { host, reason: error.to_string() },
        }
    }
}

/// The first error of this type, however deep. `io::Error` passes over what it wraps when asked for its source.
fn find<'e, T: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = below(error);
    }
    None
}

fn below<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

/// What was said first, in one line. Clients put the address into what they wrap around it, and it may hold a password.
fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = below(cause) {
        cause = deeper;
    }
    if cause.is::<reqwest::Error>() {
        return "the request cannot be made".to_owned();
    }
    cause.to_string().lines().next().unwrap_or_default().to_owned()
}

/// `DnsName("db.example")` as people write it.
fn plain(presented: &str) -> String {
    presented.split('"').nth(1).unwrap_or(presented).to_owned()
}

fn others(names: &[String]) -> String {
    let listed: Vec<_> = names.iter().take(4).map(|name| format!("`{name}`")).collect();
    if listed.is_empty() { String::new() } else { format!(": {}", listed.join(", ")) }
}
