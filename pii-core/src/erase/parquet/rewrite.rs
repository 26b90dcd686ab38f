use std::ops::Range;

use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaDataWriter};
use rayon::prelude::*;
use ring::hmac;

use super::super::{Action, Hits, Input, Output, Rewritten};
use super::chunk::{Piece, Remade, Surgery};
use super::deed::Deed;
use super::fault::Result;
use super::footer::{Footer, bloom, chunk, pointed};
use super::kit::Kits;
use super::list;
use super::metadata::{Placed, finish_file, metadata, row_group, span, unwritable};
use super::splice::Splice;

/// As many compressed bytes of column chunks are worked on at once: what bounds the memory.
const AT_ONCE: u64 = 48 << 20;

/// The first four bytes of a file.
const MAGIC: u64 = 4;

/// A column chunk of the new file.
struct Part {
    group: usize,
    column: usize,
    /// Whether anything happens to it.
    hit: bool,
}

pub(super) fn rewrite(
    input: &dyn Input,
    hits: &Hits,
    action: &Action,
    key: &hmac::Key,
    kits: &Kits,
    output: &mut dyn Output,
) -> Result<Rewritten> {
    let footer = Footer::read(input)?;
    let deeds = Deed::all(action, &footer, key)?;
    let deletes = matches!(action, Action::DeleteRow);
    let groups: Vec<(Range<u64>, Vec<Range<u64>>)> = footer
        .rows()
        .map(|rows| {
            let hit = hits.hit.within(rows.clone()).ranges().to_vec();
            (rows, hit)
        })
        .collect();
    let whole = |group: &(Range<u64>, Vec<Range<u64>>)| {
        let (rows, hit) = group;
        deletes && hit.iter().map(|hit| hit.end - hit.start).sum::<u64>() == rows.end - rows.start && !hit.is_empty()
    };
    let mut parts = Vec::new();
    for (group, rows) in groups.iter().enumerate().filter(|(_, group)| !whole(group)) {
        let hit = |deed: &Option<Deed>| deed.is_some() && !rows.1.is_empty();
        parts.extend(deeds.iter().enumerate().map(|(column, deed)| Part { group, column, hit: hit(deed) }));
    }

    let mut splice = Splice::new(output);
    splice.copy(0..MAGIC)?;
    let mut placed: Vec<Placed> = Vec::with_capacity(parts.len());
    let mut rest = parts.as_slice();
    while !rest.is_empty() {
        let (now, later) = rest.split_at(batch(rest, &footer));
        rest = later;
        let remade: Vec<Option<Remade>> = now
            .par_iter()
            .with_max_len(1)
            .map(|part| {
                let (Some(deed), Some((rows, hits))) =
                    (deeds.get(part.column).and_then(Option::as_ref).filter(|_| part.hit), groups.get(part.group))
                else {
                    return Ok(None);
                };
                let column = footer.data.row_group(part.group).column(part.column);
                let rows = rows.end - rows.start;
                let kind = footer.kind(part.column);
                let surgery = Surgery { input, column, kind, deed, hits, rows };
                kits.with(|kit| surgery.run(kit)).map(Some)
            })
            .collect::<Result<_>>()?;
        for (part, remade) in now.iter().zip(remade) {
            let column = footer.data.row_group(part.group).column(part.column);
            placed.push(place(&mut splice, column, remade)?);
        }
    }

    let mut columns = finish_chunks(input, &mut splice, placed)?.into_iter();
    let mut new_groups = Vec::new();
    let mut rewritten = Rewritten::default();
    for (old, group) in footer.data.row_groups().iter().zip(&groups) {
        let gone: u64 = group.1.iter().map(|hit| hit.end - hit.start).sum();
        rewritten.erased += gone;
        if whole(group) {
            continue;
        }
        let rows = group.0.end - group.0.start - if deletes { gone } else { 0 };
        rewritten.rows += rows;
        let mut chunks = Vec::with_capacity(old.num_columns());
        for (column, reencoded) in columns.by_ref().take(old.num_columns()) {
            rewritten.reencoded += reencoded;
            chunks.push(column);
        }
        let unsorted = !deletes && gone > 0;
        new_groups.push(row_group(old, chunks, rows, new_groups.len(), unsorted)?);
    }
    let data = finish_file(&footer, new_groups, rewritten.rows)?;
    let mut bytes = Vec::new();
    ParquetMetaDataWriter::new(&mut bytes, &data).finish().map_err(|error| unwritable(&error))?;
    splice.write(&bytes)?;
    Ok(Rewritten { copied: splice.copied, made: splice.made, ..rewritten })
}

