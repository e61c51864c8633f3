//! What the simulated people have said, and what they say when somebody real talks to them.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::time::{Duration, SystemTime};

use common::{Client, START, World, key, text};
use kvit_proto::v1;
use kvit_proto::v1::conversation::Parent;
use kvit_proto::v1::event::Content;
use kvit_sandbox::{Clock, Confirmations, Options, Sandbox, Storage};

async fn open(options: Options) -> World {
    let clock = options.clock.clone();
    let sandbox = Sandbox::open(options).await.unwrap();
    World { sandbox, clock }
}

/// A world in which people have talked, and nobody begins by himself.
fn talked() -> Options {
    let clock = Clock::manual(SystemTime::UNIX_EPOCH + Duration::from_secs(START));
    Options {
        talk: true,
        confirmations: Confirmations::Kept,
        ..Options::still(3, clock, key())
    }
}

async fn conversations(api: &mut Client) -> Vec<v1::Conversation> {
    api.get_conversations(())
        .await
        .unwrap()
        .into_inner()
        .conversations
}

async fn get(api: &mut Client, guid: &str, is_preview: bool) -> Result<v1::Image, tonic::Status> {
    let asked = v1::GetImageRequest {
        id: guid.to_owned(),
        is_preview,
    };
    Ok(api.get_image(asked).await?.into_inner())
}

#[tokio::test]
async fn a_world_begins_with_conversations_pictures_and_refunds() {
    let world = open(talked()).await;
    let mut api = world.client().await;
    let all = conversations(&mut api).await;
    assert!(all.len() >= 12, "{}", all.len());
    let (invoices, payments): (Vec<_>, Vec<_>) = all
        .iter()
        .partition(|talk| matches!(talk.parent, Some(Parent::Invoice(_))));
    assert!(invoices.len() >= 5 && payments.len() >= 5);
    let own = |talk: &&v1::Conversation| talk.seller.as_ref().unwrap().username == "you";
    assert!(all.iter().filter(own).count() >= 5 && all.iter().filter(|talk| !own(talk)).count() >= 5);
    let lines: Vec<_> = all.iter().flat_map(|talk| &talk.messages).collect();
    assert!(lines.iter().all(|line| line.text.encode_utf16().count() <= 1_000));
    assert!(lines.iter().any(|line| line.text.encode_utf16().count() > 900));
    assert!(
        lines
            .iter()
            .any(|line| line.text.contains('\u{202E}') && line.text.contains("https://"))
    );
    let mut by_number = lines.clone();
    by_number.sort_by_key(|line| line.id);
    assert!(by_number.is_sorted_by_key(|line| line.created_at.unwrap().seconds));

    // Pictures are there, but one that its sender has not uploaded yet.
    let guids: Vec<&String> = lines.iter().flat_map(|line| &line.images).collect();
    let mut missing = Vec::new();
    for guid in &guids {
        match get(&mut api, guid, true).await {
            Ok(image) => assert!(image.preview.starts_with(b"\x89PNG")),
            Err(status) => {
                assert_eq!(text(&status), "UserException: Image not found.");
                missing.push((*guid).clone());
            }
        }
    }
    assert!(guids.len() >= 5 && missing.len() == 1);
    world.pass(1).await;
    let image = get(&mut api, &missing[0], false).await.unwrap();
    assert!(image.original.starts_with(&[0xFF, 0xD8]));

    // Some of it is news.
    let events = api.get_user_events(()).await.unwrap().into_inner().events;
    let new = events
        .iter()
        .filter(|event| matches!(event.content, Some(Content::ConversationNewMessage(_))));
    assert!(new.count() >= 5);

    // Paid to the local user: partly refunded, of several pieces at a fiat price, by somebody anonymous.
    let to_me = v1::GetInvoicePaymentsRequest {
        is_to_me: true,
        is_to_me_has_value: true,
        count: 100,
        ..Default::default()
    };
    let to_me = api
        .get_invoice_payments(to_me)
        .await
        .unwrap()
        .into_inner()
        .payments;
    let paid = |wanted: &dyn Fn(&v1::InvoicePayment) -> bool| {
        to_me
            .iter()
            .filter(|payment| payment.status == 1 && wanted(payment))
            .count()
    };
    assert!(paid(&|payment| payment.refunded > 0 && payment.refunded < payment.pieces) >= 1);
    assert!(
        paid(&|payment| payment.refunded == 0
            && payment.pieces > 1
            && !payment.invoice.as_ref().unwrap().is_base_crypto)
            >= 2
    );
    assert!(paid(&|payment| payment.owner.as_ref().unwrap().is_anonymous) >= 1);
    assert!(
        paid(&|payment| matches!(
            payment.nullable_owner_feedback,
            Some(v1::invoice_payment::NullableOwnerFeedback::OwnerFeedback(_))
        )) >= 2
    );
}

