use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::eraser::format_of;
use super::journal::Journal;
use super::place::{self, Draft, OpenFile, Removal};
use super::search::{is_of, search};
use super::searcher::Kept;
use super::strategy::Becomes;
use super::{
    Action, Address, Depth, Eraser, Error, Format, Go, Hits, Input, Needles, Output, Plan, PlannedFile, Progress,
    Residue, Rewritten, Where,
};
use crate::audit::Receipt;
use crate::store::{Objects, Traffic};

/// Where it is on record that bytes are about to be destroyed.
#[derive(Debug)]
pub enum OnRecord<'a> {
    /// In the log of a workspace.
    By(&'a Receipt),
    /// Nowhere: there is no workspace, and whoever calls says so to the person.
    Nowhere,
}

/// What became of each file of a plan, in its order.
#[derive(Debug)]
pub struct Outcome {
    /// Each file, and how it ended. One that failed is as it was, but for [`Error::Stays`]; the others do not mind.
    pub files: Vec<(Address, Result<Done, Error>)>,
    /// What the object store was asked for it.
    pub traffic: Traffic,
}

/// What was done to a file.
#[derive(Debug, Default)]
pub struct Done {
    /// In figures.
    pub rewritten: Rewritten,
    /// By a run of this plan before this one.
    pub before: bool,
    /// Old versions and delete markers that were removed.
    pub removed: u64,
    /// Where values still stand within what belongs to others: in other columns, in free text. The first places of each.
    pub elsewhere: Vec<Residue>,
}

impl Outcome {
    /// How many rows went, or lost values.
    pub fn rows(&self) -> u64 {
        self.done().map(|done| done.rewritten.erased).sum()
    }

    /// Files that are done.
    pub fn done(&self) -> impl Iterator<Item = &Done> {
        self.files.iter().filter_map(|(_, ended)| ended.as_ref().ok())
    }

    /// What the first file that is not done failed of.
    pub fn into_failure(self) -> Option<Error> {
        self.files.into_iter().find_map(|(_, ended)| ended.err())
    }

    /// Files that are not done, and why.
    pub fn failed(&self) -> impl Iterator<Item = (&Address, &Error)> {
        self.files.iter().filter_map(|(path, ended)| Some((path, ended.as_ref().err()?)))
    }
}

/// What the steps of one run share.
struct Steps<'a> {
    digest: String,
    journal: Option<Journal>,
    everything: bool,
    needles: Needles,
    eraser: &'a Eraser,
}

impl Eraser {
    /// Runs a plan, just that one. Each file is written beside the old one, read again (rows before less those planned, no
    /// value found any more), then renamed over it. With `journal`, a run that was killed is taken up by the next one, also
    /// of a plan that was kept. Before a new file takes its name, its subject column is searched, and what the file says about its
    /// columns and itself; with `everything`, every byte of it.
    ///
    /// # Errors
    /// [`Error::OtherPlan`], or the journal, and nothing was done. What went wrong with a file is in the [`Outcome`].
    pub fn run(
        &self,
        plan: &Plan,
        _on_record: &OnRecord<'_>,
        journal: Option<&Path>,
        everything: bool,
        go: Go<'_>,
    ) -> Result<Outcome, Error> {
        self.made(plan)?;
        let digest = plan.digest()?.to_string();
        let journal = journal.map(|path| Journal::open(path, &digest)).transpose()?;
        let needles = Needles::new(&self.values);
        let steps = Steps { digest, journal, everything, needles, eraser: self };
        let (bytes, of_bytes) = (AtomicU64::new(0), plan.bytes());
        let files: Vec<_> = plan.to_change().collect();
        let one = |file: &&PlannedFile| {
            let done = bytes.fetch_add(file.bytes(), Ordering::Relaxed);
            let ended = match go(Progress { bytes: done, of_bytes }) {
                ControlFlow::Continue(()) => steps.file(file),
                ControlFlow::Break(()) => Err(Error::Interrupted),
            };
            (file.file.clone(), ended)
        };
        let asked = || self.objects.as_deref().map(Objects::traffic).unwrap_or_default();
        let before = asked();
        let files = self.threads.install(|| files.par_iter().map(one).collect());
        Ok(Outcome { files, traffic: asked().since(&before) })
    }

    fn made(&self, plan: &Plan) -> Result<(), Error> {
        if plan.column != self.column {
            return Err(Error::OtherPlan("another column"));
        }
        if plan.action != self.action {
            return Err(Error::OtherPlan("another action"));
        }
        if !self.values.are_of(&plan.values) {
            return Err(Error::OtherPlan("another list of values"));
        }
        Ok(())
    }

    /// Whether nobody finds the rows any more, once they went or changed.
    fn hides_rows(&self) -> bool {
        match &self.action {
            Action::DeleteRow => true,
            action => action.changes().iter().any(|(column, becomes)| {
                // What is right may be among what is looked for: the person is known by it elsewhere.
                let stays = matches!(becomes, Becomes::Text(text) if self.values.iter().any(|value| value == *text));
                *column == self.column && !stays
            }),
        }
    }
}

