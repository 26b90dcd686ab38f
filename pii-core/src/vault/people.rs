use std::collections::BTreeMap;

/// Some of the people in a vault. A bit for each person of the vault at most, however often they come: a hundred
/// million take 12.5 MB.
#[derive(Clone, Debug, Default)]
pub struct People {
    /// By their numbers in the vault, which are dense within a shard: 64 of them a word.
    pages: BTreeMap<i64, Box<[u64; WORDS]>>,
    count: u64,
}

impl People {
    /// How many.
    pub fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn insert(&mut self, id: i64) {
        let (page, word, bit) = place(id);
        let page = self.pages.entry(page).or_insert_with(|| Box::new([0; WORDS]));
        if let Some(word) = page.get_mut(word).filter(|word| **word & bit == 0) {
            *word |= bit;
            self.count += 1;
        }
    }

    /// Their numbers in the vault, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = i64> + '_ {
        let pages = self.pages.iter();
        let words = pages.flat_map(|(page, words)| (page * PAGE..).step_by(64).zip(words.iter().copied()));
        words
            .filter(|(_, word)| *word != 0)
            .flat_map(|(first, word)| (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| first + bit))
    }
}

fn place(id: i64) -> (i64, usize, u64) {
    let within = id.rem_euclid(PAGE);
    (id.div_euclid(PAGE), usize::try_from(within / 64).unwrap_or(0), 1 << (within % 64))
}

const WORDS: usize = 128;
const PAGE: i64 = 64 * WORDS as i64;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_is_there_once_and_in_order() {
        let mut people = People::default();
        let ids: Vec<i64> = (0..3_000).map(|n| 1 + n * 7_919 % 100_000).collect();
        ids.iter().chain(&ids).for_each(|id| people.insert(*id));
        let expected: BTreeSet<_> = ids.into_iter().collect();
        assert_eq!(people.count(), expected.len() as u64);
        assert!(people.iter().eq(expected));
    }
}
