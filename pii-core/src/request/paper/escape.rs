//! Text on its way into HTML: the one door, and nothing else is put into the page.

/// Shows `text` and nothing but text, whatever it holds.
pub(super) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            // HTML has no such characters; their pictures tell that there was one.
            '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7f}' => out.push('\u{2421}'),
            '\u{80}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            // Marks that turn the direction of what follows: what a value brings must not reach beyond it, nor hide in it.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                out.push_str(&format!("\u{27e8}U+{:04X}\u{27e9}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        escape(text, &mut out);
        out
    }

    #[test]
    fn marks_that_turn_text_are_shown_and_not_obeyed() {
        assert_eq!(escaped("a\u{202e}gpj.exe"), "a⟨U+202E⟩gpj.exe");
        assert_eq!(escaped("\0\u{1b}"), "␀␛");
        assert_eq!(escaped("안녕 שלום"), "안녕 שלום");
    }

    proptest! {
        #[test]
        fn no_text_becomes_markup(text in any::<String>()) {
            let escaped = escaped(&text);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'', '\0']));
            let entities = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
            prop_assert!(escaped.match_indices('&').all(|(at, _)| entities.iter().any(|e| escaped[at..].starts_with(e))));
        }
    }
}
