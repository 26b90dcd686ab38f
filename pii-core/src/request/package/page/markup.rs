use super::escape::escape;

/// A page that grows. What is not a literal of this program is escaped, always.
#[derive(Default)]
pub(super) struct Markup(String);

impl Markup {
    /// Markup of our own, and nothing of anybody else's.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        escape(text, &mut self.0);
        self
    }

    /// A name or a value of the controller's or the person's, whose direction is its own.
    pub(super) fn named(&mut self, text: &str) -> &mut Self {
        self.raw("<bdi>").text(text).raw("</bdi>")
    }

    /// A sentence, with what its `{…}` stand for.
    pub(super) fn sentence(&mut self, sentence: &str, filled: &[(&str, &str)]) -> &mut Self {
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

    pub(super) fn heading(&mut self, id: &'static str, heading: &str) -> &mut Self {
        self.raw("<h2 id=\"").raw(id).raw("\">").text(heading).raw("</h2>\n")
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}
