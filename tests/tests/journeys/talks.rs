//! Talks: begun from an invoice, a payment, a deal; read, counted, deleted; and what a marketplace says of them that it
//! should not.

use kvit_client::Marketplace;
use kvit_domain::{
    conversation::Conversation,
    fault::FaultCode,
    id::{InvoiceId, MessageId, PaymentId, UserId},
    message::Talk,
    news::NewsKind,
    payment::PaymentStatus,
};
use kvit_engine::{
    Beside, LinesPage, PicturePlace, PictureSize, TalkDeleted, TalkLine, TalkLines, TalksQuery, Topic, Unread,
};
use kvit_proto::v1;
use kvit_sandbox::Defects;
use kvit_testkit::World;

use crate::{
    LIBRARY, LIBRARY_SELLER, assert_no, cut_off, delivered, done, fault_of, invoice, let_in, open_deal, pay,
    read_again, restarted,
};

/// Two hours of talk, sold by the person.
const TALK: u64 = 777;

pub(crate) async fn lines(world: &World, talk: Talk) -> TalkLines {
    world.engine.talk_lines(talk, LinesPage::Last, 100).await.unwrap()
}

/// The words of a talk, in order, and whether the person said them.
pub(crate) async fn said(world: &World, talk: Talk) -> Vec<(String, bool)> {
    lines(world, talk)
        .await
        .lines
        .into_iter()
        .map(|line| match line {
            TalkLine::Message { message, mine, .. } => (message.text, mine),
            TalkLine::Outgoing(outgoing) => (outgoing.text, true),
        })
        .collect()
}

fn words(text: &str, mine: bool) -> (String, bool) {
    (text.to_owned(), mine)
}

pub(crate) async fn me(world: &World) -> UserId {
    world.engine.me().await.unwrap()
}

pub(crate) async fn about(world: &World, number: u64) -> Talk {
    world
        .engine
        .talk_about_invoice(invoice(number), None)
        .await
        .unwrap()
}

fn unread(world: &World) -> Unread {
    world.engine.state().unread
}

fn messages(count: u32) -> Unread {
    Unread {
        talks: count.min(1),
        messages: count,
    }
}

async fn conversation_of(line: &Marketplace, number: u64) -> Conversation {
    line.conversations_of_invoice(invoice(number))
        .await
        .unwrap()
        .swap_remove(0)
}

#[tokio::test(start_paused = true)]
async fn asked_before_buying_and_answered() {
    let world = World::new(400).await;
    let talk = about(&world, LIBRARY).await;
    let me = me(&world).await;
    assert_eq!(
        talk,
        Talk::Invoice {
            invoice: invoice(LIBRARY),
            buyer: me
        }
    );
    let seen = world.engine.talk(talk).await.unwrap();
    assert!(
        !seen.begun && seen.closed.is_none() && seen.read.is_none(),
        "{seen:?}"
    );
    assert_eq!(seen.with.name, LIBRARY_SELLER);
    assert!(matches!(seen.beside, Some(Beside::Invoice(ref about)) if about.id == invoice(LIBRARY)));

    world
        .engine
        .keep_draft(world.account(), &talk.to_string(), "Is it in stock?")
        .unwrap();
    delivered(&world, talk, "Is it in stock?").await;
    assert_eq!(
        world.engine.draft(world.account(), &talk.to_string()).unwrap(),
        ""
    );
    let seller = world.line_of(LIBRARY_SELLER);
    let there = conversation_of(&seller, LIBRARY).await;
    assert_eq!((there.buyer.id, there.messages.len()), (me, 1));
    assert_eq!(unread(&world), Unread::default(), "one's own words are not news");

    world.told.take();
    seller
        .send_invoice_message(invoice(LIBRARY), Some(me), "Yes, plenty of it.", &[])
        .await
        .unwrap();
    world.until(|world| unread(world) == messages(1)).await;
    let told = world.told.take();
    for topic in [Topic::Talk(talk), Topic::Talks, Topic::App] {
        assert!(told.contains(&topic), "{topic:?}");
    }
    let of_a_message = |world: &World| {
        let mut news = world.told.news().into_iter();
        news.find(|one| one.kind == NewsKind::ConversationMessage)
    };
    world.until(|world| of_a_message(world).is_some()).await;
    let news = of_a_message(&world).unwrap();
    assert_eq!(
        (news.kind, news.talk, news.words.as_str(), news.person.as_str()),
        (
            NewsKind::ConversationMessage,
            Some(talk),
            "Yes, plenty of it.",
            LIBRARY_SELLER
        )
    );
    assert_eq!(
        said(&world, talk).await,
        [words("Is it in stock?", true), words("Yes, plenty of it.", false)]
    );

    let page = world.engine.talks(&TalksQuery::default(), 0, 50).await.unwrap();
    let row = &page.rows[0];
    assert_eq!((row.talk, row.unread), (talk, 1));
    assert_eq!(row.last.as_ref().unwrap().text, "Yes, plenty of it.");

    let last = lines(&world, talk).await.last.unwrap();
    world.engine.read_talk(world.account(), talk, last).unwrap();
    assert_eq!(unread(&world), Unread::default());
    let world = restarted(world).await;
    assert_eq!(unread(&world), Unread::default(), "it stays read");
    assert_eq!(said(&world, talk).await.len(), 2);
    seller
        .send_invoice_message(invoice(LIBRARY), Some(me), "Still there?", &[])
        .await
        .unwrap();
    world.until(|world| unread(world) == messages(1)).await;
    let world = restarted(world).await;
    assert_eq!(unread(&world), messages(1), "it stays unread");
}

