//! What a writer that died had not flushed yet, the next one flushes before it builds on it: a power cut would take the
//! one and leave the other.

use crate::refuse::{Before, Fault, Run};

/// Runs a writer that ends at the first call that `ends_at` picks, and then another on the same log.
fn after_one_that_ended(ends_at: impl Fn(&str) -> bool) -> Run {
    let before = Before::make();
    let plain = before.run(None);
    let fault = Fault::end_of_the_process(&plain, ends_at);
    let died = before.run(Some(&fault));
    before.after(died).run(None)
}

/// Where in the trace the first call is made that `wanted` picks.
fn first(run: &Run, wanted: impl Fn(&str) -> bool) -> usize {
    run.trace.lines().position(wanted).unwrap_or(usize::MAX)
}

fn flushes(line: &str, file: &str) -> bool {
    (line.contains(" fdatasync(") || line.contains(" fsync(")) && line.contains(&format!("/{file}>)"))
}

#[test]
fn entries_are_flushed_before_the_next_segment_begins_even_if_another_wrote_them() {
    let next = after_one_that_ended(|line| flushes(line, "seg/000000000000.seg"));
    let inherited = first(&next, |line| flushes(line, "seg/000000000000.seg"));
    let own = first(&next, |line| flushes(line, "seg/000000000253.seg"));
    assert!(own < usize::MAX, "it begins another segment: {}", next.trace);
    assert!(inherited < own, "entry 252 may be lost, and 253 was acknowledged:\n{}", next.trace);
}

#[test]
fn the_name_of_a_segment_is_flushed_before_it_is_used_even_if_another_began_it() {
    let next = after_one_that_ended(|line| flushes(line, "audit/seg"));
    let name = first(&next, |line| flushes(line, "audit/seg"));
    let own = first(&next, |line| flushes(line, "seg/000000000253.seg"));
    assert!(own < usize::MAX, "it goes on in that segment: {}", next.trace);
    assert!(name < own, "the segment may be lost, and an entry in it was acknowledged:\n{}", next.trace);
}
