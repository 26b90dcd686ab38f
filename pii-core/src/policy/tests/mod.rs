mod files;
mod rules;
mod violations;

use super::{Error, Policy, Violation};
use crate::vocab::{DatasetId, PurposeId, RecipientId};

/// A policy in which everything stands.
const GOOD: &str = include_str!("good.toml");

fn good() -> Policy {
    parse(GOOD).unwrap()
}

fn parse(text: &str) -> Result<Policy, Error> {
    Policy::parse(&[("policies/shop.toml".into(), text.to_owned())])
}

fn violations(result: Result<Policy, Error>) -> Vec<Violation> {
    match result {
        Err(Error::Violations(violations)) => violations,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("the policy passed"),
    }
}

fn dataset(id: &str) -> DatasetId {
    DatasetId::parse(id).unwrap()
}

fn purpose(id: &str) -> PurposeId {
    PurposeId::parse(id).unwrap()
}

fn recipient(id: &str) -> RecipientId {
    RecipientId::parse(id).unwrap()
}
