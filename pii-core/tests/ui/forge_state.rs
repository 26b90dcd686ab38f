// To be protected is not something that one can say.
use pii_core::batch::Protected;
use pii_core::vocab::RecipientId;

fn forge(recipient: RecipientId) -> Protected {
    Protected { recipient }
}

fn main() {}
