//! One spelling for many: `Jürgen`, `JURGEN` and `jurgen` are one word.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case, without accents; `ß` is `ss`, `ł` is `l`. Hangul stays whole.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let bare = text.nfkd().filter(|c| !is_combining_mark(*c)).nfc();
    let mut folded = String::with_capacity(text.len());
    for c in bare.flat_map(char::to_lowercase).filter(|c| !is_combining_mark(*c)) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ł' => folded.push('l'),
            'ø' => folded.push('o'),
            'đ' => folded.push('d'),
            'ı' => folded.push('i'),
            _ => folded.push(c),
        }
    }
    folded
}

/// An accent that follows its letter, as in decomposed file names and headers.
pub(super) fn is_mark(c: char) -> bool {
    is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_for_many() {
        for (written, folded) in [
            ("JÜRGEN", "jurgen"),
            ("Straße", "strasse"),
            ("Łódź", "lodz"),
            ("Søren", "soren"),
            ("İbrahim", "ibrahim"),
            ("주민등록번호", "주민등록번호"),
        ] {
            assert_eq!(fold(written), folded);
        }
    }
}
