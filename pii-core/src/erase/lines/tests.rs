use std::io::{Read, Write};

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::super::memory::{Made, Memory};
use super::super::{Action, Error, Format, Replacement, Rewritten, Values};
use super::{CsvEraser, CsvForm, JsonLinesEraser};
use crate::store::Encoding;

fn values(texts: &[&str]) -> Values {
    Values::new(texts.iter().map(|text| (*text).to_owned())).unwrap()
}

fn csv(column: &str, texts: &[&str]) -> CsvEraser {
    CsvEraser::new(column, values(texts), CsvForm::default()).unwrap()
}

fn json(column: &str, texts: &[&str]) -> JsonLinesEraser {
    JsonLinesEraser::new(column, values(texts)).unwrap()
}

/// The new file, how many rows were erased in it, what was done, and how many ranges were copied.
fn run(
    eraser: &dyn Format,
    name: &'static str,
    bytes: &[u8],
    action: &Action,
) -> Result<(Vec<u8>, Rewritten, usize), Error> {
    let input = Memory(name, bytes.to_vec());
    let hits = eraser.find(&input)?;
    let mut made = Made::of(bytes);
    let done = eraser.rewrite(&input, &hits, action, &mut made)?;
    assert_eq!(done.erased, hits.hit.count());
    assert_eq!(done.copied + done.made, made.1.len() as u64);
    Ok((made.1, done, made.2))
}

fn without(eraser: &dyn Format, bytes: &[u8]) -> String {
    String::from_utf8(run(eraser, "a", bytes, &Action::DeleteRow).unwrap().0).unwrap()
}

fn changed(eraser: &dyn Format, bytes: &str, action: Action) -> String {
    String::from_utf8(run(eraser, "a", bytes.as_bytes(), &action).unwrap().0).unwrap()
}

fn complaint(eraser: &dyn Format, bytes: &[u8]) -> String {
    run(eraser, "a.csv", bytes, &Action::DeleteRow).unwrap_err().to_string()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    MultiGzDecoder::new(bytes).read_to_end(&mut text).unwrap();
    text
}

#[test]
fn rows_leave_a_csv_file_and_the_others_stay_byte_for_byte() {
    let ann = csv("email", &["ann@x.de"]);
    for (old, new) in [
        ("id,email\n1,ann@x.de\n2,bob@x.de\n", "id,email\n2,bob@x.de\n"),
        ("id,email\r\n2,bob@x.de\r\n1,ann@x.de\r\n3,c\r\n", "id,email\r\n2,bob@x.de\r\n3,c\r\n"),
        ("id,email\n1,ann@x.de\n2,bob@x.de", "id,email\n2,bob@x.de"),
        ("id,email\n2,bob@x.de\n1,ann@x.de", "id,email\n2,bob@x.de\n"),
        ("\u{feff}id;email\n1;\"ann@x.de\"\n\"2\" ;bob\n", "\u{feff}id;email\n\"2\" ;bob\n"),
        ("id\temail\n1\tann@x.de\n\n2\tb\"ob\n", "id\temail\n\n2\tb\"ob\n"),
        ("id,email\n\"a\nb\",ann@x.de\n\"c\n\"\"d\",bob\n", "id,email\n\"c\n\"\"d\",bob\n"),
        ("email\nann@x.de\n", "email\n"),
        ("id,email\r1,ann@x.de\r2,b\r", "id,email\r2,b\r"),
        ("email\n", "email\n"),
        ("", ""),
    ] {
        assert_eq!(without(&ann, old.as_bytes()), new, "{old:?}");
    }
    assert_eq!(without(&csv("n", &["say \"hi\""]), b"n\n\"say \"\"hi\"\"\"\nsay hi\n"), "n\nsay hi\n");
    assert_eq!(without(&csv("n", &[""]), b"n,m\n,1\n\"\",2\nx,3\n"), "n,m\nx,3\n");
}

#[test]
fn a_plain_file_is_copied_in_long_ranges() {
    let old = format!("id,email\n{}1,ann\n{}", "2,bob\n".repeat(9000), "3,cid\n".repeat(400_000));
    let (new, done, ranges) = run(&csv("email", &["ann"]), "a", old.as_bytes(), &Action::DeleteRow).unwrap();
    assert_eq!(new, old.replace("1,ann\n", "").as_bytes());
    assert_eq!((ranges, done.made, done.rows), (2, 0, 409_000));
}

