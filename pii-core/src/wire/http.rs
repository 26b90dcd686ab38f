use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, NoProxy, Proxy, Response};
use tokio::runtime::{Builder, Runtime};
use url::Url;
use zeroize::Zeroizing;

use super::{Encryption, Error, Wire, host_of};

/// The most bytes an answer may have: 1 MiB.
pub const MAX_ANSWER_BYTES: usize = 1 << 20;

/// A client for questions over HTTP/1.1 that are answered whole.
///
/// It keeps no cookies and follows no redirect: what is asked here carries secrets, and they are for one host.
/// Not to be used from within an asynchronous runtime.
pub struct Http {
    wire: Wire,
    client: Client,
    runtime: Runtime,
}

/// What is asked.
pub struct Question<'a> {
    /// The method (RFC 9110 §9).
    pub method: &'a str,
    /// Where.
    pub url: &'a Url,
    /// Header fields, by name.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: Bytes,
    /// The most bytes the answer may have.
    pub most: usize,
    /// How long it may take, all in all.
    pub timeout: Duration,
}

/// What came back.
pub struct Answer {
    /// The status (RFC 9110 §15).
    pub status: u16,
    /// The body; wiped when it is dropped.
    pub body: Zeroizing<Vec<u8>>,
    headers: HeaderMap,
}

impl Answer {
    /// A header field, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All header fields that are text, their names in small letters.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }
}

impl Http {
    /// Makes the client. Nothing is asked yet.
    ///
    /// # Errors
    /// As [`Wire::tls`]; [`Error::Unusable`] for a proxy that is none.
    pub fn new(wire: &Wire) -> Result<Self, Error> {
        let unusable = |error: String| Error::Unusable(error);
        let tls = wire.tls()?;
        let mut client = Client::builder()
            .use_preconfigured_tls(tls.as_ref().clone())
            // Not the one that the environment may name: the caller says.
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(wire.timeout.min(CONNECT))
            .timeout(wire.timeout);
        if let Some(proxy) = &wire.proxy {
            // Not repeated: it may hold a password.
            let proxy = Proxy::https(proxy).map_err(|_| unusable("the proxy is not a URL".into()))?;
            client = client.proxy(proxy.no_proxy(NoProxy::from_string(&wire.hosts_without_proxy())));
        }
        let client = client.build().map_err(|error| unusable(error.to_string()))?;
        // The one thread that asks is the one that waits: no thread of the runtime outlives a call.
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|e| unusable(e.to_string()))?;
        Ok(Self { wire: wire.clone(), client, runtime })
    }

    /// How a connection to `url` would be made.
    ///
    /// # Errors
    /// As [`Wire::admit`].
    pub fn admit(&self, url: &Url) -> Result<Encryption, Error> {
        self.wire.admit(url)
    }

    /// Sends `body` by POST.
    ///
    /// # Errors
    /// As [`Http::ask`].
    pub fn post(&self, url: &Url, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Answer, Error> {
        let (most, timeout) = (MAX_ANSWER_BYTES, self.wire.timeout);
        self.ask(Question { method: "POST", url, headers, body: body.into(), most, timeout })
    }

    /// Asks, and waits for the whole answer. Several threads may ask at once.
    ///
    /// # Errors
    /// [`Error`] for everything but an answer; an answer with an error status is one.
    pub fn ask(&self, question: Question<'_>) -> Result<Answer, Error> {
        let Question { method, url, headers, body, most, timeout } = question;
        self.wire.admit(url)?;
        let host = host_of(url);
        let method = Method::from_bytes(method.as_bytes()).map_err(|error| Error::Unusable(error.to_string()))?;
        let mut request = self.client.request(method, url.clone()).timeout(timeout).body(body);
        for (name, value) in headers {
            let mut value = HeaderValue::from_str(value).map_err(|_| Error::Header(name.to_string()))?;
            // Some hold a token; none is for anybody's log.
            value.set_sensitive(true);
            request = request.header(*name, value);
        }
        self.runtime.block_on(async {
            let mut response = request.send().await.map_err(|error| Error::of(&host, &error))?;
            let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
            Ok(Answer { status, headers, body: read(response, &host, most).await? })
        })
    }
}

async fn read(mut response: Response, host: &str, most: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
    // Enough at once: a body that grows leaves copies of itself behind.
    let told = response.content_length().and_then(|bytes| usize::try_from(bytes).ok());
    let mut body = Zeroizing::new(Vec::with_capacity(told.unwrap_or(USUAL_ANSWER_BYTES).min(most)));
    while let Some(part) = response.chunk().await.map_err(|error| Error::of(host, &error))? {
        if body.len() + part.len() > most {
            return Err(Error::TooLong { host: host.to_owned(), limit: most });
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("wire", &self.wire).finish_non_exhaustive()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).field("bytes", &self.body.len()).finish()
    }
}

const CONNECT: Duration = Duration::from_secs(5);
const USUAL_ANSWER_BYTES: usize = 16 << 10;
