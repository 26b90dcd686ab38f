use std::borrow::Cow;

/// Text without its escapes, and where each byte of it stood before.
pub(super) struct Unescaped<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// Behind each escape: a place here, and the same place in the text with escapes.
    places: Vec<(usize, usize)>,
}

impl<'a> Unescaped<'a> {
    /// Takes escapes out: those that begin with `mark`, of which `take` knows how long they are and what they stand for.
    /// Returns `None` if there are none.
    fn new(bytes: &'a [u8], mark: u8, take: fn(&[u8]) -> Option<(usize, Plain)>) -> Option<Self> {
        let mut next = memchr::memchr(mark, bytes)?;
        let (mut plain, mut places, mut done) = (Vec::with_capacity(bytes.len()), Vec::new(), 0);
        loop {
            plain.extend_from_slice(bytes.get(done..next).unwrap_or_default());
            let rest = bytes.get(next..).unwrap_or_default();
            match take(rest) {
                Some((len, stands_for)) => {
                    // The escape begins where its plain bytes do; what lies within them stands at its beginning, too.
                    places.push((plain.len(), next));
                    stands_for.push_to(&mut plain);
                    done = next + len;
                    places.push((plain.len(), done));
                }
                None => {
                    plain.push(mark);
                    done = next + 1;
                }
            }
            match memchr::memchr(mark, bytes.get(done..).unwrap_or_default()) {
                Some(more) => next = done + more,
                None => break,
            }
        }
        plain.extend_from_slice(bytes.get(done..).unwrap_or_default());
        (!places.is_empty()).then_some(Self { bytes: Cow::Owned(plain), places })
    }

    /// Without the escapes of JSON strings (RFC 8259, section 7).
    pub(super) fn json(bytes: &'a [u8]) -> Option<Self> {
        Self::new(bytes, b'\\', json)
    }

    /// Without percent-encoding (RFC 3986, section 2.1).
    pub(super) fn percent(bytes: &'a [u8]) -> Option<Self> {
        Self::new(bytes, b'%', percent)
    }

    /// Where the byte at this place stood before.
    pub(super) fn before(&self, at: usize) -> usize {
        let behind = self.places.partition_point(|(here, _)| *here <= at);
        match behind.checked_sub(1).and_then(|last| self.places.get(last)) {
            Some((here, there)) => there + (at - here),
            None => at,
        }
    }
}

/// Whether any escape is in it.
pub(super) fn is_in(bytes: &[u8]) -> bool {
    let escape = |at: usize| {
        let rest = bytes.get(at..).unwrap_or_default();
        json(rest).is_some() && rest.first() == Some(&b'\\') || percent(rest).is_some() && rest.first() == Some(&b'%')
    };
    memchr::memchr2_iter(b'\\', b'%', bytes).any(escape)
}

/// What an escape stands for.
enum Plain {
    Byte(u8),
    Char(char),
}

impl Plain {
    fn push_to(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Byte(byte) => bytes.push(*byte),
            Self::Char(char) => bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

fn json(escape: &[u8]) -> Option<(usize, Plain)> {
    let byte = match escape.get(1)? {
        b'b' => 8,
        b't' => b'\t',
        b'n' => b'\n',
        b'f' => 12,
        b'r' => b'\r',
        byte @ (b'"' | b'\\' | b'/') => *byte,
        b'u' => {
            let unit = hex(escape.get(2..6)?)?;
            if let Some(char) = char::from_u32(unit) {
                return Some((6, Plain::Char(char)));
            }
            let low = escape.get(6..8).filter(|mark| *mark == b"\\u").and_then(|_| hex(escape.get(8..12)?))?;
            let pair = char::decode_utf16([unit as u16, low as u16]).next()?.ok()?;
            return Some((12, Plain::Char(pair)));
        }
        _ => return None,
    };
    Some((2, Plain::Byte(byte)))
}

fn percent(escape: &[u8]) -> Option<(usize, Plain)> {
    Some((3, Plain::Byte(hex(escape.get(1..3)?)? as u8)))
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |all, digit| Some(all << 4 | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_go_and_places_are_known() {
        let text = br#"a\"b\u00e9\ud83d\ude00\/c\q"#;
        let plain = Unescaped::json(text).unwrap();
        assert_eq!(std::str::from_utf8(&plain.bytes).unwrap(), "a\"b\u{e9}\u{1f600}/c\\q");
        assert_eq!([0, 1, 2, 3].map(|at| plain.before(at)), [0, 1, 3, 4]);
        assert_eq!(plain.before(plain.bytes.len()), text.len());
        let plain = Unescaped::percent(b"user%40example.org%zz").unwrap();
        assert_eq!(&*plain.bytes, b"user@example.org%zz");
        assert_eq!([4, 5].map(|at| plain.before(at)), [4, 7]);
        assert!(Unescaped::percent(b"100 % of it").is_none());
        assert!(Unescaped::json(b"\\ud800 alone").is_none());
    }
}
