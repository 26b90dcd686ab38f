use std::path::PathBuf;

use pii_core::error::Error as Core;
use pii_core::request;
use pii_core::request::package::{Language, SealTo};
use pii_core::request::{Plan, Right, State};
use pii_core::workspace::{Ended, Packing, Workspace};
use serde_json::json;
use zeroize::Zeroizing;

use super::plan::{counted, place_value, show};
use super::{Which, ambiguous, language, watching};
use crate::config::Global;
use crate::error::Error;
use crate::error::whole;
use crate::exit::Exit;
use crate::ui::{Ui, bytes, count};

/// Carry out the plan of a request, just that one
///
/// Shows it, and asks. Every place is in the log before it is touched; a run that was killed is taken up by the next one. A place that changed since the plan was made is refused, and the request is partly done: plan again. Exit code 3 if not all of it is done.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    /// The plan; otherwise the last that was made
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Say what would be done, and change nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    pack: PackArgs,
}

/// How the package of an access or portability request is made.
#[derive(Debug, clap::Args)]
struct PackArgs {
    /// Access and portability: where the package is written
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only whoever knows the passphrase in this file can open it
    #[arg(long, value_name = "FILE", group = "lock")]
    passphrase_file: Option<PathBuf>,
    /// Only whoever has this key of age can open it: `age1…`
    #[arg(long, value_name = "KEY", group = "lock")]
    age_key: Option<String>,
    /// Anybody can open it
    #[arg(long, group = "lock")]
    clear: bool,
    /// The language of the page for people: en, ko, de, fr
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = language)]
    language: Language,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let workspace = global.open()?;
    let plan = args.plan(&workspace)?;
    show(&plan, ui)?;
    if args.dry_run {
        return Ok(Exit::Done);
    }
    if matches!(plan.right, Right::Access | Right::Portability) {
        return args.pack.run(&workspace, &plan, ui);
    }
    if !args.yes {
        let word = match plan.requests.as_slice() {
            [id] => id.to_string(),
            many => many.len().to_string(),
        };
        let what = match plan.right {
            Right::Erasure => "this destroys data for good",
            Right::Rectification => "this overwrites what is there",
            _ => "this takes effect at once",
        };
        ui.confirm(what, &word)?;
    }
    let ended = workspace
        .run_requests(&plan, &watching(ui, if plan.right == Right::Rectification { "rectifying" } else { "erasing" }));
    workspace.seal()?;
    report(&plan, &ended.map_err(|error| ambiguous(error, &workspace, ui))?, ui)
}

impl PackArgs {
    fn run(&self, workspace: &Workspace, plan: &Plan, ui: Ui) -> Result<Exit, Error> {
        let hint = "name the file with `--output`, and who can open it: `--passphrase-file`, `--age-key` or `--clear`";
        let output = self.output.as_ref().ok_or_else(|| Error::usage("the package needs a place", hint))?;
        let seal = match (&self.passphrase_file, &self.age_key, self.clear) {
            (Some(file), ..) => {
                let text = std::fs::read_to_string(file).map(Zeroizing::new);
                let text = text.map_err(|source| Core::Io { path: file.clone(), source })?;
                Some(SealTo::passphrase(text.trim_end_matches(['\r', '\n']))?)
            }
            (None, Some(key), _) => Some(SealTo::key(key)?),
            (None, None, true) => None,
            (None, None, false) => return Err(Error::usage("nobody is said to open the package", hint)),
        };
        let packing = Packing { language: self.language, seal: seal.as_ref(), output };
        let packed = workspace.pack_request(plan, &packing);
        workspace.seal()?;
        let packed = packed?;
        let (written, state) = (&packed.written, packed.state.of(plan.right));
        let sha256: String = written.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        ui.record(
            "package",
            &json!({
                "file": output.display().to_string(), "rows": written.rows, "datasets": written.datasets,
                "bytes": written.bytes, "sha256": sha256, "sealed": seal.is_some(), "state": state,
            }),
        );
        let (rows, datasets) = (count(written.rows, "row"), count(written.datasets as u64, "dataset"));
        ui.line(format!(
            "`{}`: {rows} of {datasets}, {}; the request is {state}",
            output.display(),
            bytes(written.bytes)
        ));
        if seal.is_none() {
            ui.warn("anybody who gets the file can read it");
        }
        Ok(if plan.unsearched() > 0 { Exit::No } else { Exit::Done })
    }
}

fn report(plan: &Plan, ended: &Ended, ui: Ui) -> Result<Exit, Error> {
    let mut failed = 0;
    for (place, outcome) in &ended.places {
        let mut value = place_value(plan, place);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("outcome".to_owned(), json!(if outcome.is_ok() { "done" } else { "failed" }));
            if let Err(error) = outcome {
                fields.insert("why".to_owned(), json!(error.to_string()));
            }
        }
        ui.record("request_place", &value);
        match outcome {
            Ok(ran) if place.intent.acts() => {
                let files = if ran.files == 0 { String::new() } else { format!(" in {}", count(ran.files, "file")) };
                ui.line(format!(
                    "{}: {}, {}{files}",
                    place.place,
                    place.intent.name(),
                    counted(&place.intent, ran.rows)
                ));
            }
            Ok(_) => {}
            Err(error) => {
                failed += 1;
                ui.warn(whole(error));
            }
        }
    }
    let state = ended.state.of(plan.right);
    ui.record("request_run", &json!({ "state": state, "failed": failed, "recipients": plan.recipients }));
    let what = match plan.requests.as_slice() {
        [id] => format!("request {id} is"),
        many => format!("{} are", count(many.len() as u64, "request")),
    };
    ui.line(format!("{what} {state}"));
    if failed > 0 {
        let by_hand = ended.places.iter().any(|(_, outcome)| matches!(outcome, Err(request::Error::NotRight { .. })));
        let mend = if by_hand {
            "put it right by hand, then `pii request plan` again with `--by-hand DATASET`"
        } else {
            "mend what is wrong, then `pii request plan` again"
        };
        ui.note(format!("{} not done: {mend}", count(failed, "place")));
        return Ok(Exit::No);
    }
    Ok(Exit::Done)
}

impl Args {
    fn plan(&self, workspace: &Workspace) -> Result<Plan, Error> {
        if let Some(file) = &self.plan {
            let json = std::fs::read(file).map_err(|source| Core::Io { path: file.clone(), source })?;
            return Ok(Plan::from_json(&json)?);
        }
        let ids = self
            .which
            .numbers(workspace, |request| matches!(request.state, State::Planned | State::Approved | State::Running))?;
        let mut digests = Vec::new();
        workspace.requests().each_of(&ids, |request| match request.plan() {
            Some((digest, _)) => {
                digests.push(digest.to_owned());
                digests.dedup();
                Ok(())
            }
            None => {
                let id = request.id;
                Err(Error::usage(format!("request {id} has no plan"), format!("pii request plan {id}")))
            }
        })?;
        match digests.as_slice() {
            [digest] => Ok(workspace.kept_plan(digest)?),
            _ => Err(Error::usage("these requests have several plans", "run one plan at a time, with `--plan`")),
        }
    }
}
