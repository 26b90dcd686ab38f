use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch, StringArray};
use jiff::civil::date;
use parquet::arrow::ArrowWriter;

use super::place::{LocalDraft as Draft, LocalFile};
use super::{Action, Eraser, Error, Hold, OnRecord, Output, Plan, Values};
use crate::store::{Listing, Location};

fn table(path: &Path) {
    let people = StringArray::from_iter_values((0..1_000).map(|n| format!("p{}", n % 100)));
    let turnover = Int64Array::from_iter_values(0..1_000);
    let batch =
        RecordBatch::try_from_iter([("who", Arc::new(people) as _), ("paid", Arc::new(turnover) as _)]).unwrap();
    let mut writer = ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn values(texts: &[&str]) -> Values {
    Values::new(texts.iter().map(|text| (*text).to_owned())).unwrap()
}

fn eraser(texts: &[&str]) -> Eraser {
    Eraser::new("who", values(texts), Action::DeleteRow, 2).unwrap()
}

fn plan(eraser: &Eraser, folder: &Path) -> Plan {
    let listing = Listing::of(&[Location::from(folder.to_owned())], None).unwrap();
    eraser.plan(&listing, false, &|_| ControlFlow::Continue(())).unwrap()
}

fn run(eraser: &Eraser, plan: &Plan) -> super::Outcome {
    eraser.run(plan, &OnRecord::Nowhere, None, false, &|_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn rows_under_a_hold_and_files_under_a_hold_are_told_and_stay() {
    let folder = tempfile::tempdir().unwrap();
    ["a", "b"].iter().for_each(|name| table(&folder.path().join(format!("{name}.parquet"))));
    let until = Some(date(2027, 1, 1));
    let claim = |values, paths| Hold { ground: "claim 7".to_owned(), until, values, paths };
    let holds = || vec![claim(Some(values(&["p7"])), vec![]), claim(None, vec![folder.path().join("b.parquet")])];
    let held = eraser(&["p7", "p8"]).with_holds(holds(), date(2026, 12, 31)).unwrap();
    let first = plan(&held, folder.path());
    assert_eq!((first.rows(), first.held()), (10, 30));
    assert_eq!(first.files[0].grounds, ["claim 7"]);
    assert_eq!(run(&held, &first).rows(), 10);
    let then = eraser(&["p7", "p8"]).with_holds(holds(), date(2027, 1, 2)).unwrap();
    assert_eq!(plan(&then, folder.path()).rows(), 30, "a hold that is over holds nothing");
}

#[test]
fn a_file_that_is_replaced_between_plan_and_run_is_left_and_the_others_are_done() {
    let folder = tempfile::tempdir().unwrap();
    ["a", "b", "c"].iter().for_each(|name| table(&folder.path().join(format!("{name}.parquet"))));
    let eraser = eraser(&["p1"]);
    let plan = plan(&eraser, folder.path());
    table(&folder.path().join("b.parquet"));
    let outcome = run(&eraser, &plan);
    assert_eq!(outcome.rows(), 20);
    let failed: Vec<_> = outcome.failed().collect();
    assert!(
        matches!(failed[..], [(path, Error::Changed { .. })] if path.to_string().ends_with("b.parquet")),
        "{failed:?}"
    );
}

#[test]
fn a_file_that_is_replaced_while_its_draft_is_written_stays_as_it_is_now() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    fs::write(&path, "old").unwrap();
    let old = LocalFile::open(&path).unwrap();
    let mut draft = Draft::beside(&old).unwrap();
    draft.write(b"made of the old one").unwrap();
    let _new = draft.sync().unwrap();
    assert!(matches!(Draft::beside(&old), Err(Error::Busy { .. })), "one process at a time");
    fs::write(&path, "newer").unwrap();
    assert!(matches!(draft.publish(), Err(Error::Changed { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "newer");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the draft is gone");
}

#[test]
fn a_draft_is_ranges_of_the_old_file_and_new_bytes_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    fs::write(&path, &bytes).unwrap();
    // What a run that died left behind is no part of it.
    fs::write(folder.path().join(".a.parquet.pii-erase"), vec![1; 9_000_000]).unwrap();
    let old = LocalFile::open(&path).unwrap();
    let mut draft = Draft::beside(&old).unwrap();
    draft.write(b"first").unwrap();
    draft.copy(100..2_500_000).unwrap();
    draft.copy(7..9).unwrap();
    draft.write(b"last").unwrap();
    let _new = draft.sync().unwrap();
    draft.publish().unwrap();
    let wanted = [&b"first"[..], &bytes[100..2_500_000], &bytes[7..9], b"last"].concat();
    assert!(fs::read(&path).unwrap() == wanted);
}
