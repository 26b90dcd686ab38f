use serde_json::json;

use crate::command::tag::hex;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, json_line};

pub(super) fn run(global: &Global, ui: Ui) -> Result<Exit, Error> {
    let policy = global.site()?.policy()?;
    let mut lines = vec![json_line(
        "policy",
        &json!({ "controller": policy.controller().name(), "contact": policy.controller().contact(),
                 "digest": hex(&policy.digest()) }),
    )];
    let time = policy.calendar();
    lines.push(json_line(
        "requests",
        &json!({ "days": time.days, "time_zone": time.zone.iana_name(), "roll_to_working_day": time.rolls,
                 "holidays": time.holidays.iter().map(ToString::to_string).collect::<Vec<_>>(),
                 "suspend_while_unproven": time.suspends }),
    ));
    for purpose in policy.purposes() {
        lines.push(json_line(
            "purpose",
            &json!({ "id": purpose.id().as_str(), "lawful_basis": purpose.lawful_basis().name(),
                     "special_basis": purpose.special_basis().map(|b| b.name()),
                     "direct_marketing": purpose.is_direct_marketing(),
                     "automated_decision": purpose.automated_decision() }),
        ));
    }
    for recipient in policy.recipients() {
        lines.push(json_line(
            "recipient",
            &json!({ "id": recipient.id().as_str(), "purpose": recipient.purpose().as_str(),
                     "domain": recipient.domain().as_str(), "pseudonym": recipient.pseudonym_form().name() }),
        ));
    }
    for dataset in policy.datasets() {
        lines.push(json_line(
            "dataset",
            &json!({ "id": dataset.id().as_str(), "location": dataset.location(), "source": dataset.source(),
                     "purposes": dataset.purposes().map(|p| p.as_str()).collect::<Vec<_>>(),
                     "subject": dataset.subject().map(|s| json!({ "column": s.column, "kind": s.kind.as_str() })),
                     "retention": { "after": dataset.retention().after, "keep": dataset.retention().keep.to_string() } }),
        ));
        for (path, rule) in dataset.columns() {
            lines.push(json_line(
                "column",
                &json!({ "dataset": dataset.id().as_str(), "column": path, "category": rule.tag().to_string(),
                         "origin": rule.origin().name(), "meaning": rule.meaning(), "of_subject": rule.is_of_subject() }),
            ));
            for outcome in policy.explain(dataset.id(), path)? {
                lines.push(json_line(
                    "rule",
                    &json!({ "dataset": dataset.id().as_str(), "column": path, "category": rule.tag().to_string(),
                             "recipient": outcome.recipient.id().as_str(),
                             "method": outcome.rule.as_ref().ok().map(|r| r.method.to_string()),
                             "refused": outcome.rule.err().map(|r| r.to_string()) }),
                ));
            }
        }
    }
    // An export is JSON, asked for or not.
    for line in lines {
        Ui { json: false, ..ui }.line(line);
    }
    Ok(Exit::Done)
}