/// About a purchase, and about a sale: the same words for both sides.
#[tokio::test(start_paused = true)]
async fn a_purchase_and_a_sale_are_talked_about() {
    let world = World::new(401).await;
    let (paid, ..) = done(pay(&world, LIBRARY, 2).await);
    let sale = PaymentId::new(world.sandbox.buy("marta.k", TALK, 1).unwrap()).unwrap();
    read_again(&world).await;
    for (payment, other) in [(paid.payment.id, LIBRARY_SELLER), (sale, "marta.k")] {
        let talk = world.engine.talk_about_payment(payment).await.unwrap();
        let seen = world.engine.talk(talk).await.unwrap();
        assert_eq!((seen.with.name.as_str(), seen.closed), (other, None));
        assert!(matches!(seen.beside, Some(Beside::Payment(_))));
        delivered(&world, talk, "About this one").await;
        let line = world.line_of(other);
        line.send_payment_message(payment, "What of it?", &[])
            .await
            .unwrap();
        world
            .until(|world| world.engine.state().unread.messages > 0)
            .await;
        assert_eq!(
            said(&world, talk).await,
            [words("About this one", true), words("What of it?", false)]
        );
        let last = lines(&world, talk).await.last.unwrap();
        world.engine.read_talk(world.account(), talk, last).unwrap();
    }
    let query = TalksQuery {
        text: "marta".to_owned(),
        ..TalksQuery::default()
    };
    let found = world.engine.talks(&query, 0, 50).await.unwrap();
    assert_eq!((found.total, found.rows[0].talk), (1, Talk::Payment(sale)));
}