/// How many of the next parts are worked on together.
fn batch(parts: &[Part], footer: &Footer) -> usize {
    let mut size = 0;
    let fit = parts.iter().take_while(|part| {
        let column = footer.data.row_group(part.group).column(part.column);
        size += if part.hit { u64::try_from(column.compressed_size()).unwrap_or(0) } else { 0 };
        size <= AT_ONCE
    });
    fit.count().max(1)
}

/// Writes the pages of a column chunk.
fn place(splice: &mut Splice<'_>, column: &ColumnChunkMetaData, mut remade: Option<Remade>) -> Result<Placed> {
    let at = splice.position();
    let old = chunk(column)?;
    let shift = at.cast_signed() - old.start.cast_signed();
    match &mut remade {
        None => splice.copy(old)?,
        Some(remade) => {
            let sizes: Vec<u64> = remade.pieces.iter().map(Piece::len).collect();
            for (piece, size) in std::mem::take(&mut remade.pieces).into_iter().zip(sizes) {
                match piece {
                    Piece::Old(range) => splice.copy(range)?,
                    Piece::New(bytes) => splice.write(&bytes)?,
                }
                // What is left of the pieces is how long they are.
                remade.pieces.push(Piece::Old(0..size));
            }
        }
    }
    Ok(Placed { column: column.clone(), shift, remade, at })
}

/// Bloom filters, column indexes, offset indexes: in this order, each kind together. Gives the chunks as the footer will
/// say they are, and how many bytes were encoded again for each.
fn finish_chunks(
    input: &dyn Input,
    splice: &mut Splice<'_>,
    placed: Vec<Placed>,
) -> Result<Vec<(ColumnChunkMetaData, u64)>> {
    let mut blooms = Vec::with_capacity(placed.len());
    for chunk in &placed {
        let at = splice.position();
        let old = bloom(input, &chunk.column)?;
        match (&chunk.remade, old) {
            (None, Some(range)) => splice.copy(range)?,
            (Some(Remade { bloom: Some(bytes), .. }), _) => splice.write(bytes)?,
            _ => {}
        }
        blooms.push(span(at, splice.position()));
    }
    let mut columns = Vec::with_capacity(placed.len());
    for chunk in &placed {
        let at = splice.position();
        let old = pointed(chunk.column.column_index_offset(), chunk.column.column_index_length());
        match (&chunk.remade, old) {
            (None, Some(range)) => splice.copy(range)?,
            (Some(Remade { columns: Some(index), .. }), _) => {
                let mut bytes = Vec::new();
                index.write(&mut bytes);
                splice.write(&bytes)?;
            }
            _ => {}
        }
        columns.push(span(at, splice.position()));
    }
    let mut offsets = Vec::with_capacity(placed.len());
    for chunk in &placed {
        let at = splice.position();
        let old = pointed(chunk.column.offset_index_offset(), chunk.column.offset_index_length());
        let index = match (&chunk.remade, old) {
            (None, Some(range)) if chunk.shift == 0 => {
                splice.copy(range)?;
                None
            }
            (None, Some(_)) => list::offsets(input, &chunk.column)?.map(|index| (index, chunk.shift)),
            (Some(remade), _) => remade.offsets.clone().map(|index| (index, chunk.at.cast_signed())),
            (None, None) => None,
        };
        if let Some((mut index, shift)) = index {
            index.pages.iter_mut().for_each(|page| page.offset = page.offset.saturating_add_signed(shift));
            let mut bytes = Vec::new();
            index.write(&mut bytes);
            splice.write(&bytes)?;
        }
        offsets.push(span(at, splice.position()));
    }
    let spans = blooms.into_iter().zip(columns).zip(offsets);
    placed
        .into_iter()
        .zip(spans)
        .map(|(chunk, ((bloom, columns), offsets))| {
            let reencoded = chunk.remade.as_ref().map_or(0, |remade| remade.reencoded);
            metadata(chunk, bloom, columns, offsets).map(|column| (column, reencoded))
        })
        .collect()
}
