use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use super::Language;
use super::escape::escape;

/// A page that grows. What is not a literal of this program is escaped, always.
#[derive(Default)]
pub(in crate::request) struct Markup(String);

impl Markup {
    /// Everything before what is to be seen.
    pub(in crate::request) fn begin(&mut self, language: Language, title: &str) -> &mut Self {
        let style = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
        self.raw("<!DOCTYPE html>\n<html lang=\"").text(language.tag()).raw("\">\n<head>\n<meta charset=\"utf-8\">\n");
        self.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-");
        self.text(&style).raw("'; base-uri 'none'; form-action 'none'\">\n");
        self.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        self.raw(
            "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n<title>",
        );
        self.text(title).raw("</title>\n<style>").raw(STYLE).raw("</style>\n</head>\n<body>\n")
    }

    /// Markup of our own, and nothing of anybody else's.
    pub(in crate::request) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    pub(in crate::request) fn text(&mut self, text: &str) -> &mut Self {
        escape(text, &mut self.0);
        self
    }

    /// A name or a value of the controller's or the person's, whose direction is its own.
    pub(in crate::request) fn named(&mut self, text: &str) -> &mut Self {
        self.raw("<bdi>").text(text).raw("</bdi>")
    }

    /// A sentence, with what its `{…}` stand for.
    pub(in crate::request) fn sentence(&mut self, sentence: &str, filled: &[(&str, &str)]) -> &mut Self {
        let mut rest = sentence;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            self.text(before);
            match filled.iter().find(|(known, _)| *known == name) {
                Some((_, text)) => self.named(text),
                None => self.text(name),
            };
            rest = after;
        }
        self.text(rest)
    }

    pub(in crate::request) fn heading(&mut self, id: &'static str, heading: &str) -> &mut Self {
        self.raw("<h2 id=\"").raw(id).raw("\">").text(heading).raw("</h2>\n")
    }

    pub(in crate::request) fn finish(self) -> String {
        self.0 + "</body>\n</html>\n"
    }
}

const STYLE: &str = include_str!("style.css");
