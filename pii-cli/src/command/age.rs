use jiff::{SignedDuration, Span, SpanRelativeTo};

use crate::error::Error;

/// Reads `30m`, `1h`, `1d` or `PT1H`; a day has 24 hours.
pub(crate) fn age(text: &str) -> Result<SignedDuration, Error> {
    let span: Option<Span> = text.parse().ok();
    let age = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    age.filter(SignedDuration::is_positive)
        .ok_or_else(|| Error::usage(format!("`{text}` is not an age"), "write 30m, 1h, 1d or PT1H"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_several_spellings() {
        for (text, minutes) in [("30m", 30), ("1h", 60), ("PT1H", 60), ("1h 30m", 90), ("1d", 1440), ("7d", 10_080)] {
            assert_eq!(age(text).ok(), Some(SignedDuration::from_mins(minutes)), "{text}");
        }
        for wrong in ["", "1", "0s", "-1h", "soon", "1mo"] {
            assert!(age(wrong).is_err(), "{wrong}");
        }
    }
}
