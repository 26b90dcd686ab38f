//! Sealed to the person: age, version 1 (<https://age-encryption.org/v1>), by a passphrase or to their own key. Any age
//! program opens it.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};

use age::secrecy::SecretString;
use age::stream::StreamWriter;
use age::{DecryptError, Decryptor, Encryptor, scrypt, x25519};

use crate::request::Error;

/// Who is to open a package.
pub struct SealTo(Lock);

enum Lock {
    Passphrase(scrypt::Recipient),
    Key(x25519::Recipient),
}

impl SealTo {
    /// Whoever knows the passphrase. It is to go to the person on another way than the package.
    ///
    /// # Errors
    /// [`Error::ShortPassphrase`] for less than 12 characters: whoever has the file can guess for as long as they like.
    pub fn passphrase(passphrase: &str) -> Result<Self, Error> {
        if passphrase.chars().count() < SHORTEST {
            return Err(Error::ShortPassphrase(SHORTEST));
        }
        Ok(Self(Lock::Passphrase(scrypt::Recipient::new(secret(passphrase)))))
    }

    /// Whoever has the other half of a key of theirs: `age1…`.
    ///
    /// # Errors
    /// [`Error::MalformedAgeKey`].
    pub fn key(text: &str) -> Result<Self, Error> {
        text.trim().parse().map(|key| Self(Lock::Key(key))).map_err(Error::MalformedAgeKey)
    }

    pub(super) fn seal<W: Write>(&self, out: W) -> Result<StreamWriter<W>, Error> {
        let lock: &dyn age::Recipient = match &self.0 {
            Lock::Passphrase(passphrase) => passphrase,
            Lock::Key(key) => key,
        };
        let encryptor = Encryptor::with_recipients(std::iter::once(lock));
        encryptor.map_err(|error| Error::Encrypt(error.to_string()))?.wrap_output(out).map_err(Error::Write)
    }

    /// Quick to open, and to guess.
    #[cfg(test)]
    pub(super) fn weakly(passphrase: &str) -> Self {
        let mut lock = scrypt::Recipient::new(secret(passphrase));
        lock.set_work_factor(2);
        Self(Lock::Passphrase(lock))
    }
}

/// What opens a sealed package.
pub struct Opener(Key);

enum Key {
    Passphrase(scrypt::Identity),
    Keys(Vec<x25519::Identity>),
}

impl Opener {
    /// The passphrase.
    pub fn passphrase(passphrase: &str) -> Self {
        Self(Key::Passphrase(scrypt::Identity::new(secret(passphrase))))
    }

    /// The text of an identity file: lines of `AGE-SECRET-KEY-1…`, and comments.
    ///
    /// # Errors
    /// [`Error::MalformedAgeKey`].
    pub fn identities(text: &str) -> Result<Self, Error> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Vec<_> = lines.map(str::parse).collect::<Result<_, _>>().map_err(Error::MalformedAgeKey)?;
        if keys.is_empty() {
            return Err(Error::MalformedAgeKey("there is none"));
        }
        Ok(Self(Key::Keys(keys)))
    }

    /// The package inside, to be read as it is opened: each piece is authenticated before any of it is given out.
    ///
    /// # Errors
    /// [`Error::NotOpened`], [`Error::NotEncrypted`], [`Error::Read`].
    pub fn open<R: Read + Seek>(&self, package: R) -> Result<impl Read + Seek + use<R>, Error> {
        let decryptor = Decryptor::new(package).map_err(refused)?;
        match &self.0 {
            Key::Passphrase(passphrase) => decryptor.decrypt(std::iter::once(passphrase as &dyn age::Identity)),
            Key::Keys(keys) => decryptor.decrypt(keys.iter().map(|key| key as &dyn age::Identity)),
        }
        .map_err(refused)
    }
}

/// Whether it begins as a sealed package does. Its beginning is read, and read again by whoever comes after.
///
/// # Errors
/// [`Error::Read`].
pub fn is_sealed(package: &mut (impl Read + Seek)) -> Result<bool, Error> {
    let begins = |package: &mut dyn Read| -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        package.take(AGE.len() as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = begins(package).map_err(Error::Read)?;
    package.seek(SeekFrom::Start(0)).map_err(Error::Read)?;
    Ok(bytes == AGE)
}

fn refused(error: DecryptError) -> Error {
    match error {
        DecryptError::Io(error)
            if error.kind() != io::ErrorKind::UnexpectedEof && error.kind() != io::ErrorKind::InvalidData =>
        {
            Error::Read(error)
        }
        DecryptError::Io(_) | DecryptError::InvalidHeader | DecryptError::InvalidMac | DecryptError::UnknownFormat => {
            Error::NotEncrypted
        }
        // A work factor beyond all measure: it would be tried for hours.
        _ => Error::NotOpened,
    }
}

fn secret(text: &str) -> SecretString {
    text.to_owned().into()
}

impl fmt::Debug for SealTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Lock::Passphrase(_) => f.write_str("SealTo(passphrase)"),
            Lock::Key(key) => write!(f, "SealTo({key})"),
        }
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener(..)")
    }
}

const SHORTEST: usize = 12;
const AGE: &[u8] = b"age-encryption.org/v1\n";
