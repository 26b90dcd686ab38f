//! The voice of `pii`.
//!
//! - stdout is data, stderr is talk.
//! - Plain sentences, lower case after `error:` and `hint:`, no full stop, the user's words in backticks.
//! - Readable without colour; `NO_COLOR` is honoured; nothing but a terminal gets colour or a progress bar.
//! - `--json`: one JSON value a line on stdout, each with `type` and `v`; errors are one JSON line on stderr.
//! - `--quiet` silences talk, never data and never errors.
//! - A personal value is printed by `vault read`, a note about a person by `audit show`, and by nothing else.

use std::io::{BufRead, IsTerminal, Write};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anstyle::{AnsiColor, Style};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use pii_core::workspace::Step;
use serde::Serialize;
use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

use crate::error::Error;
use crate::exit::Exit;

/// Where a command speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ui {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
}

impl Ui {
    /// A line of data, for people.
    pub(crate) fn line(self, text: impl AsRef<str>) {
        if !self.json {
            put(&mut anstream::stdout().lock(), text.as_ref());
        }
    }

    /// A value of data, for programs: `type`, `v`, then the fields of `value`.
    pub(crate) fn record(self, kind: &str, value: &impl Serialize) {
        if self.json {
            put(&mut anstream::stdout().lock(), &json_line(kind, value));
        }
    }

    /// Talk.
    pub(crate) fn note(self, text: impl AsRef<str>) {
        if !self.quiet && !self.json {
            put(&mut anstream::stderr().lock(), text.as_ref());
        }
    }

    /// Talk that matters: something the person should look at.
    pub(crate) fn warn(self, text: impl AsRef<str>) {
        if self.json {
            put(
                &mut anstream::stderr().lock(),
                &json_line("warning", &serde_json::json!({ "message": text.as_ref() })),
            );
        } else {
            put(&mut anstream::stderr().lock(), &format!("{}: {}", paint("warning", WARN), text.as_ref()));
        }
    }

    /// Columns, aligned; the first row is the head.
    pub(crate) fn table<const N: usize>(self, head: [&str; N], rows: &[[String; N]]) {
        let mut columns = Columns { waiting: rows.to_vec(), ..self.columns(head) };
        columns.flush();
    }

    /// Columns, aligned, of rows that keep coming.
    pub(crate) fn columns<const N: usize>(self, head: [&str; N]) -> Columns<'_, N> {
        Columns { ui: self, widths: head.map(UnicodeWidthStr::width), head: Some(head), waiting: Vec::new() }
    }

    /// Before something is destroyed: shows what, and has a person type `word`.
    pub(crate) fn confirm(self, what: &str, word: &str) -> Result<(), Error> {
        let mut input = std::io::stdin().lock();
        if !input.is_terminal() || !std::io::stderr().is_terminal() {
            return Err(Error::unconfirmed(format!("{what}: a person must confirm")));
        }
        anstream::eprint!("{what}\ntype {} to go on: ", paint(word, HEAD));
        let mut answer = String::new();
        let read = input.read_line(&mut answer);
        match read {
            Ok(_) if answer.trim() == word => Ok(()),
            _ => Err(Error::unconfirmed("not confirmed: nothing was changed")),
        }
    }

    /// Watches a run over rows: a bar where a person looks on, and the end of it when they interrupt.
    pub(crate) fn watch(self, verb: &'static str) -> impl FnMut(Step) -> ControlFlow<()> + Send {
        self.watching(move |step| progress(verb, step.of_rows, ROWS), |step| step.rows)
    }

    /// Watches a run over bytes.
    pub(crate) fn watch_bytes(self, verb: &'static str) -> impl FnMut(Step) -> ControlFlow<()> + Send {
        self.watching(move |step| progress(verb, step.of_bytes, BYTES), |step| step.bytes)
    }

    fn watching(
        self,
        begin: impl Fn(Step) -> ProgressBar + Send,
        position: impl Fn(Step) -> u64 + Send,
    ) -> impl FnMut(Step) -> ControlFlow<()> + Send {
        let shown = !self.quiet && !self.json && std::io::stderr().is_terminal();
        let mut bar: Option<ProgressBar> = None;
        let started = Instant::now();
        RUNNING.store(true, Ordering::Relaxed);
        move |step: Step| {
            if shown && bar.is_none() && started.elapsed().as_millis() > 400 {
                bar = Some(begin(step));
            }
            if let Some(bar) = &bar {
                bar.set_position(position(step));
            }
            if INTERRUPTED.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
}

/// A table of any length: rows are aligned a few hundred at a time, and a column that grew stays wide.
pub(crate) struct Columns<'h, const N: usize> {
    ui: Ui,
    head: Option<[&'h str; N]>,
    widths: [usize; N],
    waiting: Vec<[String; N]>,
}

impl<const N: usize> Columns<'_, N> {
    pub(crate) fn push(&mut self, row: [String; N]) {
        self.waiting.push(row);
        if self.waiting.len() == ALIGNED {
            self.flush();
        }
    }

    pub(crate) fn finish(mut self) {
        self.flush();
    }

    fn flush(&mut self) {
        let rows = std::mem::take(&mut self.waiting);
        for row in &rows {
            self.widths.iter_mut().zip(row).for_each(|(width, cell)| *width = cell.width().max(*width));
        }
        if let Some(head) = self.head.take() {
            self.ui.line(paint(&self.aligned(&head), HEAD));
        }
        rows.iter().for_each(|row| self.ui.line(self.aligned(&row.each_ref().map(String::as_str))));
    }

    fn aligned(&self, cells: &[&str; N]) -> String {
        let cells = cells.iter().zip(self.widths);
        let cells = cells.map(|(c, w)| format!("{c}{}", " ".repeat(w.saturating_sub(c.width()))));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }
}

