//! A nightly job: take the customers in, and give the warehouse what it may have.
//!
//! ```sh
//! cargo run -p pii-core --example nightly -- WORKSPACE KEY_FILE SOURCE OUTPUT
//! ```

use std::ops::ControlFlow;
use std::sync::Arc;

use pii_core::clock::SystemClock;
use pii_core::keyring::KeyFile;
use pii_core::store::{Destination, Location, ReadOptions, Source, WriteOptions};
use pii_core::vocab::{Actor, DatasetId, RecipientId};
use pii_core::workspace::{Caller, Site, Workspace};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [workspace, key_file, source, output] = arguments.as_slice() else {
        return Err("usage: nightly WORKSPACE KEY_FILE SOURCE OUTPUT".into());
    };
    let job =
        Caller { actor: Actor::local("etl-nightly"), role: None, host: "etl-1".into(), clock: Arc::new(SystemClock) };
    let workspace = Site::find(workspace.as_ref())?.unlock(&KeyFile(key_file.into()), job)?;
    let done = run(&workspace, source, output);
    // Whatever happened, refusals included, is signed before the job ends.
    workspace.seal()?;
    done
}

fn run(workspace: &Workspace, source: &str, output: &str) -> Result<(), Box<dyn std::error::Error>> {
    let (dataset, warehouse) = (DatasetId::parse("example.customers")?, RecipientId::parse("warehouse")?);
    let open = || Source::open(&[Location::parse(source)?], &ReadOptions::default());
    let mut go_on = |_| ControlFlow::Continue(());

    let ingested = workspace.ingest(open()?, &dataset, None, &mut go_on)?;
    let to = Destination::parse(output)?;
    let disclosed = workspace.protect(open()?, &dataset, &warehouse, &to, &WriteOptions::default(), &mut go_on)?;
    println!("{} rows in, {} out, audit entry {}", ingested.rows, disclosed.rows, disclosed.audit_entry);
    Ok(())
}
