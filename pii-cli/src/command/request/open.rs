use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use pii_core::error::Error as Core;
use pii_core::policy::Policy;
use pii_core::request::{Claim, Contest, Correction, Right};
use pii_core::vocab::{Identifier, PurposeId};
use pii_core::workspace::{Asked, Opened};
use serde_json::json;

use super::{left, midnight};
use crate::command::subject::SubjectArgs;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{HEAD, Ui, count, paint};

/// Take in what a person asks: access, rectification, erasure, restriction, portability, objection
///
/// Identifiers come as lines of `kind=value`, never on the command line: see `pii help identifiers`. They lie in the vault, sealed; the ledger knows a number. The clock runs from the day the request arrived. The same request, come again while it is open, is the same.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("whom").args(["subject", "subject_file", "subjects_file"]).required(true))]
pub(crate) struct Args {
    /// Which right
    #[arg(value_name = "RIGHT", value_parser = right)]
    right: Right,
    /// What else stands here is a person misplaced
    #[arg(hide = true)]
    misplaced: Vec<String>,
    #[command(flatten)]
    who: SubjectArgs,
    /// Many people, a line each: their identifiers, with a tab between one and the next; `-` is standard input
    #[arg(long, value_name = "FILE")]
    subjects_file: Option<PathBuf>,
    /// The day it arrived, if not today
    #[arg(long, value_name = "DATE")]
    received: Option<Date>,
    /// An objection: to which purpose of the policy
    #[arg(long, short, value_name = "PURPOSE")]
    purpose: Option<String>,
    /// A restriction: why. accuracy, unlawful, claims, objection (Art. 18(1))
    #[arg(long, value_name = "GROUND", value_parser = contest)]
    because: Option<Contest>,
    /// A rectification: what is right, lines of `WHAT=VALUE`; WHAT is a category or a dataset and its column; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "subjects_file")]
    corrections: Option<PathBuf>,
    /// The name that another system has for it, a ticket; not personal. Of many requests, one name for all
    #[arg(long, value_name = "ID")]
    reference: Option<String>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let people = match &args.subjects_file {
        Some(file) => many(file)?,
        None => vec![args.who.read(&args.misplaced, HINT)?],
    };
    let workspace = global.open()?;
    let claim = args.claim(workspace.policy())?;
    let received = args.received.map(|day| midnight(day, workspace.policy())).transpose()?;
    let corrections = args.corrections(workspace.policy())?;
    let asked = |identifiers| Asked {
        claim: claim.clone(),
        identifiers,
        corrections: corrections.clone(),
        received,
        reference: args.reference.clone(),
    };
    let asked: Vec<_> = people.into_iter().map(asked).collect();
    let opened = workspace.open_requests(&asked);
    workspace.seal()?;
    let opened = opened?;
    for opened in opened.iter().filter(|_| ui.json) {
        ui.record(
            "request",
            &json!({
                "id": opened.id.to_string(), "right": args.right.name(), "due": opened.deadline.due.to_string(),
                "due_by_law": opened.deadline.by_law.to_string(), "ends": opened.deadline.ends.to_string(),
                "again": opened.again,
            }),
        );
    }
    match opened.as_slice() {
        [one] => show(args, one, workspace.policy(), ui),
        many => {
            let again = many.iter().filter(|opened| opened.again).count() as u64;
            let new = many.len() as u64 - again;
            ui.line(format!("{}: {}, {again} had come before", args.right, count(new, "new request")));
            if let Some(reference) = &args.reference {
                ui.note(format!("next: pii request verify-identity --reference {reference} --method METHOD"));
            }
        }
    }
    Ok(Exit::Done)
}

fn show(args: &Args, opened: &Opened, policy: &Policy, ui: Ui) {
    let (due, days) = (opened.deadline.due, opened.deadline.days_left(policy.calendar(), Timestamp::now()));
    let again = if opened.again { "; it had come before, and is open still" } else { "" };
    ui.line(format!(
        "request {}: {}, due {due}, {}{again}",
        paint(&opened.id.to_string(), HEAD),
        args.right,
        left(days)
    ));
    ui.note(format!("next: pii request verify-identity {} --method METHOD", opened.id));
}

