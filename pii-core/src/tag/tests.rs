//! Whole columns and tables, as users have them.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};

use super::*;

/// Surveys one table of text columns.
fn survey(columns: &[(&str, &[&str])]) -> Vec<ColumnFinding> {
    let arrays = columns.iter().map(|(name, values)| (*name, Arc::new(StringArray::from(values.to_vec())) as ArrayRef));
    look(&RecordBatch::try_from_iter(arrays).unwrap())
}

fn look(batch: &RecordBatch) -> Vec<ColumnFinding> {
    let mut survey = Survey::new(&batch.schema());
    survey.observe(batch).unwrap();
    survey.finish()
}

fn proposed(finding: &ColumnFinding) -> &'static str {
    finding.proposed().map_or("none", |f| f.detector)
}

/// What is proposed for one column of text by itself.
fn one(name: &str, values: &[&str]) -> &'static str {
    proposed(&survey(&[(name, values)])[0])
}

#[test]
fn a_name_is_enough_in_ten_languages() {
    for (name, expected) in [
        ("email", "EMAIL_ADDRESS"),
        ("customerEmail", "EMAIL_ADDRESS"),
        ("E-Mail-Adresse", "EMAIL_ADDRESS"),
        ("correo_electronico", "EMAIL_ADDRESS"),
        ("이메일", "EMAIL_ADDRESS"),
        ("전화번호", "PHONE_NUMBER"),
        ("고객휴대폰번호", "PHONE_NUMBER"),
        ("Telefonnummer", "PHONE_NUMBER"),
        ("numer_telefonu", "PHONE_NUMBER"),
        ("주민등록번호", "KOREA_RRN"),
        ("생년월일", "DATE_OF_BIRTH"),
        ("Geburtsdatum", "DATE_OF_BIRTH"),
        ("date_de_naissance", "DATE_OF_BIRTH"),
        ("fecha_nacimiento", "DATE_OF_BIRTH"),
        ("data_urodzenia", "DATE_OF_BIRTH"),
        ("이름", "PERSON_NAME"),
        ("성명", "PERSON_NAME"),
        ("Vorname", "FIRST_NAME"),
        ("prénom", "FIRST_NAME"),
        ("nom_de_famille", "LAST_NAME"),
        ("Nachname", "LAST_NAME"),
        ("apellidos", "LAST_NAME"),
        ("cognome", "LAST_NAME"),
        ("nazwisko", "LAST_NAME"),
        ("achternaam", "LAST_NAME"),
        ("주소", "ADDRESS"),
        ("Straße", "STREET_ADDRESS"),
        ("Postleitzahl", "POSTAL_CODE"),
        ("성별", "GENDER"),
        ("Staatsangehörigkeit", "NATIONALITY"),
        ("혈액형", "BLOOD_TYPE"),
        ("종교", "RELIGION"),
        ("Kundennummer", "USER_ID"),
        ("회원번호", "USER_ID"),
        ("student_id", "USER_ID"),
        ("member_no", "USER_ID"),
        ("instructorId", "USER_ID"),
        ("password", "PASSWORD"),
        ("비밀번호", "PASSWORD"),
        ("codice_fiscale", "ITALY_FISCAL_CODE"),
        ("ip_address", "IP_ADDRESS"),
        ("billing.addressLine1", "STREET_ADDRESS"),
    ] {
        assert_eq!(one(name, &[]), expected, "{name}");
    }
}

#[test]
fn the_classic_traps_stay_silent() {
    for name in [
        "scenario_code",
        "acid_level",
        "email_verified",
        "x_email_count",
        "country_code",
        "product_name",
        "course_name",
        "company_name",
        "file_name",
        "hostname",
        "order_id",
        "course_id",
        "payment_id",
        "event_id",
        "product_id",
        "email_template",
        "email_subject",
        "email_footer",
        "phone_model",
        "created_at",
        "updated_at",
        "password_changed_at",
        "is_email_valid",
        "상품명",
        "과목명",
        "주문번호",
        "이메일수신여부",
        "address_id",
        "title",
        "status",
        "description",
        "state_machine",
        "page_title",
        "plan_name",
        "sex_ratio",
        "average_age",
        "birth_rate",
        "ip_version",
        "namespace",
        "unnamed",
    ] {
        assert_eq!(one(name, &[]), "none", "{name}");
    }
}

