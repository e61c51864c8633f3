//! A search of talks finds what has the words, all of it, and nothing else.

use kvit_domain::{
    conversation::{About, Conversation},
    message::{Message, Talk},
};
use kvit_store::{Store, TalksQuery};
use proptest::{option, prelude::*};

use crate::samples::*;

/// Few letters, so that searches find something.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[abAБё%_\"' ]{0,6}",
        Just("Кофе и Чай".to_owned()),
        Just("a\0b ab".to_owned())
    ]
}

#[derive(Debug, Clone)]
struct One {
    number: u64,
    with: u128,
    subject: String,
    texts: Vec<String>,
    read: bool,
}

fn name(with: u128) -> String {
    format!("Б{with}ab")
}

fn one() -> impl Strategy<Value = One> {
    (
        1_u64..12,
        2_u128..5,
        words(),
        proptest::collection::vec(words(), 0..4),
        any::<bool>(),
    )
        .prop_map(|(number, with, subject, texts, read)| One {
            number,
            with,
            subject,
            texts,
            read,
        })
}

fn conversation_of(one: &One) -> Conversation {
    let mut payment = payment(one.number);
    payment.invoice.comment.clone_from(&one.subject);
    let messages = one.texts.iter().zip(1..).map(|(text, number)| Message {
        text: text.clone(),
        ..message(number)
    });
    Conversation {
        seller: person(one.with, &name(one.with)),
        about: About::Payment(Box::new(payment)),
        ..conversation(one.number, messages.collect())
    }
}

/// The rule, one talk at a time.
fn fits(query: &TalksQuery, one: &One) -> bool {
    let lower = |text: &str| text.to_lowercase().replace('\0', " ");
    let words = query.text.trim().to_lowercase();
    let found = words.is_empty()
        || query.text.trim().parse() == Ok(payment_id(one.number))
        || lower(&name(one.with)).contains(&words)
        || lower(&one.subject).contains(&words)
        || one.texts.iter().any(|text| lower(text).contains(&words));
    found
        && query.person.is_none_or(|person| person == user(one.with))
        && (!query.unread_only || (!one.read && !one.texts.is_empty()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn it_finds_what_fits(
        mut ones in proptest::collection::vec(one(), 0..12),
        text in prop_oneof![words(), "[0-9]{1,2}", "кофе и", "ab"],
        with in option::of(2_u128..5),
        unread_only in any::<bool>(),
        page in 0_u32..5,
    ) {
        ones.sort_by_key(|one| one.number);
        ones.dedup_by_key(|one| one.number);
        let store = Store::in_memory(at(0)).unwrap();
        let came: Vec<Conversation> = ones.iter().map(conversation_of).collect();
        store.keep_conversations(came.clone(), user(1), at(1)).unwrap();
        // The same again changes nothing.
        store.keep_conversations(came, user(1), at(2)).unwrap();
        for one in ones.iter().filter(|one| one.read && !one.texts.is_empty()) {
            store.read_up_to(talk(one.number), message_id(99)).unwrap();
        }
        let query = TalksQuery { text, person: with.map(user), unread_only, deals: false };
        let mut expected: Vec<Talk> = ones.iter().filter(|one| fits(&query, one)).map(|one| talk(one.number)).collect();
        let (found, total) = store.talks(&query, 0, 99).unwrap();
        let order: Vec<Talk> = found.iter().map(|one| one.talk).collect();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(sorted, expected);
        prop_assert_eq!(total, u32::try_from(order.len()).unwrap());
        let (part, total_of_part) = store.talks(&query, page, 2).unwrap();
        prop_assert_eq!(total_of_part, total);
        let start = order.len().min(usize::try_from(page).unwrap());
        let end = order.len().min(start + 2);
        prop_assert_eq!(part.iter().map(|one| one.talk).collect::<Vec<_>>(), &order[start..end]);
        store.check().unwrap();
    }
}

#[test]
fn what_was_said_otherwise_is_found_by_what_it_says_now() {
    let store = Store::in_memory(at(0)).unwrap();
    let says = |text: &str| {
        let message = Message {
            text: text.into(),
            ..message(1)
        };
        store
            .keep_conversations(vec![conversation(1, vec![message])], user(1), at(1))
            .unwrap();
    };
    let found = |text: &str| {
        let query = TalksQuery {
            text: text.into(),
            ..TalksQuery::default()
        };
        store.talks(&query, 0, 9).unwrap().1
    };
    says("green tea");
    assert_eq!((found("GREEN"), found("black")), (1, 0));
    says("black tea");
    assert_eq!(
        (
            found("green"),
            found("Black"),
            found("ck"),
            found("№1"),
            found("№2")
        ),
        (0, 1, 1, 1, 0)
    );
    store.check().unwrap();
}
