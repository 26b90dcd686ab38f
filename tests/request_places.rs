//! A person's data lie in a bucket, in encrypted files, under two names: a request reaches them, or says where it does not.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::desk::{Desk, POLICY, customers};
use crate::erase::killed;
use crate::erase_s3::Lake;
use crate::python::python;
use crate::requests::{place, rows, state, verified};

const AGATHA: &str = "customer_id=C0000000\n";
const MAIL: &str = "agatha.winterbourne0@mail.example";

/// The desk of a lake, on which customers lie in `s3://lake/crm/` and nowhere else.
fn lake(lake: &Lake) -> &Desk {
    let desk = &lake.desk;
    desk.pii("tag customers.csv -d crm.customers").done();
    desk.write("policies/policy.toml", POLICY.replace("\"customers.csv\"", "\"s3://lake/crm/\""));
    fs::remove_file(desk.path("customers.csv")).unwrap();
    desk
}

/// The desk with its customers in a file of that name.
fn lying_in(desk: &Desk, file: &str) {
    desk.write("policies/policy.toml", POLICY.replace("\"customers.csv\"", &format!("\"{file}\"")));
}

fn text(lake: &Lake, key: &str) -> String {
    String::from_utf8(lake.get(key)).unwrap()
}

#[track_caller]
fn unpacked(desk: &Desk, package: &str, file: &str) -> String {
    python("unpack.py", &[desk.path(package), file.into()])
}

#[test]
fn a_request_reaches_a_bucket_with_all_that_it_keeps() {
    let lake_ = Lake::versioned("");
    let desk = lake(&lake_);
    lake_.put("crm/a.csv", customers(50).as_bytes());
    lake_.put("crm/a.csv", customers(40).as_bytes());
    // Only an old version of it holds her.
    let others: String =
        customers(40).lines().filter(|line| !line.contains("C0000000")).map(|l| l.to_owned() + "\n").collect();
    lake_.put("crm/b.csv", customers(40).as_bytes());
    lake_.put("crm/b.csv", others.as_bytes());
    let id = verified(desk, AGATHA);
    let said = lake_.pii(&format!("request plan {id} --json")).done();
    let customers = place(&said, "crm.customers");
    assert_eq!(
        (&customers["rows"], &customers["files"], &customers["old_versions"]),
        (&1.into(), &2.into(), &2.into())
    );
    let said = lake_.pii(&format!("request plan {id}")).done();
    assert!(said.out.contains("1, 2 old versions"), "{}", said.out);
    lake_.pii(&format!("request run {id} --yes")).done();
    assert_eq!(state(desk, &id), "recipients-told");
    assert_eq!((text(&lake_, "crm/a.csv").lines().count(), text(&lake_, "crm/b.csv").as_str()), (40, others.as_str()));
    assert_eq!(lake_.all(), ["crm/a.csv", "crm/b.csv"], "no old version");
    let said = desk.pii(&format!("request certificate {id}")).done();
    assert!(!said.out.contains("C0000000"), "{}", said.out);
    desk.log_holds();
}

#[test]
fn killed_amid_a_bucket_it_is_taken_up_and_ends_the_same() {
    let lake_ = Lake::versioned("");
    let desk = lake(&lake_);
    let mut deaths = 0;
    for nth in [4, 8, 11] {
        for key in ["crm/a.csv", "crm/b.csv", "crm/c.csv"] {
            lake_.put(key, customers(40).as_bytes());
        }
        let id = verified(desk, AGATHA);
        lake_.pii(&format!("request plan {id}")).done();
        lake_.between.does(move |_, _| None);
        let count = std::sync::atomic::AtomicUsize::new(0);
        lake_.between.does(move |_, _| {
            if count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < nth {
                return None;
            }
            std::thread::sleep(Duration::from_secs(1));
            Some("cut")
        });
        let run = format!("request run {id} --yes");
        let mut running = lake_.command(&run).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let began = Instant::now();
        while lake_.between.like("").len() <= nth && running.try_wait().unwrap().is_none() {
            assert!(began.elapsed().as_secs() < 60, "{nth}");
            std::thread::sleep(Duration::from_millis(2));
        }
        deaths += u32::from(running.try_wait().unwrap().is_none());
        let _ = running.kill();
        running.wait().unwrap();
        lake_.between.does(|_, _| None);
        lake_.pii(&run).done();
        assert_eq!(state(desk, &id), "recipients-told", "{nth}");
        for key in ["crm/a.csv", "crm/b.csv", "crm/c.csv"] {
            assert_eq!(text(&lake_, key).lines().count(), 40, "{nth}: {key}");
        }
        assert_eq!(lake_.all().len(), 3, "{nth}: {:?}", lake_.all());
        // Taken in anew, she can ask again.
        desk.pii(&format!("request close {id}")).done();
        desk.write("again.csv", customers(40));
        desk.pii("tag again.csv -d crm.customers").done();
    }
    assert!(deaths >= 2, "only {deaths} died");
}

