//! The page index: where the pages of a chunk are, and between which bounds their values.

use super::fault::{Fault, Result};
use super::thrift::{BINARY, I64, LIST, Reader, STRUCT, TRUE, Writer, int, varint};

/// Where one page is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) offset: u64,
    /// With its header.
    pub(super) size: usize,
    pub(super) first_row: u64,
}

/// `OffsetIndex` of the format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offsets {
    pub(super) pages: Vec<Location>,
    /// How many bytes the texts of each page have.
    pub(super) text: Option<Vec<i64>>,
}

impl Offsets {
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let (mut reader, mut last, mut index) = (Reader::new(bytes), 0, Self::default());
        while let Some((id, kind)) = reader.field(&mut last)? {
            match (id, kind) {
                (1, LIST) => {
                    for _ in 0..reader.list()?.0 {
                        index.pages.push(location(&mut reader)?);
                    }
                }
                (2, LIST) => index.text = Some(ints(&mut reader)?),
                _ => reader.skip(kind)?,
            }
        }
        if index.text.as_ref().is_some_and(|text| text.len() != index.pages.len()) {
            index.text = None;
        }
        Ok(index)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::new(out);
        let list = writer.list(1, STRUCT, self.pages.len());
        for page in &self.pages {
            Writer::new(list).element(|writer| {
                writer.i64(1, page.offset.cast_signed());
                writer.i32(2, page.size as i64);
                writer.i64(3, page.first_row.cast_signed());
            });
        }
        if let Some(text) = &self.text {
            write_ints(&mut writer, 2, text);
        }
        writer.end();
    }
}

/// `ColumnIndex` of the format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) empty: Vec<bool>,
    pub(super) least: Vec<Vec<u8>>,
    pub(super) greatest: Vec<Vec<u8>>,
    /// 0 unordered, 1 ascending, 2 descending.
    pub(super) order: i64,
    pub(super) nulls: Option<Vec<i64>>,
    /// As many numbers a page as there are levels.
    pub(super) repetition: Option<Vec<i64>>,
    pub(super) definition: Option<Vec<i64>>,
}

impl Columns {
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let (mut reader, mut last, mut index) = (Reader::new(bytes), 0, Self::default());
        while let Some((id, kind)) = reader.field(&mut last)? {
            match (id, kind) {
                (1, LIST) => {
                    for _ in 0..reader.list()?.0 {
                        index.empty.push(reader.byte()? == TRUE);
                    }
                }
                (2, LIST) => index.least = binaries(&mut reader)?,
                (3, LIST) => index.greatest = binaries(&mut reader)?,
                (4, _) => index.order = reader.int()?,
                (5, LIST) => index.nulls = Some(ints(&mut reader)?),
                (6, LIST) => index.repetition = Some(ints(&mut reader)?),
                (7, LIST) => index.definition = Some(ints(&mut reader)?),
                _ => reader.skip(kind)?,
            }
        }
        let pages = index.empty.len();
        let fits = |list: &Option<Vec<i64>>| list.as_ref().is_none_or(|list| list.len() % pages.max(1) == 0);
        if index.least.len() != pages
            || index.greatest.len() != pages
            || index.nulls.as_ref().is_some_and(|nulls| nulls.len() != pages)
            || !fits(&index.repetition)
            || !fits(&index.definition)
        {
            return Err(Fault::damaged("a column index does not agree with itself"));
        }
        Ok(index)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::new(out);
        let list = writer.list(1, TRUE, self.empty.len());
        list.extend(self.empty.iter().map(|empty| if *empty { TRUE } else { 2 }));
        for (id, bounds) in [(2, &self.least), (3, &self.greatest)] {
            let list = writer.list(id, BINARY, bounds.len());
            for bound in bounds {
                varint(list, bound.len() as u64);
                list.extend_from_slice(bound);
            }
        }
        writer.i32(4, self.order);
        for (id, list) in [(5, &self.nulls), (6, &self.repetition), (7, &self.definition)] {
            if let Some(list) = list {
                write_ints(&mut writer, id, list);
            }
        }
        writer.end();
    }
}

fn location(reader: &mut Reader<'_>) -> Result<Location> {
    let (mut offset, mut size, mut first_row, mut last) = (0, 0, 0, 0);
    while let Some((id, kind)) = reader.field(&mut last)? {
        match id {
            1 => offset = reader.size()? as u64,
            2 => size = reader.size()?,
            3 => first_row = reader.size()? as u64,
            _ => reader.skip(kind)?,
        }
    }
    Ok(Location { offset, size, first_row })
}

fn ints(reader: &mut Reader<'_>) -> Result<Vec<i64>> {
    let (count, _) = reader.list()?;
    (0..count).map(|_| reader.int()).collect()
}

fn binaries(reader: &mut Reader<'_>) -> Result<Vec<Vec<u8>>> {
    let (count, _) = reader.list()?;
    (0..count).map(|_| reader.binary().map(<[u8]>::to_vec)).collect()
}

fn write_ints(writer: &mut Writer<'_>, id: i64, ints: &[i64]) {
    let list = writer.list(id, I64, ints.len());
    ints.iter().for_each(|value| int(list, *value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_read_as_they_were_written() {
        let pages = (0..20).map(|page| Location { offset: page << 30, size: 9, first_row: page * 100 }).collect();
        let offsets = Offsets { pages, text: Some((0..20).collect()) };
        let mut bytes = Vec::new();
        offsets.write(&mut bytes);
        assert_eq!(Offsets::read(&bytes).unwrap(), offsets);

        let columns = Columns {
            empty: vec![false, true],
            least: vec![b"a".to_vec(), vec![]],
            greatest: vec![b"zz".to_vec(), vec![]],
            order: 1,
            nulls: Some(vec![0, 5]),
            repetition: None,
            definition: Some(vec![0, 5, 5, 0]),
        };
        bytes.clear();
        columns.write(&mut bytes);
        assert_eq!(Columns::read(&bytes).unwrap(), columns);
    }
}
