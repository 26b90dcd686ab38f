use std::ops::Range;

use parquet::bloom_filter::Sbbf;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;

use super::super::Input;
use super::bounds::Bounds;
use super::cells::Edit;
use super::codec::Codecs;
use super::deed::Deed;
use super::dictionary::Dictionary;
use super::encode::{decode, encode};
use super::fault::{Fault, Result};
use super::footer::{bloom, chunk};
use super::header::{Header, Kind as Form, encoding};
use super::index::{Columns, Location, Offsets};
use super::kind::{Kind, Order};
use super::list::{self, List, Listed, dictionary_header};
use super::page::{Page, append};
use super::tally::Tally;
use super::window::Window;
use super::{bounds, hybrid};

/// Chunks that zstd made smaller by less than this may hold hashes.
const DENSE: f64 = 2.6;

/// In chunks with fewer hits it does not matter how pages are compressed.
const FEW: usize = 4;

/// Bytes of a new column chunk.
pub(super) enum Piece {
    /// As they are in the old file.
    Old(Range<u64>),
    New(Vec<u8>),
}

impl Piece {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Old(range) => range.end - range.start,
            Self::New(bytes) => bytes.len() as u64,
        }
    }
}

/// A column chunk made anew.
pub(super) struct Remade {
    /// In the order in which they stand; the first one is the dictionary if there is one.
    pub(super) pieces: Vec<Piece>,
    pub(super) has_dictionary: bool,
    /// Offsets count from the beginning of the chunk.
    pub(super) offsets: Option<Offsets>,
    pub(super) columns: Option<Columns>,
    pub(super) bloom: Option<Vec<u8>>,
    pub(super) statistics: Option<Statistics>,
    pub(super) entries: i64,
    /// Size before compression, with headers.
    pub(super) raw: i64,
    /// What went from the counts of the chunk.
    pub(super) tally: Tally,
    /// Encodings of the pages that are not there any more.
    pub(super) dropped: Vec<(bool, i64)>,
    /// Bytes, before compression, of values that were decoded and encoded again.
    pub(super) reencoded: u64,
}

/// One column chunk on its way to a new one.
pub(super) struct Surgery<'a> {
    pub(super) input: &'a dyn Input,
    pub(super) column: &'a ColumnChunkMetaData,
    pub(super) kind: Kind,
    pub(super) deed: &'a Deed,
    /// Rows from the beginning of the row group.
    pub(super) hits: &'a [Range<u64>],
    pub(super) rows: u64,
}

/// A page of the new chunk.
struct Made {
    piece: Piece,
    rows: u64,
    /// Its number in the old chunk.
    was: usize,
    /// What the indexes say of it, where it changed.
    new: Option<Said>,
}

struct Said {
    nulls: i64,
    /// So many bytes of values went.
    text: i64,
    repetition: Vec<i64>,
    definition: Vec<i64>,
    empty: bool,
    /// `None`: as they were.
    bounds: Option<Option<Bounds>>,
}

/// What is known while pages are cut.
struct State<'a> {
    window: Window<'a>,
    dictionary: Option<Dictionary>,
    place: Option<Range<u64>>,
    columns: Option<Columns>,
    stated: Option<Bounds>,
    /// Whether the bounds of the chunk may be those of an erased value.
    stale: bool,
    indexes: Vec<u32>,
    buffer: Vec<u8>,
    values: Vec<u8>,
    remade: Remade,
}

