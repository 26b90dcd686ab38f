/// The year in a written date, if its place is beyond doubt: first (ISO) or last (`17.05.1990`, `5/17/1990`).
pub(super) fn year(text: &str) -> Option<&str> {
    let parts = parts(text)?;
    parts.iter().copied().find(|p| p.len() == 4).filter(|_| parts.iter().filter(|p| p.len() == 4).count() == 1)
}

/// `YYYY-MM`, if day and month cannot be taken for one another: ISO order, or dots (`17.05.1990`).
pub(super) fn month(text: &str) -> Option<String> {
    let (year, month) = match (parts(text)?, text.contains('.')) {
        ([year, month, _], _) if year.len() == 4 => (year, month),
        ([_, month, year], true) if year.len() == 4 => (year, month),
        _ => return None,
    };
    let number: u8 = month.parse().ok()?;
    (1..=12).contains(&number).then(|| format!("{year}-{number:02}"))
}

/// The three numbers of the date part; a time may follow.
fn parts(text: &str) -> Option<[&str; 3]> {
    let date = text.trim().split([' ', 'T']).next()?;
    let mut numbers = date.split(['-', '/', '.']);
    let parts = [numbers.next()?, numbers.next()?, numbers.next()?];
    let digits = |p: &&str| (1..=4).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
    (parts.iter().all(digits) && numbers.next().is_none_or(str::is_empty)).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_found_where_it_is_certain() {
        for text in
            ["1990-05-17", "17.05.1990", "5/17/1990", "1990. 5. 17.".replace(' ', "").as_str(), "1990-05-17T00:00:00Z"]
        {
            assert_eq!(year(text), Some("1990"), "{text}");
        }
        for text in ["90-05-17", "yesterday", "", "1990", "1990-1991-1992"] {
            assert_eq!(year(text), None, "{text}");
        }
    }

    #[test]
    fn a_month_is_never_guessed() {
        assert_eq!(month("1990-05-17").as_deref(), Some("1990-05"));
        assert_eq!(month("17.5.1990").as_deref(), Some("1990-05"));
        assert_eq!(month("5/6/1990"), None);
        assert_eq!(month("1990-13-01"), None);
    }
}
