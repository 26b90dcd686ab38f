//! What did the controller decide?
