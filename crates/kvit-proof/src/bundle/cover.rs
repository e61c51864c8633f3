//! The cover of a bundle: a page for people, in English and Russian, that needs nothing but itself.

use std::fmt::Write as _;

use super::{Head, ItemKind, SubjectKind};
use crate::display::display_safe;

/// A language of the page.
#[derive(Clone, Copy)]
enum Language {
    English,
    Russian,
}

impl Language {
    fn pick(self, english: &'static str, russian: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::Russian => russian,
        }
    }
}

/// The page: about what, signed by which key, with which items; of each its number, its kind, and whether it is in.
pub(super) fn page(
    head: &Head,
    key: &str,
    items: impl Iterator<Item = (u32, ItemKind, bool)> + Clone,
) -> String {
    let mut page = String::from(TOP);
    for language in [Language::English, Language::Russian] {
        section(&mut page, language, head, key, items.clone());
    }
    page.push_str("</body>\n</html>\n");
    page
}

/// No script runs and nothing is loaded, whatever a text in it says.
const TOP: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kvit: evidence / доказательства</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 1.5rem }
section + section { border-top: 1px solid #777; margin-top: 2rem; padding-top: 1rem }
dt { color: #555 } dd { margin: 0 0 .5rem; overflow-wrap: anywhere }
table { border-collapse: collapse } th, td { text-align: left; padding: .15rem 1rem .15rem 0; vertical-align: top }
code { overflow-wrap: anywhere }
@media print { body { margin: 0; max-width: none; font-size: 11pt } section + section { break-before: page; border: 0 } tr { break-inside: avoid } }
</style>
</head>
<body>
"#;

fn section(
    page: &mut String,
    language: Language,
    head: &Head,
    key: &str,
    items: impl Iterator<Item = (u32, ItemKind, bool)>,
) {
    let pick = |english, russian| language.pick(english, russian);
    let about = match head.subject.kind {
        SubjectKind::Payment => pick("Payment", "Платёж"),
        SubjectKind::Deal => pick("Deal", "Сделка"),
    };
    let rows = [
        (
            pick("About", "О чём"),
            format!("{about} № {}", head.subject.number),
        ),
        (pick("Marketplace", "Площадка"), head.subject.marketplace.clone()),
        (
            pick("Account there", "Учётная запись на ней"),
            head.subject.login.clone(),
        ),
        (
            pick(
                "Made, by the clock of that computer",
                "Создано, по часам того компьютера",
            ),
            head.made.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        ),
        (pick("Made by", "Программой"), head.app.clone()),
        (
            pick("Signed by the key (Ed25519)", "Подписано ключом (Ed25519)"),
            groups(key),
        ),
    ];
    open(page, "section", &format!(" lang=\"{}\"", pick("en", "ru")));
    element(
        page,
        "h1",
        pick("Evidence, signed by Kvit", "Доказательства с подписью Kvit"),
    );
    page.push_str("<dl>\n");
    for (label, value) in &rows {
        element(page, "dt", label);
        element(page, "dd", value);
    }
    page.push_str("</dl>\n");
    element(
        page,
        "h2",
        pick("What this file proves", "Что этот файл доказывает"),
    );
    element(page, "p", pick(PROVES.0, PROVES.1));
    element(
        page,
        "h2",
        pick("What it does not prove", "Чего он не доказывает"),
    );
    page.push_str("<ul>\n");
    for (english, russian) in DOES_NOT_PROVE {
        element(page, "li", pick(english, russian));
    }
    page.push_str("</ul>\n");
    element(page, "h2", pick("How to check it", "Как проверить"));
    element(page, "p", pick(HOW.0, HOW.1));
    page.push_str("<p>");
    element(page, "code", "kvit verify-bundle FILE --key KEY.asc");
    page.push_str("</p>\n");
    element(page, "h2", pick("What is in it", "Что внутри"));
    element(page, "p", pick(LEFT_OUT.0, LEFT_OUT.1));
    page.push_str("<table>\n");
    for (number, kind, kept) in items {
        page.push_str("<tr>");
        element(page, "td", &number.to_string());
        element(page, "td", kind_words(language, kind));
        let state = if kept {
            ""
        } else {
            pick("left out when it was made", "пропущено при создании")
        };
        element(page, "td", state);
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n</section>\n");
}

const PROVES: (&str, &str) = (
    "That one installation of Kvit, which holds the key above, had these records, and that nothing in this file was \
     changed since it signed them. A receipt in it is proof by itself: the marketplace signed it, and it is checked \
     against the marketplace's own key.",
    "Что у одной установки Kvit, которая хранит указанный выше ключ, были эти записи, и что с момента подписи в этом \
     файле ничего не изменено. Квитанция внутри доказывает сама по себе: её подписала площадка, и она проверяется ключом \
     самой площадки.",
);

const DOES_NOT_PROVE: [(&str, &str); 4] = [
    (
        "That the other side wrote the messages shown as its own: the marketplace does not sign messages.",
        "Что другая сторона написала показанные от её имени сообщения: площадка сообщения не подписывает.",
    ),
    (
        "That the clock of the computer was right.",
        "Что часы компьютера шли верно.",
    ),
    (
        "Who holds the key, or that the person did not tamper with the program before it signed.",
        "Кто владеет ключом и что программу не подменили до подписи.",
    ),
    (
        "That nothing else was said: parts can be left out.",
        "Что больше ничего не было сказано: части можно пропускать.",
    ),
];

const HOW: (&str, &str) = (
    "Open it in Kvit, or run the command below without an account or a network. Keep the file as it is: one that was \
     unpacked and packed again by another program is not recognised.",
    "Откройте файл в Kvit или выполните команду ниже: учётная запись и сеть не нужны. Храните файл как есть: \
     распакованный и снова запакованный другой программой не распознаётся.",
);

const LEFT_OUT: (&str, &str) = (
    "Any part can be left out without breaking the signature over the rest; of what is left out only its kind stays \
     visible. The check says what is there now.",
    "Любую часть можно пропустить, не нарушив подпись под остальным; от пропущенного виден только его вид. Что есть в \
     файле сейчас, говорит проверка.",
);

fn kind_words(language: Language, kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Cover => language.pick("This page", "Эта страница"),
        ItemKind::Receipt => language.pick(
            "Receipt, exactly as it was first received",
            "Квитанция, точно как получена впервые",
        ),
        ItemKind::Payment => language.pick(
            "The payment as the marketplace gave it",
            "Платёж, каким его показала площадка",
        ),
        ItemKind::Said => language.pick(
            "What the marketplace said of it over time",
            "Что площадка говорила о нём со временем",
        ),
        ItemKind::Notices => language.pick(
            "Where the marketplace contradicted itself",
            "Где площадка противоречила себе",
        ),
        ItemKind::Message => language.pick("A message", "Сообщение"),
        ItemKind::Picture => language.pick("A picture", "Картинка"),
        ItemKind::Deal => language.pick("The deal and its steps", "Сделка и её шаги"),
        ItemKind::Operation => language.pick(
            "An operation of this installation and its steps",
            "Операция этой установки и её шаги",
        ),
    }
}

fn open(page: &mut String, tag: &str, attributes: &str) {
    // Writing into a String cannot fail.
    let _ = writeln!(page, "<{tag}{attributes}>");
}

/// An element with nothing but text in it.
fn element(page: &mut String, tag: &str, text: &str) {
    let _ = writeln!(page, "<{tag}>{}</{tag}>", escaped(text));
}

/// Text of a stranger that stays text: nothing in it begins a tag, and nothing hides or reorders what is around it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in display_safe(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(character),
        }
    }
    out
}