#[test]
fn a_bucket_that_is_away_or_says_no_was_not_searched() {
    let lake_ = Lake::new("");
    let desk = lake(&lake_);
    lake_.put("crm/a.csv", customers(40).as_bytes());
    let id = verified(desk, AGATHA);
    let denied = "HTTP/1.1 403 Forbidden\r\nContent-Length: 41\r\nConnection: close\r\n\r\n<Error><Code>AccessDenied</Code></Error>\r\n";
    lake_.between.does(move |_, _| Some(denied));
    let said =
        lake_.pii(&format!("request plan {id}")).exits(3).says(&["crm.customers was not searched", "s3://lake/crm/"]);
    assert!(said.out.contains("unsearched"), "{}", said.out);
    lake_.between.does(|_, _| None);
    // Nobody said who asks.
    desk.pii(&format!("request plan {id}")).exits(3).says(&["crm.customers was not searched", "no access key for S3"]);
    desk.pii(&format!("request run {id} --yes")).exits(3);
    assert_eq!(state(desk, &id), "partly-done");

    // It was there when the plan was made, and is away when it is run.
    lake_.pii(&format!("request plan {id}")).done();
    let said = desk.pii(&format!("request run {id} --yes")).exits(3).says(&["crm.customers was not searched"]);
    assert!(said.out.contains("partly-done"), "{}", said.out);
    lake_.pii(&format!("request plan {id}")).done();
    lake_.between.does(move |line, _| line.starts_with("PUT").then_some(denied));
    lake_.pii(&format!("request run {id} --yes")).exits(3).says(&["s3://lake/crm/a.csv"]);
    lake_.between.does(|_, _| None);
    let found = desk.tell("vault read --subject - --purpose support", AGATHA).done();
    assert!(found.out.contains(MAIL), "whoever is to be found again is not forgotten");
    lake_.pii(&format!("request plan {id}")).done();
    lake_.pii(&format!("request run {id} --yes")).done();
    assert_eq!(text(&lake_, "crm/a.csv").lines().count(), 40);
}

#[test]
fn what_a_lock_keeps_in_a_bucket_leaves_the_request_partly_done() {
    let lake_ = Lake::versioned("x-amz-bucket-object-lock-enabled: true\r\n");
    let desk = lake(&lake_);
    let old = lake_.put("crm/a.csv", customers(40).as_bytes());
    let lock = b"<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2099-01-01T00:00:00Z</RetainUntilDate></Retention>";
    lake_.ask("PUT", &format!("lake/crm/a.csv?retention&versionId={old}"), "", lock);
    lake_.put("crm/a.csv", customers(40).as_bytes());
    let id = verified(desk, AGATHA);
    lake_.pii(&format!("request plan {id}")).done().says(&["is locked until 2099-01-01"]);
    lake_.pii(&format!("request run {id} --yes")).exits(3).says(&["locked until 2099-01-01"]);
    assert_eq!((state(desk, &id).as_str(), text(&lake_, "crm/a.csv").lines().count()), ("partly-done", 40));
}