#[tokio::test]
async fn feedback_of_earlier_times_agrees_with_the_standing() {
    let world = open(talked()).await;
    let mut api = world.client().await;
    let coffee = v1::GetInvoiceByIdRequest { invoice_id: 256 };
    let owner = api.get_invoice_by_id(coffee).await.unwrap().into_inner().invoices[0]
        .owner
        .clone()
        .unwrap();
    let asked = v1::GetUserFeedbacksRequest {
        user_id: owner.id,
        count: -99,
        ..Default::default()
    };
    let said = api
        .get_user_feedbacks(asked)
        .await
        .unwrap()
        .into_inner()
        .feedbacks;
    let blame = said.iter().filter(|feedback| !feedback.is_positive).count();
    // mapwright: 70 judged, 69 praised.
    assert_eq!((said.len(), blame), (70, 1));
    assert_eq!(
        owner.invoice_response_rate,
        Some(v1::Decimal {
            units: 98,
            nanos: 570_000_000
        })
    );
    assert!(said.is_sorted_by(|a, b| a.created_at.unwrap().seconds > b.created_at.unwrap().seconds));
}

#[tokio::test]
async fn a_seller_answers_in_the_language_of_the_question() {
    let world = open(talked()).await;
    let mut api = world.client().await;
    for (question, russian) in [("Is it big?", false), ("Большая?", true)] {
        let asked = v1::SendInvoiceMessageRequest {
            invoice_id: 51,
            text: question.to_owned(),
            ..Default::default()
        };
        let talk = api.send_invoice_message(asked).await.unwrap().into_inner();
        world.pass(4).await;
        let before = conversations(&mut api).await;
        assert!(
            before.iter().any(|known| known.messages == talk.messages),
            "nobody answers at once"
        );
        world.pass(42).await;
        let answered = conversations(&mut api).await;
        let answered = answered.iter().find(|known| known.id == talk.id).unwrap();
        assert_eq!(answered.messages.len(), talk.messages.len() + 1);
        let answer = answered.messages.last().unwrap();
        assert_eq!(answer.owner_id, talk.seller.unwrap().id);
        let cyrillic = answer.text.chars().any(|sign| ('а'..='я').contains(&sign));
        assert_eq!(cyrillic, russian, "{}", answer.text);
        world.pass(600).await;
        let later = conversations(&mut api).await;
        assert!(
            later.iter().any(|known| known.messages == answered.messages),
            "one answer each"
        );
    }
}