#[test]
fn a_mistake_in_a_csv_file_is_named_with_its_row() {
    let ann = csv("email", &["ann"]);
    for (bytes, message) in [
        (&b"id,email\n1,a\n2\n"[..], "`a.csv` is damaged: row 2 has 1 fields, the header 2"),
        (b"id,email\n1,a,b\n", "`a.csv` is damaged: row 1 has 3 fields, the header 2"),
        (b"id,mail\n1,a\n", "`a.csv` has no column `email`"),
        (b"email,email\n1,a\n", "`a.csv` is damaged: it has more than one column named `email`"),
        (b"id,email\n1,\"a\n2,b\n", "`a.csv` is damaged: row 1: a quote is opened and never closed"),
        (
            b"id,email\n1,b\n2,M\xc3\n",
            "`a.csv` is damaged: row 2 is not valid UTF-8; if the file is in another encoding, name it",
        ),
        (
            b"i\0,\0email\0\n\0",
            "`a.csv` is damaged: there are zero bytes in its header: it may be UTF-16, so name its encoding",
        ),
    ] {
        assert_eq!(complaint(&ann, bytes), message);
    }
}

#[test]
fn gzip_and_zstd_stay_what_they_are_in_one_part_or_many() {
    let (one, two) = (b"id,email\n1,ann\n2,b", b"ob\n3,cid\n");
    let left = b"id,email\n2,bob\n3,cid\n";
    let ann = csv("email", &["ann"]);
    let many = [gzip(one), gzip(two)].concat();
    let (new, ..) = run(&ann, "a.csv.gz", &many, &Action::DeleteRow).unwrap();
    assert_eq!(gunzip(&new), left);
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9][..]].concat();
    let many = [skippable, zstd::encode_all(&one[..], 3).unwrap(), zstd::encode_all(&two[..], 3).unwrap()].concat();
    let (new, ..) = run(&ann, "a.csv.zst", &many, &Action::DeleteRow).unwrap();
    assert_eq!(zstd::decode_all(&new[..]).unwrap(), left);
}

#[test]
fn what_is_cut_off_or_garbled_is_an_error_that_names_the_file() {
    let text = "id,email\n".to_owned() + &"1,bob\n".repeat(1000);
    let ann = csv("email", &["ann"]);
    for whole in [gzip(text.as_bytes()), zstd::encode_all(text.as_bytes(), 3).unwrap()] {
        for cut in [5, whole.len() / 2, whole.len() - 1] {
            let message = complaint(&ann, &whole[..cut]);
            assert_eq!(message, "`a.csv` is damaged: its compressed data is cut off", "{cut}");
        }
        let mut garbled = whole.clone();
        let last = garbled.len() - 6;
        garbled[last] ^= 0xff;
        assert!(complaint(&ann, &garbled).starts_with("`a.csv` is damaged: "));
    }
}

#[test]
fn other_encodings_are_read_and_written_back() {
    let in_encoding = |encoding: Option<&str>, old: &[u8]| {
        let encoding = encoding.map(|label| label.parse::<Encoding>().unwrap());
        let eraser = CsvEraser::new("이름", values(&["김민준"]), CsvForm { encoding, ..CsvForm::default() }).unwrap();
        run(&eraser, "a", old, &Action::DeleteRow).unwrap()
    };
    let (old, new) = ("\u{feff}이름,b\n김민준,1\n똠😀,2\n", "\u{feff}이름,b\n똠😀,2\n");
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    assert_eq!(in_encoding(None, &wide(old)).0, wide(new));
    let korean = |text: &str| encoding_rs::EUC_KR.encode(text).0.into_owned();
    let (made, done, _) = in_encoding(Some("euc-kr"), &korean("이름,b\n김민준,1\n똠,2\n"));
    assert_eq!((made, done.made), (korean("이름,b\n똠,2\n"), 0));
    let (made, ..) = in_encoding(Some("euc-kr"), &korean("이름;b\n김민준;1\n똠;2\n"));
    assert_eq!(made, korean("이름;b\n똠;2\n"));
    let form = CsvForm { encoding: "euc-kr".parse().ok(), ..CsvForm::default() };
    let error = CsvEraser::new("a", values(&["x"]), form).unwrap().find(&Memory("a", b"a\n1\n\xff\xff\n".to_vec()));
    assert_eq!(error.unwrap_err().to_string(), "`a` is damaged: row 2 is not valid EUC-KR");
    let form = CsvForm { delimiter: Some(b'|'), encoding: "gbk".parse().ok(), ..CsvForm::default() };
    let error = CsvEraser::new("a", values(&["x"]), form).unwrap().find(&Memory("a", b"a|b\n1|2\n".to_vec()));
    assert!(matches!(error, Err(Error::Unsupported { .. })));
}