impl Surgery<'_> {
    /// Cuts the pages that have hit rows, and makes everything anew that speaks of them.
    pub(super) fn run(&self, codecs: &mut Codecs) -> Result<Remade> {
        let offsets = list::offsets(self.input, self.column)?;
        let mut columns = list::columns(self.input, self.column)?;
        let mut window = Window::new(self.input, chunk(self.column)?.end);
        let list = List::new(&mut window, self.column, self.kind, self.rows, offsets.as_ref())?;
        columns = columns.filter(|columns| offsets.is_some() && columns.empty.len() == list.pages.len());
        let ratio = self.column.uncompressed_size() as f64 / self.column.compressed_size().max(1) as f64;
        codecs.begin(self.kind.width == 0 && ratio < DENSE && self.hits.len() > FEW);
        let statistics = self.column.statistics();
        let mut state = State {
            window,
            dictionary: None,
            place: list.dictionary.clone(),
            columns,
            stated: statistics.and_then(|statistics| Bounds::stated(statistics, self.kind.order)),
            stale: !matches!(self.deed, Deed::Cut | Deed::Null),
            indexes: Vec::new(),
            buffer: Vec::new(),
            values: Vec::new(),
            remade: Remade {
                pieces: Vec::new(),
                has_dictionary: list.dictionary.is_some(),
                offsets: None,
                columns: None,
                bloom: None,
                statistics: None,
                entries: self.column.num_values(),
                raw: self.column.uncompressed_size(),
                tally: Tally::default(),
                dropped: Vec::new(),
                reencoded: 0,
            },
        };
        let made = self.cut_all(&mut state, &list.pages, codecs)?;
        let (bloom, found) = self.settle(&mut state, &made, codecs)?;
        self.finish_dictionary(&mut state, codecs)?;
        state.remade.bloom = bloom;
        state.remade.columns = self.columns(&state, &made);
        self.finish_statistics(&mut state, found);
        let mut at = state.remade.pieces.first().map_or(0, Piece::len);
        if let Some(old) = offsets {
            let mut new = Offsets { pages: Vec::new(), text: old.text.as_ref().map(|_| Vec::new()) };
            let mut row = 0;
            for page in &made {
                new.pages.push(Location { offset: at, size: page.piece.len() as usize, first_row: row });
                at += page.piece.len();
                row += page.rows;
                if let Some((to, from)) = new.text.as_mut().zip(old.text.as_ref()) {
                    let before = from.get(page.was).copied().unwrap_or(0);
                    to.push(before - page.new.as_ref().map_or(0, |new| new.text));
                }
            }
            state.remade.offsets = Some(new);
        }
        state.remade.pieces.extend(made.into_iter().map(|page| page.piece));
        Ok(state.remade)
    }

    fn cut_all(&self, state: &mut State<'_>, pages: &[Listed], codecs: &mut Codecs) -> Result<Vec<Made>> {
        let mut made = Vec::with_capacity(pages.len());
        let mut next = 0;
        for (was, listed) in pages.iter().enumerate() {
            let whole = |rows| Made { piece: Piece::Old(listed.place.clone()), rows, was, new: None };
            let hit = |rows: &Range<u64>| {
                let first = self.hits.partition_point(|hit| hit.end <= rows.start);
                self.hits.get(first).is_some_and(|hit| hit.start < rows.end)
            };
            if let Some(rows) = listed.rows.as_ref().filter(|rows| !hit(rows)) {
                made.push(whole(rows.end - rows.start));
                continue;
            }
            let header = state.window.header(listed.place.start)?;
            if !header.is_data() || header.entries() as i64 > self.column.num_values() {
                return Err(Fault::damaged("a page that is not of its column"));
            }
            let buffer = std::mem::take(&mut state.buffer);
            let body = state.window.body(listed.place.start, &header)?;
            let mut page = Page::open(&header, body, self.column.compression_codec(), self.kind, codecs, buffer)?;
            let goes_on = page.repetition.first().is_some_and(|level| *level > 0) && next > 0;
            let first = listed.rows.as_ref().map_or(next - u64::from(goes_on), |rows| rows.start);
            let count = page.rows();
            next = first + count + u64::from(goes_on);
            let entries = page.entries_of(self.hits, first);
            if entries.is_empty() {
                made.push(whole(count));
            } else if let Some((bytes, said)) = self.cut(state, &header, &mut page, &entries, was, codecs)? {
                made.push(Made { piece: Piece::New(bytes), rows: page.rows(), was, new: Some(said) });
            }
            state.buffer = page.recycle();
        }
        Ok(made)
    }

    /// The page without what is to go; `None` if nothing is left.
    fn cut(
        &self,
        state: &mut State<'_>,
        header: &Header,
        page: &mut Page,
        entries: &[Range<usize>],
        was: usize,
        codecs: &mut Codecs,
    ) -> Result<Option<(Vec<u8>, Said)>> {
        let order = self.kind.order;
        let places = page.values_of(entries, self.kind.definition);
        let before = Tally::of(page, self.kind);
        let stated = match &state.columns {
            Some(columns) => match (columns.empty.get(was), columns.least.get(was), columns.greatest.get(was)) {
                (Some(false), Some(least), Some(greatest)) => {
                    Some(Bounds { least: least.clone(), greatest: greatest.clone(), exact: false })
                }
                _ => None,
            },
            None => None,
        };
        let mut stale = stated.is_some() && !matches!(self.deed, Deed::Cut | Deed::Null);
        let mut judge = |value: &[u8], chunk: &Option<Bounds>, stale_chunk: &mut bool| {
            stale = stale || stated.as_ref().is_some_and(|bounds| bounds.touch(order, value));
            *stale_chunk = *stale_chunk || chunk.as_ref().is_some_and(|bounds| bounds.touch(order, value));
        };
        let mut values = std::mem::take(&mut state.values);
        values.clear();
        // How many bytes of values went.
        let mut text = 0;
        let fresh;
        if header.is_coded() {
            self.load(state, codecs)?;
            let Some(dictionary) = &mut state.dictionary else {
                return Err(Fault::damaged("a page points to a dictionary that is not there"));
            };
            page.indexes(&mut state.indexes)?;
            let mut edit = Edit::<u32>::default();
            for place in places.iter().cloned().flatten() {
                let index = state.indexes.get(place).copied().unwrap_or_default();
                let value = dictionary.value(index)?;
                judge(value, &state.stated, &mut state.stale);
                let new = self.deed.replace(value, self.kind);
                text += value.len() as i64 - new.as_ref().map_or(0, Vec::len) as i64;
                dictionary.doubt(index);
                if let Some(new) = new {
                    edit.new.push((place, dictionary.add(new)));
                }
            }
            if edit.new.is_empty() {
                edit.gone = places;
            }
            let mut kept = edit.left(&state.indexes);
            for (place, index) in &edit.new {
                kept.iter_mut().skip(*place).take(1).for_each(|old| *old = *index);
            }
            dictionary.keep(&kept);
            let old_width = page.values().first().copied().map_or(0, u32::from);
            let greatest = kept.iter().copied().max().unwrap_or(0);
            let width = old_width.max(hybrid::width(greatest)).max(u32::from(old_width > 0));
            values.push(width as u8);
            hybrid::encode(&kept, width, &mut values);
            fresh = match stale {
                true => {
                    let mut seen = vec![false; dictionary.len()];
                    let mut distinct = Vec::new();
                    for index in &kept {
                        if let Some(seen) = seen.get_mut(*index as usize).filter(|seen| !**seen) {
                            *seen = true;
                            distinct.push(dictionary.value(*index)?);
                        }
                    }
                    Some(Bounds::of(order, distinct))
                }
                false => None,
            };
        } else {
            let cells = decode(self.kind, header.encoding(), page.values(), page.present)?;
            let mut edit = Edit::<Vec<u8>>::default();
            for place in places.iter().cloned().flatten() {
                let value = cells.value(place)?;
                judge(value, &state.stated, &mut state.stale);
                let new = self.deed.replace(value, self.kind);
                text += value.len() as i64 - new.as_ref().map_or(0, Vec::len) as i64;
                if let Some(new) = new {
                    edit.new.push((place, new));
                }
            }
            if edit.new.is_empty() {
                edit.gone = places;
            }
            encode(self.kind, header.encoding(), &cells, &edit, &mut values)?;
            if header.encoding() != encoding::PLAIN {
                state.remade.reencoded += values.len() as u64;
            }
            fresh = stale.then(|| Bounds::of(order, edit.apply(&cells)));
        }
        match self.deed {
            Deed::Cut => page.cut(entries, self.kind.definition),
            Deed::Null => page.null(entries, self.kind.definition),
            Deed::Set(_) | Deed::Hide(_) => {}
        }
        let after = Tally::of(page, self.kind);
        let mut went = before.minus(&after);
        went.text = text;
        state.remade.tally.add(&went);
        state.remade.entries -= went.entries;
        state.remade.raw -= (header.len + header.raw) as i64;
        if page.entries == 0 {
            state.remade.dropped.push((matches!(header.kind, Form::V2 { .. }), header.encoding()));
            state.values = values;
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let new = page.write(header, &values, self.kind, self.column.compression_codec(), codecs, &mut bytes)?;
        state.values = values;
        state.remade.raw += (new.len + new.raw) as i64;
        let bounds = fresh.map(|bounds| bounds.map(|bounds| bounds.shortened(self.kind)));
        let said = Said {
            nulls: after.nulls,
            text,
            repetition: after.repetition,
            definition: after.definition,
            empty: page.present == 0,
            bounds,
        };
        Ok(Some((bytes, said)))
    }

    /// Reads the dictionary, if that was not done yet.
    fn load(&self, state: &mut State<'_>, codecs: &mut Codecs) -> Result<()> {
        let Some(place) = state.place.as_ref().filter(|_| state.dictionary.is_none()) else { return Ok(()) };
        let (header, entries) = dictionary_header(&mut state.window, place)?;
        let mut raw = Vec::new();
        let body = state.window.body(place.start, &header)?;
        codecs.decompress(self.column.compression_codec(), body, header.raw, &mut raw)?;
        state.dictionary = Some(Dictionary::new(self.kind, raw, entries)?);
        Ok(())
    }

    /// Looks into the pages for what only they know: whether somebody still uses an entry of the dictionary that an
    /// erased row used, and all values, if a bloom filter or bounds have to be made of them.
    fn settle(
        &self,
        state: &mut State<'_>,
        made: &[Made],
        codecs: &mut Codecs,
    ) -> Result<(Option<Vec<u8>>, Option<Bounds>)> {
        let mut filter = match bloom(self.input, self.column)? {
            Some(range) => {
                let mut bytes = Vec::new();
                self.input.read(range, &mut bytes)?;
                let old = Sbbf::from_bytes(&bytes).ok();
                old.map(|old| Sbbf::new_with_num_of_bytes(old.num_blocks() * 32))
            }
            None => None,
        };
        let order = self.kind.order;
        let bounded = state.stale && state.columns.is_none() && state.stated.is_some() && order != Order::None;
        let mut found: Option<Bounds> = None;
        if filter.is_some() || bounded {
            self.load(state, codecs)?;
        }
        let all = filter.is_some() || bounded;
        for page in made {
            let doubts = state.dictionary.as_ref().map_or(0, Dictionary::doubts);
            if !all && doubts == 0 {
                break;
            }
            let mut buffer = std::mem::take(&mut state.buffer);
            let header = match &page.piece {
                Piece::Old(range) => state.window.header(range.start)?,
                Piece::New(bytes) => Header::read(bytes)?,
            };
            if if header.is_coded() { doubts == 0 } else { !all } {
                state.buffer = buffer;
                continue;
            }
            let body = match &page.piece {
                Piece::Old(range) => state.window.body(range.start, &header)?,
                Piece::New(bytes) => bytes.get(header.len..).unwrap_or_default(),
            };
            buffer.clear();
            let open = Page::open(&header, body, self.column.compression_codec(), self.kind, codecs, buffer)?;
            if let Some(dictionary) = state.dictionary.as_mut().filter(|_| header.is_coded()) {
                open.indexes(&mut state.indexes)?;
                dictionary.keep(&state.indexes);
            } else {
                let cells = decode(self.kind, header.encoding(), open.values(), open.present)?;
                if let Some(filter) = &mut filter {
                    cells.iter().for_each(|value| filter.insert(value));
                }
                if let Some(new) = Bounds::of(order, cells.iter()).filter(|_| bounded) {
                    found = Some(match found {
                        Some(found) => found.join(order, new),
                        None => new,
                    });
                }
            }
            state.buffer = open.recycle();
        }
        if let Some(dictionary) = &state.dictionary {
            if let Some(filter) = &mut filter {
                dictionary.living().for_each(|value| filter.insert(value));
            }
            if let Some(new) = Bounds::of(order, dictionary.living()).filter(|_| bounded) {
                found = Some(match found {
                    Some(found) => found.join(order, new),
                    None => new,
                });
            }
        }
        let bloom = filter.map(|filter| {
            let mut bytes = Vec::new();
            filter.write(&mut bytes).map(|()| bytes).map_err(|error| Fault::damaged(error.to_string()))
        });
        Ok((bloom.transpose()?, found))
    }

    /// The dictionary as the first piece: as it was, or without what nobody uses any more.
    fn finish_dictionary(&self, state: &mut State<'_>, codecs: &mut Codecs) -> Result<()> {
        let Some(place) = state.place.clone() else { return Ok(()) };
        let piece = match &state.dictionary {
            Some(dictionary) if dictionary.doubts() > 0 || dictionary.has_new() => {
                let old = state.window.header(place.start)?;
                let Form::Dictionary { encoding, sorted, .. } = old.kind else {
                    return Err(Fault::damaged("no dictionary where one should be"));
                };
                let mut plain = Vec::new();
                let entries = dictionary.write(self.kind, &mut plain);
                let mut body = Vec::new();
                codecs.compress(self.column.compression_codec(), &plain, &mut body)?;
                let sorted = sorted.map(|sorted| sorted && !dictionary.has_new());
                let form = Form::Dictionary { entries, encoding, sorted };
                let mut bytes = Vec::new();
                let new = append(form, plain.len(), old.crc.is_some(), &body, &mut bytes);
                state.remade.raw += (new.len + new.raw) as i64 - (old.len + old.raw) as i64;
                Piece::New(bytes)
            }
            _ => Piece::Old(place),
        };
        state.remade.pieces.push(piece);
        Ok(())
    }

    /// The column index; `None` if there was none, or a page has values that cannot be compared.
    fn columns(&self, state: &State<'_>, made: &[Made]) -> Option<Columns> {
        let old = state.columns.as_ref()?;
        let pages = old.empty.len().max(1);
        let mut new = Columns { order: old.order, ..Columns::default() };
        new.nulls = old.nulls.as_ref().map(|_| Vec::new());
        new.repetition = old.repetition.as_ref().map(|_| Vec::new());
        new.definition = old.definition.as_ref().map(|_| Vec::new());
        for page in made {
            let said = page.new.as_ref();
            let (empty, least, greatest) = match said {
                Some(said) if said.empty => (true, Vec::new(), Vec::new()),
                Some(Said { bounds: Some(bounds), .. }) => {
                    let bounds = bounds.clone()?;
                    (false, bounds.least, bounds.greatest)
                }
                _ => (*old.empty.get(page.was)?, old.least.get(page.was)?.clone(), old.greatest.get(page.was)?.clone()),
            };
            new.empty.push(empty);
            new.least.push(least);
            new.greatest.push(greatest);
            if let Some((to, from)) = new.nulls.as_mut().zip(old.nulls.as_ref()) {
                to.push(said.map_or(*from.get(page.was)?, |said| said.nulls));
            }
            for (to, from, said) in [
                (&mut new.repetition, &old.repetition, said.map(|said| &said.repetition)),
                (&mut new.definition, &old.definition, said.map(|said| &said.definition)),
            ] {
                let Some((to, from)) = to.as_mut().zip(from.as_ref()) else { continue };
                let size = from.len() / pages;
                match said {
                    Some(said) if said.len() == size => to.extend(said),
                    Some(_) => return None,
                    None => to.extend(from.get(page.was * size..(page.was + 1) * size)?),
                }
            }
        }
        if !self.keeps_order(&new) {
            new.order = 0;
        }
        Some(new)
    }

    /// Whether bounds ascend, or descend, as the index says.
    fn keeps_order(&self, index: &Columns) -> bool {
        let wrong = match index.order {
            1 => std::cmp::Ordering::Greater,
            2 => std::cmp::Ordering::Less,
            _ => return true,
        };
        let pages = || index.empty.iter().enumerate().filter(|(_, empty)| !**empty).map(|(at, _)| at);
        [&index.least, &index.greatest].into_iter().all(|bounds| {
            pages().zip(pages().skip(1)).all(|(one, next)| match (bounds.get(one), bounds.get(next)) {
                (Some(one), Some(next)) => self.kind.order.compare(one, next).is_some_and(|order| order != wrong),
                _ => false,
            })
        })
    }

    fn finish_statistics(&self, state: &mut State<'_>, found: Option<Bounds>) {
        let Some(old) = self.column.statistics() else { return };
        let bounds = match &state.stated {
            None => None,
            Some(stated) if !state.stale => Some(stated.clone()),
            Some(_) => match (&state.columns, &state.remade.columns) {
                (Some(_), Some(columns)) => {
                    let fixed = self.kind.width > 0;
                    let pages = columns.empty.iter().zip(columns.least.iter().zip(&columns.greatest));
                    let ends: Vec<&[u8]> = pages
                        .filter(|(empty, _)| !**empty)
                        .flat_map(|(_, (least, greatest))| [least.as_slice(), greatest.as_slice()])
                        .collect();
                    Bounds::of(self.kind.order, ends).map(|bounds| Bounds { exact: fixed, ..bounds })
                }
                (Some(_), None) => None,
                (None, _) => found.map(|bounds| bounds.shortened(self.kind)),
            },
        };
        let nulls = old.null_count_opt().map(|nulls| nulls.saturating_add_signed(-state.remade.tally.nulls));
        state.remade.statistics = Some(bounds::statistics(self.kind, bounds.as_ref(), nulls, old));
    }
}
