//! Tables as rows of plain cells, for a vault that moves from one database to another.

/// A table that moves, as it is named and ordered in every database.
#[derive(Clone, Copy, Debug)]
pub(in crate::vault) struct Table {
    pub(in crate::vault) name: &'static str,
    /// Its columns; the first of them are its key.
    pub(in crate::vault) columns: &'static [(&'static str, Column)],
    /// How many columns are its key.
    pub(in crate::vault) key: usize,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::vault) enum Column {
    Integer,
    Bytes,
    Text,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::vault) enum Cell {
    Null,
    Integer(i64),
    Bytes(Vec<u8>),
    Text(String),
}

pub(in crate::vault) type Row = Vec<Cell>;

/// Every table that moves. An index of pseudonyms does not: it is made again when somebody asks.
pub(in crate::vault) const TABLES: &[Table] = &[
    table("kind", 1, &[("id", Column::Integer), ("name", Column::Text)]),
    table(
        "field",
        1,
        &[
            ("id", Column::Integer),
            ("dataset", Column::Text),
            ("path", Column::Text),
            ("category", Column::Text),
            ("region", Column::Text),
            ("kind", Column::Integer),
        ],
    ),
    table("shard", 1, &[("shard", Column::Integer), ("epoch", Column::Integer), ("next", Column::Integer)]),
    table("batch", 1, &[("id", Column::Integer), ("at", Column::Integer)]),
    table(
        "person",
        1,
        &[
            ("id", Column::Integer),
            ("subject", Column::Bytes),
            ("alias", Column::Bytes),
            ("key", Column::Bytes),
            ("created", Column::Integer),
        ],
    ),
    table(
        "identifier",
        3,
        &[
            ("kind", Column::Integer),
            ("blind", Column::Bytes),
            ("person", Column::Integer),
            ("is_subject", Column::Integer),
        ],
    ),
    table(
        "value",
        3,
        &[
            ("person", Column::Integer),
            ("field", Column::Integer),
            ("blind", Column::Bytes),
            ("batch", Column::Integer),
            ("pointer", Column::Bytes),
            ("sealed", Column::Bytes),
        ],
    ),
    table("arrival", 2, &[("batch", Column::Integer), ("person", Column::Integer)]),
];

const fn table(name: &'static str, key: usize, columns: &'static [(&'static str, Column)]) -> Table {
    Table { name, columns, key }
}

impl Table {
    /// The names of its columns, and of those that are its key, with commas between them.
    pub(in crate::vault) fn names(&self) -> (String, String) {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        (names.join(", "), names.get(..self.key).unwrap_or_default().join(", "))
    }

    /// Its key, for an order from the last row on.
    pub(in crate::vault) fn backwards(&self) -> String {
        let key = self.columns.iter().take(self.key);
        key.map(|(name, _)| format!("\"{name}\" DESC")).collect::<Vec<_>>().join(", ")
    }

    /// The cells of a row that are its key.
    pub(in crate::vault) fn key_of<'r>(&self, row: &'r Row) -> &'r [Cell] {
        row.get(..self.key).unwrap_or_default()
    }
}

impl Cell {
    /// The bytes of a cell for a digest: a letter for what it is, its length, itself.
    pub(in crate::vault) fn append_to(&self, digest: &mut ring::digest::Context) {
        let mut put = |kind: u8, bytes: &[u8]| {
            digest.update(&[kind]);
            digest.update(&(bytes.len() as u64).to_be_bytes());
            digest.update(bytes);
        };
        match self {
            Self::Null => put(b'n', &[]),
            Self::Integer(number) => put(b'i', &number.to_be_bytes()),
            Self::Bytes(bytes) => put(b'b', bytes),
            Self::Text(text) => put(b't', text.as_bytes()),
        }
    }
}
