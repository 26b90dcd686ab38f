//! A company whose vault is on a server of its own: moved there, used there, and what its people see when the way is shut.

use std::process::Stdio;

use crate::desk::{Desk, Said, customers};
use crate::postgres::{Postgres, Shows, until};

/// A desk with forty people in its vault, and the passwords of the server at hand.
fn stocked(server: &Postgres) -> Desk {
    let desk = Desk::new();
    server.passfile(&desk.path("."));
    desk.pii("tag customers.csv -d crm.customers").done();
    desk
}

fn pii(desk: &Desk, args: &str) -> Said {
    let output = desk.command(args).env("PGPASSFILE", desk.path("pgpass")).output().unwrap();
    Said::new(args, output)
}

fn tell(desk: &Desk, args: &str, lines: &str) -> Said {
    desk.write("lines", lines);
    pii(desk, &args.replace("--subject -", "--subject-file lines"))
}

#[test]
fn a_vault_moves_to_a_server_and_everything_goes_on_there() {
    let server = Postgres::start();
    let desk = stocked(&server);
    let settings = desk.read("pii.toml");
    let read = |who: &str| tell(&desk, "vault read --subject - --purpose analytics --json", who).done().json();
    let before = read("customer_id=C0000005");

    let moved = pii(&desk, &format!("vault move --to {} --json", server.url("owner"))).done();
    let moved = &moved.json()[0];
    assert_eq!(moved["source_wiped"], false);
    assert_eq!(moved["sha256"].as_str().unwrap().len(), 64);
    let changed: Vec<_> = settings
        .lines()
        .zip(desk.read("pii.toml").lines())
        .filter(|(a, b)| a != b)
        .map(|(_, b)| b.to_owned())
        .collect();
    assert_eq!(changed, [format!("vault = \"{}\"", server.url("owner"))]);

    let values = |read: &[serde_json::Value]| {
        let mut values: Vec<_> =
            read.iter().map(|v| (v["column"].to_string(), v["value"].to_string(), v["seen"].to_string())).collect();
        values.sort();
        values
    };
    assert_eq!(values(&read("customer_id=C0000005")), values(&before));
    desk.write("more.csv", customers(60));
    pii(&desk, "tag more.csv -d crm.customers").done();
    let status = pii(&desk, "vault status --json").done().json();
    assert_eq!((&status[0]["subjects"], &status[0]["values"]), (&60.into(), &300.into()));
    assert!(status[0]["place"].as_str().unwrap().starts_with("postgres://owner@127.0.0.1:"));
    // What the recipient has leads to the person.
    pii(&desk, "protect more.csv -d crm.customers -r warehouse -o w.csv").done();
    let pseudonym = desk.read("w.csv").lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
    let found = tell(
        &desk,
        "vault read --subject - -r warehouse --purpose analytics --json",
        &format!("pseudonym={pseudonym}"),
    );
    assert!(found.done().out.contains("C0000000"));

    tell(&desk, "key shred --subject - --yes", "customer_id=C0000000\ncustomer_id=C0000001").done();
    tell(&desk, "vault read --subject - --purpose analytics", "customer_id=C0000001").exits(3);
    assert_eq!(pii(&desk, "vault status --json").done().json()[0]["subjects"], 58);
    // Nothing on the server is in clear.
    let clear = ["C0000005".as_bytes(), b"@mail.example"];
    for file in server.files() {
        assert!(!clear.iter().any(|clear| file.windows(clear.len()).any(|window| window == *clear)));
    }
    // And back into a file, with nothing left behind.
    pii(&desk, "vault move --to .pii/home.db --wipe-source --yes").done();
    assert_eq!(server.sql("vault", "SELECT count(*) FROM pg_namespace WHERE nspname = 'pii'"), "0");
    assert_eq!(desk.pii("vault status --json").done().json()[0]["subjects"], 58);
    desk.pii("vault status").done();
    desk.log_holds();
}

