//! Whole journeys through the built `pii`, as its users make them.
//!
//! | who | file |
//! |---|---|
//! | somebody with a file of customers and two recipients | `main_job` |
//! | a script that reads exit codes and JSON | `exit_codes` |
//! | an auditor who keeps a checkpoint elsewhere | `audit_anchor` |
//! | whoever gets bad files from elsewhere | `bad_input` |
//! | a machine whose disk is full or read-only | `disk` |
//! | somebody who presses Ctrl-C | `interruption` |
//! | whoever looks at the processes of this machine | `exposure` |
//! | whoever was given the key of a table, or was not | `encrypted_parquet` |
//! | whoever keeps files that are no tables | `sealed_files` |
//! | whoever greps what was left behind for a name | `secrets` |
//! | two jobs on one workspace | `together` |
//! | an auditor who has only what was exported | `audit_export` |
//! | whoever asks what the log says of a person | `audit_people` |
//! | whoever keeps the log no longer than they must | `audit_prune` |
//! | whoever changes keys, and machines that fail while they do | `rotation`, `rotation_root`, `rotation_faults` |
//! | a company whose root key never leaves its provider | `root_key` |
//! | whoever destroys a key | `shred` |
//! | a company whose vault is on a server of its own | `vault_postgres` |
//! | whoever keeps to what people forbid | `forbidden` |
//! | whoever must erase a person from files | `erase`, `erase_s3` |
//! | whoever sees to it that a person is erased, in time and everywhere | `requests` |
//! | whoever sees to it that what is said of a person is right | `rectification` |
//! | whose data lie in buckets, in encrypted files, in two places at once | `request_places` |
//! | whoever restored a backup | `request_replay` |
//! | whoever finds somebody in what others wrote | `request_mentions` |
//! | whoever must know that nothing of somebody is left | `erase_search` |
//! | whoever was sent what is held about them | `package` |
//! | somebody who has five minutes | `demo` |

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a journey that cannot go on has failed")]

mod audit_anchor;
mod audit_export;
mod audit_people;
mod audit_prune;
mod bad_input;
mod demo;
mod desk;
mod disk;
mod encrypted_parquet;
mod erase;
mod erase_s3;
mod erase_search;
mod exit_codes;
mod exposure;
mod forbidden;
mod interruption;
mod main_job;
mod moto;
mod package;
#[allow(dead_code, reason = "a measurement uses the rest of it")]
mod postgres;
mod python;
mod rectification;
mod request_mentions;
mod request_places;
mod request_replay;
mod requests;
mod root_key;
mod rotation;
mod rotation_faults;
mod rotation_root;
mod sealed_files;
mod secrets;
mod shred;
mod together;
mod vault_postgres;

#[test]
fn no_journey_is_forgotten() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
    let told = include_str!("journeys.rs");
    for entry in std::fs::read_dir(here).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(module) = name.strip_suffix(".rs").filter(|module| *module != "journeys") {
            assert!(
                told.contains(&format!("mod {module};")),
                "`tests/{name}` is not run: add it to `tests/journeys.rs`"
            );
        }
    }
}
