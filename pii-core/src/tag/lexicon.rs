//! Lists of words that values are compared with: given and family names, genders, religions.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::fold::fold;

/// A given name: `Anna`, `Jean-Pierre`, `민수`.
pub(super) fn is_given_name(value: &str) -> bool {
    let mut words = words(value);
    match (words.next(), words.next()) {
        (Some(first), second) => GIVEN.contains(&first) && second.is_none_or(|s| GIVEN.contains(&s) || s.len() == 1),
        _ => false,
    }
}

/// A family name: `Müller`, `de Vries`, `김`.
pub(super) fn is_family_name(value: &str) -> bool {
    let mut last = None;
    for (i, word) in words(value).enumerate() {
        if i > 3 || value.contains(|c: char| c.is_ascii_digit()) {
            return false;
        }
        last = Some(word);
    }
    last.is_some_and(|word| FAMILY.contains(&word)) || KOREAN.0.contains(value)
}

/// A person's full name, in either order, with or without titles and initials: `Braund, Mr. Owen Harris`, `김민수`.
pub(super) fn is_full_name(value: &str) -> bool {
    if is_korean_name(value) {
        return true;
    }
    if value.len() > 120 || value.chars().any(|c| !(c.is_alphabetic() || " ,.'’-()\"/&;".contains(c))) {
        return false;
    }
    let titled = fold(value).split_whitespace().any(|word| TITLES.contains(&word));
    let words: Vec<String> = words(value).filter(|w| !TITLES.contains(&w.as_str())).collect();
    let given = words.iter().filter(|w| GIVEN.contains(*w)).count();
    let family = words.iter().any(|w| FAMILY.contains(w));
    // A capital begins every word of a name, save for `de`, `van` and the like: prose does not look so.
    let proper = value.split_whitespace().all(|w| !w.starts_with(|c: char| c.is_lowercase()) || w.len() < 5);
    let lower = value.chars().all(|c| !c.is_uppercase());
    (proper || lower) && (2..=12).contains(&words.len()) && (given > 0 || (titled && family))
}

/// Words that could make a person's name, known or not: the least that a column called so must hold.
pub(super) fn is_name_like(value: &str) -> bool {
    let letters = value.chars().filter(|c| c.is_alphabetic()).count();
    let foreign = value.chars().any(|c| !(c.is_alphabetic() || " ,.'’-()\"·".contains(c) || super::fold::is_mark(c)));
    letters > 0 && !foreign && value.chars().count() < 90 && value.split_whitespace().count() < 12
}

/// A Korean name in Hangul: a family name and one or two (rarely three) syllables that names are made of.
pub(super) fn is_korean_name(value: &str) -> bool {
    let syllables: Vec<char> = value.chars().filter(|c| *c != ' ').collect();
    let (families, parts) = &*KOREAN;
    let split_at = |n: usize, given: std::ops::RangeInclusive<usize>| {
        let (family, rest) = (syllables.get(..n), syllables.get(n..).unwrap_or_default());
        family.is_some_and(|f| families.contains(f.iter().collect::<String>().as_str()))
            && given.contains(&rest.len())
            && rest.iter().all(|s| parts.contains(s))
    };
    split_at(1, 2..=2) || split_at(2, 1..=2) || (syllables.len() == 2 && split_at(1, 1..=1))
}

/// Sex or gender in words: `female`, `여`, `weiblich`.
pub(super) fn is_gender(value: &str) -> bool {
    GENDERS.contains(&fold(value.trim()))
}

/// Sex or gender as a column called so may write it: words, letters, ISO/IEC 5218.
pub(super) fn is_gender_code(value: &str) -> bool {
    let folded = fold(value.trim());
    is_gender(value)
        || matches!(
            folded.as_str(),
            "m" | "f" | "w" | "d" | "x" | "h" | "v" | "k" | "u" | "o" | "0" | "1" | "2" | "3" | "4" | "9"
        )
        || ["unknown", "other", "prefer not to say", "unbekannt", "inconnu", "기타", "미상"].contains(&folded.as_str())
}

/// A religion or belief: `katholisch`, `Buddhist`, `천주교`.
pub(super) fn is_religion(value: &str) -> bool {
    let folded = fold(value.trim());
    RELIGIONS.contains(&folded) || folded.split_whitespace().next().is_some_and(|first| RELIGIONS.contains(first))
}

/// The words of a value, folded, cut at what is no letter.
fn words(value: &str) -> impl Iterator<Item = String> {
    value
        .split(|c: char| !(c.is_alphabetic() || super::fold::is_mark(c) || c == '\'' || c == '’'))
        .map(|word| fold(word).replace(['\'', '’'], ""))
        .filter(|word| !word.is_empty())
}

fn list(text: &'static str) -> HashSet<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).map(|word| fold(word).replace('\'', "")).collect()
}

const TITLES: &[&str] = &[
    "mr", "mr.", "mrs", "mrs.", "ms", "ms.", "miss", "miss.", "master.", "dr", "dr.", "prof", "prof.", "rev.", "sir",
    "herr", "frau", "m.", "mme", "mlle", "mme.", "mlle.", "monsieur", "madame", "sr.", "sra.", "don", "dona", "sig.",
    "sig.ra", "dott.", "pan", "pani", "dhr.", "mevr.", "master", "rev", "jr", "jr.",
];

static GIVEN: LazyLock<HashSet<String>> = LazyLock::new(|| list(include_str!("lexicon/given.txt")));
static FAMILY: LazyLock<HashSet<String>> = LazyLock::new(|| list(include_str!("lexicon/family.txt")));
static GENDERS: LazyLock<HashSet<String>> = LazyLock::new(|| list(include_str!("lexicon/gender.txt")));
static RELIGIONS: LazyLock<HashSet<String>> = LazyLock::new(|| list(include_str!("lexicon/religion.txt")));

/// Family names, and the syllables of given names.
static KOREAN: LazyLock<(HashSet<&'static str>, HashSet<char>)> = LazyLock::new(|| {
    let (family, syllables) = include_str!("lexicon/korean.txt").split_once("# syllables").unwrap_or_default();
    let family = family.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect();
    (family, syllables.chars().filter(|c| c.is_alphabetic()).collect())
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names_in_many_languages() {
        for name in [
            "Anna Schmidt",
            "Braund, Mr. Owen Harris",
            "jean-pierre dupont",
            "García López, María",
            "Łukasz Wiśniewski",
            "김민수",
            "이 서연",
            "남궁민수",
            "Kim Minsu",
            "SØREN HANSEN",
            "Daan de Vries",
        ] {
            assert!(is_full_name(name), "{name}");
        }
    }

    #[test]
    fn things_have_no_names_of_persons() {
        for thing in [
            "Blue Cotton Shirt",
            "Introduction to Rust",
            "주식회사",
            "감자튀김",
            "AC/DC",
            "Sales Manager",
            "Order 66",
            "Thomas",
        ] {
            assert!(!is_full_name(thing), "{thing}");
        }
    }

    #[test]
    fn every_list_is_read() {
        assert!(GIVEN.len() > 1_000 && FAMILY.len() > 700, "{} {}", GIVEN.len(), FAMILY.len());
        assert!(KOREAN.0.len() > 80 && KOREAN.1.len() > 150, "{} {}", KOREAN.0.len(), KOREAN.1.len());
        assert!(is_gender("WEIBLICH") && is_gender("여") && !is_gender("M") && is_gender_code("M"));
        assert!(is_religion("Römisch-katholisch") && is_religion("천주교") && !is_religion("Berlin"));
    }
}
