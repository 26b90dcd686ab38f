use std::ops::Range;

/// Where in a line of JSON what a dotted path names stands. The line must be valid JSON.
///
/// A path goes through lists to each of their elements. A key may itself have dots, and may stand twice in an object:
/// each is visited.
pub(super) struct Walk<'l, 'f> {
    pub(super) line: &'l [u8],
    /// Called with where each value stands that is named.
    pub(super) found: &'f mut dyn FnMut(Range<usize>),
    /// Whether the path, or a `null` or an empty list on its way, was met.
    pub(super) met: bool,
}

impl Walk<'_, '_> {
    /// Visits the value at `at`; gives where it ends.
    pub(super) fn value(&mut self, at: usize, path: Option<&str>, depth: usize) -> usize {
        let at = self.space(at);
        match (self.byte(at), path) {
            (_, None) => {
                let end = self.skip(at);
                self.met = true;
                (self.found)(at..end);
                end
            }
            (_, Some(_)) if depth > MAX_DEPTH => self.skip(at),
            (Some(b'{'), Some(path)) => self.object(at + 1, path, depth),
            (Some(b'['), Some(_)) => self.list(at + 1, path, depth),
            (Some(b'n'), Some(_)) => {
                // Nothing is there, so nothing is below: not a misspelt path, once it has begun.
                self.met |= depth > 0;
                self.skip(at)
            }
            _ => self.skip(at),
        }
    }

    /// Each element of the list whose first byte is at `at`.
    pub(super) fn list(&mut self, at: usize, path: Option<&str>, depth: usize) -> usize {
        let mut at = self.space(at);
        if self.byte(at) == Some(b']') {
            self.met |= depth > 0;
            return at + 1;
        }
        loop {
            at = self.value(at, path, depth + 1);
            at = self.space(at);
            if self.byte(at) != Some(b',') {
                return at + 1;
            }
            at += 1;
        }
    }

    fn object(&mut self, at: usize, path: &str, depth: usize) -> usize {
        let mut at = self.space(at);
        if self.byte(at) == Some(b'}') {
            return at + 1;
        }
        loop {
            let key = self.space(at)..self.skip(self.space(at));
            let name = text(self.line.get(key.clone()).unwrap_or_default()).unwrap_or_default();
            // Behind the key, its colon.
            at = self.space(key.end) + 1;
            at = match path.strip_prefix(name.as_str()) {
                Some("") => self.value(at, None, depth + 1),
                Some(rest) if rest.starts_with('.') => self.value(at, rest.get(1..), depth + 1),
                _ => self.skip(self.space(at)),
            };
            at = self.space(at);
            if self.byte(at) != Some(b',') {
                return at + 1;
            }
            at += 1;
        }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.line.get(at).copied()
    }

    fn space(&self, at: usize) -> usize {
        let rest = self.line.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
    }

    /// Behind the value at `at`.
    fn skip(&self, at: usize) -> usize {
        match self.byte(at) {
            Some(b'"') => self.string(at),
            Some(b'{' | b'[') => {
                let (mut at, mut open) = (at, 0usize);
                loop {
                    match self.byte(at) {
                        Some(b'"') => {
                            at = self.string(at);
                            continue;
                        }
                        Some(b'{' | b'[') => open += 1,
                        Some(b'}' | b']') => open -= 1,
                        None => return at,
                        _ => {}
                    }
                    at += 1;
                    if open == 0 {
                        return at;
                    }
                }
            }
            _ => {
                let rest = self.line.get(at..).unwrap_or_default();
                let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace();
                at + rest.iter().position(ends).unwrap_or(rest.len())
            }
        }
    }

    fn string(&self, at: usize) -> usize {
        let mut at = at + 1;
        loop {
            let rest = self.line.get(at..).unwrap_or_default();
            match memchr::memchr2(b'"', b'\\', rest) {
                Some(found) if rest.get(found) == Some(&b'\\') => at += found + 2,
                Some(found) => return at + found + 1,
                None => return self.line.len(),
            }
        }
    }
}

/// A scalar as text: a string without quotes and escapes, a number as its digits are written. `None` for the others.
pub(super) fn text(value: &[u8]) -> Option<String> {
    match value.first() {
        Some(b'"') if memchr::memchr(b'\\', value).is_some() => serde_json::from_slice(value).ok(),
        Some(b'"') => String::from_utf8(value.get(1..value.len() - 1)?.to_vec()).ok(),
        Some(b'{' | b'[' | b'n') | None => None,
        Some(_) => String::from_utf8(value.to_vec()).ok(),
    }
}

/// As deep as `serde_json` reads.
const MAX_DEPTH: usize = 128;
