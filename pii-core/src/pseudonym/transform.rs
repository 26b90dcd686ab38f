use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{AnyDictionaryArray, Array, ArrayRef, AsArray, Int32Array, StringArray, make_array, new_null_array};
use arrow::compute::{DatePart, cast, date_part, take};
use arrow::datatypes::{DataType, Field, Float64Type};

use super::generalise;
use super::{Error, Normaliser, Pseudonymiser};
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

    /// What a method makes of one text, if it makes any of one: pseudonyms need keys, and some values generalise to nothing.
    ///
    /// # Errors
    /// [`Error::Type`], [`Error::Arrow`].
    pub fn of_text(method: &Method, text: &str) -> Result<Option<String>, Error> {
        if *method == Method::Pseudonymise || *method == Method::Drop {
            return Ok(None);
        }
        let transform = Self { method: method.clone(), pseudonymiser: None };
        let made = transform.apply(&(Arc::new(StringArray::from(vec![text])) as ArrayRef))?;
        let made = cast(&made, &DataType::Utf8)?;
        Ok(made.as_string::<i32>().iter().next().flatten().map(str::to_owned))
    }

    /// Whether it makes pseudonyms.
    pub fn is_pseudonym(&self) -> bool {
        self.pseudonymiser.is_some()
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

    /// The normal form in which it hashes texts, if it makes pseudonyms.
    pub fn normaliser(&self) -> Option<Normaliser> {
        self.pseudonymiser.as_ref().map(Pseudonymiser::normaliser)
    }

    /// Rewrites a column of texts that are in its [`normaliser`](Self::normaliser)'s form already: what
    /// [`apply`](Self::apply) makes of the texts that they were.
    ///
    /// # Errors
    /// [`Error::Type`] if it makes no pseudonyms.
    pub fn apply_normal(&self, normal: &StringArray) -> Result<ArrayRef, Error> {
        match &self.pseudonymiser {
            Some(pseudonymiser) => pseudonymiser.apply_normal(normal),
            None => Err(self.misfit(normal.data_type())),
        }
    }

    /// Rewrites a column. Lists and dictionaries are rewritten item by item; each distinct entry of a
    /// dictionary once.
    ///
    /// # Errors
    /// [`Error::Type`] if the method cannot be used on such a column.
    pub fn apply(&self, array: &ArrayRef) -> Result<ArrayRef, Error> {
        if let (Some(dictionary), false) = (array.as_any_dictionary_opt(), matches!(self.method, Method::Constant(_))) {
            return entry_by_entry(dictionary, self.apply(dictionary.values())?);
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
            return Ok(match self.data_type(value)? {
                fixed @ DataType::FixedSizeBinary(_) => fixed,
                rewritten => DataType::Dictionary(key.clone(), Box::new(rewritten)),
            });
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

/// `dictionary` with its entries rewritten. Parquet readers refuse dictionaries of fixed-size values, so those are
/// laid out plain; and where an entry became null, so do the rows that point to it: writers look at rows only.
fn entry_by_entry(dictionary: &dyn AnyDictionaryArray, entries: ArrayRef) -> Result<ArrayRef, Error> {
    if matches!(entries.data_type(), DataType::FixedSizeBinary(_)) {
        return Ok(take(&entries, dictionary.keys(), None)?);
    }
    let has_null_entries = entries.null_count() > 0;
    let rewritten = dictionary.with_values(entries);
    if !has_null_entries {
        return Ok(rewritten);
    }
    let nulls = rewritten.logical_nulls();
    Ok(make_array(rewritten.to_data().into_builder().nulls(nulls).build()?))
}

fn constant(text: &str, array: &ArrayRef) -> ArrayRef {
    // A null may also be an entry of a dictionary.
    let nulls = array.logical_nulls();
    let is_null = |row| nulls.as_ref().is_some_and(|n| n.is_null(row));
    let filled = (0..array.len()).map(|row| (!is_null(row)).then_some(text));
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

#[cfg(test)]
mod tests {
    use arrow::array::{Date32Array, DictionaryArray, Int8Array, Int64Array};
    use arrow::datatypes::Int32Type;

    use super::*;
    use crate::keyring::{Keyring, RootKey};
    use crate::policy::PseudonymForm;
    use crate::vocab::Domain;

    fn method(spelling: &str) -> Transform {
        Transform::new(&Method::parse(spelling).unwrap(), || unreachable!("no key is needed")).unwrap().unwrap()
    }

    /// What a column becomes; its type is the one that was promised.
    fn becomes(spelling: &str, array: ArrayRef) -> ArrayRef {
        let transform = method(spelling);
        let promised = transform.field(&Field::new("c", array.data_type().clone(), true)).unwrap();
        let rewritten = transform.apply(&array).unwrap();
        assert_eq!(rewritten.data_type(), promised.data_type(), "{spelling}");
        rewritten
    }

    fn written(spelling: &str, array: ArrayRef) -> Vec<Option<String>> {
        let text = cast(&becomes(spelling, array), &DataType::Utf8).unwrap();
        text.as_string::<i32>().iter().map(|v| v.map(str::to_owned)).collect()
    }

    fn some(values: &[&str]) -> Vec<Option<String>> {
        values.iter().map(|v| Some((*v).to_owned())).collect()
    }

    #[test]
    fn dates_keep_their_year_or_month() {
        // 1990-05-17.
        let born = || Arc::new(Date32Array::from(vec![Some(7441), None])) as ArrayRef;
        assert_eq!(written("year", born()), [Some("1990".to_owned()), None]);
        assert_eq!(written("month", born()), [Some("1990-05".to_owned()), None]);
        let text = Arc::new(StringArray::from(vec!["17.05.1990", "in May"])) as ArrayRef;
        assert_eq!(written("month", text), [Some("1990-05".to_owned()), None]);
    }

    #[test]
    fn numbers_keep_their_type_and_what_does_not_fit_it_goes() {
        assert_eq!(written("bucket:10", Arc::new(Int64Array::from(vec![27, -3]))), some(&["20", "-10"]));
        assert_eq!(written("bucket:100", Arc::new(Int8Array::from(vec![99, -128]))), [Some("0".to_owned()), None]);
        assert_eq!(
            written("bucket:10", Arc::new(StringArray::from(vec!["27", "many"]))),
            [Some("20".to_owned()), None]
        );
    }

    #[test]
    fn nothing_of_a_value_is_in_what_withholds_it() {
        let emails = || Arc::new(StringArray::from(vec![Some("anna@example.org"), None])) as ArrayRef;
        assert_eq!(written("null", emails()), [None, None]);
        assert_eq!(written("constant:gone", emails()), [Some("gone".to_owned()), None]);
        assert!(Transform::new(&Method::Drop, || unreachable!("no key is needed")).unwrap().is_none());
    }

    #[test]
    fn each_entry_of_a_dictionary_is_rewritten_once_and_nulls_reach_the_rows() {
        let born: DictionaryArray<Int32Type> = ["1990-05-17", "in May", "1990-05-17"].into_iter().collect();
        let years = becomes("year", Arc::new(born));
        assert_eq!(years.as_any_dictionary().values().len(), 2);
        assert_eq!(years.nulls().map(|n| n.iter().collect::<Vec<_>>()), Some(vec![true, false, true]));
    }

    #[test]
    fn raw_pseudonyms_of_a_dictionary_are_laid_out_plain() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keyring::create(dir.path(), &RootKey::generate().unwrap()).unwrap();
        let domain = Domain::parse("warehouse").unwrap();
        let raw = || Pseudonymiser::new(&keys, &domain, Normaliser::Text, PseudonymForm::Raw);
        let transform = Transform::new(&Method::Pseudonymise, raw).unwrap().unwrap();
        let ids: DictionaryArray<Int32Type> = ["7", "8", "7"].into_iter().collect();
        let field = transform.field(&Field::new("id", ids.data_type().clone(), false)).unwrap();
        let rewritten = transform.apply(&(Arc::new(ids) as ArrayRef)).unwrap();
        assert_eq!((field.data_type(), rewritten.data_type()), (&DataType::FixedSizeBinary(32), field.data_type()));
        assert_eq!(rewritten.as_fixed_size_binary().value(0), rewritten.as_fixed_size_binary().value(2));
    }

    #[test]
    fn a_method_that_cannot_read_a_type_is_refused_before_any_row() {
        let numbers = Field::new("n", DataType::Int64, true);
        for spelling in ["year", "month", "network-24"] {
            assert!(matches!(method(spelling).field(&numbers), Err(Error::Type { .. })), "{spelling}");
        }
    }
}
