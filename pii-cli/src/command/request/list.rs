use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use pii_core::error::Error as Core;
use pii_core::policy::Calendar;
use pii_core::request::{Asking, Deadline, Request, Right, State};

use super::calendar::feed;
use super::{left, value};
use crate::command::age::age;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Which requests there are, and by when each is due
///
/// Of more than 200, how many there are in each state, by the week in which they are due; `--json` gives each. Exit code 3 if `--overdue` finds one: for a job that looks every morning.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Those due within this time: 7d
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
    /// Those whose time is over
    #[arg(long)]
    overdue: bool,
    /// Those that are answered, too
    #[arg(long, conflicts_with_all = ["due", "overdue"])]
    all: bool,
    /// Write their due days there as a calendar (RFC 5545); `-` is standard output
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    ics: Option<PathBuf>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let site = global.site()?;
    let (policy, requests) = (site.policy()?, site.requests()?);
    let (calendar, now) = (policy.calendar(), Timestamp::now());
    let within = args.due.as_deref().map(age).transpose()?;
    let (mut due, mut found) = (Vec::new(), 0);
    requests.each::<Error>(if args.all { Asking::All } else { Asking::Open }, |request| {
        let mut deadline = request.deadline(calendar, now)?;
        let waits = request.waits();
        match waits {
            Some(Some(until)) => deadline = Deadline::at_the_end_of(until, calendar)?,
            // Nobody knows when that ends.
            Some(None) if args.overdue || within.is_some() || args.ics.is_some() => return Ok(()),
            _ => {}
        }
        let soon = within.is_none_or(|within| now.checked_add(within).is_ok_and(|then| deadline.is_past(then)));
        if (args.overdue && !deadline.is_past(now)) || !soon {
            return Ok(());
        }
        found += 1;
        if ui.json {
            ui.record("request", &value(&request, &deadline, deadline.days_left(calendar, now)));
        } else {
            // What was done is asked of one, not of all.
            due.push((deadline, waits, Request { steps: Vec::new(), ..request }));
        }
        Ok(())
    })?;
    if let Some(file) = &args.ics {
        let days: Vec<_> = due.into_iter().map(|(deadline, _, request)| (request, deadline.due)).collect();
        return write_feed(&days, file, now, ui);
    }
    if found == 0 {
        ui.line(if args.overdue { "no request is overdue" } else { "no request" });
        return Ok(Exit::Done);
    }
    if found > MANY {
        weeks(&due, ui);
        ui.note(format!("{}; `--json` gives each", count(found, "request")));
    } else {
        each(&mut due, calendar, now, ui);
        ui.note(count(found, "request"));
    }
    Ok(if args.overdue { Exit::No } else { Exit::Done })
}

/// A line a request; what is due first comes first.
fn each(due: &mut [Due], calendar: &Calendar, now: Timestamp, ui: Ui) {
    due.sort_by_key(|(deadline, _, request)| (deadline.ends, request.id));
    let row = |(deadline, waits, request): &Due| {
        let right = request.claim.right();
        let when = match waits {
            _ if request.state.is_over() => String::new(),
            Some(Some(_)) if deadline.is_past(now) => "the ground is over: plan again".to_owned(),
            Some(Some(_)) => "answered; kept until then".to_owned(),
            Some(None) => "answered; kept, and no end is known".to_owned(),
            None => left(deadline.days_left(calendar, now)),
        };
        [
            request.id.to_string(),
            right.name().to_owned(),
            request.state.of(right).to_owned(),
            if *waits == Some(None) { String::new() } else { deadline.due.to_string() },
            when,
            request.reference.clone().unwrap_or_default(),
        ]
    };
    let rows: Vec<_> = due.iter().map(row).collect();
    ui.table(["request", "right", "state", "due", "", "reference"], &rows);
}

/// How many there are, by the week in which they are due; those that are answered come last.
fn weeks(due: &[Due], ui: Ui) {
    let mut weeks = BTreeMap::new();
    for (deadline, _, request) in due {
        let since = Span::new().days(i64::from(deadline.due.weekday().to_monday_zero_offset()));
        let monday = deadline.due.checked_sub(since).unwrap_or(deadline.due);
        *weeks.entry((request.state.is_over(), monday, request.claim.right(), request.state)).or_insert(0_u64) += 1;
    }
    let row = |((_, monday, right, state), requests): (&(bool, Date, Right, State), &u64)| {
        [monday.to_string(), right.name().to_owned(), state.of(*right).to_owned(), requests.to_string()]
    };
    let rows: Vec<_> = weeks.iter().map(row).collect();
    ui.table(["due in the week of", "right", "state", "requests"], &rows);
}
/// Written beside the old one, and then in its place: a calendar program may read it at any time.
fn write_feed(due: &[(Request, Date)], file: &Path, now: Timestamp, ui: Ui) -> Result<Exit, Error> {
    let feed = feed(due, now);
    if file == Path::new("-") {
        let mut out = std::io::stdout().lock();
        let written = out.write_all(feed.as_bytes()).and_then(|()| out.flush());
        written.map_err(|source| Error::failed("io", format!("standard output: {source}")))?;
        return Ok(Exit::Done);
    }
    let io = |source| Error::from(Core::Io { path: file.to_owned(), source });
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut staged = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
    staged.write_all(feed.as_bytes()).and_then(|()| staged.as_file().sync_all()).map_err(io)?;
    staged.persist(file).map_err(|error| io(error.error))?;
    ui.line(format!("{} in `{}`", count(due.len() as u64, "due day"), file.display()));
    Ok(Exit::Done)
}

/// A request, by when it is due, and whether a ground keeps some of it until then.
type Due = (Deadline, Option<Option<Date>>, Request);

/// Requests of which each has a line of its own; of more, a person reads how many.
const MANY: u64 = 200;
