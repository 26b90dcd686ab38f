//! What do we have, where, about whom?
