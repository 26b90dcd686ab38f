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
    ui.line("");
    let mut rows: Vec<[String; 3]> = Vec::new();
    for recipient in site.policy()?.recipients() {
        let domain = recipient.domain();
        let epoch = keys.current_epoch(&domain).to_string();
        ui.record(
            "domain_key",
            &json!({ "recipient": recipient.id().as_str(), "domain": domain.as_str(), "epoch": epoch }),
        );
        rows.push([recipient.id().to_string(), domain.to_string(), epoch]);
    }
    ui.table(["recipient", "domain", "epoch"], &rows);
    Ok(Exit::Done)
}
