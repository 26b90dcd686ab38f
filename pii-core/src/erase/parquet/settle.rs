use parquet::bloom_filter::Sbbf;

use super::bounds::Bounds;
use super::chunk::{Made, Piece, State, Surgery};
use super::codec::Codecs;
use super::dictionary::Dictionary;
use super::encode::decode;
use super::fault::{Fault, Result};
use super::footer::bloom;
use super::header::{Header, Kind as Form};
use super::kind::Order;
use super::list::dictionary_header;
use super::page::{Page, append};

impl Surgery<'_> {
    /// Reads the dictionary, if that was not done yet.
    pub(super) fn load(&self, state: &mut State<'_>, codecs: &mut Codecs) -> Result<()> {
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
    pub(super) fn settle(
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
                Piece::Old(range) => state.window.page(range)?,
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
    pub(super) fn finish_dictionary(&self, state: &mut State<'_>, codecs: &mut Codecs) -> Result<()> {
        let Some(place) = state.place.clone() else { return Ok(()) };
        let piece = match &state.dictionary {
            Some(dictionary) if dictionary.doubts() > 0 || dictionary.has_new() => {
                let old = state.window.header(place.start)?;
                let Form::Dictionary { encoding, sorted, .. } = old.kind else {
                    return Err(Fault::damaged("no dictionary where one should be"));
                };
                let (plain, packed) = (&mut state.body, &mut state.packed);
                plain.clear();
                packed.clear();
                let entries = dictionary.write(self.kind, plain);
                codecs.compress(self.column.compression_codec(), plain, packed)?;
                let sorted = sorted.map(|sorted| sorted && !dictionary.has_new());
                let form = Form::Dictionary { entries, encoding, sorted };
                let mut bytes = Vec::new();
                let new = append(form, plain.len(), old.crc.is_some(), packed, &mut bytes);
                state.remade.raw += (new.len + new.raw) as i64 - (old.len + old.raw) as i64;
                Piece::New(bytes)
            }
            _ => Piece::Old(place),
        };
        state.remade.pieces.push(piece);
        Ok(())
    }
}
