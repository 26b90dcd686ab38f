use std::collections::HashMap;

use crate::erase;
use crate::erase::{Address, Go, PlannedFile, Version};
use crate::error::Error;
use crate::request;
use crate::request::{Intent, Place, Plan, PlannedPlace};

/// What places of a plan leave of a file.
struct Left {
    /// So many rows at least, and at most.
    rows: (u64, u64),
    /// Whether one of them takes values and leaves the rows: whose they are, may not be seen any more.
    nulled: bool,
}

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
    let files = match &now {
        Intent::Absent => [].as_slice(),
        Intent::Erase { plan } => &plan.files,
        _ => return Err(request::Error::Vanished { place: planned.place.clone() }.into()),
    };
    let strange = files.iter().find(|file| {
        let known = ours.files.iter().find(|known| known.file == file.file);
        !known.is_some_and(|known| is_left_of(file, known, before.get(&file.file)))
    });
    let lost = ours.files.iter().find(|known| {
        let hits = files.iter().find(|file| file.file == known.file).map_or(0, |file| file.hits);
        hits < known.hits && before.get(&known.file).is_some_and(|left| left.nulled)
    });
    match strange.or(lost) {
        Some(file) => Err(request::Error::from(erase::Error::Changed { file: file.file.to_string() }).into()),
        None => Ok(Some(now)),
    }
}

/// Files that places rewrite.
fn rewritten(places: &[PlannedPlace]) -> HashMap<&Address, Left> {
    let mut left: HashMap<&Address, Left> = HashMap::new();
    for place in places {
        let Intent::Erase { plan } = &place.intent else { continue };
        for file in plan.to_rewrite() {
            let deletes = plan.action == erase::Action::DeleteRow;
            let gone = if deletes { file.hits } else { 0 };
            let most = file.rows.saturating_sub(gone);
            let known = left.entry(&file.file).or_insert(Left { rows: (file.rows, most), nulled: false });
            // A row that one of them took is not there for the next.
            known.rows.0 = known.rows.0.saturating_sub(gone);
            known.nulled |= !deletes;
        }
    }
    left
}

/// Whether a file is the one that was planned, or what is left of it.
fn is_left_of(now: &PlannedFile, planned: &PlannedFile, left: Option<&Left>) -> bool {
    let digest = |file: &PlannedFile| file.version.as_ref().and_then(Version::digest);
    let same = digest(now).is_some() && digest(now) == digest(planned);
    let left = left.is_some_and(|left| (left.rows.0..=left.rows.1).contains(&now.rows) && now.hits <= planned.hits);
    same || left
}
