//! Refunds, deleted invoices and feedback through a plain client of the contract.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{Client, World, text};
use kvit_proto::v1;
use kvit_proto::v1::delete_invoice_response::Refund;
use kvit_proto::v1::event::Content;
use kvit_proto::v1::invoice::NullableRefund;
use kvit_proto::v1::invoice_payment::{NullableOwnerFeedback, NullableSellerFeedback};
use kvit_sandbox::{Cents, Defects, NewInvoice, Price, Sats};
use tokio_stream::StreamExt;

/// Buyer `marta.k` and seller `roastery-nord`, both real.
async fn both(world: &World) -> (Client, Client) {
    let buyer = world.sandbox.join("marta.k").unwrap();
    let seller = world.sandbox.join("roastery-nord").unwrap();
    (world.client_with(&buyer).await, world.client_with(&seller).await)
}

async fn refund(
    api: &mut Client,
    payment_id: u64,
    pieces: u32,
) -> Result<v1::CreateRefundResponse, tonic::Status> {
    let asked = v1::CreateRefundRequest { payment_id, pieces };
    api.create_refund(asked).await.map(tonic::Response::into_inner)
}

async fn payment(api: &mut Client, payment_id: u64) -> v1::InvoicePayment {
    let asked = v1::GetInvoicePaymentsRequest {
        payment_id,
        count: 1,
        ..Default::default()
    };
    let found = api
        .get_invoice_payments(asked)
        .await
        .unwrap()
        .into_inner()
        .payments;
    found.into_iter().next().unwrap()
}

async fn pay(api: &mut Client, invoice_id: u64, pieces: u32) -> Result<v1::InvoicePayment, tonic::Status> {
    let asked = v1::PayInvoiceFromBalanceRequest { invoice_id, pieces };
    api.pay_invoice_from_balance(asked)
        .await
        .map(tonic::Response::into_inner)
}

fn pieces(payment: &v1::InvoicePayment) -> (u32, u32, u32) {
    (payment.pieces, payment.refunded, payment.refunding)
}

fn sats(amount: Option<v1::Decimal>) -> i64 {
    let amount = amount.unwrap();
    amount.units * 100_000_000 + i64::from(amount.nanos) / 10
}

