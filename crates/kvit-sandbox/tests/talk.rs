//! Conversations and pictures through a plain client of the contract.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::io::Cursor;

use common::{Client, World, text};
use kvit_proto::v1;
use kvit_proto::v1::event::Content;
use kvit_proto::v1::get_conversations_by_id_request::Ids;
use kvit_sandbox::{Defects, Fault, NewInvoice, Sats, When};
use tokio_stream::StreamExt;

const GUIDS: [&str; 3] = [
    "6f1c1f3e-4a52-4d0f-9d6c-2b7f9f0a0001",
    "6f1c1f3e-4a52-4d0f-9d6c-2b7f9f0a0002",
    "6f1c1f3e-4a52-4d0f-9d6c-2b7f9f0a0003",
];

fn ask(invoice: u64, text: &str) -> v1::SendInvoiceMessageRequest {
    v1::SendInvoiceMessageRequest {
        invoice_id: invoice,
        text: text.to_owned(),
        ..Default::default()
    }
}

fn about(payment: u64, text: &str, images: &[&str]) -> v1::SendInvoicePaymentMessageRequest {
    v1::SendInvoicePaymentMessageRequest {
        payment_id: payment,
        text: text.to_owned(),
        image_ids: images.iter().map(|guid| (*guid).to_owned()).collect(),
    }
}

fn texts(talk: &v1::Conversation) -> Vec<&str> {
    talk.messages.iter().map(|line| line.text.as_str()).collect()
}

async fn id_of(api: &mut Client) -> String {
    api.get_my_profile(()).await.unwrap().into_inner().user_id
}

async fn by_id(api: &mut Client, ids: Ids) -> Result<Vec<v1::Conversation>, tonic::Status> {
    let asked = v1::GetConversationsByIdRequest { ids: Some(ids) };
    Ok(api
        .get_conversations_by_id(asked)
        .await?
        .into_inner()
        .conversations)
}

