use std::collections::HashMap;

use zeroize::Zeroizing;

/// Finds many byte strings at once, in one pass over the bytes.
///
/// A string is told by a window of it: `width` bytes, which must be looked at only at every `step`-th place, as each string
/// is entered under `step` windows that follow each other (after Wu and Manber, 1994).
pub(super) struct Filter {
    forms: Vec<Zeroizing<Vec<u8>>>,
    width: usize,
    step: usize,
    /// The window's bytes in a word of 8.
    mask: u64,
    /// A bit for each hash that a window has: most places are told by it alone.
    bits: Vec<u64>,
    shift: u32,
    /// Windows of forms: where they are in `windows`.
    table: HashMap<u64, (u32, u32)>,
    /// A form, and where in it the window begins.
    windows: Vec<(u32, u32)>,
}

impl Filter {
    /// Of strings that are not empty; those that are, are found nowhere.
    pub(super) fn new(forms: Vec<Zeroizing<Vec<u8>>>) -> Self {
        let least = forms.iter().map(|form| form.len()).filter(|len| *len > 0).min().unwrap_or(1);
        // Few strings are told by few bytes, and then most places can be jumped over.
        let width = least.min(if forms.len() <= FEW { 4 } else { 8 });
        let step = (least - width + 1).min(MOST_WINDOWS / forms.len().max(1)).clamp(1, 8);
        let mask = u64::MAX >> (64 - 8 * width as u32);
        let mut made =
            Self { forms, width, step, mask, bits: Vec::new(), shift: 0, table: HashMap::new(), windows: Vec::new() };
        made.enter();
        made
    }

    fn enter(&mut self) {
        let common = self.common();
        let mut all = Vec::new();
        for (number, form) in self.forms.iter().enumerate() {
            let last = form.len().saturating_sub(self.width + self.step - 1);
            let weight =
                |from: usize| -> u32 { (from..from + self.step).map(|at| common.of(self.window(form, at))).sum() };
            let Some(from) = (0..=last).take(LOOKED_AT).min_by_key(|from| weight(*from)) else { continue };
            if form.len() < self.width {
                continue;
            }
            all.extend((from..from + self.step).map(|at| (self.window(form, at), number as u32, at as u32)));
        }
        all.sort_unstable();
        let bits = ((all.len() as u64 + 1) * 16).next_power_of_two().clamp(1 << 12, 1 << 27);
        (self.bits, self.shift) = (vec![0; (bits / 64) as usize], 64 - bits.trailing_zeros());
        for same in all.chunk_by(|one, other| one.0 == other.0) {
            let Some((key, ..)) = same.first() else { continue };
            let bit = self.hash(*key);
            if let Some(word) = self.bits.get_mut((bit >> 6) as usize) {
                *word |= 1 << (bit & 63);
            }
            let from = self.windows.len() as u32;
            self.windows.extend(same.iter().map(|(_, form, at)| (*form, *at)));
            self.table.insert(*key, (from, self.windows.len() as u32));
        }
    }

    /// Strings of a list begin and end alike: what many share tells none of them.
    fn common(&self) -> Common {
        let mut common = Common(vec![0; if self.forms.len() > 1 { 1 << 16 } else { 1 }]);
        for form in &self.forms {
            let places = (form.len() + 1).saturating_sub(self.width).min(LOOKED_AT + self.step);
            (0..places).for_each(|at| common.add(self.window(form, at)));
        }
        common
    }

    fn window(&self, form: &[u8], at: usize) -> u64 {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(form.iter().skip(at).take(self.width)) {
            *to = *from;
        }
        u64::from_le_bytes(word)
    }

    #[inline]
    fn hash(&self, key: u64) -> u64 {
        key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift
    }

    /// Whether there is nothing to find.
    pub(super) fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// The longest string.
    pub(super) fn longest(&self) -> usize {
        self.forms.iter().map(|form| form.len()).max().unwrap_or(0)
    }

