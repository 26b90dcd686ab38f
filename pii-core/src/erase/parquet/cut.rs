use std::ops::Range;

use super::bounds::Bounds;
use super::cells::Edit;
use super::chunk::{Made, Piece, Said, State, Surgery};
use super::codec::Codecs;
use super::deed::Deed;
use super::encode::{decode, encode};
use super::fault::{Fault, Result};
use super::header::{Header, Kind as Form, encoding};
use super::hybrid;
use super::list::Listed;
use super::page::Page;
use super::tally::Tally;

impl Surgery<'_> {
    /// Cuts the pages that have hit rows; the others are taken as they are.
    pub(super) fn cut_all(&self, state: &mut State<'_>, pages: &[Listed], codecs: &mut Codecs) -> Result<Vec<Made>> {
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
            let header = state.window.page(&listed.place)?;
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
        let present = page.present;
        if header.is_coded() {
            page.indexes(&mut state.indexes)?;
        }
        match self.deed {
            Deed::Cut => page.cut(entries, self.kind.definition),
            Deed::Null => page.null(entries, self.kind.definition),
            Deed::Set(_) | Deed::Hide(_) => {}
        }
        let mut body = std::mem::take(&mut state.body);
        page.begin(header, self.kind, &mut body);
        // How many bytes of values went.
        let mut text = 0;
        let fresh;
        if header.is_coded() {
            self.load(state, codecs)?;
            let Some(dictionary) = &mut state.dictionary else {
                return Err(Fault::damaged("a page points to a dictionary that is not there"));
            };
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
            body.push(width as u8);
            hybrid::encode(&kept, width, &mut body);
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
            let cells = decode(self.kind, header.encoding(), page.values(), present)?;
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
            let levels = body.len();
            encode(self.kind, header.encoding(), &cells, &edit, &mut body)?;
            if header.encoding() != encoding::PLAIN {
                state.remade.reencoded += (body.len() - levels) as u64;
            }
            fresh = stale.then(|| Bounds::of(order, edit.apply(&cells)));
        }
        let after = Tally::of(page, self.kind);
        let mut went = before.minus(&after);
        went.text = text;
        state.remade.tally.add(&went);
        state.remade.entries -= went.entries;
        state.remade.raw -= (header.len + header.raw) as i64;
        if page.entries == 0 {
            state.remade.dropped.push((matches!(header.kind, Form::V2 { .. }), header.encoding()));
            state.body = body;
            return Ok(None);
        }
        let codec = self.column.compression_codec();
        let (new, bytes) = page.write(header, &body, self.kind, codec, codecs, &mut state.packed)?;
        state.body = body;
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
}
