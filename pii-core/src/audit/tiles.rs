use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;

use super::layout::Layout;
use super::tile::{self, Tile, WIDTH};
use super::{Error, Hash, Place, durable};

/// Writes tiles that are not there yet, and returns when they and their names are on disk.
///
/// No signature covers them yet, so nobody misses one that a crash leaves half written: it is written again.
pub(super) fn write(layout: &Layout, tiles: &[Tile]) -> Result<(), Error> {
    let paths: Vec<PathBuf> = tiles.iter().map(|tile| layout.path(&tile.path())).collect();
    let folders: BTreeSet<&Path> = paths.iter().filter_map(|path| path.parent()).collect();
    for folder in &folders {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    }
    // A flush of a small file mostly waits, so several wait at once.
    let share = tiles.len().div_ceil(WRITERS).max(1);
    let shares = paths.chunks(share).zip(tiles.chunks(share));
    let work =
        |paths: &[PathBuf], tiles: &[Tile]| paths.iter().zip(tiles).try_for_each(|(path, tile)| keep(path, tile));
    if tiles.len() <= WRITERS {
        work(&paths, tiles)?;
    } else {
        thread::scope(|scope| {
            let writers: Vec<_> = shares.map(|(paths, tiles)| scope.spawn(move || work(paths, tiles))).collect();
            writers.into_iter().try_for_each(|writer| writer.join().unwrap_or_else(|_| Err(died(layout))))
        })?;
    }
    let above =
        |folder: &&Path| folder.ancestors().take_while(|above| *above != layout.dir()).map(Path::to_owned).collect();
    let folders: BTreeSet<PathBuf> = folders.iter().flat_map(|folder| -> Vec<PathBuf> { above(folder) }).collect();
    folders.iter().try_for_each(|folder| durable::flush_folder(folder))
}

/// The first `width` hashes of a tile of the tree of `size`, which a checkpoint covers.
pub(super) fn read(layout: &Layout, size: u64, level: u8, index: u64, width: usize) -> Result<Vec<Hash>, Error> {
    let edge = tile::right_edge(size).find(|(at, last, _)| (*at, *last) == (level, index));
    let stored = edge.map_or(WIDTH, |(.., stored)| stored);
    let name = tile::path(level, index, stored);
    let path = layout.path(&name);
    let bytes = fs::read(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::Incomplete { missing: format!("`{name}`") },
        _ => Error::io("read", &path)(error),
    })?;
    let mut hashes = tile::read(&bytes, stored).ok_or_else(|| Error::damaged(Place::file(name), LENGTH))?;
    hashes.truncate(width);
    Ok(hashes)
}

/// Takes away the partial tiles of a tree of `size` that the one of `now` does not need.
pub(super) fn drop_partials(layout: &Layout, size: u64, now: u64) -> Result<(), Error> {
    let needed: Vec<_> = tile::right_edge(now).collect();
    for (level, index, width) in tile::right_edge(size) {
        if width == 0 || needed.contains(&(level, index, width)) {
            continue;
        }
        let path = layout.path(&tile::path(level, index, width));
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::io("remove", &path)(error)),
            _ => {}
        }
        // It stays if the newer partial tile lies in it.
        let _ = path.parent().map(fs::remove_dir);
    }
    Ok(())
}

fn keep(path: &Path, tile: &Tile) -> Result<(), Error> {
    let bytes = tile.bytes();
    if fs::read(path).is_ok_and(|found| found == bytes) {
        // Perhaps another process wrote it, and died before the flush.
        return File::open(path).and_then(|file| file.sync_all()).map_err(Error::io("flush", path));
    }
    let mut file = File::create(path).map_err(Error::io("write", path))?;
    file.write_all(&bytes).map_err(Error::io("write", path))?;
    file.sync_all().map_err(Error::io("flush", path))
}

fn died(layout: &Layout) -> Error {
    Error::io("write", &layout.path(super::layout::TILES))(io::Error::other("a thread died"))
}

pub(super) const LENGTH: &str = "it has another length";

const WRITERS: usize = 8;
