//! Objects on S3, and on stores that speak as it does: the few requests that are needed, signed, counted, and repeated with
//! patience where the store stumbles.

mod ask;
mod list;
mod location;
mod refuse;
mod upload;
mod versions;

use std::fmt;

use url::Url;

pub(crate) use ask::Ask;
pub use ask::Traffic;
pub(crate) use list::{StoredObject, StoredVersion};
pub use location::ObjectLocation;
pub(crate) use upload::{Kept, Upload, Written};
pub(crate) use versions::Versioning;

use self::ask::Counter;
use super::Error;
use crate::wire::Credentials;
use crate::wire::Encryption;
use crate::wire::Http;
use crate::wire::Wire;

/// The most bytes an object read or written whole may have: 1 MiB.
pub const MAX_OBJECT_BYTES: u64 = 1 << 20;

/// How to reach S3, or a store that speaks as it does. Its `Debug` leaves out what may hold a password.
#[derive(Clone, Default)]
pub struct ObjectSettings {
    /// The region; `us-east-1` if none is named.
    pub region: Option<String>,
    /// Another endpoint than Amazon's.
    pub endpoint: Option<String>,
    /// Who asks.
    pub credentials: Option<Credentials>,
    /// How connections are made.
    pub wire: Wire,
}

impl fmt::Debug for ObjectSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { region, endpoint: _, credentials, wire } = self;
        f.debug_struct("ObjectSettings")
            .field("region", region)
            .field("credentials", credentials)
            .field("wire", wire)
            .finish_non_exhaustive()
    }
}

/// A store of objects.
pub struct Objects {
    settings: ObjectSettings,
    credentials: Credentials,
    endpoint: Url,
    encryption: Encryption,
    http: Http,
    traffic: Counter,
}

impl Objects {
    /// Checks the settings. Nothing is asked of the store yet.
    ///
    /// # Errors
    /// [`Error::NoCredentials`]; [`Error::MalformedEndpoint`], and [`Error::Wire`] if it is plain and far, or its authorities
    /// cannot be read.
    pub fn open(settings: ObjectSettings) -> Result<Self, Error> {
        let credentials = settings.credentials.clone().ok_or(Error::NoCredentials)?;
        let region = settings.region.as_deref().unwrap_or(REGION);
        let china = if region.starts_with("cn-") { ".cn" } else { "" };
        let usual = format!("https://s3.{region}.amazonaws.com{china}");
        let endpoint = endpoint(settings.endpoint.as_deref().unwrap_or(&usual))?;
        let encryption = settings.wire.admit(&endpoint)?;
        let http = Http::new(&settings.wire)?;
        Ok(Self { settings, credentials, endpoint, encryption, http, traffic: Counter::default() })
    }

    /// How the store is spoken to.
    pub fn encryption(&self) -> &Encryption {
        &self.encryption
    }

    /// What was asked so far, in figures.
    pub fn traffic(&self) -> Traffic {
        self.traffic.so_far()
    }

