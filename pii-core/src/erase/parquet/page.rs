use std::ops::Range;

use parquet::basic::CompressionCodec;

use super::cells::Edit;
use super::codec::Codecs;
use super::fault::{Fault, Result, number, part, rest};
use super::header::{Header, Kind as Form, encoding};
use super::hybrid;
use super::kind::Kind;

/// Most headers need less.
const HEADER: usize = 64;

/// A data page, decompressed: its levels, and its values still encoded.
pub(super) struct Page {
    /// Empty where the column does not repeat.
    pub(super) repetition: Vec<u32>,
    /// Empty where the column is required.
    pub(super) definition: Vec<u32>,
    pub(super) entries: usize,
    /// Entries that have a value.
    pub(super) present: usize,
    raw: Vec<u8>,
    values: usize,
}

impl Page {
    /// Takes a page apart. `raw` is a buffer to use.
    pub(super) fn open(
        header: &Header,
        body: &[u8],
        codec: CompressionCodec,
        kind: Kind,
        codecs: &mut Codecs,
        mut raw: Vec<u8>,
    ) -> Result<Self> {
        let (mut repetition, mut definition) = (Vec::new(), Vec::new());
        let entries = header.entries();
        let mut values = 0;
        match header.kind {
            Form::V1 { definition: coding, repetition: coding_r, .. } => {
                codecs.decompress(codec, body, header.raw, &mut raw)?;
                for (greatest, coding, levels) in
                    [(kind.repetition, coding_r, &mut repetition), (kind.definition, coding, &mut definition)]
                {
                    values += read_levels(rest(&raw, values)?, coding, greatest, entries, levels)?;
                }
            }
            Form::V2 { definition: size, repetition: size_r, packed, .. } => {
                let levels = size + size_r;
                if kind.repetition > 0 {
                    hybrid::decode(part(body, 0, size_r)?, hybrid::width(kind.repetition), entries, &mut repetition)?;
                }
                if kind.definition > 0 {
                    hybrid::decode(
                        part(body, size_r, size)?,
                        hybrid::width(kind.definition),
                        entries,
                        &mut definition,
                    )?;
                }
                let size =
                    header.raw.checked_sub(levels).ok_or_else(|| Fault::damaged("a page smaller than its levels"))?;
                let codec = if packed && size > 0 { codec } else { CompressionCodec::UNCOMPRESSED };
                let body = rest(body, levels)?;
                codecs.decompress(codec, if size == 0 { &[] } else { body }, size, &mut raw)?;
            }
            _ => return Err(Fault::damaged("a page of another kind where data should be")),
        }
        let mut page = Self { repetition, definition, entries, present: 0, raw, values };
        page.recount(kind.definition);
        Ok(page)
    }

    /// The encoded values.
    pub(super) fn values(&self) -> &[u8] {
        self.raw.get(self.values..).unwrap_or_default()
    }

    /// The indexes of a page that is coded by a dictionary.
    pub(super) fn indexes(&self, out: &mut Vec<u32>) -> Result<()> {
        match self.values().split_first() {
            Some((width, packed)) => hybrid::decode(packed, u32::from(*width), self.present, out),
            None if self.present == 0 => {
                out.clear();
                Ok(())
            }
            None => Err(Fault::damaged("a page without the width of its indexes")),
        }
    }

    /// How many rows begin in it.
    pub(super) fn rows(&self) -> u64 {
        match self.repetition.is_empty() {
            true => self.entries as u64,
            false => self.repetition.iter().filter(|level| **level == 0).count() as u64,
        }
    }

