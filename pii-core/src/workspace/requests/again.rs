use std::collections::HashMap;

use crate::erase;
use crate::erase::{Address, Go, PlannedFile, Version};
use crate::error::Error;
use crate::request;
use crate::request::{Intent, Place, Plan, PlannedPlace};

/// How many rows a file may have, once places of the plan have been rewritten: of these, at least and at most.
type Left = (u64, u64);

/// What there is to do in a place of which places before it in the plan have files, too: one file may be two datasets. These
/// were rewritten since, so it is looked at again. Nothing, if there is no such file.
///
/// # Errors
/// [`erase::Error::Changed`] of a file that is not what those places made of it: somebody else wrote it.
pub(super) fn again(
    plan: &Plan,
    number: usize,
    planned: &PlannedPlace,
    place: &dyn Place,
    go: Go<'_>,
) -> Result<Option<Intent>, Error> {
    let Intent::Erase { plan: ours } = &planned.intent else { return Ok(None) };
    let before = rewritten(plan.places.get(..number).unwrap_or_default());
    if !ours.to_change().any(|file| before.contains_key(&file.file)) {
        return Ok(None);
    }
    let now = place.plan(go)?;
    match &now {
        Intent::Absent => {}
        Intent::Erase { plan } => {
            let strange = plan.to_change().find(|file| {
                let known = ours.files.iter().find(|known| known.file == file.file);
                !known.is_some_and(|known| is_left_of(file, known, before.get(&file.file)))
            });
            if let Some(file) = strange {
                return Err(request::Error::from(erase::Error::Changed { file: file.file.to_string() }).into());
            }
        }
        _ => return Err(request::Error::Vanished { place: planned.place.clone() }.into()),
    }
    Ok(Some(now))
}

/// Files that places rewrite.
fn rewritten(places: &[PlannedPlace]) -> HashMap<&Address, Left> {
    let mut left: HashMap<&Address, Left> = HashMap::new();
    for place in places {
        let Intent::Erase { plan } = &place.intent else { continue };
        for file in plan.to_rewrite() {
            let gone = if plan.action == erase::Action::DeleteRow { file.hits } else { 0 };
            let known = left.entry(&file.file).or_insert((file.rows, file.rows - gone.min(file.rows)));
            // A row that one of them took is not there for the next.
            known.0 = known.0.saturating_sub(gone);
        }
    }
    left
}

/// Whether a file is the one that was planned, or what is left of it.
fn is_left_of(now: &PlannedFile, planned: &PlannedFile, left: Option<&Left>) -> bool {
    let digest = |file: &PlannedFile| file.version.as_ref().and_then(Version::digest);
    let same = digest(now).is_some() && digest(now) == digest(planned);
    let left = left.is_some_and(|(least, most)| (*least..=*most).contains(&now.rows) && now.hits <= planned.hits);
    same || left
}
