use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, StringArray, new_null_array};
use arrow::compute::{DatePart, cast, date_part};
use arrow::datatypes::{DataType, Field, Float64Type};

use super::generalise;
use super::{Error, Pseudonymiser};
use crate::policy::Method;

/// A method, ready to be applied to one column.
#[derive(Debug)]
pub struct Transform {
    method: Method,
    /// There if, and only if, the method is `pseudonymise`.
    pseudonymiser: Option<Pseudonymiser>,
}

impl Transform {
    /// `pseudonymiser` is asked for only if the method is to pseudonymise. None: the column is dropped.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn new(
        method: &Method,
        pseudonymiser: impl FnOnce() -> Result<Pseudonymiser, Error>,
    ) -> Result<Option<Self>, Error> {
        Ok(match method {
            Method::Drop => None,
            Method::Pseudonymise => Some(Self { method: method.clone(), pseudonymiser: Some(pseudonymiser()?) }),
            _ => Some(Self { method: method.clone(), pseudonymiser: None }),
        })
    }

    /// The field that a column becomes: its type, nullability and, for pseudonyms, `pii.*` metadata.
    ///
    /// # Errors
    /// [`Error::Type`] if the method cannot be used on such a column.
    pub fn field(&self, field: &Field) -> Result<Field, Error> {
        let data_type = self.data_type(field.data_type())?;
        let nullable = field.is_nullable() || self.may_null();
        let mut metadata: HashMap<_, _> = field.metadata().clone();
        metadata.extend(self.pseudonymiser.iter().flat_map(Pseudonymiser::metadata));
        Ok(Field::new(field.name(), data_type, nullable).with_metadata(metadata))
    }

    /// Rewrites a column. Lists and dictionaries are rewritten item by item; each distinct entry of a
    /// dictionary once.
    ///
    /// # Errors
    /// [`Error::Type`] if the method cannot be used on such a column.
    pub fn apply(&self, array: &ArrayRef) -> Result<ArrayRef, Error> {
        if let (Some(dictionary), false) = (array.as_any_dictionary_opt(), matches!(self.method, Method::Constant(_))) {
            return Ok(dictionary.with_values(self.apply(dictionary.values())?));
        }
        match &self.method {
            Method::Keep => Ok(array.clone()),
            Method::Null | Method::Drop => Ok(new_null_array(array.data_type(), array.len())),
            Method::Constant(text) => Ok(constant(text, array)),
            Method::Pseudonymise => match &self.pseudonymiser {
                Some(pseudonymiser) => pseudonymiser.apply(array),
                None => Err(self.misfit(array.data_type())),
            },
            Method::Mask { first, last } => self.text(array, |v| Some(generalise::mask(v, *first, *last))),
            Method::Year if array.data_type().is_temporal() => {
                Ok(cast(&date_part(array, DatePart::Year)?, &DataType::Int32)?)
            }
            Method::Month if array.data_type().is_temporal() => months(array),
            Method::Year => self.text(array, generalise::year),
            Method::Month => self.text(array, generalise::month),
            Method::Network { .. } => self.text(array, generalise::network),
            Method::Bucket { width } => self.number(
                array,
                |n| generalise::bucket(n, *width),
                |v| v.trim().parse().ok().map(|n: f64| generalise::bucket(n, *width).to_string()),
            ),
            Method::TruncateCoordinates { decimals } => {
                self.number(array, |n| generalise::coordinate(n, *decimals), |v| generalise::coordinates(v, *decimals))
            }
        }
    }

    fn data_type(&self, from: &DataType) -> Result<DataType, Error> {
        if let (DataType::Dictionary(key, value), false) = (from, matches!(self.method, Method::Constant(_))) {
            return Ok(DataType::Dictionary(key.clone(), Box::new(self.data_type(value)?)));
        }
        let temporal = from.is_temporal();
        match &self.method {
            Method::Keep | Method::Null | Method::Drop => Ok(from.clone()),
            Method::Constant(_) => Ok(DataType::Utf8),
            Method::Pseudonymise if from.is_nested() => Err(self.misfit(from)),
            Method::Pseudonymise => {
                self.pseudonymiser.as_ref().map(Pseudonymiser::data_type).ok_or_else(|| self.misfit(from))
            }
            Method::Year if temporal => Ok(DataType::Int32),
            Method::Month if temporal => Ok(DataType::Utf8),
            Method::Bucket { .. } | Method::TruncateCoordinates { .. } if from.is_numeric() => Ok(from.clone()),
            _ if is_text(from) => Ok(DataType::Utf8),
            Method::Mask { .. } if !from.is_nested() => Ok(DataType::Utf8),
            _ => Err(self.misfit(from)),
        }
    }

    /// Whether a value may become null that was not.
    fn may_null(&self) -> bool {
        !matches!(self.method, Method::Keep | Method::Pseudonymise | Method::Mask { .. } | Method::Constant(_))
    }

    fn text(&self, array: &ArrayRef, rewrite: impl Fn(&str) -> Option<String>) -> Result<ArrayRef, Error> {
        self.data_type(array.data_type())?;
        let text = cast(array, &DataType::Utf8)?;
        let rewritten: StringArray = text.as_string::<i32>().iter().map(|v| v.and_then(&rewrite)).collect();
        Ok(Arc::new(rewritten))
    }

    fn number(
        &self,
        array: &ArrayRef,
        rewrite: impl Fn(f64) -> f64,
        written: impl Fn(&str) -> Option<String>,
    ) -> Result<ArrayRef, Error> {
        if !array.data_type().is_numeric() {
            return self.text(array, written);
        }
        let numbers = cast(array, &DataType::Float64)?;
        let rewritten = numbers.as_primitive::<Float64Type>().unary::<_, Float64Type>(rewrite);
        Ok(cast(&rewritten, array.data_type())?)
    }

    fn misfit(&self, data_type: &DataType) -> Error {
        Error::Type { method: self.method.to_string(), data_type: data_type.clone() }
    }
}

fn constant(text: &str, array: &ArrayRef) -> ArrayRef {
    let filled = (0..array.len()).map(|row| array.is_valid(row).then_some(text));
    Arc::new(filled.collect::<StringArray>())
}

fn months(array: &ArrayRef) -> Result<ArrayRef, Error> {
    let years = cast(&date_part(array, DatePart::Year)?, &DataType::Int32)?;
    let months = cast(&date_part(array, DatePart::Month)?, &DataType::Int32)?;
    let of = |a: &ArrayRef| a.as_primitive::<arrow::datatypes::Int32Type>().clone();
    let (years, months): (Int32Array, Int32Array) = (of(&years), of(&months));
    let written = years.iter().zip(months.iter()).map(|(y, m)| Some(format!("{:04}-{:02}", y?, m?)));
    Ok(Arc::new(written.collect::<StringArray>()))
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}
