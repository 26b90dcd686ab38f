use std::path::Path;

use jiff::Timestamp;

use super::anchor::{time_of, vouch};
use super::evidence::Evidence;
use super::layout::{CHECKPOINTS, Layout, MAX_SIGNED, ORIGIN};
use super::verdict::Pruned;
use super::walk::Walk;
use super::{Action, Checkpoint, Entry, Error, Event, Hash, Place, Report, Verdict, VerifierKey};

/// What whoever verifies knows from elsewhere.
///
/// Without it, a log can only be shown to agree with itself: no log can show that its end was cut, or that
/// all of it was replaced.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Checkpoints kept elsewhere.
    pub anchors: Vec<Checkpoint>,
    /// Keys of the log, received on another way than with the log.
    pub keys: Vec<VerifierKey>,
    /// A checkpoint that an earlier verification of this log came to: only what follows is read.
    pub verified: Option<Checkpoint>,
    /// When the newest sealed entry must have been written at the earliest. A log that was cut at its end, or
    /// is not kept any more, is older.
    pub fresh_since: Option<Timestamp>,
}

/// Checks a log, or a copy of one: every frame, every entry, every checkpoint ever signed, every tile.
///
/// It only reads, and may run while others append.
///
/// # Errors
/// [`Error::NotALog`] or [`Error::Io`] if there is nothing to judge. What is wrong with a log is no error
/// but a [`Verdict`].
pub fn verify(dir: &Path, trust: &Trust) -> Result<Report, Error> {
    let layout = Layout::new(dir);
    let mut report = Report {
        verdict: Verdict::Verified,
        origin: layout.origin().unwrap_or_default(),
        entries: 0,
        sealed: 0,
        checkpoints: 0,
        keys: Vec::new(),
        first: None,
        last: None,
        pruned: None,
        claims_unchecked: Vec::new(),
    };
    report.verdict = match examine(&layout, trust, &mut report) {
        Ok(verdict) => verdict,
        Err(Error::Damaged { place, why }) => Verdict::tampered(place, why),
        Err(Error::Newer { place, found, .. }) => {
            Verdict::Unverifiable(format!("a newer program: {place} is of version {found}"))
        }
        Err(Error::NotALog { missing, .. }) if missing != ORIGIN => Verdict::Unverifiable(format!("`{missing}`")),
        Err(Error::Incomplete { missing }) => Verdict::Unverifiable(missing),
        Err(error) => return Err(error),
    };
    Ok(report)
}

fn examine(layout: &Layout, trust: &Trust, report: &mut Report) -> Result<Verdict, Error> {
    let evidence = Evidence::collect(layout)?;
    let mut missing = Vec::new();
    let signers = check_signatures(&evidence, trust, report, &mut missing)?;

    let anchors = check_anchors(&evidence, trust, &mut missing);
    let checkpoints = evidence.checkpoints.iter().chain(anchors).map(|checkpoint| checkpoint.head().clone());
    let mut walk = Walk::new(layout, &evidence, checkpoints.chain([evidence.signed.clone()]).collect());
    if let Some(verified) = trust.verified.as_ref().filter(|verified| verified.size() > 0) {
        begin(&mut walk, verified, &evidence, trust)?;
        report.claims_unchecked.push(format!("the first {} entries: they were verified before", verified.size()));
    }
    let walked = walk.run();
    report.entries = walk.size();
    (report.first, report.last) = (walk.first, walk.last);
    walked.map_err(|error| blame_file(error, &evidence))?;

    if let Some(anchor) = walk.beyond() {
        if walk.torn {
            return Err(Error::damaged(Place::Entry(walk.size()), "its frame is broken, and it was signed"));
        }
        walk.check_edge();
        let signed = walk.tiles.iter().filter(|tile| tile.end <= evidence.sealed());
        if let Some(entry) = signed.filter_map(|tile| tile.differs).next() {
            return Err(Error::damaged(Place::Entry(entry), "it is not the entry that was signed"));
        }
        return Ok(Verdict::RolledBack { anchor, log: walk.size() });
    }
    report.sealed = evidence.sealed();
    report.checkpoints = evidence.checkpoints.len() as u64;
    check_succession(&evidence, trust, &signers, &walk, &mut missing)?;
    report.pruned = check_pruning(&walk)?;
    if let Some(Pruned { entries, .. }) = &report.pruned {
        report
            .claims_unchecked
            .push(format!("what the first {entries} entries said: they were pruned, their hashes stand"));
    }
    check_tiles(&walk, report, &mut missing)?;
    check_age(layout, &evidence, trust, &mut missing)?;
    let mut missing = missing.into_iter();
    if let Some(first) = missing.next() {
        report.claims_unchecked.extend(missing.map(|what| format!("what {what} would show: it is missing too")));
        return Ok(Verdict::Unverifiable(first));
    }
    if walk.torn {
        report.claims_unchecked.push("part of an entry stands at the end, by a writer that died or still works".into());
    }
    match walk.size() - report.sealed + u64::from(walk.torn) {
        0 => Ok(Verdict::Verified),
        unsealed => Ok(Verdict::UnsealedTail(unsealed)),
    }
}