    /// Tells where each string begins, and which one it is; each occurrence once, in no order.
    pub(super) fn scan(&self, bytes: &[u8], hit: &mut dyn FnMut(usize, usize)) {
        if self.is_empty() {
            return;
        }
        let mut at = 0;
        while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
            self.look(u64::from_le_bytes(*word) & self.mask, at, bytes, hit);
            at += self.step;
        }
        while at + self.width <= bytes.len() {
            self.look(self.window(bytes, at), at, bytes, hit);
            at += self.step;
        }
    }

    #[inline]
    fn look(&self, key: u64, at: usize, bytes: &[u8], hit: &mut dyn FnMut(usize, usize)) {
        let bit = self.hash(key);
        if self.bits.get((bit >> 6) as usize).is_some_and(|word| word >> (bit & 63) & 1 == 1) {
            self.compare(key, at, bytes, hit);
        }
    }

    #[cold]
    fn compare(&self, key: u64, at: usize, bytes: &[u8], hit: &mut dyn FnMut(usize, usize)) {
        let Some((from, to)) = self.table.get(&key) else { return };
        for (form, within) in self.windows.get(*from as usize..*to as usize).unwrap_or_default() {
            let Some(start) = at.checked_sub(*within as usize) else { continue };
            let Some(wanted) = self.forms.get(*form as usize) else { continue };
            if bytes.get(start..).is_some_and(|rest| rest.starts_with(wanted)) {
                hit(start, *form as usize);
            }
        }
    }
}

/// How often windows occur, about.
struct Common(Vec<u32>);

impl Common {
    fn place(&self, window: u64) -> usize {
        (window.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as usize & (self.0.len() - 1)
    }

    fn add(&mut self, window: u64) {
        let place = self.place(window);
        if let Some(count) = self.0.get_mut(place) {
            *count = count.saturating_add(1);
        }
    }

    fn of(&self, window: u64) -> u32 {
        self.0.get(self.place(window)).map_or(0, |count| (*count).min(1 << 24))
    }
}

/// So many strings are told well enough by windows of 4 bytes.
const FEW: usize = 128;

/// So many windows are entered, more of a string only where strings are few.
const MOST_WINDOWS: usize = 1 << 20;

/// Windows of a string that are weighed against each other.
const LOOKED_AT: usize = 32;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filter(forms: &[Vec<u8>]) -> Filter {
        Filter::new(forms.iter().cloned().map(Zeroizing::new).collect())
    }

    fn hits(filter: &Filter, bytes: &[u8]) -> Vec<(usize, usize)> {
        let mut hits = Vec::new();
        filter.scan(bytes, &mut |at, form| hits.push((at, form)));
        hits.sort_unstable();
        hits
    }

    fn naive(forms: &[Vec<u8>], bytes: &[u8]) -> Vec<(usize, usize)> {
        let all = (0..bytes.len()).flat_map(|at| (0..forms.len()).map(move |form| (at, form)));
        all.filter(|(at, form)| bytes[*at..].starts_with(&forms[*form])).collect()
    }

    proptest! {
        #[test]
        fn it_finds_each_occurrence_once(
            forms in prop::collection::hash_set(prop::collection::vec(0_u8..3, 1..14), 1..200),
            bytes in prop::collection::vec(0_u8..3, 0..400),
        ) {
            let forms: Vec<_> = forms.into_iter().collect();
            prop_assert_eq!(hits(&filter(&forms), &bytes), naive(&forms, &bytes));
        }

        #[test]
        fn strings_of_eight_bytes_and_more_are_found_among_many(seed in 0_u32..1000, at in 0_usize..50) {
            let forms: Vec<_> = (seed..seed + 300).map(|n| format!("person-{n:06}@example.org").into_bytes()).collect();
            let text = [vec![b'x'; at], forms[(seed % 300) as usize].clone(), b"tail".to_vec()].concat();
            prop_assert_eq!(hits(&filter(&forms), &text), [(at, (seed % 300) as usize)]);
        }
    }
}
