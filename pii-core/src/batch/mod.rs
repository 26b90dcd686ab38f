//! How far have these rows come?
