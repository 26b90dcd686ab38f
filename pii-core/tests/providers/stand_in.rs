//! A stand-in for HashiCorp Vault's transit engine: over TLS, with real AES-256-GCM, and strict about what its API
//! documents (`POST /v1/transit/encrypt/:name`, `/decrypt/:name`).

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pii_core::keyring::TransitSettings;
use pii_core::wire::Wire;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::authority::Authority;

pub(crate) const TOKEN: &str = "hvs.CAESIJ-stand-in";

/// It listens until the test ends.
pub(crate) struct StandIn {
    port: u16,
    state: Arc<Mutex<State>>,
    authority: Authority,
}

#[derive(Default)]
struct State {
    /// The versions of each key.
    keys: HashMap<String, Vec<Aes256Gcm>>,
    sealed: bool,
    /// Whether it is something else altogether.
    page: bool,
    requests: usize,
    /// The namespace of the newest request.
    namespace: String,
    /// How many requests fail before one is looked at.
    busy: usize,
    /// What was not as documented.
    complaints: Vec<String>,
}

impl StandIn {
    pub(crate) fn start(keys: &[&str]) -> Self {
        let keys = keys.iter().map(|name| ((*name).to_owned(), vec![key()])).collect();
        Self::listen(State { keys, ..State::default() })
    }

    pub(crate) fn of_something_else() -> Self {
        Self::listen(State { page: true, ..State::default() })
    }

    fn listen(state: State) -> Self {
        let authority = Authority::new();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![authority.certificate.clone().into()],
                PrivateKeyDer::try_from(authority.key.clone()).unwrap(),
            )
            .unwrap();
        let (config, state) = (Arc::new(config), Arc::new(Mutex::new(state)));

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = state.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (config, state) = (config.clone(), shared.clone());
                std::thread::spawn(move || serve(socket, config, &state));
            }
        });
        Self { port, state, authority }
    }

    pub(crate) fn settings(&self, key: &str) -> TransitSettings {
        TransitSettings {
            address: format!("https://localhost:{}", self.port),
            mount: "transit".to_owned(),
            key: key.to_owned(),
            namespace: None,
            token_file: None,
        }
    }

    /// Connections that trust it.
    pub(crate) fn wire(&self) -> Wire {
        self.authority.trusted()
    }

    pub(crate) fn rotate(&self, name: &str) {
        self.state.lock().unwrap().keys.get_mut(name).unwrap().push(key());
    }

    pub(crate) fn seal(&self) {
        self.state.lock().unwrap().sealed = true;
    }

    pub(crate) fn namespace(&self) -> String {
        self.state.lock().unwrap().namespace.clone()
    }

    /// The authority that vouches for it.
    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(crate) fn fail(&self, times: usize) {
        self.state.lock().unwrap().busy = times;
    }

    pub(crate) fn requests(&self) -> usize {
        self.state.lock().unwrap().requests
    }

    pub(crate) fn complaints(&self) -> Vec<String> {
        self.state.lock().unwrap().complaints.clone()
    }
}

fn key() -> Aes256Gcm {
    let key: [u8; 32] = std::array::from_fn(|_| uuid::Uuid::new_v4().as_bytes()[0]);
    Aes256Gcm::new_from_slice(&key).unwrap()
}

