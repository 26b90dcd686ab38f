//! Each test breaks the good policy in one place, marks with `«…»` what must be pointed at, and asserts that
//! nothing else is found.

use super::*;

/// Puts `broken` in the place of `sound`, and returns the one violation that follows.
#[track_caller]
fn breaks(sound: &str, broken: &str) -> Violation {
    assert_eq!(GOOD.matches(sound).count(), 1, "`{sound}` must stand once in the good policy");
    refused(&GOOD.replace(sound, broken))
}

/// The one violation of a marked text, which must be where the mark is.
#[track_caller]
fn refused(marked: &str) -> Violation {
    let (before, rest) = marked.split_once('«').unwrap();
    let (meant, after) = rest.split_once('»').unwrap();
    let found = violations(parse(&format!("{before}{meant}{after}")));
    let [violation] = found.as_slice() else { panic!("{} violations: {found:#?}", found.len()) };
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
    let expected = (before.matches('\n').count() + 1, column, meant);
    let place = &violation.place;
    assert_eq!((place.line(), place.column(), place.excerpt()), expected, "{violation:#?}");
    violation.clone()
}

/// The violation has this code, and says how to mend it.
#[track_caller]
fn is(violation: &Violation, code: &str, mend: &str) {
    assert_eq!(violation.code, code, "{violation:#?}");
    assert!(violation.mend.contains(mend), "{violation:#?}");
}

#[test]
fn a_violation_tells_file_line_column_and_the_mend() {
    let found = violations(parse(&GOOD.replace("total = \"none\"", "total = \"user.finance\"")));
    let [violation] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!(violation.to_string(), "policies/shop.toml:73:9: `user.finance` is not a category");
    assert_eq!(violation.place.source_line(), "total = \"user.finance\"");
    assert_eq!(violation.mend, "did you mean `user.financial`?");
}

#[test]
fn all_violations_are_found_at_once_in_the_order_of_the_file() {
    let text = GOOD
        .replace("\"contract\"\n\n", "\"contractual\"\n\n")
        .replace("email = \"EMAIL_ADDRESS\"", "email = \"user.email\"")
        .replace("keep = \"P3Y\"", "keep = \"3Y\"")
        .replace("retention = { keep = \"P10Y\", then = \"null-columns\" }\n", "")
        .replace("purpose = \"analytics\"", "purpose = \"analytic\"");
    let codes: Vec<_> = violations(parse(&text)).iter().map(|v| v.code).collect();
    assert_eq!(
        codes,
        ["unknown-basis", "unknown-purpose", "malformed-period", "unknown-category", "retention-missing"]
    );
}

#[test]
fn an_error_names_the_first_and_counts_the_rest() {
    let text = GOOD.replace("\"EMAIL_ADDRESS\"", "\"MAIL\"").replace("\"KR\"", "\"Korea\"");
    let error = parse(&text).unwrap_err().to_string();
    assert_eq!(error, "policies/shop.toml:65:9: `MAIL` is not a category (and 1 more)");
}

#[test]
fn what_is_not_toml() {
    is(&breaks("total = \"none\"", "total «»\"none\""), "syntax", "correct it here");
}

#[test]
fn a_text_without_quotes() {
    is(&breaks("total = \"none\"", "total = «none»"), "syntax", "write `\"none\"`");
    is(&breaks("\"EMAIL_ADDRESS\"", "«user.contact.email»"), "syntax", "write `\"user.contact.email\"`");
}

#[test]
fn a_category_without_quotes_beside_a_wider_one() {
    is(&breaks("\"user.contact\" =", "«user».contact ="), "syntax", "in quotes: `\"user.contact\"");
}

#[test]
fn a_column_that_is_decided_twice() {
    is(&breaks("total = \"none\"", "total = \"none\"\n«total» = \"user\""), "syntax", "take one of the two away");
}

#[test]
fn a_file_that_is_not_toml_is_not_asked_for_names() {
    let files = [("a.toml".into(), "[[purpose]\n".to_owned()), ("b.toml".into(), GOOD.replace("\"KR\"", "\"kr\""))];
    let codes: Vec<_> = violations(Policy::parse(&files)).iter().map(|v| v.code).collect();
    assert_eq!(codes, ["syntax", "malformed-region"]);
}

