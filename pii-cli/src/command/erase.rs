use std::fs::File;
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Zoned;
use pii_core::erase::{Action, Address, Eraser, OnRecord, Outcome, Plan, Progress, Replacement, Searcher, Values};
use pii_core::error::Error as Core;
use pii_core::store::{Everything, Listing, Location, ObjectLocation, Objects};
use pii_core::vocab::DatasetId;
use pii_core::workspace::{Erasing, Step};
use serde_json::json;
use zeroize::Zeroizing;

use super::hold;
use crate::config::{Global, objects};
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, bytes, count};

/// Erase people from files, down to the bytes
///
/// Finds the rows whose column holds one of the values and writes the files anew without them; what nobody needs to touch is copied as it is. Shows what it would do, then asks. Each file is written beside the old one, read again, and then takes its name in one step; a run that was killed can be run again. Works without a workspace; within one, it is on record first.
///
/// Rows and files under a hold are told and left: `--hold` names a file of entries `[[hold]]` with `ground = "…"`, `until = 2027-12-31` where it ends, and `values-file = "…"` or `paths = ["…"]`, relative to that file. That some are held is no error.
///
/// A file that was encrypted in the workspace is opened with its keys and written with the same ones; all of it is encoded again.
///
/// Under `s3://` the same: what nobody needs to touch is copied by the store and does not travel, an object is replaced only if it is still the one that was looked at, and of a bucket that keeps versions the old ones go, too. S3 is reached as AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION and AWS_ENDPOINT_URL say.
///
/// Backups, snapshots, replicas of a bucket, and blocks that the disk has freed are not reached.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files, folders, globs, also under s3://bucket/; not needed with the plan that they are in
    #[arg(value_name = "SOURCE", required_unless_present = "plan")]
    sources: Vec<String>,
    /// The column that says whose row it is, by dotted path; not needed to search only
    #[arg(long, value_name = "COLUMN", required_unless_present = "verify")]
    column: Option<String>,
    /// The values that are to go, a line each; `-` is standard input
    #[arg(long, value_name = "FILE")]
    values_file: PathBuf,
    /// The empty text is one of the values, too
    #[arg(long)]
    empty_value: bool,
    /// What happens to the rows: delete-row, null-columns, replace
    #[arg(long, value_name = "ACTION", default_value = "delete-row")]
    action: String,
    /// The columns that are nulled or replaced, if not the one above
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    columns: Vec<String>,
    /// Replace by this text, and not by a random pseudonym each
    #[arg(long, value_name = "TEXT")]
    by: Option<String>,
    /// Within a workspace: the dataset, for the log
    #[arg(long, short, value_name = "DATASET")]
    dataset: Option<String>,
    /// With `--dry-run`, write the plan there; without, run the plan that is there
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// What must stay for now, and why: TOML with a `[[hold]]` for each ground
    #[arg(long, value_name = "FILE")]
    hold: Option<PathBuf>,
    /// Search every byte of every file for the values: tables, logs, what table formats write, hidden files, names.
    /// Erases nothing unless `--yes` is said, too. Exit code 3 if one is found
    #[arg(long)]
    verify: bool,
    /// How many files at once; otherwise as many as there are processors
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,
    /// Say what would be done, and change nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    if args.verify && !args.yes {
        return search(args, global, ui);
    }
    let Some(column) = &args.column else {
        return Err(Error::usage("`--yes` needs a `--column`", "name the column that says whose row it is"));
    };
    let values = values(&args.values_file, args.empty_value)?;
    let mut eraser = Eraser::new(column, values, args.action()?, args.threads)?.with_keys(&global.file_keys());
    if let Some(file) = &args.hold {
        let (holds, today) = (hold::read(file)?, Zoned::now().date());
        hold::show(ui, &holds, today);
        eraser = eraser.with_holds(holds, today)?;
    }
    let made = args.plan.as_deref().filter(|_| !args.dry_run);
    let made = made.map(read_plan).transpose()?;
    let objects = args.objects(made.as_ref(), global)?;
    if let Some(objects) = &objects {
        eraser = eraser.with_objects(Arc::clone(objects));
    }
    let plan = match made {
        Some(plan) => plan,
        None => eraser.plan(&args.listing(objects.as_deref(), ui)?, args.plan.is_some(), &watching(ui, "looking"))?,
    };
    show(ui, &plan);
    if args.dry_run {
        if let Some(file) = &args.plan {
            write_plan(file, &plan)?;
            ui.note(format!("the plan is in `{}`; the same command without `--dry-run` runs it", file.display()));
        }
        return Ok(Exit::Done);
    }
    if plan.is_empty() {
        return Ok(Exit::Done);
    }
    if !args.yes {
        let what = format!("this changes {} for good", what(&plan));
        let figure = if plan.rows() > 0 { plan.rows() } else { plan.old_versions() };
        ui.confirm(&what, &figure.to_string())?;
    }
    let outcome = act(args, global, ui, &eraser, &plan)?;
    report(args, ui, &plan, &outcome)
}

