use super::Mark;

/// Marks, to be looked for. Of a value that is not among them, nearly always one word of memory says so.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// A Bloom filter in words: which word, and which bits of it, a sieve says.
    words: Vec<u64>,
    /// Ordered.
    sieves: Vec<u64>,
    /// In the same order.
    tags: Vec<[u8; 16]>,
}

impl Known {
    pub(super) fn new(mut marks: Vec<(u64, [u8; 16])>) -> Self {
        // They come in runs that are in order.
        marks.sort();
        marks.dedup();
        let mut words = vec![0; marks.len().div_ceil(MARKS_A_WORD)];
        for (sieve, _) in &marks {
            let (at, bits) = place(*sieve, words.len());
            if let Some(word) = words.get_mut(at) {
                *word |= bits;
            }
        }
        let (sieves, tags) = marks.into_iter().unzip();
        Self { words, sieves, tags }
    }

    /// Whether a mark with this sieve may be among them: one in a hundred that is not passes, too.
    #[inline]
    pub(super) fn may_hold(&self, sieve: u64) -> bool {
        let (at, bits) = place(sieve, self.words.len());
        self.words.get(at).is_some_and(|word| word & bits == bits)
    }

    /// Whether a mark with this sieve is among them, and has the tag.
    pub(super) fn holds(&self, sieve: u64, tag: impl FnOnce() -> [u8; 16]) -> bool {
        let from = self.sieves.partition_point(|known| *known < sieve);
        let same = self.sieves.iter().zip(&self.tags).skip(from).take_while(|(known, _)| **known == sieve);
        let mut same = same.map(|(_, tag)| tag).peekable();
        same.peek().is_some() && {
            let tag = tag();
            same.any(|known| *known == tag)
        }
    }
}

impl Mark {
    /// As [`Known`] takes it.
    #[cfg(test)]
    fn known(&self) -> (u64, [u8; 16]) {
        (self.sieve, self.tag)
    }
}

/// The upper bits say which of so many words, the lower ones which three bits.
#[inline]
fn place(sieve: u64, words: usize) -> (usize, u64) {
    let at = (u128::from(sieve) * words as u128) >> 64;
    let bits = 1 << (sieve & 63) | 1 << (sieve >> 6 & 63) | 1 << (sieve >> 12 & 63);
    (usize::try_from(at).unwrap_or(usize::MAX), bits)
}

/// 16 bits a mark.
const MARKS_A_WORD: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::IdentifierKind;

    fn mark(sieve: u64, tag: u8) -> Mark {
        Mark { kind: IdentifierKind::parse("email").unwrap(), sieve, tag: [tag; 16] }
    }

    #[test]
    fn the_tag_decides_where_sieves_are_alike() {
        let known = Known::new([mark(7, 1), mark(7, 2), mark(u64::MAX, 3)].iter().map(Mark::known).collect());
        for (sieve, tag, is) in [(7, 1, true), (7, 2, true), (7, 3, false), (u64::MAX, 3, true), (8, 1, false)] {
            assert_eq!(known.may_hold(sieve) && known.holds(sieve, || [tag; 16]), is, "{sieve} {tag}");
        }
        let nobody = Known::new(Vec::new());
        assert!(!nobody.may_hold(7) && !nobody.holds(7, || [1; 16]));
    }

    #[test]
    fn whoever_is_among_them_is_never_sieved_out_and_others_nearly_always() {
        let scattered = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let known = Known::new((0..100_000).map(|n| (scattered(n), [0; 16])).collect());
        assert!((0..100_000).all(|n| known.may_hold(scattered(n)) && known.holds(scattered(n), || [0; 16])));
        let passed = (100_000..200_000).filter(|n| known.may_hold(scattered(*n))).count();
        assert!(passed < 2_000, "{passed} of 100,000");
    }
}
