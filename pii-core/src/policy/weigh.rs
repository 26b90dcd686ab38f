//! Can every method be done, and does none say too much?

use super::closest::list;
use super::read::Draft;
use super::rule::decide;
use super::violation::Found;
use super::{Because, Choice, ColumnRule, Dataset, Method, Recipient};
use crate::vocab::{Category, Tag};

impl Draft {
    /// Reports methods that make no sense for what they are to work on, and identifiers that would leave in clear.
    pub(super) fn weigh(&self, found: &mut Found) {
        for (tag, choice) in self.recipients.iter().flat_map(|r| &r.methods) {
            weigh_choice(*tag, choice, found);
            if *tag == Tag::NotPersonal && choice.method.shapes().is_some() {
                let message = format!("`{}` cannot be done to everything that is not personal", choice.method);
                let mend = "write `keep` or `drop`, and other methods at the columns that they are for";
                found.report("unsuitable-method", &choice.place, message, mend);
            }
        }
        for dataset in &self.datasets {
            for (path, column) in &dataset.columns {
                for choice in column.methods.values() {
                    weigh_choice(column.tag, choice, found);
                }
                for recipient in self.receivers(dataset).filter(|r| !column.methods.contains_key(r.id())) {
                    weigh_inherited(path, column, recipient, found);
                }
            }
        }
    }

    /// The recipients that the dataset may go to.
    pub(super) fn receivers<'a>(&'a self, dataset: &'a Dataset) -> impl Iterator<Item = &'a Recipient> {
        self.recipients.iter().filter(|r| dataset.allows(r.purpose()))
    }
}

/// What a statement says on its own.
fn weigh_choice(tag: Tag, choice: &Choice, found: &mut Found) {
    if !choice.method.suits(tag) {
        let message = format!("`{}` can do nothing with `{tag}`", choice.method);
        found.report("unsuitable-method", &choice.place, message, suitable(&choice.method));
    }
    if choice.method == Method::Keep && choice.ground.is_none() && tag.category().is_some_and(must_not_be_clear) {
        let message = format!("`{tag}` would leave in clear");
        found.report("clear-identifier", &choice.place, message, MEND_CLEAR);
    }
}

/// What a statement on a wider category does to this column, which it may not have had in mind.
fn weigh_inherited(path: &str, column: &ColumnRule, recipient: &Recipient, found: &mut Found) {
    let rule = decide(column.tag, None, recipient);
    let (Because::Category(wider, place), Some(category)) = (rule.because, column.tag.category()) else { return };
    if wider == category {
        return;
    }
    let (id, method) = (recipient.id(), &rule.method);
    let what = format!("`{path}` is `{category}`, and the `{method}` that `{id}` has for `{wider}` ({place})");
    if method.suits(Tag::Personal(wider)) && !method.suits(column.tag) {
        let mend = format!("list `{category}` for `{id}` with a method of its own; {}", suitable(method));
        found.report("unsuitable-method", &column.at, format!("{what} can do nothing with it"), mend);
    }
    // A ground that is stated for everything does not count for this.
    if *method == Method::Keep && must_not_be_clear(category) && !must_not_be_clear(wider) {
        let mend = format!("list `{category}` for `{id}`: {MEND_CLEAR}");
        found.report("clear-identifier", &column.at, format!("{what} would let it leave in clear"), mend);
    }
}

/// What a stranger could use against the person: it leaves in clear on a stated ground only.
fn must_not_be_clear(category: Category) -> bool {
    let is_guarded = category.lineage().any(|c| GUARDED.contains(&c.name()));
    is_guarded || category.is_special() || category.is_criminal()
}

fn suitable(method: &Method) -> String {
    format!("`{method}` is for {}", list(method.shapes().unwrap_or_default()))
}

const GUARDED: &[&str] = &["user.government_id", "user.authorization", "user.unique_id.linking"];

const MEND_CLEAR: &str = "write `pseudonymise` or `drop`, or state the ground: `{ keep = \"why\" }`";
