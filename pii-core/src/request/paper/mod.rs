//! Pages for people: on a screen, a telephone, on paper. They need no network and run no script, and their policy for content
//! (CSP) allows neither; all text goes through [`Markup`].

mod escape;
mod language;
mod markup;
mod speech;

pub use language::Language;
pub(super) use markup::Markup;
pub(super) use speech::{day, number};