/// Runs the plan: on record in the workspace, if there is one.
fn act(args: &Args, global: &Global, ui: Ui, eraser: &Eraser, plan: &Plan) -> Result<Outcome, Error> {
    let journal = args.plan.as_ref().map(|plan| {
        let mut journal = plan.clone().into_os_string();
        journal.push(".journal");
        PathBuf::from(journal)
    });
    let dataset = args.dataset.as_deref().map(DatasetId::parse).transpose()?;
    let go = watching(ui, "erasing");
    // Only where nobody names a workspace may there be none.
    let nowhere = global.workspace.is_none() && dataset.is_none() && !within_a_workspace()?;
    if nowhere {
        ui.note("there is no workspace here: this is in no log");
        return Ok(eraser.run(plan, &OnRecord::Nowhere, journal.as_deref(), args.verify, &go)?);
    }
    let workspace = global.open()?;
    let how = Erasing { dataset: dataset.as_ref(), journal: journal.as_deref(), everything: args.verify };
    let erased = workspace.erase(eraser, plan, how, &go);
    workspace.seal()?;
    let erased = erased?;
    ui.note(format!("on record: audit entries {} and {}", erased.planned_entry, erased.done_entry));
    Ok(erased.outcome)
}

fn within_a_workspace() -> Result<bool, Error> {
    match pii_core::workspace::Site::find(Path::new(".")) {
        Ok(_) => Ok(true),
        Err(Core::NoWorkspace(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn search(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let (far, near) = args.locations()?;
    let everything = Everything::at(&near)?;
    for path in &everything.skipped {
        ui.warn(format!("`{}` was passed over: it is a link to a folder, or no file", path.display()));
    }
    let objects = args.objects(None, global)?;
    let listing = listed(Listing::default(), &far, objects.as_deref(), ui)?;
    let values = values(&args.values_file, args.empty_value)?;
    if args.empty_value {
        ui.warn("the empty text was not searched for: it is everywhere");
    }
    let searcher = Searcher::new(&values, args.column.as_deref(), args.threads)?;
    let searched = searcher.search(&everything, &listing, objects.as_deref(), &watching(ui, "searching"))?;
    for residue in &searched.places {
        let (at, value) = (residue.at.to_string(), residue.value + 1);
        let whole = if residue.whole { "" } else { ", within something longer" };
        ui.record("residue", &json!({ "file": residue.file, "at": at, "value": value, "whole": residue.whole }));
        ui.line(format!("{}: {at}: value {value} of the list{whole}", residue.file));
    }
    if let Some(more) = searched.found.checked_sub(searched.places.len() as u64).filter(|more| *more > 0) {
        ui.line(format!("and {}", count(more, "more place")));
    }
    let (files, failed) = (count(searched.files, "file"), searched.failed.len());
    ui.record(
        "searched",
        &json!({
            "files": searched.files, "bytes": searched.bytes, "places": searched.found, "failed": failed,
            "values": values.len(),
        }),
    );
    let of = format!("{files}, {} after decompression", bytes(searched.bytes));
    match searched.found {
        0 if failed == 0 => ui.line(format!("none of {} is in {of}", count(values.len() as u64, "value"))),
        0 => ui.line(format!("nothing was found in {of}; {failed} could not be searched")),
        found => ui.line(format!("{} in {of}", count(found, "place"))),
    }
    let found = searched.found;
    let mut failed = searched.failed.into_iter().map(|(_, error)| error);
    let first = failed.next();
    failed.for_each(|error| ui.warn(told(&error)));
    match first {
        Some(error) => Err(error.into()),
        None if found == 0 => Ok(Exit::Done),
        None => Ok(Exit::No),
    }
}

/// An error, and what is behind it.
fn told(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// Adds what lies in buckets; tells of what was passed over.
fn listed(mut listing: Listing, far: &[ObjectLocation], objects: Option<&Objects>, ui: Ui) -> Result<Listing, Error> {
    for location in far {
        if let Some(objects) = objects {
            listing.add(objects, location)?;
        }
    }
    for file in &listing.skipped {
        ui.warn(format!("`{file}` was passed over: its name tells no format"));
    }
    Ok(listing)
}

fn show(ui: Ui, plan: &Plan) {
    for file in &plan.files {
        ui.record("erasure_file", file);
    }
    ui.record(
        "erasure_plan",
        &json!({
            "outcome": "would erase", "action": plan.action.name(), "column": plan.column, "values": plan.values.count,
            "files": plan.to_rewrite().count(), "looked_at": plan.looked_at, "rows": plan.rows(), "held": plan.held(),
            "bytes": plan.bytes(), "old_versions": plan.old_versions(), "locked": plan.locked().count(),
        }),
    );
    let row = |file: &pii_core::erase::PlannedFile| {
        let held = if file.held == 0 { String::new() } else { format!("{} ({})", file.held, file.grounds.join(", ")) };
        let mut name = file.file.to_string();
        if !file.old.is_empty() {
            name.push_str(&format!(" and {}", count(file.old.len() as u64, "old version")));
        }
        [name, file.rows.to_string(), file.hits.to_string(), held, bytes(file.bytes())]
    };
    if !plan.files.is_empty() {
        let rows: Vec<_> = plan.files.iter().take(SHOWN).map(row).collect();
        ui.table(["file", "rows", "hits", "held", "size"], &rows);
    }
    if let Some(more) = plan.files.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        ui.line(format!("and {}", count(more as u64, "more file")));
    }
    for (file, old) in plan.locked().take(SHOWN) {
        let lock = old.lock.as_deref().unwrap_or_default();
        ui.warn(format!("version {} of `{}` is {lock}, and cannot be removed", old.id, file.file));
    }
    let looked_at = format!("{} looked at", count(plan.looked_at, "file"));
    match plan.rows() {
        _ if !plan.is_empty() => ui.line(format!("would {} {}; {looked_at}", plan.action.name(), what(plan))),
        0 if plan.held() > 0 => ui.line(format!("would erase nothing: every row found is held; {looked_at}")),
        _ => ui.line(format!("would erase nothing: no row holds one of the values; {looked_at}")),
    }
}

/// `9 rows in 3 files of 12 MiB`.
fn what(plan: &Plan) -> String {
    let files = count(plan.to_rewrite().count() as u64, "file");
    let mut what = format!("{} in {files} of {}", count(plan.rows(), "row"), bytes(plan.bytes()));
    if plan.old_versions() > 0 {
        what.push_str(&format!(", and {}", count(plan.old_versions(), "old version")));
    }
    what
}

fn report(args: &Args, ui: Ui, plan: &Plan, outcome: &Outcome) -> Result<Exit, Error> {
    let mut failed = outcome.failed();
    let first = failed.next();
    // What stands in the way of each is told, the first of them at the end.
    for (_, error) in failed {
        ui.warn(told(error));
    }
    let (mut copied, mut made, mut reencoded, mut before, mut removed) = (0, 0, 0, 0_u64, 0);
    for done in outcome.done() {
        copied += done.rewritten.copied;
        made += done.rewritten.made;
        reencoded += done.rewritten.reencoded;
        before += u64::from(done.before);
        removed += done.removed;
    }
    let files = outcome.done().count() as u64;
    let elsewhere: Vec<_> = outcome.done().flat_map(|done| &done.elsewhere).collect();
    for residue in &elsewhere {
        ui.warn(format!("`{}`: value {} still stands in {}", residue.file, residue.value + 1, residue.at));
    }
    ui.record(
        "erased",
        &json!({
            "rows": outcome.rows(), "files": files, "of_files": outcome.files.len(), "files_before": before,
            "held": plan.held(), "bytes_copied": copied, "bytes_made": made, "bytes_reencoded": reencoded,
            "elsewhere": elsewhere.len(), "old_versions": removed, "requests": outcome.traffic.requests,
            "bytes_read": outcome.traffic.read, "bytes_sent": outcome.traffic.sent,
            "bytes_copied_in_store": outcome.traffic.copied,
        }),
    );
    let in_files = match first {
        Some(_) => format!("{files} of {}", count(outcome.files.len() as u64, "file")),
        None => count(files, "file"),
    };
    ui.line(format!(
        "{}: {} in {in_files}; {} copied, {} made anew{}",
        plan.action.name(),
        count(outcome.rows(), "row"),
        bytes(copied),
        bytes(made),
        if reencoded > 0 { format!(", {} re-encoded", bytes(reencoded)) } else { String::new() },
    ));
    if removed > 0 {
        ui.line(format!("{} removed", count(removed, "old version")));
    }
    let asked = &outcome.traffic;
    if asked.requests > 0 {
        let moved = format!("{} read, {} sent", bytes(asked.read), bytes(asked.sent));
        ui.line(format!("{}: {moved}, {} copied in the store", count(asked.requests, "request"), bytes(asked.copied)));
    }
    if plan.held() > 0 {
        ui.line(format!("{} held, and left as they were", count(plan.held(), "row")));
    }
    if before > 0 {
        ui.line(format!("{} had been done by a run before this one", count(before, "file")));
    }
    match first {
        Some((_, error)) => Err(Error::unfinished(error)),
        // Whoever asked whether any is left is told by the exit code, too.
        None if elsewhere.is_empty() || !args.verify => Ok(Exit::Done),
        None => Ok(Exit::No),
    }
}

impl Args {
    /// Where to look: in buckets, and in folders of this machine.
    fn locations(&self) -> Result<(Vec<ObjectLocation>, Vec<Location>), Error> {
        let (far, near): (Vec<_>, Vec<_>) = self.sources.iter().partition(|source| ObjectLocation::is_meant(source));
        let far = far.into_iter().map(|source| ObjectLocation::parse(source)).collect::<Result<Vec<_>, _>>()?;
        let near = near.into_iter().map(|source| Location::parse(source)).collect::<Result<Vec<_>, _>>()?;
        if self.sources.is_empty() || near.iter().any(Location::is_stdin) {
            return Err(Error::usage("only files can be searched and written anew", "name files, folders or globs"));
        }
        Ok((far, near))
    }

    /// The object store, if any file is in one.
    fn objects(&self, plan: Option<&Plan>, global: &Global) -> Result<Option<Arc<Objects>>, Error> {
        let planned = plan.is_some_and(|plan| plan.files.iter().any(|file| matches!(file.file, Address::Object(_))));
        if !planned && !self.sources.iter().any(|source| ObjectLocation::is_meant(source)) {
            return Ok(None);
        }
        let wire = global.site().map_or_else(|_| global.wire(), |site| site.wire().clone());
        let objects = objects(wire)?;
        global.record_plain(objects.encryption())?;
        Ok(Some(Arc::new(objects)))
    }

    fn listing(&self, objects: Option<&Objects>, ui: Ui) -> Result<Listing, Error> {
        let (far, near) = self.locations()?;
        listed(Listing::of(&near, None)?, &far, objects, ui)
    }

    fn action(&self) -> Result<Action, Error> {
        let column = || self.column.iter().cloned().collect();
        let columns = || if self.columns.is_empty() { column() } else { self.columns.clone() };
        match (self.action.as_str(), &self.by) {
            ("delete-row", None) if self.columns.is_empty() => Ok(Action::DeleteRow),
            ("null-columns", None) => Ok(Action::NullColumns(columns())),
            ("replace", None) => Ok(Action::Replace(columns(), Replacement::Pseudonym)),
            ("replace", Some(text)) => Ok(Action::Replace(columns(), Replacement::Constant(text.clone()))),
            (known @ ("delete-row" | "null-columns"), _) => {
                Err(Error::usage(format!("`--action {known}` does not go with `--columns` or `--by`"), ACTIONS))
            }
            (other, _) => Err(Error::usage(format!("`{other}` is no action"), ACTIONS)),
        }
    }
}

/// A line, a value. An empty line is no value by accident: it would stand for everybody without one.
pub(super) fn values(file: &Path, with_empty: bool) -> Result<Values, Error> {
    let mut text = Zeroizing::new(String::new());
    let read = if file == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text)
    } else {
        File::open(file).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.map_err(|source| Core::Io { path: file.to_owned(), source })?;
    let name = file.display();
    if let Some(line) = text.lines().position(str::is_empty) {
        return Err(Error::usage(
            format!("line {} of `{name}` is empty", line + 1),
            "take it out; `--empty-value` says that the empty text is to go, too",
        ));
    }
    let empty = with_empty.then(String::new);
    Values::new(text.lines().map(str::to_owned).chain(empty))
        .ok_or_else(|| Error::usage(format!("`{name}` holds no value"), "write one a line, as the column has it"))
}

fn read_plan(file: &Path) -> Result<Plan, Error> {
    let json = std::fs::read(file).map_err(|source| Core::Io { path: file.to_owned(), source })?;
    Ok(Plan::from_json(&json, &file.display().to_string())?)
}

/// For nobody else's eyes: a guess of the whole list can be tested with it.
fn write_plan(file: &Path, plan: &Plan) -> Result<(), Error> {
    let json = plan.to_json()?;
    let out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let written = out.and_then(|mut out| out.write_all(&json).and_then(|()| out.sync_all()));
    Ok(written.map_err(|source| Core::Io { path: file.to_owned(), source })?)
}

fn watching(ui: Ui, verb: &'static str) -> impl Fn(Progress) -> ControlFlow<()> + Sync {
    let watch = Mutex::new(ui.watch_bytes(verb));
    move |progress| {
        let step = Step { bytes: progress.bytes, of_bytes: Some(progress.of_bytes), ..Step::default() };
        (watch.lock().unwrap_or_else(PoisonError::into_inner))(step)
    }
}

const ACTIONS: &str = "`delete-row`, `null-columns [--columns A,B]`, or `replace [--columns A,B] [--by TEXT]`";

/// Files that a person is shown.
const SHOWN: usize = 50;
