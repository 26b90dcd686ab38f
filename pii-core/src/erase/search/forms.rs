use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// What a value looks like as bytes.
pub(super) struct Form {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// Which of the values, by its place in the list.
    pub(super) value: usize,
    pub(super) letters: Letters,
    /// What is missing, of a form that was cut short.
    pub(super) rest: Zeroizing<Vec<u8>>,
}

/// What letters are made of, for what stands beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letters {
    /// UTF-8, or an older encoding in which ASCII is ASCII.
    Bytes,
    /// ASCII and Latin-1 in UTF-16, from the first letter's byte to the last's: the same whichever byte is first.
    Wide,
    /// UTF-16, the low byte first.
    Utf16Le,
    /// UTF-16, the high byte first.
    Utf16Be,
    /// Not letters: what stands beside it says nothing.
    None,
}

/// All forms of a value: its text in UTF-8, UTF-16 and, if it has letters beyond ASCII, the encodings in which files of its
/// writing are met; both normal forms (UAX #15); Base64 at each of three places within longer Base64 (RFC 4648); the bytes
/// that a UUID or a hexadecimal number is written for; the first 32 letters, which table formats keep of longer ones. Escapes are taken out of the text that is searched, not put in here.
pub(super) fn forms(value: usize, text: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut seen = HashSet::new();
    let mut add = |bytes: Vec<u8>, letters: Letters, least: usize| {
        if bytes.len() >= least && seen.insert(bytes.clone()) {
            forms.push(Form { bytes: Zeroizing::new(bytes), value, letters, rest: Zeroizing::default() });
        }
    };
    let spellings = [text.to_owned(), text.nfc().collect(), text.nfd().collect::<String>()].map(Zeroizing::new);
    for text in &spellings {
        add(text.as_bytes().to_vec(), Letters::Bytes, 1);
        if text.contains('"') {
            add(text.replace('"', "\"\"").into_bytes(), Letters::Bytes, 1);
        }
        let mut little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        if text.chars().all(|char| char < '\u{100}') {
            little.pop();
            add(little, Letters::Wide, OPAQUE - 1);
            continue;
        }
        add(little, Letters::Utf16Le, OPAQUE);
        add(text.encode_utf16().flat_map(u16::to_be_bytes).collect(), Letters::Utf16Be, OPAQUE);
    }
    if !text.is_ascii() {
        for encoding in OLDER {
            let (bytes, _, unmappable) = encoding.encode(text);
            if !unmappable {
                add(bytes.into_owned(), Letters::Bytes, 3);
            }
        }
    }
    for shift in 0..3 {
        let (standard, url) =
            (within_base64(text, shift, &STANDARD_NO_PAD), within_base64(text, shift, &URL_SAFE_NO_PAD));
        add(standard, Letters::None, OPAQUE);
        add(url, Letters::None, OPAQUE);
    }
    if let Ok(uuid) = uuid::Uuid::parse_str(text) {
        add(uuid.as_bytes().to_vec(), Letters::None, OPAQUE);
        add(uuid.to_bytes_le().to_vec(), Letters::None, OPAQUE);
    }
    if let Some(bytes) = unhexed(text) {
        add(bytes, Letters::None, OPAQUE);
    }
    if let Some((at, _)) = text.char_indices().nth(DELTA) {
        let (cut, rest) = text.as_bytes().split_at(at);
        let (bytes, rest) = (Zeroizing::new(cut.to_vec()), Zeroizing::new(rest.to_vec()));
        forms.push(Form { bytes, value, letters: Letters::Bytes, rest });
    }
    forms
}

/// The part of Base64 that depends on nothing before and behind, if `shift` bytes stand before it in its group of three.
fn within_base64(text: &str, shift: usize, engine: &impl Engine) -> Vec<u8> {
    let mut bytes = Zeroizing::new(vec![0; shift]);
    bytes.extend_from_slice(text.as_bytes());
    let all = Zeroizing::new(engine.encode(&bytes));
    let before = (shift * 8).div_ceil(6);
    let known = bytes.len() * 8 / 6;
    all.as_bytes().get(before..known).unwrap_or_default().to_vec()
}

/// The bytes of which a text is the hexadecimal form.
pub(super) fn unhexed(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).map(|digit| digit as u8);
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

/// Delta keeps so many letters of the least and the greatest text.
const DELTA: usize = 32;

/// Shorter ones stand in other bytes by chance.
const OPAQUE: usize = 8;

const OLDER: [&encoding_rs::Encoding; 9] = [
    encoding_rs::WINDOWS_1252,
    encoding_rs::WINDOWS_1250,
    encoding_rs::WINDOWS_1251,
    encoding_rs::EUC_KR,
    encoding_rs::SHIFT_JIS,
    encoding_rs::EUC_JP,
    encoding_rs::GBK,
    encoding_rs::BIG5,
    encoding_rs::ISO_8859_2,
];

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn base64_of_a_longer_text_holds_one_of_the_forms() {
        let forms = forms(0, "anna@example.org");
        for before in ["", "x", "xy", "xyz", "{\"email\":\""] {
            for behind in ["", "!", "!!", "\"}"] {
                let text = STANDARD.encode(format!("{before}anna@example.org{behind}"));
                let held = |form: &Form| memchr::memmem::find(text.as_bytes(), &form.bytes).is_some();
                assert!(forms.iter().any(held), "{before} {behind}");
            }
        }
    }

    #[test]
    fn a_name_has_the_bytes_of_the_encodings_that_it_is_met_in() {
        let has = |text: &str, bytes: &[u8]| forms(0, text).iter().any(|form| form.bytes.as_slice() == bytes);
        assert!(has("Zo\u{eb}", b"Zo\xeb"));
        assert!(has("Zo\u{eb}", "Zoe\u{308}".as_bytes()));
        assert!(has("\u{d64d}\u{ae38}\u{b3d9}", b"\xc8\xab\xb1\xe6\xb5\xbf"), "EUC-KR");
        assert!(has(
            "123e4567-e89b-12d3-a456-426614174000",
            b"\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\x00"
        ));
        assert!(has("00112233445566ff", b"\x00\x11\x22\x33\x44\x55\x66\xff"));
        assert!(has("anna", b"anna") && !has("ann", b"a\0n\0n"), "stands there by chance");
    }
}
