//! What a column of people looks like as a whole, where one value says little.

use std::collections::BTreeSet;

use super::date::moment;
use super::lexicon::{is_gender, is_gender_code};
use super::pattern::blood_type_with_rhesus;
use super::profile::Profile;

/// Dates without a time of day, of many years, around a lifetime ago: not when rows were made.
pub(super) fn ages_like_a_population(profile: &Profile) -> usize {
    let moments = profile.values().filter_map(moment);
    let mut years: Vec<i16> = moments.filter(|m| !m.has_time).map(|m| m.date.year()).collect();
    years.sort_unstable();
    let at = |percent: usize| years.get(years.len() * percent / 100).copied().unwrap_or(0);
    let plausible = years.len() >= 20
        && (1900..2000).contains(&at(5))
        && (1940..=2012).contains(&at(50))
        && at(99) < 2025
        && at(90) - at(10) >= 15;
    if plausible { years.len() } else { 0 }
}

/// A handful of distinct values, all of them genders, and two that differ.
pub(super) fn two_genders(profile: &Profile) -> usize {
    let values: BTreeSet<String> = profile.values().map(str::to_lowercase).collect();
    let letters = [["m", "f"], ["m", "w"], ["h", "f"], ["m", "v"], ["m", "k"]];
    let pair = letters.iter().any(|pair| pair.iter().all(|letter| values.contains(*letter)));
    let words = values.iter().filter(|v| is_gender(v)).count() >= 2;
    if values.len() <= 8 && (pair || words) && values.iter().all(|v| is_gender_code(v)) { values.len() } else { 0 }
}

/// Blood groups with their rhesus factor and nothing else; among them 0 or AB, which no school mark is.
pub(super) fn blood_groups(profile: &Profile) -> usize {
    let all = profile.values().all(blood_type_with_rhesus);
    let telling = profile.values().any(|v| v.to_uppercase().contains("AB") || v.contains(['O', 'o', '0']));
    if all && telling && (2..=20).contains(&profile.distinct()) { profile.distinct() } else { 0 }
}
