use std::ops::Range;

use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader};

use super::super::Input;
use super::fault::{Fault, Result, part};
use super::kind::Kind;
use super::thrift::Reader;

/// The header of a bloom filter is shorter.
const BLOOM_HEADER: u64 = 64;

/// The end of a file says where everything is.
pub(super) struct Footer {
    pub(super) data: ParquetMetaData,
}

impl Footer {
    pub(super) fn read(input: &dyn Input) -> Result<Self> {
        let len = input.size()?;
        if len < 12 {
            return Err(Fault::damaged("it is too short to be a Parquet file"));
        }
        let mut bytes = Vec::new();
        input.read(len.saturating_sub(1 << 16)..len, &mut bytes)?;
        let tail = part(&bytes, bytes.len() - 8, 8)?;
        let size = match tail {
            [a, b, c, d, b'P', b'A', b'R', b'1'] => u64::from(u32::from_le_bytes([*a, *b, *c, *d])),
            [.., b'P', b'A', b'R', b'E'] => return Err(Fault::Sealed),
            _ => return Err(Fault::damaged("it does not end as a Parquet file does")),
        };
        let at = len.checked_sub(8 + size).ok_or_else(|| Fault::damaged("its footer is larger than the file"))?;
        if size + 8 > bytes.len() as u64 {
            input.read(at..len, &mut bytes)?;
        }
        let size = size as usize;
        let footer = part(&bytes, bytes.len() - 8 - size, size)?;
        let options = ParquetMetaDataOptions::new().with_encoding_stats_as_mask(false);
        let data = ParquetMetaDataReader::decode_metadata_with_options(footer, Some(&options))
            .map_err(|error| Fault::damaged(format!("its footer cannot be read: {error}")))?;
        let columns = data.row_groups().iter().flat_map(|group| group.columns());
        for column in columns {
            if column.crypto_metadata().is_some() {
                return Err(Fault::Sealed);
            }
            if column.file_path().is_some() {
                return Err(Fault::unsupported("columns in other files"));
            }
            if chunk(column)?.end > at {
                return Err(Fault::damaged("a column lies beyond the file"));
            }
        }
        Ok(Self { data })
    }

    /// The numbers of the rows of each row group.
    pub(super) fn rows(&self) -> impl Iterator<Item = Range<u64>> {
        self.data.row_groups().iter().scan(0, |next, group| {
            let first = *next;
            *next += u64::try_from(group.num_rows()).unwrap_or(0);
            Some(first..*next)
        })
    }

    /// The columns of this dotted path, or under it.
    pub(super) fn columns(&self, path: &str) -> Vec<usize> {
        let under = format!("{path}.");
        let columns = self.data.file_metadata().schema_descr().columns();
        let named = columns.iter().map(|column| column.path().string());
        named.enumerate().filter(|(_, name)| name == path || name.starts_with(&under)).map(|(at, _)| at).collect()
    }

    pub(super) fn kind(&self, column: usize) -> Kind {
        Kind::of(&self.data.file_metadata().schema_descr().column(column))
    }
}

/// Where the pages of a column of a row group are.
pub(super) fn chunk(column: &ColumnChunkMetaData) -> Result<Range<u64>> {
    let data = column.data_page_offset();
    let first = column.dictionary_page_offset().filter(|at| *at > 0 && *at < data).unwrap_or(data);
    let lies = |value: i64| u64::try_from(value).map_err(|_| Fault::damaged("a column lies before the file"));
    let (first, size) = (lies(first)?, lies(column.compressed_size())?);
    let end = first.checked_add(size).ok_or_else(|| Fault::damaged("a column lies beyond the file"))?;
    Ok(first..end)
}

/// A part of the file that the footer points to by offset and length.
pub(super) fn pointed(offset: Option<i64>, length: Option<i32>) -> Option<Range<u64>> {
    let (offset, length) = (u64::try_from(offset?).ok()?, u64::try_from(length?).ok()?);
    (length > 0).then(|| offset..offset + length)
}

/// Where the bloom filter of a column chunk is. Old writers do not say how long it is: its header does.
pub(super) fn bloom(input: &dyn Input, column: &ColumnChunkMetaData) -> Result<Option<Range<u64>>> {
    let known = pointed(column.bloom_filter_offset(), column.bloom_filter_length());
    let Some(at) = column.bloom_filter_offset().and_then(|at| u64::try_from(at).ok()).filter(|_| known.is_none())
    else {
        return Ok(known);
    };
    let mut head = Vec::new();
    input.read(at..(at + BLOOM_HEADER).min(input.size()?.max(at)), &mut head)?;
    let mut reader = Reader::new(&head);
    let (mut last, mut size) = (0, 0);
    while let Some((id, kind)) = reader.field(&mut last)? {
        match id {
            1 => size = reader.size()? as u64,
            _ => reader.skip(kind)?,
        }
    }
    Ok(Some(at..at + reader.at() as u64 + size))
}
