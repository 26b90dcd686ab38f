// The rows of a batch are seen when they are protected, not before.
use pii_core::batch::{Batch, Tagged};

fn peek(batch: &Batch<Tagged>) {
    let _ = batch.rows();
}

fn main() {}
