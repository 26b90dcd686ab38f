use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::{Error, Wire};

/// How a connection keeps what it carries from those on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// By TLS.
    Encrypted,
    /// Not, and it does not leave this machine.
    Loopback,
    /// Not at all; the controller allowed it. To be put on record, with the host that it goes to.
    Plain(String),
}

impl Wire {
    /// Whether to connect to `url`, and how.
    ///
    /// `https` is TLS. So are `postgres` and `postgresql`, except with `sslmode=disable`. Everything else is plain,
    /// and goes to a loopback address or `localhost` alone, unless [`insecure_plaintext`](Wire::insecure_plaintext).
    ///
    /// # Errors
    /// [`Error::PlainText`]; [`Error::MalformedUrl`] for one without a host, or of another scheme.
    pub fn admit(&self, url: &Url) -> Result<Encryption, Error> {
        let host = url.host().ok_or(Error::MalformedUrl("it names no host"))?;
        let tls = match url.scheme() {
            "https" => true,
            "http" => false,
            "postgres" | "postgresql" => !url.query_pairs().any(|(key, value)| key == "sslmode" && value == "disable"),
            _ => return Err(Error::MalformedUrl("its scheme is none of `https`, `http` and `postgres`")),
        };
        match (tls, is_loopback(&host)) {
            (true, _) => Ok(Encryption::Encrypted),
            (false, true) => Ok(Encryption::Loopback),
            (false, false) if self.insecure_plaintext => Ok(Encryption::Plain(host_of(url))),
            (false, false) => Err(Error::PlainText { host: host_of(url) }),
        }
    }
}

/// `host` or `host:port`, as people are told: never the user, the password or the path.
pub fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// An address of this machine's own, or `localhost`. No other name: whoever answers for names decides where it leads.
fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => *address == Ipv6Addr::LOCALHOST,
        // Where a scheme is not the web's, an IPv4 address is not told from a name.
        Host::Domain(name) => {
            name.eq_ignore_ascii_case("localhost")
                || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        }
    }
}
