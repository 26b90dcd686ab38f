//! A table as JSON lines: one object a row, every column in it, UTF-8.

use std::io::Write;

use super::cell::{Unwritable, cells, object};
use super::select::{Selected, leaves};
use crate::request::Error;

/// Writes every row, and says how many.
pub(super) fn write(selected: &Selected<'_>, out: &mut dyn Write) -> Result<u64, Error> {
    each_row(selected, out, |columns, row, line| {
        object(columns, row, line)?;
        line.push(b'\n');
        Ok(())
    })
}

/// Writes what `line` makes of each row, and says how many rows there were.
pub(super) fn each_row(
    selected: &Selected<'_>,
    out: &mut dyn Write,
    mut line: impl FnMut(&[(Vec<u8>, super::cell::Cells<'_>)], usize, &mut Vec<u8>) -> Result<(), Unwritable>,
) -> Result<u64, Error> {
    let (mut rows, mut text) = (0, Vec::with_capacity(2 * PIECE));
    for batch in selected.table.rows.batches()? {
        let batch = batch?;
        let columns = cells(&selected.members, &batch).map_err(|cell| unwritable(selected, cell, rows))?;
        for row in 0..batch.num_rows() {
            rows += 1;
            line(&columns, row, &mut text).map_err(|cell| unwritable(selected, cell, rows))?;
            if text.len() >= PIECE {
                out.write_all(&text).map_err(Error::Write)?;
                // One long value must not hold its room to the end.
                text.clear();
                text.shrink_to(2 * PIECE);
            }
        }
    }
    out.write_all(&text).map_err(Error::Write)?;
    Ok(rows)
}

fn unwritable(selected: &Selected<'_>, Unwritable(column): Unwritable, row: u64) -> Error {
    // Rows of another shape than their schema: whichever it was.
    let all = || leaves(&selected.members).iter().map(|leaf| leaf.path.clone()).collect::<Vec<_>>().join("`, `");
    Error::Unwritable { dataset: selected.table.dataset.clone(), column: column.unwrap_or_else(all), row }
}

/// Written together.
const PIECE: usize = 64 << 10;
