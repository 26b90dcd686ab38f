use super::{Batch, Error, Raw, Tagged};
use crate::policy::Policy;
use crate::tag::leaf_columns;

impl Batch<Raw> {
    /// Looks up the controller's decision on every column.
    ///
    /// # Errors
    /// [`Error::UnknownDataset`]; [`Error::Undecided`] names every column on which the policy is silent.
    pub fn tag(self, policy: &Policy) -> Result<Batch<Tagged>, Error> {
        let dataset = policy.dataset(&self.dataset).ok_or_else(|| Error::UnknownDataset(self.dataset.clone()))?;
        let mut tags = Vec::new();
        let mut undecided = Vec::new();
        for (path, _) in leaf_columns(self.rows.schema_ref()) {
            match dataset.column(&path) {
                Some(rule) => tags.push((path, rule.tag())),
                None => undecided.push(path),
            }
        }
        if !undecided.is_empty() {
            return Err(Error::Undecided { dataset: self.dataset, columns: undecided });
        }
        Ok(Batch { dataset: self.dataset, rows: self.rows, state: Tagged { tags } })
    }
}
