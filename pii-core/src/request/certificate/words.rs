//! What the page says, in the person's language. `{…}` stands for what is put in.

use super::Outcome;
use crate::request::Right;
use crate::request::paper::Language;

/// The words of one language.
pub(super) struct Words {
    /// In the order of [`Right::ALL`].
    titles: [&'static str; 6],
    /// What the Regulation is called.
    pub(super) law: &'static str,
    pub(super) intro: &'static str,
    pub(super) done: &'static str,
    pub(super) held: &'static str,
    pub(super) not_done: &'static str,
    pub(super) refused: &'static str,
    pub(super) withdrawn: &'static str,
    pub(super) contact: &'static str,
    pub(super) made: &'static str,
    pub(super) nameless: &'static str,
    pub(super) places: &'static str,
    pub(super) together: &'static str,
    pub(super) head: [&'static str; 4],
    /// Done, kept, nothing there, by hand, not done.
    outcomes: [&'static str; 5],
    /// By what a certificate calls them.
    actions: &'static [(&'static str, &'static str)],
    vault: &'static str,
    register: &'static str,
    log: &'static str,
    pub(super) until: &'static str,
    pub(super) told: &'static str,
    pub(super) nobody: &'static str,
    pub(super) sent: &'static str,
    pub(super) unsent: &'static str,
    pub(super) acknowledged: &'static str,
    pub(super) copies: &'static str,
    pub(super) copies_by: &'static str,
    pub(super) copies_unsaid: &'static str,
    pub(super) check: &'static str,
    pub(super) check_text: &'static str,
    pub(super) plan: &'static str,
    pub(super) entry_head: [&'static str; 3],
}

impl Words {
    pub(super) fn of(language: Language) -> &'static Self {
        language.of([&ENGLISH, &KOREAN, &GERMAN, &FRENCH])
    }

    pub(super) fn title(&self, right: Right) -> &'static str {
        let at = Right::ALL.iter().position(|known| *known == right);
        at.and_then(|at| self.titles.get(at)).copied().unwrap_or_default()
    }

    pub(super) fn outcome(&self, outcome: Outcome) -> &'static str {
        let [done, kept, absent, by_hand, not_done] = self.outcomes;
        match outcome {
            Outcome::Done => done,
            Outcome::Kept => kept,
            Outcome::Absent => absent,
            Outcome::ByHand => by_hand,
            Outcome::NotDone => not_done,
        }
    }

    /// An action of a later version is called as the certificate calls it.
    pub(super) fn action<'a>(&self, action: &'a str) -> &'a str {
        self.actions.iter().find(|(known, _)| *known == action).map_or(action, |(_, said)| said)
    }

    pub(super) fn place<'a>(&self, place: &'a str) -> &'a str {
        match place {
            "the vault" => self.vault,
            "the register" => self.register,
            "the log" => self.log,
            other => other,
        }
    }
}

const ENGLISH: Words = Words {
    titles: [
        "Certificate of access",
        "Certificate of rectification",
        "Certificate of erasure",
        "Certificate of restriction",
        "Certificate of portability",
        "Certificate of objection",
    ],
    law: "GDPR",
    intro: "On {received} a request under {article} reached {controller}. It was to be answered by {due}. This is what was done.",
    done: "All of it is done.",
    held: "All of it is done but for what must be kept, and why is said below.",
    not_done: "Not all of it is done yet.",
    refused: "The request was refused.",
    withdrawn: "The request was withdrawn.",
    contact: "Questions? Contact {contact}.",
    made: "Made on {made}. Request {request}.",
    nameless: "This page names nobody: only the number of the request says whose it is.",
    places: "What was done, place by place",
    together: "{n} requests were carried out together, and rows are counted over all of them.",
    head: ["Place", "Outcome", "Rows or people", "Day"],
    outcomes: ["done", "kept", "nothing was there", "seen to by hand", "not done"],
    actions: &[
        ("delete-row", "rows deleted"),
        ("null-columns", "personal values removed"),
        ("replace", "personal values replaced"),
        ("rectify", "put right"),
        ("shred", "forgotten, and the key destroyed"),
        ("forbid", "entered: it is observed from now on"),
        ("release", "given out"),
    ],
    vault: "the vault",
    register: "the register of objections",
    log: "the log",
    until: "until {day}",
    told: "Who was told (Art. 19)",
    nobody: "Nobody had received the data.",
    sent: "told on {day}",
    unsent: "not told yet",
    acknowledged: "confirmed on {day}",
    copies: "Copies that cannot be reached",
    copies_by: "Backups and old versions of storage may hold it until {day}, and no longer.",
    copies_unsaid: "The controller's policy does not say by when backups have forgotten it.",
    check: "Check this certificate",
    check_text: "The certificate itself is a JSON file, signed with the key {number}. It has the proofs that the controller's log holds {n} entries about this.",
    plan: "SHA-256 of the plan that was confirmed:",
    entry_head: ["Entry", "What", "Leaf hash (RFC 6962)"],
};

