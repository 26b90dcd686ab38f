//! Several jobs on one workspace at once.

use std::process::Stdio;

use crate::desk::{Desk, Said, customers};

#[test]
fn two_ingests_at_once_both_succeed() {
    let desk = Desk::new();
    let rows = customers(1_200);
    let (header, rows) = rows.split_once('\n').unwrap();
    let rows: Vec<&str> = rows.lines().collect();
    // Four hundred people are in both files.
    desk.write("a.csv", format!("{header}\n{}\n", rows[..800].join("\n")));
    desk.write("b.csv", format!("{header}\n{}\n", rows[400..].join("\n")));

    let jobs = ["tag a.csv -d crm.customers", "tag b.csv -d crm.customers"].map(|args| {
        let mut command = desk.command(args);
        (args, command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    });
    for (args, running) in jobs {
        Said::new(args, running.wait_with_output().unwrap()).done();
    }

    let vault = desk.pii("vault status --json").done().json();
    assert_eq!(vault[0]["subjects"], 1_200);
    let deposits = desk.pii("audit query --action vault_deposit --json").done().json();
    assert_eq!(deposits.len(), 2);
    desk.log_holds();
}
