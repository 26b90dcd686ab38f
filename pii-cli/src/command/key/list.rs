use pii_core::request::DocumentKey;
use serde_json::json;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{HEAD, Ui, paint};

pub(super) fn run(global: &Global, ui: Ui) -> Result<Exit, Error> {
    let site = global.site()?;
    let keys = site.keyring(&global.root_key_alone(&site)?)?;
    ui.record("root_key", &json!({ "id": keys.root_id().to_string() }));
    ui.line(format!("{} {}", paint("root key", HEAD), keys.root_id()));
    let mut rows: Vec<[String; 5]> = Vec::new();
    for recipient in site.policy()?.recipients() {
        let domain = recipient.domain();
        for generation in keys.epochs().history(&domain).into_iter().rev() {
            let epoch = generation.epoch.to_string();
            ui.record(
                "domain_key",
                &json!({
                    "recipient": recipient.id().as_str(), "domain": domain.as_str(), "epoch": epoch,
                    "since": generation.since, "retired": generation.retired,
                }),
            );
            rows.push([
                recipient.id().to_string(),
                domain.to_string(),
                epoch,
                generation.since.map_or_else(|| "the beginning".to_owned(), day),
                generation.retired.map(day).unwrap_or_default(),
            ]);
        }
    }
    ui.table(["recipient", "domain", "epoch", "since", "retired"], &rows);
    let documents = DocumentKey::from_seed(&*keys.document_seed()?)?;
    let public = documents.public();
    ui.record("document_key", &json!({ "number": public.number(), "public": public.to_string() }));
    ui.line("");
    ui.line(format!("{} {public}", paint("documents are signed by", HEAD)));
    Ok(Exit::Done)
}

pub(super) fn day(time: jiff::Timestamp) -> String {
    time.strftime("%F").to_string()
}
