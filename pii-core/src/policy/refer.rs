//! Does every name lead somewhere?

use super::closest::closest;
use super::read::Draft;
use super::violation::{At, Found};
use super::{ColumnRule, Dataset, Place, Subject};
use crate::vocab::{Domain, RecipientId, Tag};

impl Draft {
    /// Reports names of nothing. `start` is where something is missing altogether.
    pub(super) fn refer(&self, start: &Place, found: &mut Found) {
        if self.names.controller.is_none() {
            let mend = "add `[controller]` with `name = \"…\"` and `contact = \"…\"`";
            found.report("controller-missing", start, "no file names the controller", mend);
        }
        if self.names.datasets.is_empty() {
            let mend = "add a `[[dataset]]` that decides every column; `pii scan SOURCE --propose` writes one";
            found.report("empty-policy", start, "the policy names no dataset, so nothing may pass", mend);
        }
        for dataset in &self.datasets {
            self.dataset_refers(dataset, found);
        }
        for recipient in &self.recipients {
            let purpose = &recipient.purpose;
            if !self.names.purposes.has(&purpose.value) {
                let message = format!("there is no purpose `{}`", purpose.value);
                let mend = self.names.purposes.mend("purpose", &purpose.value);
                found.report("unknown-purpose", &purpose.at, message, mend);
            } else if !self.datasets.is_empty()
                && self.knows_uses
                && !self.datasets.iter().any(|d| d.allows(&purpose.value))
            {
                let id = recipient.id();
                let message = format!("no dataset may be used for `{}`, so `{id}` gets nothing", purpose.value);
                let mend = format!("add `{}` to the purposes of a dataset, or take `{id}` away", purpose.value);
                found.report("purpose-without-dataset", &purpose.at, message, mend);
            }
        }
    }

    fn dataset_refers(&self, dataset: &Dataset, found: &mut Found) {
        for purpose in dataset.purposes.iter().filter(|p| !self.names.purposes.has(&p.value)) {
            let message = format!("there is no purpose `{}`", purpose.value);
            found.report("unknown-purpose", &purpose.at, message, self.names.purposes.mend("purpose", &purpose.value));
        }
        let overrides = dataset.columns.values().flat_map(|column| &column.methods);
        for (recipient, choice) in overrides.filter(|(r, _)| !self.names.recipients.has(r)) {
            let message = format!("there is no recipient `{recipient}`");
            let mend = self.names.recipients.mend("recipient", recipient);
            found.report("unknown-recipient", &choice.place, message, mend);
        }
        // A date that is not listed at all is no slip: ingest refuses the column until it is decided.
        if let Some(after) = &dataset.retention.value.after
            && dataset.column(after).is_none()
            && closest(after, dataset.columns.keys().map(String::as_str)).is_some()
        {
            let message = format!("`{}` has no column `{after}` to count from", dataset.id());
            found.report("unknown-column", &dataset.retention.at, message, mend_column(dataset, after));
        }
        if let Some(subject) = &dataset.subject {
            subject_refers(dataset, subject, found);
        }
    }

    /// Gives every member of a group the group's domain.
    pub(super) fn join_groups(&mut self, found: &mut Found) {
        for group in &self.groups {
            for member in &group.recipients {
                match self.recipients.iter_mut().find(|r| *r.id() == member.value) {
                    Some(recipient) => match &recipient.group {
                        None => recipient.group = Some(At { value: group.id.value.clone(), at: member.at.clone() }),
                        Some(first) if first.value == group.id.value => {}
                        Some(first) => {
                            let message = format!(
                                "`{}` is in the group `{}` already, at {}",
                                member.value, first.value, first.at
                            );
                            let mend = "leave it in one group: its pseudonyms are made in one domain";
                            found.report("two-groups", &member.at, message, mend);
                        }
                    },
                    None if self.names.recipients.has(&member.value) => {}
                    None => {
                        let message = format!("there is no recipient `{}`", member.value);
                        let mend = self.names.recipients.mend("recipient", &member.value);
                        found.report("unknown-recipient", &member.at, message, mend);
                    }
                }
            }
        }
        let declared = self.groups.iter().map(|group| &group.id);
        let own = self.recipients.iter().filter_map(|r| r.group.as_ref()).filter(|g| !self.names.groups.has(&g.value));
        for group in declared.chain(own) {
            self.refuse_collision(group, found);
        }
    }

    /// A group with a recipient's name would share the domain that is that recipient's own.
    fn refuse_collision(&self, group: &At<Domain>, found: &mut Found) {
        let taken = RecipientId::parse(group.value.as_str()).is_ok_and(|id| self.names.recipients.has(&id));
        if taken {
            let message = format!("the group `{0}` has the name of a recipient, and so its domain", group.value);
            found.report("group-is-recipient", &group.at, message, "give the group a name of its own");
        }
    }
}

fn subject_refers(dataset: &Dataset, At { value: subject, at }: &At<Subject>, found: &mut Found) {
    match dataset.column(&subject.column).map(ColumnRule::tag) {
        None => {
            let message = format!("`{}` has no column `{}`", dataset.id(), subject.column);
            found.report("unknown-column", at, message, mend_column(dataset, &subject.column));
        }
        Some(Tag::NotPersonal) => {
            let message = format!("`{}` says whom a row is about, yet is tagged `none`", subject.column);
            let mend = "tag it with a category, such as `user.unique_id`";
            found.report("subject-not-personal", at, message, mend);
        }
        Some(Tag::Personal(_)) => {}
    }
}

fn mend_column(dataset: &Dataset, wanted: &str) -> String {
    match closest(wanted, dataset.columns.keys().map(String::as_str)) {
        Some(best) => format!("did you mean `{best}`?"),
        None => format!("add `{wanted}` to `[dataset.columns]`"),
    }
}
