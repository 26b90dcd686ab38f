use std::fmt;
use std::future::Future;
use std::str::FromStr;
use std::time::Duration;

use object_store::Certificate;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt, PutMode, RetryConfig};
use tokio::runtime::Runtime;
use url::Url;

use super::Error;
use crate::wire;
use crate::wire::Credentials;
use crate::wire::Encryption;
use crate::wire::Wire;

/// The most bytes an object read or written here may have: 1 MiB.
pub const MAX_OBJECT_BYTES: u64 = 1 << 20;

/// An object on S3, `s3://bucket/key`; or, with a `/` at its end, all whose keys begin so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectLocation {
    bucket: String,
    key: String,
}

impl ObjectLocation {
    /// Reads a location. A bucket is named as the S3 User Guide says: 3 to 63 of `a-z`, `0-9`, `.` and `-`.
    ///
    /// # Errors
    /// [`Error::MalformedLocation`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |why: &'static str| Error::MalformedLocation { location: text.to_owned(), why };
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| wrong("it does not begin with `s3://`"))?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(plain) {
            return Err(wrong("a bucket has 3 to 63 small letters, digits, `.` and `-`"));
        }
        if key.is_empty() && !rest.ends_with('/') {
            return Err(wrong("it names no object: write `s3://bucket/key`, or `s3://bucket/folder/`"));
        }
        if !key.is_empty() && Path::parse(key).is_err() {
            return Err(wrong("its key has an empty part, a `.` or a `..`, or a control character"));
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// Whether `text` speaks of an object at all.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(SCHEME)
    }

    /// The bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Whether it stands for all keys that begin so, and not for one object.
    pub fn is_prefix(&self) -> bool {
        self.key.is_empty() || self.key.ends_with('/')
    }

    /// The object called `name` under this prefix.
    ///
    /// # Errors
    /// [`Error::MalformedLocation`].
    pub fn join(&self, name: &str) -> Result<Self, Error> {
        Self::parse(&format!("{self}{name}"))
    }
}

impl FromStr for ObjectLocation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for ObjectLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.bucket, self.key)
    }
}

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

/// Small objects on S3, read and written whole.
pub struct Objects {
    settings: ObjectSettings,
    endpoint: Option<Url>,
    encryption: Encryption,
    runtime: Runtime,
}

impl Objects {
    /// Checks the settings. Nothing is asked of the store yet.
    ///
    /// # Errors
    /// [`Error::NoCredentials`]; [`Error::MalformedEndpoint`], and [`Error::Wire`] if it is plain and far;
    /// [`Error::ObjectStore`].
    pub fn open(settings: ObjectSettings) -> Result<Self, Error> {
        if settings.credentials.is_none() {
            return Err(Error::NoCredentials);
        }
        let endpoint = settings.endpoint.as_deref().map(endpoint).transpose()?;
        let encryption = endpoint.as_ref().map_or(Ok(Encryption::Encrypted), |url| settings.wire.admit(url))?;
        // The one thread that asks is the one that waits: no thread of the runtime outlives a call.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::ObjectStore { place: "S3".into(), why: error.to_string() })?;
        Ok(Self { settings, endpoint, encryption, runtime })
    }

    /// How the store is spoken to.
    pub fn encryption(&self) -> &Encryption {
        &self.encryption
    }

    /// The bytes of an object.
    ///
    /// # Errors
    /// [`Error::NoObject`] and [`Error::NoBucket`] if there is none, [`Error::ObjectTooLarge`],
    /// [`Error::ObjectDenied`], [`Error::ObjectStore`].
    pub fn get(&self, location: &ObjectLocation) -> Result<Vec<u8>, Error> {
        let (store, path) = self.reach(location)?;
        let found = self.wait(location, store.get(&path))?;
        if found.meta.size > MAX_OBJECT_BYTES {
            return Err(Error::ObjectTooLarge { location: location.to_string(), bytes: found.meta.size });
        }
        Ok(self.wait(location, found.bytes())?.into())
    }

    /// Writes an object that is not there yet (`If-None-Match: *`).
    ///
    /// # Errors
    /// [`Error::ObjectExists`], and as [`Objects::put`].
    pub fn put_new(&self, location: &ObjectLocation, bytes: &[u8]) -> Result<(), Error> {
        self.write(location, bytes, PutMode::Create)
    }

    /// Writes an object, in the place of one that may be there.
    ///
    /// # Errors
    /// [`Error::NoBucket`], [`Error::ObjectTooLarge`], [`Error::ObjectDenied`], [`Error::ObjectStore`].
    pub fn put(&self, location: &ObjectLocation, bytes: &[u8]) -> Result<(), Error> {
        self.write(location, bytes, PutMode::Overwrite)
    }

    fn write(&self, location: &ObjectLocation, bytes: &[u8], mode: PutMode) -> Result<(), Error> {
        if bytes.len() as u64 > MAX_OBJECT_BYTES {
            return Err(Error::ObjectTooLarge { location: location.to_string(), bytes: bytes.len() as u64 });
        }
        let (store, path) = self.reach(location)?;
        self.wait(location, store.put_opts(&path, bytes.to_vec().into(), mode.into())).map(drop)
    }

