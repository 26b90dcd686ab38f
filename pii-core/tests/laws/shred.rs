//! A key that is destroyed is destroyed in every copy of the vault, whenever it was made and however the work was stopped.

use std::path::Path;

use jiff::Timestamp;
use pii_core::keyring::{self, EpochKeys};
use pii_core::vault::{Error, Login, Person, Vault, VaultLocation};

use crate::world::{World, files, open_vault, table};

/// A vault of so many people.
fn made(people: usize) -> World {
    let world = World::new();
    let ids: Vec<_> = (0..people).map(|n| format!("c{n}")).collect();
    let emails: Vec<_> = (0..people).map(|n| format!("e{n}@example.org")).collect();
    world.deposit("crm.customers", table(&[("customer_id", &ids), ("email", &emails)]));
    world
}

fn who(world: &World, n: usize) -> Person {
    world.find(&format!("customer_id=c{n}")).pop().unwrap()
}

/// The database with its log of changes, as a backup takes it.
fn back_up(world: &World, to: &Path) {
    for name in ["vault.db", "vault.db-wal", "vault.db-shm"] {
        if world.path().join(name).exists() {
            std::fs::copy(world.path().join(name), to.join(name)).unwrap();
        }
    }
}

/// A backup of the database, with the keys as they are now.
fn restored(backup: &Path, world: &World) -> Vault {
    let at = VaultLocation::File(backup.join("vault.db"));
    Vault::open(&at, &Login::default(), &world.path().join("shards"), &world.keys).unwrap()
}

#[test]
fn a_backup_from_before_does_not_open_for_whoever_was_shredded() {
    let world = made(600);
    let backup = tempfile::tempdir().unwrap();
    back_up(&world, backup.path());
    assert_eq!(restored(backup.path(), &world).read(&who(&world, 5), &world.receipt()).unwrap().len(), 2);

    let anna = who(&world, 5);
    let done = world.vault.shred(std::slice::from_ref(&anna), Timestamp::now(), &world.receipt()).unwrap();
    assert_eq!((done.keys, done.spent.len()), (1, 1));
    let old = restored(backup.path(), &world);
    let refused = old.read(&anna, &world.receipt());
    assert!(matches!(refused, Err(Error::Key(keyring::Error::NoEpoch { .. }))), "{refused:?}");
    assert!(old.note_key(&anna).is_err());
    // Others: those of other shards from the backup itself, all from the vault.
    let mut opened = 0;
    for n in (0..600).filter(|n| *n != 5) {
        let person = who(&world, n);
        assert_eq!(world.vault.read(&person, &world.receipt()).unwrap().len(), 2);
        opened += usize::from(old.read(&person, &world.receipt()).is_ok());
    }
    assert_eq!(opened as u64, 599 - done.rewrapped);
}

#[test]
fn no_file_has_the_key_of_before_nor_anything_that_it_opens() {
    let world = made(300);
    let anna = who(&world, 7);
    let shard = usize::from(anna.subject.as_bytes()[0]);
    let epochs = std::fs::read(world.path().join("shards")).unwrap();
    // The first of the shard's two slots, without epoch and time.
    let old_key = epochs[32 + shard * 144 + 12..][..60].to_vec();
    let outside = rusqlite::Connection::open(world.path().join("vault.db")).unwrap();
    let wrapped: Vec<u8> = outside
        .query_row("SELECT key FROM person WHERE alias = ?1", [anna.alias.as_bytes()], |row| row.get(0))
        .unwrap();
    drop(outside);
    let holds = |needle: &[u8]| files(world.path()).iter().any(|(_, file)| file.windows(60).any(|w| w == needle));
    assert!(holds(&old_key) && holds(&wrapped));
    world.vault.shred(&[anna], Timestamp::now(), &world.receipt()).unwrap();
    assert!(!holds(&old_key) && !holds(&wrapped));
}

#[test]
fn whoever_is_stopped_after_the_next_keys_are_laid_down_has_changed_nothing() {
    let world = made(50);
    let file = EpochKeys::open(&world.path().join("shards"), &world.keys).unwrap();
    let shards: Vec<_> = (0..=255).map(|shard| (shard, 1)).collect();
    file.overwrite().unwrap().prepare(&shards, Timestamp::now()).unwrap();
    assert_eq!(world.vault.status().unwrap().unspent, 256);
    // Opened next, the vault overwrites them.
    let again = open_vault(world.path(), &world.keys).unwrap();
    assert_eq!(again.status().unwrap().unspent, 0);
    for n in 0..50 {
        assert_eq!(again.read(&who(&world, n), &world.receipt()).unwrap().len(), 2);
    }
}

