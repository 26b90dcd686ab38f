//! From what a column says of itself, and others beside it, to a confidence: a sum of log-odds that evidence explains.

use super::around::{AMONG_PEOPLE, Around};
use super::evidence::{Evidence, Rule};
use super::mask::mask;
use super::profile::Profile;
use super::reading::{Claim, Reading};
use super::{Finding, PROPOSE};
use crate::vocab::Category;

/// The findings of every column: first by itself, then in the light of the others.
pub(super) fn judge(profiles: &[Profile]) -> Vec<Vec<Finding>> {
    let readings: Vec<Reading<'_>> = profiles.iter().map(Reading::new).collect();
    let alone = readings.iter().map(|reading| findings(reading, Around::default()));
    let certain: Vec<Option<Finding>> =
        alone.map(|found| found.into_iter().next().filter(|best| best.confidence >= CERTAIN)).collect();
    let beside = |at: usize| {
        let others = certain.iter().enumerate().filter(move |(i, _)| *i != at);
        Around::of(others.filter_map(|(_, found)| found.as_ref()), profiles.len())
    };
    readings.iter().enumerate().map(|(at, reading)| findings(reading, beside(at))).collect()
}

/// Everything that may be said of one column, best first.
fn findings(reading: &Reading<'_>, around: Around) -> Vec<Finding> {
    let claims = reading.claims.iter().filter_map(|claim| finding(claim, reading, around));
    let mut findings: Vec<Finding> = claims.chain(pseudonym(reading)).collect();
    // At equal confidence the detectors' names decide, so that two runs agree.
    findings.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then_with(|| a.detector.cmp(b.detector)));
    findings.truncate(MOST);
    findings
}

fn finding(claim: &Claim, reading: &Reading<'_>, around: Around) -> Option<Finding> {
    let mut rules = Vec::from_iter(claim.rule());
    let mut says = claim.says;
    if let Some(doubt) = reading.negative.filter(|_| says > 0.0) {
        says -= says.min(if claim.hit.is_some() { DOUBT_OF_A_NAME } else { DOUBT });
        rules.push(Rule::Doubt(doubt.name()));
    }
    let mut odds = PRIOR + says;
    if let Some(hit) = &claim.hit {
        let context = if claim.detector.infotype == "USER_ID" && !hit.sure {
            // A bare `id` is a person's key in a table about people that has no other.
            let is_key = reading.is_bare_key && around.people && !around.keyed;
            is_key.then_some(AMONG_PEOPLE)?
        } else {
            around.weight(claim.detector, hit.sure, says)
        };
        odds += context + if hit.sure { SURE } else { HINT };
        if context != 0.0 {
            rules.push(if context > 0.0 { Rule::AmongPeople } else { Rule::AmongThings });
        }
        rules.push(Rule::Name(hit.words.clone()));
    }
    let confidence = (1.0 / (1.0 + (-odds).exp())).min(MOST_CERTAIN);
    let found = Finding {
        category: Category::parse(claim.detector.infotype).ok()?,
        detector: claim.detector.infotype,
        confidence,
        evidence: Evidence {
            rules,
            matched: claim.matched as u64,
            examined: reading.profile.distinct() as u64,
            examples: reading.examples(claim.form),
        },
    };
    (confidence >= WORTH_SAYING).then_some(found)
}

/// A column called after what identifies a person, that holds hashes or random numbers, holds pseudonyms (Art. 4(5)).
fn pseudonym(reading: &Reading<'_>) -> Option<Finding> {
    let hidden = reading.negative.filter(|negative| negative.hides())?;
    let name = reading.identifying.clone()?;
    let distinct = reading.profile.distinct() as u64;
    Some(Finding {
        category: Category::parse("PSEUDONYM").ok()?,
        detector: "PSEUDONYM",
        confidence: CERTAIN,
        evidence: Evidence {
            rules: vec![Rule::Pattern(hidden.name()), Rule::Name(name)],
            matched: distinct,
            examined: distinct,
            examples: reading.profile.values().take(1).map(mask).collect(),
        },
    })
}

/// Before anything is known: one column in twenty.
const PRIOR: f64 = -3.0;
/// A name that says it.
const SURE: f64 = 4.0;
/// A name that may mean it.
const HINT: f64 = 2.2;
/// The most that a look-alike takes away from what the values say.
const DOUBT: f64 = 5.0;
/// The same where the name says it too.
const DOUBT_OF_A_NAME: f64 = 1.0;
/// From where a column says what its table is about: a sure name by itself does.
const CERTAIN: f64 = 0.7;
/// Nobody looked at every row.
const MOST_CERTAIN: f64 = 0.99;
/// Runners-up below this are noise.
const WORTH_SAYING: f64 = PROPOSE / 5.0;
/// No more runners-up than a person reads.
const MOST: usize = 5;
