use std::ops::Range;

use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;

use super::super::Input;
use super::bounds::Bounds;
use super::deed::Deed;
use super::dictionary::Dictionary;
use super::fault::Result;
use super::footer::chunk;
use super::index::{Columns, Location, Offsets};
use super::kind::Kind;
use super::kit::Kit;
use super::list::{self, List};
use super::tally::Tally;
use super::window::Window;

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
pub(super) struct Made {
    pub(super) piece: Piece,
    pub(super) rows: u64,
    /// Its number in the old chunk.
    pub(super) was: usize,
    /// What the indexes say of it, where it changed.
    pub(super) new: Option<Said>,
}

pub(super) struct Said {
    pub(super) nulls: i64,
    /// So many bytes of values went.
    pub(super) text: i64,
    pub(super) repetition: Vec<i64>,
    pub(super) definition: Vec<i64>,
    pub(super) empty: bool,
    /// `None`: as they were.
    pub(super) bounds: Option<Option<Bounds>>,
}

/// What is known while pages are cut.
pub(super) struct State<'a> {
    pub(super) window: Window<'a>,
    pub(super) dictionary: Option<Dictionary>,
    pub(super) place: Option<Range<u64>>,
    pub(super) columns: Option<Columns>,
    pub(super) stated: Option<Bounds>,
    /// Whether the bounds of the chunk may be those of an erased value.
    pub(super) stale: bool,
    pub(super) indexes: Vec<u32>,
    /// For a page, decompressed.
    pub(super) buffer: Vec<u8>,
    /// For a page as it will be, before and after it is compressed.
    pub(super) body: Vec<u8>,
    pub(super) packed: Vec<u8>,
    pub(super) remade: Remade,
}

impl Surgery<'_> {
    /// Cuts the pages that have hit rows, and makes everything anew that speaks of them.
    pub(super) fn run(&self, kit: &mut Kit) -> Result<Remade> {
        let offsets = list::offsets(self.input, self.column)?;
        let mut columns = list::columns(self.input, self.column)?;
        let mut window = Window::new(self.input, chunk(self.column)?.end, std::mem::take(&mut kit.window));
        let list = List::new(&mut window, self.column, self.kind, self.rows, offsets.as_ref())?;
        columns = columns.filter(|columns| offsets.is_some() && columns.empty.len() == list.pages.len());
        let ratio = self.column.uncompressed_size() as f64 / self.column.compressed_size().max(1) as f64;
        let codecs = &mut kit.codecs;
        codecs.begin(self.kind.width == 0 && ratio < DENSE && self.hits.len() > FEW);
        let statistics = self.column.statistics();
        let mut state = State {
            window,
            dictionary: None,
            place: list.dictionary.clone(),
            columns,
            stated: statistics.and_then(|statistics| Bounds::stated(statistics, self.kind.order)),
            stale: !matches!(self.deed, Deed::Cut | Deed::Null),
            indexes: std::mem::take(&mut kit.indexes),
            buffer: std::mem::take(&mut kit.raw),
            body: std::mem::take(&mut kit.body),
            packed: std::mem::take(&mut kit.packed),
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
        kit.window = state.window.recycle();
        (kit.indexes, kit.raw, kit.body, kit.packed) = (state.indexes, state.buffer, state.body, state.packed);
        Ok(state.remade)
    }
}
