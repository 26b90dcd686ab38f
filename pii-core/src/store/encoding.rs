use std::fmt;
use std::str::FromStr;

use super::Error;

/// How text stands in bytes: any encoding of the WHATWG Encoding Standard, by any of its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// UTF-8, the default.
    pub const UTF_8: Self = Self(encoding_rs::UTF_8);
    /// UTF-16, little end first: Excel's "Unicode text".
    pub const UTF_16LE: Self = Self(encoding_rs::UTF_16LE);
    /// UTF-16, big end first.
    pub const UTF_16BE: Self = Self(encoding_rs::UTF_16BE);
    /// EUC-KR with Microsoft's extension (code page 949).
    pub const EUC_KR: Self = Self(encoding_rs::EUC_KR);
    /// Western European Windows; `latin1` and `iso-8859-1` are labels of it.
    pub const WINDOWS_1252: Self = Self(encoding_rs::WINDOWS_1252);

    pub(crate) fn inner(self) -> &'static encoding_rs::Encoding {
        self.0
    }
}

impl From<&'static encoding_rs::Encoding> for Encoding {
    fn from(encoding: &'static encoding_rs::Encoding) -> Self {
        Self(encoding)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl FromStr for Encoding {
    type Err = Error;

    /// Reads a label: `utf-8`, `utf-16le`, `euc-kr`, `cp949`, `windows-1252`, `iso-8859-2`, …
    fn from_str(label: &str) -> Result<Self, Error> {
        // `cp949` is what Korean software calls it; the standard lists only `windows-949`.
        let listed = if label.eq_ignore_ascii_case("cp949") { "windows-949" } else { label };
        encoding_rs::Encoding::for_label_no_replacement(listed.as_bytes())
            .map(Self)
            .ok_or_else(|| Error::UnknownEncoding { label: label.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_those_of_the_standard() {
        for (label, encoding) in [
            ("UTF-8", Encoding::UTF_8),
            ("utf-16le", Encoding::UTF_16LE),
            ("utf-16be", Encoding::UTF_16BE),
            ("euc-kr", Encoding::EUC_KR),
            ("cp949", Encoding::EUC_KR),
            ("latin1", Encoding::WINDOWS_1252),
        ] {
            assert_eq!(label.parse::<Encoding>().unwrap(), encoding, "{label}");
        }
        assert_eq!(
            "ebcdic".parse::<Encoding>().unwrap_err().to_string(),
            "`ebcdic` is not an encoding: use a label of the WHATWG Encoding Standard, such as utf-8, utf-16le, euc-kr or windows-1252"
        );
    }
}