#[test]
fn the_kind_of_value_stands_against_the_name() {
    let batch = RecordBatch::try_from_iter([
        ("email", Arc::new(BooleanArray::from(vec![true, false])) as ArrayRef),
        ("mail", Arc::new(Int64Array::from(vec![3, 17])) as ArrayRef),
        ("phone", Arc::new(BooleanArray::from(vec![true, false])) as ArrayRef),
        ("name", Arc::new(Float64Array::from(vec![1.5, 2.5])) as ArrayRef),
    ])
    .unwrap();
    assert!(look(&batch).iter().all(|f| f.proposals.is_empty()));
    assert_eq!(one("email", &["0", "1"]), "none", "a truth value written as text");
    assert_eq!(one("email", &["daily", "weekly", "never"]), "none", "a preference");
}

#[test]
fn numbers_and_dates_may_be_personal_where_the_name_says_so() {
    let batch = RecordBatch::try_from_iter([
        ("birth_year", Arc::new(Int64Array::from(vec![1958, 1971, 2004])) as ArrayRef),
        ("phone", Arc::new(Int64Array::from(vec![821_012_345_678, 821_023_456_789, 821_034_567_890])) as ArrayRef),
        ("geboren", Arc::new(Date32Array::from(vec![-4_000, 3_000, 9_000])) as ArrayRef),
        ("age", Arc::new(Float64Array::from(vec![22.0, 0.42, 71.0])) as ArrayRef),
        ("lat", Arc::new(Float64Array::from(vec![37.5, 52.52, 48.85])) as ArrayRef),
        ("year", Arc::new(Int64Array::from(vec![2022, 2023, 2024])) as ArrayRef),
    ])
    .unwrap();
    let tags: Vec<_> = look(&batch).iter().map(proposed).collect();
    assert_eq!(tags, ["DATE_OF_BIRTH", "PHONE_NUMBER", "DATE_OF_BIRTH", "AGE", "LOCATION_COORDINATES", "none"]);
}

#[test]
fn values_speak_where_the_name_does_not() {
    for (expected, values) in [
        ("EMAIL_ADDRESS", ["anna@example.com", "b.kim@example.co.kr", "c@d.fr", "o'neil@example.ie"]),
        ("PHONE_NUMBER", ["010-1234-5678", "+49 30 901820", "01 42 68 53 00", "+1 (780) 428-9482"]),
        (
            "IBAN_CODE",
            ["DE89370400440532013000", "FR1420041010050500013M02606", "NL91ABNA0417164300", "GB29NWBK60161331926819"],
        ),
        ("CREDIT_CARD_NUMBER", ["4111111111111111", "5555555555554444", "378282246310005", "6011111111111117"]),
        ("KOREA_RRN", ["900101-1000006", "850505-2000003", "701231-1000005", "040229-3000001"]),
        ("IP_ADDRESS", ["192.168.1.10", "2001:db8::1", "10.0.0.7", "203.0.113.5"]),
        ("MAC_ADDRESS", ["00:1b:44:11:3a:b7", "00-1B-44-11-3A-B8", "001b.4411.3ab9", "00:1b:44:11:3a:ba"]),
        ("GENDER", ["male", "female", "Male", "other"]),
        ("PERSON_NAME", ["김민수", "Anna Schmidt", "Jean Dupont", "García López, María"]),
        ("STREET_ADDRESS", ["Hauptstraße 5", "12 rue de la Paix", "ul. Długa 3", "서울특별시 강남구 테헤란로 123"]),
    ] {
        assert_eq!(one("c1", &values), expected, "{values:?}");
    }
}

#[test]
fn look_alikes_stay_silent() {
    for values in [
        [
            "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
            "3f2504e0-4f89-41d3-9a0c-0305e82c3302",
            "3f2504e0-4f89-41d3-9a0c-0305e82c3303",
            "3f2504e0-4f89-41d3-9a0c-0305e82c3304",
        ],
        ["1700000000", "1700086400", "1700172800", "1700259200"],
        ["1700000000000", "1700086400000", "1700172800000", "1700259200000"],
        ["9780306406157", "9783161484100", "9781861972712", "9780131103627"],
        ["2024-05-06T10:11:12Z", "2024-05-07T10:11:12Z", "2024-05-08T10:11:12Z", "2024-05-09T10:11:12Z"],
        ["2024-05-06", "2024-06-07", "2023-05-08", "2022-05-09"],
        ["1.2.3", "1.2.4", "2.0.0", "10.1.0"],
        ["ORD-2024-0001", "ORD-2024-0002", "ORD-2024-0003", "ORD-2024-0004"],
        ["20240506001", "20240506002", "20240506003", "20240506004"],
        ["19.99", "5.00", "129.95", "0.49"],
        ["€ 19.99", "€ 5.00", "€ 129.95", "€ 0.49"],
        ["A+", "B-", "C", "D+"],
        ["Blue Cotton Shirt", "Red Wool Hat", "Green Silk Scarf", "White Linen Trousers"],
        ["감자튀김", "치즈버거", "콜라", "아이스크림"],
        ["pending", "paid", "shipped", "returned"],
        ["https://example.com/a", "https://example.com/b", "https://example.com/c", "https://example.com/d"],
        ["73282932000074", "55208131766522", "44306184100047", "35600000000048"],
        ["490154203237518", "490154203237526", "490154203237534", "490154203237542"],
    ] {
        assert_eq!(one("c1", &values), "none", "{values:?}");
    }
}

