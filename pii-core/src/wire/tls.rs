use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::{Error, Wire};

impl Wire {
    /// TLS 1.2 or 1.3 (RFC 5246, RFC 8446) with *ring*. Certificates are verified (RFC 5280) against the authorities of
    /// the system and those of [`authorities`](Wire::authorities), and for the name that is connected to (RFC 9525).
    ///
    /// Where the system keeps its authorities can be said by SSL_CERT_FILE and SSL_CERT_DIR, as for other programs.
    ///
    /// # Errors
    /// [`Error::Authorities`] if the file is not one of certificates, [`Error::NoAuthorities`] if there is none at all.
    pub fn tls(&self) -> Result<Arc<ClientConfig>, Error> {
        let mut trusted = RootCertStore::empty();
        // One that cannot be read is one that vouches for nobody.
        trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let (Some(path), Some(pem)) = (&self.authorities, self.authorities_pem()?) {
            let wrong = |reason: String| Error::Authorities { path: path.clone(), reason };
            let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
            let certificates = read.map_err(|error| wrong(error.to_string()))?;
            if certificates.is_empty() {
                return Err(wrong("it holds no certificate in PEM".to_owned()));
            }
            for certificate in certificates {
                trusted.add(certificate).map_err(|error| wrong(error.to_string()))?;
            }
        }
        if trusted.is_empty() {
            return Err(Error::NoAuthorities);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|error| Error::Unusable(error.to_string()))?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
    /// The file of further authorities, for a client that makes its own TLS.
    ///
    /// # Errors
    /// [`Error::Authorities`] if it cannot be read.
    pub fn authorities_pem(&self) -> Result<Option<Vec<u8>>, Error> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|error| Error::Authorities { path: path.clone(), reason: error.to_string() })
        };
        self.authorities.as_ref().map(read).transpose()
    }
}
