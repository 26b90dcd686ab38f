// Nobody protects what nobody has tagged.
use pii_core::batch::{Batch, Protection, Raw};

fn shortcut(batch: Batch<Raw>, protection: &Protection) {
    let _ = batch.protect(protection);
}

fn main() {}
