//! Amazon's services, played by moto for as long as a test lasts.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server at `http://ADDRESS`.
pub(crate) struct Moto {
    pub(crate) address: SocketAddr,
    server: Child,
}

impl Moto {
    pub(crate) fn start() -> Self {
        let how = "run `cargo xtask test`, which makes a Python that has it, or name one that has in PII_TEST_PYTHON";
        let Some(python) = std::env::var_os("PII_TEST_PYTHON") else { panic!("Amazon is played by moto: {how}") };
        let probe = Command::new(&python).args(["-c", "import moto.server, flask"]).output().unwrap();
        assert!(probe.status.success(), "{} has no `moto[server]`: {how}", python.display());
        let address = free();
        let server = Command::new(python)
            .args(["-B", "-m", "moto.server", "-H", "127.0.0.1", "-p", &address.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let moto = Self { address, server };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "moto does not listen at {address}");
            std::thread::sleep(Duration::from_millis(50));
        }
        moto
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Asks without a signature, which moto does not look at. `head` is the request line and headers but the usual.
    pub(crate) fn ask(&self, head: &str, body: &str) -> String {
        let mut connection = TcpStream::connect(self.address).unwrap();
        let usual = format!("Host: {}\r\nContent-Length: {}\r\n", self.address, body.len());
        connection.write_all(format!("{head}\r\n{usual}\r\n{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(" 200 "), "{answer}");
        answer
    }

    /// Asks its KMS.
    pub(crate) fn kms(&self, operation: &str, body: &str) -> String {
        let who = "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/eu-central-1/kms/aws4_request";
        self.ask(&format!("POST / HTTP/1.0\r\nX-Amz-Target: TrentService.{operation}\r\n{who}"), body)
    }

    /// Makes a key in its KMS, and says the ARN.
    pub(crate) fn make_key(&self) -> String {
        let answer = self.kms("CreateKey", "{}");
        answer.split('"').find(|text| text.starts_with("arn:aws:kms:")).unwrap().to_owned()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// An address where nothing listens.
pub(crate) fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
