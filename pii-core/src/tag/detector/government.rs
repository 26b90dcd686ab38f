//! Numbers and documents that a state issues.

use super::{Detector, TEXT, TEXT_OR_INT, checked, detector, plausible, shaped};
use crate::tag::{national, pattern};

pub(super) const ALL: &[Detector] = &[
    detector("KOREA_RRN", TEXT_OR_INT)
        .sure("rrn, resident registration number, resident registration, jumin, 주민등록번호, 주민번호, 주민 등록 번호")
        .forms(&[
            checked("resident registration number", national::korea_rrn),
            // Numbers since October 2020 have no check digit: date and gender digit say less.
            shaped("resident registration number, without a valid check digit", national::korea_rrn_shape)
                .chance(0.3)
                .cap(4.5),
        ])
        .identifies(),
    detector("KOREA_ARN", TEXT_OR_INT)
        .sure("alien registration number, foreigner registration number, 외국인등록번호, 외국인 등록 번호")
        .forms(&[
            checked("foreigner registration number", national::korea_arn),
            shaped("foreigner registration number, without a valid check digit", national::korea_arn_shape)
                .chance(0.3)
                .cap(4.2),
        ])
        .identifies(),
    detector("GERMANY_TAXPAYER_IDENTIFICATION_NUMBER", TEXT_OR_INT)
        .sure("steuer id, steueridentifikationsnummer, steuernummer, steuer identifikationsnummer, idnr")
        .hints("tin")
        .forms(&[checked("Steuer-Identifikationsnummer", national::germany_tax)])
        .identifies(),
    detector("GERMANY_IDENTITY_CARD_NUMBER", TEXT)
        .sure("personalausweis, personalausweisnummer, ausweisnummer, perso nr")
        .forms(&[checked("Personalausweis", national::germany_identity_card)])
        .identifies(),
    detector("FRANCE_NIR", TEXT_OR_INT)
        .sure("nir, numero securite sociale, securite sociale, insee, numero insee, numero secu")
        .forms(&[checked("NIR", national::france_nir).cap(7.0)])
        .identifies(),
    detector("SPAIN_NIF_NUMBER", TEXT)
        .sure("nif, dni, numero dni, documento identidad")
        .forms(&[checked("NIF", national::spain_nif).cap(7.0).floor(3.0)])
        .identifies(),
    detector("SPAIN_NIE_NUMBER", TEXT)
        .sure("nie, numero nie")
        .forms(&[checked("NIE", national::spain_nie).cap(7.0)])
        .identifies(),
    detector("ITALY_FISCAL_CODE", TEXT)
        .sure("codice fiscale, codicefiscale, cod fiscale")
        .hints("cf")
        .forms(&[checked("codice fiscale", national::italy_fiscal_code).cap(7.0)])
        .identifies(),
    detector("POLAND_PESEL_NUMBER", TEXT_OR_INT)
        .sure("pesel, numer pesel")
        .forms(&[checked("PESEL", national::poland_pesel)])
        .identifies(),
    detector("POLAND_NIP_NUMBER", TEXT_OR_INT)
        .sure("nip, numer nip")
        .forms(&[checked("NIP", national::poland_nip).if_named()])
        .identifies(),
    detector("NETHERLANDS_BSN_NUMBER", TEXT_OR_INT)
        .sure("bsn, burgerservicenummer, sofinummer, sofi nummer")
        .forms(&[checked("BSN", national::netherlands_bsn).cap(5.0)])
        .identifies(),
    detector("UK_NATIONAL_INSURANCE_NUMBER", TEXT)
        .sure("nino, ni number, national insurance, national insurance number, national insurance no")
        .forms(&[shaped("National Insurance number", national::uk_nino)])
        .identifies(),
    detector("US_SOCIAL_SECURITY_NUMBER", TEXT_OR_INT)
        .sure("ssn, social security, social security number, social security no, social sec no")
        .forms(&[
            shaped("social security number", national::us_ssn_hyphens).floor(0.0).cap(6.0),
            plausible("social security number", national::us_ssn),
        ])
        .identifies(),
    detector("BELGIUM_NATIONAL_ID_CARD_NUMBER", TEXT_OR_INT)
        .sure("rijksregisternummer, registre national, numero national, niss, insz")
        .forms(&[checked("Belgian national number", national::belgium_national)])
        .identifies(),
    detector("SWEDEN_NATIONAL_ID_NUMBER", TEXT_OR_INT)
        .sure("personnummer, personnr")
        .forms(&[checked("personnummer", national::sweden_personnummer)])
        .identifies(),
    detector("FINLAND_NATIONAL_ID_NUMBER", TEXT)
        .sure("hetu, henkilotunnus")
        .forms(&[checked("henkilötunnus", national::finland_hetu).cap(7.0)])
        .identifies(),
    detector("DENMARK_CPR_NUMBER", TEXT_OR_INT)
        .sure("cpr, cpr number, cpr nummer")
        .forms(&[
            checked("CPR number", national::denmark_cpr_checked),
            // No check digit since October 2007.
            plausible("CPR number, without a valid check digit", national::denmark_cpr).cap(2.5),
        ])
        .identifies(),
    detector("NATIONAL_ID", TEXT_OR_INT)
        .sure(
            "national id, national id number, national identification number, national identity, \
             identity card, identity card number, id card, id card number, identity number, carte identite, \
             documento, carta identita, numero documento, dowod osobisty, numer dowodu, 신분증번호, 신분증",
        )
        .identifies(),
    detector("TAX_ID", TEXT_OR_INT)
        .sure(
            "tax id, tax number, tax no, taxpayer id, tax identification number, numero fiscal, \
             numero fiscale, 세금번호",
        )
        .identifies(),
    detector("PASSPORT", TEXT_OR_INT)
        .sure(
            "passport, passport number, passport no, passport id, pass nr, passnummer, reisepass, \
             reisepassnummer, passeport, numero passeport, pasaporte, numero pasaporte, passaporto, \
             numero passaporto, paszport, numer paszportu, paspoort, paspoortnummer, passaporte, 여권, 여권번호",
        )
        .forms(&[plausible("passport number", pattern::passport).cap(2.0)])
        .identifies(),
    detector("DRIVERS_LICENSE_NUMBER", TEXT_OR_INT)
        .sure(
            "driver license, drivers license, driving licence, driving license, driver licence, \
             license number, licence number, fuhrerschein, fuhrerscheinnummer, permis conduire, \
             permiso conducir, patente, prawo jazdy, rijbewijs, rijbewijsnummer, 면허번호, 운전면허, 운전면허번호",
        )
        .identifies(),
    detector("IMMIGRATION_ID", TEXT_OR_INT)
        .sure(
            "visa number, visa no, residence permit, aufenthaltstitel, titre sejour, permesso soggiorno, \
             비자번호",
        )
        .identifies(),
];
