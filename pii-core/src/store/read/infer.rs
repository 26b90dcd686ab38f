use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// What the rows of a JSON file have held so far. Each row may only add to it.
#[derive(Debug, Default)]
pub(super) struct Columns {
    shapes: Vec<(String, Shape)>,
    index: HashMap<String, usize>,
    /// Which object this is, and in which one each key stood last: a key that stands twice in one is a mistake.
    object: u64,
    seen: Vec<u64>,
}

#[derive(Debug, Default)]
enum Shape {
    #[default]
    Missing,
    Boolean,
    Integer,
    Float,
    Text,
    List(Box<Shape>),
    Object(Columns),
}

/// Why a row does not go with the rows before, and in which column.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Syntax(String),
    NotAnObject,
    Repeated(String),
    Changed { column: String, expected: &'static str, found: &'static str },
    TooLarge(String),
}

impl Columns {
    /// Takes one row in.
    pub(super) fn admit(&mut self, line: &[u8]) -> Result<(), Fault> {
        let walk = Walk::default();
        let mut reader = serde_json::Deserializer::from_slice(line);
        let row = Row { columns: self, walk: &walk };
        match row.deserialize(&mut reader).and_then(|()| reader.end()) {
            Ok(()) => Ok(()),
            Err(error) => Err(walk.fault.take().unwrap_or_else(|| Fault::Syntax(syntax(&error)))),
        }
    }

    /// The columns in the order in which they were first met. All may be missing; one that always is, is text.
    pub(super) fn fields(&self) -> Fields {
        self.shapes.iter().map(|(name, shape)| Field::new(name, shape.data_type(), true)).collect()
    }

    fn position(&mut self, name: String) -> usize {
        *self.index.entry(name).or_insert_with_key(|name| {
            self.shapes.push((name.clone(), Shape::Missing));
            self.seen.push(0);
            self.shapes.len() - 1
        })
    }
}

impl Shape {
    fn data_type(&self) -> DataType {
        match self {
            Self::Missing | Self::Text => DataType::Utf8,
            Self::Boolean => DataType::Boolean,
            Self::Integer => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::List(item) => DataType::List(Arc::new(Field::new_list_field(item.data_type(), true))),
            Self::Object(columns) => DataType::Struct(columns.fields()),
        }
    }

    /// The word for it in a message.
    fn word(&self) -> &'static str {
        match self {
            Self::Missing => "nothing",
            Self::Boolean => "true or false",
            Self::Integer => "an integer",
            Self::Float => "a number",
            Self::Text => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Where in a row we are, and what was found to be wrong there.
#[derive(Default)]
struct Walk {
    path: RefCell<Vec<String>>,
    fault: RefCell<Option<Fault>>,
}

impl Walk {
    fn column(&self) -> String {
        self.path.borrow().join(".")
    }

    fn fail<E: serde::de::Error>(&self, fault: Fault) -> E {
        self.fault.replace(Some(fault));
        E::custom("")
    }
}

/// The whole row, which must be an object.
struct Row<'a> {
    columns: &'a mut Columns,
    walk: &'a Walk,
}

/// One value within it.
struct Value<'a> {
    shape: &'a mut Shape,
    walk: &'a Walk,
}

impl Value<'_> {
    fn meet<E: serde::de::Error>(self, found: Shape) -> Result<(), E> {
        match (&*self.shape, &found) {
            (Shape::Missing, _) | (Shape::Integer, Shape::Float) => *self.shape = found,
            (Shape::Boolean, Shape::Boolean)
            | (Shape::Integer, Shape::Integer)
            | (Shape::Float, Shape::Float | Shape::Integer)
            | (Shape::Text, Shape::Text) => {}
            (expected, found) => return Err(self.changed(expected.word(), found.word())),
        }
        Ok(())
    }

    fn changed<E: serde::de::Error>(&self, expected: &'static str, found: &'static str) -> E {
        self.walk.fail(Fault::Changed { column: self.walk.column(), expected, found })
    }

    /// An integer that would be rounded: an identifier must not change on its way.
    fn too_large<E: serde::de::Error>(&self) -> E {
        self.walk.fail(Fault::TooLarge(self.walk.column()))
    }
}

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { columns, walk } = self;
        columns.object += 1;
        while let Some(name) = map.next_key::<String>()? {
            walk.path.borrow_mut().push(name.clone());
            let position = columns.position(name);
            let (Some((_, shape)), Some(seen)) = (columns.shapes.get_mut(position), columns.seen.get_mut(position))
            else {
                return Err(A::Error::custom("a column without a place"));
            };
            if std::mem::replace(seen, columns.object) == columns.object {
                return Err(walk.fail(Fault::Repeated(walk.column())));
            }
            map.next_value_seed(Value { shape, walk })?;
            walk.path.borrow_mut().pop();
        }
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Err(self.walk.fail(Fault::NotAnObject))
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        Err(self.walk.fail(Fault::NotAnObject))
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        Err(self.walk.fail(Fault::NotAnObject))
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        Err(self.walk.fail(Fault::NotAnObject))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        Err(self.walk.fail(Fault::NotAnObject))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        Err(self.walk.fail(Fault::NotAnObject))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.walk.fail(Fault::NotAnObject))
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.meet(Shape::Boolean)
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.meet(Shape::Integer)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        match (i64::try_from(value), &*self.shape) {
            (Ok(_), _) => self.meet(Shape::Integer),
            (Err(_), Shape::Float) => Ok(()),
            (Err(_), _) => Err(self.too_large()),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        // The parser makes a float of an integer beyond 64 bits. In a column of floats it may be one.
        let was_integer = value.fract() == 0.0 && value.abs() >= BEYOND_64_BITS;
        match &*self.shape {
            Shape::Missing | Shape::Integer if was_integer => Err(self.too_large()),
            _ => self.meet(Shape::Float),
        }
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        self.meet(Shape::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        if matches!(self.shape, Shape::Missing) {
            *self.shape = Shape::List(Box::default());
        }
        let expected = self.shape.word();
        let Self { shape: Shape::List(item), walk } = self else {
            return Err(self.changed(expected, "a list"));
        };
        while items.next_element_seed(Value { shape: item, walk })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        if matches!(self.shape, Shape::Missing) {
            *self.shape = Shape::Object(Columns::default());
        }
        let expected = self.shape.word();
        let Self { shape: Shape::Object(columns), walk } = self else {
            return Err(self.changed(expected, "an object"));
        };
        Row { columns, walk }.visit_map(map)
    }
}

