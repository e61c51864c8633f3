use kvit_domain::{Timestamp, id::PaymentId};

use super::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn store() -> Store {
    Store::in_memory(NOW).unwrap()
}

fn talk(number: u64) -> Talk {
    Talk::Payment(PaymentId::new(number).unwrap())
}

fn put(outbox: &Outbox, number: u64, text: &str) -> OutgoingId {
    let id = OutgoingId::new_v4();
    outbox
        .add(Outgoing::new(id, talk(number), text.to_owned(), Vec::new(), NOW))
        .unwrap();
    id
}

fn id(number: u64) -> MessageId {
    MessageId::new(number).unwrap()
}

fn silent(outbox: &Outbox, one: OutgoingId) {
    outbox.change(one, |one| one.sending(None, NOW)).unwrap();
    outbox
        .change(one, |one| one.silence(FaultCode::TimedOut.into()))
        .unwrap();
}

#[test]
fn messages_of_a_talk_go_in_their_order_and_one_at_a_time() {
    let outbox = Outbox::kept_in(store()).unwrap();
    let (one, other) = (put(&outbox, 1, "One"), put(&outbox, 2, "Other"));
    let two = put(&outbox, 1, "Two");
    assert!(outbox.take_on(talk(1)));
    assert!(!outbox.take_on(talk(1)), "somebody does already");
    assert_eq!(outbox.next(talk(1)).unwrap().id, one);
    silent(&outbox, one);
    assert_eq!(outbox.next(talk(1)).unwrap().id, one, "it is not settled");
    assert_eq!(outbox.next(talk(2)).unwrap().id, other);
    outbox.change(one, |one| one.arrived(&[id(5)])).unwrap();
    assert_eq!(outbox.next(talk(1)).unwrap().id, two);
    outbox
        .change(two, |one| one.refused(FaultCode::PaymentCanceled.into()))
        .unwrap();
    assert_eq!(outbox.next(talk(1)), None, "what failed bars nobody");
    assert!(outbox.take_on(talk(1)), "the talk was let go");
}

#[test]
fn what_cannot_be_told_apart_waits_until_nothing_can_be_repeated() {
    let outbox = Outbox::kept_in(store()).unwrap();
    let first = put(&outbox, 1, "Hello");
    silent(&outbox, first);
    outbox.change(first, |one| one.arrived(&[id(5)])).unwrap();
    let same = outbox.get(put(&outbox, 1, "Hello")).unwrap();
    let other = outbox.get(put(&outbox, 1, "Hello?")).unwrap();
    let elsewhere = outbox.get(put(&outbox, 2, "Hello")).unwrap();
    assert!(outbox.twin_in_the_way(&same));
    assert!(!outbox.twin_in_the_way(&other) && !outbox.twin_in_the_way(&elsewhere));
    outbox.change(first, Outgoing::watched).unwrap();
    assert!(!outbox.twin_in_the_way(&same));
    assert_eq!(outbox.claimed(talk(1)).unwrap().len(), 1);
}

#[test]
fn the_next_start_finds_everything_that_is_not_settled() {
    let store = store();
    let outbox = Outbox::kept_in(store.clone()).unwrap();
    let [waiting, sending, arrived, settled, failed] =
        ["a", "b", "c", "d", "e"].map(|text| put(&outbox, 1, text));
    outbox
        .change(sending, |one| one.sending(Some(id(4)), NOW))
        .unwrap();
    silent(&outbox, arrived);
    outbox
        .change(arrived, |one| one.arrived(&[id(5), id(6)]))
        .unwrap();
    outbox.change(settled, |one| one.sending(None, NOW)).unwrap();
    outbox.change(settled, |one| one.arrived(&[id(7)])).unwrap();
    outbox.change(settled, Outgoing::watched).unwrap();
    outbox
        .change(failed, |one| one.refused(FaultCode::ServerSaid.into()))
        .unwrap();
    drop(outbox);

    let outbox = Outbox::kept_in(store).unwrap();
    let state = |one| outbox.get(one).unwrap().state;
    assert_eq!(state(waiting), OutgoingState::Waiting);
    assert!(matches!(state(sending), OutgoingState::Checking { .. }));
    assert_eq!(outbox.get(sending).unwrap().mark, Some(id(4)));
    let watched: Vec<_> = outbox.take_unwatched().iter().map(|one| one.id).collect();
    assert_eq!(watched, [arrived]);
    assert!(outbox.take_unwatched().is_empty(), "once");
    assert_eq!(outbox.get(arrived).unwrap().repeats, [id(6)]);
    assert_eq!(state(settled), OutgoingState::Sent(id(7)));
    let shown: Vec<_> = outbox.of(talk(1)).unwrap().iter().map(|one| one.id).collect();
    assert_eq!(shown, [waiting, sending, failed]);
    assert_eq!(outbox.next(talk(1)).unwrap().id, waiting);
}

#[test]
fn what_left_is_not_taken_back_and_what_did_not_fail_is_not_forgotten() {
    let store = store();
    let outbox = Outbox::kept_in(store.clone()).unwrap();
    let one = put(&outbox, 1, "One");
    assert!(outbox.drop_failed(one).is_err());
    store.keep_draft(&talk(1).to_string(), "Draft").unwrap();
    outbox.take_back(one).unwrap();
    assert_eq!(
        store.draft(&talk(1).to_string()).unwrap().as_deref(),
        Some("Draft\nOne")
    );
    assert!(outbox.get(one).is_err());
    let two = put(&outbox, 1, "Two");
    outbox.change(two, |one| one.sending(None, NOW)).unwrap();
    for late in [outbox.take_back(two), outbox.drop_failed(two)] {
        assert_eq!(late.unwrap_err().code, FaultCode::MessageNotFound);
    }
    outbox
        .change(two, |one| one.refused(FaultCode::ServerSaid.into()))
        .unwrap();
    outbox.drop_failed(two).unwrap();
    assert!(outbox.of(talk(1)).unwrap().is_empty());
}

#[test]
fn nothing_is_sent_from_an_account_that_is_being_removed() {
    let outbox = Outbox::kept_in(store()).unwrap();
    let one = put(&outbox, 1, "One");
    outbox.close();
    assert_eq!(outbox.next(talk(1)), None);
    let another = Outgoing::new(OutgoingId::new_v4(), talk(1), "Two".to_owned(), Vec::new(), NOW);
    assert_eq!(outbox.add(another).unwrap_err().code, FaultCode::AccountNotFound);
    outbox.reopen();
    assert_eq!(outbox.next(talk(1)).unwrap().id, one);
}
