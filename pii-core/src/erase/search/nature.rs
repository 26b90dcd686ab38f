use super::packing::Packing;

/// What a file is, by its first and last bytes; by its name only where these cannot say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    Parquet,
    ArrowFile,
    ArrowStream,
    Avro,
    Packed(Packing),
    /// Nobody can see what is in it.
    Closed(&'static str),
    /// It is called what it is not.
    Broken(&'static str),
    /// Text, or bytes that stand there as they are.
    Plain,
}

impl Nature {
    pub(super) fn of(head: &[u8], tail: &[u8], name: &str) -> Self {
        if let Some((_, nature)) = MARKS.iter().find(|(mark, _)| head.starts_with(mark)) {
            return *nature;
        }
        match head {
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => return Self::Packed(Packing::Zstd),
            [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', ..] => return Self::Closed("bzip2"),
            // A message follows, padded to eight bytes.
            [0xff, 0xff, 0xff, 0xff, low, _, _, 0, ..] if low % 8 == 0 => return Self::ArrowStream,
            _ => {}
        }
        if tail.ends_with(b"PAR1") || tail.ends_with(b"PARE") {
            return Self::Broken("its first bytes are not those of a Parquet file");
        }
        if head.get(257..262) == Some(b"ustar") {
            return Self::Closed("tar archives");
        }
        let broken = [
            ("parquet", "it does not begin as a Parquet file does"),
            ("avro", "it does not begin as an Avro file does"),
            ("gz", "it does not begin as a gzip file does"),
            ("zst", "it does not begin as a zstd file does"),
            ("arrow", "it does not begin as an Arrow file does"),
        ];
        if let Some((_, why)) = broken.iter().find(|(ending, _)| is_called(name, &[ending])) {
            return Self::Broken(why);
        }
        // These have no mark of their own.
        match () {
            () if is_called(name, &["br"]) => Self::Closed("Brotli"),
            () if is_called(name, &["snappy", "deflate", "lz4", "lzo", "lzo_deflate"]) => {
                Self::Closed("a compression without a mark")
            }
            () => Self::Plain,
        }
    }

    /// What it is called, unless its bytes are what they are.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Parquet => Some("Parquet"),
            Self::ArrowFile | Self::ArrowStream => Some("Arrow"),
            Self::Avro => Some("Avro"),
            Self::Packed(_) => Some("something packed"),
            Self::Closed(what) => Some(what),
            Self::Broken(_) | Self::Plain => None,
        }
    }
}

fn is_called(name: &str, endings: &[&str]) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| endings.contains(&ending.as_str()))
}

/// First bytes.
const MARKS: &[(&[u8], Nature)] = &[
    (b"PAR1", Nature::Parquet),
    (b"PARE", Nature::Closed("encryption")),
    (b"ARROW1", Nature::ArrowFile),
    (b"Obj\x01", Nature::Avro),
    (b"\x1f\x8b", Nature::Packed(Packing::Gzip)),
    (b"\x28\xb5\x2f\xfd", Nature::Packed(Packing::Zstd)),
    (b"\x04\x22\x4d\x18", Nature::Packed(Packing::Lz4)),
    (b"\xff\x06\0\0sNaPpY", Nature::Packed(Packing::Snappy)),
    (b"\xfd7zXZ\0", Nature::Closed("xz")),
    (b"\x5d\0\0", Nature::Closed("LZMA")),
    (b"\x89LZO\0", Nature::Closed("LZO")),
    (b"\x1f\x9d", Nature::Closed("compress")),
    (b"PK\x03\x04", Nature::Closed("zip")),
    (b"PK\x05\x06", Nature::Closed("zip")),
    (b"7z\xbc\xaf\x27\x1c", Nature::Closed("7-Zip")),
    (b"Rar!\x1a\x07", Nature::Closed("RAR")),
    (b"ORC", Nature::Closed("the format ORC")),
    (b"FEA1", Nature::Closed("Feather, version 1")),
    (b"SEQ\x06", Nature::Closed("Hadoop sequence files")),
    (b"Obj\0", Nature::Closed("an old form of Avro")),
    (b"\x89HDF\r\n\x1a\n", Nature::Closed("HDF5")),
    (b"%PDF-", Nature::Closed("PDF")),
    (b"pii-seal", Nature::Closed("encryption")),
    (b"age-encryption.org/", Nature::Closed("encryption")),
    (b"-----BEGIN AGE ENCRYPTED", Nature::Closed("encryption")),
    (b"-----BEGIN PGP MESSAGE", Nature::Closed("encryption")),
    (b"Salted__", Nature::Closed("encryption")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say_and_not_what_it_is_called() {
        assert_eq!(Nature::of(b"PAR1....", b"PAR1", "00000.checkpoint"), Nature::Parquet);
        assert_eq!(Nature::of(b"{\"a\":1}", b"1}", "a.json"), Nature::Plain);
        assert!(matches!(Nature::of(b"{\"a\":1}", b"1}", "a.parquet"), Nature::Broken(_)));
        assert_eq!(Nature::of(b"BZh91AY&SY", b"", "a.log"), Nature::Closed("bzip2"));
        assert_eq!(Nature::of(b"BZhang,7\n", b"", "a.csv"), Nature::Plain);
        assert_eq!(Nature::of(b"", b"", "_SUCCESS"), Nature::Plain);
        assert!(matches!(Nature::of(b"PK\x03\x04", b"", "a.xlsx"), Nature::Closed("zip")));
    }
}
