//! What do we remember between runs?
