//! Messages on their way, through everything that can become of a call: each arrives once or stays as failed, is never
//! sent twice, and is never said to be anything else than it is.

use std::{path::Path, time::Duration};

use kvit_domain::{
    fault::FaultCode,
    id::{MessageId, PaymentId},
    message::Talk,
    picture::PictureId,
};
use kvit_engine::{Outgoing, OutgoingState, Pace, TalkLine};
use kvit_sandbox::{Code, Execution, Fault as Wrong, When};
use kvit_testkit::World;

use crate::{
    LIBRARY, LIBRARY_SELLER, assert_no, cut_off, delivered, delivered_as, done, fault_of, invoice, let_in,
    message_settled, open_deal, pay,
    pictures::{self, drafted},
    restarted,
    talks::{about, lines, me, said},
};

/// The three kinds of talks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Invoice,
    Payment,
    Deal,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Invoice, Self::Payment, Self::Deal];

    pub(crate) fn rpc(self) -> &'static str {
        match self {
            Self::Invoice => "SendInvoiceMessage",
            Self::Payment => "SendInvoicePaymentMessage",
            Self::Deal => "SendMessage",
        }
    }

    pub(crate) async fn talk(self, world: &World) -> Talk {
        match self {
            Self::Invoice => about(world, LIBRARY).await,
            Self::Payment => Talk::Payment(done(pay(world, LIBRARY, 1).await).0.payment.id),
            Self::Deal => Talk::Deal(open_deal(world).await.1.deal.id),
        }
    }
}

/// How often a text was written, by the marketplace's own books.
fn written(world: &World, text: &str) -> Vec<Execution> {
    world
        .sandbox
        .executions()
        .into_iter()
        .filter(|one| one.message.is_some() && one.text.as_deref() == Some(text))
        .collect()
}

/// How often each message that is shown arrived again.
async fn repeats(world: &World, talk: Talk) -> Vec<u32> {
    lines(world, talk)
        .await
        .lines
        .iter()
        .filter_map(|line| match line {
            TalkLine::Message { repeats, .. } => Some(*repeats),
            TalkLine::Outgoing(_) => None,
        })
        .collect()
}

/// Sends, with this many pictures, while this goes wrong; waits until it is known what became of it.
async fn sent_while(kind: Kind, pictures: usize, when: When, wrong: Wrong) -> (World, Talk, Outgoing) {
    let world = World::new(420).await;
    let talk = kind.talk(&world).await;
    for _ in 0..pictures {
        drafted(&world, talk).await;
    }
    world.sandbox.faults().once(kind.rpc(), when, wrong);
    let sent = world
        .engine
        .send_message(world.account(), talk, "Hello")
        .await
        .unwrap();
    let settled = message_settled(&world, sent.id).await;
    (world, talk, settled)
}

pub(crate) fn unavailable() -> Wrong {
    Wrong::Refuse(Code::Unavailable, String::new())
}

