use std::path::{Path, PathBuf};

use pii_core::vocab::{PurposeId, RecipientId, RestrictedUse};
use pii_core::workspace::{Looked, Question};
use serde_json::json;

use super::read_file;
use crate::command::subject::SubjectArgs;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{HEAD, Ui, count, paint};

/// Open what the vault holds of a person, or a file that `pii vault put` sealed, for a purpose
///
/// Identifiers come as lines of `kind=value`, never on the command line: see `pii help identifiers`.
/// The look is in the log before a value is released. Exit code 3 if it is refused or nobody is known.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").args(["subject", "subject_file", "file"]).required(true).multiple(true))]
pub(crate) struct Args {
    /// A sealed file, or `-`
    #[arg(value_name = "FILE")]
    file: Vec<String>,
    #[command(flatten)]
    who: SubjectArgs,
    /// Why: a purpose of the policy
    #[arg(long, short, value_name = "PURPOSE")]
    purpose: String,
    /// Whose pseudonym `pseudonym=…` is
    #[arg(long, short, value_name = "RECIPIENT")]
    recipient: Option<String>,
    /// Where to write what a sealed file holds; otherwise standard output
    #[arg(long, short, value_name = "FILE", conflicts_with = "who")]
    output: Option<String>,
    /// The request or ticket that occasioned it
    #[arg(long, value_name = "ID")]
    ticket: Option<String>,
    /// Read restricted data all the same, for a use that the law allows: `consent`, `claims`, `rights-of-others` or
    /// `public-interest` (Art. 18(2)); it is in the log
    #[arg(long, value_name = "USE", conflicts_with = "output")]
    despite_restriction: Option<String>,
    /// A note for the log: kept beside it, sealed with the person's key, until they are erased; `-` for standard input
    #[arg(long, value_name = "FILE")]
    note_file: Option<PathBuf>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    if let ([file], false) = (args.file.as_slice(), args.who.is_given()) {
        let purpose = PurposeId::parse(&args.purpose)?;
        return read_file::run(Path::new(file), args.output.as_deref(), &purpose, args.ticket.as_deref(), global, ui);
    }
    // Beside a person, a file is a person misplaced.
    let identifiers = args.who.read(&args.file, HINT)?;
    let note = args.note_file.as_deref().map(|file| args.who.note(file)).transpose()?;
    let purpose = PurposeId::parse(&args.purpose)?;
    let recipient = args.recipient.as_deref().map(RecipientId::parse).transpose()?;
    if recipient.is_none() && identifiers.iter().any(|i| i.kind.as_str() == "pseudonym") {
        return Err(Error::usage("a pseudonym needs the recipient who has it", "add `-r RECIPIENT`"));
    }
    let despite_restriction = args.despite_restriction.as_deref().map(restricted_use).transpose()?;
    let workspace = global.open()?;
    let question = Question {
        identifiers: &identifiers,
        recipient: recipient.as_ref(),
        purpose: &purpose,
        ticket: args.ticket.as_deref(),
        despite_restriction,
        note: note.as_ref(),
    };
    let looked = workspace.look_up(&question);
    workspace.seal()?;
    let looked = looked?;
    looked.iter().for_each(|l| show(ui, l));
    if looked.len() > 1 {
        ui.note(format!("{} share what you gave", count(looked.len() as u64, "person")));
    }
    Ok(Exit::Done)
}

fn restricted_use(name: &str) -> Result<RestrictedUse, Error> {
    RestrictedUse::parse(name)
        .map_err(|unknown| Error::usage(unknown.to_string(), "`pii vault read --help` says which"))
}

fn show(ui: Ui, looked: &Looked) {
    for value in &looked.values {
        ui.record(
            "value",
            &json!({
                "alias": looked.person.alias.to_string(), "dataset": value.dataset, "column": value.column,
                "category": value.category.name(), "value": value.value.expose(), "seen": value.seen.to_string(),
                "audit_entry": looked.audit_entry,
            }),
        );
    }
    ui.line(format!(
        "{} {}, known since {}; this look is audit entry {}",
        paint("person", HEAD),
        looked.person.alias,
        looked.person.since.strftime("%F"),
        looked.audit_entry
    ));
    let rows: Vec<[String; 3]> = looked
        .values
        .iter()
        .map(|v| [format!("{}.{}", v.dataset, v.column), v.category.to_string(), v.value.expose().clone()])
        .collect();
    ui.table(["column", "category", "value"], &rows);
}

const HINT: &str = "printf 'email=…\\n' | pii vault read --subject - --purpose PURPOSE";
