//! The devices that people use, and where they are.

use super::{Detector, NUMBERS, TEXT, TEXT_OR_INT, checked, detector, plausible, shaped};
use crate::tag::{checksum, pattern};

pub(super) const ALL: &[Detector] = &[
    detector("IP_ADDRESS", TEXT)
        .sure(
            "ip, ip address, ip addr, ipaddr, ipv, client ip, remote addr, remote address, adresse ip, \
             direccion ip, indirizzo ip, adres ip, 아이피, ip주소, 접속 아이피",
        )
        .forms(&[shaped("IP address", pattern::ip_address)])
        .identifies(),
    detector("MAC_ADDRESS", TEXT)
        .sure("mac address, mac addr, macaddr, mac")
        .forms(&[shaped("MAC address", pattern::mac)]),
    detector("IMEI_HARDWARE_ID", TEXT_OR_INT)
        .sure("imei, imei number, 단말기번호")
        .forms(&[checked("IMEI", checksum::imei)]),
    detector("ADVERTISING_ID", TEXT).sure("advertising id, advertiser id, idfa, gaid, adid, aaid, ad id, 광고식별자"),
    detector("HTTP_COOKIE", TEXT).sure("cookie, cookie id, visitor cookie, ga client id, fbp, gclid"),
    detector("DEVICE_DATA", TEXT).sure(
        "device id, deviceid, device uuid, device token, android id, idfv, push token, fcm token, 기기번호, \
             기기 식별자",
    ),
    detector("USER_AGENT", TEXT).sure("user agent, useragent, http user agent").forms(&[shaped(
        "user agent",
        pattern::user_agent,
    )
    .floor(2.0)]),
    detector("LOCATION_COORDINATES", NUMBERS)
        .sure(
            "latitude, lat, longitude, lng, lon, geolocation, geo location, coordinates, gps, \
             gps coordinates, breitengrad, langengrad, latitud, longitud, latitudine, longitudine, 위도, 경도, \
             좌표",
        )
        .hints("location")
        .forms(&[
            plausible("latitude in degrees", pattern::latitude).cap(0.8),
            plausible("longitude in degrees", pattern::longitude).cap(0.8),
            shaped("latitude and longitude", pattern::coordinates).floor(4.0),
        ])
        .contextual(),
    detector("VEHICLE_IDENTIFICATION_NUMBER", TEXT)
        .sure("vin, vin number, chassis number, fahrgestellnummer, 차대번호")
        .forms(&[checked("vehicle identification number", checksum::vin)]),
    detector("VEHICLE_REGISTRATION", TEXT)
        .sure(
            "license plate, licence plate, plate number, plate no, registration plate, number plate, \
             kennzeichen, kfz kennzeichen, immatriculation, plaque immatriculation, matricula, targa, \
             numer rejestracyjny, kenteken, 차량번호, 차량 번호, 번호판",
        )
        .forms(&[plausible("registration plate", pattern::plate).cap(2.0)]),
];