#[tokio::test]
async fn pieces_are_given_back_from_balance_and_by_deal() {
    let world = World::open().await;
    let coffee = world.coffee(0).await;
    let bought = world.sandbox.buy("marta.k", coffee, 5).unwrap();
    let (mut buyer, mut seller) = both(&world).await;
    let total = world.sandbox.total().unwrap();
    let before = payment(&mut seller, bought).await.owner.unwrap();
    let mut events = buyer.subscribe_new_events(()).await.unwrap().into_inner();
    while !matches!(
        events.next().await.unwrap().unwrap().content,
        Some(Content::InvoiceNew(_)) | Some(Content::Balance(_))
    ) {}

    let made = refund(&mut seller, bought, 2).await.unwrap();
    let bill = made.refund.unwrap();
    assert_eq!(pieces(&made.payment.unwrap()), (5, 0, 2));
    assert!(bill.is_private && bill.comment.is_empty() && bill.is_base_crypto);
    assert_eq!(
        bill.nullable_refund,
        Some(NullableRefund::RefundPaymentId(bought))
    );
    assert_eq!(
        (bill.pieces_min, bill.pieces_max, bill.ttl_minutes),
        (2, 2, 43_200)
    );
    assert_eq!((sats(bill.current_crypto_price), sats(bill.fee)), (240_000, 0));
    let Some(Content::InvoicePaymentUpdated(told)) = events.next().await.unwrap().unwrap().content else {
        panic!("the buyer is told of the payment, not of the invoice")
    };
    assert_eq!(
        (told.id, pieces(&told), told.refunds.len()),
        (bought, (5, 0, 2), 0)
    );

    // The buyer owns the invoice and does not see it.
    let by_id = v1::GetInvoiceByIdRequest { invoice_id: bill.id };
    assert!(seller.get_invoice_by_id(by_id).await.is_ok());
    let hidden = buyer.get_invoice_by_id(by_id).await.unwrap_err();
    assert_eq!(text(&hidden), "UserException: Invoice not found.");
    let own = v1::GetInvoicesRequest {
        is_owner: true,
        is_owner_has_value: true,
        count: 300,
        ..Default::default()
    };
    let listed = buyer.get_invoices(own).await.unwrap().into_inner().invoices;
    assert!(listed.iter().all(|invoice| invoice.id != bill.id));
    let about = v1::SendInvoiceMessageRequest {
        invoice_id: bill.id,
        text: "?".into(),
        ..Default::default()
    };
    let status = seller.send_invoice_message(about).await.unwrap_err();
    assert_eq!(
        text(&status),
        "UserException: You cant start conversation in refund invoice."
    );

    for (wrong, expected) in [
        (1, "UserException: Minimum number of pieces 2"),
        (
            3,
            "UserException: The invoice does not have enough pieces. Maximum is 2",
        ),
    ] {
        assert_eq!(
            text(&pay(&mut seller, bill.id, wrong).await.unwrap_err()),
            expected
        );
    }
    let (has, had) = (
        || world.sandbox.balance("marta.k").unwrap().0,
        world.sandbox.balance("marta.k").unwrap().0,
    );
    let paid = pay(&mut seller, bill.id, 2).await.unwrap();
    assert!(paid.is_refund && paid.status == 1 && paid.pieces == 2);
    assert_eq!(
        (sats(paid.crypto_amount), has()),
        (240_000, Sats(had.0 + 240_000))
    );
    // Confirmed as a private invoice is.
    assert!(
        paid.confirmation
            .contains("Payer: roastery-nord\nInvoiceOwner: marta.k\n")
    );
    assert!(!paid.confirmation.contains("Pieces"));
    let seen = payment(&mut seller, bought).await;
    assert_eq!((pieces(&seen), seen.refunds.len()), ((5, 2, 0), 1));
    assert!(payment(&mut buyer, bought).await.refunds.is_empty());

    // By deal, which cannot be taken back by deleting what is paid.
    let made = refund(&mut seller, bought, 3).await.unwrap().refund.unwrap();
    let asked = v1::PayInvoiceByBestDealRequest {
        country: "DE".into(),
        currency: "EUR".into(),
        payment_type: "NATIONAL_BANK".into(),
        invoice_id: made.id,
        pieces: 3,
    };
    let pending = seller.pay_invoice_by_best_deal(asked).await.unwrap().into_inner();
    assert_eq!((sats(pending.crypto_amount), pending.is_refund), (360_000, true));
    let Some(v1::invoice_payment::NullableDeal::Deal(deal)) = pending.nullable_deal else {
        panic!("no deal")
    };
    world.sandbox.trader_completes(deal.id).unwrap();
    assert_eq!(pieces(&payment(&mut buyer, bought).await), (5, 5, 0));
    let none_left = refund(&mut seller, bought, 1).await.unwrap_err();
    assert_eq!(
        text(&none_left),
        "UserException: Not enough pieces to be returned."
    );
    let delete = v1::DeleteInvoiceRequest { invoice_id: made.id };
    seller.delete_invoice(delete).await.unwrap();
    assert_eq!(pieces(&payment(&mut buyer, bought).await), (5, 5, 0));

    assert_eq!(world.sandbox.total().unwrap(), total);
    let after = payment(&mut seller, bought).await.owner.unwrap();
    assert_eq!(
        (after.payments_payed_count, after.payments_received_count),
        (before.payments_payed_count, before.payments_received_count),
        "refunds are no trades"
    );
    for status in [
        seller
            .send_invoice_payment_message(v1::SendInvoicePaymentMessageRequest {
                payment_id: paid.id,
                text: "?".into(),
                image_ids: vec![],
            })
            .await
            .unwrap_err(),
        refund(&mut buyer, paid.id, 1).await.unwrap_err(),
        judge(&mut seller, paid.id, true, "").await.unwrap_err(),
    ] {
        assert!(text(&status).contains("refund payment."), "{status:?}");
    }
    let rpcs: Vec<_> = world
        .sandbox
        .executions()
        .into_iter()
        .map(|line| (line.rpc, line.payment, line.pieces, line.sats))
        .collect();
    assert_eq!(
        rpcs[0],
        ("CreateRefund".into(), Some(bought), Some(2), Sats(240_000))
    );
    assert_eq!(
        rpcs.last().unwrap(),
        &("DeleteInvoice".into(), Some(bought), Some(3), Sats(360_000))
    );
}