/// One line of JSON: `{"type":…,"v":1,…}`.
pub(crate) fn json_line(kind: &str, value: &impl Serialize) -> String {
    let mut line = Map::new();
    line.insert("type".into(), kind.into());
    line.insert("v".into(), 1.into());
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => line.extend(fields),
        Ok(other) => {
            line.insert("value".into(), other);
        }
        Err(_) => {}
    }
    Value::Object(line).to_string()
}

/// Colours `text`; taken away again where nobody would see it.
pub(crate) fn paint(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

/// `1,234 rows`, `1 row`.
pub(crate) fn count(n: u64, what: &str) -> String {
    match (n, what) {
        (1, _) => format!("1 {what}"),
        (_, "person") => format!("{} people", HumanCount(n)),
        _ => format!("{} {what}s", HumanCount(n)),
    }
}

/// `1.2 MiB`.
pub(crate) fn bytes(n: u64) -> String {
    HumanBytes(n).to_string()
}

/// Ctrl-C asks a run to stop at the next batch, so that nothing is left half done. Asked twice, or outside of a
/// run, the process ends at once: it may be waiting for input that never comes.
pub(crate) fn listen_for_interrupts() {
    // Without a handler an interruption still ends the process; only less tidily.
    let _ = ctrlc::set_handler(|| {
        let asked_before = INTERRUPTED.swap(true, Ordering::Relaxed);
        if asked_before || !RUNNING.load(Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted.number().into());
        }
    });
}

/// Templates of a bar: its end is known, or not.
type Templates = (&'static str, &'static str);

const ROWS: Templates = (
    "{msg} {bar:24} {human_pos} of {human_len} rows, {per_sec}, {eta} left",
    "{msg} {spinner} {human_pos} rows, {per_sec}",
);
const BYTES: Templates = (
    "{msg} {bar:24} {binary_bytes} of {binary_total_bytes}, {binary_bytes_per_sec}, {eta} left",
    "{msg} {spinner} {binary_bytes}, {binary_bytes_per_sec}",
);

fn progress(verb: &'static str, of: Option<u64>, (known, unknown): Templates) -> ProgressBar {
    let bar = of.map_or_else(ProgressBar::no_length, ProgressBar::new);
    let template = if of.is_some() { known } else { unknown };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar.set_message(verb);
    bar
}

/// A reader that went away (`| head`) is no reason to fail.
fn put(to: &mut impl Write, line: &str) {
    let _ = writeln!(to, "{line}");
}

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const HEAD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();

/// Rows of a long table that are aligned together.
const ALIGNED: usize = 500;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static RUNNING: AtomicBool = AtomicBool::new(false);
