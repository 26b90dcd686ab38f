use std::ops::Range;

use parquet::file::metadata::ColumnChunkMetaData;

use super::super::Input;
use super::fault::{Fault, Result};
use super::footer::{chunk, pointed};
use super::header::{Header, Kind as Form};
use super::index::{Columns, Offsets};
use super::kind::Kind;
use super::window::Window;

/// The pages of a column chunk, without their content.
pub(super) struct List {
    /// Where the dictionary is, with its header.
    pub(super) dictionary: Option<Range<u64>>,
    pub(super) pages: Vec<Listed>,
}

/// A data page.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// With its header.
    pub(super) place: Range<u64>,
    /// The rows it has, from the beginning of the row group. `None` where only its levels tell.
    pub(super) rows: Option<Range<u64>>,
}

impl List {
    /// From the offset index where there is one: then nothing is read. From the headers, else.
    pub(super) fn new(
        window: &mut Window<'_>,
        column: &ColumnChunkMetaData,
        kind: Kind,
        rows: u64,
        offsets: Option<&Offsets>,
    ) -> Result<Self> {
        let range = chunk(column)?;
        match offsets {
            Some(offsets) => Self::indexed(window, range, rows, offsets),
            None => Self::walked(window, range, column.num_values(), kind),
        }
    }

    fn indexed(window: &mut Window<'_>, range: Range<u64>, rows: u64, offsets: &Offsets) -> Result<Self> {
        let first = offsets.pages.first().map_or(range.end, |page| page.offset);
        let dictionary = match range.start < first {
            true => {
                let header = window.header(range.start)?;
                let place = range.start..range.start + (header.len + header.size) as u64;
                matches!(header.kind, Form::Dictionary { .. }).then_some(place)
            }
            false => None,
        };
        let ends = offsets.pages.iter().skip(1).map(|next| next.first_row).chain(std::iter::once(rows));
        let pages = offsets.pages.iter().zip(ends).map(|(page, end)| {
            let place = page.offset..page.offset.checked_add(page.size as u64)?;
            let fits = place.start >= range.start && place.end <= range.end && page.first_row <= end;
            fits.then_some(Listed { place, rows: Some(page.first_row..end) })
        });
        let pages = pages.collect::<Option<_>>().ok_or_else(|| Fault::damaged("an offset index that cannot be"))?;
        Ok(Self { dictionary, pages })
    }

    fn walked(window: &mut Window<'_>, range: Range<u64>, entries: i64, kind: Kind) -> Result<Self> {
        let (mut dictionary, mut pages) = (None, Vec::new());
        let (mut at, mut row) = (range.start, 0);
        let mut left = usize::try_from(entries).map_err(|_| Fault::damaged("a column has less than no values"))?;
        while left > 0 {
            let header = window.header(at)?;
            let place = at..at + (header.len + header.size) as u64;
            at = place.end;
            let rows = match header.kind {
                Form::Dictionary { .. } => {
                    dictionary = Some(place);
                    continue;
                }
                Form::Other => continue,
                Form::V1 { entries, .. } => (kind.repetition == 0).then_some(entries as u64),
                Form::V2 { rows, .. } => Some(rows as u64),
            };
            left = left.checked_sub(header.entries()).ok_or_else(|| Fault::damaged("pages with too many values"))?;
            let rows = rows.map(|rows| row..row + rows);
            row = rows.as_ref().map_or(row, |rows| rows.end);
            pages.push(Listed { place, rows });
        }
        Ok(Self { dictionary, pages })
    }
}

/// The dictionary's header, and its values as they lie in memory.
pub(super) fn dictionary_header(window: &mut Window<'_>, place: &Range<u64>) -> Result<(Header, usize)> {
    let header = window.page(place)?;
    match header.kind {
        Form::Dictionary { entries, .. } => Ok((header, entries)),
        _ => Err(Fault::damaged("no dictionary where one should be")),
    }
}

/// The offset index of a column chunk.
pub(super) fn offsets(input: &dyn Input, column: &ColumnChunkMetaData) -> Result<Option<Offsets>> {
    let Some(range) = pointed(column.offset_index_offset(), column.offset_index_length()) else { return Ok(None) };
    let mut bytes = Vec::new();
    input.read(range, &mut bytes)?;
    let index = Offsets::read(&bytes)?;
    Ok((!index.pages.is_empty()).then_some(index))
}

/// The column index of a column chunk.
pub(super) fn columns(input: &dyn Input, column: &ColumnChunkMetaData) -> Result<Option<Columns>> {
    let Some(range) = pointed(column.column_index_offset(), column.column_index_length()) else { return Ok(None) };
    let mut bytes = Vec::new();
    input.read(range, &mut bytes)?;
    Columns::read(&bytes).map(Some)
}