#[tokio::test]
async fn a_fiat_price_is_given_back_at_the_rate_of_the_day() {
    let world = World::open().await;
    world.sandbox.set_market(Cents(5_000_000)).unwrap();
    let lamp = NewInvoice {
        price: Price::Fiat(Cents(1_000)),
        ..NewInvoice::public("roastery-nord", Sats(0))
    };
    let lamp = world.sandbox.issue_invoice(lamp).unwrap();
    let bought = world.sandbox.buy("marta.k", lamp, 3).unwrap();
    let (_, mut seller) = both(&world).await;
    assert_eq!(sats(payment(&mut seller, bought).await.crypto_amount), 60_000);
    world.sandbox.set_market(Cents(4_000_000)).unwrap();
    let bill = refund(&mut seller, bought, 2).await.unwrap().refund.unwrap();
    assert_eq!(
        (sats(bill.price), sats(bill.current_crypto_price)),
        (2_000_000_000, 50_000)
    );

    // The closed exchange charged every piece for every piece.
    let defects = Defects {
        refunds_charged_again: true,
        ..Defects::default()
    };
    world.sandbox.set_defects(defects).unwrap();
    assert_eq!(
        sats(pay(&mut seller, bill.id, 2).await.unwrap().crypto_amount),
        100_000
    );
}

#[tokio::test]
async fn refunds_are_refused_where_they_make_no_sense() {
    let world = World::open().await;
    let coffee = world.coffee(0).await;
    let bought = world.sandbox.buy("marta.k", coffee, 2).unwrap();
    let hidden = world.sandbox.buy("juniper", coffee, 2).unwrap();
    world.sandbox.set_anonymous("juniper", true).unwrap();
    let (mut buyer, mut seller) = both(&world).await;
    let asked = v1::PayInvoiceByBestDealRequest {
        country: "US".into(),
        currency: "USD".into(),
        payment_type: "ZELLE".into(),
        invoice_id: coffee,
        pieces: 1,
    };
    let pending = buyer
        .pay_invoice_by_best_deal(asked)
        .await
        .unwrap()
        .into_inner()
        .id;
    let mut stranger = world.client().await;
    for (status, expected) in [
        (
            refund(&mut stranger, bought, 1).await,
            "UserException: Payment not found.",
        ),
        (
            refund(&mut buyer, bought, 1).await,
            "UserException: You cannot create a refund for yourself.",
        ),
        (
            refund(&mut seller, hidden, 1).await,
            "UserException: You cannot make a refund to an anonymous user. Use external means.",
        ),
        (
            refund(&mut seller, pending, 1).await,
            "UserException: Payment status must be Paid.",
        ),
        (
            refund(&mut seller, bought, 3).await,
            "UserException: Not enough pieces to be returned.",
        ),
        (
            refund(&mut seller, bought, 0).await,
            "ArgumentOutOfRangeException: pieces must be greater than 0. (Parameter 'pieces')\nActual value was 0.",
        ),
    ] {
        assert_eq!(text(&status.unwrap_err()), expected);
    }
    let cancel = v1::CancelInvoicePaymentRequest { payment_id: pending };
    buyer.cancel_invoice_payment(cancel).await.unwrap();
    let status = refund(&mut seller, pending, 1).await.unwrap_err();
    assert_eq!(text(&status), "UserException: Payment canceled.");
}

