// A batch is raw, tagged or protected, and nothing else.
use pii_core::batch::State;

struct Blessed;

impl State for Blessed {}

fn main() {}
