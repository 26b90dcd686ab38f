//! The certificate for whoever wants to read or print it.

use jiff::tz::TimeZone;
use ring::digest::{SHA256, digest};

use super::words::Words;
use super::{CertifiedNotice, CertifiedPlace, Outcome, SignedCertificate};
use crate::request::paper::{Language, Markup, day, number};
use crate::request::{Error, PublicKey, Right, State};

impl SignedCertificate {
    /// The same as a page, with days as they are in `zone`. Only the JSON is signed; the page says by what it is known.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the certificate cannot be written as JSON; [`Error::MalformedKey`].
    pub fn page(&self, language: Language, zone: &TimeZone) -> Result<String, Error> {
        let mut page = Page { signed: self, words: Words::of(language), language, zone, html: Markup::default() };
        page.head();
        page.places();
        page.told();
        page.copies();
        page.check()?;
        Ok(page.html.finish())
    }
}

struct Page<'c> {
    signed: &'c SignedCertificate,
    words: &'static Words,
    language: Language,
    zone: &'c TimeZone,
    html: Markup,
}

impl Page<'_> {
    fn head(&mut self) {
        let (certificate, words) = (&self.signed.certificate, self.words);
        let title = words.title(certificate.right);
        self.html.begin(self.language, title).raw("<header>\n<h1>").text(title).raw("</h1>\n<p>");
        let received = self.day(certificate.received);
        let due = day(certificate.due, self.language);
        let article = certificate.article.replace("GDPR", words.law);
        let filled = [
            ("received", received.as_str()),
            ("article", &article),
            ("controller", &certificate.controller),
            ("due", &due),
        ];
        self.html.sentence(words.intro, &filled).raw("</p>\n<p><strong>");
        let not_done = certificate.places.iter().any(|place| place.outcome == Outcome::NotDone);
        let state = match certificate.state {
            State::Refused => words.refused,
            State::Withdrawn => words.withdrawn,
            State::Held => words.held,
            State::Fulfilled | State::RecipientsTold | State::Closed if !not_done => words.done,
            _ => words.not_done,
        };
        self.html.text(state).raw("</strong></p>\n");
        if let Some(contact) = &certificate.contact {
            self.html.raw("<p>").sentence(words.contact, &[("contact", contact)]).raw("</p>\n");
        }
        let made = self.day(certificate.made);
        self.html.raw("<p class=\"soft\">");
        self.html.sentence(words.made, &[("made", &made), ("request", &certificate.request.to_string())]);
        self.html.raw(" ").text(words.nameless).raw("</p>\n</header>\n<main>\n");
    }

    fn places(&mut self) {
        let certificate = &self.signed.certificate;
        self.html.heading("places", self.words.places);
        if certificate.together > 1 {
            let together = number(certificate.together, self.language);
            self.html.raw("<p>").sentence(self.words.together, &[("n", &together)]).raw("</p>\n");
        }
        self.html.raw("<div class=\"wide\" tabindex=\"0\"><table><thead><tr>");
        for head in self.words.head {
            self.html.raw("<th scope=\"col\">").text(head).raw("</th>");
        }
        self.html.raw("</tr></thead><tbody>\n");
        for place in &certificate.places {
            self.place(place);
        }
        self.html.raw("</tbody></table></div>\n");
    }

    fn place(&mut self, place: &CertifiedPlace) {
        self.html.raw("<tr><th scope=\"row\">").named(self.words.place(&place.place)).raw("</th><td>");
        self.html.text(self.words.outcome(place.outcome));
        if place.outcome == Outcome::Done {
            self.html.raw(": ").text(self.words.action(&place.action));
        }
        if let Some(why) = &place.why {
            self.html.raw("<br><small>").named(why);
            if let Some(until) = place.until {
                self.html.raw(", ").sentence(self.words.until, &[("day", &day(until, self.language))]);
            }
            self.html.raw("</small>");
        }
        let counted = matches!(place.outcome, Outcome::Done | Outcome::Kept);
        let rows = if counted { number(place.rows, self.language) } else { String::new() };
        let at = place.at.map(|at| self.day(at)).unwrap_or_default();
        self.html.raw("</td><td>").text(&rows).raw("</td><td>").text(&at).raw("</td></tr>\n");
    }

    fn told(&mut self) {
        let certificate = &self.signed.certificate;
        if !certificate.right.tells_recipients() {
            return;
        }
        self.html.heading("told", self.words.told);
        if certificate.recipients.is_empty() {
            self.html.raw("<p>").text(self.words.nobody).raw("</p>\n");
            return;
        }
        self.html.raw("<ul>\n");
        for CertifiedNotice { recipient, sent, acknowledged } in &certificate.recipients {
            let (sent, acknowledged) = (sent.map(|at| self.day(at)), acknowledged.map(|at| self.day(at)));
            self.html.raw("<li>").named(recipient).raw(": ");
            match sent {
                Some(sent) => self.html.sentence(self.words.sent, &[("day", &sent)]),
                None => self.html.text(self.words.unsent),
            };
            if let Some(acknowledged) = acknowledged {
                self.html.raw(", ").sentence(self.words.acknowledged, &[("day", &acknowledged)]);
            }
            self.html.raw("</li>\n");
        }
        self.html.raw("</ul>\n");
    }

    fn copies(&mut self) {
        let certificate = &self.signed.certificate;
        if !matches!(certificate.right, Right::Erasure | Right::Rectification) {
            return;
        }
        self.html.heading("copies", self.words.copies).raw("<p>");
        match certificate.copies_gone_by {
            Some(by) => self.html.sentence(self.words.copies_by, &[("day", &day(by, self.language))]),
            None => self.html.text(self.words.copies_unsaid),
        };
        self.html.raw("</p>\n");
    }

    fn check(&mut self) -> Result<(), Error> {
        let certificate = &self.signed.certificate;
        let key = PublicKey::parse(&self.signed.key)?;
        let sha256: String =
            digest(&SHA256, &certificate.bytes()?).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let entries = number(certificate.entries.len() as u64, self.language);
        self.html.heading("check", self.words.check).raw("<p>");
        let filled = [("number", key.number()), ("n", entries)];
        self.html.sentence(self.words.check_text, &filled.each_ref().map(|(name, text)| (*name, text.as_str())));
        self.html.raw("</p>\n<p><code>pii request certificate --verify certificate.json --key key.pub</code></p>\n");
        self.html.raw("<p class=\"soft\">SHA-256 <code>").text(&sha256).raw("</code></p>\n");
        self.html.raw("<p class=\"soft\">").text(self.words.plan).raw(" <code>").text(&certificate.plan);
        self.html.raw("</code></p>\n<div class=\"wide\" tabindex=\"0\"><table><thead><tr>");
        for head in self.words.entry_head {
            self.html.raw("<th scope=\"col\">").text(head).raw("</th>");
        }
        self.html.raw("</tr></thead><tbody>\n");
        for entry in &certificate.entries {
            self.html.raw("<tr><td>").text(&entry.index.to_string()).raw("</td><td><code>").text(&entry.action);
            self.html.raw("</code></td><td><code>").text(&entry.leaf).raw("</code></td></tr>\n");
        }
        self.html.raw("</tbody></table></div>\n</main>\n");
        Ok(())
    }

    fn day(&self, at: jiff::Timestamp) -> String {
        day(at.to_zoned(self.zone.clone()).date(), self.language)
    }
}
