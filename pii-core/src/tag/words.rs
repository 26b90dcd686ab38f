//! Words of column names that say whom or what a column is about, in ten languages, folded.

use std::collections::HashSet;
use std::sync::LazyLock;

/// A list of words.
pub(super) type Words = LazyLock<HashSet<&'static str>>;

fn words(text: &'static str) -> HashSet<&'static str> {
    text.split_whitespace().collect()
}

/// Somebody: `customer_id` is a person's.
pub(super) static PERSON: Words = LazyLock::new(|| {
    words(
        "customer customers user users client clients member members student students pupil patient patients \
         employee employees staff worker passenger instructor teacher tutor coach trainer guest visitor \
         subscriber person people persons individual author driver owner tenant landlord borrower \
         debtor applicant candidate buyer seller shopper recipient sender player voter citizen resident \
         child parent mother father guardian spouse partner husband wife beneficiary insured holder \
         cardholder payer payee manager supervisor rep agent doctor physician nurse participant respondent \
         attendee learner mentor contact donor actor composer rider reviewer cust emp kunde kunden nutzer \
         benutzer mitarbeiter mitglied mitglieds teilnehmer schuler patienten personal lehrer mieter inhaber \
         versicherten kontakt utilisateur employe salarie adherent membre eleve etudiant abonne assure \
         personne cliente clientes usuario usuarios empleado miembro alumno paciente socio persona utente \
         dipendente membro studente paziente assistito funcionario aluno pessoa klient klienta uzytkownik \
         uzytkownika pracownik pracownika czlonek pacjent pacjenta klant klanten gebruiker medewerker \
         werknemer lid leerling patientnr 고객 회원 사용자 이용자 직원 사원 학생 수강생 환자 강사 교사 보호자 수신자 수취인 구매자 판매자 신청인 신청자 \
         가입자 예금주 임차인 작성자 담당자 근로자 대표자 개인 본인 학부모",
    )
});

/// What makes a number or key out of a word: `customer` + `no`.
pub(super) static ID: Words = LazyLock::new(|| {
    words(
        "id ids no nr num number key uuid guid uid ref identifier nummer numero identifiant identificador \
         identificativo matricule numer kennung sk pk 번호 아이디 식별자 키",
    )
});

/// Something, not somebody: `product_name` is nobody's.
pub(super) static THING: Words = LazyLock::new(|| {
    words(
        "product course company file filename host hostname domain event order item table column class \
         category brand store shop payment invoice bucket campaign device app application model project team \
         group department album artist track playlist film movie genre song book page site server node \
         service job task process module package plugin method function field schema database db index queue \
         topic channel font color colour currency bank branch lesson lecture video section chapter quiz exam \
         question school university college organization organisation org vendor supplier merchant warehouse \
         hotel restaurant city country state street region zone rule role permission feature variable metric \
         report dashboard image media asset language menu tag label plan sku stock wine building machine \
         sensor medicine drug species test key unit network cluster batch pipeline dataset source target \
         system tool produkt firma firmen datei kurs unternehmen artikel bestellung abteilung produit \
         entreprise societe fichier cours commande producto empresa archivo curso pedido prodotto azienda \
         corso ordine towar zamowienie plik bedrijf bestand cursus bestelling produto arquivo 상품 제품 과목 강의 강좌 \
         회사 파일 주문 결제 업체 매장 지점 학교 기관 부서 기업 브랜드 서버 시험 교재",
    )
});

/// Something counted, measured or decided about a value, not the value: `email_verified`, `x_email_count`.
pub(super) static MEASURE: Words = LazyLock::new(|| {
    words(
        "is has was can subject count counts cnt total sum avg average mean min max flag verified verification valid \
         validated validation status type kind format changed change updated update created deleted expires \
         expiry expired expiration at ts on sent opened clicked bounced enabled disabled opt optin optout \
         consent preference preferences template provider version rate ratio pct percent len length score \
         level limit days hours since error retry attempts step policy visible allowed required model \
         confirmed missing null similarity distance match quality reset tax filter anzahl 여부 건수 개수 횟수 수신 인증 \
         동의 상태 종류 유형 일시",
    )
});

/// Words that may stand beside any other and change nothing: `email_1`, `home_phone_raw`.
pub(super) static NEUTRAL: Words = LazyLock::new(|| {
    words(
        "e s a primary secondary main home work private personal business billing shipping delivery mailing \
         postal legal current previous old new orig original raw text txt str string value val full line kr \
         en ko fr us uk from to cc bcc x emergency alt alternate other permanent col src dim stg data info \
         detail details 정보 상세 기본 자택 직장 긴급 원본 code number no nr num",
    )
});

/// Words that only join others: `date_of_birth` and `date_naissance` have the same shape without them.
pub(super) static JOINING: Words =
    LazyLock::new(|| words("of the and de du des la le et del el di della der von und da do van"));
