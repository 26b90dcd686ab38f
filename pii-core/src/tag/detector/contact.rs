//! How to reach a person.

use super::{Detector, TEXT, TEXT_OR_INT, detector, embedded, plausible, scattered, shaped};
use crate::tag::{freetext, pattern, phone};

pub(super) const ALL: &[Detector] = &[
    detector("EMAIL_ADDRESS", TEXT)
        .sure(
            "email, emails, e mail, mail, email address, e mail address, mail address, mailadresse, \
             e mail adresse, mail adresse, emailadresse, courriel, adresse email, adresse mail, correo, \
             correo electronico, posta elettronica, indirizzo email, poczta, adres email, emailadres, 이메일, \
             메일, 전자우편, 이메일 주소, 메일 주소",
        )
        .forms(&[shaped("e-mail", pattern::email), scattered("e-mail", pattern::email)])
        .identifies(),
    detector("PHONE_NUMBER", TEXT_OR_INT)
        .sure(
            "phone, phones, phone number, phone no, telephone, tel, tel no, telno, mobile, mobile number, \
             mobile phone, cell, cell phone, cellphone, msisdn, telefon, telefonnummer, handy, handynummer, \
             mobilnummer, mobiltelefon, rufnummer, telephone portable, numero telephone, telefono, movil, \
             celular, numero telefono, cellulare, komorka, numer telefonu, telefonu, telefoon, \
             telefoonnummer, mobiel, telefone, telemovel, whatsapp, 전화, 전화번호, 휴대폰, 휴대폰번호, 휴대전화, 핸드폰, 핸드폰번호, \
             연락처",
        )
        .hints("contact no, contact number, portable")
        .forms(&[
            shaped("telephone number", phone::unmistakable).chance(0.2),
            shaped("telephone number", phone::possible).chance(0.5).cap(1.5).floor(2.0).if_named(),
        ])
        .identifies(),
    detector("FAX_NUMBER", TEXT_OR_INT)
        .sure("fax, fax number, fax no, faxnummer, telefax, 팩스, 팩스번호")
        .forms(&[
            shaped("telephone number", phone::unmistakable).chance(0.2).if_named(),
            shaped("telephone number", phone::possible).chance(0.5).cap(2.5).floor(2.0).if_named(),
        ]),
    detector("STREET_ADDRESS", TEXT)
        .sure(
            "street, street address, street name, house number, address line, strasse, hausnummer, \
             strasse hausnummer, rue, voie, calle, ulica, straat, huisnummer, straatnaam, rua, logradouro, \
             도로명, 도로명주소, 지번주소, 상세주소",
        )
        .hints("address, addr, via")
        .forms(&[
            shaped("street and house number", pattern::street).cap(6.0).floor(0.8),
            plausible("house number", pattern::address).floor(1.0),
        ])
        .identifies(),
    detector("ADDRESS", TEXT)
        .sure(
            "address, addresses, addr, postal address, mailing address, home address, full address, \
             residence, domicile, adresse, anschrift, wohnort, wohnanschrift, adresse postale, direccion, \
             domicilio, indirizzo, residenza, adres, adres zamieszkania, adres korespondencyjny, woonadres, \
             morada, endereco, 주소, 거주지, 자택주소, 배송지, 배송지주소",
        )
        .forms(&[plausible("house number beside words", pattern::address).floor(2.0)])
        .identifies(),
    detector("CITY", TEXT)
        .sure(
            "city, city name, town, municipality, stadt, ort, gemeinde, ville, commune, ciudad, municipio, \
             localidad, citta, comune, miasto, miejscowosc, stad, woonplaats, plaats, cidade, 도시, 시군구",
        )
        .hints("locality, place")
        .forms(&[plausible("a place's name", pattern::place).floor(3.0)])
        .contextual(),
    detector("REGION", TEXT)
        .hints(
            "state, province, region, county, district, prefecture, bundesland, departement, provincia, \
             regione, wojewodztwo, powiat, provincie, estado, 시도, 지역",
        )
        .sure("state province, home state, billing state, shipping state")
        .forms(&[plausible("a region's name or code", pattern::region).floor(3.0)])
        .contextual(),
    detector("POSTAL_CODE", TEXT_OR_INT)
        .sure(
            "postal code, postcode, post code, zip, zip code, zipcode, plz, postleitzahl, code postal, \
             codigo postal, kod pocztowy, cep, 우편번호",
        )
        .hints("cap")
        .forms(&[
            plausible("postal code", pattern::postal_code),
            shaped("postal code", pattern::postal_code_of_one_country).cap(4.0).floor(0.0),
        ])
        .contextual(),
    detector("COUNTRY", TEXT)
        .sure("billing country, shipping country, home country, country of residence, 거주국가")
        .hints("country, country name, country code, land, pays, pais, paese, kraj, 국가")
        .forms(&[plausible("a country's name or code", pattern::country).floor(3.0)])
        .contextual(),
    detector("URL_WITH_USER", TEXT)
        .sure("linkedin, linkedin url, profile url, personal website, homepage, github url, facebook url")
        .forms(&[shaped("a person's page", pattern::personal_url).floor(1.0)]),
    detector("SOCIAL_HANDLE", TEXT)
        .sure(
            "twitter, twitter handle, instagram, instagram handle, telegram, skype, kakao id, kakaotalk, \
             wechat, handle, 카카오톡",
        )
        .forms(&[plausible("handle", pattern::handle)]),
    detector("FREE_TEXT_PII", TEXT)
        .sure(
            "free text, freetext, bio, biography, about me, remark, remarks, memo, bemerkung, bemerkungen, notiz, notizen, anmerkung, \
             remarque, remarques, observaciones, osservazioni, uwagi, opmerking, opmerkingen, 비고, 메모, 상담내용, \
             문의내용",
        )
        .hints(
            "note, notes, comment, comments, message, feedback, kommentar, nachricht, commentaire, \
             comentario, comentarios, commento, nota, notas, notatka, komentarz, body, 의견, 후기, 문의, 내용",
        )
        .forms(&[
            embedded("contact data or an identifier inside text", freetext::holds, freetext::is_prose_column),
            plausible("several words", freetext::is_prose).cap(1.0).floor(3.0),
        ]),
];
