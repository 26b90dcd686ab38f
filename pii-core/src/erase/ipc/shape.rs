use arrow::datatypes::{DataType, SchemaRef, UnionMode};
use arrow::ipc::{BodyCompression, MetadataVersion, RecordBatch as Flat};

use crate::erase::columns::children;

/// Whether a batch has the nodes and the buffers of its schema, each as long as its rows ask for, and all of them within its
/// body: arrow takes that for granted, and ends the process where it is not so.
pub(super) fn fits(flat: Flat<'_>, schema: &SchemaRef, body: &[u8], version: MetadataVersion) -> bool {
    let (Some(nodes), Some(buffers)) = (flat.nodes(), flat.buffers()) else { return false };
    let lengths = buffers.iter().map(|buffer| length(buffer, flat.compression(), body)).collect::<Option<Vec<_>>>();
    let Some(lengths) = lengths else { return false };
    let mut shape = Shape {
        nodes: nodes.iter().map(|node| (node.length(), node.null_count())).collect::<Vec<_>>().into_iter(),
        lengths: lengths.into_iter(),
        views: flat.variadicBufferCounts().into_iter().flatten().collect::<Vec<_>>().into_iter(),
        old: version < MetadataVersion::V5,
    };
    let whole = schema.fields().iter().all(|field| shape.array(field.data_type()) == Some(flat.length()));
    whole && shape.nodes.next().is_none() && shape.lengths.next().is_none() && shape.views.next().is_none()
}

/// How many bytes a buffer has, once decompressed.
fn length(buffer: &arrow::ipc::Buffer, compression: Option<BodyCompression<'_>>, body: &[u8]) -> Option<u64> {
    let (from, len) = (usize::try_from(buffer.offset()).ok()?, usize::try_from(buffer.length()).ok()?);
    let bytes = body.get(from..from.checked_add(len)?)?;
    if compression.is_none() || bytes.is_empty() {
        return Some(len as u64);
    }
    // What compression would have made longer is stored as it is, behind a length of -1.
    let (said, rest) = bytes.split_first_chunk()?;
    let said = i64::from_le_bytes(*said);
    if said == -1 { Some(rest.len() as u64) } else { u64::try_from(said).ok().filter(|said| *said <= MAX_BUFFER) }
}

struct Shape {
    nodes: std::vec::IntoIter<(i64, i64)>,
    lengths: std::vec::IntoIter<u64>,
    views: std::vec::IntoIter<i64>,
    /// Unions had a validity buffer before version 5.
    old: bool,
}

impl Shape {
    /// How many rows the next array has; none if it does not fit.
    fn array(&mut self, kind: &DataType) -> Option<i64> {
        let (rows, nulls) = self.nodes.next()?;
        let bits = u64::try_from(rows).ok()?.div_ceil(8);
        if !(0..=rows).contains(&nulls) {
            return None;
        }
        let bare = matches!(kind, DataType::Null | DataType::RunEndEncoded(..));
        if !bare && (self.old || !matches!(kind, DataType::Union(..))) {
            let validity = self.lengths.next()?;
            if nulls > 0 && validity < bits {
                return None;
            }
        }
        let views = match kind {
            DataType::Utf8View | DataType::BinaryView => usize::try_from(self.views.next()?).ok()?,
            _ => 0,
        };
        for width in widths(kind) {
            let length = self.lengths.next()?;
            let values = u64::try_from(rows).ok()? + u64::from(width.behind && (rows > 0 || length > 0));
            if length < values.checked_mul(width.bits)?.div_ceil(8) || length.checked_mul(8)? % width.bits != 0 {
                return None;
            }
        }
        let texts = usize::from(matches!(
            kind,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Binary | DataType::LargeBinary
        ));
        for _ in 0..views + texts {
            self.lengths.next()?;
        }
        for child in children(kind) {
            let below = self.array(child.data_type())?;
            if matches!(kind, DataType::Struct(_)) && below != rows {
                return None;
            }
        }
        Some(rows)
    }
}

/// A buffer of numbers.
struct Width {
    bits: u64,
    /// Whether there is one more than there are rows: offsets.
    behind: bool,
}

/// The buffers of a type whose lengths follow from its rows, without the validity.
fn widths(kind: &DataType) -> Vec<Width> {
    let flat = |bits| Width { bits, behind: false };
    let offsets = |bits| Width { bits, behind: true };
    match kind {
        DataType::Utf8 | DataType::Binary | DataType::List(_) | DataType::Map(..) => vec![offsets(32)],
        DataType::LargeUtf8 | DataType::LargeBinary | DataType::LargeList(_) => vec![offsets(64)],
        DataType::Utf8View | DataType::BinaryView => vec![flat(128)],
        DataType::ListView(_) => vec![flat(32), flat(32)],
        DataType::LargeListView(_) => vec![flat(64), flat(64)],
        DataType::Union(_, UnionMode::Dense) => vec![flat(8), flat(32)],
        DataType::Union(_, UnionMode::Sparse) => vec![flat(8)],
        DataType::Boolean => vec![flat(1)],
        // Of no width there may be any number.
        DataType::FixedSizeBinary(width) => vec![flat(u64::try_from(*width).unwrap_or_default().max(1) * 8)],
        kind => kind.primitive_width().map(|bytes| flat(bytes as u64 * 8)).into_iter().collect(),
    }
}

/// A length that a damaged file speaks of takes no more memory than this.
const MAX_BUFFER: u64 = 4 << 30;
