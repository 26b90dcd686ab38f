use std::fs::{self, File};
use std::io;
use std::path::Path;

use jiff::Timestamp;

use super::append::held;
use super::disk::max_signed;
use super::entry::Head;
use super::layout::{CHECKPOINT, Layout};
use super::segment::Segment;
use super::tile::Frontier;
use super::{AuditLog, Checkpoint, Error, Place, VerifierKey, durable, tiles};

/// Reads checkpoints that were kept elsewhere: one, or several with an empty line after each, or the one at
/// the end of a C2SP `tlog-proof`. Signatures are not checked yet.
///
/// Line ends may have been changed on the way, as mail does: a signature still tells whether the text is right.
///
/// # Errors
/// [`Error::Malformed`].
pub fn parse_anchors(text: &[u8]) -> Result<Vec<Checkpoint>, Error> {
    let malformed = |why: &str| Error::malformed("file of checkpoints", why);
    let text = std::str::from_utf8(text).map_err(|_| malformed("it is not text"))?.replace("\r\n", "\n");
    let proof = text.starts_with(PROOF);
    let mut paragraphs = text.split("\n\n").map(|part| part.trim_matches('\n')).filter(|part| !part.is_empty());
    if proof {
        // What stands before the checkpoint proves one entry, and is nothing to anchor.
        paragraphs.next();
    }
    let mut anchors = Vec::new();
    while let Some(head) = paragraphs.next() {
        let signatures = paragraphs.next().ok_or_else(|| malformed("a checkpoint has no signature"))?;
        anchors.push(Checkpoint::parse(&format!("{head}\n\n{signatures}\n"))?);
    }
    if anchors.is_empty() {
        return Err(malformed("it holds none"));
    }
    Ok(anchors)
}

/// Adds a checkpoint to the file of those that are kept, as `checkpoints.log` does: an empty line after each.
/// What the file holds stays as it is. It is there with the new checkpoint or without it, never in between.
///
/// # Errors
/// [`Error::Io`].
pub fn keep_anchor(path: &Path, checkpoint: &Checkpoint) -> Result<(), Error> {
    let path = std::path::absolute(path).map_err(Error::io("find", path))?;
    // Two that add at once must not lose one of them. Where a folder cannot be locked, timers are to be apart.
    let folder = path.parent().and_then(|folder| File::open(folder).ok());
    let _held = folder.filter(|folder| folder.lock().is_ok());
    let mut bytes = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read.map_err(Error::io("read", &path))?.trim_ascii_end().to_vec(),
    };
    if !bytes.is_empty() {
        bytes.extend_from_slice(b"\n\n");
    }
    bytes.extend_from_slice(format!("{checkpoint}\n").as_bytes());
    durable::replace(&path, &bytes)
}

impl AuditLog {
    /// Whether this log goes on from checkpoints that were kept elsewhere. Their roots are computed anew from
    /// the tree's hashes: what this log signs next then begins with what they signed.
    ///
    /// # Errors
    /// [`Error::RolledBack`] if one speaks of more entries than there are, [`Error::Diverged`] if of others,
    /// [`Error::NotAnAnchor`] if it is not this log's.
    pub fn continues(&self, anchors: &[Checkpoint]) -> Result<(), Error> {
        let mut state = held(&self.state);
        state.disk.exclusively(|disk| {
            let keys = disk.layout().keys()?;
            let found = disk.head(&self.origin).size;
            let signed = max_signed(disk.layout())?.size;
            for anchor in anchors {
                vouch(anchor, &self.origin, &keys)
                    .map_err(|why| Error::NotAnAnchor { log: self.origin.clone(), why })?;
                if anchor.size() > found {
                    return Err(Error::RolledBack { signed: anchor.size(), found });
                }
                // Whatever this log signed has its tiles on disk.
                let read = |level, index, width| tiles::read(disk.layout(), signed, level, index, width);
                if anchor.size() > signed || Frontier::restore(anchor.size(), read)?.root() != anchor.root() {
                    return Err(Error::Diverged { size: anchor.size() });
                }
            }
            Ok(())
        })
    }

    /// The newest checkpoint there is.
    ///
    /// # Errors
    /// [`Error::NotALog`], [`Error::Damaged`], [`Error::Io`].
    pub fn newest_checkpoint(&self) -> Result<Checkpoint, Error> {
        let mut state = held(&self.state);
        state.disk.exclusively(|disk| {
            let text = disk.layout().text(CHECKPOINT)?;
            Checkpoint::parse(&text).map_err(|error| Error::damaged(Place::file(CHECKPOINT), error.to_string()))
        })
    }

