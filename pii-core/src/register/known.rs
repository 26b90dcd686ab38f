/// Marks of one kind in one scope, to be looked for. Of a value that is not among them, nearly always one word of memory
/// says so.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// A Bloom filter in words: which word, and which bits of it, a sieve says.
    words: Vec<u64>,
    /// Ordered.
    sieves: Vec<u64>,
    /// In the same order.
    tags: Vec<Tag>,
}

/// As much of a tag as is kept here. With the sieve these are 128 bits under two keys: enough to tell people apart.
type Tag = [u8; 8];

impl Known {
    /// Of marks in the order of their sieves and tags, as the register has them; one that comes twice is one.
    pub(super) fn read<E>(marks: impl Iterator<Item = Result<(u64, [u8; 16]), E>>) -> Result<Self, E> {
        let mut known = Self::default();
        for mark in marks {
            let (sieve, tag) = mark.map(|(sieve, tag)| (sieve, beginning(tag)))?;
            if known.sieves.last() != Some(&sieve) || known.tags.last() != Some(&tag) {
                known.sieves.push(sieve);
                known.tags.push(tag);
            }
        }
        known.sieves.shrink_to_fit();
        known.tags.shrink_to_fit();
        known.words = vec![0; known.sieves.len().div_ceil(MARKS_A_WORD)];
        for sieve in &known.sieves {
            let (at, bits) = place(*sieve, known.words.len());
            if let Some(word) = known.words.get_mut(at) {
                *word |= bits;
            }
        }
        Ok(known)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sieves.is_empty()
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
            let tag = beginning(tag());
            same.any(|known| *known == tag)
        }
    }
}

fn beginning(tag: [u8; 16]) -> Tag {
    tag.first_chunk().copied().unwrap_or_default()
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
    use std::convert::Infallible;

    use super::*;

    fn known(marks: impl IntoIterator<Item = (u64, [u8; 16])>) -> Known {
        let mut marks: Vec<_> = marks.into_iter().collect();
        marks.sort_unstable();
        Known::read(marks.into_iter().map(Ok::<_, Infallible>)).unwrap()
    }

    #[test]
    fn the_tag_decides_where_sieves_are_alike() {
        let several = known([(7, [1; 16]), (7, [2; 16]), (7, [2; 16]), (u64::MAX, [3; 16])]);
        for (sieve, tag, is) in [(7, 1, true), (7, 2, true), (7, 3, false), (u64::MAX, 3, true), (8, 1, false)] {
            assert_eq!(several.may_hold(sieve) && several.holds(sieve, || [tag; 16]), is, "{sieve} {tag}");
        }
        assert_eq!(several.sieves.len(), 3, "one that comes twice is one");
        let nobody = known([]);
        assert!(nobody.is_empty() && !nobody.may_hold(7) && !nobody.holds(7, || [1; 16]));
    }

    #[test]
    fn whoever_is_among_them_is_never_sieved_out_and_others_nearly_always() {
        let scattered = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let known = known((0..100_000).map(|n| (scattered(n), [0; 16])));
        assert!((0..100_000).all(|n| known.may_hold(scattered(n)) && known.holds(scattered(n), || [0; 16])));
        let passed = (100_000..200_000).filter(|n| known.may_hold(scattered(*n))).count();
        assert!(passed < 2_000, "{passed} of 100,000");
    }
}
