//! Messages on their way and their pictures: never lost, never two claims on one message, never evicted before they left.

use std::collections::BTreeSet;

use kvit_domain::message::Talk;
use kvit_store::{
    BODY_LIMIT, BYTES_LIMIT, OutgoingRow, PictureRow, PictureSize, PictureState, Seed, Store, StoreFault,
};
use proptest::{option, prelude::*};
use zeroize::Zeroizing;

use crate::samples::*;

fn store() -> Store {
    Store::in_memory(at(0)).unwrap()
}

fn invalid<T: std::fmt::Debug>(result: Result<T, StoreFault>) {
    assert!(matches!(result, Err(StoreFault::Invalid(_))), "{result:?}");
}

fn any_outgoing() -> impl Strategy<Value = OutgoingRow> {
    (
        (
            any::<u128>(),
            1_u64..3,
            any_text(),
            any::<bool>(),
            any_time(),
            any_text(),
        ),
        option::of((1_u64..9, proptest::collection::btree_set(10_u64..19, 0..3))),
    )
        .prop_map(|((id, place, state, open, made, body), arrived)| OutgoingRow {
            id: uuid::Uuid::from_u128(id),
            talk: talk(place),
            state,
            open,
            made,
            message: arrived.as_ref().map(|(number, _)| message_id(*number)),
            repeats: arrived.map_or_else(Vec::new, |(_, repeats)| {
                repeats.into_iter().map(message_id).collect()
            }),
            body,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn outgoing_messages_come_back_as_they_were(first in any_outgoing(), later in any_outgoing()) {
        let store = store();
        let number = store.put_outgoing(&first, &[], false).unwrap();
        prop_assert_eq!(store.outgoing(first.id).unwrap(), Some((number, first.clone())));
        invalid(store.put_outgoing(&first, &[], false));
        let later = OutgoingRow { id: first.id, talk: first.talk, made: first.made, ..later };
        store.change_outgoing(&later).unwrap();
        prop_assert_eq!(store.outgoing(first.id).unwrap(), Some((number, later.clone())));
        prop_assert_eq!(store.open_outgoing().unwrap().len(), usize::from(later.open));
        prop_assert_eq!(store.outgoing_of(later.talk).unwrap().len(), usize::from(later.message.is_none()));
        let claimed: BTreeSet<_> = later.message.iter().chain(&later.repeats).copied().collect();
        prop_assert_eq!(store.matched_messages(later.talk).unwrap(), claimed);
        let repeated: Vec<_> = later.repeats.iter().map(|id| (*id, later.message.unwrap())).collect();
        prop_assert_eq!(store.repetitions(later.talk, message_id(1), message_id(99)).unwrap(), repeated);
        prop_assert_eq!(store.drop_outgoing(later.id).unwrap(), !later.open && later.message.is_none());
        prop_assert_eq!(store.outgoing(later.id).unwrap().is_none(), !later.open && later.message.is_none());
    }

    #[test]
    fn eviction_takes_what_was_not_looked_at_for_longest_and_never_what_is_not_there_yet(
        kinds in proptest::collection::vec((0_u8..4, 0_usize..40, 0_usize..10), 0..14),
        uses in Just((0_i64..14).collect::<Vec<_>>()).prop_shuffle(),
        limit in 0_u64..200,
    ) {
        let store = store();
        let mut evictable = Vec::new();
        let mut others = Vec::new();
        for (((kind, original, preview), used), number) in kinds.into_iter().zip(uses).zip(1_u32..) {
            let row = match kind {
                0 => draft_picture(number),
                1 => PictureRow { state: PictureState::Queued, ..draft_picture(number) },
                2 => PictureRow { state: PictureState::Uploaded, ..draft_picture(number) },
                _ => PictureRow { mine: false, state: PictureState::Received, ..draft_picture(number) },
            };
            store.put_picture(&row, Some(&vec![1; original]), Some(&vec![2; preview])).unwrap();
            store.touch_picture(row.id, at(used)).unwrap();
            let held = (original + preview) as u64;
            if kind < 2 { others.push((row, original)) } else { evictable.push((used, row, held)) }
        }
        evictable.sort_by_key(|(used, _, _)| *used);
        let mut left: u64 = evictable.iter().map(|(_, _, held)| held).sum();
        let mut dropped = 0;
        let mut gone = Vec::new();
        for (_, row, held) in &evictable {
            if left > limit && *held > 0 {
                left -= held;
                dropped += held;
                gone.push(row.id);
            }
        }
        prop_assert_eq!(store.evict_pictures(limit).unwrap(), dropped);
        prop_assert_eq!(store.evict_pictures(limit).unwrap(), 0);
        for (_, row, _) in &evictable {
            prop_assert_eq!(store.picture_bytes(row.id, PictureSize::Original).unwrap().is_none(), gone.contains(&row.id));
            prop_assert_eq!(store.picture(row.id).unwrap().unwrap().state, row.state);
        }
        for (row, original) in others {
            let bytes = store.picture_bytes(row.id, PictureSize::Original).unwrap();
            prop_assert_eq!(bytes.unwrap().len(), original);
        }
    }

    #[test]
    fn pictures_come_back_as_they_were(
        mine in any::<bool>(),
        state in 0_u8..3,
        name in any_text(),
        numbers in (any::<u32>(), any::<u32>(), 0..=i64::MAX as u64),
        sha256 in option::of(any::<[u8; 32]>()),
        times in (any_time(), any_time()),
        original in option::of(proptest::collection::vec(any::<u8>(), 0..30)),
        preview in option::of(proptest::collection::vec(any::<u8>(), 0..30)),
    ) {
        let store = store();
        let state = match (mine, state) {
            (true, 0) => PictureState::Draft(numbers.0),
            (true, 1) => PictureState::Queued,
            (true, _) => PictureState::Uploaded,
            (false, 0) => PictureState::Received,
            (false, 1) => PictureState::Missing,
            (false, _) => PictureState::Damaged,
        };
        let row = PictureRow {
            id: picture(1), mine, talk: Some(talk(1)), state, name,
            width: numbers.0, height: numbers.1, length: numbers.2, sha256, made: times.0, used: times.1,
        };
        store.put_picture(&row, original.as_deref(), preview.as_deref()).unwrap();
        prop_assert_eq!(store.picture(row.id).unwrap(), Some(row.clone()));
        prop_assert_eq!(store.picture_bytes(row.id, PictureSize::Original).unwrap(), original);
        prop_assert_eq!(store.picture_bytes(row.id, PictureSize::Preview).unwrap(), preview);
        prop_assert_eq!(store.draft_pictures(talk(1)).unwrap().len(), usize::from(matches!(state, PictureState::Draft(_))));
        // Somebody else's never takes its place, nor the other way round.
        let other = PictureRow {
            mine: !mine,
            state: if mine { PictureState::Received } else { PictureState::Draft(1) },
            ..row
        };
        invalid(store.put_picture(&other, None, None));
        invalid(store.set_picture_state(row.id, other.state));
    }
}

#[test]
fn one_message_is_claimed_once() {
    let store = store();
    let sent = OutgoingRow {
        open: false,
        message: Some(message_id(7)),
        repeats: vec![message_id(8)],
        ..outgoing(1)
    };
    store.put_outgoing(&outgoing(1), &[], false).unwrap();
    store.put_outgoing(&outgoing(2), &[], false).unwrap();
    store.change_outgoing(&sent).unwrap();
    for taken in [7, 8] {
        let other = OutgoingRow {
            id: outgoing(2).id,
            message: Some(message_id(taken)),
            repeats: Vec::new(),
            ..sent.clone()
        };
        invalid(store.change_outgoing(&other));
    }
    assert_eq!(store.outgoing(outgoing(2).id).unwrap().unwrap().1, outgoing(2));
    // In another talk it is another message, and what is given back is free.
    let elsewhere = OutgoingRow {
        talk: talk(2),
        id: outgoing(3).id,
        ..sent.clone()
    };
    store.put_outgoing(&elsewhere, &[], false).unwrap();
    store.change_outgoing(&outgoing(1)).unwrap();
    store
        .change_outgoing(&OutgoingRow {
            id: outgoing(2).id,
            ..sent.clone()
        })
        .unwrap();
    // Neither its place nor its bounds change.
    invalid(store.change_outgoing(&OutgoingRow {
        talk: talk(2),
        ..outgoing(1)
    }));
    invalid(store.change_outgoing(&outgoing(9)));
    for odd in [
        OutgoingRow {
            body: "x".repeat(BODY_LIMIT + 1),
            ..outgoing(1)
        },
        OutgoingRow {
            message: None,
            repeats: vec![message_id(9)],
            ..outgoing(1)
        },
    ] {
        invalid(store.change_outgoing(&odd));
    }
}

#[test]
fn a_message_takes_its_draft_along_or_nothing_happens() {
    let store = store();
    let place = talk(1).to_string();
    store.keep_draft(&place, "hello").unwrap();
    for number in 1..=3 {
        store
            .put_picture(&draft_picture(number), Some(b"abc"), Some(b"a"))
            .unwrap();
    }
    let drafted = |store: &Store| -> Vec<_> {
        store
            .draft_pictures(talk(1))
            .unwrap()
            .into_iter()
            .map(|row| row.id)
            .collect()
    };
    assert_eq!(drafted(&store), [picture(1), picture(2), picture(3)]);
    // One that is not in this draft: nothing of it is done.
    invalid(store.put_outgoing(&outgoing(1), &[picture(1), picture(9)], true));
    invalid(store.put_outgoing(&outgoing(1), &[picture(1), picture(1)], true));
    let elsewhere = OutgoingRow {
        talk: talk(2),
        ..outgoing(1)
    };
    invalid(store.put_outgoing(&elsewhere, &[picture(1)], true));
    assert_eq!(drafted(&store).len(), 3);
    assert_eq!(store.draft(&place).unwrap().as_deref(), Some("hello"));
    assert_eq!(store.outgoing(outgoing(1).id).unwrap(), None);

    store
        .put_outgoing(&outgoing(1), &[picture(3), picture(1)], true)
        .unwrap();
    assert_eq!(
        (drafted(&store), store.draft(&place).unwrap()),
        (vec![picture(2)], None)
    );
    let going = |store: &Store| -> Vec<_> {
        let rows = store.outgoing_pictures(outgoing(1).id).unwrap();
        rows.into_iter().map(|row| (row.id, row.state)).collect()
    };
    assert_eq!(
        going(&store),
        [
            (picture(3), PictureState::Queued),
            (picture(1), PictureState::Queued)
        ]
    );
    // What is on its way is neither replaced nor taken out, and its order stays when it is uploaded.
    invalid(store.put_picture(&draft_picture(1), Some(b"other"), None));
    assert!(!store.remove_draft_picture(picture(1)).unwrap());
    assert!(
        store
            .set_picture_state(picture(3), PictureState::Uploaded)
            .unwrap()
    );
    assert_eq!(
        going(&store),
        [
            (picture(3), PictureState::Uploaded),
            (picture(1), PictureState::Queued)
        ]
    );
    assert!(!store.drop_outgoing(outgoing(1).id).unwrap(), "it is on its way");
    let failed = OutgoingRow {
        open: false,
        state: "failed".into(),
        ..outgoing(1)
    };
    store.change_outgoing(&failed).unwrap();
    // One goes back into the draft; the other goes with the message.
    assert!(
        store
            .set_picture_state(picture(1), PictureState::Draft(0))
            .unwrap()
    );
    assert!(store.drop_outgoing(outgoing(1).id).unwrap());
    assert_eq!(drafted(&store), [picture(1), picture(2)]);
    assert_eq!(store.picture(picture(3)).unwrap(), None);
    assert_eq!(
        store.picture_bytes(picture(3), PictureSize::Original).unwrap(),
        None
    );
    assert!(store.remove_draft_picture(picture(1)).unwrap());
    assert_eq!(store.picture(picture(1)).unwrap(), None);
    assert!(!store.set_picture_state(picture(1), PictureState::Queued).unwrap());
    store.check().unwrap();
}

#[test]
fn an_uploaded_picture_that_is_fetched_again_keeps_its_place() {
    let store = store();
    for number in 1..=2 {
        store
            .put_picture(&draft_picture(number), Some(b"abc"), None)
            .unwrap();
    }
    store
        .put_outgoing(&outgoing(1), &[picture(2), picture(1)], false)
        .unwrap();
    for number in 1..=2 {
        store
            .set_picture_state(picture(number), PictureState::Uploaded)
            .unwrap();
    }
    assert_eq!(store.evict_pictures(0).unwrap(), 6);
    let row = PictureRow {
        state: PictureState::Uploaded,
        ..draft_picture(2)
    };
    store.put_picture(&row, Some(b"abc"), None).unwrap();
    store.touch_picture(row.id, at(9)).unwrap();
    store.touch_picture(row.id, at(5)).unwrap();
    let rows = store.outgoing_pictures(outgoing(1).id).unwrap();
    assert_eq!(
        rows.iter().map(|row| row.id).collect::<Vec<_>>(),
        [picture(2), picture(1)]
    );
    assert_eq!(rows[0].used, at(9), "a look in the past is no later look");
}

#[test]
fn pictures_have_bounds() {
    let store = store();
    let large = vec![0; BYTES_LIMIT + 1];
    invalid(store.put_picture(&draft_picture(1), Some(&large), None));
    for odd in [
        PictureRow {
            name: "x".repeat(1025),
            ..draft_picture(1)
        },
        PictureRow {
            length: u64::MAX,
            ..draft_picture(1)
        },
        PictureRow {
            talk: None,
            ..draft_picture(1)
        },
        PictureRow {
            mine: false,
            ..draft_picture(1)
        },
    ] {
        invalid(store.put_picture(&odd, None, None));
    }
    assert_eq!(store.picture(picture(1)).unwrap(), None);
}

#[test]
fn a_seed_is_kept_once_and_never_printed() {
    let folder = folder();
    let store = open(folder.path());
    assert!(store.signing_seed().unwrap().is_none());
    let seed = Seed::new(&Zeroizing::new([0xc7; 32]));
    store.put_signing_seed(&seed).unwrap();
    invalid(store.put_signing_seed(&Seed::random()));
    store.close();
    let kept = open(folder.path()).signing_seed().unwrap().unwrap();
    assert_eq!(kept.reveal(), &[0xc7; 32]);
    assert_eq!(format!("{kept:?}"), "Seed(..)");
    assert_ne!(Seed::random().reveal(), Seed::random().reveal());
}

#[test]
fn what_is_on_its_way_is_there_after_a_close() {
    let folder = folder();
    let store = open(folder.path());
    let row = OutgoingRow {
        talk: Talk::Deal(deal(5).id),
        ..outgoing(1)
    };
    let picture = PictureRow {
        talk: Some(row.talk),
        ..draft_picture(1)
    };
    store.put_picture(&picture, Some(b"abc"), Some(b"a")).unwrap();
    store.put_outgoing(&row, &[picture.id], false).unwrap();
    store.close();
    let store = open(folder.path());
    assert_eq!(store.open_outgoing().unwrap(), [(1, row.clone())]);
    assert_eq!(
        store.outgoing_pictures(row.id).unwrap(),
        [PictureRow {
            state: PictureState::Queued,
            ..picture.clone()
        }]
    );
    assert_eq!(
        store
            .picture_bytes(picture.id, PictureSize::Original)
            .unwrap()
            .as_deref(),
        Some(b"abc".as_slice())
    );
    store.check().unwrap();
}