#[tokio::test]
async fn an_unpaid_refund_is_withdrawn_or_ends_with_its_time() {
    let world = World::open().await;
    let coffee = world.coffee(0).await;
    let bought = world.sandbox.buy("marta.k", coffee, 2).unwrap();
    let (mut buyer, mut seller) = both(&world).await;
    let bill = refund(&mut seller, bought, 2).await.unwrap().refund.unwrap();
    let delete = v1::DeleteInvoiceRequest { invoice_id: bill.id };
    let foreign = buyer.delete_invoice(delete).await.unwrap_err();
    assert_eq!(text(&foreign), "UserException: Invoice not found.");

    // A deal that is to fund it goes with it.
    let asked = v1::PayInvoiceByBestDealRequest {
        country: "DE".into(),
        currency: "EUR".into(),
        payment_type: "NATIONAL_BANK".into(),
        invoice_id: bill.id,
        pieces: 2,
    };
    let pending = seller
        .pay_invoice_by_best_deal(asked)
        .await
        .unwrap()
        .into_inner()
        .id;
    let deleted = seller.delete_invoice(delete).await.unwrap().into_inner();
    let Some(Refund::PaymentRefund(original)) = deleted.refund else {
        panic!("no payment")
    };
    assert_eq!((original.id, pieces(&original)), (bought, (2, 0, 0)));
    assert_eq!(payment(&mut seller, pending).await.status, 2);
    let again = seller.delete_invoice(delete).await.unwrap_err();
    assert_eq!(text(&again), "UserException: Invoice already deleted.");
    let gone = pay(&mut seller, bill.id, 2).await.unwrap_err();
    assert_eq!(text(&gone), "UserException: Invoice not found.");

    refund(&mut seller, bought, 1).await.unwrap();
    world.pass(30 * 86_400 - 1).await;
    assert_eq!(pieces(&payment(&mut buyer, bought).await), (2, 0, 1));
    world.pass(1).await;
    assert_eq!(pieces(&payment(&mut buyer, bought).await), (2, 0, 0));
}

#[tokio::test]
async fn invoices_are_deleted_by_their_owner_and_hidden_by_their_buyer() {
    let world = World::open().await;
    let (mut buyer, mut seller) = both(&world).await;
    let coffee = world.coffee(0).await;
    let delete = |invoice_id| v1::DeleteInvoiceRequest { invoice_id };
    let status = buyer.delete_invoice(delete(coffee)).await.unwrap_err();
    assert_eq!(
        text(&status),
        "UserException: You do not have permission to delete this invoice."
    );
    let deleted = seller.delete_invoice(delete(coffee)).await.unwrap().into_inner();
    assert_eq!(deleted.refund, Some(Refund::RefundIsNull(true)));
    let status = seller.delete_invoice(delete(coffee)).await.unwrap_err();
    assert_eq!(text(&status), "UserException: Invoice already deleted.");

    let bill = || {
        world
            .sandbox
            .issue_invoice(NewInvoice::private("roastery-nord", "marta.k", Sats(200_000)))
            .unwrap()
    };
    let (first, second) = (bill(), bill());
    let asked = v1::PayInvoiceByBestDealRequest {
        country: "US".into(),
        currency: "USD".into(),
        payment_type: "ZELLE".into(),
        invoice_id: first,
        pieces: 1,
    };
    let pending = buyer
        .pay_invoice_by_best_deal(asked)
        .await
        .unwrap()
        .into_inner()
        .id;
    buyer.delete_invoice(delete(first)).await.unwrap();
    let shown = payment(&mut buyer, pending).await;
    assert_eq!(
        (shown.status, shown.invoice.unwrap().status),
        (2, 4),
        "the buyer sees it Deleted"
    );
    assert_eq!(
        payment(&mut seller, pending).await.invoice.unwrap().status,
        0,
        "the seller Active"
    );
    seller.delete_invoice(delete(second)).await.unwrap();
    let status = buyer.delete_invoice(delete(second)).await.unwrap_err();
    assert_eq!(text(&status), "UserException: Invoice not found.");
    let events = buyer.get_user_events(()).await.unwrap().into_inner().events;
    let about = |wanted: u64| {
        let found = events.iter().filter(|event| match &event.content {
            Some(Content::InvoiceNew(invoice) | Content::InvoiceDeleted(invoice)) => invoice.id == wanted,
            _ => false,
        });
        found.count()
    };
    assert_eq!(
        (about(first), about(second)),
        (0, 2),
        "his own deleting forgets, the seller's tells"
    );
}

