use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::schema::types::ColumnDescriptor;
use ring::hmac;

use super::super::Action;
use super::super::strategy::Becomes;
use super::fault::{Fault, Result};
use super::footer::Footer;
use super::kind::Kind;
use super::wanted;

/// What happens to one column in the rows that were found.
pub(super) enum Deed {
    /// Its entries go.
    Cut,
    /// Its values become nulls.
    Null,
    /// They become this one.
    Set(Vec<u8>),
    /// They become what this key makes of them.
    Hide(hmac::Key),
}

impl Deed {
    /// What is to be done in each column of the file: nothing, in most, unless rows go.
    pub(super) fn all(action: &Action, footer: &Footer, key: &hmac::Key) -> Result<Vec<Option<Self>>> {
        let schema = footer.data.file_metadata().schema_descr();
        let mut deeds: Vec<Option<Self>> = (0..schema.num_columns()).map(|_| None).collect();
        if *action == Action::DeleteRow {
            deeds.fill_with(|| Some(Self::Cut));
        }
        for (path, becomes) in action.changes() {
            let columns = footer.columns(path);
            if columns.is_empty() {
                return Err(Fault::NoColumn(path.to_owned()));
            }
            for at in columns {
                let column = schema.column(at);
                let no = |why: &str| Fault::Impossible(format!("the column `{}` {why}", column.path().string()));
                let deed = match becomes {
                    Becomes::Null if column.self_type().is_optional() => Self::Null,
                    Becomes::Null => return Err(no("is required, so nothing in it can become null")),
                    Becomes::Text(text) => {
                        let value = wanted::physical(&column, Kind::of(&column), text);
                        Self::Set(value.ok_or_else(|| no("is of a type that the new value is not of"))?)
                    }
                    Becomes::Pseudonym if can_hide(&column) => Self::Hide(key.clone()),
                    Becomes::Pseudonym => return Err(no("is of a type that has no pseudonyms")),
                };
                if let Some(place) = deeds.get_mut(at) {
                    *place = Some(deed);
                }
            }
        }
        Ok(deeds)
    }

    /// What a value becomes, where it becomes another one.
    pub(super) fn replace(&self, old: &[u8], kind: Kind) -> Option<Vec<u8>> {
        match self {
            Self::Cut | Self::Null => None,
            Self::Set(value) => Some(value.clone()),
            Self::Hide(key) => Some(hide(key, old, kind)),
        }
    }
}

/// Texts, numbers that are only numbers, and ids: what a random value of the same kind can stand for.
fn can_hide(column: &ColumnDescriptor) -> bool {
    let plain = matches!(
        column.converted_type(),
        ConvertedType::NONE
            | ConvertedType::UTF8
            | ConvertedType::INT_32
            | ConvertedType::INT_64
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64
    );
    match (column.physical_type(), column.logical_type_ref()) {
        (Type::BYTE_ARRAY, None | Some(LogicalType::String)) => plain,
        (Type::INT32 | Type::INT64, None) => plain,
        (Type::INT32 | Type::INT64, Some(LogicalType::Integer(int))) => int.bit_width >= 32,
        (Type::FIXED_LEN_BYTE_ARRAY, None | Some(LogicalType::Uuid)) => plain,
        _ => false,
    }
}

/// 128 bits in hexadecimal for a text; as many bits as there is room for, else.
fn hide(key: &hmac::Key, old: &[u8], kind: Kind) -> Vec<u8> {
    let tag = hmac::sign(key, old);
    match kind.width {
        0 => tag
            .as_ref()
            .iter()
            .take(16)
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|four| b"0123456789abcdef".get(usize::from(four)).copied().unwrap_or(b'0'))
            .collect(),
        width => tag.as_ref().iter().copied().cycle().take(width).collect(),
    }
}
