use std::ops::ControlFlow;

use ring::digest::{Context, SHA256};

use super::open::connect;
use super::store::{Reader, Row, TABLES, Table, VaultStore};
use super::{Error, Login, Vault, VaultLocation};
use crate::audit::Receipt;

/// What is in both places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relocated {
    /// Rows of all tables.
    pub rows: u64,
    /// SHA-256 over all rows, table by table, ordered by key: what was read there is what was read here.
    pub digest: [u8; 32],
}

/// Told of progress, rows copied and rows in all; may say stop.
pub type Copying<'a> = &'a mut (dyn FnMut(u64, u64) -> ControlFlow<()> + Send);

impl Vault {
    /// Copies the vault to another database, and closes this one: whoever writes to it from now on is told where the
    /// vault is. Nobody else writes while it lasts. Rows go in batches ordered by key; whoever was stopped goes on where
    /// the other database ends. At the end both are read again, and must be the same.
    ///
    /// The epoch keys stay where they are, so the copy that is left here can be opened: see [`wipe`](Self::wipe).
    ///
    /// # Errors
    /// [`Error::OtherVault`] if another vault is there; [`Error::Differs`] if the copy is none; [`Error::Interrupted`];
    /// [`Error::State`], [`Error::Server`], [`Error::Wire`], [`Error::Forbidden`].
    pub fn relocate(
        &self,
        to: &VaultLocation,
        login: &Login,
        watch: Copying<'_>,
        _recorded: &Receipt,
    ) -> Result<Relocated, Error> {
        if *to == self.location {
            return Err(Error::Location("the vault is there already"));
        }
        // Held until the end: nobody adds what would stay behind.
        let mut here = self.write()?;
        let identity = here.identity()?.ok_or_else(|| Error::NoVault { place: self.location.to_string() })?;
        let there = connect(to, login, true)?;
        let theirs = there.read()?.identity()?;
        if theirs.as_ref().is_some_and(|theirs| theirs.id != identity.id) {
            return Err(Error::Occupied { place: to.to_string() });
        }
        let counts = here.counts()?;
        let mut progress = Progress { rows: 0, of: counts.people + counts.identifiers + counts.values, watch };
        let mut writer = there.write()?;
        if theirs.is_none() {
            writer.begin(identity.id)?;
        }
        // Until it is whole, nobody takes it for the vault.
        writer.set_moved(Some(&self.location.to_string()))?;
        writer.commit()?;
        let mut copied = Relocated { rows: 0, digest: [0; 32] };
        let mut whole = Context::new(&SHA256);
        for table in TABLES {
            copy(here.as_mut(), there.as_ref(), table, &mut progress)?;
            let ours = digest(here.as_mut(), table)?;
            if ours != digest(there.read()?.as_mut(), table)? {
                // What an earlier attempt left is not what is here now: from the beginning, once.
                clear(there.as_ref(), table)?;
                copy(here.as_mut(), there.as_ref(), table, &mut progress)?;
                if ours != digest(there.read()?.as_mut(), table)? {
                    return Err(Error::Differs { place: to.to_string(), table: table.name });
                }
            }
            copied.rows += ours.0;
            whole.update(&ours.1);
        }
        copied.digest.copy_from_slice(whole.finish().as_ref());
        let mut writer = there.write()?;
        writer.set_moved(None)?;
        writer.commit()?;
        here.set_moved(Some(&to.to_string()))?;
        here.commit()?;
        Ok(copied)
    }

    /// Destroys what is left of a vault that has moved away.
    ///
    /// # Errors
    /// [`Error::NotMoved`] if it is the vault itself; [`Error::State`], [`Error::Server`], [`Error::Forbidden`].
    pub fn wipe(self, _recorded: &Receipt) -> Result<(), Error> {
        if self.store.read()?.identity()?.is_some_and(|identity| identity.moved.is_none()) {
            return Err(Error::NotMoved { place: self.location.to_string() });
        }
        self.store.wipe()?;
        drop(self.store);
        if let VaultLocation::File(file) = &self.location {
            std::fs::remove_file(file).map_err(|source| crate::state::Error::Open { path: file.clone(), source })?;
        }
        Ok(())
    }
}

struct Progress<'a> {
    rows: u64,
    of: u64,
    watch: Copying<'a>,
}

impl Progress<'_> {
    fn went(&mut self, rows: usize) -> Result<(), Error> {
        self.rows += rows as u64;
        match (self.watch)(self.rows, self.of.max(self.rows)) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Interrupted),
        }
    }
}

/// Copies the rows of a table that come after the last one there.
fn copy(
    here: &mut dyn Reader,
    there: &dyn VaultStore,
    table: &Table,
    progress: &mut Progress<'_>,
) -> Result<(), Error> {
    let mut after: Option<Row> = there.read()?.last_row(table)?;
    loop {
        let rows = here.rows(table, after.as_ref(), BATCH)?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut writer = there.write()?;
        writer.add_rows(table, &rows)?;
        writer.commit()?;
        progress.went(rows.len())?;
        after = rows.into_iter().next_back();
    }
}

fn clear(there: &dyn VaultStore, table: &Table) -> Result<(), Error> {
    let mut writer = there.write()?;
    writer.clear(table)?;
    writer.commit()
}

/// How many rows a table has, and their digest in the order of their keys.
fn digest(reader: &mut dyn Reader, table: &Table) -> Result<(u64, [u8; 32]), Error> {
    let (mut count, mut context, mut after) = (0, Context::new(&SHA256), None);
    context.update(table.name.as_bytes());
    loop {
        let rows = reader.rows(table, after.as_ref(), BATCH)?;
        rows.iter().flatten().for_each(|cell| cell.append_to(&mut context));
        count += rows.len() as u64;
        match rows.into_iter().next_back() {
            Some(last) => after = Some(last),
            None => break,
        }
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    Ok((count, digest))
}

/// Rows in memory at once.
const BATCH: i64 = 10_000;
