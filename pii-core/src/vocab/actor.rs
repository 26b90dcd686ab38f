use std::fmt;

/// Who acts: an identity and who vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The identity, as its issuer spells it: `dpo@acme.example`, `etl-nightly`.
    pub id: String,
    /// Who vouches: an OIDC issuer, or `local` where only the operating system does.
    pub issuer: String,
}

impl Actor {
    /// An identity that nobody but the operating system vouches for.
    pub fn local(id: impl Into<String>) -> Self {
        Self { id: id.into(), issuer: "local".to_owned() }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.id, self.issuer)
    }
}
