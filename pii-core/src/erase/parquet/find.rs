use std::ops::Range;

use parquet::basic::{Encoding, Type};
use parquet::bloom_filter::Sbbf;
use parquet::file::metadata::ColumnChunkMetaData;
use rayon::prelude::*;

use super::super::{Hits, Input, Rows, Values};
use super::cells::Cells;
use super::encode::decode;
use super::fault::{Fault, Result};
use super::footer::{Footer, bloom, chunk};
use super::header::encoding;
use super::kind::{Kind, Order};
use super::kit::{Kit, Kits};
use super::list::{self, List, dictionary_header};
use super::page::Page;
use super::wanted::Wanted;
use super::window::Window;

/// The rows whose column `path` holds one of the values.
pub(super) fn find(input: &dyn Input, path: &str, values: &Values, kits: &Kits) -> Result<Hits> {
    let footer = Footer::read(input)?;
    let subject = match footer.columns(path)[..] {
        [subject] => subject,
        [] => return Err(Fault::NoColumn(path.to_owned())),
        _ => return Err(Fault::Unsupported(format!("several columns under `{path}`"))),
    };
    let wanted = Wanted::new(values, &footer.data.file_metadata().schema_descr().column(subject));
    let kind = footer.kind(subject);
    let groups: Vec<(&ColumnChunkMetaData, Range<u64>)> = footer
        .data
        .row_groups()
        .iter()
        .zip(footer.rows())
        .filter_map(|(group, rows)| group.columns().get(subject).map(|column| (column, rows)))
        .collect();
    let found: Vec<Vec<u64>> = groups
        .par_iter()
        .map(|(column, rows)| {
            if wanted.is_empty() || !promising(input, column, kind, &wanted)? {
                return Ok(Vec::new());
            }
            kits.with(|kit| Search { input, column, kind, wanted: &wanted }.run(kit, rows.end - rows.start))
        })
        .collect::<Result<_>>()?;
    let rows = groups.last().map_or(0, |(_, rows)| rows.end);
    let numbers = groups.iter().zip(found).flat_map(|((_, rows), found)| found.into_iter().map(|row| rows.start + row));
    Ok(Hits { rows, hit: numbers.collect::<Rows>() })
}

/// Whether a row group can hold a value, by what is known without its pages.
fn promising(input: &dyn Input, column: &ColumnChunkMetaData, kind: Kind, wanted: &Wanted) -> Result<bool> {
    if let Some(statistics) = column.statistics() {
        let all_null = statistics.null_count_opt().is_some_and(|nulls| Ok(nulls) == column.num_values().try_into());
        // Old writers compared texts as signed bytes.
        let trusted = !statistics.is_min_max_deprecated() || kind.order == Order::Signed;
        let bounds = statistics.min_bytes_opt().zip(statistics.max_bytes_opt()).filter(|_| trusted);
        if all_null || bounds.is_some_and(|(least, greatest)| !wanted.between(least, greatest)) {
            return Ok(false);
        }
    }
    if let Some(range) = bloom(input, column)? {
        let mut bytes = Vec::new();
        input.read(range, &mut bytes)?;
        // A filter that cannot be read tells nothing.
        if let Ok(filter) = Sbbf::from_bytes(&bytes) {
            return Ok(wanted.iter().any(|value| filter.check(value)));
        }
    }
    Ok(true)
}

/// A column chunk that may hold a value.
struct Search<'a> {
    input: &'a dyn Input,
    column: &'a ColumnChunkMetaData,
    kind: Kind,
    wanted: &'a Wanted,
}