#[tokio::test]
async fn a_seller_who_is_asked_for_money_gives_a_piece_back() {
    let world = open(talked()).await;
    let mut api = world.client().await;
    let pay = v1::PayInvoiceFromBalanceRequest {
        invoice_id: 88,
        pieces: 2,
    };
    let bought = api.pay_invoice_from_balance(pay).await.unwrap().into_inner();
    let balance = world.sandbox.balance("you").unwrap().0;
    for (times, refunded) in [(1, 1), (2, 2), (3, 2)] {
        let asked = v1::SendInvoicePaymentMessageRequest {
            payment_id: bought.id,
            text: format!("A refund, please, {times}"),
            image_ids: vec![],
        };
        api.send_invoice_payment_message(asked).await.unwrap();
        world.pass(46).await;
        assert_eq!(world.payments(bought.id).await[0].refunded, refunded);
    }
    let gained = world.sandbox.balance("you").unwrap().0.0 - balance.0;
    assert!(gained > 0);
    let refund = world
        .payments(0)
        .await
        .into_iter()
        .find(|payment| payment.is_refund)
        .unwrap();
    assert!(refund.status == 1 && refund.confirmation.contains("InvoiceOwner: you\n"));
}

#[tokio::test]
async fn people_begin_to_talk_where_surprises_are_wanted() {
    let world = open(Options {
        surprises: true,
        ..talked()
    })
    .await;
    let mut api = world.client().await;
    let before = conversations(&mut api).await;
    let mut guids = std::collections::BTreeSet::new();
    for _ in 0..24 {
        let pay = v1::PayInvoiceFromBalanceRequest {
            invoice_id: 640,
            pieces: 1,
        };
        api.pay_invoice_from_balance(pay).await.unwrap();
        for _ in 0..15 {
            world.pass(30).await;
        }
    }
    let after = conversations(&mut api).await;
    let begun: Vec<_> = after
        .iter()
        .filter(|talk| before.iter().all(|known| known.id != talk.id))
        .collect();
    let as_seller = |talk: &&&v1::Conversation| talk.seller.as_ref().unwrap().username == "you";
    assert!(begun.iter().filter(as_seller).count() >= 3, "buyers write");
    assert!(
        begun.iter().filter(|talk| !as_seller(talk)).count() >= 3,
        "sellers write"
    );
    for talk in &begun {
        guids.extend(talk.messages.iter().flat_map(|line| line.images.clone()));
    }
    assert!(!guids.is_empty(), "some show pictures");
    world.pass(30).await;
    for guid in &guids {
        get(&mut api, guid, true).await.unwrap();
    }
    let judged = world.payments(0).await;
    let judged = judged.iter().filter(|payment| {
        use v1::invoice_payment::{NullableOwnerFeedback, NullableSellerFeedback};
        matches!(
            payment.nullable_seller_feedback,
            Some(NullableSellerFeedback::SellerFeedback(_))
        ) || matches!(
            payment.nullable_owner_feedback,
            Some(NullableOwnerFeedback::OwnerFeedback(_))
        )
    });
    assert!(judged.count() >= 6);
}

#[tokio::test]
async fn nobody_acts_for_who_has_joined_and_he_stays_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        storage: Storage::File(folder.path().join("practice.sqlite")),
        ..talked()
    };
    let world = open(options.clone()).await;
    let token = world.sandbox.join("mapwright").unwrap();
    assert_eq!(world.sandbox.join("mapwright").unwrap(), token);
    let asked = v1::SendInvoiceMessageRequest {
        invoice_id: 51,
        text: "Is it big?".to_owned(),
        ..Default::default()
    };
    let talk = world
        .client()
        .await
        .send_invoice_message(asked)
        .await
        .unwrap()
        .into_inner();
    world.pass(3_000).await;
    let mut seller = world.client_with(&token).await;
    let waiting = conversations(&mut seller).await;
    assert!(
        waiting
            .iter()
            .any(|known| known.id == talk.id && known.messages == talk.messages)
    );
    world.sandbox.shutdown().await;

    let world = open(options).await;
    let mut seller = world.client_with(&token).await;
    assert_eq!(conversations(&mut seller).await.len(), waiting.len());
    let mut you = world.client().await;
    let all = conversations(&mut you).await;
    let guid = all
        .iter()
        .flat_map(|talk| &talk.messages)
        .flat_map(|line| &line.images)
        .next()
        .unwrap();
    assert!(!get(&mut you, guid, false).await.unwrap().original.is_empty());
}
