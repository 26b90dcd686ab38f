// Keys are not for printing.
use pii_core::keyring::RootKey;

fn leak(key: &RootKey) {
    println!("{key}");
}

fn main() {}
