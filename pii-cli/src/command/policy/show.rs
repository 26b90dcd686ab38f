use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{HEAD, Ui, paint};

pub(super) fn run(global: &Global, ui: Ui) -> Result<Exit, Error> {
    if ui.json {
        return super::export::run(global, ui);
    }
    let policy = global.site()?.policy()?;
    ui.line(format!("{} {}", paint("controller", HEAD), policy.controller().name()));
    ui.line("");
    let purposes: Vec<[String; 4]> = policy
        .purposes()
        .iter()
        .map(|p| {
            let special = p.special_basis().map(|b| b.to_string()).unwrap_or_default();
            let marketing = if p.is_direct_marketing() { "direct marketing" } else { "" };
            [p.id().to_string(), p.lawful_basis().to_string(), special, marketing.to_owned()]
        })
        .collect();
    ui.table(["purpose", "lawful basis", "Art. 9(2)", ""], &purposes);
    ui.line("");
    let recipients: Vec<[String; 3]> = policy
        .recipients()
        .iter()
        .map(|r| [r.id().to_string(), r.purpose().to_string(), r.domain().to_string()])
        .collect();
    ui.table(["recipient", "purpose", "domain"], &recipients);
    ui.line("");
    let datasets: Vec<[String; 4]> = policy
        .datasets()
        .iter()
        .map(|d| {
            let purposes = d.purposes().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let subject = d.subject().map(|s| format!("{} ({})", s.column, s.kind)).unwrap_or_default();
            let keep = format!("{} after {}", d.retention().keep, d.retention().after.as_deref().unwrap_or("ingest"));
            [d.id().to_string(), purposes, subject, keep]
        })
        .collect();
    ui.table(["dataset", "purposes", "subject", "kept"], &datasets);
    Ok(Exit::Done)
}