    /// When the newest entry was written, if there is one.
    ///
    /// # Errors
    /// [`Error::Poisoned`], [`Error::Damaged`], [`Error::Io`].
    pub fn last_entry(&self) -> Result<Option<Timestamp>, Error> {
        let mut state = held(&self.state);
        state.disk.exclusively(|disk| Ok((disk.head(&self.origin).size > 0).then(|| disk.last())))
    }
}

/// Whether an anchor speaks of the log called `origin` by the word of a key that is known; else what it is.
///
/// One that does not is no sign of tampering: somebody gave the wrong file, or the right one spoilt.
pub(super) fn vouch(anchor: &Checkpoint, origin: &str, keys: &[VerifierKey]) -> Result<(), String> {
    let size = anchor.size();
    if anchor.origin() != origin {
        return Err(format!("the one of {size} entries is of `{}`", anchor.origin()));
    }
    match anchor.note().signers(keys) {
        Ok(signers) if !signers.is_empty() => Ok(()),
        Ok(_) => {
            let ids = anchor.note().key_ids().join(" or ");
            Err(format!("the one of {size} entries is signed by key {ids}, which is not known"))
        }
        Err(_) => Err(format!("the one of {size} entries was changed after it was signed")),
    }
}

/// When entry `index` was written. `segments` are the first entries and the lengths of all there are.
pub(super) fn time_of(layout: &Layout, segments: &[(u64, u64)], index: u64) -> Result<Option<Timestamp>, Error> {
    let Some((first, length)) = segments.iter().rfind(|(first, _)| *first <= index) else { return Ok(None) };
    let mut segment = Segment::open(layout, *first, Some(*length))?;
    while let Some(block) = segment.block()? {
        if let Some((_, payload)) = (block.first..).zip(block.payloads()).find(|(at, _)| *at == index) {
            return Ok(Head::read(payload).and_then(|head| head.time.timestamp()).ok());
        }
    }
    Ok(None)
}

