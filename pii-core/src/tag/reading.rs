//! What one column says of itself: its name, and its values, each detector heard once.

use super::detector::{Detector, Form, Test, all};
use super::evidence::Rule;
use super::mask::mask;
use super::name::{Hit, Name};
use super::negative::Negative;
use super::profile::Profile;

/// A column, read.
pub(super) struct Reading<'a> {
    pub(super) profile: &'a Profile,
    pub(super) claims: Vec<Claim>,
    /// What else its values may be.
    pub(super) negative: Option<Negative>,
    /// The words of its name that say, surely, that the column holds what identifies a person.
    pub(super) identifying: Option<String>,
    /// Whether its whole name is `id` and its values tell the rows apart.
    pub(super) is_bare_key: bool,
}

/// What one detector claims: by the name, by the values, or by both.
pub(super) struct Claim {
    pub(super) detector: &'static Detector,
    pub(super) hit: Option<Hit>,
    pub(super) form: Option<&'static Form>,
    /// How many distinct values fit the form.
    pub(super) matched: usize,
    /// What the values say for it or against it, in nats.
    pub(super) says: f64,
}

impl<'a> Reading<'a> {
    pub(super) fn new(profile: &'a Profile) -> Self {
        let name = Name::read(&profile.path);
        let mut hits: Vec<(&Detector, Option<Hit>)> = all().map(|d| (d, name.find(d))).collect();
        // In `email_address` the address is the e-mail's: a longer phrase takes its words from a shorter one.
        let spans: Vec<Hit> = hits.iter().filter_map(|(_, hit)| hit.clone()).collect();
        for (_, hit) in &mut hits {
            hit.take_if(|hit| spans.iter().any(|wide| covers(wide, hit)));
        }
        let identifying = hits.iter().filter(|(d, _)| d.identifies && d.infotype != "USER_ID");
        let identifying =
            identifying.filter_map(|(_, hit)| hit.as_ref()).find(|hit| hit.sure).map(|hit| hit.words.clone());
        let fitting = hits.into_iter().filter(|(d, _)| d.kinds.contains(&profile.kind));
        Self {
            claims: fitting.filter_map(|(detector, hit)| claim(detector, hit, profile)).collect(),
            negative: Negative::of(profile),
            identifying,
            is_bare_key: name.is("id") && profile.is_unique(),
            profile,
        }
    }

    /// Up to three masked values that fit, no two alike.
    pub(super) fn examples(&self, form: Option<&Form>) -> Vec<String> {
        let Some(form) = form else { return Vec::new() };
        let mut shown: Vec<String> = Vec::new();
        for masked in self.profile.values().filter(|value| form.fits(value)).map(mask) {
            if !shown.contains(&masked) {
                shown.push(masked);
            }
            if shown.len() == 3 {
                break;
            }
        }
        shown
    }
}

impl Claim {
    /// The rule that the values speak by, if they speak for it.
    pub(super) fn rule(&self) -> Option<Rule> {
        self.form.filter(|_| self.says > 0.0).map(|form| (form.rule)(form.what))
    }
}

/// What `detector` claims of a column, if it claims anything.
fn claim(detector: &'static Detector, hit: Option<Hit>, profile: &Profile) -> Option<Claim> {
    let heard = detector.forms.iter().filter(|form| profile.distinct() > 0 && (hit.is_some() || !form.if_named));
    let weighed = heard.filter_map(|form| {
        let matched = form.matched(profile);
        Some((form, matched, weight(form, matched, profile)?))
    });
    let loudest = weighed.max_by(|a, b| a.2.total_cmp(&b.2));
    let (form, matched, says) = loudest.map_or((None, 0, 0.0), |(form, matched, says)| (Some(form), matched, says));
    (hit.is_some() || says > 0.0).then_some(Claim { detector, hit, form, matched, says })
}

/// Likelier in a column of this sort than in another, or the reverse: the sum over the distinct values.
///
/// A form that one value is enough for has nothing to say where there is none.
fn weight(form: &Form, matched: usize, profile: &Profile) -> Option<f64> {
    let total = profile.distinct();
    // Distinct values are witnesses. One that is repeated is still one, and weighs less than one met once.
    let trust = |witnesses: usize| {
        if profile.is_constant() { 0.25 } else { witnesses as f64 / (witnesses + 1) as f64 }
    };
    if matches!(form.test, Test::Any(..)) {
        return (matched > 0).then(|| form.cap * trust(matched));
    }
    let (fits, misses) = (matched as f64, total.saturating_sub(matched) as f64);
    let odds = fits * (form.hit / form.chance).ln() + misses * ((1.0 - form.hit) / (1.0 - form.chance)).ln();
    Some(odds.clamp(-form.floor * trust(total), form.cap * trust(total)))
}

/// Whether `wide` holds all words of `narrow` and more.
fn covers(wide: &Hit, narrow: &Hit) -> bool {
    wide.span.len() > narrow.span.len() && wide.span.start <= narrow.span.start && narrow.span.end <= wide.span.end
}
