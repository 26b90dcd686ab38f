//! what went wrong, for callers?
