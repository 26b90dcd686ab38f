/// The language in which a page for people is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Korean.
    Korean,
    /// German.
    German,
    /// French.
    French,
}

impl Language {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::English, Self::Korean, Self::German, Self::French];

    /// Its tag (BCP 47): `en`, `ko`, `de`, `fr`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
            Self::German => "de",
            Self::French => "fr",
        }
    }

    /// What is said in it, of what is said in each, in the order of [`Language::ALL`].
    pub(in crate::request) fn of<T>(self, said: [T; 4]) -> T {
        let [english, korean, german, french] = said;
        match self {
            Self::English => english,
            Self::Korean => korean,
            Self::German => german,
            Self::French => french,
        }
    }

    /// The language of a tag; of one such as `de-AT`, the first part counts.
    pub fn parse(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.iter().copied().find(|known| known.tag().eq_ignore_ascii_case(language))
    }
}
