use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use pii_core::error::Error as Core;
use pii_core::request::Request;

use super::calendar::feed;
use super::{left, value};
use crate::command::age::age;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Which requests there are, and by when each is due
///
/// Exit code 3 if `--overdue` finds one: for a job that looks every morning.
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
    let (policy, requests) = (site.policy()?, site.requests()?.list(args.all)?);
    let (calendar, now) = (policy.calendar(), Timestamp::now());
    let within = args.due.as_deref().map(age).transpose()?;
    let (mut rows, mut due) = (Vec::new(), Vec::new());
    for request in requests {
        let deadline = request.deadline(calendar, now)?;
        let soon = within.is_none_or(|within| now.checked_add(within).is_ok_and(|then| deadline.is_past(then)));
        if (args.overdue && !deadline.is_past(now)) || !soon {
            continue;
        }
        let days = deadline.days_left(calendar, now);
        ui.record("request", &value(&request, &deadline, days));
        let when = if request.state.is_over() { String::new() } else { left(days) };
        let right = request.claim.right();
        rows.push((
            deadline.ends,
            [
                request.id.to_string(),
                right.name().to_owned(),
                request.state.of(right).to_owned(),
                deadline.due.to_string(),
                when,
                request.reference.clone().unwrap_or_default(),
            ],
        ));
        due.push((request, deadline.due));
    }
    if let Some(file) = &args.ics {
        return write_feed(&due, file, now, ui);
    }
    // What is due first comes first.
    rows.sort();
    let rows: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
    if rows.is_empty() {
        ui.line(if args.overdue { "no request is overdue" } else { "no request" });
        return Ok(Exit::Done);
    }
    ui.table(["request", "right", "state", "due", "", "reference"], &rows);
    ui.note(count(rows.len() as u64, "request"));
    Ok(if args.overdue { Exit::No } else { Exit::Done })
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