#[test]
fn a_package_holds_what_lies_in_a_bucket_and_what_is_packed() {
    let lake_ = Lake::new("");
    let desk = lake(&lake_);
    lake_.put("crm/a.csv", customers(40).as_bytes());
    let only_others = customers(40).replace("C0000000", "C0009999");
    lake_.put("crm/b.csv", only_others.as_bytes());
    let id = verified_for(desk, "access");
    let said = lake_.pii(&format!("request plan {id} --json")).done();
    assert_eq!(place(&said, "crm.customers")["rows"], 1);
    lake_.pii(&format!("request run {id} --output package.zip --clear")).done();
    let rows = unpacked(desk, "package.zip", "data/crm.customers.jsonl");
    assert!(rows.lines().count() == 1 && rows.contains(MAIL), "{rows}");

    // A text that is packed is read as any other, and written.
    desk.write("crm/a.csv", customers(40));
    desk.shell("gzip crm/a.csv").done();
    lake_.put("crm/c.csv.gz", &fs::read(desk.path("crm/a.csv.gz")).unwrap());
    let id = verified(desk, "customer_id=C0000001\n");
    let said = lake_.pii(&format!("request plan {id} --json")).done();
    assert_eq!(place(&said, "crm.customers")["rows"], 3);
    lake_.pii(&format!("request run {id} --yes")).done();
    desk.write("c.csv.gz", lake_.get("crm/c.csv.gz"));
    assert_eq!(desk.shell("gunzip -c c.csv.gz").done().out.lines().count(), 40);
    lying_in(desk, "crm");
    let id = verified_for(desk, "portability");
    desk.pii(&format!("request plan {id}")).done();
    desk.pii(&format!("request run {id} --output packed.zip --clear")).done();
    let rows = unpacked(desk, "packed.zip", "data/crm.customers.jsonl");
    assert!(rows.lines().count() == 1 && rows.contains(MAIL), "{rows}");
}

fn verified_for(desk: &Desk, right: &str) -> String {
    let said = desk.tell(&format!("request open {right} --subject - --json"), AGATHA).done();
    let id = said.json()[0]["id"].as_str().unwrap().to_owned();
    desk.pii(&format!("request verify-identity {id} --method login")).done();
    id
}

#[test]
fn an_encrypted_dataset_is_searched_read_and_erased_with_the_keys_of_the_workspace() {
    for encryption in ["uniform", "columns"] {
        let desk = Desk::new();
        desk.pii(&format!("tag customers.csv -d crm.customers -o customers.parquet --encrypt {encryption}")).done();
        desk.pii(&format!("protect customers.csv -d crm.customers -r warehouse -o out.parquet --encrypt {encryption}"))
            .done();
        fs::remove_file(desk.path("customers.csv")).unwrap();
        lying_in(&desk, "customers.parquet");
        let id = verified_for(&desk, "access");
        let said = desk.pii(&format!("request plan {id} --json")).done();
        assert_eq!(place(&said, "crm.customers")["rows"], 1);
        desk.pii(&format!("request run {id} --output package.zip --clear")).done();
        assert!(unpacked(&desk, "package.zip", "data/crm.customers.jsonl").contains(MAIL));

        let backup = fs::read(desk.path("customers.parquet")).unwrap();
        let id = verified(&desk, AGATHA);
        let said = desk.pii(&format!("request plan {id} --json")).done();
        assert_eq!(place(&said, "out.parquet")["rows"], 1, "a copy, by the pseudonym that the recipient has");
        let said = desk.pii(&format!("request run {id} --yes")).done();
        assert!(
            said.out.contains("crm.customers: delete-row, 1 row in 1 file") && said.out.contains("verified-absent"),
            "{}",
            said.out
        );
        let left = fs::read(desk.path("customers.parquet")).unwrap();
        assert!(left.ends_with(b"PARE"), "it rests encrypted still");
        desk.pii("tag customers.parquet -d crm.customers -o clear.csv").done();
        assert!(rows(&desk, "clear.csv") == 39 && !desk.read("clear.csv").contains("C0000000"));

        desk.write("customers.parquet", &backup);
        let today = jiff::Zoned::now().date();
        let said = desk.pii(&format!("request replay --since {today} -n --json")).done();
        assert_eq!(place(&said, "crm.customers")["rows"], 1, "{}", said.out);
        desk.pii(&format!("request replay --since {today} --yes")).done();
        desk.pii("tag customers.parquet -d crm.customers -o again.csv").done();
        assert_eq!(rows(&desk, "again.csv"), 39);
    }
}

