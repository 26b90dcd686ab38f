//! `index.html`: the package for whoever wants to read it.

mod groups;
mod period;
mod preview;
mod words;

use jiff::tz::TimeZone;

pub(super) use preview::Preview;

use self::groups::group;
use self::period::period;
use self::words::Words;
use super::cover::{Cover, Kind};
use super::data_files;
use super::manifest::Filed;
use super::select::{LeftOut, Why, leaves};
use crate::request::PublicKey;
use crate::request::paper::{Markup, day, number};

/// The text of the page.
pub(super) fn page(
    cover: &Cover,
    filed: &[Filed<'_>],
    previews: &[Preview],
    left_out: &[LeftOut],
    key: &PublicKey,
) -> String {
    let mut page = Page { cover, words: Words::of(cover.language), html: Markup::default() };
    page.head();
    page.held(filed);
    page.why();
    page.who();
    page.how_long(filed);
    page.origins(filed);
    page.automated();
    page.rights();
    page.left_out(left_out);
    page.data(filed, previews);
    page.check(key);
    page.html.finish()
}

struct Page<'c> {
    cover: &'c Cover,
    words: &'static Words,
    html: Markup,
}

impl Page<'_> {
    fn head(&mut self) {
        let (cover, words) = (self.cover, self.words);
        self.html.begin(cover.language, words.title).raw("<header>\n<h1>");
        self.html.text(words.title).raw("</h1>\n<p>");
        let intro = if cover.kind == Kind::Access { words.access } else { words.portability };
        let received = day(cover.received, cover.language);
        self.html.sentence(intro, &[("received", &received), ("controller", &cover.controller)]).raw("</p>\n");
        if let Some(contact) = &cover.contact {
            self.html.raw("<p>").sentence(words.contact, &[("contact", contact)]).raw("</p>\n");
        }
        let made = day(cover.generated.to_zoned(TimeZone::UTC).date(), cover.language);
        self.html.raw("<p class=\"soft\">");
        self.html.sentence(words.made, &[("made", &made), ("request", &cover.request.to_string())]);
        self.html.raw("</p>\n</header>\n<nav><ul>");
        for (id, title) in
            [("#held", words.held), ("#data", words.data), ("#rights", words.rights), ("#check", words.check)]
        {
            self.html.raw("<li><a href=\"").raw(id).raw("\">").text(title).raw("</a></li>");
        }
        self.html.raw("</ul></nav>\n<main>\n");
    }

    fn held(&mut self, filed: &[Filed<'_>]) {
        self.html.heading("held", self.words.held);
        if filed.iter().all(|filed| filed.rows == 0) {
            self.html.raw("<p>").text(self.words.nothing).raw("</p>\n");
        }
        if filed.is_empty() {
            return;
        }
        self.html.raw("<p>").text(self.words.held_text).raw("</p>\n<ul>\n");
        for Filed { selected, rows } in filed {
            let table = selected.table;
            self.html
                .raw("<li><strong>")
                .named(table.description.as_deref().unwrap_or(table.dataset.as_str()))
                .raw("</strong> (");
            let said = self.rows(*rows);
            self.html.text(&said).raw(")");
            let mut groups: Vec<_> = leaves(&selected.members)
                .iter()
                .filter_map(|leaf| Some(group(leaf.column.tag.category()?, self.cover.language)))
                .collect();
            groups.sort_unstable();
            groups.dedup();
            if !groups.is_empty() {
                self.html.raw(": ").text(&groups.join(", "));
            }
            self.html.raw("</li>\n");
        }
        self.html.raw("</ul>\n");
    }

    /// `1,234 rows`.
    fn rows(&self, rows: u64) -> String {
        let [one, several] = self.words.rows;
        let said = number(rows, self.cover.language);
        if rows == 1 { one } else { several }.replace("{n}", &said)
    }

    fn why(&mut self) {
        self.html.heading("why", self.words.why).raw("<ul>\n");
        for purpose in &self.cover.purposes {
            self.html.raw("<li>").named(purpose.description.as_deref().unwrap_or(purpose.id.as_str())).raw(": ");
            self.html
                .text(self.words.basis(purpose.basis))
                .raw(" <span class=\"soft\">(")
                .text(purpose.basis.article());
            if let Some(special) = purpose.special {
                self.html.raw(", ").text(special.article());
            }
            self.html.raw(")</span></li>\n");
        }
        self.html.raw("</ul>\n");
    }

    fn who(&mut self) {
        self.html.heading("who", self.words.who);
        if self.cover.recipients.is_empty() {
            self.html.raw("<p>").text(self.words.nobody).raw("</p>\n");
            return;
        }
        self.html.raw("<ul>\n");
        for recipient in &self.cover.recipients {
            self.html.raw("<li>").named(recipient.description.as_deref().unwrap_or(&recipient.name));
            let purpose = self.cover.purpose(&recipient.purpose);
            let purpose = purpose.and_then(|p| p.description.as_deref()).unwrap_or(recipient.purpose.as_str());
            self.html.raw(": ").named(purpose);
            if let Some(last) = recipient.last {
                self.html.raw(", ").sentence(self.words.last, &[("day", &day(last, self.cover.language))]);
            }
            self.html.raw("</li>\n");
        }
        self.html.raw("</ul>\n");
    }

    fn how_long(&mut self, filed: &[Filed<'_>]) {
        self.html.heading("how-long", self.words.how_long).raw("<ul>\n");
        for Filed { selected, .. } in filed {
            let table = selected.table;
            let kept = period(&table.retention.keep, self.cover.language);
            self.html.raw("<li>").named(table.description.as_deref().unwrap_or(table.dataset.as_str())).raw(": ");
            match &table.retention.after {
                Some(column) => self.html.sentence(self.words.after, &[("period", &kept), ("column", column)]),
                None => self.html.sentence(self.words.after_collection, &[("period", &kept)]),
            };
            self.html.raw("</li>\n");
        }
        self.html.raw("</ul>\n");
    }

    fn origins(&mut self, filed: &[Filed<'_>]) {
        self.html.heading("origin", self.words.origin).raw("<ul>\n");
        for Filed { selected, .. } in filed {
            let table = selected.table;
            self.html.raw("<li>").named(table.description.as_deref().unwrap_or(table.dataset.as_str())).raw(": ");
            self.html.named(table.source.as_deref().unwrap_or(self.words.from_you)).raw("</li>\n");
        }
        self.html.raw("</ul>\n");
    }

    fn automated(&mut self) {
        self.html.heading("automated", self.words.automated);
        let decisions: Vec<_> = self.cover.purposes.iter().filter_map(|purpose| purpose.automated.as_deref()).collect();
        if decisions.is_empty() {
            self.html.raw("<p>").text(self.words.no_automated).raw("</p>\n");
            return;
        }
        self.html.raw("<ul>\n");
        for decision in decisions {
            self.html.raw("<li>").named(decision).raw("</li>\n");
        }
        self.html.raw("</ul>\n");
    }

    fn rights(&mut self) {
        let controller = [("controller", self.cover.controller.as_str())];
        self.html.heading("rights", self.words.rights).raw("<p>");
        self.html.sentence(self.words.rights_text, &controller).raw("</p>\n<ul>\n");
        for right in self.words.right {
            self.html.raw("<li>").text(right).raw("</li>\n");
        }
        self.html.raw("<li>").text(self.words.complaint);
        if let Some(authority) = &self.cover.authority {
            let [controller] = controller;
            self.html.raw(" ").sentence(self.words.complaint_to, &[controller, ("authority", authority)]);
        }
        self.html.raw("</li>\n</ul>\n");
    }

    fn left_out(&mut self, left_out: &[LeftOut]) {
        if left_out.is_empty() {
            return;
        }
        self.html.heading("left-out", self.words.left_out).raw("<ul>\n");
        for left in left_out {
            self.html.raw("<li>").named(&left.dataset);
            if let Some(column) = &left.column {
                self.html.raw(", ").named(column);
            }
            let why = match left.why {
                Why::NeitherConsentNorContract => self.words.left_basis,
                Why::Inferred => self.words.left_inferred,
                Why::OfOthers(rows) => {
                    let rows = self.rows(rows);
                    self.html.raw(", ").text(&rows);
                    self.words.left_of_others
                }
            };
            self.html.raw(": ").text(why).raw("</li>\n");
        }
        self.html.raw("</ul>\n");
    }

    fn data(&mut self, filed: &[Filed<'_>], previews: &[Preview]) {
        self.html.heading("data", self.words.data).raw("<p class=\"soft\">").text(self.words.formula).raw("</p>\n");
        for (filed, preview) in filed.iter().zip(previews) {
            self.table(filed, preview);
        }
    }

    fn table(&mut self, filed: &Filed<'_>, preview: &Preview) {
        let Filed { selected, rows } = filed;
        let (table, said) = (selected.table, self.rows(*rows));
        self.html
            .raw("<h3>")
            .named(table.description.as_deref().unwrap_or(table.dataset.as_str()))
            .raw("</h3>\n<p><code>");
        self.html.text(table.dataset.as_str()).raw("</code> · ").text(&said).raw(". ");
        let shown = preview.rows().len() as u64;
        if shown < *rows {
            self.html.sentence(self.words.shown, &[("n", &number(shown, self.cover.language))]).raw(" ");
        }
        let [jsonl, csv] = data_files(&table.dataset);
        self.html
            .text(self.words.whole)
            .raw(" <a href=\"")
            .text(&csv)
            .raw("\">")
            .text(self.words.csv)
            .raw("</a>, <a href=\"");
        self.html.text(&jsonl).raw("\">").text(self.words.json).raw("</a></p>\n");
        if preview.is_cut() {
            self.html.raw("<p class=\"soft\">").text(self.words.cut).raw("</p>\n");
        }
        self.html
            .raw("<details><summary>")
            .text(self.words.columns)
            .raw("</summary>\n<div class=\"wide\" tabindex=\"0\"><table><thead><tr>");
        for head in self.words.column_head {
            self.html.raw("<th scope=\"col\">").text(head).raw("</th>");
        }
        self.html.raw("</tr></thead><tbody>\n");
        for leaf in leaves(&selected.members) {
            let column = leaf.column;
            self.html.raw("<tr><th scope=\"row\">").named(&leaf.path).raw("</th><td>");
            self.html.named(column.meaning.as_deref().unwrap_or_default());
            if column.may_speak_of_others() {
                let space = if column.meaning.is_some() { " " } else { "" };
                self.html.raw("<small>").text(space).text(self.words.others).raw("</small>");
            }
            self.html.raw("</td><td>");
            if let Some(category) = column.tag.category() {
                self.html.text(group(category, self.cover.language));
            }
            self.html.raw("</td><td>").text(self.words.origin(column.origin)).raw("</td></tr>\n");
        }
        self.html.raw("</tbody></table></div></details>\n");
        if shown == 0 {
            return;
        }
        self.html.raw("<div class=\"wide\" tabindex=\"0\"><table><thead><tr>");
        for member in &selected.members {
            self.html.raw("<th scope=\"col\">").named(&member.name).raw("</th>");
        }
        self.html.raw("</tr></thead><tbody>\n");
        for row in preview.rows() {
            self.html.raw("<tr>");
            for cell in row {
                match cell {
                    Some(text) => self.html.raw("<td dir=\"auto\">").text(text),
                    None => self.html.raw("<td class=\"none\">").text(self.words.empty),
                };
                self.html.raw("</td>");
            }
            self.html.raw("</tr>\n");
        }
        self.html.raw("</tbody></table></div>\n");
    }

    fn check(&mut self, key: &PublicKey) {
        self.html.heading("check", self.words.check).raw("<p>");
        self.html.sentence(self.words.check_text, &[("number", &key.number()), ("controller", &self.cover.controller)]);
        self.html.raw("</p>\n<p><code>minisign -Vm manifest.json -x manifest.sig -P ").text(&key.to_string());
        self.html.raw("</code></p>\n</main>\n");
    }
}
