//! Sorts of data, by the first two words of their category, in words that nobody has to look up.

use crate::request::paper::Language;
use crate::vocab::Category;

/// What a category belongs to.
pub(super) fn group(category: Category, language: Language) -> &'static str {
    let words = |group: &str| GROUPS.iter().find(|(name, _)| *name == group).map(|(_, words)| words);
    let named = category.lineage().find_map(|wider| words(wider.name()));
    let [english, korean, german, french] = *named.unwrap_or(&OTHER);
    match language {
        Language::English => english,
        Language::Korean => korean,
        Language::German => german,
        Language::French => french,
    }
}

const OTHER: [&str; 4] =
    ["other data about you", "그 밖의 정보", "weitere Daten über Sie", "autres données vous concernant"];

const GROUPS: &[(&str, [&str; 4])] = &[
    ("user.name", ["name", "이름", "Name", "nom"]),
    ("user.contact", ["contact details", "연락처", "Kontaktdaten", "coordonnées"]),
    (
        "user.unique_id",
        [
            "customer or user number",
            "고객·이용자 번호",
            "Kunden- oder Nutzernummer",
            "numéro de client ou d’utilisateur",
        ],
    ),
    ("user.account", ["account", "계정", "Konto", "compte"]),
    ("user.authorization", ["sign-in data", "로그인 정보", "Anmeldedaten", "données de connexion"]),
    (
        "user.government_id",
        ["official identity numbers", "신분증·고유식별번호", "amtliche Ausweisnummern", "numéros d’identité officiels"],
    ),
    ("user.financial", ["payment and finances", "결제·금융 정보", "Zahlungen und Finanzen", "paiements et finances"]),
    (
        "user.demographic",
        ["personal characteristics", "인적 사항", "persönliche Merkmale", "caractéristiques personnelles"],
    ),
    ("user.health_and_medical", ["health", "건강 정보", "Gesundheit", "santé"]),
    ("user.biometric", ["biometric data", "생체 정보", "biometrische Daten", "données biométriques"]),
    (
        "user.criminal_history",
        ["convictions and offences", "범죄 경력", "Verurteilungen und Straftaten", "condamnations et infractions"],
    ),
    (
        "user.location",
        [
            "location and network address",
            "위치·접속 주소",
            "Standort und Netzadresse",
            "localisation et adresse réseau",
        ],
    ),
    ("user.device", ["device", "기기 정보", "Gerät", "appareil"]),
    ("user.behavior", ["use and purchases", "이용·구매 기록", "Nutzung und Käufe", "utilisation et achats"]),
    (
        "user.content",
        [
            "messages and uploads",
            "작성한 글과 올린 파일",
            "Nachrichten und hochgeladene Inhalte",
            "messages et contenus déposés",
        ],
    ),
    ("user.free_text", ["notes and free text", "메모·자유 입력", "Notizen und Freitext", "notes et texte libre"]),
    ("user.employment", ["employment", "직업", "Beschäftigung", "emploi"]),
    ("user.education", ["education", "교육", "Ausbildung", "formation"]),
    ("user.inferred", ["conclusions about you", "귀하에 관한 추론", "Schlüsse über Sie", "déductions à votre sujet"]),
    ("user.family", ["family", "가족", "Familie", "famille"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_words_in_every_language() {
        for category in Category::all().filter(|category| category.name() != "user") {
            for language in Language::ALL {
                assert_ne!(
                    group(category, *language),
                    group(Category::parse("user").unwrap(), *language),
                    "{category}"
                );
            }
        }
    }
}