#[tokio::test(start_paused = true)]
async fn where_nothing_can_be_written_it_is_said_before() {
    let world = World::new(402).await;
    let own = world.engine.talk_about_invoice(invoice(TALK), None).await;
    assert_no(&fault_of(own), FaultCode::ConversationNotAllowed);
    let nothing = world
        .engine
        .talk_about_invoice(InvoiceId::new(9_999_999).unwrap(), None)
        .await;
    assert_no(&fault_of(nothing), FaultCode::InvoiceNotFound);
    let nothing = world
        .engine
        .talk(Talk::Payment(PaymentId::new(9_999_999).unwrap()))
        .await;
    assert_no(&fault_of(nothing), FaultCode::PaymentNotFound);

    let (payment, deal) = open_deal(&world).await;
    let (about_payment, chat) = (Talk::Payment(payment.payment.id), Talk::Deal(deal.deal.id));
    delivered(&world, about_payment, "Wait for me").await;
    world
        .engine
        .cancel_payment(world.account(), payment.payment.id)
        .await
        .unwrap();
    for (talk, code) in [
        (about_payment, FaultCode::PaymentCanceled),
        (chat, FaultCode::DealClosedForMessages),
    ] {
        let seen = world.engine.talk_now(talk).await.unwrap();
        assert_eq!(seen.closed, Some(code));
        let sent = world.engine.send_message(world.account(), talk, "Hello?").await;
        assert_no(&fault_of(sent), code);
    }
    assert_eq!(
        world
            .engine
            .payment(payment.payment.id)
            .await
            .unwrap()
            .payment
            .status,
        PaymentStatus::Canceled
    );
    assert_eq!(said(&world, about_payment).await, [words("Wait for me", true)]);
}

