//! Special categories (Art. 9) and criminal data (Art. 10), besides those that stand with the person.

use super::{Detector, TEXT, TEXT_OR_INT, detector, plausible, spread};
use crate::tag::kind::Kind;
use crate::tag::{pattern, people};

const ANY: &[Kind] = &[Kind::Text, Kind::Int, Kind::Float, Kind::Bool];

pub(super) const ALL: &[Detector] = &[
    detector("BLOOD_TYPE", TEXT)
        .sure(
            "blood type, blood group, bloodtype, blutgruppe, groupe sanguin, grupo sanguineo, \
             gruppo sanguigno, grupa krwi, bloedgroep, tipo sanguineo, 혈액형",
        )
        .forms(&[
            plausible("blood group", pattern::blood_type).cap(3.0),
            spread("blood groups, two or more of them", people::blood_groups).cap(6.0),
        ]),
    detector("MEDICAL_CODE", TEXT)
        .sure(
            "diagnosis, diagnoses, diagnosis code, icd, icd code, diagnose, diagnostic, diagnostico, \
             diagnosi, rozpoznanie, 진단, 진단명, 진단코드, 병명, 상병코드",
        )
        .forms(&[plausible("ICD-10 code", pattern::medical_code).cap(3.0).floor(0.0)]),
    detector("MEDICAL_TERM", ANY)
        .sure(
            "disability, allergy, allergies, medication, medications, prescription, medical history, \
             medical condition, health condition, symptom, symptoms, disease, illness, vaccination, \
             pregnant, pregnancy, sick leave, behinderung, schwerbehinderung, allergie, krankheit, \
             medikament, medikamente, impfung, handicap, maladie, traitement medical, enfermedad, alergia, \
             discapacidad, malattia, disabilita, choroba, niepelnosprawnosc, ziekte, 장애, 장애 등급, 질병, 알레르기, \
             복용약, 병력, 건강상태",
        )
        .hints("bmi, blood pressure, smoker, glucose, cholesterol, heart rate"),
    detector("GENETIC_DATA", TEXT).sure("genotype, genome, dna, genetic data, 유전자, 유전정보"),
    detector("BIOMETRIC_DATA", &[Kind::Text, Kind::Bytes]).sure(
        "fingerprint template, face embedding, faceprint, voiceprint, iris scan, biometric, \
             biometric data, 지문, 홍채, 얼굴정보",
    ),
    detector("POLITICAL_OPINION", TEXT_OR_INT).sure(
        "political opinion, political party, party affiliation, political affiliation, political view, \
             parteizugehorigkeit, parti politique, partido politico, 정치성향, 지지정당, 정당",
    ),
    detector("TRADE_UNION", ANY).sure(
        "trade union, union member, union membership, gewerkschaft, gewerkschaftsmitglied, syndicat, \
             sindicato, sindacato, zwiazek zawodowy, vakbond, 노동조합, 노조, 노조 가입",
    ),
    detector("SEXUAL_ORIENTATION", TEXT_OR_INT).sure(
        "sexual orientation, sexuality, sexuelle orientierung, orientation sexuelle, orientacion sexual, \
             orientamento sessuale, 성적지향, 성적 지향",
    ),
    detector("CRIMINAL_HISTORY", ANY).sure(
        "criminal record, criminal history, conviction, convictions, vorstrafe, vorstrafen, \
             casier judiciaire, antecedentes penales, casellario giudiziale, 범죄경력, 전과",
    ),
];