async fn judge(
    api: &mut Client,
    payment_id: u64,
    is_positive: bool,
    message: &str,
) -> Result<v1::InvoicePayment, tonic::Status> {
    let feedback = v1::InvoicePaymentFeedback {
        is_positive,
        message: message.to_owned(),
        ..Default::default()
    };
    let asked = v1::SendInvoicePaymentFeedbackRequest {
        payment_id,
        feedback: Some(feedback),
    };
    api.send_invoice_payment_feedback(asked)
        .await
        .map(tonic::Response::into_inner)
}

async fn feedbacks(
    api: &mut Client,
    user_id: &str,
    deals: bool,
    start_id: i64,
    count: i32,
) -> Vec<v1::Feedback> {
    let asked = v1::GetUserFeedbacksRequest {
        user_id: user_id.to_owned(),
        start_id,
        count,
        is_deals_feedbacks: deals,
    };
    api.get_user_feedbacks(asked)
        .await
        .unwrap()
        .into_inner()
        .feedbacks
}

#[tokio::test]
async fn feedback_is_given_once_and_moves_the_standing() {
    let world = World::open().await;
    let someone = world.sandbox.join("newcomer").unwrap();
    let mut seller = world.client_with(&someone).await;
    let shelf = world
        .sandbox
        .issue_invoice(NewInvoice::public("newcomer", Sats(10_000)))
        .unwrap();
    let bought: Vec<u64> = (0..3)
        .map(|_| world.sandbox.buy("marta.k", shelf, 1).unwrap())
        .collect();
    let mut buyer = world.client_with(&world.sandbox.join("marta.k").unwrap()).await;
    let me = seller.get_my_profile(()).await.unwrap().into_inner().user_id;

    let long = judge(&mut buyer, bought[0], true, &"a".repeat(501))
        .await
        .unwrap_err();
    assert_eq!(
        text(&long),
        "ArgumentException: Message cannot be longer than 500 characters. (Parameter 'Message')"
    );
    for (payment, praise) in bought.iter().zip([true, false, true]) {
        let judged = judge(&mut buyer, *payment, praise, "word").await.unwrap();
        let Some(NullableOwnerFeedback::OwnerFeedback(said)) = judged.nullable_owner_feedback else {
            panic!("no feedback")
        };
        assert_eq!((said.is_positive, said.message.as_str()), (praise, "word"));
        assert!(matches!(
            judged.nullable_seller_feedback,
            Some(NullableSellerFeedback::SellerFeedbackIsNull(true))
        ));
    }
    let twice = judge(&mut buyer, bought[0], true, "").await.unwrap_err();
    assert_eq!(text(&twice), "UserException: Feedback already created;");
    judge(&mut seller, bought[0], true, "").await.unwrap();
    let asked = v1::GetUserInfoRequest { id: me.clone() };
    let info = buyer
        .get_user_info(asked)
        .await
        .unwrap()
        .into_inner()
        .user_info
        .unwrap();
    assert_eq!(
        info.invoice_response_rate,
        Some(v1::Decimal {
            units: 66,
            nanos: 670_000_000
        })
    );

    let all = feedbacks(&mut buyer, &me, false, 0, -99).await;
    let ids: Vec<i64> = all.iter().map(|said| said.id as i64).collect();
    assert!(ids.len() == 3 && ids.is_sorted_by(|a, b| a > b));
    let praise: Vec<bool> = all.iter().map(|said| said.is_positive).collect();
    assert_eq!(praise, [true, false, true]);
    for (start, count, expected) in [
        (0, 2, vec![ids[2], ids[1]]),
        (ids[2], 2, vec![ids[1], ids[0]]),
        (ids[0], -1, vec![ids[1]]),
        (ids[2], -5, vec![]),
        (0, 0, vec![]),
    ] {
        let page = feedbacks(&mut buyer, &me, false, start, count).await;
        assert_eq!(
            page.iter().map(|said| said.id as i64).collect::<Vec<_>>(),
            expected,
            "{start} {count}"
        );
    }
    assert_eq!(feedbacks(&mut buyer, &me, true, 0, 99).await, []);
    for (user_id, count) in [(me.as_str(), 100), (me.as_str(), i32::MIN), ("nobody", 5)] {
        let asked = v1::GetUserFeedbacksRequest {
            user_id: user_id.to_owned(),
            count,
            ..Default::default()
        };
        assert!(text(&buyer.get_user_feedbacks(asked).await.unwrap_err()).starts_with("Argument"));
    }
}

