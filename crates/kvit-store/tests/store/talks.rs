//! Copies of talks come in any order, any number of times: each message is there once, none is lost, and what is unread is
//! what others said above what was read.

use std::collections::{BTreeMap, BTreeSet};

use kvit_domain::{
    conversation::{About, Conversation},
    id::{ConversationId, MessageId},
    message::{Message, Talk},
};
use kvit_store::{Freshness, Heard, Page, Store, StoreFault, TalksQuery, Unread};
use proptest::{prelude::*, sample::subsequence};

use crate::samples::*;

fn store() -> Store {
    Store::in_memory(at(0)).unwrap()
}

/// A message in one of its versions, by one of the two or the arbiter.
fn said(number: u64, version: u8) -> Message {
    Message {
        author: [Some(user(1)), Some(user(2)), None][usize::try_from(number % 3).unwrap()],
        text: format!("message {number}, version {version}"),
        pictures: (0..version).map(|one| picture(u128::from(one))).collect(),
        ..message(number)
    }
}

#[derive(Debug, Clone)]
enum Act {
    /// Numbers and versions, in the order of the copy.
    Copy(Vec<(u64, u8)>),
    Read(u64),
    Hide,
}

fn act() -> impl Strategy<Value = Act> {
    let version = prop_oneof![8 => Just(0_u8), 1 => 1_u8..3];
    prop_oneof![
        6 => proptest::collection::vec((1_u64..15, version), 0..14).prop_map(Act::Copy),
        2 => (1_u64..20).prop_map(Act::Read),
        1 => Just(Act::Hide),
    ]
}

/// What must be there, by the rules.
#[derive(Default)]
struct Model {
    known: bool,
    now: BTreeMap<u64, u8>,
    former: BTreeMap<u64, BTreeSet<u8>>,
    read_to: u64,
    hidden: bool,
}

impl Model {
    /// Which are new, and which are said otherwise.
    fn copy(&mut self, copy: &[(u64, u8)]) -> (Vec<u64>, Vec<u64>) {
        let (mut fresh, mut altered) = (Vec::new(), Vec::new());
        let numbers: BTreeSet<u64> = copy.iter().map(|(number, _)| *number).collect();
        for number in numbers {
            let versions: Vec<u8> = copy
                .iter()
                .filter(|one| one.0 == number)
                .map(|one| one.1)
                .collect();
            let now = *versions.last().unwrap();
            let former = self.former.entry(number).or_default();
            let before = self.now.insert(number, now);
            let mut other = before.is_some_and(|before| before != now);
            former.extend(before.filter(|before| *before != now));
            for version in versions {
                other |= version != now && former.insert(version);
            }
            if before.is_none() {
                fresh.push(number);
            }
            if other {
                altered.push(number);
            }
        }
        self.known = true;
        self.hidden &= fresh.is_empty();
        (fresh, altered)
    }

    fn read(&mut self, number: u64) -> bool {
        let newest = self.now.keys().max().copied().unwrap_or(0);
        let read = number.min(newest).max(self.read_to);
        let changed = read > self.read_to;
        self.read_to = read;
        changed
    }

    fn unread(&self) -> u32 {
        let of_others = self
            .now
            .keys()
            .filter(|number| **number % 3 != 0 && **number > self.read_to);
        u32::try_from(of_others.count()).unwrap()
    }

