//! Due days as a feed for calendars (RFC 5545). It names nobody.

use jiff::Timestamp;
use jiff::civil::Date;
use pii_core::request::Request;

/// A feed of requests and the last day of each: an event of a whole day, and an alarm a week before.
pub(super) fn feed(due: &[(Request, Date)], now: Timestamp) -> String {
    let mut feed = String::new();
    let mut put = |line: &str| fold(line, &mut feed);
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    put("BEGIN:VCALENDAR");
    put("VERSION:2.0");
    put("PRODID:-//pii//requests//EN");
    put("CALSCALE:GREGORIAN");
    put("METHOD:PUBLISH");
    put("X-WR-CALNAME:Requests of data subjects");
    for (request, day) in due {
        let right = request.claim.right();
        put("BEGIN:VEVENT");
        put(&format!("UID:{}", request.id));
        put(&format!("DTSTAMP:{stamp}"));
        put(&format!("DTSTART;VALUE=DATE:{}", day.strftime("%Y%m%d")));
        if let Ok(next) = day.tomorrow() {
            put(&format!("DTEND;VALUE=DATE:{}", next.strftime("%Y%m%d")));
        }
        put(&format!("SUMMARY:{right} request due ({})", right.article()));
        put(&format!("DESCRIPTION:Request {} is {}. Art. 12(3) GDPR.", request.id, request.state.of(right)));
        put("TRANSP:TRANSPARENT");
        put("BEGIN:VALARM");
        put("ACTION:DISPLAY");
        put(&format!("DESCRIPTION:{right} request due in 7 days"));
        put("TRIGGER:-P7D");
        put("END:VALARM");
        put("END:VEVENT");
    }
    put("END:VCALENDAR");
    feed
}

/// Lines have at most 75 octets before the break, and end in CRLF (RFC 5545, 3.1).
fn fold(line: &str, out: &mut String) {
    let mut room = 75;
    for letter in line.chars() {
        if letter.len_utf8() > room {
            out.push_str("\r\n ");
            room = 74;
        }
        room -= letter.len_utf8();
        out.push(letter);
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_between_letters_and_unfold_to_what_they_were() {
        let line = format!("DESCRIPTION:{}", "데이터 주체의 요청 ".repeat(12));
        let mut folded = String::new();
        fold(&line, &mut folded);
        assert!(folded.split("\r\n").all(|part| part.len() <= 75), "{folded}");
        assert_eq!(folded.replace("\r\n ", "").trim_end_matches("\r\n"), line);
    }
}
