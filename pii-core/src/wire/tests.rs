//! Real servers on this machine, with certificates of an authority that the test makes.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;
use url::Url;

use super::*;

#[test]
fn plain_text_reaches_this_machine_alone() {
    let wire = Wire::default();
    let admit = |url: &str| wire.admit(&Url::parse(url).unwrap());
    for near in [
        "http://127.0.0.1:8200/v1",
        "http://127.9.9.9",
        "http://localhost:9000/",
        "http://LOCALHOST",
        "http://[::1]:9000",
        "http://2130706433/",
        "postgres://127.0.0.1/vault?sslmode=disable",
        "postgres://localhost/vault?sslmode=disable",
    ] {
        assert_eq!(admit(near).unwrap(), Encryption::Loopback, "{near}");
    }
    for far in [
        "http://kms.example",
        "http://10.0.0.1:8200",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "http://0.0.0.0",
        "http://[::2]",
        "postgres://db.example/vault?sslmode=disable",
    ] {
        assert!(matches!(admit(far), Err(Error::PlainText { .. })), "{far}");
    }
    for encrypted in ["https://kms.example", "postgres://db.example/vault", "postgresql://db/v?sslmode=require"] {
        assert_eq!(admit(encrypted).unwrap(), Encryption::Encrypted, "{encrypted}");
    }
    for other in ["ftp://127.0.0.1/", "unix:/run/vault.sock", "file:///etc/passwd"] {
        assert!(matches!(admit(other), Err(Error::MalformedUrl(_))), "{other}");
    }
}

#[test]
fn plain_text_that_was_allowed_is_told_with_its_host_and_no_password() {
    let wire = Wire { insecure_plaintext: true, ..Wire::default() };
    let url = Url::parse("http://anna:secret@vault.example:8200/v1/token").unwrap();
    assert_eq!(wire.admit(&url).unwrap(), Encryption::Plain("vault.example:8200".to_owned()));
    let refused = Wire::default().admit(&url).unwrap_err().to_string();
    assert!(refused.contains("`vault.example:8200`") && !refused.contains("secret"), "{refused}");
}

#[test]
fn a_server_of_a_trusted_authority_is_spoken_to() {
    let authority = Authority::new();
    let server = Server::start(authority.vouches_for("localhost", VALID), answer("200 OK", "hello"));
    let answer = Http::new(&authority.trusted()).unwrap().post(&server.url("localhost"), &[], b"?".to_vec()).unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"hello".as_slice()));
    assert!(!format!("{answer:?}").contains("hello"), "an answer may hold a key");
}

#[test]
fn a_certificate_is_refused_for_what_is_wrong_with_it() {
    let authority = Authority::new();
    let refused = |identity: Identity, wire: &Wire, host: &str| {
        let server = Server::start(identity, answer("200 OK", "never seen"));
        Http::new(wire).unwrap().post(&server.url(host), &[], Vec::new()).unwrap_err()
    };
    let good = || authority.vouches_for("localhost", VALID);

    let error = refused(good(), &Wire::default(), "localhost");
    assert!(matches!(error, Error::UnknownAuthority { .. }), "{error:?}");
    let error = refused(self_signed(), &authority.trusted(), "localhost");
    assert!(matches!(error, Error::UnknownAuthority { .. }), "{error:?}");
    let error = refused(authority.vouches_for("localhost", PAST), &authority.trusted(), "localhost");
    assert!(matches!(error, Error::Expired { .. }), "{error:?}");
    let error = refused(authority.vouches_for("localhost", FUTURE), &authority.trusted(), "localhost");
    assert!(matches!(error, Error::NotYetValid { .. }), "{error:?}");
    let error = refused(authority.vouches_for("vault.example", VALID), &authority.trusted(), "localhost");
    let Error::WrongName { names, .. } = &error else { panic!("{error:?}") };
    assert_eq!(names, &["vault.example"]);
    assert!(error.to_string().ends_with("is for another name: `vault.example`"), "{error}");
    // The name is checked, and not where it leads.
    let error = refused(good(), &authority.trusted(), "127.0.0.1");
    assert!(matches!(error, Error::WrongName { .. }), "{error:?}");
}