#[tokio::test(start_paused = true)]
async fn what_was_lost_on_the_way_back_is_found() {
    for kind in Kind::ALL {
        for pictures in [0, 1] {
            for wrong in [Wrong::Hang, Wrong::Cut, unavailable(), Wrong::Http(503)] {
                let (world, talk, settled) = sent_while(kind, pictures, When::After, wrong.clone()).await;
                let case = format!("{kind:?} {pictures} {wrong:?}");
                assert!(settled.message().is_some(), "{case}: {settled:?}");
                assert_eq!(written(&world, "Hello").len(), 1, "{case}");
                assert_eq!(world.sandbox.faults().calls(kind.rpc()), 1, "{case}");
                assert_eq!(said(&world, talk).await, [("Hello".to_owned(), true)], "{case}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_never_arrived_stays_as_failed_and_goes_again_when_the_person_says_so() {
    for kind in Kind::ALL {
        for pictures in [0, 1] {
            for wrong in [Wrong::Hang, unavailable()] {
                let case = format!("{kind:?} {pictures} {wrong:?}");
                let (world, talk, settled) = sent_while(kind, pictures, When::Before, wrong).await;
                assert!(matches!(settled.state, OutgoingState::Failed(_)), "{case}");
                assert_eq!(written(&world, "Hello").len(), 0, "{case}");
                assert_eq!(
                    world.sandbox.faults().calls(kind.rpc()),
                    1,
                    "{case}: not by itself"
                );
                let world = restarted(world).await;
                let shown = lines(&world, talk).await.lines;
                assert_eq!(shown, [TalkLine::Outgoing(settled.clone())], "{case}");
                // Those after it do not wait for it.
                delivered(&world, talk, "And this").await;
                world.engine.retry_message(world.account(), settled.id).unwrap();
                delivered_as(&world, settled.id).await;
                assert_eq!(written(&world, "Hello").len(), 1, "{case}");
                let again = world.engine.retry_message(world.account(), settled.id);
                assert_no(&fault_of(again), FaultCode::MessageNotFound);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_can_be_deleted() {
    let (world, talk, settled) = sent_while(Kind::Payment, 1, When::Before, unavailable()).await;
    world.engine.delete_message(world.account(), settled.id).unwrap();
    assert!(lines(&world, talk).await.lines.is_empty());
    assert_no(
        &fault_of(world.engine.outgoing(settled.id)),
        FaultCode::MessageNotFound,
    );
    assert_no(
        &fault_of(world.engine.delete_message(world.account(), settled.id)),
        FaultCode::MessageNotFound,
    );
    let world = restarted(world).await;
    assert!(lines(&world, talk).await.lines.is_empty());
    let sent = delivered(&world, talk, "Something else").await;
    let id = world.engine.talk(talk).await.unwrap();
    assert!(id.begun && sent > MessageId::new(1).unwrap());
}

/// The front proxy carries it out again: two messages are there, one is shown, and it says that it came twice.
#[tokio::test(start_paused = true)]
async fn what_the_front_proxy_repeats_is_shown_once() {
    for kind in Kind::ALL {
        for pictures in [0, 1] {
            for (when, wrong) in [
                (When::Before, Wrong::Twice),
                (When::After, Wrong::Twice),
                (When::Before, Wrong::TwiceAfter(Duration::from_secs(30))),
                (When::After, Wrong::TwiceAfter(Duration::from_secs(30))),
            ] {
                let (world, talk, settled) = sent_while(kind, pictures, when, wrong.clone()).await;
                let case = format!("{kind:?} {pictures} {when:?} {wrong:?}");
                assert!(settled.message().is_some(), "{case}: {settled:?}");
                tokio::time::sleep(Duration::from_secs(120)).await;
                assert_eq!(written(&world, "Hello").len(), 2, "{case}");
                assert_eq!(
                    world.sandbox.faults().calls(kind.rpc()),
                    1,
                    "{case}: we asked once"
                );
                let world = restarted(world).await;
                assert_eq!(repeats(&world, talk).await, [1], "{case}");
                assert_eq!(world.engine.state().unread.messages, 0, "{case}");
                // The next one is another one.
                delivered(&world, talk, "Next").await;
                assert_eq!(repeats(&world, talk).await, [1, 0], "{case}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_late_is_waited_for() {
    for kind in Kind::ALL {
        for when in [When::Before, When::After] {
            let late = Wrong::Late(Duration::from_secs(35));
            let (world, talk, settled) = sent_while(kind, 0, when, late).await;
            assert!(settled.message().is_some(), "{kind:?} {when:?}: {settled:?}");
            assert_eq!(written(&world, "Hello").len(), 1);
            assert_eq!(said(&world, talk).await.len(), 1);
        }
    }
}

/// The same words twice in a row: the second waits until the first cannot come again, and each is one message.
#[tokio::test(start_paused = true)]
async fn the_same_words_twice_are_two_messages() {
    for (when, wrong) in [
        (When::After, Wrong::Hang),
        (When::Before, Wrong::Late(Duration::from_secs(35))),
        (When::Before, Wrong::TwiceAfter(Duration::from_secs(30))),
    ] {
        let world = World::new(421).await;
        let talk = Kind::Payment.talk(&world).await;
        world
            .sandbox
            .faults()
            .once("SendInvoicePaymentMessage", when, wrong.clone());
        let send = || world.engine.send_message(world.account(), talk, "Hello?");
        let (first, second) = (send().await.unwrap(), send().await.unwrap());
        let first = delivered_as(&world, first.id).await;
        let second = delivered_as(&world, second.id).await;
        assert!(first < second);
        assert_eq!(world.sandbox.faults().calls("SendInvoicePaymentMessage"), 2);
        let twice = matches!(wrong, Wrong::TwiceAfter(_));
        assert_eq!(written(&world, "Hello?").len(), if twice { 3 } else { 2 });
        assert_eq!(repeats(&world, talk).await, [u32::from(twice), 0]);
    }
}

/// One talk waits, another one does not.
#[tokio::test(start_paused = true)]
async fn talks_do_not_wait_for_each_other() {
    let world = World::new(422).await;
    let (one, other) = (Kind::Payment.talk(&world).await, Kind::Invoice.talk(&world).await);
    let faults = world.sandbox.faults();
    faults.once("SendInvoicePaymentMessage", When::Before, Wrong::Hang);
    let send = |talk, text| world.engine.send_message(world.account(), talk, text);
    let stuck = send(one, "One").await.unwrap();
    let behind = send(one, "Two").await.unwrap();
    let free = send(other, "Three").await.unwrap();
    delivered_as(&world, free.id).await;
    let state = |id| world.engine.outgoing(id).unwrap().state;
    assert_eq!(state(stuck.id), OutgoingState::Sending);
    assert_eq!(state(behind.id), OutgoingState::Waiting);
    message_settled(&world, stuck.id).await;
    delivered_as(&world, behind.id).await;
    assert_eq!(written(&world, "One").len(), 0);
}

/// A refusal is an answer: it stands once a look has confirmed it.
#[tokio::test(start_paused = true)]
async fn a_refusal_stays_with_its_reason() {
    let refusal = "Exception was thrown by handler. UserException: \
                   You do not have permission to post messages to this conversation.";
    let refuse = Wrong::Refuse(Code::Unknown, refusal.to_owned());
    let (world, _, settled) = sent_while(Kind::Payment, 0, When::Before, refuse.clone()).await;
    let OutgoingState::Failed(fault) = &settled.state else {
        panic!("{settled:?}");
    };
    assert_no(fault, FaultCode::ConversationNotAllowed);
    assert_eq!(written(&world, "Hello").len(), 0);
    // The answer to the second try of one whose first was carried out.
    let (world, _, settled) = sent_while(Kind::Payment, 0, When::After, refuse).await;
    assert!(settled.message().is_some());
    assert_eq!(written(&world, "Hello").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_line_goes_when_there_is_one() {
    let world = World::new(423).await;
    let talk = Kind::Payment.talk(&world).await;
    cut_off(&world).await;
    let send = |text| world.engine.send_message(world.account(), talk, text);
    let (one, two) = (send("One").await.unwrap(), send("Two").await.unwrap());
    let back = send("Three").await.unwrap();
    assert_eq!(one.state, OutgoingState::Waiting);
    world
        .engine
        .keep_draft(world.account(), &talk.to_string(), "Four")
        .unwrap();
    world.engine.take_back_message(world.account(), back.id).unwrap();
    assert_eq!(
        world.engine.draft(world.account(), &talk.to_string()).unwrap(),
        "Four\nThree"
    );
    // The app ends meanwhile.
    let world = world.reopened().await;
    world.engine.resume().await;
    assert_eq!(said(&world, talk).await.len(), 2);
    assert_eq!(
        world.engine.outgoing(one.id).unwrap().state,
        OutgoingState::Waiting
    );
    let_in(&world).await;
    let (one, two) = (
        delivered_as(&world, one.id).await,
        delivered_as(&world, two.id).await,
    );
    assert!(one < two, "in their order");
    assert_eq!(world.sandbox.faults().calls("SendInvoicePaymentMessage"), 2);
}

/// The answer never comes, and the app is killed: the next start looks, and does not send again.
#[tokio::test(start_paused = true)]
async fn what_was_on_its_way_when_the_app_was_killed_is_looked_for() {
    for kind in Kind::ALL {
        for (when, pictures) in [
            (When::After, 0),
            (When::After, 2),
            (When::Before, 0),
            (When::Before, 1),
        ] {
            let case = format!("{kind:?} {when:?} {pictures}");
            let world = World::new(424).await;
            let talk = kind.talk(&world).await;
            for _ in 0..pictures {
                drafted(&world, talk).await;
            }
            world.sandbox.faults().once(kind.rpc(), when, Wrong::Hang);
            let sent = world
                .engine
                .send_message(world.account(), talk, "Hello")
                .await
                .unwrap();
            world
                .until(|world| world.sandbox.faults().calls(kind.rpc()) == 1)
                .await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            let world = world.killed(|_: &Path| {}).await;
            let before = world.engine.outgoing(sent.id);
            assert!(before.is_err(), "not open yet");
            world.engine.resume().await;
            let found = world.engine.outgoing(sent.id).unwrap();
            assert!(matches!(found.state, OutgoingState::Checking { .. }), "{case}");
            world.settled().await;
            let settled = message_settled(&world, sent.id).await;
            if when == When::After {
                assert!(settled.message().is_some(), "{case}: {settled:?}");
            } else {
                assert!(matches!(settled.state, OutgoingState::Failed(_)), "{case}");
            }
            assert_eq!(world.sandbox.faults().calls(kind.rpc()), 1, "{case}");
            assert_eq!(
                written(&world, "Hello").len(),
                usize::from(when == When::After),
                "{case}"
            );
        }
    }
}

/// Absence counts only after the last moment at which it could arrive.
#[tokio::test(start_paused = true)]
async fn absence_is_not_believed_too_early() {
    let world = World::new(425).await;
    let talk = Kind::Payment.talk(&world).await;
    world
        .sandbox
        .faults()
        .once("SendInvoicePaymentMessage", When::Before, unavailable());
    let sent = world
        .engine
        .send_message(world.account(), talk, "Hello")
        .await
        .unwrap();
    tokio::time::sleep(Pace::REAL.last_arrival - Duration::from_secs(5)).await;
    let state = world.engine.outgoing(sent.id).unwrap().state;
    assert!(
        matches!(state, OutgoingState::Checking { absent: 0, .. }),
        "{state:?}"
    );
    let settled = message_settled(&world, sent.id).await;
    assert!(matches!(settled.state, OutgoingState::Failed(_)));
}

#[tokio::test(start_paused = true)]
async fn messages_are_checked_before_they_are_written_down() {
    let world = World::new(426).await;
    let talk = Kind::Deal.talk(&world).await;
    let attempt = world.engine.send_message(world.account(), talk, " \n ").await;
    assert_no(&fault_of(attempt), FaultCode::MessageEmpty);
    // A thousand UTF-16 units, not letters: an emoji is two.
    let long = "😀".repeat(500);
    let attempt = world
        .engine
        .send_message(world.account(), talk, &format!("{long}."))
        .await;
    assert_no(&fault_of(attempt), FaultCode::MessageTooLong);
    for talk in [
        Talk::Payment(PaymentId::new(9_999_999).unwrap()),
        about(&world, LIBRARY).await,
    ] {
        let attempt = world
            .engine
            .send_message(world.account(), talk, &"я".repeat(1001))
            .await;
        assert_no(&fault_of(attempt), FaultCode::MessageTooLong);
    }
    assert_eq!(world.sandbox.faults().calls("SendMessage"), 0);
    delivered(&world, talk, &long).await;
    assert_eq!(said(&world, talk).await.last().unwrap().0, long);
}

/// Both sides speak at once; an answer that shows somebody else's conversation says nothing of this message.
#[tokio::test(start_paused = true)]
async fn the_other_side_s_same_words_are_not_one_s_own() {
    let world = World::new(427).await;
    let talk = about(&world, LIBRARY).await;
    delivered(&world, talk, "Hello").await;
    let me = me(&world).await;
    world
        .line_of(LIBRARY_SELLER)
        .send_invoice_message(invoice(LIBRARY), Some(me), "Yes", &[])
        .await
        .unwrap();
    world
        .sandbox
        .faults()
        .once("SendInvoiceMessage", When::Before, unavailable());
    let sent = world
        .engine
        .send_message(world.account(), talk, "Yes")
        .await
        .unwrap();
    let settled = message_settled(&world, sent.id).await;
    assert!(matches!(settled.state, OutgoingState::Failed(_)), "{settled:?}");
}

#[tokio::test(start_paused = true)]
async fn an_eleventh_picture_is_refused() {
    let world = World::new(428).await;
    let talk = about(&world, LIBRARY).await;
    let mut all: Vec<PictureId> = Vec::new();
    for _ in 0..10 {
        all.push(drafted(&world, talk).await);
    }
    let eleventh = world
        .engine
        .add_picture(world.account(), talk, pictures::file(), false)
        .await;
    let fault = fault_of(eleventh);
    assert_no(&fault, FaultCode::TooManyPictures);
    assert_eq!(fault.value("max"), Some("10"));
    delivered(&world, talk, "").await;
    let images = &written(&world, "")[0].images;
    let names: Vec<String> = all.iter().map(ToString::to_string).collect();
    assert_eq!(images, &names, "in their order");
}