#[test]
fn a_file_that_was_sealed_as_a_whole_is_named_and_not_passed_over() {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    fs::create_dir(desk.path("crm")).unwrap();
    desk.pii("vault put customers.csv -d crm.customers -o crm/march.sealed").done();
    lying_in(&desk, "crm/march.sealed");
    let id = verified(&desk, AGATHA);
    desk.pii(&format!("request plan {id}")).exits(3).says(&["march.sealed` is sealed as a whole"]);
    desk.pii(&format!("request run {id} --yes")).exits(3);
    assert_eq!(state(&desk, &id), "partly-done");

    // Beside what can be searched: that is done, and the other is told, until somebody has seen to it.
    lying_in(&desk, "crm");
    desk.write("crm/april.csv", customers(40));
    desk.write("crm/agatha.xlsx", "no table that we know");
    let said = desk.pii(&format!("request plan {id} --json")).exits(3);
    let others = place(&said, "crm.customers:*");
    assert_eq!(others["intent"], "unsearched");
    let why = others["why"].as_str().unwrap();
    assert!(
        why.contains("2 files were passed over") && why.contains("`.sealed`, `.xlsx`") && !why.contains("agatha"),
        "{why}"
    );
    desk.pii(&format!("request run {id} --yes")).exits(3);
    assert_eq!((rows(&desk, "crm/april.csv"), state(&desk, &id).as_str()), (39, "partly-done"));
    desk.pii(&format!("request plan {id} --by-hand crm.customers:*")).done();
    desk.pii(&format!("request run {id} --yes")).done();
    assert_eq!(state(&desk, &id), "recipients-told");
}

/// One file, once as customers and once as whoever gets the newsletter.
const NEWSLETTER: &str = r#"
[[dataset]]
id = "web.newsletter"
location = "customers.csv"
purposes = ["support"]
subject = { column = "email", kind = "email" }
retention = { keep = "P3Y" }
[dataset.columns]
customer_id = "user.unique_id"
email = "user.contact.email"
"#;

#[test]
fn a_file_that_is_two_datasets_is_done_in_one_run() {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    desk.write("policies/more.toml", NEWSLETTER);
    // A second row by the address only.
    let shared = format!("C0000099,A W,{MAIL},07700 900999,1980-01-11,1.50\n");
    desk.write("customers.csv", format!("{}{shared}", desk.read("customers.csv")));
    let id = verified(&desk, AGATHA);
    let said = desk.pii(&format!("request plan {id} --json")).done();
    assert_eq!(
        (&place(&said, "crm.customers")["rows"], &place(&said, "web.newsletter")["rows"]),
        (&1.into(), &2.into())
    );
    desk.pii(&format!("request run {id} --yes")).done();
    assert_eq!((rows(&desk, "customers.csv"), state(&desk, &id).as_str()), (39, "recipients-told"));
    desk.log_holds();

    // What one of the two hides from the other is not taken for done.
    let nulls = NEWSLETTER.replace("[dataset.columns]", "erasure = \"null-columns\"\n[dataset.columns]");
    desk.write("policies/more.toml", nulls);
    let other = verified(&desk, "customer_id=C0000002\n");
    desk.pii(&format!("request plan {other}")).done();
    let said = desk.pii(&format!("request run {other} --yes --json")).exits(3);
    assert_eq!(place(&said, "web.newsletter")["outcome"], "done");
    assert_eq!(place(&said, "crm.customers")["outcome"], "failed");
    desk.write("policies/more.toml", NEWSLETTER);

    // Somebody else's change is still refused.
    let id = verified(&desk, "customer_id=C0000001\n");
    desk.pii(&format!("request plan {id}")).done();
    desk.write("customers.csv", format!("{}{shared}", desk.read("customers.csv")));
    desk.pii(&format!("request run {id} --yes")).exits(3).says(&["changed since the plan was made"]);
    assert_eq!(rows(&desk, "customers.csv"), 40);
}

#[test]
fn a_package_can_be_made_of_what_can_be_read_if_somebody_sees_to_the_rest() {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    desk.write("crm/a.csv", customers(40));
    desk.write("crm/scan.pdf", "no table");
    lying_in(&desk, "crm");
    let id = verified_for(&desk, "access");
    desk.pii(&format!("request plan {id}")).exits(3).says(&["crm.customers:* was not searched"]);
    desk.pii(&format!("request plan {id} --by-hand crm.customers:*")).done();
    desk.pii(&format!("request run {id} --output package.zip --clear")).done();
    assert!(unpacked(&desk, "package.zip", "data/crm.customers.jsonl").contains(MAIL));
}