#[test]
fn what_does_not_speak_tls_is_not_spoken_to() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("https://localhost:{}", listener.local_addr().unwrap().port())).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.write_all(b"220 mail.example ESMTP\r\n");
        let _ = stream.read(&mut [0; 1024]);
    });
    let error = Http::new(&Wire::default()).unwrap().post(&url, &[], Vec::new()).unwrap_err();
    assert!(matches!(error, Error::NoTls { .. }), "{error:?}");
}

#[test]
fn a_host_that_refuses_and_one_that_is_silent_are_told_apart() {
    let wire = Wire { timeout: Duration::from_millis(300), ..Wire::default() };
    let http = Http::new(&wire).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let began = Instant::now();
    let error = http.post(&url, &[], Vec::new()).unwrap_err();
    assert!(matches!(error, Error::Silent { .. }), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(5));
    drop(listener);
    let error = http.post(&url, &[], Vec::new()).unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
}

#[test]
fn an_answer_without_end_does_not_fill_the_memory() {
    let authority = Authority::new();
    let server = Server::start(authority.vouches_for("localhost", VALID), |stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'a'; 4096]).is_ok() {}
    });
    let error = Http::new(&authority.trusted()).unwrap().post(&server.url("localhost"), &[], Vec::new()).unwrap_err();
    assert!(matches!(error, Error::TooLong { limit: MAX_ANSWER_BYTES, .. }), "{error:?}");
}

#[test]
fn a_redirect_is_an_answer_and_nobody_follows_it() {
    let authority = Authority::new();
    let moved = "307 Temporary Redirect\r\nLocation: http://elsewhere.example/";
    let server = Server::start(authority.vouches_for("localhost", VALID), answer(moved, ""));
    let answer = Http::new(&authority.trusted()).unwrap().post(&server.url("localhost"), &[], Vec::new()).unwrap();
    assert_eq!(answer.status, 307);
}

#[test]
fn what_is_no_file_of_authorities_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate here\n").unwrap();
    for path in [empty, folder.path().join("not-here.pem")] {
        let wire = Wire { authorities: Some(path.clone()), ..Wire::default() };
        let error = wire.tls().unwrap_err();
        assert!(matches!(error, Error::Authorities { .. }), "{error:?}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}

#[test]
fn a_proxy_is_not_shown() {
    let wire = Wire { proxy: Some("http://anna:secret@proxy.example".to_owned()), ..Wire::default() };
    assert!(!format!("{wire:?}{:?}", Http::new(&wire).unwrap()).contains("secret"));
}

/// Years that a certificate is valid from and to.
type Years = (i32, i32);
const VALID: Years = (2020, 2120);
const PAST: Years = (2020, 2021);
const FUTURE: Years = (2119, 2120);

/// A certificate and its key, both in DER.
struct Identity {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// Somebody who vouches for servers, and a file that says whom to trust.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    fn trusted(&self) -> Wire {
        Wire { authorities: Some(self.folder.path().join("ca.pem")), ..Wire::default() }
    }

    fn vouches_for(&self, name: &str, (from, to): Years) -> Identity {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.is_ca = IsCa::ExplicitNoCa;
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity { certificate: certificate.der().to_vec(), key: key.serialize_der() }
    }
}

fn self_signed() -> Identity {
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::ExplicitNoCa;
    let key = KeyPair::generate().unwrap();
    Identity { certificate: params.self_signed(&key).unwrap().der().to_vec(), key: key.serialize_der() }
}

type Stream = StreamOwned<ServerConnection, TcpStream>;

/// A server that answers one connection over TLS.
struct Server {
    port: u16,
}

impl Server {
    fn start(identity: Identity, serve: impl FnOnce(&mut Stream) + Send + 'static) -> Self {
        let key = PrivateKeyDer::try_from(identity.key).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![identity.certificate.into()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (socket, _) = listener.accept().unwrap();
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), socket);
            // Whoever refuses the certificate has gone.
            if stream.read(&mut [0; 4096]).is_ok() {
                serve(&mut stream);
            }
        });
        Self { port }
    }

    fn url(&self, host: &str) -> Url {
        Url::parse(&format!("https://{host}:{}/v1", self.port)).unwrap()
    }
}

fn answer(status: &'static str, body: &'static str) -> impl FnOnce(&mut Stream) + Send + 'static {
    move |stream| {
        let text = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        let _ = stream.write_all(text.as_bytes());
        stream.conn.send_close_notify();
        let _ = stream.flush();
    }
}
