use std::io::Read;

use super::super::{Error, Where};
use super::finds::Finds;
use super::needles::{Hit, Needles};

/// Looks into a stream of bytes, whatever its length, with bounded memory.
///
/// `inside` says of what the bytes are: of the file itself, or of what is packed in it.
pub(super) fn search(
    mut bytes: impl Read,
    inside: Option<&str>,
    kind: Kind,
    needles: &Needles,
    finds: &mut Finds<'_>,
) -> Result<(), Error> {
    // Each byte of a value may be written as six, and each backslash of these as two.
    let keep = needles.longest() * 12 + 2 * MARGIN;
    let size = AT_ONCE.max(keep * 4);
    let mut window: Vec<u8> = Vec::with_capacity(size);
    // Where the window begins, and up to where everything was told.
    let (mut begins, mut told) = (0_u64, 0_u64);
    loop {
        let before = window.len();
        let wanted = (size - before) as u64;
        let read = bytes.by_ref().take(wanted).read_to_end(&mut window);
        let read = read.map_err(|error| of_stream(finds.file(), error))?;
        finds.looked_at(read);
        let last = (read as u64) < wanted;
        // What ends at the end of the window may go on behind it; and an escape may be cut there.
        let sure = if last { window.len() } else { window.len().saturating_sub(MARGIN) };
        let mut tell = |hit: Hit| {
            if hit.to <= sure && begins + hit.to as u64 > told {
                let at = begins + hit.from as u64;
                let at = match inside {
                    Some(inside) => Where::Part(format!("byte {at} {inside}")),
                    None => Where::Byte(at),
                };
                finds.tell(at, hit.value, hit.whole);
            }
        };
        match kind {
            Kind::Text => needles.in_text(&window, &mut tell),
            Kind::Bytes => needles.in_bytes(&window, &mut tell),
            Kind::Words => needles.in_words(&window, &mut tell),
        }
        if last {
            return Ok(());
        }
        told = begins + sure as u64;
        let gone = window.len().saturating_sub(keep);
        window.drain(..gone);
        begins += gone as u64;
    }
}

/// What bytes seem to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Bytes,
    /// Bytes in which what lies side by side belongs together.
    Words,
}

impl Kind {
    /// Text has no zeros, but that of two bytes a letter.
    pub(super) fn of(head: &[u8]) -> Self {
        if memchr::memchr(0, head).is_some() { Self::Bytes } else { Self::Text }
    }
}

/// What a stream that is read or decompressed says, as what the file is.
pub(super) fn of_stream(file: &str, error: std::io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => Error::Damaged { file: file.to_owned(), why: error.to_string() },
    }
}

const AT_ONCE: usize = 1 << 20;

/// More than an escape has, and what stands beside a value.
const MARGIN: usize = 32;

#[cfg(test)]
mod tests {
    use super::super::super::Values;
    use super::*;

    #[test]
    fn a_value_is_told_once_wherever_the_windows_end() {
        let needles = Needles::new(&Values::new(["anna@example.org".to_owned()]).unwrap());
        for at in [0, 7, AT_ONCE - 40, AT_ONCE - 20, AT_ONCE - 16, AT_ONCE - 8, AT_ONCE, AT_ONCE + 3, 3 * AT_ONCE] {
            for value in ["anna@example.org", r"anna\u0040example.org", "anna%40example.org"] {
                let text = [vec![b'-'; at], value.as_bytes().to_vec(), vec![b'.'; AT_ONCE + 9]].concat();
                let mut places = Vec::new();
                let mut found = |residue: super::super::super::Residue| places.push(residue.at);
                let mut finds = Finds::new("memory", &mut found);
                search(text.as_slice(), None, Kind::Text, &needles, &mut finds).unwrap();
                assert_eq!(finds.bytes(), text.len() as u64);
                assert_eq!(places, [Where::Byte(at as u64)], "{value} at {at}");
            }
        }
    }
}
