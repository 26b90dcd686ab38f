use std::fs::{self, File};
use std::io::Write;

use super::append::State;
use super::append::held;
use super::disk::{Disk, max_signed};
use super::layout::{CHECKPOINT, CHECKPOINTS};
use super::{Action, AuditLog, Checkpoint, Error, Event, Hash, Place, Signer, durable, tiles};
use crate::vocab::Actor;

impl AuditLog {
    /// Signs what is on disk. If nothing is new, the newest checkpoint is returned again.
    ///
    /// # Errors
    /// [`Error::Damaged`] or [`Error::RolledBack`] if the log does not continue what was signed before;
    /// then nothing is signed. [`Error::Poisoned`], [`Error::Io`].
    pub fn checkpoint(&self) -> Result<Checkpoint, Error> {
        let State { disk, signer } = &mut *held(&self.state);
        disk.exclusively(|disk| seal(disk, &self.origin, signer))
    }

    /// Goes over to another key of the same name. The log records the new key in an entry, and the old key
    /// signs that entry: so who trusts the old key can trust the new one.
    ///
    /// # Errors
    /// [`Error::WrongOrigin`], and as [`AuditLog::append`] and [`AuditLog::checkpoint`].
    pub fn rotate(&self, next: Signer, actor: Actor) -> Result<Checkpoint, Error> {
        let key = next.verifier().clone();
        if key.name() != self.origin {
            return Err(Error::WrongOrigin { key: key.name().to_owned(), log: self.origin.clone() });
        }
        let event = Event::new(Action::LogKey, actor).with_content(Hash::of(key.to_string().as_bytes()));
        let _recorded = self.append(&event)?;
        self.checkpoint()?;
        let State { disk, signer } = &mut *held(&self.state);
        disk.exclusively(|disk| {
            durable::replace(&disk.layout().key(&key), format!("{key}\n").as_bytes())?;
            *signer = next;
            seal(disk, &self.origin, signer)
        })
    }
}

fn seal(disk: &mut Disk, origin: &str, signer: &Signer) -> Result<Checkpoint, Error> {
    let newest = newest(disk)?;
    let signed = max_signed(disk.layout())?;
    let head = disk.head(origin);
    if signed.size > head.size {
        return Err(Error::RolledBack { signed: signed.size, found: head.size });
    }
    disk.settle(&signed)?;
    let ours = std::slice::from_ref(signer.verifier());
    if newest.head() == &head && !newest.note().signers(ours)?.is_empty() {
        return Ok(newest);
    }
    // Before signing: should this process die now, nobody will ever sign less.
    disk.commit_to(&head)?;
    let checkpoint = Checkpoint::sign(head, signer);
    record(disk, &checkpoint)?;
    durable::replace(&disk.layout().path(CHECKPOINT), checkpoint.to_string().as_bytes())?;
    tiles::drop_partials(disk.layout(), signed.size, checkpoint.size())?;
    Ok(checkpoint)
}

fn newest(disk: &Disk) -> Result<Checkpoint, Error> {
    let text = disk.layout().text(CHECKPOINT)?;
    Checkpoint::parse(&text).map_err(|error| Error::damaged(Place::file(CHECKPOINT), error.to_string()))
}

/// Adds to the list of all checkpoints, after cutting one that was left unfinished.
fn record(disk: &Disk, checkpoint: &Checkpoint) -> Result<(), Error> {
    let path = disk.layout().path(CHECKPOINTS);
    let known = fs::read(&path).map_err(Error::io("read", &path))?;
    let whole = whole_notes(&known);
    let mut file = File::options().append(true).open(&path).map_err(Error::io("open", &path))?;
    if whole < known.len() {
        file.set_len(whole as u64).map_err(Error::io("cut", &path))?;
    }
    file.write_all(format!("{checkpoint}\n").as_bytes()).map_err(Error::io("write", &path))?;
    file.sync_data().map_err(Error::io("flush", &path))
}