#[test]
fn whoever_is_stopped_before_the_old_key_is_overwritten_has_it_overwritten_at_the_next_opening() {
    let world = made(50);
    let (anna, shard) = (who(&world, 3), who(&world, 3).subject.as_bytes()[0]);
    let backup = tempfile::tempdir().unwrap();
    back_up(&world, backup.path());
    let before = std::fs::read(world.path().join("shards")).unwrap();
    world.vault.shred(std::slice::from_ref(&anna), Timestamp::now(), &world.receipt()).unwrap();
    // As it was between the database's commit and the end of the old key.
    let mut stopped = std::fs::read(world.path().join("shards")).unwrap();
    let slot = 32 + usize::from(shard) * 144;
    stopped[slot..slot + 72].copy_from_slice(&before[slot..slot + 72]);
    std::fs::write(world.path().join("shards"), &stopped).unwrap();
    assert_eq!(world.vault.status().unwrap().unspent, 1);

    let again = open_vault(world.path(), &world.keys).unwrap();
    assert_eq!(again.status().unwrap().unspent, 0);
    assert!(restored(backup.path(), &world).read(&anna, &world.receipt()).is_err());
    assert_eq!(again.read(&who(&world, 4), &world.receipt()).unwrap().len(), 2);
}

#[test]
fn two_who_shred_at_once_both_succeed() {
    let world = made(400);
    let people: Vec<_> = (0..400).map(|n| who(&world, n)).collect();
    let (path, keys, log) = (world.path(), &world.keys, &world.log);
    let shred = |of: &[Person]| {
        let vault = open_vault(path, keys).unwrap();
        let event = pii_core::audit::Event::new(pii_core::audit::Action::KeyShred, pii_core::vocab::Actor::local("x"));
        let receipt = log.append(&event).unwrap();
        of.chunks(10).map(|some| vault.shred(some, Timestamp::now(), &receipt).unwrap().keys).sum::<u64>()
    };
    let shred = &shred;
    let gone: u64 = std::thread::scope(|scope| {
        let both = [&people[..150], &people[100..300]].map(|of| scope.spawn(move || shred(of)));
        both.into_iter().map(|one| one.join().unwrap()).sum()
    });
    // A hundred stood on both lists; each went once.
    assert_eq!(gone, 300);
    let status = world.vault.status().unwrap();
    assert_eq!((status.subjects, status.unspent), (100, 0));
    for person in &people[300..] {
        assert_eq!(world.vault.read(person, &world.receipt()).unwrap().len(), 2);
    }
}

#[test]
fn keys_that_are_older_than_the_vault_are_told_apart_from_a_vault_that_is_damaged() {
    let world = made(30);
    let before = std::fs::read(world.path().join("shards")).unwrap();
    let anna = who(&world, 3);
    let shard = anna.subject.as_bytes()[0];
    world.vault.shred(&[anna], Timestamp::now(), &world.receipt()).unwrap();
    // Somebody puts last week's copy of the keys back: the shard cannot be opened, and nothing is destroyed.
    std::fs::write(world.path().join("shards"), &before).unwrap();
    let again = open_vault(world.path(), &world.keys).unwrap();
    for n in (0..30).filter(|n| *n != 3) {
        let person = who(&world, n);
        let read = again.read(&person, &world.receipt());
        if person.subject.as_bytes()[0] == shard {
            assert!(matches!(read, Err(Error::Key(keyring::Error::NoEpoch { epoch: 2, .. }))));
        } else {
            assert_eq!(read.unwrap().len(), 2);
        }
    }
    assert_eq!(std::fs::read(world.path().join("shards")).unwrap(), before);
}

#[test]
fn the_epoch_keys_of_another_vault_are_refused() {
    let (world, other) = (made(1), made(1));
    let at = VaultLocation::File(world.path().join("vault.db"));
    let swapped = Vault::open(&at, &Login::default(), &other.path().join("shards"), &world.keys);
    assert!(matches!(swapped, Err(Error::OtherVault { .. })));
    std::fs::remove_file(world.path().join("shards")).unwrap();
    assert!(matches!(open_vault(world.path(), &world.keys), Err(Error::Key(keyring::Error::Shards { .. }))));
}
