//! What does a value become?
