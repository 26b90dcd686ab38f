//! Have special and criminal data the basis that they need?

use super::read::Draft;
use super::rule::decide;
use super::violation::Found;
use super::{ColumnRule, Dataset, Purpose};
use crate::vocab::{Category, PurposeId};

impl Draft {
    /// Reports data that no purpose may hold, and data that a recipient's purpose may not have.
    pub(super) fn ask_for_bases(&self, found: &mut Found) {
        for dataset in &self.datasets {
            for (path, column) in &dataset.columns {
                let Some(category) = column.tag.category() else { continue };
                for need in [Need::Special, Need::Criminal].into_iter().filter(|need| need.is_of(category)) {
                    self.ask_for_basis(need, dataset, path, column, found);
                }
            }
        }
    }

    fn ask_for_basis(&self, need: Need, dataset: &Dataset, path: &str, column: &ColumnRule, found: &mut Found) {
        // A purpose with another mistake in it is not in the list: it gets the benefit of the doubt.
        let lacks = |id: &PurposeId| self.purposes.iter().any(|p| p.id() == id && !need.is_met_by(p));
        let (what, key) = (need.what(), need.key());
        if !dataset.purposes.is_empty() && dataset.purposes().all(lacks) {
            let message = format!("`{path}` is {what}, and no purpose of `{}` may hold it", dataset.id());
            let mend = format!("add {key} to a purpose of the dataset, or do not ingest the column");
            return found.report(need.code(), &column.at, message, mend);
        }
        for recipient in self.receivers(dataset).filter(|r| lacks(r.purpose())) {
            let method = decide(column.tag, column.methods.get(recipient.id()), recipient).method;
            if !method.withholds() {
                let (id, purpose) = (recipient.id(), recipient.purpose());
                let message = format!(
                    "`{path}` is {what}: `{id}` would get it (`{method}`) for `{purpose}`, which has no basis for it"
                );
                let mend = format!("write `method.{id} = \"drop\"`, or add {key} to the purpose `{purpose}`");
                found.report(need.code(), &column.at, message, mend);
            }
        }
    }
}

/// Data that need more than the basis of Art. 6(1).
#[derive(Clone, Copy)]
enum Need {
    /// Art. 9.
    Special,
    /// Art. 10.
    Criminal,
}

impl Need {
    fn is_of(self, category: Category) -> bool {
        match self {
            Self::Special => category.is_special(),
            Self::Criminal => category.is_criminal(),
        }
    }

    fn is_met_by(self, purpose: &Purpose) -> bool {
        match self {
            Self::Special => purpose.special_basis().is_some(),
            Self::Criminal => purpose.criminal_basis().is_some(),
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Special => "special-without-basis",
            Self::Criminal => "criminal-without-basis",
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Special => "special data (Art. 9)",
            Self::Criminal => "data on convictions (Art. 10)",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Special => "`special_basis` (Art. 9(2))",
            Self::Criminal => "`criminal_basis` (the law that allows it)",
        }
    }
}