    fn holds(&self, store: &Store) {
        let kept = store.messages(talk(1), Page::Last, 99).unwrap();
        let now: Vec<Message> = self
            .now
            .iter()
            .map(|(number, version)| said(*number, *version))
            .collect();
        assert_eq!(
            kept.iter().map(|one| one.message.clone()).collect::<Vec<_>>(),
            now
        );
        for one in &kept {
            let number = one.message.id.get();
            let former: BTreeSet<String> = one.former.iter().map(|message| message.text.clone()).collect();
            let expected: BTreeSet<String> = self.former[&number]
                .iter()
                .filter(|version| **version != self.now[&number])
                .map(|version| said(number, *version).text)
                .collect();
            assert_eq!(former, expected);
            assert_eq!(former.len(), one.former.len());
        }
        assert_eq!(store.message_count(talk(1)).unwrap(), now.len() as u64);
        assert_eq!(
            store.newest_message(talk(1)).unwrap(),
            now.last().map(|message| message.id)
        );
        let Some(kept) = store.talk(talk(1)).unwrap() else {
            assert!(!self.known);
            return;
        };
        assert_eq!(kept.unread, self.unread());
        assert_eq!(kept.read_to.map_or(0, MessageId::get), self.read_to);
        assert_eq!(kept.hidden, self.hidden);
        let last = kept
            .last
            .map(|last| (last.id, last.author, last.text, last.pictures));
        let newest = now.last().map(|message| {
            let pictures = u32::try_from(message.pictures.len()).unwrap();
            (message.id, message.author, message.text.clone(), pictures)
        });
        assert_eq!(last, newest);
        let shown = if self.hidden { 0 } else { self.unread() };
        let unread = Unread {
            talks: u32::from(shown > 0),
            messages: shown,
        };
        assert_eq!(store.unread().unwrap(), unread);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_comes_each_message_is_there_once(acts in proptest::collection::vec(act(), 1..12)) {
        let store = store();
        let mut model = Model::default();
        for act in acts {
            match act {
                Act::Copy(copy) => {
                    let messages = copy.iter().map(|(number, version)| said(*number, *version)).collect();
                    let known = model.known;
                    let (fresh, altered) = model.copy(&copy);
                    let heard = store.keep_conversations(vec![conversation(1, messages)], user(1), at(1)).unwrap();
                    prop_assert_eq!(heard, [Heard {
                        talk: talk(1),
                        changed: !known || !fresh.is_empty() || !altered.is_empty(),
                        fresh: fresh.into_iter().map(message_id).collect(),
                        altered: altered.into_iter().map(message_id).collect(),
                    }]);
                }
                Act::Read(number) if model.known => {
                    let changed = model.read(number);
                    prop_assert_eq!(store.read_up_to(talk(1), message_id(number)).unwrap(), changed);
                }
                Act::Hide if model.known => {
                    model.hidden = true;
                    store.hide_talk(talk(1), true).unwrap();
                }
                Act::Read(_) | Act::Hide => {
                    let fault = store.read_up_to(talk(1), message_id(1)).unwrap_err();
                    prop_assert!(matches!(fault, StoreFault::Invalid(_)));
                    prop_assert!(matches!(store.hide_talk(talk(1), true), Err(StoreFault::Invalid(_))));
                }
            }
            model.holds(&store);
        }
        store.check().unwrap();
    }

    #[test]
    fn pages_are_parts_of_the_whole(
        numbers in subsequence((1_u64..60).collect::<Vec<_>>(), 0..50),
        place in 1_u64..60,
        count in 0_u32..12,
    ) {
        let store = store();
        let messages: Vec<Message> = numbers.iter().rev().map(|number| said(*number, 0)).collect();
        store.keep_conversations(vec![conversation(1, messages)], user(1), at(1)).unwrap();
        let page = |page| -> Vec<u64> {
            let found = store.messages(talk(1), page, count).unwrap();
            found.into_iter().map(|one| one.message.id.get()).collect()
        };
        let many = usize::try_from(count).unwrap();
        let last = |numbers: &[u64], many: usize| numbers[numbers.len().saturating_sub(many)..].to_vec();
        let below = &numbers[..numbers.partition_point(|number| *number < place)];
        let from = &numbers[below.len()..];
        let above = &numbers[numbers.partition_point(|number| *number <= place)..];
        prop_assert_eq!(page(Page::Last), last(&numbers, many));
        prop_assert_eq!(page(Page::Before(message_id(place))), last(below, many));
        prop_assert_eq!(page(Page::After(message_id(place))), above[..many.min(above.len())].to_vec());
        let mut around = last(below, many / 2);
        around.extend_from_slice(&from[..(many - around.len()).min(from.len())]);
        prop_assert_eq!(page(Page::Around(message_id(place))), around);
        let own: Vec<u64> = store
            .own_messages_above(talk(1), Some(message_id(place)), user(1))
            .unwrap()
            .into_iter()
            .map(|message| message.id.get())
            .collect();
        prop_assert_eq!(own, above.iter().copied().filter(|number| number % 3 == 0).collect::<Vec<_>>());
    }

    #[test]
    fn messages_come_back_as_they_were(messages in proptest::collection::vec(any_message(), 0..6), read in any_time()) {
        let store = store();
        let came: BTreeMap<MessageId, Message> = messages.iter().map(|one| (one.id, one.clone())).collect();
        store.keep_conversations(vec![conversation(1, messages)], user(1), read).unwrap();
        let kept = store.messages(talk(1), Page::Last, 9).unwrap();
        prop_assert!(kept.iter().all(|one| one.first_seen == read));
        prop_assert_eq!(kept.into_iter().map(|one| one.message).collect::<Vec<_>>(), came.into_values().collect::<Vec<_>>());
        store.check().unwrap();
    }
}

#[test]
fn conversations_of_others_are_nobodys_business() {
    let store = store();
    let others = Conversation {
        buyer: person(3, "other"),
        ..conversation(1, vec![message(1)])
    };
    assert_eq!(
        store.keep_conversations(vec![others], user(1), at(1)).unwrap(),
        []
    );
    assert_eq!(store.talk(talk(1)).unwrap(), None);
    assert_eq!(store.person(user(3)).unwrap(), None);
}

#[test]
fn the_newest_words_come_first_and_a_time_to_come_is_not_believed() {
    let store = store();
    let spoken = |number: u64, second: i64| {
        let message = Message {
            created: at(second),
            ..message(1)
        };
        conversation(number, vec![message])
    };
    let came = vec![spoken(1, 10), spoken(2, 30), spoken(3, 1_000_000), spoken(4, 20)];
    store.keep_conversations(came, user(1), at(25)).unwrap();
    store
        .keep_conversations(vec![spoken(2, 30)], user(1), at(40))
        .unwrap();
    let order = |from, count| -> Vec<u64> {
        let (talks, total) = store.talks(&TalksQuery::default(), from, count).unwrap();
        assert_eq!(total, 4);
        talks
            .into_iter()
            .map(|one| one.conversation.unwrap().get())
            .collect()
    };
    // 2 and 3 were both said by 25, as far as that can be true: the higher one stands first.
    assert_eq!(order(0, 9), [3, 2, 4, 1]);
    assert_eq!(order(1, 2), [2, 4]);
    store
        .begin_talk(talk(5), &person(2, "shop"), "Beans", at(60))
        .unwrap();
    let (talks, _) = store.talks(&TalksQuery::default(), 0, 1).unwrap();
    assert_eq!((talks[0].talk, &talks[0].last), (talk(5), &None));
}

/// An invoice of person 2 and its buyer, person 1, or the other way round.
fn asked(number: u64, mine: bool) -> Conversation {
    let mut invoice = invoice(number);
    let (seller, buyer) = if mine { (1, 2) } else { (2, 1) };
    invoice.owner = person(seller, "seller");
    Conversation {
        id: ConversationId::new(number).unwrap(),
        seller: person(seller, "seller"),
        buyer: person(buyer, "buyer"),
        about: About::Invoice(Box::new(invoice)),
        messages: vec![message(1)],
    }
}

#[test]
fn what_is_not_listed_any_more_is_hidden_but_where_lists_leave_out() {
    let store = store();
    let came = vec![
        conversation(1, vec![message(1)]),
        conversation(2, vec![message(1)]),
        asked(3, false),
        asked(4, true),
    ];
    let later = conversation(5, vec![message(1)]);
    let (asks, answers) = (came[2].talk(), came[3].talk());
    store.keep_conversations(came, user(1), at(1)).unwrap();
    store
        .begin_talk(talk(6), &person(2, "shop"), "Beans", at(1))
        .unwrap();
    // An event brought this one after the list was asked for.
    store.keep_conversations(vec![later], user(1), at(7)).unwrap();
    let listed = [ConversationId::new(1).unwrap()];
    let mut hidden = store.hide_absent_talks(&listed, at(5)).unwrap();
    hidden.sort_unstable();
    assert_eq!(hidden, [answers, talk(2)]);
    assert!(!store.talk(asks).unwrap().unwrap().hidden);
    let (talks, total) = store.talks(&TalksQuery::default(), 0, 9).unwrap();
    assert_eq!((talks.len(), total), (4, 4));
    assert!(store.hide_absent_talks(&listed, at(5)).unwrap().is_empty());
    // The same again brings nothing back, something new does, and nothing was lost.
    store
        .keep_conversations(vec![conversation(2, vec![message(1)])], user(1), at(8))
        .unwrap();
    assert!(store.talk(talk(2)).unwrap().unwrap().hidden);
    let heard = store
        .keep_conversations(vec![conversation(2, vec![message(2)])], user(1), at(9))
        .unwrap();
    assert_eq!(heard[0].fresh, [message_id(2)]);
    assert!(!store.talk(talk(2)).unwrap().unwrap().hidden);
    assert_eq!(store.message_count(talk(2)).unwrap(), 2);
}

#[test]
fn a_talk_that_was_begun_here_is_the_one_that_comes() {
    let store = store();
    store
        .begin_talk(talk(1), &person(2, "shop"), "Beans", at(1))
        .unwrap();
    let begun = store.talk(talk(1)).unwrap().unwrap();
    assert_eq!((begun.conversation, begun.unread, begun.read), (None, 0, at(1)));
    let heard = store
        .keep_conversations(vec![conversation(1, vec![message(1)])], user(1), at(2))
        .unwrap();
    assert!(heard[0].changed);
    let kept = store.talk(talk(1)).unwrap().unwrap();
    assert_eq!(kept.conversation, ConversationId::new(1));
    assert_eq!(
        (kept.with, kept.subject.as_str(), kept.unread),
        (person(2, "shop"), "Beans, 1 kg", 1)
    );
    store.hide_talk(talk(1), true).unwrap();
    store
        .begin_talk(talk(1), &person(2, "older name"), "Other", at(3))
        .unwrap();
    let again = store.talk(talk(1)).unwrap().unwrap();
    assert_eq!((again.hidden, again.with.name.as_str()), (false, "shop"));
    assert!(store.read_all_talks().unwrap() && !store.read_all_talks().unwrap());
    assert_eq!(store.unread().unwrap(), Unread::default());
}

#[test]
fn chats_of_deals_are_talks_once_it_is_known_whose_account_it_is() {
    let store = store();
    let chat = Talk::Deal(deal(5).id);
    let mut told = deal(5);
    told.messages = vec![message(1)];
    store
        .keep_deals(vec![told.clone()], Freshness::Read, at(1))
        .unwrap();
    assert_eq!(store.talk(chat).unwrap(), None);
    store.keep_profile(&profile()).unwrap();
    // Nothing of it changed, and now it is filled.
    store
        .keep_deals(vec![told.clone()], Freshness::Event, at(2))
        .unwrap();
    let kept = store.talk(chat).unwrap().unwrap();
    assert_eq!(
        (kept.with, kept.subject.as_str(), kept.unread),
        (person(3, "trader"), "Fast", 1)
    );
    told.messages = vec![message(1), message(2)];
    let mut paying = payment(1);
    paying.deal = Some(Box::new(told.clone()));
    store.keep_payments(vec![unchecked(paying)], at(3)).unwrap();
    assert_eq!(store.newest_message(chat).unwrap(), Some(message_id(2)));
    // What the marketplace does not show any more stays.
    told.messages = vec![message(2)];
    store
        .keep_deals(vec![told.clone()], Freshness::Read, at(4))
        .unwrap();
    assert_eq!(store.message_count(chat).unwrap(), 2);
    let listed = |deals| {
        let query = TalksQuery {
            deals,
            ..TalksQuery::default()
        };
        store.talks(&query, 0, 9).unwrap().1
    };
    assert_eq!((listed(false), listed(true)), (0, 1));
    let others = kvit_domain::deal::Deal {
        initiator: person(9, "other"),
        ..deal(6)
    };
    store.keep_deals(vec![others], Freshness::Read, at(5)).unwrap();
    assert_eq!(store.talk(Talk::Deal(deal(6).id)).unwrap(), None);
}
