//! Find, protect and account for personal data.
//!
//! A company copies personal data into dozens of systems. This library stands at the doors. **In:** nothing passes
//! before the controller has decided what every column is. **Out:** other systems get keyed one-way hashes, and what
//! identifies a person stays in one vault. Every act is in a log that an auditor can verify, before it takes effect.
//!
//! ```
//! use std::ops::ControlFlow;
//! use std::sync::Arc;
//!
//! use pii_core::clock::SystemClock;
//! use pii_core::keyring::RootKey;
//! use pii_core::store::{Destination, Location, ReadOptions, Source, WriteOptions};
//! use pii_core::vocab::{Actor, DatasetId, RecipientId};
//! use pii_core::workspace::{Caller, Settings, Site};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let temporary = tempfile::tempdir()?;
//! # let folder = temporary.path();
//! # let customers = folder.join("customers.csv");
//! # std::fs::write(&customers, "customer_id,email,country\n7,anna@example.org,DE\n8,bert@example.org,FR\n")?;
//! let key = RootKey::generate()?; // kept apart from the workspace: see `keyring::KeyFile`
//! let job = Caller { actor: Actor::local("etl-nightly"), role: None, host: "etl-1".into(), clock: Arc::new(SystemClock) };
//! let site = Site::create(folder, Settings::new("Acme GmbH"), &key, job.clone())?; // with a policy to start from
//! let workspace = site.unlock(&key, job)?;
//!
//! let dataset = DatasetId::parse("example.customers")?;
//! let source = || Source::open(&[Location::from(customers.clone())], &ReadOptions::default());
//! let mut go_on = |_| ControlFlow::Continue(());
//!
//! // In: every column is decided, and the people rest in the vault, each under a key of their own.
//! let ingested = workspace.ingest(source()?, &dataset, None, &mut go_on)?;
//! assert_eq!(ingested.deposited.new_subjects, 2);
//!
//! // Out: pseudonyms that only this recipient can join, and the release on record before the file is there.
//! let (warehouse, output) = (RecipientId::parse("warehouse")?, folder.join("out.csv"));
//! let to = Destination::Path(output.clone());
//! workspace.protect(source()?, &dataset, &warehouse, &to, &WriteOptions::default(), &mut go_on)?;
//! workspace.seal()?;
//!
//! let released = std::fs::read_to_string(output)?;
//! assert!(released.contains(",DE\n") && !released.contains("anna@example.org"));
//! # Ok(())
//! # }
//! ```
//!
//! # The rooms, in reading order
//!
//! A room uses rooms on lower floors only. [`workspace`] ties them together in the one order that is safe; a program
//! that needs another order can call the rooms themselves, and the types keep what must not be broken.
//!
//! | floor | room | the question it answers |
//! |---|---|---|
//! | 1 | [`vocab`] | what is it called? |
//! | 1 | [`clock`] | what time is it? |
//! | 1 | [`wire`] | how do we speak to another machine? |
//! | 2 | [`policy`] | what did the controller decide? |
//! | 2 | [`keyring`] | with which key? |
//! | 2 | [`store`] | where do bytes live, in which format? |
//! | 2 | [`state`] | what do we remember between runs? |
//! | 3 | [`audit`] | what happened? |
//! | 3 | [`catalog`] | what do we have, where, about whom? |
//! | 3 | [`pseudonym`] | what does a value become? |
//! | 3 | [`seal`] | how do bytes rest? |
//! | 4 | [`tag`] | what is this column? |
//! | 4 | [`register`] | what did the person forbid? |
//! | 5 | [`vault`] | where does the person rest? |
//! | 6 | [`batch`] | how far have these rows come? |
//! | 7 | [`outbound`] | may it leave, to whom? |
//! | 7 | [`erase`] | how do one person's bytes leave a file, a table, a bucket? |
//! | 9 | [`request`] | what does the person ask, by when, is it done, can we prove it? |
//! | 11 | [`error`](mod@error) | what went wrong, for callers? |
//! | 12 | [`workspace`] | where does this controller keep its things? |
//!
//! # It is not
//!
//! - a guess: a detector proposes, the controller decides, and what nobody decided does not pass;
//! - anonymisation: a pseudonym is personal data (Art. 4(5)) to whoever has the key or enough of the rest;
//! - a consent platform, a firewall, or a database that others query;
//! - asynchronous, or in need of a server: memory is bounded by the batch, a workspace is a folder;
//! - fond of its surroundings: terminal, environment and home directory belong to the command line;
//! - legal advice.
#![forbid(unsafe_code)]

pub mod audit;
pub mod batch;
pub mod catalog;
pub mod clock;
pub mod erase;
pub mod error;
pub mod keyring;
pub mod outbound;
pub mod policy;
pub mod pseudonym;
pub mod register;
pub mod request;
pub mod seal;
pub mod state;
pub mod store;
pub mod tag;
pub mod vault;
pub mod vocab;
pub mod wire;
pub mod workspace;
