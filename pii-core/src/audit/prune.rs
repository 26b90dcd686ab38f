use std::fs;

use jiff::Timestamp;

use super::append::held;
use super::disk::Disk;
use super::entry::{Entry, Head};
use super::layout::SEGMENTS;
use super::segment::Segment;
use super::stretch::unreadable;
use super::tile::Frontier;
use super::{Action, AuditLog, Error, Event, Place, durable, kept, tiles};
use crate::vocab::Actor;

/// What pruning drops, or would drop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prunable {
    /// How many entries are gone from the beginning of the log then, those of earlier times included.
    pub entries: u64,
    /// In how many segments the ones to drop lie.
    pub segments: usize,
    /// How many bytes they take.
    pub bytes: u64,
}

impl AuditLog {
    /// What [`AuditLog::prune`] would drop: whole segments of which every entry is older than `before`. The newest
    /// segment always stays.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Io`].
    pub fn prunable(&self, before: Timestamp) -> Result<Prunable, Error> {
        self.on_disk(|disk| Ok(old_segments(disk, before)?.prunable()))
    }

    /// Drops whole segments of which every entry is older than `before`. The hashes stay, so everything that was
    /// signed, and every proof, can still be checked; entries that introduce a key are kept beside them. An entry
    /// records it, and is signed, before anything is dropped (Art. 5(1)(e)).
    ///
    /// # Errors
    /// As [`AuditLog::append`] and [`AuditLog::checkpoint`].
    pub fn prune(&self, before: Timestamp, actor: Actor) -> Result<Prunable, Error> {
        // Nothing is dropped that is not signed, with its tiles on disk.
        let signed = self.checkpoint()?.size();
        let old = self.on_disk(|disk| old_segments(disk, before))?;
        if old.segments.is_empty() {
            return Ok(old.prunable());
        }
        let root = self.on_disk(|disk| {
            old.keys.iter().try_for_each(|(index, payload)| kept::write(disk.layout(), *index, payload))?;
            let read = |level, index, width| tiles::read(disk.layout(), signed, level, index, width);
            Ok(Frontier::restore(old.end, read)?.root())
        })?;
        let event = Event::new(Action::LogPrune, actor).with_rows(old.end).with_content(root);
        let _recorded = self.append(&event)?;
        self.checkpoint()?;
        self.on_disk(|disk| old.drop(disk))?;
        Ok(old.prunable())
    }

    fn on_disk<T>(&self, act: impl FnOnce(&mut Disk) -> Result<T, Error>) -> Result<T, Error> {
        held(&self.state).disk.exclusively(act)
    }
}

/// Segments that are old from the first entry to the last.
#[derive(Default)]
struct Old {
    /// The first entry and the bytes of each.
    segments: Vec<(u64, u64)>,
    /// The number of the entry after their last.
    end: u64,
    /// The entries that introduce keys, with their numbers: without them nobody could tell later signers from
    /// strangers.
    keys: Vec<(u64, Vec<u8>)>,
}

fn old_segments(disk: &Disk, before: Timestamp) -> Result<Old, Error> {
    let firsts = disk.layout().segments()?;
    let mut old = Old::default();
    for (first, next) in firsts.iter().zip(firsts.iter().skip(1)) {
        let mut segment = Segment::open(disk.layout(), *first, None)?;
        let mut keys = Vec::new();
        let mut last = None;
        while let Some(block) = segment.block()? {
            for (index, payload) in (block.first..).zip(block.payloads()) {
                let head = Head::read(payload).map_err(|error| unreadable(index, error))?;
                last = Some((index, head.time));
                if head.is_about_the_log() {
                    let entry = Entry::decode(payload).map_err(|error| unreadable(index, error))?;
                    keys.extend((entry.event.action == Action::LogKey).then(|| (index, payload.to_owned())));
                }
            }
        }
        if segment.next() != *next {
            return Err(Error::damaged(Place::Entry(segment.next()), "it is in no segment"));
        }
        let last = last.map(|(index, time)| time.timestamp().map_err(|error| unreadable(index, error)));
        if last.transpose()?.is_some_and(|last| last >= before) {
            break;
        }
        old.segments.push((*first, segment.offset()));
        old.keys.append(&mut keys);
        old.end = *next;
    }
    Ok(old)
}

impl Old {
    fn prunable(&self) -> Prunable {
        let bytes = self.segments.iter().map(|(_, bytes)| bytes).sum();
        Prunable { entries: self.end, segments: self.segments.len(), bytes }
    }

