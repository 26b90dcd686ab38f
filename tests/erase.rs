//! Whoever must erase a person from files: with a workspace or without, killed in between or not.

use std::fs;
use std::io::Write;
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

#[test]
fn what_is_held_is_told_and_stays() {
    let desk = lake();
    fs::create_dir(desk.path("case")).unwrap();
    desk.write("case/claim", "C0000007\n");
    let hold = "[[hold]]\nground = \"claim 7\"\nuntil = 2099-12-31\nvalues-file = \"claim\"\n\n\
                [[hold]]\nground = \"tax\"\npaths = [\"../lake/day=1\"]\n\n\
                [[hold]]\nground = \"an old claim\"\nuntil = 2020-01-01\npaths = [\"../lake\"]\n";
    desk.write("case/hold.toml", hold);
    let args = format!("{ERASE} --hold case/hold.toml");
    let said = desk.pii(&format!("{args} -n --json")).done().json();
    let of = |kind: &str| said.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
    let grounds: Vec<_> = of("hold").iter().map(|hold| (hold["ground"].clone(), hold["in_force"].clone())).collect();
    assert_eq!(
        grounds,
        [("claim 7".into(), true.into()), ("tax".into(), true.into()), ("an old claim".into(), false.into())]
    );
    assert_eq!(of("hold")[0]["until"], "2099-12-31");
    let plan = of("erasure_plan")[0];
    assert_eq!((plan["rows"].as_u64(), plan["held"].as_u64(), plan["files"].as_u64()), (Some(5), Some(7), Some(5)));
    assert!(of("erasure_file").iter().any(|file| file["grounds"] == serde_json::json!(["claim 7", "tax"])));
    let said = desk
        .pii(&format!("{args} --yes"))
        .done()
        .says(&["held: claim 7, until 2099-12-31", "no longer held: an old claim"]);
    assert!(said.out.contains("delete-row: 5 rows in 5 files") && said.out.contains("7 rows held"), "{}", said.out);
    assert_eq!(found(&desk), (6, 7), "they are still there");
}

#[test]
fn a_hold_that_says_nothing_clear_is_refused_with_its_line() {
    let desk = lake();
    for (hold, why) in [
        ("[[hold]]\nuntil = 2027-12-31\n", "line 1 of `hold.toml`: missing field `ground`"),
        ("[[hold]]\nground = \"x\"\nuntil = 31.12.2027\n", "line 3 of `hold.toml`: "),
        ("[[hold]]\nground = \"x\"\nuntil = 12:00:00\npaths = [\"lake\"]\n", "line 3 of `hold.toml`: `until` is a day"),
        ("[[hold]]\nground = \" \"\npaths = [\"lake\"]\n", "line 2 of `hold.toml`: a hold needs a ground"),
        ("\n[[hold]]\nground = \"x\"\n", "line 2 of `hold.toml`: it holds nothing"),
        ("[[hold]]\nground = \"x\"\npaths = [\n\"lame\"]\n", "line 4 of `hold.toml`: `lame` does not exist"),
        ("[[hold]]\nground = \"x\"\npath = \"lake\"\n", "line 3 of `hold.toml`: unknown field `path`"),
        ("hold = []\n", "line 1 of `hold.toml`: it has no hold"),
    ] {
        desk.write("hold.toml", hold);
        desk.pii(&format!("{ERASE} --hold hold.toml --yes")).exits(2).says(&[why, "hint: "]);
    }
    desk.write("hold.toml", "[[hold]]\nground = \"x\"\nvalues-file = \"nowhere\"\n");
    desk.pii(&format!("{ERASE} --hold hold.toml --yes")).exits(1).says(&["nowhere"]);
    assert_eq!(found(&desk), (6, 12), "nothing was touched");
}

#[test]
fn arrow_and_avro_files_lose_a_person_beside_the_others() {
    let desk = lake();
    for (file, options) in
        [("a.arrow", ""), ("b.feather", " --to-format arrow --compression zstd"), ("c.avro", ""), ("d.jsonl", "")]
    {
        desk.pii(&format!("tag customers.csv -d crm.customers -o lake/{file}{options}")).done();
    }
    let said = desk.pii(&format!("{ERASE} --action replace --columns name,email --yes --json")).done().json();
    let erased = said.iter().find(|line| line["type"] == "erased").unwrap();
    assert_eq!((erased["rows"].as_u64(), erased["files"].as_u64()), (Some(20), Some(10)));
    let said = desk.pii(&format!("{ERASE} --yes")).done();
    assert!(said.out.contains("delete-row: 20 rows in 10 files"), "{}", said.out);
    assert_eq!(found(&desk), (0, 0));
}

#[test]
fn packed_texts_are_looked_at_by_what_they_are() {
    let desk = Desk::new();
    let gzip = |part: &str| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(part.as_bytes()).unwrap();
        packed.finish().unwrap()
    };
    fs::create_dir(desk.path("lake")).unwrap();
    let text = customers(40);
    let (one, two) = text.split_at(text.find("C0000020").unwrap());
    desk.write("lake/a.csv.gz", [gzip(one), gzip(two)].concat());
    desk.write("gone", "C0000007\n");
    let said = desk.pii(&format!("{ERASE} --yes --json")).done().json();
    let erased = said.iter().find(|line| line["type"] == "erased").unwrap();
    assert_eq!((erased["rows"].as_u64(), erased["bytes_copied"].as_u64()), (Some(1), Some(gzip(two).len() as u64)));
}