    /// The bytes of a small object.
    ///
    /// # Errors
    /// [`Error::NoObject`] and [`Error::NoBucket`] if there is none, [`Error::ObjectTooLarge`],
    /// [`Error::ObjectDenied`], [`Error::ObjectStore`].
    pub fn get(&self, location: &ObjectLocation) -> Result<Vec<u8>, Error> {
        if location.is_prefix() {
            return Err(no_object(location));
        }
        let large = |bytes| Error::ObjectTooLarge { location: location.to_string(), bytes };
        match self.say(&Ask::of("GET", location)) {
            Ok(answer) if answer.body.len() as u64 > MAX_OBJECT_BYTES => Err(large(answer.body.len() as u64)),
            Ok(answer) => Ok(answer.body.to_vec()),
            // So large that it was not read to its end.
            Err(error @ Error::ObjectStore { .. }) => match self.state(location, None) {
                Ok(state) if state.bytes > MAX_OBJECT_BYTES => Err(large(state.bytes)),
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// Writes a small object that is not there yet (`If-None-Match: *`).
    ///
    /// # Errors
    /// [`Error::ObjectExists`], and as [`Objects::put`].
    pub fn put_new(&self, location: &ObjectLocation, bytes: &[u8]) -> Result<(), Error> {
        match self.write(location, bytes, vec![("if-none-match", "*".to_owned())]) {
            Err(Error::ObjectChanged { location }) => Err(Error::ObjectExists { location }),
            other => other,
        }
    }

    /// Writes a small object, in the place of one that may be there.
    ///
    /// # Errors
    /// [`Error::NoBucket`], [`Error::ObjectTooLarge`], [`Error::ObjectDenied`], [`Error::ObjectStore`].
    pub fn put(&self, location: &ObjectLocation, bytes: &[u8]) -> Result<(), Error> {
        self.write(location, bytes, Vec::new())
    }

    fn write(
        &self,
        location: &ObjectLocation,
        bytes: &[u8],
        headers: Vec<(&'static str, String)>,
    ) -> Result<(), Error> {
        if location.is_prefix() {
            return Err(no_object(location));
        }
        if bytes.len() as u64 > MAX_OBJECT_BYTES {
            return Err(Error::ObjectTooLarge { location: location.to_string(), bytes: bytes.len() as u64 });
        }
        self.say(&Ask { headers, body: bytes.to_vec().into(), ..Ask::of("PUT", location) }).map(drop)
    }

    fn region(&self) -> &str {
        self.settings.region.as_deref().unwrap_or(REGION)
    }
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objects").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn no_object(location: &ObjectLocation) -> Error {
    Error::ObjectStore { place: location.to_string(), why: "it is a folder, and no object".to_owned() }
}

/// What is checked here is what is used.
fn endpoint(text: &str) -> Result<Url, Error> {
    // No user and no password, and nothing that another reader of URLs could take for the end of the host.
    let url =
        Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && !text.contains(['@', '\\']));
    url.filter(|url| url.host().is_some()).ok_or(Error::MalformedEndpoint)
}

const REGION: &str = "us-east-1";

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::wire;

    fn settings(endpoint: &str) -> ObjectSettings {
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: Zeroizing::new("hush".to_owned()),
            session_token: None,
        };
        ObjectSettings { endpoint: Some(endpoint.to_owned()), credentials: Some(credentials), ..Default::default() }
    }

    #[test]
    fn plain_http_reaches_this_machine_alone() {
        for near in ["http://127.0.0.1:5000", "http://localhost:9000/", "http://[::1]:9000", "https://s3.example"] {
            Objects::open(settings(near)).unwrap();
        }
        for far in ["http://s3.example", "http://10.0.0.1:9000", "http://127.0.0.1.example"] {
            let refused = Objects::open(settings(far));
            assert!(matches!(refused, Err(Error::Wire(wire::Error::PlainText { .. }))), "{far}");
        }
        for wrong in ["s3.example", "http://", "http://127.0.0.1:1\\@s3.example", "https://anna:secret@s3.example"] {
            assert!(matches!(Objects::open(settings(wrong)), Err(Error::MalformedEndpoint)), "{wrong}");
        }
    }

    #[test]
    fn nobody_asks_without_a_name() {
        assert!(matches!(Objects::open(ObjectSettings::default()), Err(Error::NoCredentials)));
    }

    #[test]
    fn a_secret_is_not_shown() {
        let shown = format!("{:?}", Objects::open(settings("https://s3.example")).unwrap());
        assert!(shown.contains("AKIDEXAMPLE") && !shown.contains("hush"), "{shown}");
    }

    #[test]
    fn a_store_that_does_not_answer_is_said_to() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let objects = Objects::open(settings(&format!("http://{free}"))).unwrap();
        let error = objects.get(&ObjectLocation::parse("s3://acme-anchors/a").unwrap()).unwrap_err().to_string();
        assert!(error.contains("s3://acme-anchors/a") && error.contains("refuses the connection"), "{error}");
        let large = vec![0; MAX_OBJECT_BYTES as usize + 1];
        let refused = objects.put(&ObjectLocation::parse("s3://acme-anchors/a").unwrap(), &large);
        assert!(matches!(refused, Err(Error::ObjectTooLarge { .. })));
    }
}