#[test]
fn an_unknown_key_in_every_table() {
    for (sound, broken, meant) in [
        ("contact = \"dpo@acme.example\"", "contact = \"a\"\n«contacts» = \"b\"", "`contact`"),
        ("direct_marketing = true", "«direct-marketing» = true", "`direct_marketing`"),
        ("pseudonym = \"hex\"", "«pseudonyms» = \"hex\"", "`pseudonym`"),
        (
            "recipients = [\"mailer\", \"meter\"]",
            "recipients = [\"mailer\", \"meter\"]\n«recipient» = 1",
            "`recipients`",
        ),
        ("location = \"data/visits.parquet\"", "location = \"x\"\n«erase» = \"x\"", "`erasure`"),
        ("region = \"KR\"", "«regoin» = \"KR\"", "`region`"),
        ("then = \"delete-row\"", "«than» = \"delete-row\"", "`then`"),
        ("kind = \"patient_id\"", "kind = \"patient_id\", «knd» = 1", "`kind`"),
        ("until = 2035-12-31", "«untill» = 2035-12-31", "`until`"),
    ] {
        is(&breaks(sound, broken), "unknown-key", meant);
    }
    is(&refused(&format!("{GOOD}\n[[«datasets»]]\nid = \"x\"\n")), "unknown-key", "`dataset`");
}

#[test]
fn a_key_that_is_missing() {
    let marked = |what: &str| GOOD.replace(what, &format!("«{what}»"));
    is(&refused(&marked("[controller]").replace("name = \"Acme GmbH\"", "")), "missing-key", "name = \"Acme GmbH\"");
    let text = GOOD.replacen("[[dataset]]", "«[[dataset]]»", 1);
    is(&refused(&text.replace("purposes = [\"sales\", \"analytics\", \"newsletter\"]", "")), "missing-key", "purposes");
    let phone = "{ category = \"user.contact.phone_number\", region = \"KR\" }";
    is(&breaks(phone, "«{ region = \"KR\" }»"), "missing-key", "category");
}

#[test]
fn a_value_of_another_sort() {
    is(&breaks("name = \"Acme GmbH\"", "name = «7»"), "wrong-type", "in quotes");
    is(&breaks("direct_marketing = true", "direct_marketing = «\"yes\"»"), "wrong-type", "without quotes");
    is(&breaks("total = \"none\"", "total = «[\"none\"]»"), "wrong-type", "in quotes");
    is(
        &breaks("subject = { column = \"patient\", kind = \"patient_id\" }", "subject = «\"patient\"»"),
        "wrong-type",
        "{",
    );
    is(&refused(&GOOD.replace("[[group]]", "[«group»]")), "wrong-type", "`[[group]]`");
}

#[test]
fn a_text_that_is_empty() {
    is(&breaks("\"Acme GmbH\"", "«\" \"»"), "empty-value", "write something");
}

#[test]
fn a_path_without_quotes() {
    is(
        &breaks("\"address.country\" = \"none\"", "«city».country = \"none\""),
        "unquoted-path",
        "`\"city.country\" = …`",
    );
    is(&breaks("\"user.name\" = \"keep\"", "«user».name = \"keep\""), "unquoted-path", "`\"user.name\" = …`");
}

/// `item.category = "none"` would decide all of `item`.
#[test]
fn a_path_without_quotes_that_ends_in_category() {
    is(&breaks("total = \"none\"", "«item».category = \"none\""), "unquoted-path", "`\"item.category\" = …`");
}

#[test]
fn an_unknown_category() {
    is(&breaks("\"EMAIL_ADDRESS\"", "«\"user.contact.emial\"»"), "unknown-category", "`user.contact.email`");
    is(&breaks("\"user.contact\" =", "«\"user.contcat\"» ="), "unknown-category", "`user.contact`");
}

#[test]
fn a_category_listed_under_two_names() {
    let twice = "\"user.contact.email\" = \"keep\"\n«\"EMAIL_ADDRESS\"» = \"drop\"";
    let violation = breaks("\"user.contact.email\" = \"keep\"", twice);
    is(&violation, "duplicate-category", "take one of the two away");
}

#[test]
fn an_unknown_basis() {
    is(&breaks("\"legitimate-interests\"", "«\"legitimate-interest\"»"), "unknown-basis", "`legitimate-interests`");
    is(&breaks("\"health-care\"", "«\"healthcare\"»"), "unknown-basis", "`health-care`");
}