fn jpeg() -> Vec<u8> {
    let picture = image::RgbImage::from_fn(40, 20, |x, y| image::Rgb([x as u8 * 6, y as u8 * 12, 7]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

fn upload(id: &str, data: Vec<u8>) -> v1::StoreImageRequest {
    v1::StoreImageRequest {
        id: id.to_owned(),
        data,
    }
}

fn original(id: &str) -> v1::GetImageRequest {
    v1::GetImageRequest {
        id: id.to_owned(),
        is_preview: false,
    }
}

#[tokio::test]
async fn a_buyer_asks_and_the_seller_answers() {
    let world = World::open().await;
    let coffee = world.coffee(0).await;
    let (mut buyer, mut seller) = (
        world.client().await,
        world
            .client_with(&world.sandbox.join("roastery-nord").unwrap())
            .await,
    );
    let (buyer_id, seller_id) = (id_of(&mut buyer).await, id_of(&mut seller).await);

    // Nobody but a buyer begins about a public invoice, and a buyer names nobody.
    let to = |to: &str| v1::SendInvoiceMessageRequest {
        to_user_id: to.to_owned(),
        ..ask(coffee, "Hello")
    };
    for (status, expected) in [
        (
            buyer.send_invoice_message(to(&seller_id)).await.unwrap_err(),
            "UserException: You buyer, target user must be empty.",
        ),
        (
            seller.send_invoice_message(to("")).await.unwrap_err(),
            "UserException: You can't send message to self.",
        ),
        (
            seller.send_invoice_message(to(&buyer_id)).await.unwrap_err(),
            "UserException: You can't send message to self.",
        ),
        (
            buyer.send_invoice_message(ask(coffee, "")).await.unwrap_err(),
            "ArgumentException: Text cannot be empty. (Parameter 'Text')",
        ),
        (
            buyer
                .send_invoice_message(ask(coffee, &"😀".repeat(501)))
                .await
                .unwrap_err(),
            "ArgumentException: Text cannot be longer than 1000 characters. (Parameter 'Text')",
        ),
        (
            buyer
                .send_invoice_message(ask(999_999, "Hello"))
                .await
                .unwrap_err(),
            "UserException: Invoice not found.",
        ),
    ] {
        assert_eq!(text(&status), expected);
    }
    assert_eq!(world.sandbox.executions(), []);

    let mut events = seller.subscribe_new_events(()).await.unwrap().into_inner();
    events.next().await.unwrap().unwrap();
    let talk = buyer
        .send_invoice_message(ask(coffee, &"😀".repeat(500)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (talk.seller.unwrap().id, talk.buyer.unwrap().id),
        (seller_id, buyer_id.clone())
    );
    assert!(matches!(talk.parent, Some(v1::conversation::Parent::Invoice(invoice)) if invoice.id == coffee));
    let told = events.next().await.unwrap().unwrap();
    assert!(told.id > 0, "kept until it is read");
    let Some(Content::ConversationNewMessage(told)) = told.content else {
        panic!("no message: {told:?}")
    };
    assert_eq!((told.id, told.messages.len()), (talk.id, 1));

    let answered = seller
        .send_invoice_message(to(&buyer_id))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((answered.id, answered.messages.len()), (talk.id, 2));
    assert!(answered.messages.is_sorted_by_key(|line| line.id));
    assert_eq!(answered.messages[0].owner_id, buyer_id);

    // Both have it, and nobody else has, also when he talks about the same.
    let mut other = world.client_with(&world.sandbox.join("marta.k").unwrap()).await;
    assert_eq!(by_id(&mut other, Ids::InvoiceId(coffee)).await.unwrap(), []);
    other.send_invoice_message(ask(coffee, "Mine")).await.unwrap();
    let mine = by_id(&mut other, Ids::InvoiceId(coffee)).await.unwrap();
    assert_eq!((mine.len(), texts(&mine[0])), (1, vec!["Mine"]));
    assert_eq!(by_id(&mut seller, Ids::InvoiceId(coffee)).await.unwrap().len(), 2);
    for wrong in [None, Some(Ids::UserId(buyer_id))] {
        let asked = v1::GetConversationsByIdRequest { ids: wrong };
        let status = buyer.get_conversations_by_id(asked).await.unwrap_err();
        assert_eq!(text(&status), "UserException: Incorrect command.");
    }

    let lines = world.sandbox.executions();
    assert_eq!(lines.len(), 3);
    assert_eq!(
        (
            lines[1].rpc.as_str(),
            lines[1].user.as_str(),
            lines[1].text.as_deref()
        ),
        ("SendInvoiceMessage", "roastery-nord", Some("Hello"))
    );
    assert_eq!(
        (lines[1].conversation, lines[1].message, lines[1].invoice),
        (Some(talk.id), Some(answered.messages[1].id), Some(coffee))
    );
}

#[tokio::test]
async fn a_private_invoice_is_discussed_by_its_two_parties() {
    let world = World::open().await;
    let mut buyer = world.client().await;
    let mut seller = world.client_with(&world.sandbox.join("mapwright").unwrap()).await;
    let bill = NewInvoice::private("mapwright", "you", Sats(10_000));
    let bill = world.sandbox.issue_invoice(bill).unwrap();
    let mut other = world.client_with(&world.sandbox.join("marta.k").unwrap()).await;
    let (you, marta) = (id_of(&mut buyer).await, id_of(&mut other).await);
    let to = |to: String| v1::SendInvoiceMessageRequest {
        to_user_id: to,
        ..ask(bill, "Your bill")
    };
    let status = other.send_invoice_message(ask(bill, "Hm")).await.unwrap_err();
    assert_eq!(text(&status), "UserException: Invoice not found.");
    let status = seller.send_invoice_message(to(marta)).await.unwrap_err();
    assert_eq!(
        text(&status),
        "UserException: You do not have permission to post messages to this conversation."
    );
    // Either side may begin.
    let talk = seller.send_invoice_message(to(you)).await.unwrap().into_inner();
    let talk_again = buyer
        .send_invoice_message(ask(bill, "Thanks"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(talk.id, talk_again.id);
    assert_eq!(texts(&talk_again), ["Your bill", "Thanks"]);
}

#[tokio::test]
async fn deleting_hides_until_somebody_writes_again() {
    let world = World::open().await;
    let coffee = world.coffee(0).await;
    let payment = world.sandbox.buy("marta.k", coffee, 1).unwrap();
    let mut seller = world
        .client_with(&world.sandbox.join("roastery-nord").unwrap())
        .await;
    let mut buyer = world.client_with(&world.sandbox.join("marta.k").unwrap()).await;
    let mut stranger = world.client().await;
    let none = by_id(&mut buyer, Ids::PaymentId(payment)).await.unwrap_err();
    assert_eq!(text(&none), "UserException: Conversation not found");
    let status = stranger
        .send_invoice_payment_message(about(payment, "Hm", &[]))
        .await
        .unwrap_err();
    assert_eq!(text(&status), "UserException: Payment not found.");

    let talk = seller
        .send_invoice_payment_message(about(payment, "All well?", &[]))
        .await
        .unwrap()
        .into_inner();
    let Some(v1::conversation::Parent::Payment(parent)) = &talk.parent else {
        panic!("no payment")
    };
    assert!(parent.id == payment && parent.confirmation.contains("BEGIN PGP SIGNATURE"));
    let delete = v1::DeleteConversationRequest {
        conversation_id: talk.id,
    };
    let all = async |api: &mut Client| {
        let all = api
            .get_conversations(())
            .await
            .unwrap()
            .into_inner()
            .conversations;
        all.into_iter().filter(|known| known.id == talk.id).count()
    };
    seller.delete_conversation(delete).await.unwrap();
    let again = seller.delete_conversation(delete).await.unwrap_err();
    assert_eq!(text(&again), "UserException: Conversation already deleted.");
    let foreign = stranger.delete_conversation(delete).await.unwrap_err();
    assert_eq!(text(&foreign), "UserException: Conversation not found.");
    assert_eq!((all(&mut seller).await, all(&mut buyer).await), (0, 1));
    assert!(by_id(&mut seller, Ids::PaymentId(payment)).await.is_err());

    buyer
        .send_invoice_payment_message(about(payment, "Yes!", &[]))
        .await
        .unwrap();
    assert_eq!((all(&mut seller).await, all(&mut buyer).await), (1, 1));
    let whole = by_id(&mut seller, Ids::PaymentId(payment)).await.unwrap();
    assert_eq!(texts(&whole[0]), ["All well?", "Yes!"]);
}

#[tokio::test]
async fn pictures_may_be_named_first_and_are_for_both_sides_only() {
    let world = World::open().await;
    let coffee = world.coffee(0).await;
    let payment = world.sandbox.buy("marta.k", coffee, 1).unwrap();
    let mut seller = world
        .client_with(&world.sandbox.join("roastery-nord").unwrap())
        .await;
    let mut buyer = world.client_with(&world.sandbox.join("marta.k").unwrap()).await;
    let mut stranger = world.client().await;

    let many: Vec<&str> = std::iter::repeat_n(GUIDS[0], 11).collect();
    let status = buyer
        .send_invoice_payment_message(about(payment, "", &many))
        .await
        .unwrap_err();
    assert!(text(&status).starts_with("ArgumentOutOfRangeException: ImagesCount"));
    // With a picture the length of the text is not looked at.
    let long = "a".repeat(1_001);
    let talk = buyer
        .send_invoice_payment_message(about(payment, &long, &[&GUIDS[0].to_uppercase()]))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(talk.messages[0].images, [GUIDS[0]]);
    let missing = seller.get_image(original(GUIDS[0])).await.unwrap_err();
    assert_eq!(text(&missing), "UserException: Image not found.");

    let sent = jpeg();
    let stored = buyer
        .store_image(upload(GUIDS[0], sent.clone()))
        .await
        .unwrap()
        .into_inner();
    assert!(stored.is_preview && stored.original.is_empty() && stored.id == GUIDS[0]);
    let preview = image::load_from_memory_with_format(&stored.preview, image::ImageFormat::Png).unwrap();
    assert_eq!((preview.width(), preview.height()), (300, 150));
    for api in [&mut seller, &mut buyer] {
        assert_eq!(
            api.get_image(original(GUIDS[0]))
                .await
                .unwrap()
                .into_inner()
                .original,
            sent
        );
    }
    let asked = v1::GetImageRequest {
        is_preview: true,
        ..original(GUIDS[0])
    };
    assert_eq!(
        seller.get_image(asked).await.unwrap().into_inner().preview,
        stored.preview
    );
    let hidden = stranger.get_image(original(GUIDS[0])).await.unwrap_err();
    assert_eq!(text(&hidden), "UserException: Image not found.");

    // One GUID, one upload, one owner; an unattached picture is nobody's to read.
    for (status, expected) in [
        (
            buyer
                .store_image(upload(GUIDS[0], sent.clone()))
                .await
                .unwrap_err(),
            "UserException: Image already exist.",
        ),
        (
            stranger
                .store_image(upload(GUIDS[0], sent.clone()))
                .await
                .unwrap_err(),
            "UserException: Image not found.",
        ),
        (
            seller
                .send_invoice_payment_message(about(payment, "mine", &[GUIDS[0]]))
                .await
                .unwrap_err(),
            "UserException: Image not found.",
        ),
        (
            buyer.store_image(upload(GUIDS[1], Vec::new())).await.unwrap_err(),
            "UserException: Image must be present.",
        ),
        (
            buyer
                .store_image(upload(GUIDS[1], vec![0; 10_485_761]))
                .await
                .unwrap_err(),
            "UserException: Max image size is 10485760 bytes (10MB)",
        ),
        (
            buyer
                .store_image(upload(GUIDS[1], b"GIF89a".to_vec()))
                .await
                .unwrap_err(),
            "UserException: Image error.",
        ),
        (
            buyer
                .store_image(upload("picture", sent.clone()))
                .await
                .unwrap_err(),
            "ArgumentException: Invalid guid.",
        ),
    ] {
        assert_eq!(text(&status), expected);
    }
    buyer.store_image(upload(GUIDS[1], sent.clone())).await.unwrap();
    assert!(buyer.get_image(original(GUIDS[1])).await.is_err());
    buyer
        .send_invoice_payment_message(about(payment, "", &[GUIDS[1]]))
        .await
        .unwrap();
    assert!(seller.get_image(original(GUIDS[1])).await.is_ok());

    let lines = world.sandbox.executions();
    let pictures: Vec<_> = lines.iter().filter(|line| line.rpc == "StoreImage").collect();
    assert_eq!((lines.len(), pictures.len()), (4, 2));
    assert_eq!(pictures[1].images, [GUIDS[1]]);
    assert_eq!(pictures[0].sha256, pictures[1].sha256);
    assert_eq!(pictures[0].sha256.as_ref().unwrap().len(), 64);
}

#[tokio::test]
async fn repeated_by_the_front_proxy_a_message_is_doubled_and_a_picture_is_not() {
    let world = World::open().await;
    let coffee = world.coffee(0).await;
    let mut buyer = world.client().await;
    buyer.store_image(upload(GUIDS[2], jpeg())).await.unwrap();
    let faults = world.sandbox.faults();
    faults.once("SendInvoiceMessage", When::Before, Fault::Twice);
    let asked = v1::SendInvoiceMessageRequest {
        image_ids: vec![GUIDS[2].to_owned()],
        ..ask(coffee, "Look")
    };
    let talk = buyer.send_invoice_message(asked).await.unwrap().into_inner();
    assert_eq!(texts(&talk), ["Look", "Look"]);
    assert_eq!(talk.messages[0].images, talk.messages[1].images);
    faults.once("StoreImage", When::Before, Fault::Twice);
    let status = buyer.store_image(upload(GUIDS[0], jpeg())).await.unwrap_err();
    assert_eq!(text(&status), "UserException: Image already exist.");
    let lines = world.sandbox.executions();
    assert_eq!(lines.iter().filter(|line| line.message.is_some()).count(), 2);
    assert_eq!(lines.iter().filter(|line| line.rpc == "StoreImage").count(), 2);
}

#[tokio::test]
async fn the_defects_of_the_closed_exchange_can_be_had_back() {
    let world = World::open().await;
    let coffee = world.coffee(0).await;
    let mut seller = world
        .client_with(&world.sandbox.join("roastery-nord").unwrap())
        .await;
    let mut marta = world.client_with(&world.sandbox.join("marta.k").unwrap()).await;
    let mut you = world.client().await;
    for word in ["one", "two", "three"] {
        marta.send_invoice_message(ask(coffee, word)).await.unwrap();
    }
    let has = async |api: &mut Client| {
        let all = api
            .get_conversations(())
            .await
            .unwrap()
            .into_inner()
            .conversations;
        all.into_iter()
            .filter(|talk| texts(talk).contains(&"two"))
            .count()
    };
    assert_eq!((has(&mut marta).await, has(&mut seller).await), (1, 1));
    let all_on = Defects {
        conversations_leak: true,
        unpaid_conversations_missing: true,
        conversations_stay: true,
        conversations_unordered: true,
        originals_as_sent: true,
        ..Defects::default()
    };
    world.sandbox.set_defects(all_on).unwrap();
    assert_eq!((has(&mut marta).await, has(&mut seller).await), (0, 1));
    let leaked = by_id(&mut you, Ids::InvoiceId(coffee)).await.unwrap();
    assert_eq!(leaked.len(), 1);
    assert!(!leaked[0].messages.is_sorted_by_key(|line| line.id));
    let conversation_id = leaked[0].id;
    let delete = v1::DeleteConversationRequest { conversation_id };
    let stays = marta.delete_conversation(delete).await.unwrap_err();
    assert_eq!(text(&stays), "UserException: Conversation not found.");
    let mut told = jpeg();
    told.splice(2..2, *b"\xFF\xE1\x00\x0AExif\0\0!!");
    marta.store_image(upload(GUIDS[0], told.clone())).await.unwrap();
    let asked = v1::SendInvoiceMessageRequest {
        image_ids: vec![GUIDS[0].to_owned(), GUIDS[1].to_owned()],
        ..ask(coffee, "")
    };
    marta.send_invoice_message(asked).await.unwrap();
    assert_eq!(
        seller
            .get_image(original(GUIDS[0]))
            .await
            .unwrap()
            .into_inner()
            .original,
        told
    );

    world.sandbox.set_defects(Defects::default()).unwrap();
    marta.store_image(upload(GUIDS[1], told.clone())).await.unwrap();
    assert_eq!(
        seller
            .get_image(original(GUIDS[1]))
            .await
            .unwrap()
            .into_inner()
            .original,
        jpeg()
    );
    assert_eq!(by_id(&mut you, Ids::InvoiceId(coffee)).await.unwrap(), []);
    marta.delete_conversation(delete).await.unwrap();
    assert_eq!((has(&mut marta).await, has(&mut seller).await), (0, 1));
}

#[tokio::test]
async fn many_long_conversations_can_be_had() {
    let world = World::open().await;
    let before = world
        .client()
        .await
        .get_conversations(())
        .await
        .unwrap()
        .into_inner();
    world.sandbox.bulk_conversations(30, 4).unwrap();
    world.sandbox.bulk_conversations(1, 2_000).unwrap();
    let all = world
        .client()
        .await
        .get_conversations(())
        .await
        .unwrap()
        .into_inner()
        .conversations;
    assert_eq!(all.len(), before.conversations.len() + 31);
    assert_eq!(all.iter().filter(|talk| talk.messages.len() == 4).count(), 30);
    let long = all.iter().find(|talk| talk.messages.len() == 2_000).unwrap();
    assert!(long.messages.is_sorted_by(|a, b| a.id < b.id));
}

#[tokio::test]
async fn pictures_in_a_deals_chat_are_for_its_two_sides() {
    let world = World::open().await;
    let coffee = world.coffee(0).await;
    let mut you = world.client().await;
    let search = v1::PayInvoiceByBestDealRequest {
        country: "US".into(),
        currency: "USD".into(),
        payment_type: "ZELLE".into(),
        invoice_id: coffee,
        pieces: 1,
    };
    // Every third trader shows that the money has come.
    let deal = loop {
        let payment = you
            .pay_invoice_by_best_deal(search.clone())
            .await
            .unwrap()
            .into_inner();
        let Some(v1::invoice_payment::NullableDeal::Deal(deal)) = payment.nullable_deal else {
            panic!("no deal")
        };
        if deal.id.is_multiple_of(3) {
            break deal;
        }
        let cancel = v1::CancelInvoicePaymentRequest {
            payment_id: payment.id,
        };
        you.cancel_invoice_payment(cancel).await.unwrap();
    };
    let say = v1::SendMessageRequest {
        deal_id: deal.id,
        text: String::new(),
        image_ids: vec![GUIDS[0].to_owned()],
    };
    let said = you.send_message(say).await.unwrap().into_inner().message.unwrap();
    you.store_image(upload(GUIDS[0], jpeg())).await.unwrap();
    world.pass(7).await;
    you.i_payed(v1::IPayedRequest { deal_id: deal.id }).await.unwrap();
    world.pass(7).await;
    let asked = v1::GetDealByIdRequest { id: deal.id };
    let chat = you.get_deal_by_id(asked).await.unwrap().into_inner();
    let shown = chat.messages.last().unwrap().image_ids.clone();
    assert_eq!(shown.len(), 1);
    assert!(you.get_image(original(&shown[0])).await.is_ok());

    let trader = deal.ad_owner_info.unwrap().username;
    let mut trader = world.client_with(&world.sandbox.join(&trader).unwrap()).await;
    let mut stranger = world.client_with(&world.sandbox.join("marta.k").unwrap()).await;
    assert_eq!(
        trader
            .get_image(original(GUIDS[0]))
            .await
            .unwrap()
            .into_inner()
            .original,
        jpeg()
    );
    for guid in [GUIDS[0], shown[0].as_str()] {
        let status = stranger.get_image(original(guid)).await.unwrap_err();
        assert_eq!(text(&status), "UserException: Image not found.");
    }
    let lines = world.sandbox.executions();
    let line = lines.iter().find(|line| line.rpc == "SendMessage").unwrap();
    assert_eq!(
        (line.deal, line.message, line.images.as_slice()),
        (Some(deal.id), Some(said.id), &[GUIDS[0].to_owned()][..])
    );
}

#[tokio::test]
async fn knobs_make_people_write_show_judge_and_give_back() {
    let world = World::open().await;
    let coffee = world.coffee(0).await;
    let own = world
        .sandbox
        .issue_invoice(NewInvoice::public("you", Sats(20_000)))
        .unwrap();
    let bought = world.sandbox.buy("you", coffee, 3).unwrap();
    let sandbox = &world.sandbox;
    let first = sandbox
        .write_about_invoice("marta.k", own, None, "Is it there?", &[])
        .unwrap();
    let answer = sandbox
        .write_about_invoice("you", own, Some("marta.k"), "Yes", &[])
        .unwrap();
    let shown = sandbox
        .write_about_payment("roastery-nord", bought, "", &[GUIDS[1]])
        .unwrap();
    assert!(first < answer && answer < shown);
    let mut you = world.client().await;
    assert!(you.get_image(original(GUIDS[1])).await.is_err());
    let drawn = kvit_sandbox::Sandbox::drawn_picture(5).unwrap();
    sandbox.upload("roastery-nord", GUIDS[1], &drawn).unwrap();
    assert_eq!(
        you.get_image(original(GUIDS[1]))
            .await
            .unwrap()
            .into_inner()
            .original,
        drawn
    );
    sandbox.judge("roastery-nord", bought, true, "Thank you").unwrap();
    let refund = sandbox.give_back(bought, 2).unwrap();
    let payment = world.payments(bought).await.remove(0);
    assert_eq!((payment.refunded, payment.refunding), (2, 0));
    assert!(matches!(
        payment.nullable_seller_feedback,
        Some(v1::invoice_payment::NullableSellerFeedback::SellerFeedback(said)) if said.message == "Thank you"
    ));
    assert!(world.payments(refund).await[0].is_refund);
    assert_eq!(sandbox.executions(), [], "knobs are no callers");
}
