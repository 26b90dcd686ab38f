//! A bounded, fair sample of the distinct values of one column.

use std::collections::HashMap;

/// Algorithm R (Vitter 1985) over the values offered: late rows are as likely to stay as early ones.
///
/// The same rows in the same order give the same sample.
pub(super) struct Sample {
    size: usize,
    places: HashMap<Box<str>, usize>,
    values: Vec<Value>,
    offered: u64,
    random: u64,
}

/// A distinct value and how often it was met.
pub(super) struct Value {
    pub(super) text: Box<str>,
    pub(super) times: u64,
}

impl Sample {
    pub(super) fn new(size: usize) -> Self {
        Self {
            size: size.max(1),
            places: HashMap::new(),
            values: Vec::new(),
            offered: 0,
            random: 0x9E37_79B9_7F4A_7C15,
        }
    }

    /// Offers one value that is not null.
    pub(super) fn offer(&mut self, text: &str) {
        let text = cut(text.trim());
        if text.is_empty() {
            return;
        }
        self.offered += 1;
        if let Some(value) = self.places.get(text).and_then(|place| self.values.get_mut(*place)) {
            value.times += 1;
            return;
        }
        let value = Value { text: text.into(), times: 1 };
        let place = if self.is_full() { self.draw() } else { self.values.len() };
        if !self.is_full() {
            self.values.push(value);
        } else if let Some(old) = self.values.get_mut(place) {
            self.places.remove(&std::mem::replace(old, value).text);
        } else {
            return;
        }
        self.places.insert(text.into(), place);
    }

    /// Whether enough was seen to settle the column: as many distinct values as it may hold, or few in very many.
    pub(super) fn is_settled(&self) -> bool {
        self.is_full() || self.offered >= 8 * self.size as u64
    }

    fn is_full(&self) -> bool {
        self.values.len() >= self.size
    }

    /// How many values were offered, blank ones aside.
    pub(super) fn offered(&self) -> u64 {
        self.offered
    }

    pub(super) fn values(&self) -> &[Value] {
        &self.values
    }

    /// A place among all that were offered: beyond the sample's size it means "leave it".
    fn draw(&mut self) -> usize {
        // xorshift64* (Vigna 2016): fairness is all that is asked of it.
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        usize::try_from(self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) % self.offered).unwrap_or(usize::MAX)
    }
}

/// The first thousand bytes or so: a longer value is free text, and shows itself by then.
fn cut(text: &str) -> &str {
    match text.char_indices().find(|(at, _)| *at >= 1_000) {
        Some((at, _)) => text.get(..at).unwrap_or(text),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_bounded_and_late_values_get_in() {
        let mut sample = Sample::new(100);
        (0..10_000).for_each(|i| sample.offer(&i.to_string()));
        assert_eq!(sample.values().len(), 100);
        let late = sample.values().iter().filter(|v| v.text.parse::<u32>().unwrap() >= 9_000).count();
        assert!((2..30).contains(&late), "{late} of the last tenth");
    }

    #[test]
    fn a_repeated_value_is_one_value() {
        let mut sample = Sample::new(100);
        (0..500).for_each(|_| sample.offer(" anna@example.com "));
        sample.offer("  ");
        assert_eq!((sample.values().len(), sample.values()[0].times, sample.offered()), (1, 500, 500));
    }
}
