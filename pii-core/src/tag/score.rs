//! From what a name and its values say to a confidence: a sum of log-odds that evidence can explain.

use super::detector::{Detector, Form, Test, all};
use super::evidence::{Evidence, Rule};
use super::mask::mask;
use super::name::{Hit, Name};
use super::negative::Negative;
use super::profile::Profile;
use super::{Finding, PROPOSE};
use crate::vocab::Category;

/// What the rest of the table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Around {
    /// Another column identifies a person.
    People,
    /// There are other columns, and none does.
    Things,
    /// There is too little to say.
    Unknown,
}

/// Everything that may be said of one column, best first.
///
/// The rest of the table is known only when all columns were looked at once: see [`judge`].
fn findings(profile: &Profile, around: Around) -> Vec<Finding> {
    let name = Name::read(&profile.path);
    let negative = Negative::of(profile);
    let hits: Vec<(&Detector, Option<Hit>)> = all().map(|d| (d, name.find(d))).collect();
    let spans: Vec<Hit> = hits.iter().filter_map(|(_, hit)| hit.clone()).collect();
    let mut findings: Vec<Finding> = hits
        .into_iter()
        .filter(|(detector, _)| detector.kinds.contains(&profile.kind))
        .filter_map(|(detector, hit)| {
            // In `email_address` the address is the e-mail's: a longer phrase takes its words from a shorter one.
            let hit = hit.filter(|h| !spans.iter().any(|s| covers(s, h)));
            finding(detector, hit, profile, around, negative, &name)
        })
        .collect();
    if let Some(pseudonym) = pseudonym(&spans, profile, negative) {
        findings.push(pseudonym);
    }
    // At equal confidence the names' order decides, so that two runs agree.
    findings.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then_with(|| a.detector.cmp(b.detector)));
    findings.truncate(MOST);
    findings
}

/// The findings of every column: once by itself, then again in the light of the others.
pub(super) fn judge(profiles: &[Profile]) -> Vec<Vec<Finding>> {
    let alone: Vec<Vec<Finding>> = profiles.iter().map(|p| findings(p, Around::Unknown)).collect();
    let about_people = |findings: &Vec<Finding>| {
        findings
            .first()
            .is_some_and(|f| f.confidence >= CERTAIN && all().any(|d| d.infotype == f.detector && d.identifies))
    };
    let people: Vec<bool> = alone.iter().map(about_people).collect();
    let many = profiles.len() > 2;
    profiles
        .iter()
        .enumerate()
        .map(|(i, profile)| {
            let others = people.iter().enumerate().any(|(j, person)| *person && j != i);
            let around = if others {
                Around::People
            } else if many {
                Around::Things
            } else {
                Around::Unknown
            };
            findings(profile, around)
        })
        .collect()
}

fn finding(
    detector: &Detector,
    hit: Option<Hit>,
    profile: &Profile,
    around: Around,
    negative: Option<Negative>,
    name: &Name,
) -> Option<Finding> {
    let forms = detector.forms.iter().filter(|form| hit.is_some() || !form.if_named);
    let best = forms
        .map(|form| (form, form.matched(profile)))
        .map(|(form, matched)| (form, matched, weight(form, matched, profile)))
        .max_by(|a, b| a.2.total_cmp(&b.2));

    let mut odds = PRIOR;
    let mut rules = Vec::new();
    let mut matched = 0;
    if let Some((form, count, says)) = best.filter(|_| profile.distinct() > 0) {
        matched = count;
        odds += says;
        if says > 0.0 {
            rules.push((form.rule)(form.what));
            let doubt = negative.filter(|n| !n.hides() || hit.is_none());
            if let Some(doubt) = doubt {
                odds -= if hit.is_some() { says.min(1.0) } else { says.min(DOUBT) };
                rules.push(Rule::Doubt(doubt.name()));
            }
        }
    }
    if hit.is_none() && rules.is_empty() {
        return None;
    }
    if let Some(hit) = hit {
        odds += if hit.sure { SURE } else { HINT };
        let depends = detector.contextual || !hit.sure;
        match around {
            Around::People if depends => {
                odds += AMONG_PEOPLE;
                rules.push(Rule::AmongPeople);
            }
            Around::Things if depends => {
                odds -= AMONG_THINGS;
                rules.push(Rule::AmongThings);
            }
            _ => {}
        }
        // `id` is a person's key in a table of persons, if it tells them apart.
        if detector.infotype == "USER_ID" && !hit.sure && !(name.is("id") && profile.is_unique()) {
            return None;
        }
        rules.push(Rule::Name(hit.words));
    }
    let confidence = 1.0 / (1.0 + (-odds).exp());
    (confidence >= WORTH_SAYING).then_some(())?;
    Some(Finding {
        category: Category::parse(detector.infotype).ok()?,
        detector: detector.infotype,
        confidence: confidence.min(0.99),
        evidence: Evidence {
            rules,
            matched: matched as u64,
            examined: profile.distinct() as u64,
            examples: best.map(|(form, ..)| examples(form, profile)).unwrap_or_default(),
        },
    })
}

