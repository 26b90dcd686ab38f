//! What is this column?
