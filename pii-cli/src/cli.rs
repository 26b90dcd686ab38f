//! The command tree. Each command's arguments stand beside it, in `command/`.

use clap::{Parser, Subcommand};

use crate::command::{
    audit, catalog, completions, demo, erase, help, init, key, man, policy, protect, request, scan, tag, vault,
};
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;

/// Find, protect and account for personal data
///
/// Nothing is ingested before every column is decided; every other system gets keyed one-way hashes; what
/// identifies a person rests in one vault; every look at it is in a log that an auditor can verify.
///
/// Not legal advice.
#[derive(Debug, Parser)]
#[command(
    name = "pii",
    version,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = SESSION
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The verbs and nouns.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(init::Args),
    Demo(demo::Args),
    Scan(scan::Args),
    Tag(tag::Args),
    Protect(protect::Args),
    Erase(erase::Args),
    /// What the controller decided
    #[command(subcommand)]
    Policy(policy::Command),
    /// What there is, where, about whom
    #[command(subcommand)]
    Catalog(catalog::Command),
    /// Keys, by their names
    #[command(subcommand)]
    Key(key::Command),
    /// Where people rest
    #[command(subcommand)]
    Vault(vault::Command),
    /// What people ask
    #[command(subcommand)]
    Request(request::Command),
    /// What happened
    #[command(subcommand)]
    Audit(audit::Command),
    Completions(completions::Args),
    Man(man::Args),
    Help(help::Args),
}

/// Reads the command line; prints help, or what is wrong with it.
pub(crate) fn parse() -> Result<Cli, Exit> {
    Cli::try_parse().map_err(|error| {
        let wrong = error.use_stderr();
        if wrong && std::env::args_os().any(|a| a == "--json") {
            let text = error.to_string();
            let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            return Error::usage(message, "see `pii help`").report(true);
        }
        let _ = error.print();
        if wrong { Exit::Usage } else { Exit::Done }
    })
}

const SESSION: &str = "\
A first session:
  pii demo                                          the whole story, in under a minute
  pii init acme --controller 'Acme GmbH'            a workspace
  pii scan customers.csv -d crm.customers --propose what is in there, as a policy to paste
  pii tag customers.csv -d crm.customers            take it in: every column decided, people to the vault
  pii protect customers.csv -d crm.customers -r warehouse -o out.parquet
  pii audit verify                                  the log, checked

Exit codes: `pii help exit-codes`";
