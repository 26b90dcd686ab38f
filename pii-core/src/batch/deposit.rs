use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use jiff::Timestamp;

use super::{Batch, Error, Tagged};
use crate::audit::Receipt;
use crate::keyring::Keyring;
use crate::policy::Policy;
use crate::vault::{Deposit, Deposited, Held, People, Vault};

impl Batch<Tagged> {
    /// Lays the personal columns into the vault, and adds whom the rows are about to `met`. Rows of a dataset without a subject column stay out: nobody
    /// could be found by them.
    ///
    /// # Errors
    /// [`Error::NoSubject`] if the subject column is missing, [`Error::Vault`].
    pub fn deposit(
        &self,
        policy: &Policy,
        vault: &Vault,
        keys: &Keyring,
        at: Timestamp,
        met: &mut People,
        recorded: &Receipt,
    ) -> Result<Deposited, Error> {
        let dataset = policy.dataset(&self.dataset).ok_or_else(|| Error::UnknownDataset(self.dataset.clone()))?;
        let Some(subject) = dataset.subject() else { return Ok(Deposited::default()) };
        let mut columns = Vec::new();
        for (path, tag) in &self.state.tags {
            let Some(category) = tag.category() else { continue };
            if dataset.column(path).is_some_and(|rule| !rule.is_of_subject()) {
                continue;
            }
            let Some(values) = leaf(&self.rows, path).and_then(|array| text(&array)) else { continue };
            let region = dataset.column(path).and_then(|rule| rule.region()).map(str::to_owned);
            columns.push(Held { path: path.clone(), category, region, identifier: dataset.identifier(path), values });
        }
        let subject = columns
            .iter()
            .position(|held| held.path == subject.column)
            .ok_or_else(|| Error::NoSubject { dataset: self.dataset.clone(), column: subject.column.clone() })?;
        let deposit = Deposit { dataset: &self.dataset, subject, columns: &columns, at };
        Ok(vault.deposit(keys, &deposit, met, recorded)?)
    }
}

/// The leaf column at a dotted path. A column inside a list has several values a row and no place here.
pub(crate) fn leaf(rows: &RecordBatch, path: &str) -> Option<ArrayRef> {
    if let Some(column) = rows.column_by_name(path) {
        return Some(column.clone());
    }
    let mut parts = path.split('.');
    let first = rows.column_by_name(parts.next()?)?.clone();
    parts.try_fold(first, |array, name| {
        let parent = array.as_struct_opt()?;
        let child = parent.column_by_name(name)?;
        // A null struct hides its children.
        match parent.nulls() {
            None => Some(child.clone()),
            Some(nulls) => {
                let hidden = arrow::array::BooleanArray::new(!nulls.inner(), None);
                arrow::compute::nullif(child, &hidden).ok()
            }
        }
    })
}

/// The leaf column at a dotted path, as text.
pub(crate) fn text_of(rows: &RecordBatch, path: &str) -> Option<StringArray> {
    text(&leaf(rows, path)?)
}

fn text(array: &ArrayRef) -> Option<StringArray> {
    Some(cast(array, &DataType::Utf8).ok()?.as_string::<i32>().clone())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::StructArray;
    use arrow::buffer::NullBuffer;
    use arrow::datatypes::Field;

    use super::*;

    #[test]
    fn a_null_struct_hides_what_lies_beneath() {
        let city = StringArray::from(vec!["Seoul", "Busan"]);
        let fields = vec![Field::new("city", DataType::Utf8, true)].into();
        let address = StructArray::new(fields, vec![Arc::new(city)], Some(NullBuffer::from(vec![true, false])));
        let rows = RecordBatch::try_from_iter([("address", Arc::new(address) as ArrayRef)]).unwrap();
        let values = text(&leaf(&rows, "address.city").unwrap()).unwrap();
        assert_eq!(values.iter().collect::<Vec<_>>(), [Some("Seoul"), None]);
        assert!(leaf(&rows, "address.street").is_none());
    }
}