/// Begins where an earlier verification came to. If the log is shorter now, reading it will show that.
fn begin(walk: &mut Walk<'_>, verified: &Checkpoint, evidence: &Evidence, trust: &Trust) -> Result<(), Error> {
    let anchor = Trust { anchors: vec![verified.clone()], keys: trust.keys.clone(), ..Trust::default() };
    let mut missing = Vec::new();
    check_anchors(evidence, &anchor, &mut missing);
    match missing.pop() {
        Some(missing) => Err(Error::Incomplete { missing }),
        None if verified.size() > evidence.signed.size => {
            walk.want(verified.head().clone());
            Ok(())
        }
        None => walk.begin_at(verified.head()),
    }
}

/// Entries may be missing at the beginning if an entry says that they were dropped.
fn check_pruning(walk: &Walk<'_>) -> Result<Option<Pruned>, Error> {
    let Some((entries, root)) = walk.pruned else { return Ok(None) };
    let says = |(index, entry): &(u64, Entry)| {
        let Event { rows, content, .. } = entry.event;
        let told = entry.event.action == Action::LogPrune && rows >= Some(entries);
        // Who stopped half way dropped fewer than the entry says.
        let fits = rows > Some(entries) || content == Some(root);
        (told && fits).then(|| Pruned { entries, entry: *index, time: entry.time, actor: entry.event.actor.clone() })
    };
    match walk.notices.iter().find_map(says) {
        None => Err(Error::damaged(Place::Entry(0), "it is in no segment, and no entry says that it was pruned")),
        pruned => Ok(pruned),
    }
}

/// Checks every signature ever made, and returns who made them, a list a checkpoint.
fn check_signatures(
    evidence: &Evidence,
    trust: &Trust,
    report: &mut Report,
    missing: &mut Vec<String>,
) -> Result<Vec<Vec<VerifierKey>>, Error> {
    if trust.keys.is_empty() {
        report
            .claims_unchecked
            .push("whether the keys are the controller's: they were taken from the log itself".into());
    }
    if trust.anchors.is_empty() {
        report.claims_unchecked.push("whether entries were cut from the end: no anchor was given".into());
    }
    let keys: Vec<_> = evidence.keys.iter().chain(&trust.keys).cloned().collect();
    let mut all = Vec::new();
    for checkpoint in &evidence.checkpoints {
        let signers = checkpoint.note().signers(&keys).map_err(|error| {
            Error::damaged(Place::file(CHECKPOINTS), format!("at {} entries, {error}", checkpoint.size()))
        })?;
        if signers.is_empty() {
            missing.push(format!("key {}", checkpoint.note().key_ids().join(" or ")));
        }
        for id in signers.iter().map(|key| key.id()) {
            if !report.keys.contains(&id) {
                report.keys.push(id);
            }
        }
        all.push(signers.into_iter().cloned().collect());
    }
    Ok(all)
}