/// It closes between the copy and the call: the message stays, with the reason.
#[tokio::test(start_paused = true)]
async fn what_closed_meanwhile_is_said_of_the_message() {
    let world = World::new(403).await;
    let (_, deal) = open_deal(&world).await;
    cut_off(&world).await;
    let talk = Talk::Deal(deal.deal.id);
    let waiting = world
        .engine
        .send_message(world.account(), talk, "I paid just now")
        .await
        .unwrap();
    world.sandbox.trader_cancels(deal.deal.id.get()).unwrap();
    let_in(&world).await;
    let settled = crate::message_settled(&world, waiting.id).await;
    let kvit_engine::OutgoingState::Failed(fault) = &settled.state else {
        panic!("{settled:?}");
    };
    assert_no(fault, FaultCode::DealClosedForMessages);
    assert_eq!(world.sandbox.faults().calls("SendMessage"), 0);
    let page = world
        .engine
        .talks(
            &TalksQuery {
                deals: true,
                ..TalksQuery::default()
            },
            0,
            50,
        )
        .await
        .unwrap();
    let row = page.rows.iter().find(|row| row.talk == talk).unwrap();
    assert_eq!((row.failed, row.on_their_way), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn deleting_hides_and_something_new_brings_it_back() {
    for (stays, deleted) in [(false, TalkDeleted::AtMarketplace), (true, TalkDeleted::OnlyHere)] {
        let world = World::new(404).await;
        world
            .sandbox
            .set_defects(Defects {
                conversations_stay: stays,
                ..Defects::default()
            })
            .unwrap();
        let talk = about(&world, LIBRARY).await;
        delivered(&world, talk, "Hello").await;
        let all = TalksQuery::default();
        let listed = || world.engine.talks(&all, 0, 50);
        assert_eq!(listed().await.unwrap().total, 1);
        assert_eq!(
            world.engine.delete_talk(world.account(), talk).await.unwrap(),
            deleted
        );
        assert_eq!(listed().await.unwrap().total, 0);
        let seen = world.engine.talk(talk).await.unwrap();
        assert!(seen.hidden && seen.begun, "nothing is forgotten");
        read_again(&world).await;
        assert_eq!(listed().await.unwrap().total, 0, "it stays hidden");
        let seller = world.line_of(LIBRARY_SELLER);
        seller
            .send_invoice_message(invoice(LIBRARY), Some(me(&world).await), "Hello to you", &[])
            .await
            .unwrap();
        world.until(|world| unread(world) == messages(1)).await;
        assert_eq!(listed().await.unwrap().total, 1);
        assert_eq!(said(&world, talk).await.len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn the_chat_of_a_deal_is_hidden_here_and_comes_back() {
    let world = World::new(405).await;
    let (_, deal) = open_deal(&world).await;
    let talk = Talk::Deal(deal.deal.id);
    delivered(&world, talk, "Hello").await;
    assert_eq!(
        world.engine.delete_talk(world.account(), talk).await.unwrap(),
        TalkDeleted::OnlyHere
    );
    assert!(world.engine.talk(talk).await.unwrap().hidden);
    delivered(&world, talk, "One thing more").await;
    assert!(!world.engine.talk(talk).await.unwrap().hidden);
}

/// Everything said before the account came to be used here is read, except what the marketplace has stored events of.
#[tokio::test(start_paused = true)]
async fn of_the_past_only_what_is_stored_is_unread() {
    let world = World::disconnected_with(406, |options| options.talk = true).await;
    let line = world.line_of(&world.you());
    let stored = line.stored_events().await.unwrap();
    let fresh = stored.iter().filter(|event| {
        matches!(
            event.content,
            kvit_domain::event::EventContent::ConversationMessage(_)
                | kvit_domain::event::EventContent::DealMessage(_)
        )
    });
    let fresh = u32::try_from(fresh.count()).unwrap();
    assert!(fresh > 0, "the practice world has some");
    world.engine.start_practice().await.unwrap();
    world.settled().await;
    assert_eq!(unread(&world).messages, fresh);
    let page = world.engine.talks(&TalksQuery::default(), 0, 50).await.unwrap();
    assert!(page.total >= 10, "{}", page.total);
    let of_rows: u32 = page.rows.iter().map(|row| row.unread).sum();
    assert!(of_rows <= fresh);
    let world = restarted(world).await;
    assert_eq!(unread(&world).messages, fresh);
}

#[tokio::test(start_paused = true)]
async fn what_was_said_while_nobody_listened_is_there_afterwards() {
    let world = World::new(407).await;
    let talk = about(&world, LIBRARY).await;
    delivered(&world, talk, "Hello").await;
    let me = me(&world).await;
    let seller = world.line_of(LIBRARY_SELLER);
    seller
        .send_invoice_message(invoice(LIBRARY), Some(me), "One", &[])
        .await
        .unwrap();
    world.sandbox.faults().lose_events(1);
    seller
        .send_invoice_message(invoice(LIBRARY), Some(me), "Two", &[])
        .await
        .unwrap();
    cut_off(&world).await;
    world.sandbox.faults().lose_events(0);
    let_in(&world).await;
    world.until(|world| unread(world) == messages(2)).await;
    assert_eq!(said(&world, talk).await.len(), 3);
}

/// Somebody else's conversations, the same ones twice, in any order: what is not the person's is not kept.
#[tokio::test(start_paused = true)]
async fn what_is_nobody_s_business_is_not_kept() {
    let world = World::new(408).await;
    world
        .sandbox
        .set_defects(Defects {
            conversations_leak: true,
            unpaid_conversations_missing: true,
            conversations_unordered: true,
            ..Defects::default()
        })
        .unwrap();
    let marta = world.line_of("marta.k");
    marta
        .send_invoice_message(invoice(LIBRARY), None, "Between us", &[])
        .await
        .unwrap();
    world
        .sandbox
        .faults()
        .alter(|answer: &mut v1::GetConversationsResponse| {
            answer.conversations.extend(answer.conversations.clone());
        });
    let talk = about(&world, LIBRARY).await;
    for text in ["One", "Two", "Three"] {
        delivered(&world, talk, text).await;
    }
    read_again(&world).await;
    world.engine.talk_now(talk).await.unwrap();
    let page = world.engine.talks(&TalksQuery::default(), 0, 50).await.unwrap();
    assert_eq!(page.total, 1);
    assert_eq!(
        said(&world, talk).await,
        [words("One", true), words("Two", true), words("Three", true)]
    );
}

/// The marketplace changes what somebody said: both versions stay.
#[tokio::test(start_paused = true)]
async fn what_is_said_differently_later_is_kept_in_both_versions() {
    let world = World::new(409).await;
    let talk = about(&world, LIBRARY).await;
    delivered(&world, talk, "Will it last a month?").await;
    let me = me(&world).await;
    world
        .line_of(LIBRARY_SELLER)
        .send_invoice_message(invoice(LIBRARY), Some(me), "It will.", &[])
        .await
        .unwrap();
    world.until(|world| unread(world) == messages(1)).await;
    world
        .sandbox
        .faults()
        .alter(|answer: &mut v1::GetConversationsResponse| {
            for message in answer.conversations.iter_mut().flat_map(|one| &mut one.messages) {
                if message.text == "It will." {
                    message.text = "I never said so.".to_owned();
                }
            }
        });
    world.engine.talk_now(talk).await.unwrap();
    let shown = lines(&world, talk).await.lines;
    let TalkLine::Message { message, former, .. } = &shown[1] else {
        panic!("{shown:?}");
    };
    assert_eq!(message.text, "I never said so.");
    assert_eq!(former.len(), 1);
    assert_eq!(former[0].text, "It will.");
    assert_eq!(unread(&world), messages(1), "no new message");
}

#[tokio::test(start_paused = true)]
async fn a_long_talk_is_read_page_by_page() {
    let world = World::disconnected(410).await;
    world.sandbox.bulk_conversations(1, 500).unwrap();
    world.engine.start_practice().await.unwrap();
    world.settled().await;
    let page = world.engine.talks(&TalksQuery::default(), 0, 50).await.unwrap();
    let talk = page.rows[0].talk;
    assert_eq!(unread(&world), Unread::default(), "nothing of it is stored");
    let mut seen: Vec<MessageId> = Vec::new();
    let mut page = lines(&world, talk).await;
    assert!(!page.later && page.earlier);
    loop {
        let ids = page.lines.iter().map(|line| match line {
            TalkLine::Message { message, .. } => message.id,
            TalkLine::Outgoing(outgoing) => panic!("{outgoing:?}"),
        });
        seen.splice(0..0, ids);
        if !page.earlier {
            break;
        }
        let before = LinesPage::Before(page.first.unwrap());
        page = world.engine.talk_lines(talk, before, 100).await.unwrap();
        assert!(page.later);
    }
    assert_eq!(seen.len(), 500);
    assert!(seen.is_sorted());
    let around = world
        .engine
        .talk_lines(talk, LinesPage::Around(seen[250]), 20)
        .await
        .unwrap();
    assert!(around.earlier && around.later && around.lines.len() == 20);
}

/// Buyer and seller, each with their own engine: what one says the other reads, word for word, and the counts of both add
/// up.
#[tokio::test(start_paused = true)]
async fn two_people_talk() {
    let buyer = World::new(411).await;
    let seller = buyer.beside(LIBRARY_SELLER).await;
    let talk = about(&buyer, LIBRARY).await;
    delivered(&buyer, talk, "Is it in stock?").await;
    seller
        .until(|seller| seller.engine.state().unread.messages == 1)
        .await;
    let seen = seller.engine.talk(talk).await.unwrap();
    assert_eq!(
        (seen.with.name.as_str(), seen.closed),
        (buyer.you().as_str(), None)
    );
    let picture = crate::pictures::drafted(&seller, talk).await;
    let answer = delivered(&seller, talk, "It is. Look:").await;
    buyer
        .until(|buyer| buyer.engine.state().unread.messages == 1)
        .await;
    let shown = buyer
        .engine
        .picture(
            buyer.account(),
            PicturePlace::Message(talk, answer),
            picture,
            PictureSize::Original,
        )
        .await
        .unwrap();
    assert_eq!((shown.width, shown.height), (40, 30));
    let (paid, ..) = done(pay(&buyer, LIBRARY, 1).await);
    let after = Talk::Payment(paid.payment.id);
    delivered(&buyer, after, "It does not open.").await;
    seller
        .until(|seller| {
            seller.engine.state().unread
                == Unread {
                    talks: 2,
                    messages: 2,
                }
        })
        .await;
    delivered(&seller, after, "Try the other door.").await;
    buyer
        .until(|buyer| buyer.engine.state().unread.messages == 2)
        .await;
    let turned: Vec<_> = said(&seller, talk)
        .await
        .into_iter()
        .map(|(text, mine)| (text, !mine))
        .collect();
    assert_eq!(said(&buyer, talk).await, turned);
}
