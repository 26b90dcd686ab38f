//! Entries are taken, added or moved by someone who mends the checksums and the numbers.

use super::{payloads, sealed, write};
use crate::audit::Verdict;
use crate::audit::samples::verdict;

/// Numbers the entries anew, as if they had been written like that.
fn renumbered(entries: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let renumber = |(seq, entry): (usize, &Vec<u8>)| {
        let text = String::from_utf8(entry.clone()).unwrap();
        let (head, rest) = text.split_once(",\"time\"").unwrap();
        let (head, _) = head.rsplit_once(':').unwrap();
        format!("{head}:{seq},\"time\"{rest}").into_bytes()
    };
    entries.iter().enumerate().map(renumber).collect()
}

#[test]
fn entries_that_are_renumbered_after_they_were_moved_are_found() {
    let (_home, dir) = sealed(20);
    let entries = payloads(&dir);
    for at in 0..19 {
        let spoil = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
            let mut entries = entries.clone();
            change(&mut entries);
            write(&dir, &renumbered(&entries));
            verdict(&dir)
        };
        // At 10 and 20 entries a root was signed; where one is missed, a tile tells that it was not the end that went.
        let (swapped, deleted) = (spoil(&|e| e.swap(at, at + 1)), spoil(&|e| drop(e.remove(at))));
        assert!(matches!(swapped, Verdict::Tampered { .. }), "swapped at {at}: {swapped}");
        assert!(matches!(deleted, Verdict::Tampered { .. }), "deleted at {at}: {deleted}");
        for (what, from) in [("duplicated", at), ("inserted", (at + 7) % 20)] {
            let added = spoil(&|e| e.insert(at, e[from].clone()));
            assert!(matches!(added, Verdict::Tampered { .. }), "{what} at {at}: {added}");
        }
    }
    write(&dir, &renumbered(&entries));
    assert_eq!(verdict(&dir), Verdict::Verified, "to number is not to change");
}

#[test]
fn a_tile_tells_where_the_moving_began() {
    let (_home, dir) = sealed(300);
    let entries = payloads(&dir);
    for at in [0, 100, 149] {
        let mut shorter = entries.clone();
        shorter.remove(at);
        write(&dir, &renumbered(&shorter));
        let found = verdict(&dir).to_string();
        assert!(found.starts_with(&format!("TAMPERED(entry {at}:")), "deleted at {at}: {found}");
    }
}

/// The log is one entry shorter than was signed, and the tile says that it was not the end that went.
#[test]
fn an_entry_taken_from_the_middle_is_not_called_a_rollback_where_a_tile_tells() {
    let (_home, dir) = sealed(300);
    let mut shorter = payloads(&dir);
    shorter.remove(200);
    write(&dir, &renumbered(&shorter));
    let found = verdict(&dir).to_string();
    assert!(found.starts_with("TAMPERED(entry 200:"), "{found}");
}
