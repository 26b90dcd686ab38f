//! Who a person is and what they are like.

use super::{DATES, Detector, NUMBERS, TEXT, TEXT_OR_INT, detector, listed, plausible, spread};
use crate::tag::{date, lexicon, pattern, people};

pub(super) const ALL: &[Detector] = &[
    detector("PERSON_NAME", TEXT)
        .sure(
            "@person name, full name, fullname, real name, legal name, display name, account holder, \
             cardholder name, contact person, kunden name, vollstandiger name, ansprechpartner, nom complet, \
             nom prenom, nombre completo, nombre apellidos, nome completo, nome cognome, nominativo, \
             imie nazwisko, volledige naam, nom client, nombre cliente, nome cliente, klantnaam, 이름, 성명, 성함, \
             고객명, 회원명, 예금주",
        )
        .hints("name, names, nom, nombre, nome, naam, nazwa, @person, display")
        .forms(&[
            listed("names of persons", lexicon::is_full_name).hit(0.8).cap(5.0),
            plausible("words that could be a name", lexicon::is_name_like).cap(0.0),
        ])
        .identifies(),
    detector("FIRST_NAME", TEXT)
        .sure(
            "first name, firstname, given name, givenname, forename, fname, middle name, middlename, \
             nickname, vorname, vornamen, rufname, prenom, prenoms, nombre pila, primer nombre, \
             nome proprio, imie, imiona, drugie imie, voornaam, voornamen, roepnaam, primeiro nome",
        )
        .hints("first, given, name, nombre, nome")
        .forms(&[
            listed("given names", lexicon::is_given_name),
            plausible("words that could be a name", lexicon::is_name_like).cap(0.0),
        ])
        .identifies(),
    detector("LAST_NAME", TEXT)
        .sure(
            "last name, lastname, surname, family name, familyname, lname, nachname, familienname, zuname, \
             nom famille, apellido, apellidos, primer apellido, segundo apellido, cognome, nazwisko, \
             achternaam, familienaam, sobrenome, apelido, 성씨",
        )
        .hints("last, nom, 성")
        .forms(&[
            listed("family names", lexicon::is_family_name).cap(3.4),
            plausible("words that could be a name", lexicon::is_name_like).cap(0.0),
        ])
        .identifies(),
    detector("MAIDEN_NAME", TEXT)
        .sure(
            "maiden name, birth name, former name, geburtsname, madchenname, nom jeune fille, nom naissance, \
             nome nascita, nazwisko panienskie, meisjesnaam",
        )
        .forms(&[plausible("words that could be a name", lexicon::is_name_like).cap(0.0)])
        .identifies(),
    detector("DATE_OF_BIRTH", DATES)
        .sure(
            "birth date, birthdate, date of birth, dateofbirth, dob, birthday, birth day, born, born on, \
             birth year, year of birth, yob, birth, geburtsdatum, geburtstag, geburtsjahr, geboren, \
             date naissance, naissance, annee naissance, fecha nacimiento, nacimiento, ano nacimiento, \
             data nascita, nascita, data urodzenia, urodzenia, rok urodzenia, geboortedatum, geboortejaar, \
             data nascimento, nascimento, 생년월일, 생일, 출생일, 출생년도, 생년",
        )
        .forms(&[
            plausible("date of birth", date::is_birth_date).cap(2.0),
            plausible("year of birth", date::is_birth_year).cap(2.0),
            spread("dates spread as people's ages are", people::ages_like_a_population),
        ])
        .identifies(),
    detector("AGE", NUMBERS)
        .sure(
            "age, ages, age group, age range, age band, age years, alter, edad, wiek, leeftijd, idade, 나이, \
             연령, 연령대",
        )
        .hints("eta")
        .forms(&[plausible("age in years", pattern::age)])
        .contextual(),
    detector("GENDER", TEXT_OR_INT)
        .sure(
            "gender, sex, geschlecht, sexe, genre personne, sexo, genero, sesso, plec, geslacht, 성별, anrede, \
             civilite, salutation",
        )
        .forms(&[
            plausible("gender word or code", lexicon::is_gender_code).cap(2.0),
            spread("gender words, two or more of them", people::two_genders).cap(6.5),
        ])
        .identifies(),
    detector("MARITAL_STATUS", TEXT_OR_INT).sure(
        "marital status, marital, civil status, familienstand, etat civil, situation familiale, \
             estado civil, stato civile, stan cywilny, burgerlijke staat, 결혼여부, 혼인, 혼인 상태, 결혼 여부",
    ),
    detector("NATIONALITY", TEXT)
        .sure(
            "nationality, nationalities, citizenship, country of birth, birth country, staatsangehorigkeit, \
             staatsangehoerigkeit, nationalitat, nationalitaet, staatsburgerschaft, nationalite, \
             nacionalidad, nazionalita, cittadinanza, narodowosc, obywatelstwo, nationaliteit, \
             nacionalidade, 국적, birth place, birthplace, place of birth, geburtsort, lieu naissance, \
             lugar nacimiento, luogo nascita, miejsce urodzenia, geboorteplaats, 출생지",
        )
        .forms(&[plausible("a country's or people's name", pattern::place)]),
    detector("JOB_TITLE", TEXT)
        .sure(
            "job title, jobtitle, job, occupation, profession, beruf, berufsbezeichnung, metier, profesion, \
             ocupacion, professione, zawod, stanowisko, beroep, profissao, 직업, 직책, 직급, 직위",
        )
        .hints("title, position, function")
        .forms(&[plausible("words", pattern::place).cap(0.5).floor(3.0)])
        .contextual(),
    detector("ORGANIZATION_NAME", TEXT)
        .sure(
            "employer, employer name, arbeitgeber, employeur, empleador, datore lavoro, pracodawca, \
             werkgever, 직장, 직장명, 소속",
        )
        .hints(
            "company, company name, organization, organisation, firma, entreprise, empresa, azienda, \
             bedrijf, 회사, 회사명",
        )
        .contextual(),
];
