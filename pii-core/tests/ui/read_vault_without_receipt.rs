// Nobody looks at a person in secret.
use pii_core::vault::{Person, Vault};

fn peek(vault: &Vault, person: &Person) {
    let _ = vault.read(person);
}

fn main() {}
