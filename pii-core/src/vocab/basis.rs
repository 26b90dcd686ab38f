use std::fmt;

macro_rules! basis {
    ($(#[$doc:meta])* $type:ident, $what:literal { $($variant:ident = $name:literal, $article:literal, $means:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $(#[doc = concat!($article, ": ", $means)] $variant,)+
        }

        impl $type {
            /// All of them, in the order of the Regulation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name a policy uses.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The article and point.
            pub fn article(self) -> &'static str {
                match self { $(Self::$variant => $article,)+ }
            }

            /// Reads the name a policy uses.
            ///
            /// # Errors
            /// [`UnknownBasis`], which lists the names there are.
            pub fn parse(name: &str) -> Result<Self, UnknownBasis> {
                Self::ALL.iter().copied().find(|b| b.name() == name).ok_or_else(|| UnknownBasis {
                    what: $what,
                    name: name.to_owned(),
                    known: Self::ALL.iter().map(|b| b.name()).collect(),
                })
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

basis!(
    /// Why the processing is lawful (Art. 6(1)).
    LawfulBasis, "lawful basis of Art. 6(1)" {
        Consent = "consent", "Art. 6(1)(a)", "the data subject has consented";
        Contract = "contract", "Art. 6(1)(b)", "needed for a contract with the data subject";
        LegalObligation = "legal-obligation", "Art. 6(1)(c)", "the controller is bound by law";
        VitalInterests = "vital-interests", "Art. 6(1)(d)", "a life depends on it";
        PublicTask = "public-task", "Art. 6(1)(e)", "a task in the public interest";
        LegitimateInterests = "legitimate-interests", "Art. 6(1)(f)", "interests that the person's do not override";
    }
);

basis!(
    /// Why special categories may be processed all the same (Art. 9(2)).
    SpecialBasis, "basis of Art. 9(2)" {
        ExplicitConsent = "explicit-consent", "Art. 9(2)(a)", "explicit consent for the purpose";
        Employment = "employment", "Art. 9(2)(b)", "employment, social security and social protection law";
        VitalInterests = "vital-interests", "Art. 9(2)(c)", "the person cannot give consent";
        NotForProfit = "not-for-profit", "Art. 9(2)(d)", "a foundation or association, about its members";
        MadePublic = "made-public", "Art. 9(2)(e)", "manifestly made public by the data subject";
        LegalClaims = "legal-claims", "Art. 9(2)(f)", "legal claims, or courts";
        SubstantialPublicInterest = "substantial-public-interest", "Art. 9(2)(g)", "on the basis of law";
        Health = "health-care", "Art. 9(2)(h)", "preventive or occupational medicine, care, treatment";
        PublicHealth = "public-health", "Art. 9(2)(i)", "public interest in public health";
        Research = "research", "Art. 9(2)(j)", "archiving, research, statistics (Art. 89(1))";
    }
);

basis!(
    /// What restricted data may be used for all the same, besides being stored (Art. 18(2)).
    RestrictedUse, "use of restricted data (Art. 18(2))" {
        Consent = "consent", "Art. 18(2)", "the data subject consents to this use";
        LegalClaims = "claims", "Art. 18(2)", "to establish, exercise or defend legal claims";
        RightsOfOthers = "rights-of-others", "Art. 18(2)", "to protect the rights of another person";
        PublicInterest = "public-interest", "Art. 18(2)", "important public interest of the Union or a Member State";
    }
);

/// No such basis.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a {what}: use one of {}", .known.join(", "))]
pub struct UnknownBasis {
    /// Which list was searched.
    pub what: &'static str,
    /// What was asked for.
    pub name: String,
    /// What there is.
    pub known: Vec<&'static str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        assert_eq!(LawfulBasis::ALL.len(), 6);
        assert_eq!(SpecialBasis::ALL.len(), 10);
        for basis in LawfulBasis::ALL {
            assert_eq!(LawfulBasis::parse(basis.name()).unwrap(), *basis);
        }
        let error = LawfulBasis::parse("legitimate").unwrap_err().to_string();
        assert!(error.contains("legitimate-interests"), "{error}");
    }
}
