use pii_core::request::{Deed, State};

use super::{Which, left, records};
use crate::command::subject::SubjectArgs;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Record that the person proved who they are, or was asked to (Art. 12(6))
///
/// Nothing is planned, and nothing runs, for somebody who did not. Identifiers that were learnt while they did can be added: they tell one person from another.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("how").args(["method", "ask"]).required(true))]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    /// How they proved it: login, id-card, call-back
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    /// They were asked, and have not answered yet
    #[arg(long)]
    ask: bool,
    #[command(flatten)]
    learnt: SubjectArgs,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let learnt = if args.learnt.is_given() { args.learnt.read(&[], HINT)? } else { Vec::new() };
    let workspace = global.open()?;
    let ids =
        args.which.numbers(&workspace, |request| matches!(request.state, State::Received | State::IdentityPending))?;
    let deed = match &args.method {
        Some(method) => Deed::ProveIdentity { method: method.clone() },
        None => Deed::AskIdentity,
    };
    if let (false, [id]) = (learnt.is_empty(), ids.as_slice()) {
        workspace.name_further(*id, &learnt)?;
    } else if !learnt.is_empty() {
        return Err(Error::usage("what was learnt is of one person", "name one request"));
    }
    let stepped = workspace.step_requests(&ids, &deed);
    workspace.seal()?;
    stepped?;
    records(&ids, &workspace, ui)?;
    if let [id] = ids.as_slice() {
        let request = workspace.requests().get(*id)?;
        let (deadline, days) = workspace.deadline(&request)?;
        ui.line(format!("request {id} is {}, due {}, {}", request.state, deadline.due, left(days)));
        if deadline.due != deadline.unsuspended {
            ui.line(format!("without the time that the question took, it would be due {}", deadline.unsuspended));
        }
    } else {
        ui.line(format!("{} {}", count(ids.len() as u64, "request"), if args.ask { "asked" } else { "verified" }));
    }
    if !args.ask {
        let which = if let [id] = ids.as_slice() { id.to_string() } else { args.which.again() };
        ui.note(format!("next: pii request plan {which}"));
    }
    Ok(Exit::Done)
}

const HINT: &str = "printf 'email=…\\n' | pii request verify-identity REQUEST --method METHOD --subject -";