const KOREAN: Words = Words {
    titles: ["열람 확인서", "정정 확인서", "삭제 확인서", "처리 제한 확인서", "이동 확인서", "반대 확인서"],
    law: "GDPR",
    intro: "{received}에 {article}에 따른 요청이 {controller}에 접수되었습니다. 답변 기한은 {due}이었습니다. 처리한 내용은 다음과 같습니다.",
    done: "모두 처리했습니다.",
    held: "보관해야 하는 것을 빼고 모두 처리했습니다. 이유는 아래에 있습니다.",
    not_done: "아직 모두 처리하지 못했습니다.",
    refused: "요청을 거절했습니다.",
    withdrawn: "요청이 철회되었습니다.",
    contact: "문의: {contact}.",
    made: "작성일 {made}. 요청 번호 {request}.",
    nameless: "이 문서에는 이름이 없습니다. 요청 번호만이 누구의 것인지 말해 줍니다.",
    places: "장소별 처리 내용",
    together: "요청 {n}건을 함께 처리했으며, 행은 모두 합하여 센 것입니다.",
    head: ["장소", "결과", "행 또는 사람", "날짜"],
    outcomes: ["처리함", "보관함", "아무것도 없었음", "직접 처리함", "처리하지 못함"],
    actions: &[
        ("delete-row", "행을 삭제함"),
        ("null-columns", "개인정보 값을 없앰"),
        ("replace", "개인정보 값을 바꿈"),
        ("rectify", "바로잡음"),
        ("shred", "지우고 열쇠를 파기함"),
        ("forbid", "등록함: 지금부터 지켜짐"),
        ("release", "내어 드림"),
    ],
    vault: "개인정보 금고",
    register: "반대 등록부",
    log: "감사 로그",
    until: "{day}까지",
    told: "통지받은 수령인 (제19조)",
    nobody: "개인정보를 받은 곳이 없습니다.",
    sent: "{day}에 통지함",
    unsent: "아직 통지하지 않음",
    acknowledged: "{day}에 확인받음",
    copies: "손댈 수 없는 사본",
    copies_by: "백업과 저장소의 옛 버전에는 늦어도 {day}까지만 남습니다.",
    copies_unsaid: "백업에서 언제 없어지는지는 정책에 적혀 있지 않습니다.",
    check: "이 확인서를 검증하기",
    check_text: "확인서 원본은 열쇠 {number}(으)로 서명된 JSON 파일입니다. 이 일에 관한 기록 {n}건이 감사 로그에 있다는 증명이 들어 있습니다.",
    plan: "확인된 계획의 SHA-256:",
    entry_head: ["기록", "내용", "잎 해시 (RFC 6962)"],
};

