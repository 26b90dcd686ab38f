//! Numbers and names that stand for a person in some system, and what lets them in.

use super::{Detector, TEXT, TEXT_OR_INT, detector, plausible, shaped};
use crate::tag::kind::Kind;
use crate::tag::{lexicon, pattern};

const ANY_ID: &[Kind] = &[Kind::Text, Kind::Int, Kind::Bytes];

pub(super) const ALL: &[Detector] = &[
    detector("USER_ID", ANY_ID)
        .sure(
            "@person @id, subject id, @person code, id @person, numero @person, @id @person, identifiant @person, \
             account id, account no, account holder id, uid, reports to, created by, updated by",
        )
        .hints("id")
        .identifies(),
    detector("PSEUDONYM", ANY_ID)
        .sure(
            "pseudonym, pseudonymous id, pseudo id, @person hash, @person token, hashed @person, email hash, \
             hashed email, email sha, email md, phone hash, hashed phone, name hash, hash email, hash phone, \
             가명, 가명 id, 가명키",
        )
        .identifies(),
    detector("USERNAME", TEXT)
        .sure(
            "username, user name, login, login name, login id, screen name, screenname, benutzername, \
             anmeldename, nom utilisateur, nombre usuario, nome utente, nazwa uzytkownika, gebruikersnaam, \
             nickname, nick, 아이디, 닉네임, 별명, 사용자명",
        )
        .hints("handle, pseudo, account, owner, created by")
        .forms(&[plausible("name to sign in with", pattern::username).cap(1.0).floor(2.0)])
        .identifies(),
    detector("PASSWORD", TEXT)
        .sure(
            "password, passwd, pwd, passphrase, password hash, hashed password, encrypted password, \
             passwort, kennwort, mot passe, contrasena, clave acceso, parola, haslo, wachtwoord, senha, \
             비밀번호, 패스워드, pin code",
        )
        .forms(&[shaped("password hash", pattern::password_hash).floor(0.0)]),
    detector("AUTH_TOKEN", TEXT)
        .sure(
            "access token, refresh token, auth token, session token, session id, sessionid, api token, \
             bearer token, id token, api key, api secret, 세션",
        )
        .forms(&[shaped("JSON web token", pattern::json_web_token).floor(0.0)]),
    detector("SECURITY_ANSWER", TEXT)
        .sure("security question, security answer, secret question, secret answer, sicherheitsfrage"),
    detector("KOREA_CI", TEXT).sure("연계정보, 연계 정보, connecting information, ci value, 중복가입확인정보"),
    detector("MEDICAL_RECORD_NUMBER", TEXT_OR_INT)
        .sure(
            "mrn, medical record, medical record number, medical record no, nhs number, nhs no, \
             health insurance number, health card, krankenversichertennummer, versichertennummer, \
             tarjeta sanitaria, tessera sanitaria, 등록번호 환자, 차트번호, 진료번호, 병록번호",
        )
        .forms(&[super::checked("NHS number", crate::tag::national::uk_nhs).cap(3.0).floor(0.0).if_named()]),
    detector("INCOME", &[Kind::Text, Kind::Int, Kind::Float])
        .sure(
            "salary, income, wage, wages, annual income, household income, net worth, gehalt, einkommen, \
             lohn, salaire, revenu, salario, ingresos, stipendio, reddito, wynagrodzenie, dochod, salaris, \
             inkomen, 연봉, 급여, 소득, 월급",
        )
        .hints("bonus")
        .forms(&[plausible("amount", pattern::amount).cap(0.5)]),
    detector("CREDIT_SCORE", &[Kind::Text, Kind::Int, Kind::Float])
        .sure("credit score, credit rating, fico, schufa, scoring credit, 신용점수, 신용등급"),
    detector("RACE_ETHNICITY", TEXT_OR_INT)
        .hints("race")
        .sure("ethnicity, ethnic group, ethnic origin, ethnie, etnia, ethnische herkunft, 인종, 민족"),
    detector("RELIGION", TEXT)
        .sure(
            "religion, religious belief, religious affiliation, faith, konfession, konfessionszugehorigkeit, \
             kirche, kirchensteuermerkmal, confession, religione, religia, wyznanie, geloof, religie, \
             religiao, 종교",
        )
        .forms(&[super::listed("religions and beliefs", lexicon::is_religion).cap(5.0)]),
];