    /// The entries of the rows `hits`, where `first` is the row of the first entry.
    pub(super) fn entries_of(&self, hits: &[Range<u64>], first: u64) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        if self.repetition.is_empty() {
            let last = first + self.entries as u64;
            let cut = hits.iter().filter(|hit| hit.start < last && hit.end > first);
            return cut
                .map(|hit| (hit.start.max(first) - first) as usize..(hit.end.min(last) - first) as usize)
                .collect();
        }
        let mut row = first;
        let mut hits = hits.iter().skip_while(|hit| hit.end <= first).peekable();
        for (entry, level) in self.repetition.iter().enumerate() {
            row += u64::from(entry > 0 && *level == 0);
            while hits.next_if(|hit| hit.end <= row).is_some() {}
            if hits.peek().is_some_and(|hit| hit.contains(&row)) {
                match found.last_mut() {
                    Some(last) if last.end == entry => last.end += 1,
                    _ => found.push(entry..entry + 1),
                }
            }
        }
        found
    }

    /// The places of the values of these entries, among the values.
    pub(super) fn values_of(&self, entries: &[Range<usize>], greatest: u32) -> Vec<Range<usize>> {
        if self.present == self.entries {
            return entries.to_vec();
        }
        let present = |range: Range<usize>| {
            let levels = self.definition.get(range).unwrap_or_default();
            levels.iter().filter(|level| **level == greatest).count()
        };
        let (mut entry, mut value, mut places) = (0, 0, Vec::<Range<usize>>::new());
        for range in entries {
            value += present(entry..range.start);
            let count = present(range.clone());
            entry = range.end;
            if count > 0 {
                match places.last_mut() {
                    Some(last) if last.end == value => last.end += count,
                    _ => places.push(value..value + count),
                }
            }
            value += count;
        }
        places
    }

    /// Adds the rows of these values, ascending; a row may come twice.
    pub(super) fn rows_of(&self, places: &[usize], first: u64, greatest: u32, rows: &mut Vec<u64>) {
        if self.repetition.is_empty() && self.present == self.entries {
            rows.extend(places.iter().map(|place| first + *place as u64));
            return;
        }
        let mut places = places.iter().peekable();
        let (mut row, mut value) = (first, 0);
        for entry in 0..self.entries {
            if places.peek().is_none() {
                return;
            }
            row += u64::from(entry > 0 && self.repetition.get(entry).is_none_or(|level| *level == 0));
            if self.definition.get(entry).is_none_or(|level| *level == greatest) {
                if places.next_if(|place| **place == value).is_some() {
                    rows.push(row);
                }
                value += 1;
            }
        }
    }

    /// Lets these entries go.
    pub(super) fn cut(&mut self, entries: &[Range<usize>], greatest: u32) {
        let edit = Edit::<()> { gone: entries.to_vec(), new: Vec::new() };
        let keep = |levels: &[u32]| edit.left(levels);
        self.repetition = keep(&self.repetition);
        self.definition = keep(&self.definition);
        self.entries -= entries.iter().map(Range::len).sum::<usize>();
        self.recount(greatest);
    }

    /// Lets these entries have no value.
    pub(super) fn null(&mut self, entries: &[Range<usize>], greatest: u32) {
        for entry in entries.iter().cloned().flatten() {
            if let Some(level) = self.definition.get_mut(entry).filter(|level| **level == greatest) {
                *level -= 1;
            }
        }
        self.recount(greatest);
    }

    fn recount(&mut self, greatest: u32) {
        self.present = match greatest {
            0 => self.entries,
            _ => self.definition.iter().filter(|level| **level == greatest).count(),
        };
    }

    /// Begins the body of the page anew: with its levels, where they are compressed with the values. The values follow.
    pub(super) fn begin(&self, old: &Header, kind: Kind, body: &mut Vec<u8>) {
        body.clear();
        if matches!(old.kind, Form::V1 { .. }) {
            self.levels(kind, true, body);
        }
    }

    /// Appends the levels, the first version's with their length before them; gives their sizes.
    fn levels(&self, kind: Kind, first: bool, out: &mut Vec<u8>) -> [usize; 2] {
        let mut sizes = [0, 0];
        let sections = [(kind.repetition, &self.repetition), (kind.definition, &self.definition)];
        for ((greatest, section), size) in sections.into_iter().zip(&mut sizes) {
            if greatest == 0 {
                continue;
            }
            let at = out.len();
            if first {
                out.extend_from_slice(&[0; 4]);
            }
            let start = out.len();
            hybrid::encode(section, hybrid::width(greatest), out);
            *size = out.len() - start;
            if first {
                out.iter_mut().skip(at).zip((*size as u32).to_le_bytes()).for_each(|(to, byte)| *to = byte);
            }
        }
        sizes
    }

    /// The page with its header, its `body` being what [`Page::begin`] began; gives the header, too. `packed` is a buffer
    /// to use.
    pub(super) fn write(
        &self,
        old: &Header,
        body: &[u8],
        kind: Kind,
        codec: CompressionCodec,
        codecs: &mut Codecs,
        packed: &mut Vec<u8>,
    ) -> Result<(Header, Vec<u8>)> {
        packed.clear();
        let (form, raw) = match old.kind {
            Form::V1 { encoding, .. } => {
                codecs.compress(codec, body, packed)?;
                let (definition, repetition) = (encoding::RLE, encoding::RLE);
                (Form::V1 { entries: self.entries, encoding, definition, repetition }, body.len())
            }
            Form::V2 { encoding, packed: was_packed, .. } => {
                let [repetition, definition] = self.levels(kind, false, packed);
                let is_packed = was_packed && !body.is_empty();
                codecs.compress(if is_packed { codec } else { CompressionCodec::UNCOMPRESSED }, body, packed)?;
                let (entries, nulls, rows) = (self.entries, self.entries - self.present, self.rows() as usize);
                let form = Form::V2 { entries, nulls, rows, encoding, definition, repetition, packed: is_packed };
                (form, repetition + definition + body.len())
            }
            _ => return Err(Fault::damaged("a page of another kind where data should be")),
        };
        let mut bytes = Vec::with_capacity(packed.len() + HEADER);
        let header = append(form, raw, old.crc.is_some(), packed, &mut bytes);
        Ok((header, bytes))
    }

    /// The buffer, for the next page.
    pub(super) fn recycle(self) -> Vec<u8> {
        self.raw
    }
}

/// Appends a header and a body that is compressed already.
pub(super) fn append(kind: Form, raw: usize, checked: bool, body: &[u8], out: &mut Vec<u8>) -> Header {
    let crc = checked.then(|| crc32fast::hash(body));
    let mut header = Header { raw, size: body.len(), crc, kind, len: 0 };
    let at = out.len();
    header.write(out);
    header.len = out.len() - at;
    out.extend_from_slice(body);
    header
}

/// Reads the levels that stand at the beginning of a page of the first version; gives their size.
fn read_levels(bytes: &[u8], coding: i64, greatest: u32, entries: usize, levels: &mut Vec<u32>) -> Result<usize> {
    let width = hybrid::width(greatest);
    match coding {
        _ if greatest == 0 => Ok(0),
        encoding::RLE => {
            let size = number(bytes, 0)?;
            hybrid::decode(part(bytes, 4, size)?, width, entries, levels)?;
            Ok(size + 4)
        }
        // Deprecated: the highest bits first, and no length.
        encoding::BIT_PACKED => {
            let size = (entries * width as usize).div_ceil(8);
            let packed = part(bytes, 0, size)?;
            let bit = |at: usize| packed.get(at / 8).map_or(0, |byte| u32::from(byte >> (7 - at % 8) & 1));
            let width = width as usize;
            levels
                .extend((0..entries).map(|at| (0..width).fold(0, |level, place| level << 1 | bit(at * width + place))));
            Ok(size)
        }
        other => Err(Fault::unsupported(format!("levels in the encoding {other}"))),
    }
}