#[test]
fn an_unknown_method() {
    is(&breaks("\"year\"", "«\"hash\"»"), "unknown-method", "`pseudonymise`");
    is(&breaks("\"year\"", "«{ hash = true }»"), "unknown-method", "{ keep = \"why\" }");
    is(&breaks("\"year\"", "{ bucket = «0» }"), "unknown-method", "{ bucket = 10 }");
    is(&breaks("\"year\"", "{ truncate-coordinates = «9» }"), "unknown-method", "{ truncate-coordinates = 2 }");
    is(&breaks("\"year\"", "{ mask = { first = «1.5» } }"), "unknown-method", "first = 1, last = 2");
}

#[test]
fn an_unknown_form_of_pseudonyms() {
    is(&breaks("\"hex\"", "«\"base64\"»"), "unknown-pseudonym-form", "`base64url`");
}

#[test]
fn a_malformed_name() {
    is(&breaks("id = \"crm.customers\"", "id = «\"CRM Customers\"»"), "malformed-name", "`crm-customers`");
    is(&breaks("kind = \"patient_id\"", "kind = «\"Patient\"»"), "malformed-name", "`customer_id`");
}

#[test]
fn a_recipient_with_a_purpose_that_does_not_exist() {
    is(&breaks("purpose = \"analytics\"", "purpose = «\"analytic\"»"), "unknown-purpose", "`analytics`");
    is(
        &breaks("purpose = \"analytics\"", "purpose = «\"fraud\"»"),
        "unknown-purpose",
        "`[[purpose]]` with `id = \"fraud\"`",
    );
}

#[test]
fn a_recipient_with_a_purpose_that_no_dataset_allows() {
    let text = GOOD.replace("[\"care\", \"analytics\"]", "[\"sales\"]");
    let text = text.replace("purpose = \"care\"", "purpose = «\"care\"»");
    let text = text.replace("diagnosis = \"user.health_and_medical.diagnosis\"", "");
    is(&refused(&text), "purpose-without-dataset", "add `care` to the purposes of a dataset");
}

#[test]
fn a_dataset_with_a_purpose_that_does_not_exist() {
    let purposes = "[\"sales\", \"analytics\", \"newsletter\"]";
    let broken = "[\"sales\", \"analytics\", \"newsletter\", «\"newsleter\"»]";
    is(&breaks(purposes, broken), "unknown-purpose", "`newsletter`");
}

/// A purpose with another mistake in it is known all the same.
#[test]
fn one_mistake_is_reported_once() {
    is(&breaks("\"consent\"", "«\"assent\"»"), "unknown-basis", "`consent`");
    is(&breaks("pseudonym = \"hex\"", "«colour» = 1"), "unknown-key", "`id`");
}

#[test]
fn a_dataset_without_a_purpose() {
    let text = GOOD.replace("[\"care\", \"analytics\"]", "«[]»").replace("purpose = \"care\"", "purpose = \"sales\"");
    is(&refused(&text), "no-purpose", "purposes = [");
}

#[test]
fn a_dataset_without_retention() {
    let text = GOOD.replace("\"clinic.visits\"", "«\"clinic.visits\"»");
    let text = text.replace("retention = { keep = \"P10Y\", then = \"null-columns\" }\n", "");
    is(&refused(&text), "retention-missing", "keep = \"P7D\"");
}

#[test]
fn a_retention_without_a_period() {
    is(&breaks("{ keep = \"P10Y\", then = \"null-columns\" }", "«{ then = \"null-columns\" }»"), "missing-key", "P7D");
}

#[test]
fn a_period_that_is_none() {
    for period in ["10 years", "P0D", "-P10Y", "P10"] {
        is(&breaks("\"P10Y\"", &format!("«\"{period}\"»")), "malformed-period", "`P7D`");
    }
}

#[test]
fn a_retention_that_never_ends() {
    let broken = "then = «{ keep = \"we like them\" }»";
    is(&breaks("then = \"null-columns\"", broken), "endless-retention", "make the period longer");
}

#[test]
fn a_retention_that_counts_from_nowhere() {
    is(&breaks("after = \"last_order_at\"", "after = «\"last_order\"»"), "unknown-column", "`last_order_at`");
}

#[test]
fn an_unknown_way_to_erase() {
    is(&breaks("erasure = \"delete-row\"", "erasure = «\"delete-rows\"»"), "unknown-erasure", "`delete-row`");
    is(&breaks("erasure = \"delete-row\"", "erasure = «\"keep\"»"), "unknown-erasure", "Art. 17(3)");
    is(&breaks("until = 2035-12-31", "until = «\"2035\"»"), "malformed-date", "2035-12-31");
}

#[test]
fn a_subject_that_is_no_column() {
    is(&breaks("column = \"patient\"", "column = «\"patients\"»"), "unknown-column", "`patient`");
}

