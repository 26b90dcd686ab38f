use crate::vocab::edits;

/// The one of `known` that `word` was probably meant to be; `None` if nothing comes near.
pub(super) fn closest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let near = |candidate: &str| edits(word, candidate);
    let best = known.into_iter().min_by_key(|candidate| near(candidate))?;
    let plural = best.starts_with(word) || word.starts_with(best);
    (plural || near(best) <= best.chars().count().max(2) / 2).then_some(best)
}

/// "did you mean `x`?", or what there is.
pub(super) fn suggestion(word: &str, known: &[&str]) -> String {
    match closest(word, known.iter().copied()) {
        Some(best) => format!("did you mean `{best}`?"),
        None => format!("there is {}", list(known)),
    }
}

/// `a`, `b`, `c`.
pub(super) fn list(words: &[&str]) -> String {
    words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_word_that_was_meant() {
        let known = ["lawful_basis", "special_basis", "direct_marketing", "id"];
        assert_eq!(closest("lawfull_basis", known), Some("lawful_basis"));
        assert_eq!(closest("direct-marketing", known), Some("direct_marketing"));
        assert_eq!(closest("ids", known), Some("id"));
        assert_eq!(closest("colour", known), None);
    }
}
