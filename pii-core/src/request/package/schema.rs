//! What the rows of a table look like: JSON Schema 2020-12 of one line of its `.jsonl`, with what is known of each column.

use arrow::datatypes::DataType;
use serde_json::{Map, Value, json};

use super::select::{Leaf, Member, Selected, Shape};

/// The schema of a table.
pub(super) fn schema(selected: &Selected<'_>) -> Value {
    let mut schema = object(&selected.members);
    let mut head = Map::new();
    head.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    head.insert("title".into(), selected.table.dataset.as_str().into());
    if let Some(description) = &selected.table.description {
        head.insert("description".into(), description.as_str().into());
    }
    head.append(&mut schema);
    Value::Object(head)
}

fn object(members: &[Member<'_>]) -> Map<String, Value> {
    let properties: Map<_, _> = members.iter().map(|m| (m.name.clone(), of(&m.shape, Some(&m.name)))).collect();
    let names: Vec<_> = members.iter().map(|member| member.name.as_str()).collect();
    let mut object = Map::new();
    object.insert("type".into(), "object".into());
    object.insert("properties".into(), properties.into());
    object.insert("required".into(), names.into());
    object.insert("additionalProperties".into(), false.into());
    object
}

fn of(shape: &Shape<'_>, title: Option<&str>) -> Value {
    let mut schema = match shape {
        Shape::Leaf(leaf) => return self::leaf(leaf, title),
        Shape::Struct(members) => {
            let mut schema = object(members);
            schema.insert("type".into(), json!(["object", "null"]));
            schema
        }
        Shape::List(item) => {
            Map::from_iter([("type".to_owned(), json!(["array", "null"])), ("items".to_owned(), of(item, None))])
        }
        Shape::Map(key, value) => match key.as_ref() {
            Shape::Leaf(leaf) if is_text(&leaf.data_type) => Map::from_iter([
                ("type".to_owned(), json!(["object", "null"])),
                ("propertyNames".to_owned(), known(leaf, Map::new()).into()),
                ("additionalProperties".to_owned(), of(value, None)),
            ]),
            _ => Map::from_iter([
                ("type".to_owned(), json!(["array", "null"])),
                (
                    "items".to_owned(),
                    json!({ "type": "object", "properties": { "key": of(key, None), "value": of(value, None) } }),
                ),
            ]),
        },
    };
    if let Some(title) = title {
        schema.insert("title".into(), title.into());
    }
    schema.into()
}

fn leaf(leaf: &Leaf<'_>, title: Option<&str>) -> Value {
    let mut schema = typed(&leaf.data_type);
    if let Some(title) = title {
        schema.insert("title".into(), title.into());
    }
    known(leaf, schema).into()
}

/// What the controller says of a column.
fn known(leaf: &Leaf<'_>, mut schema: Map<String, Value>) -> Map<String, Value> {
    let column = leaf.column;
    let meaning = column.meaning.as_deref().or_else(|| column.tag.category().map(|category| category.definition()));
    if let Some(meaning) = meaning {
        schema.insert("description".into(), meaning.into());
    }
    schema.insert("x-pii-category".into(), column.tag.to_string().into());
    schema.insert("x-pii-origin".into(), column.origin.name().into());
    if column.may_speak_of_others() {
        schema.insert("x-pii-may-speak-of-others".into(), true.into());
    }
    schema
}

fn typed(data_type: &DataType) -> Map<String, Value> {
    let schema = match data_type {
        DataType::Null => json!({ "type": "null" }),
        DataType::Boolean => json!({ "type": ["boolean", "null"] }),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            json!({ "anyOf": [{ "type": ["number", "null"] }, { "enum": ["NaN", "Infinity", "-Infinity"] }] })
        }
        DataType::Date32 => json!({ "type": ["string", "null"], "format": "date" }),
        // Without a zone it is no `date-time` of RFC 3339.
        DataType::Timestamp(_, Some(_)) => json!({ "type": ["string", "null"], "format": "date-time" }),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            json!({ "type": ["string", "null"], "contentEncoding": "base64" })
        }
        DataType::Dictionary(_, values) => return typed(values),
        data_type if data_type.is_integer() => json!({ "type": ["integer", "null"] }),
        _ => json!({ "type": ["string", "null"] }),
    };
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_text(values),
        other => matches!(other, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
    }
}
