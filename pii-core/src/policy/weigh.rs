//! Is what was decided lawful, and can it be done?

use super::read::Draft;
use super::rule::decide;
use super::violation::Found;
use super::{Because, Choice, ColumnRule, Dataset, Method, Purpose, Recipient, Rule};
use crate::vocab::{Category, PurposeId, Tag};

impl Draft {
    /// Reports methods that cannot be done or say too much, and data without the basis that they need.
    pub(super) fn weigh(&self, found: &mut Found) {
        for recipient in &self.recipients {
            for (tag, choice) in &recipient.methods {
                weigh_choice(*tag, choice, found);
            }
        }
        for dataset in &self.datasets {
            for (path, column) in &dataset.columns {
                for choice in column.methods.values() {
                    weigh_choice(column.tag, choice, found);
                }
                self.weigh_column(dataset, path, column, found);
            }
        }
    }

    fn weigh_column(&self, dataset: &Dataset, path: &str, column: &ColumnRule, found: &mut Found) {
        let Some(category) = column.tag.category() else { return };
        for need in [Need::Special, Need::Criminal].into_iter().filter(|need| need.is_of(category)) {
            let lacks = |id: &PurposeId| self.purposes.iter().any(|p| p.id() == id && !need.is_met_by(p));
            if !dataset.purposes.is_empty() && dataset.purposes().all(lacks) {
                let message = format!(
                    "`{path}` is {} ({category}), and no purpose of `{}` may hold it",
                    need.what(),
                    dataset.id()
                );
                let mend = format!("add {} to a purpose of the dataset, or do not ingest the column", need.key());
                found.report(need.code(), &column.at, message, mend);
            }
            for recipient in self.receivers(dataset).filter(|r| lacks(r.purpose())) {
                let rule = decide(column.tag, column.methods.get(recipient.id()), recipient);
                if !rule.method.withholds() {
                    let (id, purpose, method) = (recipient.id(), recipient.purpose(), &rule.method);
                    let message = format!(
                        "`{path}` is {} ({category}): `{id}` would get it by `{method}`, and its purpose `{purpose}` has no basis for that",
                        need.what()
                    );
                    let mend =
                        format!("write `method.{id} = \"drop\"`, or add {} to the purpose `{purpose}`", need.key());
                    found.report(need.code(), &column.at, message, mend);
                }
            }
        }
        for recipient in self.receivers(dataset).filter(|r| !column.methods.contains_key(r.id())) {
            weigh_inherited(path, column, category, recipient, found);
        }
    }

    /// The recipients that the dataset may go to.
    fn receivers<'a>(&'a self, dataset: &'a Dataset) -> impl Iterator<Item = &'a Recipient> {
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
fn weigh_inherited(path: &str, column: &ColumnRule, category: Category, recipient: &Recipient, found: &mut Found) {
    let Rule { method, ground, because, .. } = decide(column.tag, None, recipient);
    let Because::Category(wider, place) = because else { return };
    let id = recipient.id();
    let is_wider = wider != category;
    if is_wider && method.suits(Tag::Personal(wider)) && !method.suits(column.tag) {
        let message = format!(
            "`{path}` is `{category}`: the `{method}` that `{id}` has for `{wider}` ({place}) can do nothing with it"
        );
        let mend = format!("list `{category}` for `{id}` with a method of its own; {}", suitable(&method));
        found.report("unsuitable-method", &column.at, message, mend);
    }
    if is_wider
        && method == Method::Keep
        && ground.is_none()
        && must_not_be_clear(category)
        && !must_not_be_clear(wider)
    {
        let message = format!(
            "`{path}` is `{category}`: the `keep` that `{id}` has for `{wider}` ({place}) would let it leave in clear"
        );
        let mend = format!("list `{category}` for `{id}`: {MEND_CLEAR}");
        found.report("clear-identifier", &column.at, message, mend);
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
            Self::Special => "special data of Art. 9",
            Self::Criminal => "criminal data of Art. 10",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Special => "`special_basis` (Art. 9(2))",
            Self::Criminal => "`criminal_basis` (the law that allows it)",
        }
    }
}

/// What a stranger could use against the person: it leaves in clear on a stated ground only.
fn must_not_be_clear(category: Category) -> bool {
    let guarded = ["user.government_id", "user.authorization", "user.unique_id.linking"];
    let is_guarded = category.lineage().any(|c| guarded.contains(&c.name()));
    is_guarded || category.is_special() || category.is_criminal()
}

fn suitable(method: &Method) -> String {
    let shapes = method.shapes().unwrap_or_default();
    format!("`{method}` is for {}", super::closest::list(shapes))
}

const MEND_CLEAR: &str = "write `pseudonymise` or `drop`, or state the ground: `{ keep = \"why\" }`";