const PROOF: &str = "c2sp.org/tlog-proof@";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::samples::{ORIGIN, copy, empty, fill, open};
    use crate::audit::{Settings, Signer, Trust, Verdict, verify};

    fn stranger(origin: &str) -> Checkpoint {
        let home = tempfile::tempdir().unwrap();
        let signer = Signer::from_seed(origin, &[9; 32]).unwrap();
        let log = AuditLog::create(&home.path().join("audit"), signer, Settings::new("db-2")).unwrap();
        fill(&log, 0, 2);
        log.checkpoint().unwrap()
    }

    fn judged(dir: &Path, anchors: Vec<Checkpoint>) -> Verdict {
        verify(dir, &Trust { anchors, ..Trust::default() }).unwrap().verdict
    }

    #[test]
    fn one_checkpoint_or_several_or_the_one_of_a_proof() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 3);
        let one = log.checkpoint().unwrap();
        fill(&log, 3, 5);
        let two = log.checkpoint().unwrap();
        let alone = |anchor: &Checkpoint| std::slice::from_ref(anchor).to_vec();
        assert_eq!(parse_anchors(one.to_string().as_bytes()).unwrap(), alone(&one));
        let list = fs::read(dir.join("checkpoints.log")).unwrap();
        assert_eq!(parse_anchors(&list).unwrap()[1..], [one.clone(), two.clone()]);
        let mailed = format!("\r\n{}", two.to_string().replace('\n', "\r\n"));
        assert_eq!(parse_anchors(mailed.trim_end().as_bytes()).unwrap(), alone(&two));
        let proof = format!("c2sp.org/tlog-proof@v1\nindex 1\nSBNJTRN\n\n{two}");
        assert_eq!(parse_anchors(proof.as_bytes()).unwrap(), [two]);
        let unsigned = one.note().text().to_owned();
        for wrong in ["", "\n\n", "hello", &unsigned, "a\n\nb\n\nc"] {
            assert!(matches!(parse_anchors(wrong.as_bytes()), Err(Error::Malformed { .. })), "{wrong:?}");
        }
    }

    #[test]
    fn a_file_of_anchors_grows_and_forgets_nothing() {
        let (home, _dir, log) = empty();
        let path = home.path().join("anchors");
        let mut all = Vec::new();
        for n in 0..4 {
            fill(&log, n, n + 1);
            let checkpoint = log.checkpoint().unwrap();
            keep_anchor(&path, &checkpoint).unwrap();
            all.push(checkpoint);
            assert_eq!(parse_anchors(&fs::read(&path).unwrap()).unwrap(), all);
        }
        std::thread::scope(|scope| {
            (0..8).for_each(|_| drop(scope.spawn(|| keep_anchor(&path, &all[0]).unwrap())));
        });
        assert_eq!(parse_anchors(&fs::read(&path).unwrap()).unwrap().len(), 12, "none is lost");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2, "the log and the anchors");
    }

    #[test]
    fn a_log_continues_each_of_its_checkpoints() {
        let (_home, _dir, log) = empty();
        let mut anchors = vec![log.checkpoint().unwrap()];
        for (from, to) in [(0, 3), (3, 256), (256, 300), (300, 512), (512, 700)] {
            fill(&log, from, to);
            anchors.push(log.checkpoint().unwrap());
        }
        log.continues(&anchors).unwrap();
        fill(&log, 700, 1300);
        log.continues(&anchors).unwrap();
    }

    #[test]
    fn a_log_that_was_rolled_back_does_not_continue_what_it_signed() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 300);
        log.checkpoint().unwrap();
        let (_old, old) = copy(&dir);
        fill(&log, 300, 310);
        let anchor = log.checkpoint().unwrap();
        let log = open(&old);
        let error = log.continues(std::slice::from_ref(&anchor)).unwrap_err();
        assert!(matches!(error, Error::RolledBack { signed: 310, found: 300 }), "{error}");
        // Grown again beyond the anchor, with other entries.
        fill(&log, 1000, 1020);
        log.checkpoint().unwrap();
        let error = log.continues(std::slice::from_ref(&anchor)).unwrap_err();
        assert!(matches!(error, Error::Diverged { size: 310 }), "{error}");
        assert!(matches!(judged(&old, vec![anchor]), Verdict::Tampered { .. }));
    }

    #[test]
    fn an_anchor_that_is_not_ours_is_no_sign_of_tampering() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 3);
        let ours = log.checkpoint().unwrap();
        let spoilt = ours.to_string().replace("\n3\n", "\n4\n");
        for (anchor, says) in [
            (stranger("other.example/audit"), "is of `other.example/audit`"),
            (stranger(ORIGIN), "which is not known"),
            (Checkpoint::parse(&spoilt).unwrap(), "was changed after it was signed"),
        ] {
            let error = log.continues(std::slice::from_ref(&anchor)).unwrap_err();
            assert!(matches!(error, Error::NotAnAnchor { .. }) && error.to_string().contains(says), "{error}");
            let verdict = judged(&dir, vec![ours.clone(), anchor]);
            assert!(matches!(&verdict, Verdict::Unverifiable(what) if what.contains(says)), "{verdict}");
        }
    }

    #[test]
    fn a_log_that_stopped_shows_by_its_age() {
        let (_home, dir, log) = empty();
        let since = |time: &str| Trust { fresh_since: Some(time.parse().unwrap()), ..Trust::default() };
        let verdict = |time: &str| verify(&dir, &since(time)).unwrap().verdict;
        assert!(matches!(verdict("2026-11-21T00:00:00Z"), Verdict::Unverifiable(_)), "nothing was ever sealed");
        fill(&log, 0, 3);
        log.checkpoint().unwrap();
        assert_eq!(verdict("2026-11-21T02:30:00Z"), Verdict::Verified);
        let late = verdict("2026-11-21T02:30:01Z");
        assert!(late.to_string().starts_with("UNVERIFIABLE(an entry sealed since 2026-11-21T02:30:01Z"), "{late}");
        drop(log);
        // What nothing has signed counts for nothing.
        let clock = crate::clock::FixedClock("2026-11-22T00:00:00Z".parse().unwrap());
        let settings = Settings { clock: std::sync::Arc::new(clock), ..Settings::new("db-1") };
        let log = AuditLog::open(&dir, crate::audit::samples::signer(), settings).unwrap();
        fill(&log, 3, 4);
        assert_eq!(verdict("2026-11-21T02:30:00Z"), Verdict::UnsealedTail(1));
        assert!(matches!(verdict("2026-11-21T23:00:00Z"), Verdict::Unverifiable(_)));
        assert_eq!(log.last_entry().unwrap(), Some("2026-11-22T00:00:00Z".parse().unwrap()));
        log.checkpoint().unwrap();
        assert_eq!(verdict("2026-11-21T23:00:00Z"), Verdict::Verified);
    }
}
