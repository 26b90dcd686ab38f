use std::fmt;

use zeroize::Zeroize;

/// A value of personal data (Art. 4(1)).
///
/// It has no `Display` and no `Serialize`, and its `Debug` says nothing, so it cannot slip into a
/// message or a log. It is wiped from memory when dropped.
pub struct Personal<T: Zeroize>(T);

impl<T: Zeroize> Personal<T> {
    /// Wraps `value`.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The one way to look inside. Each call is a place to review.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Personal<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize + Clone> Clone for Personal<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Zeroize> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_value() {
        let value = Personal::new("anna@example.org".to_owned());
        assert_eq!(format!("{value:?}"), "Personal(..)");
        assert_eq!(value.expose(), "anna@example.org");
    }
}