/// The parser's words, without its line: it sees one line at a time.
fn syntax(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let reason = message.rsplit_once(" at line ").map_or(message.as_str(), |(reason, _)| reason);
    format!("{reason}, at character {}", error.column())
}

const BEYOND_64_BITS: f64 = 9_223_372_036_854_775_808.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn infer(lines: &[&str]) -> Result<Fields, Fault> {
        let mut columns = Columns::default();
        lines.iter().try_for_each(|line| columns.admit(line.as_bytes()))?;
        Ok(columns.fields())
    }

    fn types(lines: &[&str]) -> Vec<(String, DataType)> {
        infer(lines).unwrap().iter().map(|f| (f.name().clone(), f.data_type().clone())).collect()
    }

    #[test]
    fn columns_are_those_of_all_rows_in_the_order_met() {
        let found = types(&[r#"{"id": 1, "ok": true}"#, r#"{"name": "Anna", "id": null}"#, r#"{"void": null}"#]);
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["id", "ok", "name", "void"]);
        assert_eq!(found[3].1, DataType::Utf8, "always missing");
    }

    #[test]
    fn integers_and_floats_make_floats() {
        assert_eq!(types(&[r#"{"x": 1}"#, r#"{"x": 1.5}"#, r#"{"x": 2}"#])[0].1, DataType::Float64);
    }

    #[test]
    fn nesting_is_kept() {
        let found = types(&[r#"{"a": {"tags": []}}"#, r#"{"a": {"tags": [{"k": 1}, {"k": null, "v": "x"}]}}"#]);
        let DataType::Struct(a) = &found[0].1 else { panic!("{found:?}") };
        let DataType::List(tags) = a[0].data_type() else { panic!("{a:?}") };
        let DataType::Struct(tag) = tags.data_type() else { panic!("{tags:?}") };
        assert_eq!(tag.iter().map(|f| f.data_type().clone()).collect::<Vec<_>>(), [DataType::Int64, DataType::Utf8]);
    }

    #[test]
    fn a_column_keeps_its_type() {
        let changed = |column: &str, expected, found| Fault::Changed { column: column.to_owned(), expected, found };
        assert_eq!(infer(&[r#"{"age": 1}"#, r#"{"age": "1"}"#]).unwrap_err(), changed("age", "an integer", "text"));
        assert_eq!(
            infer(&[r#"{"a": {"b": [1]}}"#, r#"{"a": {"b": {"c": 1}}}"#]).unwrap_err(),
            changed("a.b", "a list", "an object")
        );
        assert_eq!(infer(&[r#"{"a": "x"}"#, r#"{"a": [1]}"#]).unwrap_err(), changed("a", "text", "a list"));
    }

    #[test]
    fn an_integer_is_never_rounded() {
        for id in ["9223372036854775808", "123456789012345678901234567890"] {
            assert_eq!(infer(&[&format!(r#"{{"id": {id}}}"#)]).unwrap_err(), Fault::TooLarge("id".to_owned()));
        }
        assert_eq!(types(&[r#"{"x": 0.5}"#, r#"{"x": 1e300}"#])[0].1, DataType::Float64);
    }

    #[test]
    fn a_key_stands_once_in_an_object() {
        assert_eq!(infer(&[r#"{"a": 1, "a": 2}"#]).unwrap_err(), Fault::Repeated("a".to_owned()));
        infer(&[r#"{"l": [{"a": 1}, {"a": 2}]}"#]).unwrap();
    }

    #[test]
    fn what_is_not_json_is_told_without_its_values() {
        let Fault::Syntax(reason) = infer(&[r#"{"email": "anna@example.org" "x""#]).unwrap_err() else { panic!() };
        assert_eq!(reason, "expected `,` or `}`, at character 30");
        for line in ["[1]", "3", "-3", "1.5", "null", "true", r#""anna@example.org""#] {
            assert_eq!(infer(&[line]).unwrap_err(), Fault::NotAnObject, "{line}");
        }
    }
}
