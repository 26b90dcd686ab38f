use serde_json::{Map, Value, json};

use super::look::Found;
use super::row::entry;
use super::view::Log;
use crate::audit::{Action, Decision, Entry, Error};

/// OCSF 1.9: Datastore Activity for what happens to data, API Activity for what is decided about it.
///
/// The schema has no attribute for a purpose, a lawful basis, a ticket or a data subject's request: they stand in
/// `unmapped.pii`.
pub(super) fn line(found: &Found<'_>, log: &Log, line: &mut String) -> Result<(), Error> {
    let value = event(found, entry(found)?, log);
    line.push_str(&value.to_string());
    Ok(())
}

fn event(found: &Found<'_>, entry: &Entry, log: &Log) -> Value {
    let event = &entry.event;
    let (class, activity) = class(event.action);
    let (class_uid, class_name) = match class {
        Class::Datastore => (6005, "Datastore Activity"),
        Class::Api => (6003, "API Activity"),
    };
    let denied = match &event.decision {
        Decision::Allowed => None,
        Decision::Denied(reason) => Some(reason),
    };
    let mut profiles = vec!["record_integrity", "security_control"];
    let mut fields = json!({
        "category_uid": 6, "category_name": "Application Activity",
        "class_uid": class_uid, "class_name": class_name,
        "activity_id": activity, "activity_name": event.action.name(),
        "type_uid": class_uid * 100 + activity,
        "time": entry.time.as_millisecond(),
        "severity_id": if denied.is_some() { 3 } else { 1 },
        "status_id": if denied.is_some() { 2 } else { 1 },
        "status": if denied.is_some() { "Failure" } else { "Success" },
        "action_id": if denied.is_some() { 2 } else { 1 },
        "actor": { "user": { "name": event.actor.id, "uid": event.actor.id }, "idp": { "name": event.actor.issuer } },
        "src_endpoint": { "hostname": entry.host, "type_id": 0 },
        "attestation_list": [attestation(found, log)],
        "unmapped": { "pii": unmapped(entry) },
    });
    let Some(map) = fields.as_object_mut() else { return fields };
    if let Some(reason) = denied {
        map.insert("status_detail".to_owned(), json!(reason));
    }
    if !event.categories.is_empty() {
        profiles.push("data_classification");
        let classes =
            event.categories.iter().map(|name| json!({ "category_id": 1, "category": "Personal", "uid": name }));
        map.insert("data_classifications".to_owned(), classes.collect());
    }
    match class {
        // At least one of database, databucket, table is required; where the log names no dataset it is the workspace's.
        Class::Datastore => {
            let dataset = event.dataset.as_ref().map_or("unknown", |dataset| dataset.as_str());
            map.insert("table".to_owned(), json!({ "name": dataset, "uid": dataset }));
            map.insert("type_id".to_owned(), json!(3));
            map.extend(event.rows.map(|rows| ("count".to_owned(), json!(rows.max(1)))));
        }
        Class::Api => {
            let api = json!({ "operation": event.action.name(), "service": { "name": "pii" } });
            map.insert("api".to_owned(), api);
            let resources = event.dataset.iter().map(|dataset| json!({ "name": dataset.as_str(), "type": "dataset" }));
            map.insert("resources".to_owned(), resources.collect());
        }
    }
    let metadata = json!({
        "version": "1.9.0-dev", "uid": format!("{}/{}", log.origin, found.index), "sequence": found.index,
        "log_name": log.origin, "profiles": profiles,
        "product": { "name": "pii", "vendor_name": "pii", "version": env!("CARGO_PKG_VERSION") },
    });
    map.insert("metadata".to_owned(), metadata);
    fields
}

/// What attests this entry. The fingerprint is of the entry as the log holds it, which is the line of this number in
/// the evidence; what is signed is the checkpoint, which covers it.
fn attestation(found: &Found<'_>, log: &Log) -> Value {
    let signature = |key: &String| {
        json!({
            "algorithm_id": 99, "algorithm": "Ed25519", "developer_uid": key,
            "serialization_id": 99, "serialization": "C2SP tlog-checkpoint",
            "digest": { "algorithm_id": 3, "algorithm": "SHA-256", "value": log.checkpoint.to_string() },
        })
    };
    json!({
        "uid": found.index.to_string(), "authority_uid": log.keys.join(","), "chain_uid": log.origin,
        "fingerprint": { "algorithm_id": 99, "algorithm": "RFC 6962 leaf hash", "value": found.leaf.to_string() },
        "signatures": log.keys.iter().map(signature).collect::<Vec<_>>(),
    })
}

/// What the schema has no place for.
fn unmapped(entry: &Entry) -> Map<String, Value> {
    let mut rest = match json!(entry.event) {
        Value::Object(event) => event,
        _ => Map::new(),
    };
    for mapped in ["actor", "decision", "categories"] {
        rest.shift_remove(mapped);
    }
    rest
}

enum Class {
    Datastore,
    Api,
}

/// The class and the activity of each action.
fn class(action: Action) -> (Class, u32) {
    use Class::{Api, Datastore};
    match action {
        Action::Read | Action::RequestDeliver | Action::BreakGlass => (Datastore, 1),
        Action::Rectify => (Datastore, 2),
        Action::Scan | Action::LogQuery => (Datastore, 4),
        Action::Tag => (Datastore, 5),
        Action::Erase | Action::RetentionRun | Action::KeyShred | Action::LogPrune => (Datastore, 7),
        Action::Protect | Action::VaultDeposit | Action::VaultRewrap => (Datastore, 9),
        Action::VaultRead => (Datastore, 10),
        Action::Disclose | Action::VaultMove | Action::LogExport => (Datastore, 1),
        Action::Init
        | Action::RequestOpen
        | Action::RequestPlan
        | Action::Certificate
        | Action::Notify
        | Action::LogAnchor
        | Action::LogHeartbeat
        | Action::LogKey
        | Action::PlainConnection => (Api, 1),
        Action::KeyShow | Action::AccessReview => (Api, 2),
        Action::PolicyChange
        | Action::CatalogChange
        | Action::KeyRotate
        | Action::GrantChange
        | Action::RequestAskIdentity
        | Action::RequestVerifyIdentity
        | Action::RequestApprove
        | Action::RequestRun
        | Action::RequestEnd
        | Action::RequestClose
        | Action::RequestExtend
        | Action::RequestReject
        | Action::RequestWithdraw
        | Action::RequestHold
        | Action::Restrict
        | Action::Object
        | Action::Lift => (Api, 3),
    }
}