/// Answers requests on one connection until the other side goes.
fn serve(socket: TcpStream, config: Arc<ServerConfig>, state: &Mutex<State>) {
    let mut stream = BufReader::new(StreamOwned::new(ServerConnection::new(config).unwrap(), socket));
    while let Some(request) = Request::read(&mut stream) {
        let (status, answer) = answer(&request, &mut state.lock().unwrap());
        let text = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{answer}",
            answer.len()
        );
        if stream.get_mut().write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

struct Request {
    line: String,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Request {
    fn read(stream: &mut impl BufRead) -> Option<Self> {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let mut headers = HashMap::new();
        loop {
            let mut header = String::new();
            stream.read_line(&mut header).ok()?;
            let Some((name, value)) = header.trim().split_once(": ") else { break };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let mut body = vec![0; headers.get("content-length").map_or(0, |length| length.parse().unwrap())];
        stream.read_exact(&mut body).ok()?;
        Some(Self { line: line.trim().to_owned(), headers, body })
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

fn answer(request: &Request, state: &mut State) -> (u16, String) {
    state.requests += 1;
    state.namespace = request.header("x-vault-namespace").to_owned();
    if state.page {
        return (200, "<html>Please log in</html>".to_owned());
    }
    let (status, value) = answer_in_json(request, state).unwrap_or_else(|refusal| refusal);
    (status, value.to_string())
}

type Refusal = (u16, Value);

fn answer_in_json(request: &Request, state: &mut State) -> Result<(u16, Value), Refusal> {
    let refuse = |status: u16, why: &str| (status, json!({ "errors": [why] }));
    if state.busy > 0 {
        state.busy -= 1;
        return Err(refuse(500, "internal error"));
    }
    if state.sealed {
        return Err(refuse(503, "Vault is sealed"));
    }
    if request.header("x-vault-token") != TOKEN {
        return Err(refuse(403, "permission denied"));
    }
    let path = request.line.strip_prefix("POST /v1/transit/").and_then(|rest| rest.strip_suffix(" HTTP/1.1"));
    let Some((operation, name)) = path.and_then(|path| path.split_once('/')) else {
        state.complaints.push(request.line.clone());
        return Err(refuse(404, "no handler for route"));
    };
    if request.header("content-type") != "application/json" || request.header("x-vault-request") != "true" {
        state.complaints.push(format!("headers: {:?}", request.headers.keys()));
    }
    let body: Value = serde_json::from_slice(&request.body).map_err(|_| refuse(400, "failed to parse JSON input"))?;
    let (field, documented) = match operation {
        "encrypt" => ("plaintext", ["plaintext", "associated_data"]),
        "decrypt" => ("ciphertext", ["ciphertext", "associated_data"]),
        _ => return Err(refuse(404, "unsupported path")),
    };
    let fields: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    if fields != documented {
        state.complaints.push(format!("fields: {fields:?}"));
    }
    let versions = state.keys.get(name).ok_or_else(|| refuse(400, "encryption key not found"))?;
    let aad = STANDARD.decode(body["associated_data"].as_str().unwrap());
    let aad = aad.map_err(|_| refuse(400, "failed to base64-decode associated_data"))?;
    let given = body[field].as_str().unwrap();
    let data = match operation {
        "encrypt" => {
            let plain = STANDARD.decode(given).map_err(|_| refuse(400, "failed to base64-decode plaintext"))?;
            let nonce = *uuid::Uuid::new_v4().as_bytes().first_chunk::<12>().unwrap();
            let payload = Payload { msg: &plain, aad: &aad };
            let sealed = versions.last().unwrap().encrypt(&Nonce::from(nonce), payload).unwrap();
            let text = STANDARD.encode([&nonce[..], &sealed].concat());
            json!({ "ciphertext": format!("vault:v{}:{text}", versions.len()), "key_version": versions.len() })
        }
        _ => json!({ "plaintext": STANDARD.encode(open(versions, given, &aad).map_err(|why| refuse(400, why))?) }),
    };
    Ok((200, json!({ "request_id": uuid::Uuid::new_v4().to_string(), "lease_id": "", "data": data })))
}

fn open(versions: &[Aes256Gcm], text: &str, aad: &[u8]) -> Result<Vec<u8>, &'static str> {
    let invalid = "invalid ciphertext: no prefix";
    let (version, base64) = text.strip_prefix("vault:v").and_then(|rest| rest.split_once(':')).ok_or(invalid)?;
    let version: usize = version.parse().map_err(|_| "invalid ciphertext: version number could not be decoded")?;
    let key = versions.get(version.wrapping_sub(1)).ok_or("invalid ciphertext: version is too new")?;
    let bytes = STANDARD.decode(base64).map_err(|_| "invalid ciphertext: could not decode base64")?;
    let (nonce, sealed) = bytes.split_first_chunk::<12>().ok_or("invalid ciphertext length")?;
    let payload = Payload { msg: sealed, aad };
    key.decrypt(&Nonce::from(*nonce), payload).map_err(|_| "cipher: message authentication failed")
}