#[tokio::test]
async fn both_sides_of_a_deal_judge_each_other_once() {
    let world = World::open().await;
    let coffee = world.coffee(0).await;
    let mut buyer = world.client().await;
    let asked = v1::PayInvoiceByBestDealRequest {
        country: "US".into(),
        currency: "USD".into(),
        payment_type: "ZELLE".into(),
        invoice_id: coffee,
        pieces: 1,
    };
    let pending = buyer.pay_invoice_by_best_deal(asked).await.unwrap().into_inner();
    let Some(v1::invoice_payment::NullableDeal::Deal(deal)) = pending.nullable_deal else {
        panic!("no deal")
    };
    let trader = deal.ad_owner_info.unwrap();
    let judged = feedbacks(&mut buyer, &trader.id, true, 0, -99).await.len();
    let say = |text: &str| v1::SendFeedbackRequest {
        deal_id: deal.id,
        is_positive: false,
        text: text.to_owned(),
    };
    // Any status will do.
    let answer = buyer.send_feedback(say("slow")).await.unwrap().into_inner();
    let Some(v1::deal::InitiatorFeedbackNullable::InitiatorFeedback(said)) =
        answer.initiator_feedback_nullable
    else {
        panic!("no feedback")
    };
    assert!(said.id > 0, "section 20, row 52");
    let twice = buyer.send_feedback(say("very slow")).await.unwrap_err();
    assert_eq!(text(&twice), "UserException: You can't send feedback twice.");
    let long = buyer.send_feedback(say(&"a".repeat(501))).await.unwrap_err();
    assert!(text(&long).starts_with("ArgumentException: Text cannot be longer than 500"));
    let of_trader = feedbacks(&mut buyer, &trader.id, true, 0, -99).await;
    assert!(of_trader[0] == said && (of_trader.len() == judged + 1 || judged == 99));
    let asked = v1::GetUserInfoRequest {
        id: trader.id.clone(),
    };
    let info = buyer
        .get_user_info(asked)
        .await
        .unwrap()
        .into_inner()
        .user_info
        .unwrap();
    assert!(
        sats(info.response_rate) < sats(trader.response_rate),
        "section 20, row 51"
    );
    let mut other = world
        .client_with(&world.sandbox.join(&trader.username).unwrap())
        .await;
    let answer = other
        .send_feedback(v1::SendFeedbackRequest {
            is_positive: true,
            ..say("")
        })
        .await
        .unwrap()
        .into_inner();
    assert!(matches!(
        answer.ad_owner_feedback_nullable,
        Some(v1::deal::AdOwnerFeedbackNullable::AdOwnerFeedback(_))
    ));
}
