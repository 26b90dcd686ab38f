use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use super::*;

fn page(kind: Kind, language: Language) -> String {
    file(&shop(kind, language), "index.html")
}

#[test]
fn the_page_needs_no_network_and_runs_nothing() {
    for language in Language::ALL {
        let page = page(Kind::Access, *language);
        for word in ["<script", "javascript:", " src=", "@import", "url(", "<link", "<iframe", "<img", " on"] {
            assert!(
                !page.contains(word) || word == " on" && !page.contains(" onclick") && !page.contains(" onload"),
                "{word}"
            );
        }
        let (_, style) = page.split_once("<style>").unwrap();
        let (style, _) = style.split_once("</style>").unwrap();
        let hash = STANDARD.encode(digest(&SHA256, style.as_bytes()));
        let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
        assert!(page.contains(&format!("content=\"{policy}\"")));
        assert!(page.find("Content-Security-Policy") < page.find("<style>"));
        for (at, _) in page.match_indices("href=\"") {
            let target = page[at + 6..].split('"').next().unwrap();
            assert!(target.starts_with('#') || target.starts_with("data/"), "{target}");
        }
    }
}

#[test]
fn what_stands_in_a_value_is_shown_and_not_obeyed() {
    let page = page(Kind::Access, Language::English);
    assert!(page.contains("Änne &lt;b&gt;Groß&lt;/b&gt;"));
    assert!(page.contains("=HYPERLINK(&quot;https://evil.example&quot;"));
    assert!(!page.contains("<b>"));
}

#[test]
fn each_language_says_all_of_it() {
    for (language, said) in [
        (
            Language::English,
            ["On <bdi>2 November 2026</bdi> you asked", "13\u{a0}months, counted from collection", "Credit Bureau Ltd"],
        ),
        (Language::Korean, ["귀하는 <bdi>2026년 11월 2일</bdi>", "13개월", "이동(제20조)"]),
        (Language::German, ["Am <bdi>2. November 2026</bdi> haben Sie", "13\u{a0}Monate", "Widerspruch (Art. 21)"]),
        (Language::French, ["Le <bdi>2 novembre 2026</bdi>, vous avez", "13\u{a0}mois", "Opposition (art. 21)"]),
    ] {
        let page = page(Kind::Access, language).replace("<bdi>13", "13").replace("collection</bdi>", "collection");
        let page = page.replace("</bdi>, counted", ", counted");
        assert!(page.contains(&format!("<html lang=\"{}\">", language.tag())));
        for words in said {
            assert!(page.contains(words), "{words}");
        }
        let (_, body) = page.split_once("</style>").unwrap();
        let left = body.split('{').skip(1).find(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
        assert_eq!(left, None, "something was not filled in");
    }
}

#[test]
fn the_first_rows_are_shown_and_the_rest_is_a_link_away() {
    let page = page(Kind::Access, Language::English);
    assert!(page.contains("/course/199<") && !page.contains("/course/200<"));
    assert!(page.contains("The first <bdi>200</bdi> are shown here."));
    assert!(page.contains("<a href=\"data/shop.clicks.csv\">"));
}

#[test]
fn the_page_says_what_portability_does_not_reach() {
    let page = page(Kind::Portability, Language::German);
    assert!(page.contains("Was nicht in diesem Paket ist"));
    assert!(page.contains("<bdi>risk.scores</bdi>: wird weder aufgrund"));
    assert!(!page.contains("night owl"));
}