    fn reach(&self, location: &ObjectLocation) -> Result<(AmazonS3, Path), Error> {
        let failed = |why: String| Error::ObjectStore { place: location.to_string(), why };
        if location.is_prefix() {
            return Err(failed("it is a folder, and no object".to_owned()));
        }
        let ObjectSettings { region, endpoint: _, credentials, wire } = &self.settings;
        let credentials = credentials.as_ref().ok_or(Error::NoCredentials)?;
        // A proxy that is asked about no host keeps the client from looking for one in the environment.
        let options = ClientOptions::new()
            .with_allow_http(self.encryption != Encryption::Encrypted)
            .with_connect_timeout(wire.timeout.min(CONNECT))
            .with_timeout(wire.timeout);
        let mut options = match &wire.proxy {
            Some(proxy) => options.with_proxy_url(proxy).with_proxy_excludes(wire.hosts_without_proxy()),
            None => options.with_proxy_url("http://127.0.0.1").with_proxy_excludes("*,0.0.0.0/0,::/0"),
        };
        for certificate in wire.authority_certificates()? {
            let certificate = Certificate::from_der(&certificate).map_err(|error| failed(error.to_string()))?;
            options = options.with_root_certificate(certificate);
        }
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(location.bucket())
            .with_region(region.as_deref().unwrap_or(REGION))
            .with_access_key_id(&credentials.access_key_id)
            .with_secret_access_key(credentials.secret_access_key.as_str())
            .with_client_options(options)
            .with_retry(RetryConfig {
                backoff: BackoffConfig::default(),
                max_retries: 3,
                retry_timeout: Duration::from_secs(20),
            });
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
        }
        if let Some(token) = &credentials.session_token {
            builder = builder.with_token(token.as_str());
        }
        let store = builder.build().map_err(|error| failed(reason(&error)))?;
        Ok((store, Path::parse(&location.key).map_err(|error| failed(error.to_string()))?))
    }

    fn wait<T>(
        &self,
        location: &ObjectLocation,
        work: impl Future<Output = Result<T, object_store::Error>>,
    ) -> Result<T, Error> {
        self.runtime.block_on(work).map_err(|error| refusal(location, &self.host(), &error))
    }

    fn host(&self) -> String {
        let amazon = || format!("s3.{}.amazonaws.com", self.settings.region.as_deref().unwrap_or(REGION));
        self.endpoint.as_ref().map_or_else(amazon, wire::host_of)
    }
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objects").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What a store's refusal means here.
fn refusal(location: &ObjectLocation, host: &str, error: &object_store::Error) -> Error {
    use object_store::Error as Store;
    let why = match wire::Error::of(host, error) {
        wire::Error::Broken { .. } => reason(error),
        hindrance => hindrance.to_string(),
    };
    let place = location.to_string();
    match error {
        _ if error.to_string().contains("NoSuchBucket") => Error::NoBucket { bucket: location.bucket().to_owned() },
        Store::NotFound { .. } => Error::NoObject { location: place },
        Store::AlreadyExists { .. } => Error::ObjectExists { location: place },
        Store::PermissionDenied { .. } | Store::Unauthenticated { .. } => Error::ObjectDenied { location: place, why },
        _ => Error::ObjectStore { place, why },
    }
}

/// What the store said, or what hindered it from being asked: the innermost cause, in one line.
fn reason(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let text = cause.to_string();
    // S3 answers in XML, and its `Message` is meant for people.
    let told = text.split_once("<Message>").and_then(|(_, rest)| rest.split_once("</Message>"));
    told.map_or(text.as_str(), |(message, _)| message).lines().next().unwrap_or_default().to_owned()
}

/// What is checked here is what is used.
fn endpoint(text: &str) -> Result<Url, Error> {
    // No user and no password, and nothing that another reader of URLs could take for the end of the host.
    let url =
        Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && !text.contains(['@', '\\']));
    url.ok_or(Error::MalformedEndpoint)
}

const SCHEME: &str = "s3://";
const REGION: &str = "us-east-1";
const CONNECT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn settings(endpoint: &str) -> ObjectSettings {
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: Zeroizing::new("hush".to_owned()),
            session_token: None,
        };
        ObjectSettings { endpoint: Some(endpoint.to_owned()), credentials: Some(credentials), ..Default::default() }
    }

    #[test]
    fn a_location_reads_back() {
        let object = ObjectLocation::parse("s3://acme-anchors/prod/newest").unwrap();
        assert_eq!((object.bucket(), object.is_prefix()), ("acme-anchors", false));
        assert_eq!(object.to_string(), "s3://acme-anchors/prod/newest");
        let folder = ObjectLocation::parse("s3://acme-anchors/prod/").unwrap();
        assert!(folder.is_prefix());
        assert_eq!(folder.join("17.checkpoint").unwrap().to_string(), "s3://acme-anchors/prod/17.checkpoint");
        let bucket = ObjectLocation::parse("s3://acme-anchors/").unwrap();
        assert_eq!(bucket.join("a").unwrap().to_string(), "s3://acme-anchors/a");
    }

    #[test]
    fn what_names_no_object_is_refused() {
        for wrong in ["s3://", "s3://acme-anchors", "s3://Acme/a", "s3://a/b", "s3://acme/a//b", "s3://acme/../b"] {
            assert!(matches!(ObjectLocation::parse(wrong), Err(Error::MalformedLocation { .. })), "{wrong}");
        }
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