#[test]
fn a_tab_separates_the_fields_of_a_tsv_file_packed_or_not() {
    let old = gzip(b"a,b\twho\n1\tann\n2\tbob\n");
    let (new, ..) = run(&csv("who", &["ann"]), "a.tsv.gz", &old, &Action::DeleteRow).unwrap();
    assert_eq!(gunzip(&new), b"a,b\twho\n2\tbob\n");
}

#[test]
fn fields_are_emptied_or_replaced_and_only_they() {
    let ann = csv("email", &["ann", "a\"n"]);
    let old = "id, email,email,n\n1,x,\"ann\",\"k \"\n2,,bob,\n3,y,\"a\"\"n\",z\r\n";
    let both = || vec!["n".to_owned(), "email".to_owned()];
    assert_eq!(changed(&ann, old, Action::NullColumns(both())), "id, email,email,n\n1,x,,\n2,,bob,\n3,y,,\r\n");
    assert_eq!(
        changed(&ann, old, Action::Replace(both(), Replacement::Constant("a,b".to_owned()))),
        "id, email,email,n\n1,x,\"a,b\",\"a,b\"\n2,,bob,\n3,y,\"a,b\",\"a,b\"\r\n"
    );
    assert_eq!(changed(&csv("n", &["1"]), "n\n1\n2\n", Action::NullColumns(vec!["n".to_owned()])), "n\n\"\"\n2\n");
    let new = changed(
        &csv("n", &["1", "3"]),
        "n\n1\n2\n1\n3\n",
        Action::Replace(vec!["n".to_owned()], Replacement::Pseudonym),
    );
    let lines: Vec<_> = new.lines().collect();
    assert_eq!((lines[2], lines[1] == lines[3], lines[1] == lines[4], lines[1].len()), ("2", true, false, 32));
}

#[test]
fn rows_leave_json_lines_by_a_path_through_objects_and_lists() {
    let old = concat!(
        "{\"user\": {\"id\":\"\\u0061nn\"}, \"x\" : [1, {\"id\":\"q\"}]}\n",
        "{ \"b\":1,\"user\":{\"id\": \"bob\"} }\r\n",
        "\n",
        "{\"user\":[{\"id\":\"bob\"},{\"id\":[\"cid\",\"ann\"]}]}\n",
        "{\"user\":{\"id\":42}}\n{\"user\":{\"id\":42.0}}\n{\"user\":null}\n{\"user.id\":\"ann\"}\n{\"\\u0075ser\":{\"id\":\"ann\"}}\n",
        "{\"user\":{\"id\":\"bob\",\"id\":\"ann\"}}\n{\"user\":{\"id\":null},\"note\":\"ann, \\\"user\\\":\"}",
    );
    let new = concat!(
        "{ \"b\":1,\"user\":{\"id\": \"bob\"} }\r\n",
        "\n",
        "{\"user\":{\"id\":42.0}}\n{\"user\":null}\n{\"user\":{\"id\":null},\"note\":\"ann, \\\"user\\\":\"}",
    );
    assert_eq!(without(&json("user.id", &["ann", "42"]), old.as_bytes()), new);
    assert_eq!(without(&json("user.id", &["ann"]), b""), "");
}

