// A receipt is of one act: it cannot be kept for the next.
use pii_core::audit::Receipt;

fn keep(recorded: &Receipt) -> Receipt {
    recorded.clone()
}

fn main() {}