#[test]
fn roles_of_the_guide_may_what_it_says_and_no_more() {
    let server = Postgres::start();
    let guide = std::fs::read_to_string(crate::desk::repository("docs/guides/vault-on-postgresql.md")).unwrap();
    let script = |name: &str| {
        let (_, from) = guide.split_once(&format!("-- {name}\n")).unwrap();
        from.split_once("```").unwrap().0.to_owned()
    };
    let desk = stocked(&server);
    server.sql("vault", &script("as the owner of the database"));
    let to = |role: &str| {
        desk.write("pii.toml", desk.read("pii.toml").replace("postgres://owner@", &format!("postgres://{role}@")))
    };
    pii(&desk, &format!("vault move --to {}", server.url("owner"))).done();

    to("writer");
    desk.write("more.csv", customers(60));
    pii(&desk, "tag more.csv -d crm.customers").done();
    tell(&desk, "key shred --subject - --yes", "customer_id=C0000007").done();
    let as_writer = |sql: &str| server.sql("vault", &format!("SET ROLE writer; {sql}"));
    assert_eq!(as_writer("SELECT count(*) FROM pii.person"), "59");
    for forbidden in [
        "DROP TABLE pii.value",
        "ALTER TABLE pii.value ADD COLUMN x TEXT",
        "CREATE TABLE pii.x ()",
        "TRUNCATE pii.value",
    ] {
        assert_eq!(server.sql("vault", &attempt("writer", forbidden)), "refused", "{forbidden}");
    }

    desk.write("pii.toml", desk.read("pii.toml").replace("postgres://writer@", "postgres://reader@"));
    assert_eq!(pii(&desk, "vault status --json").done().json()[0]["subjects"], 59);
    tell(&desk, "vault read --subject - --purpose analytics", "customer_id=C0000008").done();
    desk.write("more.csv", customers(61));
    pii(&desk, "tag more.csv -d crm.customers")
        .exits(1)
        .says(&["the role `reader` may not do that", "vault-on-postgresql.md"]);
    for forbidden in ["DELETE FROM pii.person", "UPDATE pii.shard SET epoch = 9"] {
        assert_eq!(server.sql("vault", &attempt("reader", forbidden)), "refused", "{forbidden}");
    }
}

/// Says `refused` if the role may not.
fn attempt(role: &str, sql: &str) -> String {
    format!(
        "CREATE TEMP TABLE said (word TEXT); GRANT ALL ON said TO PUBLIC;
         DO $$ BEGIN SET LOCAL ROLE {role}; EXECUTE '{sql}'; INSERT INTO said VALUES ('allowed');
         EXCEPTION WHEN insufficient_privilege THEN INSERT INTO said VALUES ('refused'); END $$;
         SELECT word FROM said"
    )
}

