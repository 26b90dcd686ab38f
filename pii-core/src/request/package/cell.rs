//! One value, as JSON.
//!
//! | in the rows | as JSON |
//! |---|---|
//! | null | `null` |
//! | boolean, integer, floating-point number | itself; `"NaN"`, `"Infinity"`, `"-Infinity"` where JSON has no number |
//! | text | a string |
//! | decimal | a string with every digit: a number would be rounded by most readers |
//! | date, time, timestamp, duration | a string (ISO 8601; with a time zone, RFC 3339) |
//! | bytes | a string, base64 (RFC 4648) |
//! | struct, list | an object, an array |
//! | map | an object if its keys are texts, else an array of `{"key":…,"value":…}` |

use std::fmt;
use std::io::Write as _;
use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float16Type, Float32Type, Float64Type};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::select::{Member, Shape};

/// A column of one batch, to be read by row.
pub(super) struct Cells<'a> {
    array: &'a dyn Array,
    values: Values<'a>,
}

enum Values<'a> {
    Null,
    /// What is written as it is shown.
    Bare(ArrayFormatter<'a>),
    /// What is written in quotes as it is shown; it holds none itself.
    Quoted(ArrayFormatter<'a>),
    Float(Box<dyn Fn(usize) -> f64 + 'a>, bool),
    Text(Box<dyn Fn(usize) -> &'a str + 'a>),
    Bytes(Box<dyn Fn(usize) -> &'a [u8] + 'a>),
    Dictionary(Box<dyn Fn(usize) -> Option<usize> + 'a>, Box<Cells<'a>>),
    Struct(Vec<(Vec<u8>, Cells<'a>)>),
    List(Items<'a>, Box<Cells<'a>>),
    Map(Items<'a>, Box<Cells<'a>>, Box<Cells<'a>>),
}

/// Which items of a list, or entries of a map, a row has.
type Items<'a> = Box<dyn Fn(usize) -> Range<usize> + 'a>;

/// A cell cannot be written; of this column, if that is known.
pub(super) struct Unwritable(pub(super) Option<String>);

impl Unwritable {
    /// `name` is a JSON string.
    fn within(self, name: &[u8]) -> Self {
        let name: String = serde_json::from_slice(name).unwrap_or_default();
        Self(Some(self.0.map_or_else(|| name.clone(), |inner| format!("{name}.{inner}"))))
    }
}

impl From<fmt::Error> for Unwritable {
    fn from(_: fmt::Error) -> Self {
        Self(None)
    }
}

impl From<ArrowError> for Unwritable {
    fn from(_: ArrowError) -> Self {
        Self(None)
    }
}

impl From<serde_json::Error> for Unwritable {
    fn from(_: serde_json::Error) -> Self {
        Self(None)
    }
}

/// The columns of `batch` that `members` name, with the name of each as a JSON string.
pub(super) fn cells<'a>(
    members: &[Member<'_>],
    batch: &'a RecordBatch,
) -> Result<Vec<(Vec<u8>, Cells<'a>)>, Unwritable> {
    of_members(members, batch.columns())
}

fn of_members<'a>(members: &[Member<'_>], arrays: &'a [ArrayRef]) -> Result<Vec<(Vec<u8>, Cells<'a>)>, Unwritable> {
    let cells = |member: &Member<'_>| {
        let array = arrays.get(member.from).ok_or(Unwritable(None))?;
        Ok((serde_json::to_vec(&member.name)?, Cells::of(&member.shape, array.as_ref())?))
    };
    members.iter().map(cells).collect()
}

impl<'a> Cells<'a> {
    fn of(shape: &Shape<'_>, array: &'a dyn Array) -> Result<Self, Unwritable> {
        let values = match shape {
            Shape::Leaf(_) => return Self::leaf(array),
            Shape::Struct(members) => {
                Values::Struct(of_members(members, array.as_struct_opt().ok_or(Unwritable(None))?.columns())?)
            }
            Shape::List(item) => Self::list(item, array)?,
            Shape::Map(key, value) => {
                let map = array.as_map_opt().ok_or(Unwritable(None))?;
                let of = |row| range(map.value_offsets(), row);
                let (keys, values) = (Self::of(key, map.keys().as_ref())?, Self::of(value, map.values().as_ref())?);
                Values::Map(Box::new(of), Box::new(keys), Box::new(values))
            }
        };
        Ok(Self { array, values })
    }

    fn list(item: &Shape<'_>, array: &'a dyn Array) -> Result<Values<'a>, Unwritable> {
        let (of, items): (Items<'a>, &'a ArrayRef) = match array.data_type() {
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                (Box::new(|row| range(list.value_offsets(), row)), list.values())
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                (Box::new(|row| range(list.value_offsets(), row)), list.values())
            }
            DataType::FixedSizeList(_, length) => {
                let length = usize::try_from(*length).map_err(|_| Unwritable(None))?;
                (Box::new(move |row| row * length..(row + 1) * length), array.as_fixed_size_list().values())
            }
            _ => return Err(Unwritable(None)),
        };
        Ok(Values::List(of, Box::new(Self::of(item, items.as_ref())?)))
    }

    fn leaf(array: &'a dyn Array) -> Result<Self, Unwritable> {
        let shown = || ArrayFormatter::try_new(array, &OPTIONS);
        let values = match array.data_type() {
            DataType::Null => Values::Null,
            DataType::Boolean => Values::Bare(shown()?),
            data_type if data_type.is_integer() => Values::Bare(shown()?),
            DataType::Float16 => {
                let floats = array.as_primitive::<Float16Type>();
                Values::Float(Box::new(|row| floats.value(row).to_f64()), true)
            }
            DataType::Float32 => {
                let floats = array.as_primitive::<Float32Type>();
                Values::Float(Box::new(|row| floats.value(row).into()), true)
            }
            DataType::Float64 => {
                let floats = array.as_primitive::<Float64Type>();
                Values::Float(Box::new(|row| floats.value(row)), false)
            }
            DataType::Utf8 => Values::Text(Box::new(|row| array.as_string::<i32>().value(row))),
            DataType::LargeUtf8 => Values::Text(Box::new(|row| array.as_string::<i64>().value(row))),
            DataType::Utf8View => Values::Text(Box::new(|row| array.as_string_view().value(row))),
            DataType::Binary => Values::Bytes(Box::new(|row| array.as_binary::<i32>().value(row))),
            DataType::LargeBinary => Values::Bytes(Box::new(|row| array.as_binary::<i64>().value(row))),
            DataType::BinaryView => Values::Bytes(Box::new(|row| array.as_binary_view().value(row))),
            DataType::FixedSizeBinary(_) => Values::Bytes(Box::new(|row| array.as_fixed_size_binary().value(row))),
            DataType::Dictionary(..) => {
                let dictionary = array.as_any_dictionary_opt().ok_or(Unwritable(None))?;
                if dictionary.values().is_empty() {
                    return Ok(Self { array, values: Values::Null });
                }
                let keys = dictionary.normalized_keys();
                let key = move |row: usize| keys.get(row).copied();
                Values::Dictionary(Box::new(key), Box::new(Self::leaf(dictionary.values().as_ref())?))
            }
            _ => Values::Quoted(shown()?),
        };
        Ok(Self { array, values })
    }

    /// Whether there is no value.
    pub(super) fn is_null(&self, row: usize) -> bool {
        match &self.values {
            Values::Null => true,
            Values::Dictionary(key, values) => {
                self.array.is_null(row) || key(row).is_none_or(|key| values.is_null(key))
            }
            _ => self.array.is_null(row),
        }
    }

    /// The value as text: a string without its quotes, anything else as JSON. Empty, if there is none.
    pub(super) fn text(&self, row: usize, out: &mut String) -> Result<(), Unwritable> {
        if self.is_null(row) {
            return Ok(());
        }
        match &self.values {
            Values::Null => {}
            Values::Bare(shown) | Values::Quoted(shown) => shown.value(row).write(out)?,
            Values::Float(value, single) => float(value(row), *single, out)?,
            Values::Text(text) => out.push_str(text(row)),
            Values::Bytes(bytes) => STANDARD.encode_string(bytes(row), out),
            Values::Dictionary(key, values) => values.text(key(row).ok_or(Unwritable(None))?, out)?,
            Values::Struct(_) | Values::List(..) | Values::Map(..) => {
                let mut json = Vec::new();
                self.json(row, &mut json)?;
                out.push_str(std::str::from_utf8(&json).map_err(|_| Unwritable(None))?);
            }
        }
        Ok(())
    }

    /// Whether the values are texts, which can be the keys of an object.
    fn is_text(&self) -> bool {
        match &self.values {
            Values::Text(_) => true,
            Values::Dictionary(_, values) => values.is_text(),
            _ => false,
        }
    }

    /// Whether the values are numbers: of one that begins with `-`, a spreadsheet makes nothing else.
    pub(super) fn is_number(&self) -> bool {
        match &self.values {
            Values::Dictionary(_, values) => values.is_number(),
            _ => self.array.data_type().is_numeric(),
        }
    }

    /// The value as JSON.
    pub(super) fn json(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if self.is_null(row) {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        match &self.values {
            Values::Null => {}
            Values::Bare(shown) => shown.value(row).write(&mut Text(out))?,
            Values::Quoted(shown) => {
                out.push(b'"');
                shown.value(row).write(&mut Text(out))?;
                out.push(b'"');
            }
            Values::Float(value, single) => {
                let number = value(row);
                let quote: &[u8] = if number.is_finite() { b"" } else { b"\"" };
                out.extend_from_slice(quote);
                float(number, *single, &mut Text(out))?;
                out.extend_from_slice(quote);
            }
            Values::Text(text) => serde_json::to_writer(out, text(row))?,
            Values::Bytes(bytes) => {
                out.push(b'"');
                out.extend_from_slice(STANDARD.encode(bytes(row)).as_bytes());
                out.push(b'"');
            }
            Values::Dictionary(key, values) => values.json(key(row).ok_or(Unwritable(None))?, out)?,
            Values::Struct(members) => object(members, row, out)?,
            Values::List(of, items) => {
                joined(b"[", b"]", of(row), out, |item, out| items.json(item, out))?;
            }
            Values::Map(of, keys, values) if keys.is_text() => joined(b"{", b"}", of(row), out, |entry, out| {
                keys.json(entry, out)?;
                out.push(b':');
                values.json(entry, out)
            })?,
            Values::Map(of, keys, values) => joined(b"[", b"]", of(row), out, |entry, out| {
                out.extend_from_slice(b"{\"key\":");
                keys.json(entry, out)?;
                out.extend_from_slice(b",\"value\":");
                values.json(entry, out)?;
                out.push(b'}');
                Ok(())
            })?,
        }
        Ok(())
    }
}

/// A JSON object of some columns, each led by its name.
pub(super) fn object(members: &[(Vec<u8>, Cells<'_>)], row: usize, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    out.push(b'{');
    for (n, (name, cells)) in members.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        out.extend_from_slice(name);
        out.push(b':');
        cells.json(row, out).map_err(|unwritable| unwritable.within(name))?;
    }
    out.push(b'}');
    Ok(())
}

fn joined(
    open: &[u8],
    close: &[u8],
    items: Range<usize>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(usize, &mut Vec<u8>) -> Result<(), Unwritable>,
) -> Result<(), Unwritable> {
    out.extend_from_slice(open);
    let first = items.start;
    for item in items {
        if item > first {
            out.push(b',');
        }
        write(item, out)?;
    }
    out.extend_from_slice(close);
    Ok(())
}

/// The shortest digits that read back as the same number, of its own width.
fn float(number: f64, single: bool, out: &mut dyn fmt::Write) -> Result<(), Unwritable> {
    if number.is_nan() {
        out.write_str("NaN")?;
    } else if number.is_infinite() {
        out.write_str(if number > 0.0 { "Infinity" } else { "-Infinity" })?;
    } else if single {
        // `f64` from `f32` and back is exact.
        out.write_str(&serde_json::to_string(&(number as f32))?)?;
    } else {
        out.write_str(&serde_json::to_string(&number)?)?;
    }
    Ok(())
}

fn range<O: Copy + TryInto<usize>>(offsets: &[O], row: usize) -> Range<usize> {
    let at = |n: usize| offsets.get(n).and_then(|offset| (*offset).try_into().ok()).unwrap_or(0);
    at(row)..at(row + 1)
}

/// Bytes that text is written to.
struct Text<'v>(&'v mut Vec<u8>);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_all(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

/// What cannot be shown is an error, not a word in the place of the value.
const OPTIONS: FormatOptions<'static> = FormatOptions::new().with_display_error(false);
