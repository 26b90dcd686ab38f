//! Periods, as a language says them.

use jiff::Span;

use super::words::Words;
use crate::request::paper::Language;

/// `3 years`, `1 year 6 months`; a period in smaller units, as it stands in the policy.
pub(super) fn period(span: &Span, language: Language) -> String {
    let parts = [
        i64::from(span.get_years()),
        i64::from(span.get_months()),
        i64::from(span.get_weeks()),
        i64::from(span.get_days()),
        i64::from(span.get_hours()),
    ];
    let said = parts.iter().zip(Words::of(language).periods).filter(|(n, _)| **n != 0);
    let said = said.map(|(n, [one, several])| {
        let space = if language == Language::Korean { "" } else { "\u{a0}" };
        format!("{n}{space}{}", if *n == 1 { one } else { several })
    });
    let said = said.collect::<Vec<_>>().join(" ");
    let rest = span.get_minutes() != 0 || span.get_seconds() != 0 || said.is_empty();
    if rest { span.to_string() } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_said_in_words() {
        let said = |text: &str, language| period(&text.parse().unwrap(), language).replace('\u{a0}', " ");
        assert_eq!(said("P1Y6M", Language::English), "1 year 6 months");
        assert_eq!(said("P5Y", Language::Korean), "5년");
        assert_eq!(said("P13M", Language::German), "13 Monate");
        assert_eq!(said("P1Y", Language::French), "1 an");
        assert_eq!(said("PT90M", Language::English), "PT90M");
    }
}