const GERMAN: Words = Words {
    titles: [
        "Bescheinigung über eine Auskunft",
        "Bescheinigung über eine Berichtigung",
        "Bescheinigung über eine Löschung",
        "Bescheinigung über eine Einschränkung",
        "Bescheinigung über eine Datenübertragung",
        "Bescheinigung über einen Widerspruch",
    ],
    law: "DSGVO",
    intro: "Am {received} ging bei {controller} eine Anfrage nach {article} ein. Sie war bis zum {due} zu beantworten. Dies wurde getan.",
    done: "Alles ist erledigt.",
    held: "Alles ist erledigt, bis auf das, was aufbewahrt werden muss; warum, steht unten.",
    not_done: "Noch ist nicht alles erledigt.",
    refused: "Die Anfrage wurde abgelehnt.",
    withdrawn: "Die Anfrage wurde zurückgenommen.",
    contact: "Fragen? Wenden Sie sich an {contact}.",
    made: "Erstellt am {made}. Anfrage {request}.",
    nameless: "Diese Seite nennt niemanden: nur die Nummer der Anfrage sagt, um wen es geht.",
    places: "Was wo getan wurde",
    together: "{n} Anfragen wurden zusammen ausgeführt; die Zeilen sind über alle gezählt.",
    head: ["Ort", "Ergebnis", "Zeilen oder Personen", "Tag"],
    outcomes: ["erledigt", "aufbewahrt", "nichts gefunden", "von Hand erledigt", "nicht erledigt"],
    actions: &[
        ("delete-row", "Zeilen gelöscht"),
        ("null-columns", "personenbezogene Werte entfernt"),
        ("replace", "personenbezogene Werte ersetzt"),
        ("rectify", "berichtigt"),
        ("shred", "vergessen, der Schlüssel vernichtet"),
        ("forbid", "eingetragen: wird ab jetzt beachtet"),
        ("release", "herausgegeben"),
    ],
    vault: "der Tresor",
    register: "das Verzeichnis der Widersprüche",
    log: "das Protokoll",
    until: "bis {day}",
    told: "Wem es mitgeteilt wurde (Art. 19)",
    nobody: "Niemand hatte die Daten erhalten.",
    sent: "mitgeteilt am {day}",
    unsent: "noch nicht mitgeteilt",
    acknowledged: "bestätigt am {day}",
    copies: "Kopien, an die niemand herankommt",
    copies_by: "Sicherungen und alte Fassungen im Speicher können es bis zum {day} enthalten, länger nicht.",
    copies_unsaid: "Die Richtlinie des Verantwortlichen sagt nicht, bis wann Sicherungen es vergessen haben.",
    check: "Diese Bescheinigung prüfen",
    check_text: "Die Bescheinigung selbst ist eine JSON-Datei, signiert mit dem Schlüssel {number}. Sie enthält die Beweise, dass das Protokoll des Verantwortlichen {n} Einträge darüber hat.",
    plan: "SHA-256 des bestätigten Plans:",
    entry_head: ["Eintrag", "Was", "Blatt-Hash (RFC 6962)"],
};

const FRENCH: Words = Words {
    titles: [
        "Attestation d’accès",
        "Attestation de rectification",
        "Attestation d’effacement",
        "Attestation de limitation",
        "Attestation de portabilité",
        "Attestation d’opposition",
    ],
    law: "RGPD",
    intro: "Le {received}, une demande au titre de {article} est parvenue à {controller}. Il fallait y répondre avant la fin du {due}. Voici ce qui a été fait.",
    done: "Tout est fait.",
    held: "Tout est fait, sauf ce qui doit être conservé ; la raison figure ci-dessous.",
    not_done: "Tout n’est pas encore fait.",
    refused: "La demande a été refusée.",
    withdrawn: "La demande a été retirée.",
    contact: "Des questions ? Écrivez à {contact}.",
    made: "Établie le {made}. Demande {request}.",
    nameless: "Cette page ne nomme personne : seul le numéro de la demande dit de qui il s’agit.",
    places: "Ce qui a été fait, lieu par lieu",
    together: "{n} demandes ont été exécutées ensemble ; les lignes sont comptées sur l’ensemble.",
    head: ["Lieu", "Résultat", "Lignes ou personnes", "Jour"],
    outcomes: ["fait", "conservé", "rien n’y était", "fait à la main", "pas fait"],
    actions: &[
        ("delete-row", "lignes supprimées"),
        ("null-columns", "valeurs personnelles retirées"),
        ("replace", "valeurs personnelles remplacées"),
        ("rectify", "rectifié"),
        ("shred", "oublié, et la clé détruite"),
        ("forbid", "inscrit : respecté désormais"),
        ("release", "remis"),
    ],
    vault: "le coffre",
    register: "le registre des oppositions",
    log: "le journal",
    until: "jusqu’au {day}",
    told: "Qui en a été informé (art. 19)",
    nobody: "Personne n’avait reçu les données.",
    sent: "informé le {day}",
    unsent: "pas encore informé",
    acknowledged: "confirmé le {day}",
    copies: "Copies hors d’atteinte",
    copies_by: "Les sauvegardes et les anciennes versions peuvent les contenir jusqu’au {day}, pas au-delà.",
    copies_unsaid: "La politique du responsable ne dit pas quand les sauvegardes les auront oubliées.",
    check: "Vérifier cette attestation",
    check_text: "L’attestation elle-même est un fichier JSON, signé avec la clé {number}. Elle contient les preuves que le journal du responsable a {n} entrées à ce sujet.",
    plan: "SHA-256 du plan confirmé :",
    entry_head: ["Entrée", "Quoi", "Empreinte de feuille (RFC 6962)"],
};
