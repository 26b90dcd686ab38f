//! How do we speak to another machine?
//!
//! In TLS 1.2 or 1.3, with a certificate that was verified, or not at all. A plain connection is for this machine alone;
//! to another it is refused, unless the controller allows it in words ([`Wire::insecure_plaintext`]), and then whoever
//! connects has it put on record. There is no switch that leaves out verification: an authority of the controller's own
//! is named instead ([`Wire::authorities`]).
//!
//! A [`Wire`] holds these settings, and every room that connects asks it: [`Wire::admit`] whether it may, [`Wire::tls`]
//! how. [`Http`] is a small client for services that are asked in HTTP; Amazon's are asked with a signature (`sigv4`).

mod admit;
mod credentials;
mod error;
mod http;
pub(crate) mod sigv4;
#[cfg(test)]
mod tests;
mod tls;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

pub use admit::{Encryption, host_of};
pub use credentials::Credentials;
pub use error::Error;
pub use http::{Answer, Http, MAX_ANSWER_BYTES, Question};

/// How connections are made. Its `Debug` leaves out the proxy, which may hold a password.
#[derive(Clone)]
pub struct Wire {
    /// Further authorities to trust besides the system's: a file of certificates in PEM (RFC 7468).
    pub authorities: Option<PathBuf>,
    /// Whether a connection to another machine may be plain. Whoever makes one has it put on record.
    pub insecure_plaintext: bool,
    /// An HTTP proxy, as a URL. What goes to this machine does not go through it.
    pub proxy: Option<String>,
    /// Hosts that are reached without the proxy, as NO_PROXY lists them: `.example, 10.0.0.0/8`.
    pub no_proxy: Option<String>,
    /// How long the other side may be silent.
    pub timeout: Duration,
}

impl Default for Wire {
    /// The system's authorities, nothing plain, no proxy, 30 seconds.
    fn default() -> Self {
        Self {
            authorities: None,
            insecure_plaintext: false,
            proxy: None,
            no_proxy: None,
            timeout: Duration::from_secs(30),
        }
    }
}

impl Wire {
    /// The hosts that are reached without the proxy, this machine among them: a list with commas.
    pub fn hosts_without_proxy(&self) -> String {
        let here = "localhost,127.0.0.0/8,::1";
        self.no_proxy.as_ref().map_or_else(|| here.to_owned(), |hosts| format!("{here},{hosts}"))
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { authorities, insecure_plaintext, proxy: _, no_proxy, timeout } = self;
        f.debug_struct("Wire")
            .field("authorities", authorities)
            .field("insecure_plaintext", insecure_plaintext)
            .field("no_proxy", no_proxy)
            .field("timeout", timeout)
            .finish_non_exhaustive()
    }
}
