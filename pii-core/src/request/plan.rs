use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Error, Intent, PlaceName, Right};
use crate::audit::Hash;

/// What requests would do, everywhere. Made, shown, confirmed, and then run as it is or not at all.
///
/// It holds no identifier. Whoever has it can test a guess of who is asked for, slowly: it is to be kept like the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The version of this form: 1.
    pub v: u32,
    /// What they ask.
    pub right: Right,
    /// Which requests.
    pub requests: Vec<Uuid>,
    /// When it was made.
    pub made: Timestamp,
    /// SHA-256 of the policy, in hexadecimal.
    pub policy: String,
    /// How many of the requests are of somebody whom the vault knows.
    pub known: u64,
    /// Every place, in the order in which they are done.
    pub places: Vec<PlannedPlace>,
    /// Holds that keep something of it (Art. 17(3)).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<PlannedHold>,
    /// Who was given their data, and is to be told (Art. 19).
    pub recipients: Vec<String>,
}

/// A hold that was in force when a plan was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedHold {
    /// Its number.
    pub id: Uuid,
    /// Why, in words that name nobody.
    pub ground: String,
    /// The last day of it, if that is known.
    pub until: Option<Date>,
    /// The requests whose people it holds; none, if it holds a dataset.
    pub requests: Vec<Uuid>,
}

/// What would be done in one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedPlace {
    /// Which.
    pub place: PlaceName,
    /// What.
    #[serde(flatten)]
    pub intent: Intent,
}

impl Plan {
    /// How many places could not be looked at.
    pub fn unsearched(&self) -> u64 {
        self.places.iter().filter(|planned| matches!(planned.intent, Intent::Unsearched { .. })).count() as u64
    }

    /// In how many columns rows of others speak of them, and somebody has to look; none, if nothing is to go.
    pub fn to_look_at(&self) -> u64 {
        let mentioned = |planned: &&PlannedPlace| matches!(planned.intent, Intent::Mentioned { .. });
        if self.right == Right::Erasure { self.places.iter().filter(mentioned).count() as u64 } else { 0 }
    }

    /// Whether nobody holds anything of them: an answer, and no error.
    pub fn is_empty(&self) -> bool {
        self.places.iter().all(|planned| matches!(planned.intent, Intent::Absent))
    }

    /// Reads a plan that was written as JSON.
    ///
    /// # Errors
    /// [`Error::NotAPlan`].
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        let plan: Self = serde_json::from_slice(json).map_err(|error| Error::NotAPlan(error.to_string()))?;
        if plan.v == 1 { Ok(plan) } else { Err(Error::NotAPlan(format!("its version is {}", plan.v))) }
    }

    /// As JSON, in one line.
    ///
    /// # Errors
    /// [`Error::NotAPlan`]: a path that is not UTF-8.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(self).map_err(|error| Error::NotAPlan(error.to_string()))
    }

    /// SHA-256 of the JSON: what was confirmed.
    ///
    /// # Errors
    /// As [`Plan::to_json`].
    pub fn digest(&self) -> Result<Hash, Error> {
        Ok(Hash::of(&self.to_json()?))
    }
}