#[test]
fn a_subject_that_is_not_personal() {
    let text = GOOD.replace("column = \"patient\"", "column = «\"patient\"»");
    let text = text.replace("patient = \"user.unique_id\"", "patient = \"none\"");
    is(&refused(&text), "subject-not-personal", "`user.unique_id`");
}

#[test]
fn personal_data_about_nobody() {
    let text = GOOD.replace("id = \"clinic.visits\"", "id = «\"clinic.visits\"»");
    let text = text.replace("subject = { column = \"patient\", kind = \"patient_id\" }\n", "");
    is(&refused(&text), "subject-missing", "subject = {");
}

#[test]
fn a_dataset_about_nobody_needs_no_subject() {
    let shops = "\n[[dataset]]\nid = \"shops\"\nlocation = \"shops.csv\"\npurposes = [\"sales\"]\n\
                 retention = { keep = \"P9Y\" }\ncolumns = { street = \"none\" }\n";
    assert!(parse(&format!("{GOOD}{shops}")).is_ok());
}

#[test]
fn a_method_for_a_recipient_that_does_not_exist() {
    is(&breaks("method.warehouse = \"null\"", "method.warehose = «\"null\"»"), "unknown-recipient", "`warehouse`");
}

#[test]
fn a_method_that_can_do_nothing_with_the_category() {
    let listed = |category: &str, method: &str| {
        breaks("\"user.contact\" = \"pseudonymise\"", &format!("\"{category}\" = «\"{method}\"»"))
    };
    is(&listed("user.contact.email", "year"), "unsuitable-method", "`user.demographic.date_of_birth`");
    is(&listed("user.name", "network-24"), "unsuitable-method", "`user.location.ip_address`");
    is(&listed("user.contact.url", "truncate-coordinates"), "unsuitable-method", "`user.location.precise`");
    is(&listed("user.free_text", "bucket:10"), "unsuitable-method", "`user.demographic.age`");
}

#[test]
fn a_columns_own_method_that_can_do_nothing_with_it() {
    is(&breaks("method.warehouse = \"null\"", "method.warehouse = «\"month\"»"), "unsuitable-method", "date_of_birth");
}

#[test]
fn a_method_of_a_wider_category_that_can_do_nothing_with_the_column() {
    let text = GOOD.replace("total = \"none\"", "«gender» = \"user.demographic.gender\"");
    let text = text.replace("\"user.demographic.date_of_birth\" = \"year\"", "\"user.demographic\" = \"year\"");
    is(&refused(&text), "unsuitable-method", "list `user.demographic.gender` for `warehouse`");
}

#[test]
fn special_data_that_no_purpose_may_hold() {
    let violation = breaks("total = \"none\"", "«faith» = \"user.demographic.religious_belief\"");
    is(&violation, "special-without-basis", "`special_basis` (Art. 9(2))");
}

#[test]
fn special_data_for_a_recipient_whose_purpose_has_no_basis() {
    let text = GOOD.replace("\ndiagnosis =", "\n«diagnosis» =");
    let text = text.replace("\"user\" = \"drop\"", "\"user\" = \"pseudonymise\"");
    let violation = refused(&text);
    is(&violation, "special-without-basis", "`method.warehouse = \"drop\"`");
    assert!(violation.message.contains("for `analytics`, which has no basis for it"), "{violation}");
}

#[test]
fn special_data_pass_where_they_are_withheld() {
    for method in ["drop", "null", "constant:-"] {
        parse(&GOOD.replace("\"user\" = \"drop\"", &format!("\"user\" = \"{method}\""))).unwrap();
    }
}

#[test]
fn criminal_data_without_a_law_that_allows_them() {
    let record = "total = \"none\"\n«record» = \"user.criminal_history\"";
    is(&breaks("total = \"none\"", record), "criminal-without-basis", "`criminal_basis`");
    let text = GOOD.replace("total = \"none\"", "record = \"user.criminal_history\"");
    let text = text.replace("id = \"sales\"", "id = \"sales\"\ncriminal_basis = \"section 30a of the Trade Code\"");
    parse(&text).unwrap();
}

#[test]
fn an_identity_number_in_clear() {
    let listed = |choice: &str| format!("\"user.contact.email\" = \"keep\"\n\"user.government_id\" = {choice}");
    let sound = "\"user.contact.email\" = \"keep\"";
    is(&breaks(sound, &listed("«\"keep\"»")), "clear-identifier", "{ keep = \"why\" }");
    parse(&GOOD.replace(sound, &listed("{ keep = \"the border asks for it\" }"))).unwrap();
}