#[test]
fn values_in_json_lines_are_nulled_or_replaced_and_only_they() {
    let ann = json("id", &["ann"]);
    let old = "{\"n\": 7 , \"id\":\"ann\",\"t\":{\"s\":[\"p\", \"q\",null]}}\n{\"id\":\"bob\",\"n\":1}\n";
    let paths = |all: &[&str]| all.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        changed(&ann, old, Action::NullColumns(paths(&["n", "id", "t.s", "id"]))),
        "{\"n\": null , \"id\":null,\"t\":{\"s\":null}}\n{\"id\":\"bob\",\"n\":1}\n"
    );
    let constant = |text: &str| Replacement::Constant(text.to_owned());
    assert_eq!(
        changed(&ann, old, Action::Replace(paths(&["id", "t.s"]), constant("\"x"))),
        "{\"n\": 7 , \"id\":\"\\\"x\",\"t\":{\"s\":[\"\\\"x\", \"\\\"x\",null]}}\n{\"id\":\"bob\",\"n\":1}\n"
    );
    assert!(changed(&ann, old, Action::Replace(paths(&["n"]), constant("0"))).starts_with("{\"n\": 0 ,"));
    for (path, what) in [
        ("n", "the new value is of another type than the old one"),
        ("t", "an object has no replacement: name what is in it"),
    ] {
        let error = run(&ann, "a", old.as_bytes(), &Action::Replace(paths(&[path]), constant("x"))).unwrap_err();
        assert_eq!(error.to_string(), format!("`a` cannot be changed in this way: {what}"));
    }
    let error = run(&ann, "a", old.as_bytes(), &Action::NullColumns(paths(&["idd"]))).unwrap_err();
    assert_eq!(error.to_string(), "`a` has no column `idd`");
}

#[test]
fn a_mistake_in_json_lines_is_named_with_its_row() {
    let ann = json("id", &["ann"]);
    for (bytes, message) in [
        (&b"{\"id\":1}\n{\"id\":\n"[..], "`a.csv` is damaged: row 2 is not a JSON object"),
        (b"[1]\n", "`a.csv` is damaged: row 1 is not a JSON object"),
        (b"{\"id\":1} {}\n", "`a.csv` is damaged: row 1 is not a JSON object"),
        (b"{\"id\":\"M\xc3\"}\n", "`a.csv` is damaged: row 1 is not valid UTF-8"),
        (b"{\"name\":1}\n", "`a.csv` has no column `id`"),
    ] {
        assert_eq!(complaint(&ann, bytes), message);
    }
}

fn field() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("ann"),
        Just("b"),
        Just("\""),
        Just("\"\""),
        Just(","),
        Just("\n"),
        Just("\r\n"),
        Just("é"),
        Just("")
    ];
    prop::collection::vec(part, 0..4).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn what_the_csv_crate_reads_afterwards_is_what_it_read_before_without_the_person(
        rows in prop::collection::vec([field(), field(), field()], 0..12),
        always in any::<bool>(),
        crlf in any::<bool>(),
    ) {
        let mut writer = ::csv::WriterBuilder::new()
            .quote_style(if always { ::csv::QuoteStyle::Always } else { ::csv::QuoteStyle::Necessary })
            .terminator(if crlf { ::csv::Terminator::CRLF } else { ::csv::Terminator::Any(b'\n') })
            .from_writer(Vec::new());
        writer.write_record(["a", "who", "c"]).unwrap();
        rows.iter().for_each(|row| writer.write_record(row).unwrap());
        let old = writer.into_inner().unwrap();
        let new = without(&csv("who", &["ann", "b\n"]), &old);
        let left: Vec<Vec<String>> = ::csv::Reader::from_reader(new.as_bytes())
            .records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        let wanted: Vec<_> = rows.iter().filter(|row| row[1] != "ann" && row[1] != "b\n").map(|row| row.to_vec()).collect();
        prop_assert_eq!(left, wanted);
    }

    #[test]
    fn any_text_is_read_as_the_csv_crate_reads_it(body in "[ab\",\r\n]{0,40}") {
        let text = format!("a,b\n{body}");
        let theirs: Result<Vec<_>, _> = ::csv::Reader::from_reader(text.as_bytes()).into_records().collect();
        let ours = csv("a", &["a"]).find(&Memory("a", text.clone().into_bytes()));
        match (ours, theirs) {
            (Ok(hits), Ok(rows)) => {
                let hit: Vec<u64> = (0..).zip(&rows).filter(|(_, row)| &row[0] == "a").map(|(at, _)| at).collect();
                prop_assert_eq!((hits.rows, hits.hit.iter().collect::<Vec<_>>()), (rows.len() as u64, hit));
            }
            (Err(error), Ok(_)) => prop_assert!(error.to_string().contains("never closed"), "{}", error),
            (ours, Err(_)) => prop_assert!(ours.is_err()),
        }
    }

    #[test]
    fn lines_of_json_stay_as_they_were_or_go(
        rows in prop::collection::vec((prop_oneof![Just("ann".to_owned()), field()], field(), any::<bool>()), 0..12),
    ) {
        let line = |(id, other, spaced): &(String, String, bool)| {
            let (id, other) = (serde_json::Value::from(id.as_str()), serde_json::Value::from(other.as_str()));
            if *spaced { format!("{{ \"o\" : {other} ,\"id\": {id}}}\n") } else { format!("{{\"id\":{id},\"o\":[{other}]}}\n") }
        };
        let old: String = rows.iter().map(line).collect();
        let new: String = rows.iter().filter(|row| row.0 != "ann").map(line).collect();
        prop_assert_eq!(without(&json("id", &["ann"]), old.as_bytes()), new);
    }
}

