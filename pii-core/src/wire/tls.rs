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
        for certificate in self.authority_certificates()? {
            let path = self.authorities.clone().unwrap_or_default();
            trusted.add(certificate).map_err(|error| Error::Authorities { path, reason: error.to_string() })?;
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

    /// The certificates in the file of further authorities, for a client that makes its own TLS.
    ///
    /// # Errors
    /// [`Error::Authorities`] if the file is not one of certificates.
    pub fn authority_certificates(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        let Some(path) = &self.authorities else { return Ok(Vec::new()) };
        let wrong = |reason: String| Error::Authorities { path: path.clone(), reason };
        let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        match read {
            Ok(none) if none.is_empty() => Err(wrong("it holds no certificate in PEM".to_owned())),
            Ok(certificates) => Ok(certificates),
            Err(error) => Err(wrong(error.to_string())),
        }
    }
}
