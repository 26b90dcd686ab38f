//! Whoever must know that nothing of somebody is left: in a lake, in logs, in what other programs deleted.

use std::fs;
use std::process::Command;

use crate::desk::{Desk, repository};

const ANNA: &str = "anna.winter@example.org";
const SEARCH: &str = "erase lake --values-file gone --verify";

fn desk() -> Desk {
    let desk = Desk::bare();
    desk.write("gone", format!("{ANNA}\n"));
    desk
}

/// Runs a program of somebody else on the desk.
#[track_caller]
fn python(desk: &Desk, script: &str) {
    let Some(python) = std::env::var_os("PII_TEST_PYTHON") else {
        panic!(
            "PII_TEST_PYTHON names no Python with PyArrow, deltalake and PyIceberg: run `cargo xtask test`, which makes one"
        )
    };
    let output = Command::new(python).args(["-B", "-c", script]).current_dir(desk.path(".")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_folder_is_searched_with_all_that_is_hidden_in_it_and_each_place_is_told() {
    let desk = desk();
    desk.write("lake/a.csv", "id,email\n1,bob@example.org\n");
    desk.write("lake/.a.csv.crc", "crc\0\0\x01");
    desk.write("lake/_delta_log/0.json", "{}\n");
    let said = desk.pii(SEARCH).done();
    assert!(said.out.starts_with("none of 1 value is in 3 files, "), "{}", said.out);

    desk.write("lake/_delta_log/1.json", r#"{"stats":"{\"minValues\":{\"email\":\"anna.winter\u0040example.org\"}}"}"#);
    desk.write("lake/.draft", ANNA);
    desk.write("lake/email=anna.winter%40example.org/_SUCCESS", "");
    desk.write("lake/app.log", format!("mail to <{ANNA}> bounced"));
    let said = desk.pii(SEARCH).exits(3);
    for place in [
        "lake/_delta_log/1.json: byte 38: value 1 of the list\n",
        "lake/.draft: byte 0: value 1 of the list\n",
        "lake/app.log: byte 9: value 1 of the list, within something longer\n",
        "lake/email=anna.winter%40example.org: its name: value 1 of the list\n",
        "4 places in 7 files",
    ] {
        assert!(said.out.contains(place), "{place}: {}", said.out);
    }
    let lines = desk.pii(&format!("{SEARCH} --json")).exits(3).json();
    assert_eq!(lines.iter().filter(|line| line["type"] == "residue").count(), 4);
    let sum = lines.iter().find(|line| line["type"] == "searched").unwrap();
    assert_eq!((&sum["files"], &sum["places"], &sum["failed"]), (&7.into(), &4.into(), &0.into()));
}

#[test]
fn a_file_that_nobody_can_look_into_is_an_error_and_the_others_are_searched() {
    let desk = desk();
    desk.write("lake/a.zip", b"PK\x03\x04");
    desk.write("lake/b.parquet", "PAR1 and no more");
    desk.write("lake/c.txt", ANNA);
    let said = desk.pii(SEARCH).exits(1).says(&["a.zip", "zip", "b.parquet"]);
    assert!(said.out.contains("lake/c.txt: byte 0: value 1 of the list"), "{}", said.out);
    assert!(!said.err.contains(ANNA) && !said.out.contains(ANNA));
    desk.pii("erase nowhere.csv --values-file gone --verify").exits(1).says(&["nowhere.csv"]);
}

#[test]
fn places_are_counted_and_the_first_are_told() {
    let desk = desk();
    desk.write("lake/a.csv", format!("email\n{}", format!("{ANNA}\n").repeat(5000)));
    let said = desk.pii(SEARCH).exits(3);
    assert_eq!(said.out.lines().count(), 22, "{}", said.out);
    assert!(said.out.contains("and 4,980 more places") && said.out.contains("5,000 places in 1 file"), "{}", said.out);
}

#[test]
fn what_an_erasure_made_is_searched_and_what_is_anothers_is_told_and_left() {
    let desk = desk();
    let text = format!("email,note\n{ANNA},x\nbob@example.org,friend of {ANNA}\n");
    desk.write("lake/a.csv", &text);
    desk.write("lake/b.csv", &text);
    desk.pii("erase lake/a.csv --column email --values-file gone --yes").done();
    let erase = "erase lake/b.csv --column email --values-file gone --yes --verify";
    desk.pii(erase).exits(3).says(&["value 1 still stands in byte 37"]);
    let left = format!("email,note\nbob@example.org,friend of {ANNA}\n");
    assert_eq!([desk.read("lake/a.csv"), desk.read("lake/b.csv")], [left.clone(), left]);
}

#[test]
fn a_lake_of_another_writer_has_nothing_left_after_an_erasure_and_more_than_rows_before() {
    let desk = desk();
    fs::create_dir(desk.path("lake")).unwrap();
    python(
        &desk,
        "import pyarrow as pa, pyarrow.parquet as pq\n\
         people = ['anna.winter@example.org'] + [f'person-{n}@example.org' for n in range(2000)]\n\
         rows = pa.table({'email': people, 'n': list(range(2001)), 'tags': [[p] for p in people]})\n\
         for codec in ('none', 'snappy', 'gzip', 'zstd', 'lz4'):\n\
         \x20   for version in ('1.0', '2.0'):\n\
         \x20       for index in (True, False):\n\
         \x20           for dictionary in (True, False):\n\
         \x20               name = f'lake/{codec}-{version}-{index}-{dictionary}.parquet'\n\
         \x20               pq.write_table(rows, name, compression=codec, data_page_version=version, data_page_size=4096,\n\
         \x20                              write_page_index=index, use_dictionary=dictionary, row_group_size=700)\n",
    );
    let said = desk.pii(SEARCH).exits(3);
    assert!(said.out.contains("column `email`, statistics, row group 1: value 1"), "{}", said.out);
    assert!(said.out.contains("row 1, column `tags.list.element`: value 1"), "{}", said.out);
    for column in ["email", "tags"] {
        desk.pii(&format!("erase lake --column {column} --values-file gone --action replace --by nobody --yes")).done();
    }
    let said = desk.pii(SEARCH).done();
    assert!(said.out.starts_with("none of 1 value is in 40 files"), "{}", said.out);
}

#[test]
fn the_guide_works_as_it_is_written_and_finds_what_three_programs_leave() {
    let guide = fs::read_to_string(repository("docs/guides/erasure.md")).unwrap();
    let desk = desk();
    desk.write("lake/a.csv", "email,total\nanna.winter@example.org,1\nbob@example.org,2\n");
    let (mut ran, mut found) = (0, 0);
    for block in guide.split("```").skip(1).step_by(2) {
        let (kind, text) = block.split_once('\n').unwrap();
        match kind {
            "python" => {
                python(&desk, text);
                ran += 1;
            }
            "console" => {
                for typed in text.lines().filter_map(|line| line.strip_prefix("$ pii ")) {
                    let said = desk.pii(typed);
                    let finds = text.contains("value 1 of the list");
                    let said = if finds { said.exits(3) } else { said.done() };
                    found += usize::from(finds);
                    if !typed.ends_with("--verify") {
                        continue;
                    }
                    // Places and sizes differ from run to run, and so do names that others make.
                    for line in text.lines().filter(|line| line.contains(": value 1")) {
                        let (from, to) = line.split_once('…').unwrap_or((line, line));
                        let is_it = |told: &str| told.starts_with(word(from)) && told.ends_with(word_end(to));
                        assert!(said.out.lines().any(is_it), "{line}: {}", said.out);
                    }
                }
            }
            _ => {}
        }
    }
    assert_eq!((ran, found), (3, 3));
}

/// Up to the place.
fn word(line: &str) -> &str {
    line.split(": byte").next().unwrap_or(line)
}

/// From the value on.
fn word_end(line: &str) -> &str {
    line.find("value 1").map_or(line, |at| &line[at..])
}