/// A column called after a person's data that holds hashes or random numbers holds pseudonyms (Art. 4(5)).
fn pseudonym(spans: &[Hit], profile: &Profile, negative: Option<Negative>) -> Option<Finding> {
    let hidden = negative.filter(|n| n.hides())?;
    let identifying = all().filter(|d| d.identifies && !matches!(d.infotype, "USER_ID" | "PSEUDONYM"));
    let name = Name::read(&profile.path);
    let hit = identifying.filter_map(|d| name.find(d)).find(|hit| hit.sure && !spans.iter().any(|s| covers(s, hit)))?;
    Some(Finding {
        category: Category::parse("PSEUDONYM").ok()?,
        detector: "PSEUDONYM",
        confidence: 0.8,
        evidence: Evidence {
            rules: vec![Rule::Pattern(hidden.name()), Rule::Name(hit.words)],
            matched: profile.distinct() as u64,
            examined: profile.distinct() as u64,
            examples: profile.values().take(3).map(mask).collect(),
        },
    })
}

/// What the values say, in nats: likelier here than elsewhere, or the reverse.
fn weight(form: &Form, matched: usize, profile: &Profile) -> f64 {
    let total = profile.distinct();
    // Distinct values are witnesses; one that is repeated is still one, and weighs less than one met once.
    let trust = |witnesses: usize| {
        if profile.is_constant() { 0.25 } else { witnesses as f64 / (witnesses + 1) as f64 }
    };
    if matches!(form.test, Test::Any(_)) {
        return if matched > 0 { form.cap * trust(matched) } else { -form.floor };
    }
    let (fits, misses) = (matched as f64, total.saturating_sub(matched) as f64);
    let odds = fits * (form.hit / form.chance).ln() + misses * ((1.0 - form.hit) / (1.0 - form.chance)).ln();
    odds.clamp(-form.floor * trust(total), form.cap * trust(total))
}

/// Up to three masked values that fit.
fn examples(form: &Form, profile: &Profile) -> Vec<String> {
    let mut shown: Vec<String> = Vec::new();
    let fitting = profile.values().filter(|value| match form.test {
        Test::Value(test) => test(value),
        Test::Column(_) => true,
        Test::Any(_) => super::freetext::holds(value),
    });
    for masked in fitting.map(mask) {
        if !shown.contains(&masked) {
            shown.push(masked);
        }
        if shown.len() == 3 {
            break;
        }
    }
    shown
}

/// Whether `wide` holds all words of `narrow` and more.
fn covers(wide: &Hit, narrow: &Hit) -> bool {
    wide.span.len() > narrow.span.len() && wide.span.start <= narrow.span.start && narrow.span.end <= wide.span.end
}

/// Before anything is known: one column in twenty.
const PRIOR: f64 = -3.0;
/// A name that says it.
const SURE: f64 = 4.0;
/// A name that may mean it.
const HINT: f64 = 2.2;
/// What a table about people adds to a name that depends on it.
const AMONG_PEOPLE: f64 = 1.0;
/// What a table about anything else takes away.
const AMONG_THINGS: f64 = 2.6;
/// The most that a look-alike takes away from what values say.
const DOUBT: f64 = 5.0;
/// From where a column says what its table is about.
const CERTAIN: f64 = 0.7;
/// Runners-up below this are noise.
const WORTH_SAYING: f64 = PROPOSE / 5.0;
/// No more runners-up than a person reads.
const MOST: usize = 5;
