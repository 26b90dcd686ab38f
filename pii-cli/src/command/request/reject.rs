use pii_core::request::{Deed, Ground};

use super::{number, value};
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

/// Refuse a request on a ground, and print the letter that says so (Art. 12(4), (5))
///
/// Grounds: unfounded, excessive, unidentified, overridden, rights-of-others, does-not-apply. An objection to direct marketing cannot be refused.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which request
    #[arg(value_name = "REQUEST")]
    request: String,
    /// Why
    #[arg(long, value_name = "GROUND", value_parser = ground)]
    ground: Ground,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let workspace = global.open()?;
    let id = number(&workspace, &args.request)?;
    let refused = workspace.step_request(id, &Deed::Refuse { ground: args.ground });
    workspace.seal()?;
    let request = refused?;
    let (deadline, days) = workspace.deadline(&request)?;
    ui.record("request", &value(&request, &deadline, days));
    ui.note(format!("request {id} is refused; send this, with your reasons, by {}:", deadline.by_law));
    let policy = workspace.policy();
    let why = match args.ground {
        Ground::Unfounded => "it is manifestly unfounded",
        Ground::Excessive => "it repeats itself and is excessive",
        Ground::Unidentified => "we cannot tell who is asking",
        Ground::Overridden => "a legal duty, or a right that goes before it, stands against it",
        Ground::RightsOfOthers => "it would reach into the rights of others",
        Ground::DoesNotApply => "the right does not apply to these data",
    };
    ui.line(format!(
        "Your request {id} (right of {}, {})\n\nWe do not act on your request because {why} ({}).\n\nYou may lodge a complaint \
         with a supervisory authority (Art. 77 GDPR) and seek a judicial remedy (Art. 79 GDPR).\n\n{}{}",
        request.claim.right(),
        request.claim.right().article(),
        args.ground.article(),
        policy.controller().name(),
        policy.controller().contact().map(|contact| format!("\n{contact}")).unwrap_or_default(),
    ));
    Ok(Exit::Done)
}

fn ground(name: &str) -> Result<Ground, String> {
    Ground::parse(name).ok_or_else(|| format!("grounds are {}", Ground::ALL.map(Ground::name).join(", ")))
}
