//! May it leave, to whom?