impl Args {
    fn corrections(&self, policy: &Policy) -> Result<Vec<Correction>, Error> {
        let hint =
            "`--corrections FILE` with `rectification`: lines such as `user.contact.email=…` or `crm.customers.city=…`";
        match (&self.corrections, self.right) {
            (None, Right::Rectification) => Err(Error::usage("a rectification says what is right", hint)),
            (None, _) => Ok(Vec::new()),
            (Some(_), right) if right != Right::Rectification => {
                Err(Error::usage("only a rectification says what is right", hint))
            }
            (Some(file), _) => {
                let lines = self.who.lines(file)?;
                let lines =
                    lines.expose().lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
                let corrections = lines.map(|line| Correction::parse(policy, line)).collect::<Result<Vec<_>, _>>()?;
                if corrections.is_empty() {
                    Err(Error::usage("no correction was given", hint))
                } else {
                    Ok(corrections)
                }
            }
        }
    }

    fn claim(&self, policy: &Policy) -> Result<Claim, Error> {
        if self.purpose.is_some() != (self.right == Right::Objection) {
            return Err(Error::usage(
                "an objection, and nothing else, names a purpose",
                "`--purpose PURPOSE` with `objection`",
            ));
        }
        if self.because.is_some() != (self.right == Right::Restriction) {
            return Err(Error::usage(
                "a restriction, and nothing else, has a ground",
                "`--because accuracy`, `unlawful`, `claims` or `objection`, with `restriction`",
            ));
        }
        Ok(match (self.right, &self.purpose, self.because) {
            (Right::Objection, Some(purpose), _) => {
                let id = PurposeId::parse(purpose)?;
                let known = policy.purpose(&id).ok_or_else(|| Core::UnknownPurpose(id.clone()))?;
                Claim::objection(&id, known.is_direct_marketing())
            }
            (Right::Restriction, _, Some(because)) => Claim::Restriction { because },
            (Right::Access, ..) => Claim::Access,
            (Right::Rectification, ..) => Claim::Rectification,
            (Right::Portability, ..) => Claim::Portability,
            _ => Claim::Erasure,
        })
    }
}

/// A person a line.
fn many(file: &Path) -> Result<Vec<Vec<Identifier>>, Error> {
    let io = |source| Error::from(Core::Io { path: file.to_owned(), source });
    let lines: Box<dyn BufRead> = match file {
        file if file == Path::new("-") => Box::new(std::io::stdin().lock()),
        file => Box::new(BufReader::new(File::open(file).map_err(io)?)),
    };
    let mut people = Vec::new();
    for (number, line) in lines.lines().enumerate() {
        let line = zeroize::Zeroizing::new(line.map_err(io)?);
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let identifiers = line.split('\t').map(Identifier::parse).collect::<Result<Vec<_>, _>>();
        people.push(identifiers.map_err(|error| {
            let hint = "a person a line, their identifiers as `kind=value`, with a tab between one and the next";
            Error::usage(format!("line {} of `{}`: {error}", number + 1, file.display()), hint)
        })?);
    }
    if people.is_empty() {
        return Err(Error::usage(format!("`{}` names nobody", file.display()), HINT));
    }
    Ok(people)
}

fn right(name: &str) -> Result<Right, String> {
    Right::parse(name).ok_or_else(|| format!("rights are {}", Right::ALL.map(Right::name).join(", ")))
}

fn contest(name: &str) -> Result<Contest, String> {
    Contest::parse(name).ok_or_else(|| format!("grounds are {}", Contest::ALL.map(Contest::name).join(", ")))
}

const HINT: &str = "printf 'email=…\\n' | pii request open erasure --subject -";
