//! `docs/reference/cli.md` is what the commands say of themselves, word for word.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

#[test]
fn the_reference_is_what_the_commands_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/cli.md");
    let mut says = String::from(HEAD);
    tell(&mut says, "");
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &says).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == says, "docs/reference/cli.md is of another day: {WRITE}");
}

/// A section for a command, then those of its subcommands.
fn tell(says: &mut String, command: &str) {
    let help = run(&format!("{command} --help"));
    let name = format!("pii {command}");
    writeln!(says, "\n## `{}`\n\n```text\n{}\n```", name.trim_end(), help.trim_end()).unwrap();
    for subcommand in subcommands(&help) {
        tell(says, format!("{command} {subcommand}").trim_start());
    }
    if command.is_empty() {
        for topic in TOPICS {
            let text = run(&format!("help {topic}"));
            writeln!(says, "\n## `pii help {topic}`\n\n```text\n{}\n```", text.trim_end()).unwrap();
        }
    }
}

/// What stands below `Commands:`, up to the next empty line.
fn subcommands(help: &str) -> impl Iterator<Item = &str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    listed.filter_map(|line| line.split_whitespace().next())
}

fn run(args: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pii"));
    let output = command.args(args.split_whitespace()).env("NO_COLOR", "1").output().unwrap();
    assert!(output.status.success(), "pii {args}");
    String::from_utf8(output.stdout).unwrap()
}

const TOPICS: [&str; 6] = ["exit-codes", "categories", "methods", "bases", "identifiers", "keys"];
const WRITE: &str = "UPDATE_REFERENCE=1 cargo test --package pii-cli --test reference";
const HEAD: &str = "\
# Reference: the command line

What each command says of itself under `--help`, and the topics of `pii help`. Written by
`UPDATE_REFERENCE=1 cargo test --package pii-cli --test reference`, and checked by the same test without it.
";