#[test]
fn a_repeated_value_does_not_corroborate_itself() {
    let constant = vec!["4111111111111111"; 500];
    assert_eq!(one("reference", &constant), "none");
    assert_eq!(one("footer", &vec!["noreply@example.com"; 500]), "none", "one value, five hundred times");
    let found = survey(&[("contact", &["anna@example.com", "anna@example.com", "ben@example.com"])]);
    let evidence = &found[0].proposals[0].evidence;
    assert_eq!((evidence.matched, evidence.examined, found[0].examined), (2, 2, 3), "distinct values count");
}

#[test]
fn a_column_of_many_languages_is_one_column() {
    let names = [
        "김민수",
        "이서연",
        "Anna Schmidt",
        "Jürgen Müller",
        "Marie Dubois",
        "José García López",
        "Giulia Rossi",
        "Katarzyna Nowak",
        "Daan de Vries",
        "Emily Clark",
        "Kim Minsu",
        "Zbigniew Wójcik",
        "Xqz Unlisted",
    ];
    let found = survey(&[("name", &names)]);
    assert_eq!(proposed(&found[0]), "PERSON_NAME");
    assert!(found[0].proposals[0].confidence > 0.9, "{:?}", found[0].proposals);
}

#[test]
fn a_korean_customer_table() {
    let found = survey(&[
        ("회원번호", &["M0001", "M0002", "M0003"]),
        ("성명", &["김민수", "이서연", "남궁민수"]),
        ("주민등록번호", &["900101-1000006", "900101-1000007", "040229-3123456"]),
        ("휴대폰", &["010-1234-5678", "010-2345-6789", "010-3456-7890"]),
        (
            "주소",
            &["서울특별시 강남구 테헤란로 123", "부산광역시 해운대구 우동 1478", "경기도 성남시 분당구 판교로 12"],
        ),
        ("성별", &["남", "여", "남"]),
        ("가입일시", &["2024-01-02 10:11:12", "2024-01-03 10:11:12", "2024-01-04 10:11:12"]),
        ("상품명", &["감자튀김", "치즈버거", "콜라"]),
    ]);
    let tags: Vec<_> = found.iter().map(proposed).collect();
    assert_eq!(tags[..4], ["USER_ID", "PERSON_NAME", "KOREA_RRN", "PHONE_NUMBER"]);
    assert!(matches!(tags[4], "ADDRESS" | "STREET_ADDRESS"));
    assert_eq!(tags[5..], ["GENDER", "none", "none"]);
}

#[test]
fn a_number_without_its_check_digit_is_believed_less() {
    let old = survey(&[("c1", &["900101-1000006", "850505-2000003", "701231-1000005"])]);
    let new = survey(&[("c1", &["210101-3123456", "850505-2123457", "211231-4123458"])]);
    let (old, new) = (&old[0].proposals[0], &new[0].proposals[0]);
    assert_eq!((old.detector, new.detector), ("KOREA_RRN", "KOREA_RRN"));
    assert!(old.confidence > new.confidence, "{} {}", old.confidence, new.confidence);
}

#[test]
fn a_city_is_personal_beside_a_name() {
    let cities: &[&str] = &["Berlin", "Seoul", "Paris"];
    let beside =
        survey(&[("first_name", &["Anna", "Minsu", "Luc"]), ("city", cities), ("total", &["1.5", "2.5", "3.5"])]);
    assert_eq!(proposed(&beside[1]), "CITY");
    let apart = survey(&[
        ("city_id", &["1", "2", "3"]),
        ("city", cities),
        ("last_update", &["2006-02-15", "2006-02-16", "2006-02-17"]),
    ]);
    assert_eq!(proposed(&apart[1]), "none");
}

