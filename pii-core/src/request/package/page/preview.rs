/// The first rows of a table, for the page: so many, and so much of each.
#[derive(Debug, Default)]
pub(in crate::request::package) struct Preview {
    rows: Vec<Vec<Option<String>>>,
    letters: usize,
    /// Whether a value was cut.
    cut: bool,
    full: bool,
}

impl Preview {
    /// A row begins.
    pub(in crate::request::package) fn row(&mut self) {
        self.full |= self.rows.len() == ROWS || self.letters > LETTERS;
        if !self.full {
            self.rows.push(Vec::new());
        }
    }

    /// The next cell of the row; none, if there is no value.
    pub(in crate::request::package) fn cell(&mut self, text: Option<&str>) {
        let Some(row) = self.rows.last_mut().filter(|_| !self.full) else { return };
        let shown = text.map(|text| match text.char_indices().nth(LONGEST) {
            Some((end, _)) => {
                self.cut = true;
                format!("{}…", text.get(..end).unwrap_or_default())
            }
            None => text.to_owned(),
        });
        self.letters += shown.as_ref().map_or(0, String::len);
        row.push(shown);
    }

    pub(super) fn rows(&self) -> &[Vec<Option<String>>] {
        &self.rows
    }

    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }
}

/// What a person reads, and a telephone shows at once.
const ROWS: usize = 200;
/// Characters of a value.
const LONGEST: usize = 300;
/// Bytes of a table.
const LETTERS: usize = 1 << 20;