/// The anchors that speak of this log, signed by a key that is known.
fn check_anchors<'a>(evidence: &Evidence, trust: &'a Trust, missing: &mut Vec<String>) -> Vec<&'a Checkpoint> {
    let keys: Vec<_> = evidence.keys.iter().chain(&trust.keys).cloned().collect();
    let mut anchors = Vec::new();
    for anchor in &trust.anchors {
        match vouch(anchor, &evidence.origin, &keys) {
            Ok(()) => anchors.push(anchor),
            Err(why) => missing.push(format!("an anchor of `{}`: {why}", evidence.origin)),
        }
    }
    anchors
}

/// A key is trusted if it was given, or was the first, or if an entry introduced it and a trusted key
/// signed that entry. A stranger's key in the folder is then worth nothing.
fn check_succession(
    evidence: &Evidence,
    trust: &Trust,
    signers: &[Vec<VerifierKey>],
    walk: &Walk<'_>,
    missing: &mut Vec<String>,
) -> Result<(), Error> {
    let mut trusted = trust.keys.clone();
    if trusted.is_empty() {
        trusted.extend(signers.first().into_iter().flatten().cloned());
    }
    let verified = trust.verified.as_ref().map_or(0, Checkpoint::size);
    // Whoever signed what was verified before was trusted then.
    let known = evidence.checkpoints.iter().zip(signers).filter(|(checkpoint, _)| checkpoint.size() <= verified);
    if verified > 0 {
        trusted.extend(known.flat_map(|(_, signers)| signers.iter().cloned()));
    }
    let (mut began, mut newest) = (false, false);
    for (checkpoint, signers) in evidence.checkpoints.iter().zip(signers) {
        newest = signers.iter().any(|key| trusted.contains(key));
        began |= newest;
        if newest {
            let introduced = |key: &VerifierKey| {
                let digest = Hash::of(key.to_string().as_bytes());
                walk.notices.iter().any(|(index, entry)| {
                    let introduces = entry.event.action == Action::LogKey && entry.event.content == Some(digest);
                    introduces && *index < checkpoint.size()
                })
            };
            trusted.extend(evidence.keys.iter().filter(|key| introduced(key)).cloned());
        } else if let (true, Some(key)) = (began, signers.first()) {
            let why =
                format!("key {} signs {} entries, and no key before it introduced it", key.id(), checkpoint.size());
            return Err(Error::damaged(Place::file(CHECKPOINTS), why));
        }
    }
    if !newest {
        missing.push("a signature by a trusted key".to_owned());
    }
    Ok(())
}

/// Whether the newest sealed entry is as young as it should be.
fn check_age(layout: &Layout, evidence: &Evidence, trust: &Trust, missing: &mut Vec<String>) -> Result<(), Error> {
    let Some(since) = trust.fresh_since else { return Ok(()) };
    let newest = match evidence.sealed().checked_sub(1) {
        Some(index) => time_of(layout, &evidence.segments, index)?,
        None => None,
    };
    match newest {
        Some(time) if time >= since => {}
        Some(time) => missing.push(format!("an entry sealed since {since:.0}: the newest is of {time:.0}")),
        None => missing.push(format!("an entry sealed since {since:.0}: there is none")),
    }
    Ok(())
}

fn check_tiles(walk: &Walk<'_>, report: &mut Report, missing: &mut Vec<String>) -> Result<(), Error> {
    for tile in &walk.tiles {
        match tile.differs {
            // Tiles are written when a signature is about to cover them.
            None if tile.end > report.sealed => {}
            Some(_) if tile.end > report.sealed => {
                report.claims_unchecked.push(format!("`{}`: it is not signed, and will be derived again", tile.path));
            }
            Some(entry) => {
                let why = format!("it is not what the entries say, from entry {entry} on");
                return Err(Error::damaged(Place::file(tile.path.as_str()), why));
            }
            None => missing.push(format!("`{}`", tile.path)),
        }
    }
    Ok(())
}

/// If the newest checkpoint is of the same size and fits, the entries are right and `max_signed` is not.
fn blame_file(error: Error, evidence: &Evidence) -> Error {
    let newest = evidence.checkpoints.last().map(Checkpoint::head);
    match newest {
        Some(head) if head.size == evidence.signed.size && head.root != evidence.signed.root => {
            Error::damaged(Place::file(MAX_SIGNED), format!("it is not what was signed at {} entries", head.size))
        }
        _ => error,
    }
}
