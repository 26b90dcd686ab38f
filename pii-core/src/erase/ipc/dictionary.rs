use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt64Array, make_array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{CastOptions, cast, cast_with_options, concat, take};
use arrow::datatypes::{DataType, Schema as Arrow, UInt64Type};
use arrow::error::ArrowError;
use arrow::row::{OwnedRow, RowConverter, SortField};

use super::layout::Kind;
use super::{Error, Fault, File, Wanted, unreadable};
use crate::erase::columns::{Code, Deed, children};

/// The dictionaries of a file. In a stream, one may take the place of another.
pub(super) struct Dictionaries {
    pub(super) epochs: Vec<Epoch>,
}

/// A dictionary, as long as it is in force.
pub(super) struct Epoch {
    pub(super) id: i64,
    /// The messages that it is made of: the first, and what others added.
    pub(super) parts: Vec<usize>,
}

impl Dictionaries {
    pub(super) fn of(file: File<'_>) -> Result<Self, Error> {
        let mut epochs: Vec<Epoch> = Vec::new();
        for (at, message) in file.layout.messages.iter().enumerate() {
            let Kind::Dictionary { id, delta } = message.kind else { continue };
            let known = epochs.iter().rposition(|epoch| epoch.id == id);
            match known.and_then(|known| epochs.get_mut(known)) {
                Some(epoch) if delta => epoch.parts.push(at),
                Some(_) if file.layout.footer.is_some() => {
                    let what = "a dictionary that takes the place of another".to_owned();
                    return Err(Error::Unsupported { file: file.input.name().to_owned(), what });
                }
                _ => epochs.push(Epoch { id, parts: vec![at] }),
            }
        }
        Ok(Self { epochs })
    }

    /// The dictionary that the batch at this place goes by. In a file, all stand before it, wherever they lie.
    pub(super) fn in_force(&self, id: i64, message: usize) -> Option<usize> {
        let before = |epoch: &Epoch| epoch.parts.first().is_some_and(|first| *first < message);
        let last = self.epochs.iter().rposition(|epoch| epoch.id == id && before(epoch));
        last.or_else(|| self.epochs.iter().position(|epoch| epoch.id == id))
    }

    /// Which entries of the dictionaries of the subject column are wanted.
    pub(super) fn matching(&self, file: File<'_>, wanted: &Wanted) -> Result<HashMap<usize, Vec<bool>>, Error> {
        let mut all = HashMap::new();
        for (at, epoch) in self.epochs.iter().enumerate().filter(|(_, epoch)| Some(epoch.id) == wanted.dictionary()) {
            let (entries, _) = self.entries(file, at)?;
            let marks = wanted.matching(&entries).map_err(|error| odd(file, epoch, &error))?;
            all.insert(at, marks.iter().collect());
        }
        Ok(all)
    }

    /// The entries, and how many each part gives.
    pub(super) fn entries(&self, file: File<'_>, epoch: usize) -> Result<(ArrayRef, Vec<usize>), Error> {
        let nothing = || Fault::Unsupported("a dictionary that no column has".to_owned()).of(file.input.name());
        let epoch = self.epochs.get(epoch).ok_or_else(nothing)?;
        let code = file.layout.schema.all_codes().find(|code| code.id == epoch.id).ok_or_else(nothing)?;
        let schema = Arc::new(Arrow::new(vec![Arc::clone(&code.entry)]));
        let mut parts = Vec::new();
        for message in epoch.parts.iter().filter_map(|part| file.layout.messages.get(*part)) {
            parts.extend(file.decode(message, &schema, None)?.columns().first().cloned());
        }
        let sizes = parts.iter().map(|part| part.len()).collect();
        let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
        Ok((concat(&parts).map_err(|error| odd(file, epoch, &error))?, sizes))
    }
}

/// A dictionary that changes.
pub(super) struct Remaking {
    /// Those that there were, and those that came.
    pub(super) entries: ArrayRef,
    pub(super) sizes: Vec<usize>,
    pub(super) ordered: bool,
    /// New entries, by what they are.
    fresh: HashMap<OwnedRow, u64>,
    converter: RowConverter,
}

/// Which entry stands where.
pub(super) struct Order {
    /// The old place of the entry at each new one.
    pub(super) entries: Vec<u64>,
    /// The new places of those that moved.
    moved: HashMap<u64, u64>,
}

impl Remaking {
    pub(super) fn new(entries: ArrayRef, sizes: Vec<usize>, ordered: bool) -> Result<Self, ArrowError> {
        let converter = RowConverter::new(vec![SortField::new(entries.data_type().clone())])?;
        Ok(Self { entries, sizes, ordered, fresh: HashMap::new(), converter })
    }

    /// How many entries there were.
    pub(super) fn before(&self) -> usize {
        self.sizes.iter().sum()
    }

    /// The codes, with others at the places that are marked: those of new entries.
    pub(super) fn recode(
        &mut self,
        deed: &Deed,
        codes: &ArrayRef,
        marks: &BooleanBuffer,
    ) -> Result<ArrayRef, ArrowError> {
        let numbers = numbers(codes)?;
        let mut new: HashMap<u64, u64> = HashMap::new();
        for at in marks.set_indices().filter(|at| numbers.is_valid(*at)) {
            let old = numbers.value(at);
            if new.contains_key(&old) {
                continue;
            }
            let entry = take(&self.entries, &UInt64Array::from(vec![old]), None)?;
            let entry = deed.on(&entry, &BooleanBuffer::new_set(1))?;
            new.insert(old, self.place(&entry)?);
        }
        let recoded = numbers.iter().enumerate().map(|(at, old)| {
            let old = old?;
            Some(if marks.value(at) { new.get(&old).copied().unwrap_or(old) } else { old })
        });
        narrow(recoded.collect::<UInt64Array>(), codes.data_type())
    }

