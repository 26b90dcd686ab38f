use super::{Reader, VaultStore, Writer};
use crate::vault::{Error, Login, Server};

pub(in crate::vault) struct PostgresStore;

impl PostgresStore {
    pub(in crate::vault) fn connect(_server: &Server, _login: &Login) -> Result<Self, Error> {
        Err(Error::Location("not yet"))
    }
}

impl VaultStore for PostgresStore {
    fn read(&self) -> Result<Box<dyn Reader + '_>, Error> {
        Err(Error::Location("not yet"))
    }
    fn write(&self) -> Result<Box<dyn Writer + '_>, Error> {
        Err(Error::Location("not yet"))
    }
    fn bytes(&self) -> Result<u64, Error> {
        Err(Error::Location("not yet"))
    }
    fn settle(&self) -> Result<(), Error> {
        Err(Error::Location("not yet"))
    }
    fn compact(&self) -> Result<(), Error> {
        Err(Error::Location("not yet"))
    }
    fn wipe(&self) -> Result<(), Error> {
        Err(Error::Location("not yet"))
    }
}
