// Only the log says that something is in the log.
use pii_core::audit::{Hash, Receipt};

fn forge(leaf: Hash) -> Receipt {
    Receipt { index: 0, leaf }
}

fn main() {}