#[test]
fn an_identity_number_in_clear_by_way_of_a_wider_category() {
    let text = GOOD.replace("total = \"none\"", "«passport» = \"PASSPORT\"");
    let text = text.replace("\"user.contact.email\" = \"keep\"", "\"user\" = \"keep\"");
    is(&refused(&text), "clear-identifier", "list `user.government_id.passport` for `mailer`");
}

/// Who keeps everything on one ground has not thought of passports.
#[test]
fn a_ground_for_a_wider_category_does_not_cover_an_identity_number() {
    let text = GOOD.replace("total = \"none\"", "«passport» = \"PASSPORT\"");
    let text = text.replace("\"user.contact.email\" = \"keep\"", "\"user\" = { keep = \"we trust them\" }");
    is(&refused(&text), "clear-identifier", "list `user.government_id.passport` for `mailer`");
}

#[test]
fn a_method_for_all_that_is_not_personal_must_suit_all_of_it() {
    is(&breaks("\"none\" = \"keep\"", "\"none\" = «\"year\"»"), "unsuitable-method", "`keep` or `drop`");
}

#[test]
fn the_same_name_twice() {
    is(&breaks("id = \"clinic\"", "id = «\"warehouse\"»"), "duplicate-id", "rename");
}

#[test]
fn a_group_of_strangers() {
    is(&breaks("[\"mailer\", \"meter\"]", "[\"mailer\", «\"metre\"»]"), "unknown-recipient", "`meter`");
}

#[test]
fn a_recipient_in_two_groups() {
    let second = "\n[[group]]\nid = \"other\"\nrecipients = [«\"meter\"»]\n";
    is(&refused(&format!("{GOOD}{second}")), "two-groups", "in one group");
}

/// It would share the domain that is the recipient's own, and so join what must not be joined.
#[test]
fn a_group_with_the_name_of_a_recipient() {
    is(&breaks("id = \"campaign\"", "id = «\"warehouse\"»"), "group-is-recipient", "a name of its own");
    is(&breaks("pseudonym = \"hex\"", "group = «\"warehouse\"»"), "group-is-recipient", "a name of its own");
}

#[test]
fn a_policy_without_a_controller() {
    let text = GOOD.replace("[controller]\nname = \"Acme GmbH\"\ncontact = \"dpo@acme.example\"\n", "");
    is(&refused(&format!("«»{text}")), "controller-missing", "[controller]");
}

#[test]
fn a_time_for_requests_that_is_none() {
    let with = |line: &str| refused(&format!("{GOOD}\n[requests]\n{line}\n"));
    is(&with("days = «0»"), "malformed-days", "31 at most");
    is(&with("days = «32»"), "malformed-days", "one month");
    is(&with("days = «\"30\"»"), "wrong-type", "");
    is(&with("time_zone = «\"Berlin\"»"), "unknown-time-zone", "Europe/Berlin");
    is(&with("holidays = [2026-12-25, «\"Christmas\"»]"), "malformed-date", "2026-12-25");
    is(&with("roll_to_working_day = «1»"), "wrong-type", "");
    is(&with("«day» = 30"), "unknown-key", "days");
}

#[test]
fn a_policy_that_decides_nothing() {
    is(&refused("«»[controller]\nname = \"Acme\"\n"), "empty-policy", "[[dataset]]");
}

#[test]
fn a_policy_cut_off_anywhere_is_read_without_panic_and_places_are_in_it() {
    for end in (0..GOOD.len()).step_by(3).filter(|end| GOOD.is_char_boundary(*end)) {
        if let Err(Error::Violations(found)) = parse(&GOOD[..end]) {
            assert!(!found.is_empty());
            assert!(found.iter().all(|v| v.place.span().end <= end && !v.mend.is_empty() && !v.message.is_empty()));
        }
    }
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_fine() {
    let policy = parse(&format!("\u{feff}{}", GOOD.replace('\n', "\r\n"))).unwrap();
    assert_eq!(policy.dataset(&dataset("crm.customers")).unwrap().place().line(), 57);
}

#[test]
fn an_origin_that_is_none() {
    is(&breaks("origin = \"observed\"", "origin = «\"observe\"»"), "unknown-origin", "`observed`");
    is(&breaks("origin = \"provided\"", "origin = «\"given\"»"), "unknown-origin", "`provided`");
    is(&breaks("\"what the patient is called\"", "«\" \"»"), "empty-value", "take the key away");
}
