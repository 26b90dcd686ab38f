use std::path::PathBuf;

use jiff::civil::Date;

use super::{Address, Values};

/// What must stay for now, although it was asked to go: a legal claim (Art. 17(3)(e)), a duty to keep (Art. 17(3)(b)).
#[derive(Clone, Debug)]
pub struct Hold {
    /// Why, in words that name nobody.
    pub ground: String,
    /// The last day.
    pub until: Option<Date>,
    /// Rows whose subject column holds one of these.
    pub values: Option<Values>,
    /// Files, and folders with all that is in them; `s3://bucket/prefix` for objects.
    pub paths: Vec<PathBuf>,
}

impl Hold {
    /// Whether it still holds on that day.
    pub fn holds(&self, today: Date) -> bool {
        self.until.is_none_or(|until| today <= until)
    }

    /// Whether it holds a whole file.
    pub(super) fn covers(&self, file: &Address) -> bool {
        self.paths.iter().any(|path| file.is_in(path))
    }
}