#[test]
fn a_file_that_is_two_datasets_is_taken_up_wherever_the_run_died() {
    let mut deaths = 0;
    for (call, nth) in [("rename", 1), ("rename", 2), ("fdatasync", 12), ("fdatasync", 16), ("fsync", 5)] {
        let desk = Desk::new();
        desk.pii("tag customers.csv -d crm.customers").done();
        desk.write("policies/more.toml", NEWSLETTER);
        let shared = format!("C0000099,A W,{MAIL},07700 900999,1980-01-11,1.50\n");
        desk.write("customers.csv", format!("{}{shared}", desk.read("customers.csv")));
        let id = verified(&desk, AGATHA);
        desk.pii(&format!("request plan {id}")).done();
        deaths += u32::from(killed(&desk, call, nth, &format!("request run {id} --yes")));
        if state(&desk, &id) != "recipients-told" {
            desk.pii(&format!("request run {id} --yes")).done();
        }
        assert_eq!(rows(&desk, "customers.csv"), 39, "{call} {nth}");
        assert_eq!(state(&desk, &id), "recipients-told", "{call} {nth}");
    }
    assert!(deaths >= 3, "only {deaths} died");
}

#[test]
fn what_another_workspace_encrypted_was_not_searched() {
    let (desk, other) = (Desk::new(), Desk::new());
    other.pii("tag customers.csv -d crm.customers -o theirs.parquet --encrypt uniform").done();
    desk.pii("tag customers.csv -d crm.customers").done();
    fs::copy(other.path("theirs.parquet"), desk.path("theirs.parquet")).unwrap();
    lying_in(&desk, "theirs.parquet");
    let id = verified(&desk, AGATHA);
    desk.pii(&format!("request plan {id}")).exits(3).says(&["crm.customers was not searched", "another workspace"]);
}

#[test]
fn what_a_link_leads_to_is_erased_and_the_link_stays() {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    desk.shell("mkdir -p far/deep crm && mv customers.csv far/ && cp far/customers.csv far/deep/ && ln -s ../far/customers.csv crm/a.csv && ln -s ../far/deep crm/deep && ln -s far/customers.csv customers.csv").done();
    let id = verified(&desk, AGATHA);
    desk.pii(&format!("request plan {id}")).done();
    desk.pii(&format!("request run {id} --yes")).done();
    assert!(fs::symlink_metadata(desk.path("customers.csv")).unwrap().is_symlink());
    assert_eq!((rows(&desk, "far/customers.csv"), state(&desk, &id).as_str()), (39, "recipients-told"));

    // A link to a folder is not followed, and that is told.
    lying_in(&desk, "crm");
    let id = verified(&desk, "customer_id=C0000001\n");
    desk.pii(&format!("request plan {id}")).exits(3).says(&["a file was passed over", "crm/deep` was passed over"]);
}

#[test]
fn what_was_taken_in_and_is_not_where_the_policy_says_was_not_searched() {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    lying_in(&desk, "never.csv");
    for who in [AGATHA, "email=nobody@elsewhere.example\n"] {
        let id = verified(&desk, who);
        let said =
            desk.pii(&format!("request plan {id}")).exits(3).says(&["crm.customers was not searched", "never.csv"]);
        assert!(said.out.contains("unsearched"), "{}", said.out);
    }
    // Searched once, and gone before it is run.
    lying_in(&desk, "customers.csv");
    let id = verified(&desk, "customer_id=C0000001\n");
    desk.pii(&format!("request plan {id}")).done();
    fs::remove_file(desk.path("customers.csv")).unwrap();
    let said = desk.pii(&format!("request run {id} --yes --json")).exits(3);
    assert_eq!(place(&said, "crm.customers")["outcome"], "failed");
    assert_eq!(state(&desk, &id), "partly-done");
    let entry = desk.pii("audit query --action request_end --json").done().json().pop().unwrap();
    assert!(entry.to_string().contains("1 place is not done"), "{entry}");
}
