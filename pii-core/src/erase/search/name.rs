use super::super::Where;
use super::Needles;
use super::finds::{Finds, Once};

/// Looks into the name of a file or a folder, percent-encoded or not: `email=anna%40example.org`.
///
/// Names are full of small numbers: what is shorter than four bytes is looked for in the folders of its own column only.
pub(super) fn search(name: &[u8], column: Option<&str>, needles: &Needles, finds: &mut Finds<'_>) {
    let lengths: Vec<usize> = needles.texts().map(|(_, text)| text.len()).collect();
    let key = name.split(|byte| *byte == b'=').next().unwrap_or_default();
    let own = column.is_some_and(|column| column.as_bytes() == key);
    let mut once = Once::default();
    needles.in_text(name, &mut |hit| {
        if own || lengths.get(hit.value).is_some_and(|length| *length >= SHORT) {
            once.add(hit.value, hit.whole);
        }
    });
    once.iter().for_each(|(value, whole)| finds.tell(Where::Name, value, whole));
}

const SHORT: usize = 4;