#[test]
fn an_order_that_mentions_a_customer_is_no_person() {
    let found = survey(&[
        ("id", &["1", "2", "3"]),
        ("customer_id", &["7", "8", "9"]),
        ("customer_email", &["a@example.com", "b@example.com", "c@example.com"]),
        ("customer_segment", &["Gold", "Silver", "Bronze"]),
        ("product_name", &["Blue Shirt", "Red Hat", "Green Scarf"]),
        ("state", &["paid", "shipped", "returned"]),
        ("total", &["10.50", "7.00", "3.99"]),
        ("created_at", &["2024-05-06 10:11:12", "2024-05-07 10:11:12", "2024-05-08 10:11:12"]),
    ]);
    let tags: Vec<_> = found.iter().map(proposed).collect();
    assert_eq!(tags, ["none", "USER_ID", "EMAIL_ADDRESS", "none", "none", "none", "none", "none"]);
}

#[test]
fn one_telephone_number_in_a_hundred_notes_is_enough() {
    let mut notes: Vec<String> =
        (0..99).map(|i| format!("the customer asked about delivery number {i} again")).collect();
    notes.push("please call back on +49 30 901820 after five".to_owned());
    let notes: Vec<&str> = notes.iter().map(String::as_str).collect();
    let found = survey(&[("c7", &notes)]);
    assert_eq!(proposed(&found[0]), "FREE_TEXT_PII");
    assert_eq!(found[0].proposals[0].evidence.matched, 1);
    assert_eq!(one("c7", &notes[..99]), "none");
}

#[test]
fn what_a_personal_column_hides_is_a_pseudonym() {
    let hashes =
        ["5d41402abc4b2a76b9719d911017c592", "7d793037a0760186574b0282f2f435e7", "9e107d9d372bb6826bd81d3542a419d6"];
    assert_eq!(one("email", &hashes), "PSEUDONYM");
    assert_eq!(one("etag", &hashes), "none");
}

#[test]
fn evidence_explains_and_leaks_nothing() {
    let secrets = ["anna.schmidt@example.com", "benedikt@example.org", "charlotte@example.net"];
    let found = survey(&[("email", &secrets)]);
    let finding = &found[0].proposals[0];
    assert_eq!(
        finding.evidence.to_string(),
        "3 of 3 distinct values match the pattern of: e-mail; column name `email`"
    );
    let shown = format!("{found:?}");
    for part in ["anna", "schmidt", "benedikt", "charlotte", "example."] {
        assert!(!shown.contains(part), "{part}");
    }
    assert_eq!(finding.category.name(), "user.contact.email");
}

#[test]
fn rows_and_nulls_are_exact_and_late_values_are_met() {
    let early: Vec<Option<String>> = (0..8_192).map(|i| (i % 8 != 0).then(|| format!("word{i}"))).collect();
    let late: Vec<Option<String>> = (0..8_192).map(|i| Some(format!("user{i}@example.com"))).collect();
    let batch = |values: &Vec<Option<String>>| {
        RecordBatch::try_from_iter_with_nullable([(
            "c1",
            Arc::new(StringArray::from(values.clone())) as ArrayRef,
            true,
        )])
        .unwrap()
    };
    let mut survey = Survey::with_sample(&batch(&early).schema(), 500);
    for _ in 0..20 {
        survey.observe(&batch(&early)).unwrap();
    }
    for _ in 0..40 {
        survey.observe(&batch(&late)).unwrap();
    }
    let found = survey.finish().remove(0);
    assert_eq!((found.rows, found.nulls, found.distinct), (60 * 8_192, 20 * 1_024, 500));
    assert_eq!(proposed(&found), "EMAIL_ADDRESS", "{:?}", found.proposals);
}

#[test]
fn another_tables_batch_is_refused() {
    let one = RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]).unwrap();
    let two = RecordBatch::try_from_iter([
        ("a", Arc::new(Int64Array::from(vec![1])) as ArrayRef),
        ("b", Arc::new(Int64Array::from(vec![1])) as ArrayRef),
    ])
    .unwrap();
    let error = Survey::new(&one.schema()).observe(&two).unwrap_err();
    assert_eq!(error.to_string(), "the rows have 2 columns, but the first had 1: survey each table by itself");
}