impl Search<'_> {
    /// The rows that hold a value, from the beginning of the row group, which has so many.
    fn run(&self, kit: &mut Kit, rows: u64) -> Result<Vec<u64>> {
        let Self { input, column, kind, wanted } = *self;
        let range = chunk(column)?;
        let mut window = Window::new(input, range.end, std::mem::take(&mut kit.window));
        let codec = column.compression_codec();
        let mut hit: Option<Vec<bool>> = None;
        let mut searched = false;
        // The dictionary first: if no value is in it, and all pages are coded by it, that was all.
        if column.dictionary_page_offset().is_some() && all_coded(column) {
            let header = window.header(range.start)?;
            let place = range.start..range.start + (header.len + header.size) as u64;
            hit = self.dictionary(&mut window, &place, kit)?;
            searched = true;
            if hit.is_none() {
                kit.window = window.recycle();
                return Ok(Vec::new());
            }
        }
        let offsets = list::offsets(input, column)?;
        let mut list = List::new(&mut window, column, kind, rows, offsets.as_ref())?;
        if offsets.is_some() && kind.order != Order::None && list.pages.len() > 1 {
            self.prune(&mut list)?;
        }
        if let Some(place) = list.dictionary.as_ref().filter(|_| !searched && !list.pages.is_empty()) {
            hit = self.dictionary(&mut window, place, kit)?;
        }
        let mut found = Vec::new();
        let mut next = 0;
        for listed in &list.pages {
            let header = window.page(&listed.place)?;
            if !header.is_data() || header.entries() as i64 > column.num_values() {
                return Err(Fault::damaged("a page that is not of its column"));
            }
            if header.is_coded() && hit.is_none() && listed.rows.is_some() {
                continue;
            }
            let raw = std::mem::take(&mut kit.raw);
            let body = window.body(listed.place.start, &header)?;
            let page = Page::open(&header, body, codec, kind, &mut kit.codecs, raw)?;
            let first = match &listed.rows {
                Some(rows) => rows.start,
                // A page may begin in the middle of the last row of the one before.
                None if page.repetition.first().is_some_and(|level| *level > 0) && next > 0 => next - 1,
                None => next,
            };
            next = first + page.rows() + u64::from(page.repetition.first().is_some_and(|level| *level > 0));
            let places: Vec<usize> = if header.is_coded() {
                let Some(hit) = &hit else { continue };
                page.indexes(&mut kit.indexes)?;
                let is_hit = |index: &u32| hit.get(*index as usize).copied().unwrap_or(false);
                kit.indexes.iter().enumerate().filter(|(_, index)| is_hit(index)).map(|(at, _)| at).collect()
            } else {
                places(kind, header.encoding(), page.values(), page.present, wanted)?
            };
            page.rows_of(&places, first, kind.definition, &mut found);
            kit.raw = page.recycle();
        }
        kit.window = window.recycle();
        found.dedup();
        Ok(found)
    }

    /// Which entries of the dictionary are wanted; `None` if none is.
    fn dictionary(&self, window: &mut Window<'_>, place: &Range<u64>, kit: &mut Kit) -> Result<Option<Vec<bool>>> {
        let (header, entries) = dictionary_header(window, place)?;
        let body = window.body(place.start, &header)?;
        kit.codecs.decompress(self.column.compression_codec(), body, header.raw, &mut kit.raw)?;
        let places = places(self.kind, encoding::PLAIN, &kit.raw, entries, self.wanted)?;
        if places.is_empty() {
            return Ok(None);
        }
        let mut hit = vec![false; entries];
        for place in places {
            hit.iter_mut().skip(place).take(1).for_each(|hit| *hit = true);
        }
        Ok(Some(hit))
    }

    /// Leaves only the pages whose bounds let a value be there.
    fn prune(&self, list: &mut List) -> Result<()> {
        let index = list::columns(self.input, self.column)?;
        let Some(index) = index.filter(|index| index.empty.len() == list.pages.len()) else { return Ok(()) };
        let bounds = index.empty.iter().zip(index.least.iter().zip(&index.greatest));
        let mut may = bounds.map(|(empty, (least, greatest))| !empty && self.wanted.between(least, greatest));
        list.pages.retain(|_| may.next().unwrap_or(true));
        Ok(())
    }
}

/// The places of wanted values among `count` encoded ones.
fn places(kind: Kind, encoding: i64, bytes: &[u8], count: usize, wanted: &Wanted) -> Result<Vec<usize>> {
    if (encoding, kind.physical) == (encoding::PLAIN, Type::BYTE_ARRAY) {
        return Cells::places_of(bytes, count, |value| wanted.has(value));
    }
    let cells = decode(kind, encoding, bytes, count)?;
    Ok(cells.iter().enumerate().filter(|(_, value)| wanted.has(value)).map(|(at, _)| at).collect())
}

/// Whether all pages of a chunk are known to be coded by its dictionary.
fn all_coded(column: &ColumnChunkMetaData) -> bool {
    let coded = |encoding: Encoding| matches!(encoding, Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY);
    column.page_encoding_stats().is_some_and(|pages| {
        let data = |kind| matches!(kind, parquet::basic::PageType::DATA_PAGE | parquet::basic::PageType::DATA_PAGE_V2);
        pages.iter().filter(|pages| data(pages.page_type)).all(|pages| coded(pages.encoding))
            && pages.iter().any(|pages| data(pages.page_type))
    })
}
