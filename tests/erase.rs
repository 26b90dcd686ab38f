//! Whoever must erase a person from files.
