//! Whoever must erase a person from files: with a workspace or without, killed in between or not.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

use crate::desk::{Desk, customers};

const ERASE: &str = "erase lake --column customer_id --values-file gone";

/// Six Parquet files of forty customers each, in partitions, and two of the customers who are to go.
fn lake() -> Desk {
    let desk = Desk::new();
    for day in 1..=6 {
        fs::create_dir_all(desk.path(&format!("lake/day={day}"))).unwrap();
        desk.pii(&format!("tag customers.csv -d crm.customers -o lake/day={day}/part.parquet")).done();
    }
    desk.write("gone", "C0000007\nC0000011\n");
    desk
}

/// What `--dry-run` finds: files with hits, and rows in them.
#[track_caller]
fn found(desk: &Desk) -> (u64, u64) {
    let said = desk.pii(&format!("{ERASE} -n --json")).done().json();
    let plan = said.iter().find(|line| line["type"] == "erasure_plan").unwrap();
    (plan["files"].as_u64().unwrap(), plan["rows"].as_u64().unwrap())
}

/// No draft is left, and each file has these rows.
#[track_caller]
fn lake_is_whole(desk: &Desk, rows: u64) {
    for day in 1..=6 {
        assert_eq!(desk.names(&format!("lake/day={day}")), ["part.parquet"], "left in the folder");
    }
    desk.write(
        "all",
        customers(40).lines().skip(1).map(|l| l.split(',').next().unwrap().to_owned() + "\n").collect::<String>(),
    );
    let said = desk.pii("erase lake --column customer_id --values-file all -n --json").done().json();
    let files: Vec<_> = said.iter().filter(|line| line["type"] == "erasure_file").collect();
    assert_eq!(files.len(), 6);
    assert!(files.iter().all(|file| file["rows"] == rows && file["hits"] == rows), "{files:?}");
}

#[test]
fn a_person_goes_from_all_files_and_the_others_stay() {
    let desk = lake();
    let mode = fs::Permissions::from_mode(0o640);
    fs::set_permissions(desk.path("lake/day=1/part.parquet"), mode).unwrap();
    let said = desk.pii(&format!("{ERASE} -n")).done();
    assert!(said.out.contains("would delete-row 12 rows in 6 files"), "{}", said.out);
    assert_eq!(found(&desk), (6, 12), "a dry run changes nothing");
    let said = desk.pii(&format!("{ERASE} --yes")).done().says(&["on record: audit entries"]);
    assert!(said.out.contains("delete-row: 12 rows in 6 files"), "{}", said.out);
    lake_is_whole(&desk, 38);
    assert_eq!(fs::metadata(desk.path("lake/day=1/part.parquet")).unwrap().mode() & 0o777, 0o640);
    let entries = desk.pii("audit query --action erase --json").done();
    assert_eq!(entries.json().iter().filter(|line| line["rows"] == 12).count(), 2, "{}", entries.out);
    assert!(!entries.out.contains("C0000007"), "the log never has a value");
    desk.log_holds();
}

#[test]
fn without_a_workspace_it_works_and_says_that_no_log_has_it() {
    let (desk, elsewhere) = (lake(), Desk::bare());
    fs::copy(desk.path("lake/day=1/part.parquet"), elsewhere.path("a.parquet")).unwrap();
    let args = "erase a.parquet --column customer_id --values-file - --yes";
    let said = elsewhere.tell(args, "C0000007\n").done().says(&["this is in no log"]);
    assert!(said.out.contains("delete-row: 1 row in 1 file"), "{}", said.out);
    let said = elsewhere.tell(args, "C0000007\n").done();
    assert!(said.out.contains("would erase nothing"), "{}", said.out);
    assert_eq!(elsewhere.names("."), ["a.parquet"]);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let desk = lake();
    desk.write("none", "");
    desk.write("blank", "C0000007\n\n");
    let with = |values: &str| desk.pii(&format!("erase lake --column customer_id --values-file {values} --yes"));
    with("none").exits(2).says(&["`none` holds no value"]);
    with("blank").exits(2).says(&["line 2 of `blank` is empty", "--empty-value"]);
    desk.pii(ERASE).exits(4).says(&["a person must confirm"]);
    desk.pii("erase lake --column nobody --values-file gone --yes").exits(1).says(&["has no column `nobody`"]);
    fs::hard_link(desk.path("lake/day=2/part.parquet"), desk.path("lake/other.parquet")).unwrap();
    desk.pii(&format!("{ERASE} --yes")).exits(1).says(&["a hard link"]);
    fs::remove_file(desk.path("lake/other.parquet")).unwrap();
    // A file that nobody can read is not a file without the person.
    desk.write("lake/day=3/part.parquet", "PAR1 and no more");
    desk.pii(&format!("{ERASE} --yes")).exits(1).says(&["day=3/part.parquet"]);
    assert_eq!(desk.names("lake/day=1"), ["part.parquet"]);
}