/// How many bytes of the list are whole notes. A note is two paragraphs, each ended by an empty line.
fn whole_notes(list: &[u8]) -> usize {
    let ends = list.windows(2).enumerate().filter(|(_, pair)| pair == b"\n\n").map(|(at, _)| at + 2);
    ends.collect::<Vec<_>>().chunks_exact(2).last().and_then(|note| note.last().copied()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Verdict;
    use crate::audit::samples::{ORIGIN, empty, fill, open, settings, verdict};

    #[test]
    fn a_checkpoint_signs_what_is_there_and_only_once() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 3);
        let checkpoint = log.checkpoint().unwrap();
        assert_eq!((checkpoint.origin(), checkpoint.size()), (ORIGIN, 3));
        assert_eq!(log.checkpoint().unwrap(), checkpoint);
        let list = fs::read_to_string(dir.join(CHECKPOINTS)).unwrap();
        assert_eq!(list.matches(ORIGIN).count(), 4, "two checkpoints, a line and a signature each: {list}");
        assert_eq!(fs::read_to_string(dir.join(CHECKPOINT)).unwrap(), checkpoint.to_string());
    }

    #[test]
    fn a_checkpoint_left_unfinished_is_done_again() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 3);
        let before = [CHECKPOINT, CHECKPOINTS].map(|name| fs::read(dir.join(name)).unwrap());
        let checkpoint = log.checkpoint().unwrap();
        let list = fs::read(dir.join(CHECKPOINTS)).unwrap();
        drop(log);
        for cut in before[1].len()..=list.len() {
            fs::write(dir.join(CHECKPOINT), &before[0]).unwrap();
            fs::write(dir.join(CHECKPOINTS), &list[..cut]).unwrap();
            let expected = if cut == list.len() { Verdict::Verified } else { Verdict::UnsealedTail(3) };
            assert_eq!(verdict(&dir), expected, "cut at {cut}");
            assert_eq!(open(&dir).checkpoint().unwrap(), checkpoint);
            assert_eq!(verdict(&dir), Verdict::Verified, "cut at {cut}");
        }
    }

    #[test]
    fn nothing_is_signed_over_a_log_that_was_cut() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 3);
        let short = fs::read(dir.join("seg/000000000000.seg")).unwrap();
        fill(&log, 3, 5);
        log.checkpoint().unwrap();
        fs::write(dir.join("seg/000000000000.seg"), short).unwrap();
        assert!(matches!(log.checkpoint(), Err(Error::Damaged { .. })));
        drop(log);
        let signer = crate::audit::samples::signer();
        let error = AuditLog::open(&dir, signer, settings()).unwrap_err();
        assert!(matches!(error, Error::RolledBack { signed: 5, found: 3 }), "{error}");
    }

    #[test]
    fn two_processes_sign_one_story() {
        let (_home, dir, one) = empty();
        let two = open(&dir);
        for round in 0..4 {
            fill(&one, 2 * round, 2 * round + 1);
            one.checkpoint().unwrap();
            fill(&two, 2 * round + 1, 2 * round + 2);
            assert_eq!(two.checkpoint().unwrap().size(), 2 * round + 2);
        }
        assert_eq!(verdict(&dir), Verdict::Verified);
    }

    #[test]
    fn a_rotated_key_is_no_tampering() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 3);
        let second = || Signer::from_seed(ORIGIN, &[8; 32]).unwrap();
        let refused = AuditLog::open(&dir, second(), settings()).unwrap_err();
        assert!(matches!(refused, Error::UnknownKey { .. }), "{refused}");
        log.rotate(second(), Actor::local("anna")).unwrap();
        fill(&log, 4, 6);
        log.checkpoint().unwrap();
        assert_eq!(verdict(&dir), Verdict::Verified);
        drop(log);
        let log = AuditLog::open(&dir, second(), settings()).unwrap();
        fill(&log, 6, 7);
        assert_eq!(log.checkpoint().unwrap().size(), 7);
        assert_eq!(verdict(&dir), Verdict::Verified);
    }
}
