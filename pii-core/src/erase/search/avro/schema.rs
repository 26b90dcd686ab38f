use std::collections::HashMap;

use serde_json::Value;

use super::super::numbers::Meaning;

/// A schema, each type of it by number.
pub(super) struct Schema {
    types: Vec<Type>,
    pub(super) root: usize,
}

/// What comes next in the bytes.
pub(super) enum Type {
    Null,
    Boolean,
    /// `int` and `long` are written alike.
    Integer(Meaning),
    Float,
    Double,
    /// `bytes` and `string` are written alike.
    Bytes(Meaning),
    Fixed(usize, Meaning),
    Enum,
    Record(Vec<(String, usize)>),
    Array(usize),
    Map(usize),
    Union(Vec<usize>),
}

impl Schema {
    /// Returns `None` for what is no schema.
    pub(super) fn read(json: &Value) -> Option<Self> {
        let mut made = Self { types: Vec::new(), root: 0 };
        made.root = made.add(json, &mut HashMap::new(), None, 0)?;
        Some(made)
    }

    pub(super) fn of(&self, number: usize) -> Option<&Type> {
        self.types.get(number)
    }

    fn push(&mut self, kind: Type) -> usize {
        self.types.push(kind);
        self.types.len() - 1
    }

    fn add(
        &mut self,
        json: &Value,
        named: &mut HashMap<String, usize>,
        space: Option<&str>,
        depth: u32,
    ) -> Option<usize> {
        if depth > DEEPEST {
            return None;
        }
        let inner = |made: &mut Self, json: &Value, named: &mut HashMap<String, usize>, space: Option<&str>| {
            made.add(json, named, space, depth + 1)
        };
        match json {
            Value::String(name) => match primitive(name, &Value::Null) {
                Some(kind) => Some(self.push(kind)),
                None => named.get(&full(name, space)).or_else(|| named.get(name)).copied(),
            },
            Value::Array(kinds) => {
                let kinds = kinds.iter().map(|kind| inner(self, kind, named, space)).collect::<Option<_>>()?;
                Some(self.push(Type::Union(kinds)))
            }
            Value::Object(of) => {
                let kind = of.get("type")?;
                let Value::String(name) = kind else { return inner(self, kind, named, space) };
                if let Some(kind) = primitive(name, json) {
                    return Some(self.push(kind));
                }
                match name.as_str() {
                    "array" => {
                        let items = inner(self, of.get("items")?, named, space)?;
                        return Some(self.push(Type::Array(items)));
                    }
                    "map" => {
                        let values = inner(self, of.get("values")?, named, space)?;
                        return Some(self.push(Type::Map(values)));
                    }
                    "record" | "error" | "enum" | "fixed" => {}
                    _ => return self.add(kind, named, space, depth + 1),
                }
                let own = of.get("name")?.as_str()?;
                let space = of.get("namespace").and_then(Value::as_str).or(space);
                // It may hold itself: its number is known before what is in it.
                let number = self.push(Type::Null);
                named.insert(full(own, space), number);
                let space = own.rsplit_once('.').map(|(space, _)| space).or(space);
                let kind = match name.as_str() {
                    "enum" => Type::Enum,
                    "fixed" => {
                        Type::Fixed(usize::try_from(of.get("size")?.as_u64()?).ok()?, meaning(json, Meaning::Bytes))
                    }
                    _ => {
                        let mut fields = Vec::new();
                        for field in of.get("fields")?.as_array()? {
                            let name = field.get("name")?.as_str()?.to_owned();
                            fields.push((name, inner(self, field.get("type")?, named, space)?));
                        }
                        Type::Record(fields)
                    }
                };
                *self.types.get_mut(number)? = kind;
                Some(number)
            }
            _ => None,
        }
    }
}

fn full(name: &str, space: Option<&str>) -> String {
    match space {
        Some(space) if !name.contains('.') => format!("{space}.{name}"),
        _ => name.to_owned(),
    }
}

fn primitive(name: &str, json: &Value) -> Option<Type> {
    Some(match name {
        "null" => Type::Null,
        "boolean" => Type::Boolean,
        "int" | "long" => Type::Integer(meaning(json, Meaning::Integer)),
        "float" => Type::Float,
        "double" => Type::Double,
        "bytes" => Type::Bytes(meaning(json, Meaning::Bytes)),
        "string" => Type::Bytes(Meaning::Text),
        _ => return None,
    })
}

fn meaning(json: &Value, plain: Meaning) -> Meaning {
    match json.get("logicalType").and_then(Value::as_str).unwrap_or_default() {
        "date" => Meaning::Day,
        "time-millis" => Meaning::Clock(1_000_000),
        "time-micros" => Meaning::Clock(1_000),
        "timestamp-millis" | "local-timestamp-millis" => Meaning::Instant(1_000_000),
        "timestamp-micros" | "local-timestamp-micros" => Meaning::Instant(1_000),
        "timestamp-nanos" | "local-timestamp-nanos" => Meaning::Instant(1),
        "decimal" => {
            let scale = json.get("scale").and_then(Value::as_i64).unwrap_or(0);
            i32::try_from(scale).map_or(plain, Meaning::Decimal)
        }
        "uuid" => Meaning::Uuid,
        _ => plain,
    }
}

/// Types within types.
const DEEPEST: u32 = 100;