#[test]
fn a_member_without_a_hit_is_copied_and_the_others_are_packed_anew() {
    let text: Vec<String> = (0..2_000).map(|n| format!("{n},{}\n", if n == 1_234 { "ann" } else { "bob" })).collect();
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 3).unwrap();
    for name in ["a.csv.gz", "a.csv.zst"] {
        let pack = |bytes: &[u8]| if name.ends_with("gz") { gzip(bytes) } else { zstd(bytes) };
        let parts: Vec<Vec<u8>> = std::iter::once(pack(b"id,who\n"))
            .chain(text.chunks(100).map(|lines| pack(lines.concat().as_bytes())))
            .collect();
        let old = parts.concat();
        let (new, done, copies) = run(&csv("who", &["ann"]), name, &old, &Action::DeleteRow).unwrap();
        assert!(new.starts_with(&parts[..13].concat()) && new.ends_with(&parts[14..].concat()), "{name}");
        assert_eq!((done.rows, done.erased, copies), (1_999, 1, 2));
        assert_eq!(done.copied as usize, old.len() - parts[13].len());
        assert_eq!(done.copied + done.made, new.len() as u64);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_file_may_be_cut_into_members_anywhere(
        people in prop::collection::vec("[a-c]{1,3}", 1..40),
        mut cuts in prop::collection::vec(0_usize..200, 0..8),
        is_gzip in any::<bool>(),
        replaced in any::<bool>(),
    ) {
        let lines: Vec<String> = people.iter().enumerate().map(|(n, who)| format!("{n},{who}\n")).collect();
        let text = format!("id,who\n{}", lines.concat());
        let pack = |bytes: &[u8]| if is_gzip { gzip(bytes) } else { zstd::encode_all(bytes, 1).unwrap() };
        cuts.iter_mut().for_each(|cut| *cut = (*cut).min(text.len()));
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let old: Vec<u8> = cuts.windows(2).flat_map(|cut| pack(&text.as_bytes()[cut[0]..cut[1]])).collect();
        let action = match replaced {
            true => Action::Replace(vec!["who".into()], Replacement::Constant("nobody".into())),
            false => Action::DeleteRow,
        };
        let (new, done, _) = run(&csv("who", &["a", "bb"]), "a.csv", &old, &action).unwrap();
        let wanted: String = people.iter().zip(&lines).enumerate().filter_map(|(n, (who, line))| {
            match who == "a" || who == "bb" {
                false => Some(line.clone()),
                true => replaced.then(|| format!("{n},nobody\n")),
            }
        }).collect();
        let left = if is_gzip { gunzip(&new) } else { zstd::decode_all(&new[..]).unwrap() };
        prop_assert_eq!(String::from_utf8(left).unwrap(), format!("id,who\n{wanted}"));
        prop_assert_eq!(done.copied + done.made, new.len() as u64);
    }
}
