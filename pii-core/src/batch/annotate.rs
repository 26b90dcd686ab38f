use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};

use super::{Batch, Error, Tagged};
use crate::vocab::Tag;

impl Batch<Tagged> {
    /// The clear rows with each column's tag in its metadata, for a copy that stays with the controller.
    pub(crate) fn annotated(&self) -> Result<RecordBatch, Error> {
        let schema = annotated(self.rows.schema_ref(), &self.state.tags);
        Ok(RecordBatch::try_new(schema, self.rows.columns().to_vec())?)
    }
}

/// `schema` with `pii.category` on each column that one tag decides; parts of a column are named by path.
pub(crate) fn annotated(schema: &Schema, tags: &[(String, Tag)]) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        let inside = |path: &str| {
            path == field.name() || path.strip_prefix(field.name().as_str()).is_some_and(|p| p.starts_with('.'))
        };
        let mut metadata = field.metadata().clone();
        for (path, tag) in tags.iter().filter(|(path, _)| inside(path)) {
            let key = if path == field.name() { "pii.category".to_owned() } else { format!("pii.category.{path}") };
            metadata.insert(key, tag.to_string());
        }
        Field::clone(field).with_metadata(metadata)
    });
    Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone()))
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;

    use super::*;
    use crate::vocab::Category;

    #[test]
    fn a_column_carries_its_tag_and_the_tags_of_its_parts() {
        let city = Field::new("city", DataType::Utf8, true);
        let schema = Schema::new(vec![
            Field::new("email", DataType::Utf8, true),
            Field::new("address", DataType::Struct(vec![city].into()), true),
            Field::new("address_id", DataType::Int64, true),
        ]);
        let personal = |name| Tag::Personal(Category::parse(name).unwrap());
        let tags = [
            ("email".to_owned(), personal("user.contact.email")),
            ("address.city".to_owned(), personal("user.contact.address.city")),
            ("address_id".to_owned(), Tag::NotPersonal),
        ];
        let annotated = annotated(&schema, &tags);
        let metadata = |n: usize| annotated.field(n).metadata().clone().into_iter().collect::<Vec<_>>();
        assert_eq!(metadata(0), [("pii.category".into(), "user.contact.email".into())]);
        assert_eq!(metadata(1), [("pii.category.address.city".into(), "user.contact.address.city".into())]);
        assert_eq!(metadata(2), [("pii.category".into(), "none".into())]);
    }
}