/// A key in groups of four.
fn groups(key: &str) -> String {
    let mut out = String::with_capacity(key.len() * 5 / 4);
    for (index, digit) in key.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Subject;
    use proptest::prelude::*;

    fn head(login: &str) -> Head {
        Head {
            made: jiff::Timestamp::UNIX_EPOCH,
            app: "Kvit".into(),
            subject: Subject {
                kind: SubjectKind::Payment,
                number: 7,
                marketplace: "https://market.example".into(),
                login: login.into(),
            },
        }
    }

    /// The tags of a page, in order.
    fn tags(page: &str) -> Vec<&str> {
        page.split('<')
            .skip(1)
            .map(|rest| rest.split_once('>').unwrap().0)
            .collect()
    }

    proptest! {
        #[test]
        fn no_text_of_a_stranger_becomes_markup(login in ".*|[<>&\"'a-z/ =]{0,60}") {
            let plain = page(&head("x"), "AB", std::iter::empty());
            let hostile = page(&head(&login), "AB", std::iter::empty());
            prop_assert_eq!(tags(&plain), tags(&hostile));
        }
    }

    #[test]
    fn both_languages_say_what_it_does_not_prove() {
        let kinds = ItemKind::ALL.iter().zip(1..);
        let page = page(
            &head("alice"),
            &"AB".repeat(32),
            kinds.map(|(kind, number)| (number, *kind, number != 2)),
        );
        for words in [
            "does not sign messages",
            "площадка сообщения не подписывает",
            "left out when it was made",
            "пропущено при создании",
            "Платёж № 7",
            "Payment № 7",
            "ABAB ABAB",
        ] {
            assert!(page.contains(words), "{words}");
        }
        assert!(!page.contains("<script") && !page.contains("http-equiv=\"refresh"));
    }
}
