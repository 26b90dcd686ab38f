use std::fmt;

use super::spelling::edits;
use super::taxonomy::{ENTRIES, Entry};

/// A category of personal data: a dotted name such as `user.contact.email`.
///
/// The names follow the Fides taxonomy where it has one. A category knows its definition, the detector
/// names (Google DLP infoTypes) that propose it, and whether it is special (Art. 9) or criminal (Art. 10).
#[derive(Clone, Copy)]
pub struct Category(&'static Entry);

impl Category {
    /// Reads a dotted name, or a detector's infoType such as `EMAIL_ADDRESS`.
    ///
    /// # Errors
    /// [`UnknownCategory`], with the closest name there is.
    pub fn parse(name: &str) -> Result<Self, UnknownCategory> {
        Self::all()
            .find(|c| c.name() == name || c.infotypes().contains(&name))
            .ok_or_else(|| UnknownCategory { name: name.to_owned(), closest: closest(name) })
    }

    /// Every category, parents before children.
    pub fn all() -> impl Iterator<Item = Self> {
        ENTRIES.iter().map(Self)
    }

    /// The dotted name.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// One line that says what belongs here.
    pub fn definition(self) -> &'static str {
        self.0.definition
    }

    /// Where the definition comes from: an article or a standard.
    pub fn source(self) -> &'static str {
        self.0.source
    }

    /// The usual detectors' names for it, in Google DLP's spelling where there is one.
    pub fn infotypes(self) -> &'static [&'static str] {
        self.0.infotypes
    }

    /// A special category of Art. 9(1): needs a basis of Art. 9(2) besides that of Art. 6(1).
    pub fn is_special(self) -> bool {
        self.lineage().any(|c| c.0.special)
    }

    /// Data relating to criminal convictions and offences (Art. 10).
    pub fn is_criminal(self) -> bool {
        self.lineage().any(|c| c.0.criminal)
    }

    /// The next wider category, if there is one.
    pub fn parent(self) -> Option<Self> {
        let (parent, _) = self.name().rsplit_once('.')?;
        Self::all().find(|c| c.name() == parent)
    }

    /// This category, then its parent, and so on up to `user`.
    pub fn lineage(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |c| c.parent())
    }

    /// Whether this is `wider` or lies within it.
    pub fn is_within(self, wider: Self) -> bool {
        self.lineage().any(|c| c == wider)
    }
}

impl PartialEq for Category {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Category {}

impl PartialOrd for Category {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Category {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name().cmp(other.name())
    }
}

impl std::hash::Hash for Category {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The decision on a column: personal data of some category, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tag {
    /// `none`: no personal data.
    NotPersonal,
    /// Personal data of this category.
    Personal(Category),
}

impl Tag {
    /// Reads `none` or a category.
    ///
    /// # Errors
    /// [`UnknownCategory`], with the closest name there is.
    pub fn parse(name: &str) -> Result<Self, UnknownCategory> {
        if name == "none" { Ok(Self::NotPersonal) } else { Category::parse(name).map(Self::Personal) }
    }

    /// The category, if it is personal data.
    pub fn category(self) -> Option<Category> {
        match self {
            Self::NotPersonal => None,
            Self::Personal(category) => Some(category),
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPersonal => f.write_str("none"),
            Self::Personal(category) => category.fmt(f),
        }
    }
}

/// No such category.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a category: did you mean `{closest}`?")]
pub struct UnknownCategory {
    /// What was asked for.
    pub name: String,
    /// The name that comes closest to it.
    pub closest: &'static str,
}

/// A shared last word counts most (`user.email` means `user.contact.email`), then edit distance.
fn closest(name: &str) -> &'static str {
    let last = |n: &str| n.rsplit('.').next().unwrap_or_default().to_owned();
    let distance = |entry: &Entry| (edits(&last(name), &last(entry.name)), edits(name, entry.name));
    ENTRIES.iter().min_by_key(|e| distance(e)).map_or("user", |e| e.name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_is_unique_and_every_parent_exists() {
        let names: BTreeSet<_> = Category::all().map(Category::name).collect();
        assert_eq!(names.len(), Category::all().count());
        assert!(names.len() >= 60, "{}", names.len());
        for category in Category::all() {
            assert!(category.name() == "user" || category.parent().is_some(), "{category} has no parent");
            assert!(!category.definition().is_empty() && !category.source().is_empty());
        }
    }

    #[test]
    fn an_infotype_names_one_category() {
        let mut seen = BTreeSet::new();
        for infotype in Category::all().flat_map(Category::infotypes) {
            assert!(seen.insert(infotype), "{infotype} stands twice");
        }
        assert_eq!(Category::parse("EMAIL_ADDRESS").unwrap().name(), "user.contact.email");
    }

    #[test]
    fn special_is_inherited() {
        assert!(Category::parse("user.health_and_medical.genetic").unwrap().is_special());
        assert!(Category::parse("user.demographic.trade_union_membership").unwrap().is_special());
        assert!(Category::parse("user.criminal_history").unwrap().is_criminal());
        assert!(!Category::parse("user.contact.email").unwrap().is_special());
    }

    #[test]
    fn a_typo_gets_a_suggestion() {
        for (typo, meant) in [
            ("user.contact.emial", "user.contact.email"),
            ("user.email", "user.contact.email"),
            ("user.date_of_birth", "user.demographic.date_of_birth"),
            ("user.contct.phone_number", "user.contact.phone_number"),
        ] {
            assert_eq!(Category::parse(typo).unwrap_err().closest, meant);
        }
    }
}