#[test]
fn a_server_that_goes_away_in_the_middle_of_a_batch_leaves_nothing_half_written() {
    let server = Postgres::start();
    let desk = stocked(&server);
    pii(&desk, &format!("vault move --to {}", server.url("owner"))).done();
    desk.write("many.csv", customers(60_000));
    let args = "tag many.csv -d crm.customers";
    let mut command = desk.command(args);
    command.env("PGPASSFILE", desk.path("pgpass")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = command.spawn().unwrap();
    let people = || server.sql("vault", "SELECT count(*) FROM pii.person").parse::<u64>().unwrap();
    until("the first batch", || people() > 40);
    server.kill();
    Said::new(args, running.wait_with_output().unwrap()).exits(1).says(&["hint:"]);
    // While it is away, a sentence.
    pii(&desk, "vault status").exits(1).says(&["refuses the connection"]);
    server.go();
    let (there, values) = (people(), server.sql("vault", "SELECT count(*) FROM pii.value").parse::<u64>().unwrap());
    assert!(there < 60_000, "it was killed too late to say anything");
    assert_eq!(values, 5 * there);
    pii(&desk, args).done();
    assert_eq!(pii(&desk, "vault status --json").done().json()[0]["subjects"], 60_000);
    desk.log_holds();
}

#[test]
fn while_a_server_is_away_what_needs_no_vault_goes_on_and_what_needs_it_changes_nothing() {
    let server = Postgres::start();
    let desk = stocked(&server);
    pii(&desk, &format!("vault move --to {} --wipe-source --yes", server.url("owner"))).done();
    let open = |who: &str| tell(&desk, "request open erasure --subject - --json", who);
    let id = open("customer_id=C0000003").done().json()[0]["id"].as_str().unwrap().to_owned();
    let request = |verb: &str| pii(&desk, &format!("request {verb}").replace("ID", &id));
    let state = || request("show ID --json").done().json()[0]["state"].as_str().unwrap().to_owned();
    let entries = |action: &str| pii(&desk, &format!("audit query --action {action} --json")).done().json().len();

    server.kill();
    request("verify-identity ID --method login").done();
    pii(&desk, "protect customers.csv -d crm.customers -r warehouse -o warehouse.csv").done();
    pii(&desk, "audit verify").done();
    // It is not as if nobody were there.
    request("plan ID").exits(1).says(&["refuses the connection", "hint:"]);
    open("customer_id=C0000004").exits(1).says(&["refuses the connection"]);
    tell(&desk, "vault read --subject - --purpose analytics", "customer_id=C0000003").exits(1);
    tell(&desk, "key shred --subject - --yes", "customer_id=C0000003").exits(1);
    pii(&desk, "tag customers.csv -d crm.customers").exits(1);
    assert_eq!(request("list --json").done().json().len(), 1);
    assert_eq!(state(), "verified");
    assert_eq!(["request_open", "request_plan", "key_shred", "vault_read"].map(entries), [1, 0, 0, 0]);

    server.go();
    request("plan ID").done();
    server.kill();
    request("run ID --yes").exits(1).says(&["refuses the connection"]);
    assert_eq!((state().as_str(), entries("request_run")), ("planned", 0));
    assert!(desk.read("customers.csv").contains("C0000003"));
    server.go();
    request("run ID --yes").done();
    assert_eq!(state(), "verified-absent");
    assert!(!desk.read("customers.csv").contains("C0000003"));
    tell(&desk, "vault read --subject - --purpose analytics", "customer_id=C0000003").exits(3).says(&["knows nobody"]);
    server.kill();
    request("certificate ID").done();
    request("close ID").exits(1);
    desk.log_holds();
}

#[test]
fn each_fault_of_a_certificate_has_its_sentence() {
    let desk = Desk::new();
    for (shows, sentence) in [
        (Shows::Expired, "has expired"),
        (Shows::Elsewhere, "is for another name"),
        (Shows::SelfSigned, "is self-signed, or of an authority that is not trusted here"),
        (Shows::Nothing, "has TLS switched off"),
    ] {
        let server = Postgres::showing(shows);
        server.passfile(&desk.path("."));
        pii(&desk, &format!("vault move --to {}", server.url("owner"))).exits(1).says(&[sentence]);
        assert_eq!(server.sql("vault", "SELECT count(*) FROM pg_namespace WHERE nspname = 'pii'"), "0");
    }
    assert_eq!(desk.pii("vault status --json").done().json()[0]["subjects"], 0);
}

#[test]
fn a_wrong_password_and_one_in_the_address_are_told_apart() {
    let server = Postgres::start();
    let desk = stocked(&server);
    let to = format!("vault move --to {}", server.url("owner"));
    let wrong = desk.command(&to).env("PGPASSWORD", "not-this-one").output().unwrap();
    let wrong = Said::new(&to, wrong).exits(1).says(&["does not let the role `owner` in", "PGPASSFILE"]);
    assert!(!wrong.err.contains("not-this-one"));
    let in_it = to.replace("owner@", "owner:renwo@");
    let said = pii(&desk, &in_it).exits(2).says(&["holds a password", "PGPASSFILE"]);
    assert!(!said.err.contains("renwo"), "{}", said.err);
    let plain = "vault move --to postgres://owner@db.example/vault?sslmode=disable";
    pii(&desk, plain).exits(1).says(&["can be read and changed on its way", "--insecure-plaintext"]);
}

#[test]
fn an_erasure_is_the_same_in_a_file_and_on_a_server() {
    let server = Postgres::start();
    let (file, there) = (stocked(&server), stocked(&server));
    pii(&there, &format!("vault move --to {} --wipe-source --yes", server.url("owner"))).done();
    assert!(!there.path(".pii/vault.db").exists());
    let receipts: Vec<_> = [&file, &there]
        .map(|desk| {
            let done =
                tell(desk, "key shred --subject - --yes --json", "customer_id=C0000003\nemail=nobody@mail.example")
                    .done();
            let receipt = done.json().remove(0);
            ["keys", "unknown", "identifiers", "values"].map(|name| receipt[name].as_u64().unwrap())
        })
        .to_vec();
    assert_eq!(receipts[0], receipts[1]);
    assert_eq!(receipts[0], [1, 1, 3, 5]);
    for desk in [&file, &there] {
        tell(desk, "vault read --subject - --purpose analytics", "customer_id=C0000003").exits(3);
        assert_eq!(pii(desk, "vault status --json").done().json()[0]["values"], 195);
        desk.log_holds();
    }
}
