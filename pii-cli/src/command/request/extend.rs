use pii_core::request::{Deed, Delay};

use super::{left, number, value};
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

/// Take up to two months more, and print the letter that says so (Art. 12(3))
///
/// Only within the first month, once, and with a reason that the law knows.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which request
    #[arg(value_name = "REQUEST")]
    request: String,
    /// By how many months
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
    months: u8,
    /// Why: complexity, number
    #[arg(long, value_name = "REASON", value_parser = delay)]
    because: Delay,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let workspace = global.open()?;
    let id = number(&workspace, &args.request)?;
    let extended = workspace.step_request(id, &Deed::Extend { months: args.months, because: args.because });
    workspace.seal()?;
    let request = extended?;
    let (deadline, days) = workspace.deadline(&request)?;
    ui.record("request", &value(&request, &deadline, days));
    ui.note(format!("request {id} is due {}, {}; send this before the first month is over:", deadline.due, left(days)));
    let policy = workspace.policy();
    let because = match args.because {
        Delay::Complexity => "it is complex",
        Delay::Number => "of the number of requests",
    };
    ui.line(format!(
        "Your request {id} (right of {}, {})\n\nWe received your request on {}. We need more time to answer it because {because}. \
         You will have our answer by {} at the latest (Art. 12(3) GDPR).\n\nYou may lodge a complaint with a supervisory \
         authority (Art. 77 GDPR) and seek a judicial remedy (Art. 79 GDPR).\n\n{}{}",
        request.claim.right(),
        request.claim.right().article(),
        request.received.to_zoned(policy.calendar().zone.clone()).date(),
        deadline.due,
        policy.controller().name(),
        policy.controller().contact().map(|contact| format!("\n{contact}")).unwrap_or_default(),
    ));
    Ok(Exit::Done)
}

fn delay(name: &str) -> Result<Delay, String> {
    Delay::parse(name).ok_or_else(|| format!("the law knows {}", Delay::ALL.map(Delay::name).join(" and ")))
}
