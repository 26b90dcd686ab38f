// What leaves is on record first.
use pii_core::outbound::Sink;
use pii_core::store::{Staged, TableWriter};

fn publish(staged: Staged) {
    let _ = <TableWriter as Sink>::publish(staged);
}

fn main() {}