impl Steps<'_> {
    fn file(&self, planned: &PlannedFile) -> Result<Done, Error> {
        let removal = Removal::of(planned, self.eraser.objects.as_deref())?;
        let mut done = if planned.hits > 0 { self.rewrite(planned)? } else { Done::default() };
        done.removed = removal.carry_out()?;
        Ok(done)
    }

    fn rewrite(&self, planned: &PlannedFile) -> Result<Done, Error> {
        place::clear(&planned.file)?;
        let old = OpenFile::planned(planned, self.eraser.objects.as_deref())?;
        let format = self.eraser.formats.of(format_of(&planned.file)?, old.name())?;
        if self.is_done(planned, &old)? {
            // That run may have died before it could prove it.
            self.prove(planned, &old, &old, format)?;
            return Ok(Done { before: true, ..Done::default() });
        }
        let hits = self.hits(planned, &old, format)?;
        let mut draft = Draft::of(&old)?;
        let rewritten = format.rewrite(&old, &hits, &self.eraser.action, &mut draft)?;
        let position = draft.position();
        if let Some(mark) = draft.mark() {
            self.step(planned, mark)?;
        }
        let new = draft.sync()?;
        if new.size()? != position {
            return Err(unproven(&old, format!("{position} bytes were written, and {} are there", new.size()?)));
        }
        self.prove(planned, &old, &new, format)?;
        // What is held, and what stays in a subject column that nobody changes, is found on purpose.
        let gone = self.eraser.hides_rows() && planned.held == 0;
        let elsewhere = if gone || self.everything { self.search(gone, &old, &new)? } else { Vec::new() };
        if draft.mark().is_none() && self.journal.is_some() {
            self.step(planned, &new.made()?.unwrap_or_default())?;
        }
        draft.publish()?;
        Ok(Done { rewritten, elsewhere, ..Done::default() })
    }

    fn step(&self, planned: &PlannedFile, made: &str) -> Result<(), Error> {
        self.journal.as_ref().map_or(Ok(()), |journal| journal.step(&self.digest, &planned.file, made))
    }

    /// Whether a run before this one did it. A file that is neither the planned one nor what was made of it is refused.
    fn is_done(&self, planned: &PlannedFile, old: &OpenFile<'_>) -> Result<bool, Error> {
        let changed = || Error::Changed { file: old.name().to_owned() };
        let version = planned.version.as_ref().ok_or_else(changed)?;
        if version.is(&old.version(version.has_digest())?) {
            return Ok(false);
        }
        match self.journal.as_ref().and_then(|journal| journal.made(&planned.file)) {
            Some(made) if old.made()?.as_deref() == Some(made) => Ok(true),
            _ => Err(changed()),
        }
    }

    fn hits(&self, planned: &PlannedFile, old: &OpenFile<'_>, format: &dyn Format) -> Result<Hits, Error> {
        if let Some(found) = &planned.found {
            return Ok(found.clone());
        }
        let all = format.find(old)?;
        let (free, _) = self.eraser.free(old, format_of(&planned.file)?, &all)?;
        if (all.rows, free.count()) != (planned.rows, planned.hits) {
            // The bytes are the planned ones, so what is held is not.
            let why = format!("{} rows were planned, and {} are free to go now", planned.hits, free.count());
            return Err(unproven(old, why));
        }
        Ok(Hits { rows: all.rows, hit: free })
    }

    fn prove(
        &self,
        planned: &PlannedFile,
        old: &OpenFile<'_>,
        new: &OpenFile<'_>,
        format: &dyn Format,
    ) -> Result<(), Error> {
        let rows = match self.eraser.action {
            Action::DeleteRow => planned.rows - planned.hits,
            _ => planned.rows,
        };
        let hits = if self.eraser.hides_rows() { planned.held } else { planned.hits + planned.held };
        let there = format.find(new)?;
        if (there.rows, there.hit.count()) == (rows, hits) {
            return Ok(());
        }
        let why =
            format!("{rows} rows with {hits} hits were to be there, and {} with {}", there.rows, there.hit.count());
        Err(unproven(old, why))
    }

    /// Where a whole value stands in the subject column, or in what the file keeps about it, though it was to be gone from
    /// there, the new file is thrown away. Elsewhere it is another's: told, and left.
    fn search(&self, gone: bool, old: &OpenFile<'_>, new: &dyn Input) -> Result<Vec<Residue>, Error> {
        let column = self.eraser.column.as_str();
        let depth = if self.everything { Depth::Everything } else { Depth::Described(column) };
        let (mut elsewhere, mut left) = (Kept::default(), None);
        let searched = search(&As(old.name(), new), &self.needles, depth, &mut |residue| {
            let ours = matches!(&residue.at, Where::Cell(_, of) | Where::Column(of, _) if is_of(column, of));
            match (ours, gone) {
                (true, true) if residue.whole => left = left.take().or(Some(residue.at.to_string())),
                (true, false) => {}
                _ => elsewhere.add(residue),
            }
        });
        match searched {
            // Who has the keys could erase in it, and has found the rows gone; the search has none.
            Err(Error::Unsupported { .. }) if !self.everything => {}
            searched => _ = searched?,
        }
        match left {
            Some(at) => Err(unproven(old, format!("a value still stands in {at}"))),
            None => Ok(elsewhere.places),
        }
    }
}

/// A new file, under the name that it is going to take.
struct As<'a>(&'a str, &'a dyn Input);

impl Input for As<'_> {
    fn name(&self) -> &str {
        self.0
    }

    fn size(&self) -> Result<u64, Error> {
        self.1.size()
    }

    fn read(&self, range: std::ops::Range<u64>, into: &mut Vec<u8>) -> Result<(), Error> {
        self.1.read(range, into)
    }
}

fn unproven(old: &OpenFile<'_>, why: String) -> Error {
    Error::Unproven { file: old.name().to_owned(), why }
}