    /// Where an entry stands, or is put.
    fn place(&mut self, entry: &ArrayRef) -> Result<u64, ArrowError> {
        let row = self.converter.convert_columns(std::slice::from_ref(entry))?.row(0).owned();
        if self.fresh.is_empty() {
            let rows = self.converter.convert_columns(std::slice::from_ref(&self.entries))?;
            self.fresh = rows.iter().enumerate().map(|(at, row)| (row.owned(), at as u64)).collect();
        }
        if let Some(at) = self.fresh.get(&row) {
            return Ok(*at);
        }
        let at = self.entries.len() as u64;
        self.entries = concat(&[&self.entries, entry])?;
        self.fresh.insert(row, at);
        Ok(at)
    }

    /// The order without these entries. Where it says nothing, the last take the places that became free, so that few
    /// codes change.
    pub(super) fn without(&self, gone: &[bool]) -> Order {
        let is_gone = |at: usize| gone.get(at) == Some(&true);
        let len = self.entries.len();
        let mut entries: Vec<u64>;
        if self.ordered {
            entries = (0..len).filter(|at| !is_gone(*at)).map(|at| at as u64).collect();
        } else {
            let left = (0..len).filter(|at| !is_gone(*at)).count();
            let mut last = (left..len).filter(|at| !is_gone(*at));
            entries = (0..left).map(|at| if is_gone(at) { last.next().unwrap_or(at) } else { at } as u64).collect();
            entries.shrink_to_fit();
        }
        let moved =
            entries.iter().enumerate().map(|(new, old)| (*old, new as u64)).filter(|(old, new)| old != new).collect();
        Order { entries, moved }
    }
}

impl Order {
    /// Whether nothing is other than before, if there were so many entries.
    pub(super) fn is_as_before(&self, entries: usize) -> bool {
        self.moved.is_empty() && self.entries.len() == entries
    }

    /// Whether one of the codes changes.
    pub(super) fn moves(&self, codes: &ArrayRef) -> Result<bool, ArrowError> {
        Ok(!self.moved.is_empty() && numbers(codes)?.iter().flatten().any(|code| self.moved.contains_key(&code)))
    }

    /// The codes as they are now.
    pub(super) fn apply(&self, codes: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        let new = numbers(codes)?;
        let new = new.iter().map(|code| code.map(|code| self.moved.get(&code).copied().unwrap_or(code)));
        narrow(new.collect::<UInt64Array>(), codes.data_type())
    }
}

/// Does something with the codes of each coded column, depth first, and puts what becomes of them in their place.
pub(super) fn each_codes(
    kind: &DataType,
    array: &ArrayRef,
    codes: &mut std::slice::Iter<'_, Code>,
    act: &mut dyn FnMut(&Code, &ArrayRef) -> Result<ArrayRef, ArrowError>,
) -> Result<ArrayRef, ArrowError> {
    if let DataType::Dictionary(..) = kind {
        return match codes.next() {
            Some(code) => act(code, array),
            None => Ok(Arc::clone(array)),
        };
    }
    let below = children(kind);
    if below.is_empty() {
        return Ok(Arc::clone(array));
    }
    let data = array.to_data();
    let made = below
        .into_iter()
        .zip(data.child_data())
        .map(|(field, child)| Ok(each_codes(field.data_type(), &make_array(child.clone()), codes, act)?.to_data()));
    let made = made.collect::<Result<Vec<_>, ArrowError>>()?;
    Ok(make_array(data.into_builder().child_data(made).build()?))
}

/// The same for all columns of a batch; `columns` says which of the table's they are.
pub(super) fn each_in(
    file: File<'_>,
    batch: &RecordBatch,
    columns: &[usize],
    act: &mut dyn FnMut(&Code, &ArrayRef) -> Result<ArrayRef, ArrowError>,
) -> Result<Vec<ArrayRef>, ArrowError> {
    let schema = &file.layout.schema;
    let pairs = columns.iter().zip(batch.columns());
    pairs
        .map(|(column, array)| match schema.full.fields().get(*column) {
            Some(field) => each_codes(field.data_type(), array, &mut schema.codes(*column).iter(), act),
            None => Ok(Arc::clone(array)),
        })
        .collect()
}

/// Marks the entries that these codes use.
pub(super) fn mark(codes: &ArrayRef, used: &mut Vec<bool>) -> Result<(), ArrowError> {
    let numbers = numbers(codes)?;
    for at in (0..numbers.len()).filter(|at| numbers.is_valid(*at)) {
        let code = numbers.value(at) as usize;
        // A code beyond all entries is damage, and no reason to fill the memory.
        if code < MAX_ENTRIES {
            used.resize(used.len().max(code + 1), false);
            used.get_mut(code).into_iter().for_each(|mark| *mark = true);
        }
    }
    Ok(())
}

fn numbers(codes: &ArrayRef) -> Result<UInt64Array, ArrowError> {
    Ok(cast(codes, &DataType::UInt64)?.as_primitive::<UInt64Type>().clone())
}

fn narrow(codes: UInt64Array, kind: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(&codes, kind, &CastOptions { safe: false, ..CastOptions::default() })
}

fn odd(file: File<'_>, epoch: &Epoch, error: &ArrowError) -> Error {
    let at = epoch.parts.first().and_then(|part| file.layout.messages.get(*part)).map_or(0, |part| part.range.start);
    unreadable(file.input, at, error)
}

const MAX_ENTRIES: usize = 1 << 31;