#[test]
fn a_plan_is_kept_and_run_later_and_a_file_that_changed_since_is_refused_by_name() {
    let desk = lake();
    desk.pii(&format!("{ERASE} -n --plan plan.json")).done();
    let plan = desk.read("plan.json");
    assert!(plan.contains("\"sha256\"") && !plan.contains("C0000007"), "{plan}");
    assert_eq!(fs::metadata(desk.path("plan.json")).unwrap().mode() & 0o777, 0o600);
    desk.write("others", "C0000008\n");
    let other = "erase --column customer_id --values-file others --plan plan.json --yes";
    desk.pii(other).exits(1).says(&["the plan was made for another list of values"]);
    fs::copy(desk.path("customers.csv"), desk.path("lake/day=4/part.parquet")).unwrap();
    let run = "erase --column customer_id --values-file gone --plan plan.json --yes";
    let said = desk.pii(run).exits(1).says(&["day=4/part.parquet` changed since the plan was made"]);
    assert!(said.out.contains("delete-row: 10 rows in 5 of 6 files"), "{}", said.out);
    let said = desk.pii(run).exits(1).says(&["day=4/part.parquet` changed"]);
    assert!(said.out.contains("5 files had been done by a run before this one"), "{}", said.out);
}

#[test]
fn values_are_nulled_or_become_others_and_rows_stay() {
    let desk = lake();
    desk.pii(&format!("{ERASE} --action null-columns --columns email,phone --yes")).done();
    assert_eq!(found(&desk), (6, 12), "the subject column was not asked to change");
    desk.pii(&format!("{ERASE} --action replace --by nobody --yes")).done();
    assert_eq!(found(&desk), (0, 0));
    desk.pii(&format!("{ERASE} --action delete-row --by nobody --yes")).exits(2);
}

#[test]
fn a_person_gets_one_pseudonym_in_files_of_every_format() {
    let desk = Desk::new();
    desk.write("gone", "C7\n");
    fs::create_dir(desk.path("out")).unwrap();
    desk.write("out/a.csv", "id,total\nC7,1\nC8,2\n");
    desk.write("out/b.jsonl", "{\"id\":\"C7\",\"total\":3}\n");
    desk.pii("erase out --column id --values-file gone --action replace --yes").done();
    let csv = desk.read("out/a.csv");
    let pseudonym = csv.lines().nth(1).unwrap().split(',').next().unwrap();
    assert!(pseudonym != "C7" && csv.ends_with("\nC8,2\n"), "{csv}");
    assert_eq!(desk.read("out/b.jsonl"), format!("{{\"id\":\"{pseudonym}\",\"total\":3}}\n"));
}

#[test]
fn killed_at_any_call_that_changes_the_disk_and_run_again_it_comes_to_the_same_end() {
    let mut deaths = 0;
    for call in ["fsync", "rename", "write", "ftruncate", "fchmod"] {
        for nth in [1, 2, 5] {
            let desk = lake();
            deaths += u32::from(killed(&desk, call, nth, &format!("{ERASE} --yes --threads 1")));
            for day in 1..=6 {
                let path = desk.path(&format!("lake/day={day}/part.parquet"));
                assert!(fs::read(path).unwrap().ends_with(b"PAR1"), "{call} {nth}: the old file or the new one");
            }
            desk.pii(&format!("{ERASE} --yes")).done();
            assert_eq!(found(&desk), (0, 0), "{call} {nth}");
            desk.log_holds();
        }
    }
    assert!(deaths >= 10, "only {deaths} died");
}

#[test]
fn a_kept_plan_that_was_killed_is_taken_up_where_it_stood() {
    let run = "erase --column customer_id --values-file gone --plan plan.json --yes";
    for (call, nth) in [("rename", 1), ("rename", 3), ("fdatasync", 2), ("fsync", 6)] {
        let desk = lake();
        desk.pii(&format!("{ERASE} -n --plan plan.json")).done();
        assert!(killed(&desk, call, nth, &format!("{run} --threads 1")), "{call} {nth}");
        desk.pii(run).done();
        lake_is_whole(&desk, 38);
    }
}

/// Types `pii ARGS`, which dies at the `nth` of a system call, if it comes so far.
#[track_caller]
pub(crate) fn killed(desk: &Desk, call: &str, nth: u32, args: &str) -> bool {
    let pii = desk.command(args);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
    strace.args(["-e", &format!("inject={call}:signal=KILL:when={nth}")]).arg(pii.get_program());
    strace.args(pii.get_args()).current_dir(desk.path(".")).env("PII_ACTOR", "tester");
    let output = strace.output().unwrap_or_else(|error| panic!("strace: {error}: install it (`apt install strace`)"));
    let traced = output.status.code() == Some(0) || output.status.code().is_none_or(|code| code == 137);
    assert!(traced, "{call} {nth}: {}", String::from_utf8_lossy(&output.stderr));
    output.status.code() != Some(0)
}

#[test]
fn a_folder_that_cannot_be_written_to_or_has_no_room_keeps_its_files() {
    let desk = lake();
    let script = "mkdir small; mount -t tmpfs -o size=4k none small; cp lake/day=1/part.parquet small/
        $PII erase small --column customer_id --values-file gone --yes || code=$?
        ls -A small; cmp small/part.parquet lake/day=1/part.parquet; mount -o remount,ro small
        $PII erase small --column customer_id --values-file gone --yes || ro=$?
        cmp small/part.parquet lake/day=1/part.parquet; exit $((code * 10 + ro))";
    let said = crate::disk::with_mounts(&desk, script);
    said.exits(11).says(&["cannot write"]);
}
