//! Is a package what it was when it was signed?
//!
//! The order matters: the container first, every byte of its structure; then the signature of the manifest; only then the files
//! that the manifest names, each read no further than it says. Nothing is ever written, so no name leads anywhere.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Seek};

use super::manifest::{FORMAT, Named, VERSION, hex};
use super::zip::{Reader, Unreadable};
use super::{KEY, MANIFEST, PAGE, SIGNATURE};
use crate::request::{Error, PublicKey};
use crate::vocab::DatasetId;

/// Whether it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every file is as it was signed, and there is no other.
    Whole(Package),
    /// It is not.
    Flawed(Flaw),
}

/// A package that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The request it answers.
    pub request: String,
    /// `access` or `portability`.
    pub right: String,
    /// When it was made, in UTC.
    pub generated: String,
    /// Files that the manifest names.
    pub files: u64,
    /// Bytes in them.
    pub bytes: u64,
    /// Rows, of all datasets.
    pub rows: u64,
    /// Whose signature it is.
    pub signer: PublicKey,
    /// Whether that is the key that was brought. If none was, anybody can have signed it.
    pub expected: bool,
}

/// What is wrong with a package. Says nothing of what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// The container is not as packages are written.
    Container(String),
    /// Another key signed it.
    OtherKey {
        /// Whose key was brought.
        expected: PublicKey,
        /// Who signed.
        signer: PublicKey,
    },
    /// The signature is none, or not of this manifest.
    Signature(String),
    /// The manifest is none that can be read.
    Manifest(String),
    /// A file is named and is not there.
    Missing(String),
    /// A file is there and is not named.
    Unnamed(String),
    /// A file is not what the manifest names.
    Altered(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container(why) => f.write_str(why),
            Self::OtherKey { expected, signer } => {
                write!(f, "it is signed by the key {}, and should be by {}", signer.number(), expected.number())
            }
            Self::Signature(why) => write!(f, "its signature: {why}"),
            Self::Manifest(why) => write!(f, "its manifest: {why}"),
            Self::Missing(file) => write!(f, "`{file}` is named and is not there"),
            Self::Unnamed(file) => write!(f, "`{file}` is there and is not named"),
            Self::Altered(file) => write!(f, "`{file}` is not what the manifest names"),
        }
    }
}

/// Checks a package in clear; [`Opener::open`](super::Opener::open) makes one of a sealed one. `key` is the controller's, as it was got on
/// another way.
///
/// # Errors
/// [`Error::Read`] if it cannot be read: then there is no answer.
pub fn verify(package: impl Read + Seek, key: Option<&PublicKey>) -> Result<Verdict, Error> {
    match look(package, key) {
        Ok(package) => Ok(Verdict::Whole(package)),
        Err(Stop::Flaw(flaw)) => Ok(Verdict::Flawed(flaw)),
        Err(Stop::Unreadable(Unreadable::Altered(why))) => Ok(Verdict::Flawed(Flaw::Container(why))),
        Err(Stop::Unreadable(Unreadable::Io(error))) => Err(Error::Read(error)),
    }
}

enum Stop {
    Flaw(Flaw),
    Unreadable(Unreadable),
}

impl From<Flaw> for Stop {
    fn from(flaw: Flaw) -> Self {
        Self::Flaw(flaw)
    }
}

impl From<Unreadable> for Stop {
    fn from(error: Unreadable) -> Self {
        Self::Unreadable(error)
    }
}

fn look(package: impl Read + Seek, key: Option<&PublicKey>) -> Result<Package, Stop> {
    let mut zip = Reader::open(package, is_name)?;
    let (manifest, signer) = signed(&mut zip, key)?;
    let named: Named = serde_json::from_slice(&manifest).map_err(|_| Flaw::Manifest("it is no manifest".into()))?;
    if named.format != FORMAT {
        return Err(Flaw::Manifest("it is of no package".into()).into());
    }
    if named.v != VERSION {
        return Err(Flaw::Manifest(format!("it is of format {}, and this is {VERSION}", named.v)).into());
    }
    let mut files = BTreeMap::new();
    for file in &named.files {
        if files.insert(file.path.as_str(), file).is_some() {
            return Err(Flaw::Manifest(format!("it names `{}` twice", file.path)).into());
        }
    }
    let entries = zip.entries().to_vec();
    for entry in entries.iter().filter(|entry| ![MANIFEST, SIGNATURE, KEY].contains(&entry.name.as_str())) {
        let file = files.remove(entry.name.as_str()).ok_or_else(|| Flaw::Unnamed(entry.name.clone()))?;
        if file.bytes != entry.size || file.sha256 != hex(&zip.digest(entry)?) {
            return Err(Flaw::Altered(entry.name.clone()).into());
        }
    }
    if let Some(missing) = files.into_keys().next() {
        return Err(Flaw::Missing(missing.to_owned()).into());
    }
    // The same rows stand in two files.
    let rows = named.files.iter().filter(|file| file.path.ends_with(".jsonl")).filter_map(|file| file.rows).sum();
    Ok(Package {
        request: named.request,
        right: named.right,
        generated: named.generated,
        files: named.files.len() as u64,
        bytes: named.files.iter().map(|file| file.bytes).sum(),
        rows,
        signer,
        expected: key.is_some(),
    })
}

/// The manifest, and whose signature of it is good.
fn signed<R: Read + Seek>(zip: &mut Reader<R>, key: Option<&PublicKey>) -> Result<(Vec<u8>, PublicKey), Stop> {
    let own = zip.small(KEY, SMALL)?;
    let own = std::str::from_utf8(&own).ok().and_then(|text| PublicKey::parse(text).ok());
    let signer = own.ok_or_else(|| Flaw::Signature(format!("`{KEY}` is no key")))?;
    if let Some(expected) = key.filter(|expected| **expected != signer) {
        return Err(Flaw::OtherKey { expected: expected.clone(), signer }.into());
    }
    let manifest = zip.small(MANIFEST, MAX_MANIFEST)?;
    let signature = zip.small(SIGNATURE, SMALL)?;
    let signature = String::from_utf8(signature).map_err(|_| Flaw::Signature("it is no text".into()))?;
    signer.check(&manifest, &signature).map_err(|why| Flaw::Signature(why.into()))?;
    Ok((manifest, signer))
}

/// The names that there can be: none leads out of the folder that somebody unpacks it into.
fn is_name(name: &str) -> bool {
    if [PAGE, MANIFEST, SIGNATURE, KEY].contains(&name) {
        return true;
    }
    let within = |folder: &str, ending: &str| {
        let dataset = name.strip_prefix(folder).and_then(|rest| rest.strip_suffix(ending));
        dataset.is_some_and(|dataset| DatasetId::parse(dataset).is_ok())
    };
    within("data/", ".jsonl") || within("data/", ".csv") || within("schema/", ".json")
}

const SMALL: u64 = 4 << 10;
/// Fifty thousand columns have less.
const MAX_MANIFEST: u64 = 16 << 20;
