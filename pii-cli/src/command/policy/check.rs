use std::path::PathBuf;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use pii_core::policy::{Error as PolicyError, Policy, Violation};
use serde_json::json;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{GOOD, Ui, count, paint};

/// Name every violation: file, line, column, and the mend
///
/// Exit code 3 if there is one.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A folder of policies, or one file; otherwise the workspace's
    path: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let path = match &args.path {
        Some(path) => path.clone(),
        None => global.site()?.policies(),
    };
    let policy = if path.is_file() {
        let text = std::fs::read_to_string(&path)
            .map_err(|source| pii_core::error::Error::Io { path: path.clone(), source })?;
        Policy::parse(&[(path.clone(), text)])
    } else {
        Policy::load(&path)
    };
    match policy {
        Ok(policy) => {
            let (purposes, recipients, datasets) =
                (policy.purposes().len(), policy.recipients().len(), policy.datasets().len());
            ui.record(
                "policy",
                &json!({ "ok": true, "purposes": purposes, "recipients": recipients, "datasets": datasets }),
            );
            ui.line(format!(
                "{}  {}, {}, {}",
                paint("policy holds", GOOD),
                count(purposes as u64, "purpose"),
                count(recipients as u64, "recipient"),
                count(datasets as u64, "dataset")
            ));
            Ok(Exit::Done)
        }
        Err(PolicyError::Violations(violations)) => {
            for violation in &violations {
                show(ui, violation);
            }
            ui.note(count(violations.len() as u64, "violation"));
            Ok(Exit::No)
        }
        Err(error) => Err(error.into()),
    }
}

fn show(ui: Ui, violation: &Violation) {
    let place = &violation.place;
    let file =
        std::env::current_dir().ok().and_then(|here| place.file().strip_prefix(here).ok()).unwrap_or(place.file());
    let file = file.display().to_string();
    ui.record(
        "violation",
        &json!({
            "code": violation.code, "file": file, "line": place.line(), "column": place.column(),
            "message": violation.message, "mend": violation.mend,
        }),
    );
    let span = place.span();
    let report = &[Level::ERROR
        .primary_title(violation.message.as_str())
        .id(violation.code)
        .element(
            Snippet::source(place.text()).path(file.as_str()).fold(true).annotation(AnnotationKind::Primary.span(span)),
        )
        .element(Level::HELP.message(violation.mend.as_str()))];
    ui.line(Renderer::styled().decor_style(DecorStyle::Ascii).render(report));
    ui.line("");
}
