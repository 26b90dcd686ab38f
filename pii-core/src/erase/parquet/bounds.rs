use std::cmp::Ordering;

use parquet::basic::Type;
use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};
use parquet::file::statistics::{Statistics, ValueStatistics};

use super::kind::{Kind, Order};

/// Longer bounds of texts are cut: no reader gains from more.
const LONGEST: usize = 64;

/// Between which values some values lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) least: Vec<u8>,
    pub(super) greatest: Vec<u8>,
    /// Whether both are values themselves.
    pub(super) exact: bool,
}

impl Bounds {
    /// Of all these; `None` if nothing among them can be compared.
    pub(super) fn of<'v>(order: Order, values: impl IntoIterator<Item = &'v [u8]>) -> Option<Self> {
        let (mut least, mut greatest): (Option<&[u8]>, Option<&[u8]>) = (None, None);
        for value in values {
            if matches!(order, Order::Float | Order::None) && order.compare(value, value).is_none() {
                continue;
            }
            if least.is_none_or(|least| order.compare(value, least) == Some(Ordering::Less)) {
                least = Some(value);
            }
            if greatest.is_none_or(|greatest| order.compare(value, greatest) == Some(Ordering::Greater)) {
                greatest = Some(value);
            }
        }
        let (mut least, mut greatest) = (least?.to_vec(), greatest?.to_vec());
        // Zero has two signs, and readers must find both.
        if order == Order::Float {
            sign_zero(&mut least, 0x80);
            sign_zero(&mut greatest, 0);
        }
        Some(Self { least, greatest, exact: true })
    }

    /// Both together.
    pub(super) fn join(self, order: Order, other: Self) -> Self {
        let exact = self.exact && other.exact;
        let least = [&self, &other].into_iter().map(|bounds| bounds.least.as_slice());
        let greatest = [&self, &other].into_iter().map(|bounds| bounds.greatest.as_slice());
        let joined = Self::of(order, least.chain(greatest));
        joined.map_or(self, |joined| Self { exact, ..joined })
    }

    /// Whether erasing `value` may have changed them, or they may be a part of it.
    pub(super) fn touch(&self, order: Order, value: &[u8]) -> bool {
        let inside = order.compare(value, &self.least) == Some(Ordering::Greater)
            && order.compare(value, &self.greatest) == Some(Ordering::Less);
        if !inside {
            return true;
        }
        // A bound may be the beginning of a longer value; the upper one then with its last letter made greater.
        let common = self.greatest.get(..self.greatest.len().saturating_sub(4)).unwrap_or_default();
        order == Order::Bytes
            && (value.starts_with(&self.least) || value.len() > self.greatest.len() && value.starts_with(common))
    }

    /// With long texts cut.
    pub(super) fn shortened(mut self, kind: Kind) -> Self {
        if kind.order != Order::Bytes || kind.width > 0 {
            return self;
        }
        if let Some(cut) = cut(&self.least) {
            self.least.truncate(cut);
            self.exact = false;
        }
        if let Some(at) = cut(&self.greatest) {
            // The next text after all that begin so: a letter that can be made greater becomes the last one.
            let last = self.greatest.iter().take(at).rposition(|byte| *byte < 0x7f);
            if let Some(last) = last {
                self.greatest.truncate(last + 1);
                self.greatest.iter_mut().skip(last).for_each(|byte| *byte += 1);
                self.exact = false;
            }
        }
        self
    }

    /// Those of a column chunk. Old writers compared texts as signed bytes: such bounds are not known to be any.
    pub(super) fn stated(statistics: &Statistics, order: Order) -> Option<Self> {
        if statistics.is_min_max_deprecated() && order != Order::Signed {
            return None;
        }
        let (least, greatest) = statistics.min_bytes_opt().zip(statistics.max_bytes_opt())?;
        let exact = statistics.min_is_exact() && statistics.max_is_exact();
        Some(Self { least: least.to_vec(), greatest: greatest.to_vec(), exact })
    }
}

/// Gives a zero this sign.
fn sign_zero(value: &mut [u8], sign: u8) {
    if let Some((top, rest)) = value.split_last_mut()
        && *top & 0x7f == 0
        && rest.iter().all(|byte| *byte == 0)
    {
        *top = sign;
    }
}

/// Where a long text is cut: between two letters.
fn cut(text: &[u8]) -> Option<usize> {
    let head = text.get(..LONGEST).filter(|_| text.len() > LONGEST)?;
    Some(match std::str::from_utf8(head) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => LONGEST,
    })
}

/// Statistics of a column chunk. The count of distinct values is not among them: nobody counted again.
pub(super) fn statistics(kind: Kind, bounds: Option<&Bounds>, nulls: Option<u64>, old: &Statistics) -> Statistics {
    macro_rules! typed {
        ($variant:ident, $parse:expr) => {{
            let (least, greatest) = (
                bounds.and_then(|bounds| $parse(bounds.least.as_slice())),
                bounds.and_then(|bounds| $parse(bounds.greatest.as_slice())),
            );
            let exact = bounds.is_some_and(|bounds| bounds.exact);
            Statistics::$variant(
                ValueStatistics::new(least, greatest, None, nulls, old.is_min_max_deprecated())
                    .with_min_is_exact(exact)
                    .with_max_is_exact(exact)
                    .with_backwards_compatible_min_max(old.is_min_max_backwards_compatible()),
            )
        }};
    }
    match kind.physical {
        Type::BOOLEAN => typed!(Boolean, |bytes: &[u8]| bytes.first().map(|bit| *bit != 0)),
        Type::INT32 => typed!(Int32, |bytes: &[u8]| bytes.first_chunk().map(|bytes| i32::from_le_bytes(*bytes))),
        Type::INT64 => typed!(Int64, |bytes: &[u8]| bytes.first_chunk().map(|bytes| i64::from_le_bytes(*bytes))),
        Type::FLOAT => typed!(Float, |bytes: &[u8]| bytes.first_chunk().map(|bytes| f32::from_le_bytes(*bytes))),
        Type::DOUBLE => typed!(Double, |bytes: &[u8]| bytes.first_chunk().map(|bytes| f64::from_le_bytes(*bytes))),
        Type::INT96 => typed!(Int96, |_: &[u8]| None::<Int96>),
        Type::BYTE_ARRAY => typed!(ByteArray, |bytes: &[u8]| Some(ByteArray::from(bytes.to_vec()))),
        Type::FIXED_LEN_BYTE_ARRAY => {
            typed!(FixedLenByteArray, |bytes: &[u8]| Some(FixedLenByteArray::from(bytes.to_vec())))
        }
    }
}
