//! Somebody who vouches for `localhost`.

use std::path::PathBuf;

use pii_core::wire::Wire;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

/// A certificate of its own making, in a folder of its own.
pub(crate) struct Authority {
    folder: TempDir,
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.is_ca = IsCa::ExplicitNoCa;
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();

        let folder = tempfile::tempdir().unwrap();
        for (file, text) in
            [("ca.pem", authority.pem()), ("cert.pem", certificate.pem()), ("key.pem", key.serialize_pem())]
        {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        Self { folder, certificate: certificate.der().to_vec(), key: key.serialize_der() }
    }

    /// `ca.pem`, `cert.pem` or `key.pem`.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Connections that trust it.
    pub(crate) fn trusted(&self) -> Wire {
        Wire { authorities: Some(self.file("ca.pem")), ..Wire::default() }
    }
}
