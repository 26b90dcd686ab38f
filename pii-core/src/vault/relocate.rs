/// What was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relocated;