    /// From the oldest on, so that whoever is interrupted leaves no gap.
    fn drop(&self, disk: &Disk) -> Result<(), Error> {
        for (first, _) in &self.segments {
            let path = disk.layout().segment(*first);
            fs::remove_file(&path).map_err(Error::io("remove", &path))?;
        }
        durable::flush_folder(&disk.layout().path(SEGMENTS))
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use tempfile::TempDir;

    use super::*;
    use crate::audit::samples::{ORIGIN, copy, event, judge, signer, verdict};
    use crate::audit::{Checkpoint, Settings, Signer, Trust, Verdict, read, verify};
    use crate::clock::FixedClock;

    fn at(time: &str) -> Settings {
        Settings { clock: Arc::new(FixedClock(time.parse().unwrap())), ..Settings::new("db-1") }
    }

    fn fill(dir: &Path, month: u64, signer: Signer) {
        let log = AuditLog::open(dir, signer, at(&format!("2026-{month:02}-15T12:00:00Z"))).unwrap();
        log.append_all((0..300).map(event)).unwrap();
        log.checkpoint().unwrap();
    }

    /// 300 entries a month from May to August, and another key from June on.
    fn summer() -> (TempDir, PathBuf) {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("audit");
        drop(AuditLog::create(&dir, signer(), at("2026-05-01T00:00:00Z")).unwrap());
        fill(&dir, 5, signer());
        let log = AuditLog::open(&dir, signer(), at("2026-06-01T00:00:00Z")).unwrap();
        log.rotate(second(), Actor::local("anna")).unwrap();
        drop(log);
        (6..=8).for_each(|month| fill(&dir, month, second()));
        (home, dir)
    }

    fn second() -> Signer {
        Signer::from_seed(ORIGIN, &[8; 32]).unwrap()
    }

    fn today(dir: &Path) -> AuditLog {
        AuditLog::open(dir, second(), at("2026-11-21T00:00:00Z")).unwrap()
    }

    fn before(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    #[test]
    fn a_segment_holds_one_month_at_most() {
        let (_home, dir) = summer();
        let names: Vec<_> = fs::read_dir(dir.join("seg")).unwrap().map(|name| name.unwrap().file_name()).collect();
        assert_eq!(names.len(), 4, "{names:?}");
        assert_eq!(verdict(&dir), Verdict::Verified);
    }

    #[test]
    fn what_is_pruned_is_no_tampering_and_every_signature_still_fits() {
        let (_home, dir) = summer();
        let anchors: Vec<Checkpoint> = vec![today(&dir).checkpoint().unwrap()];
        let report = judge(&dir);
        let dropped = today(&dir).prune(before("2026-08-01T00:00:00Z"), Actor::local("anna")).unwrap();
        assert_eq!((dropped.entries, dropped.segments), (901, 3));
        assert!(dropped.bytes > 100_000);
        assert_eq!(read(&dir).unwrap().next().unwrap().unwrap().0, 901);
        let trust = Trust { anchors, keys: vec![signer().verifier().clone()], ..Trust::default() };
        let pruned = verify(&dir, &trust).unwrap();
        assert_eq!(pruned.verdict, Verdict::Verified);
        assert_eq!(pruned.checkpoints, report.checkpoints + 1);
        let said = pruned.pruned.unwrap();
        assert_eq!((said.entries, said.entry, said.actor.id.as_str()), (901, 1201, "anna"));
        // And the log goes on, is pruned again, and no step is lost.
        drop(today(&dir).append(&event(1)).unwrap());
        today(&dir).prune(before("2026-10-01T00:00:00Z"), Actor::local("anna")).unwrap();
        drop(today(&dir).append(&event(2)).unwrap());
        today(&dir).checkpoint().unwrap();
        let again = verify(&dir, &trust).unwrap();
        assert_eq!((again.verdict, again.pruned.unwrap().entries), (Verdict::Verified, 1201));
    }

    #[test]
    fn nothing_is_dropped_that_is_not_old_from_end_to_end() {
        let (_home, dir) = summer();
        let log = today(&dir);
        assert_eq!(log.prunable(before("2026-05-15T12:00:00Z")).unwrap(), Prunable::default());
        assert_eq!(log.prunable(before("2026-05-15T12:00:01Z")).unwrap().entries, 300);
        assert_eq!(log.prune(before("2026-05-01T00:00:00Z"), Actor::local("anna")).unwrap(), Prunable::default());
        // The newest segment stays, however old.
        assert_eq!(log.prunable(before("2030-01-01T00:00:00Z")).unwrap().segments, 3);
    }

    #[test]
    fn segments_that_somebody_removed_are_missed() {
        let (_home, dir) = summer();
        fs::remove_file(dir.join("seg/000000000000.seg")).unwrap();
        assert_eq!(
            verdict(&dir).to_string(),
            "TAMPERED(entry 0: it is in no segment, and no entry says that it was pruned)"
        );
        let (_home, dir) = summer();
        today(&dir).prune(before("2026-06-01T00:00:00Z"), Actor::local("anna")).unwrap();
        fs::remove_file(dir.join("seg/000000000300.seg")).unwrap();
        assert!(matches!(verdict(&dir), Verdict::Tampered { .. }), "one more than the entry says");
    }

    #[test]
    fn an_interrupted_pruning_is_no_tampering_and_can_be_done_again() {
        let (_home, dir) = summer();
        let (_kept, whole) = copy(&dir);
        today(&dir).prune(before("2026-08-01T00:00:00Z"), Actor::local("anna")).unwrap();
        for left in ["seg/000000000300.seg", "seg/000000000601.seg"].iter().rev() {
            fs::copy(whole.join(left), dir.join(left)).unwrap();
            assert_eq!(verdict(&dir), Verdict::Verified, "{left}");
        }
        let again = today(&dir).prune(before("2026-08-01T00:00:00Z"), Actor::local("anna")).unwrap();
        assert_eq!((again.entries, again.segments), (901, 2));
        assert_eq!(verdict(&dir), Verdict::Verified);
    }

    #[test]
    fn a_hash_or_a_kept_entry_that_was_changed_is_found() {
        let (_home, dir) = summer();
        today(&dir).prune(before("2026-08-01T00:00:00Z"), Actor::local("anna")).unwrap();
        let spoil = |name: &str| {
            let good = fs::read(dir.join(name)).unwrap();
            let mut bad = good.clone();
            bad[40] ^= 1;
            fs::write(dir.join(name), bad).unwrap();
            let verdict = verdict(&dir);
            fs::write(dir.join(name), good).unwrap();
            assert!(matches!(verdict, Verdict::Tampered { .. }), "{name}: {verdict}");
        };
        spoil("kept/000000000300.json");
        spoil("tile/0/000");
        spoil("tile/0/002");
        fs::remove_file(dir.join("tile/0/001")).unwrap();
        assert_eq!(verdict(&dir).to_string(), "UNVERIFIABLE(`tile/0/001`)");
    }
}
