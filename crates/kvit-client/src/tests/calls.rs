use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use kvit_domain::{
    advertisement::FiatChoice,
    deal::DealStatus,
    fault::{Fault, FaultCode, MoneyMoved},
    id::{AdvertisementId, DealId, EventId, InvoiceId, PaymentId, UserId},
};
use kvit_proto::v1;
use prost::Message;
use secrecy::SecretString;
use tokio::{io::DuplexStream, sync::mpsc, time::Instant};
use tonic::{Code, Status, body::Body, codegen::http};

use super::fake::{Fake, Reply, Seen, deal, invoice, message, payment, profile, token, user};
use crate::{Limits, Marketplace, PaymentsFilter};

fn invoice_id(id: u64) -> InvoiceId {
    InvoiceId::new(id).unwrap()
}

fn payment_id(id: u64) -> PaymentId {
    PaymentId::new(id).unwrap()
}

/// What calling GetMyProfile and PayInvoiceFromBalance gives on a server that answers so.
async fn both(reply: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> (Fault, Fault) {
    let (market, _) = Fake::new(reply).client();
    let read = market.profile().await.unwrap_err();
    let paid = market.pay_from_balance(invoice_id(88), 1).await.unwrap_err();
    (read, paid)
}

#[tokio::test]
async fn a_call_carries_the_token_and_comes_back_typed() {
    let fake = Fake::new(|_| Reply::message(&profile()));
    let (market, made) = fake.client();
    let me = market.profile().await.unwrap();
    assert_eq!((me.name.as_str(), me.id.to_string()), ("you", user(1).id));
    let seen = fake.seen();
    assert_eq!(seen[0].rpc, "GetMyProfile");
    assert_eq!(
        seen[0].authorization.as_deref(),
        Some(format!("Bearer {}", "AB".repeat(32)).as_str())
    );
    assert_eq!(seen[0].scheme.as_deref(), Some("https"));
    // One connection for many calls.
    market.profile().await.unwrap();
    assert_eq!(made.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_token_is_checked_and_never_printed() {
    let fake = Fake::new(|_| Reply::Never);
    for bad in ["", "short", &"Z".repeat(64), "AB\r\nx: y"] {
        let fake = fake.clone();
        let market = Marketplace::over(
            move || Ok(fake.connection()),
            &SecretString::from(bad),
            Limits::default(),
        );
        assert_eq!(market.unwrap_err().code, FaultCode::TokenInvalid);
    }
    let (market, _) = fake.client();
    assert!(!format!("{market:?} {:?}", market.request(())).contains("ABAB"));
}

#[tokio::test]
async fn refusals_arrive_through_the_wire() {
    let fake = Fake::new(|seen| {
        let request = v1::PayInvoiceFromBalanceRequest::decode(seen.message.as_slice()).unwrap();
        assert_eq!(request.invoice_id, 88);
        Reply::words("The invoice does not have enough pieces. Maximum is 4")
    });
    let (market, _) = fake.client();
    let fault = market.pay_from_balance(invoice_id(88), 9).await.unwrap_err();
    assert_eq!(
        (fault.code, fault.value("max")),
        (FaultCode::TooManyPieces, Some("4"))
    );
    assert_eq!((fault.may_hide_success(), fault.money), (false, MoneyMoved::No));

    // Percent-encoded on the wire: Cyrillic and a line break.
    let words = "Что-то\nновое";
    let (market, _) = Fake::new(move |_| Reply::words(words)).client();
    let fault = market.profile().await.unwrap_err();
    assert_eq!(
        (fault.code, fault.server_text.as_deref()),
        (FaultCode::ServerSaid, Some(words))
    );
}

#[tokio::test]
async fn the_token_s_own_user_and_others_are_told_apart() {
    let (market, _) = Fake::new(|_| Reply::words("User not found.")).client();
    assert_eq!(market.profile().await.unwrap_err().code, FaultCode::UserGone);
    let id: UserId = user(3).id.parse().unwrap();
    assert_eq!(market.user(id).await.unwrap_err().code, FaultCode::UserNotFound);
    assert_eq!(
        market.user(UserId::Marketplace).await.unwrap_err().code,
        FaultCode::UserNotFound
    );
}

/// Section 2.2: a bad token is a bare HTTP 401 without gRPC in it; proxies speak HTTP too.
#[tokio::test]
async fn bare_http_answers() {
    for (status, code) in [
        (401, FaultCode::TokenRejected),
        (403, FaultCode::TokenLacksRights),
        (404, FaultCode::Unsupported),
        (502, FaultCode::ServerBusy),
        (503, FaultCode::ServerBusy),
        (504, FaultCode::ServerBusy),
    ] {
        let (read, paid) = both(move |_| {
            Reply::Http(
                http::Response::builder()
                    .status(status)
                    .body(Body::empty())
                    .unwrap(),
            )
        })
        .await;
        assert_eq!((read.code, paid.code), (code, code), "{status}");
    }
    // A page of some other server is no answer, and says nothing about what became of a payment.
    let (read, paid) = both(|_| {
        let page = "<html>welcome to the hotel</html>".to_owned();
        Reply::Http(
            http::Response::builder()
                .header("content-type", "text/html")
                .body(Body::new(page))
                .unwrap(),
        )
    })
    .await;
    assert!(
        read.may_hide_success() && paid.may_hide_success(),
        "{read} {paid}"
    );
    assert_eq!(paid.money, MoneyMoved::Unknown);
}

/// Whatever status comes, before or after the server acted: only the marketplace's own refusals, and what it says of
/// the token or the call, are answers. All else leaves a payment unknown.
#[tokio::test]
async fn other_statuses_leave_money_unknown() {
    for number in 1..=16 {
        let code = Code::from_i32(number);
        let (_, paid) = both(move |_| Reply::Refuse(Status::new(code, "nobody knows"))).await;
        let answer = matches!(
            code,
            Code::Unauthenticated | Code::PermissionDenied | Code::Unimplemented
        );
        let expected = if answer {
            MoneyMoved::No
        } else {
            MoneyMoved::Unknown
        };
        assert_eq!(paid.money, expected, "{code:?}");
    }
}

#[tokio::test]
async fn malformed_answers_name_the_field() {
    let fake = Fake::new(|_| {
        let mut bad = payment(7, 88);
        bad.crypto_amount = None;
        Reply::message(&bad)
    });
    let (market, _) = fake.client();
    let fault = market.pay_from_balance(invoice_id(88), 1).await.unwrap_err();
    assert_eq!(
        (fault.code, fault.value("path")),
        (FaultCode::Malformed, Some("CryptoAmount"))
    );
    assert_eq!(fault.money, MoneyMoved::Unknown);

    let (market, _) = Fake::new(|_| Reply::Messages(vec![vec![0xff; 40]])).client();
    assert_eq!(market.profile().await.unwrap_err().code, FaultCode::Malformed);
    let (market, _) = Fake::new(|_| Reply::Messages(Vec::new())).client();
    assert!(market.profile().await.unwrap_err().may_hide_success());
}

#[tokio::test]
async fn answers_about_something_else_are_no_answers() {
    let fake = Fake::new(|seen| match seen.rpc.as_str() {
        "GetInvoiceById" => Reply::message(&v1::GetInvoicesResponse {
            invoices: vec![invoice(89)],
        }),
        "GetInvoicePayments" => Reply::message(&v1::GetInvoicePaymentsResponse {
            payments: vec![payment(7, 88)],
        }),
        _ => Reply::message(&payment(7, 89)),
    });
    let (market, _) = fake.client();
    let malformed = |fault: Fault, path: &str| {
        assert_eq!(
            (fault.code, fault.value("path")),
            (FaultCode::Malformed, Some(path))
        );
    };
    malformed(
        market.invoice(invoice_id(88)).await.unwrap_err(),
        "Invoices[0].Id",
    );
    malformed(market.payment(payment_id(8)).await.unwrap_err(), "Payments[0].Id");
    malformed(
        market.pay_from_balance(invoice_id(88), 1).await.unwrap_err(),
        "Invoice.Id",
    );
    malformed(market.cancel_payment(payment_id(8)).await.unwrap_err(), "Id");
    // A page that does not go on would be asked for for ever.
    let page = |before| PaymentsFilter {
        before: Some(payment_id(before)),
        ..PaymentsFilter::default()
    };
    malformed(market.payments(page(7)).await.unwrap_err(), "Payments[0].Id");
    assert_eq!(market.payments(page(8)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_found_is_said_so() {
    let (market, _) = Fake::new(|_| Reply::Messages(vec![Vec::new()])).client();
    assert_eq!(
        market.invoice(invoice_id(88)).await.unwrap_err().code,
        FaultCode::InvoiceNotFound
    );
    assert_eq!(
        market.payment(payment_id(7)).await.unwrap_err().code,
        FaultCode::PaymentNotFound
    );
    assert_eq!(market.payments(PaymentsFilter::default()).await, Ok(Vec::new()));
    assert_eq!(market.deals(&DealStatus::ALL, 30).await, Ok(Vec::new()));
    assert_eq!(market.stored_events().await, Ok(Vec::new()));
    assert_eq!(market.mark_events_read(&[EventId::new(4).unwrap()]).await, Ok(()));
}

#[tokio::test]
async fn what_cannot_be_right_is_not_sent() {
    let fake = Fake::new(|_| Reply::Never);
    let (market, made) = fake.client();
    let choice = FiatChoice {
        country: "DE".into(),
        currency: "EUR".parse().unwrap(),
        payment_type: "SEPA".into(),
    };
    let ad = AdvertisementId::new(5).unwrap();
    for fault in [
        market.pay_from_balance(invoice_id(88), 0).await.unwrap_err(),
        market
            .pay_by_best_deal(invoice_id(88), 0, &choice)
            .await
            .unwrap_err(),
        market.pay_by_deal(invoice_id(88), 0, ad).await.unwrap_err(),
        market
            .suitable_advertisements(invoice_id(88), 0, &choice, 0, 10)
            .await
            .unwrap_err(),
    ] {
        assert_eq!(fault.code, FaultCode::TooFewPieces);
    }
    let deal = DealId::new(9).unwrap();
    let sent = |text: String| {
        let market = market.clone();
        async move { market.send_deal_message(deal, &text, &[]).await.unwrap_err().code }
    };
    assert_eq!(sent(" \n".into()).await, FaultCode::MessageEmpty);
    // 501 emoji are 1002 UTF-16 units (section 3.2).
    assert_eq!(sent("😀".repeat(501)).await, FaultCode::MessageTooLong);
    assert_eq!(market.deals(&[], 30).await, Ok(Vec::new()));
    assert_eq!(market.mark_events_read(&[]).await, Ok(()));
    assert_eq!((made.load(Ordering::SeqCst), fake.seen().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn deadlines() {
    let fake = Fake::new(|_| Reply::Never);
    let (market, made) = fake.client();
    let start = Instant::now();
    let fault = market.profile().await.unwrap_err();
    assert_eq!((fault.code, start.elapsed().as_secs()), (FaultCode::TimedOut, 15));
    let start = Instant::now();
    let fault = market.pay_from_balance(invoice_id(88), 1).await.unwrap_err();
    assert_eq!(
        (fault.code, fault.money),
        (FaultCode::TimedOut, MoneyMoved::Unknown)
    );
    assert_eq!(start.elapsed().as_secs(), 45);
    // Neither was repeated, and a connection that swallowed a call was not used again.
    assert_eq!(
        (fake.count("GetMyProfile"), fake.count("PayInvoiceFromBalance")),
        (1, 1)
    );
    assert_eq!(made.load(Ordering::SeqCst), 2);
}

/// Connections whose far end is cut as soon as a call has arrived, for the first `cuts` calls.
fn cutting(cuts: usize) -> (Marketplace, Fake) {
    let (cut, mut cuts_wanted) = mpsc::unbounded_channel::<()>();
    let calls = Arc::new(AtomicUsize::new(0));
    let fake = Fake::new(move |seen| {
        if calls.fetch_add(1, Ordering::SeqCst) < cuts {
            cut.send(()).unwrap();
            return Reply::Never;
        }
        match seen.rpc.as_str() {
            "GetMyProfile" => Reply::message(&profile()),
            _ => Reply::message(&payment(7, 88)),
        }
    });
    let (open, mut opened) = mpsc::unbounded_channel::<tokio::task::JoinHandle<()>>();
    tokio::spawn(async move {
        while let Some(()) = cuts_wanted.recv().await {
            let mut last = opened.recv().await.unwrap();
            while let Ok(newer) = opened.try_recv() {
                last = newer;
            }
            last.abort();
        }
    });
    let server = fake.clone();
    let connect = move || {
        let (ours, theirs): (DuplexStream, DuplexStream) = tokio::io::duplex(1 << 16);
        let (mut near, mut far) = (theirs, server.connection());
        let pump = tokio::spawn(async move {
            let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
        });
        open.send(pump).unwrap();
        Ok(ours)
    };
    (
        Marketplace::over(connect, &token(), Limits::default()).unwrap(),
        fake,
    )
}

#[tokio::test]
async fn reads_are_repeated_once_when_the_connection_breaks() {
    let (market, fake) = cutting(1);
    assert!(market.profile().await.is_ok());
    assert_eq!(fake.count("GetMyProfile"), 2);
    let (market, fake) = cutting(usize::MAX);
    assert_eq!(
        market.profile().await.unwrap_err().code,
        FaultCode::ConnectionLost
    );
    assert_eq!(fake.count("GetMyProfile"), 2);
}

#[tokio::test]
async fn money_is_never_repeated() {
    let (market, fake) = cutting(1);
    let fault = market.pay_from_balance(invoice_id(88), 1).await.unwrap_err();
    assert_eq!(
        (fault.code, fault.money),
        (FaultCode::ConnectionLost, MoneyMoved::Unknown)
    );
    assert!(fault.may_hide_success());
    assert_eq!(fake.count("PayInvoiceFromBalance"), 1);
    // The next call takes a new connection by itself.
    assert!(market.profile().await.is_ok());
}

#[tokio::test]
async fn what_was_never_sent_is_told_apart() {
    for (kind, code) in [
        (io::ErrorKind::ConnectionRefused, FaultCode::ConnectionRefused),
        (io::ErrorKind::NetworkUnreachable, FaultCode::Unreachable),
    ] {
        let connect = move || Err::<DuplexStream, _>(io::Error::from(kind));
        let market = Marketplace::over(connect, &token(), Limits::default()).unwrap();
        let fault = market.pay_from_balance(invoice_id(88), 1).await.unwrap_err();
        assert_eq!(
            (fault.code, fault.money, fault.may_hide_success()),
            (code, MoneyMoved::No, false)
        );
        assert_eq!(market.profile().await.unwrap_err().code, code);
    }
}

/// The usual limit of 4 MiB is too small here (section 2.1), and none at all would be somebody else's memory.
#[tokio::test]
async fn answers_are_large_but_bounded() {
    /// So many rates with names of 1,100 letters.
    fn rates(count: usize) -> Reply {
        let variables = (0..count)
            .map(|number| (format!("{number:01100}"), v1::Decimal::default()))
            .collect();
        Reply::message(&v1::Variables {
            variables,
            keep_alive: false,
        })
    }
    let (market, _) = Fake::new(|_| rates(4_900)).client();
    assert_eq!(market.rates().await.unwrap().0.len(), 4_900);
    let (market, _) = Fake::new(|_| rates(11_000)).client();
    let fault = market.rates().await.unwrap_err();
    // The message as a whole, not one of its fields.
    assert_eq!(
        (fault.code, fault.value("path")),
        (FaultCode::Malformed, Some(""))
    );
    assert!(fault.server_text.unwrap().contains("too large"));
}

#[tokio::test]
async fn deals_and_their_chat() {
    let fake = Fake::new(|seen| match seen.rpc.as_str() {
        "GetMyDeals" => Reply::message(&v1::GetMyDealsResponse {
            deals: vec![deal(9), deal(8)],
        }),
        "GetDealById" => Reply::message(&deal(9)),
        "IPayed" => {
            let mut declared = deal(9);
            declared.is_fiat_payed = true;
            Reply::message(&v1::IPayedResponse { deal: Some(declared) })
        }
        "CancelDeal" => Reply::message(&v1::CancelDealResponse { deal: Some(deal(9)) }),
        "SendMessage" => Reply::message(&v1::SendMessageResponse {
            message: Some(message(12)),
        }),
        other => panic!("{other}"),
    });
    let (market, _) = fake.client();
    let id = DealId::new(9).unwrap();
    let deals = market
        .deals(&[DealStatus::Opened, DealStatus::Disputed], 20)
        .await
        .unwrap();
    assert_eq!(deals.iter().map(|deal| deal.id.get()).collect::<Vec<_>>(), [9, 8]);
    let asked = v1::GetMyDealsRequest::decode(fake.seen()[0].message.as_slice()).unwrap();
    // Newest first is a negative count (section 13.6).
    assert_eq!((asked.status, asked.load_count), (vec![0, 3], -20));
    assert_eq!(market.deal(id).await.unwrap().messages[0].text, "Hello");
    assert!(market.declare_paid(id).await.unwrap().fiat_declared);
    assert_eq!(market.cancel_deal(id).await.unwrap().id, id);
    assert_eq!(
        market.send_deal_message(id, "Hello", &[]).await.unwrap().id.get(),
        12
    );
    // Another deal than the one asked for is no answer.
    let other = DealId::new(10).unwrap();
    for fault in [
        market.deal(other).await.unwrap_err(),
        market.declare_paid(other).await.unwrap_err(),
        market.cancel_deal(other).await.unwrap_err(),
    ] {
        assert_eq!(fault.code, FaultCode::Malformed);
    }
}

/// The task behind a channel can be gone, for instance with the runtime that it ran on: the next call makes another.
#[test]
fn a_dead_channel_is_replaced() {
    let first = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let fake = Fake::new(|_| Reply::message(&profile()));
    let (market, _) = first.block_on(async { fake.client() });
    drop(first);
    let second = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    second.block_on(async {
        let fault = market.pay_from_balance(invoice_id(88), 1).await.unwrap_err();
        assert_eq!(
            (fault.code, fault.money),
            (FaultCode::Unreachable, MoneyMoved::No)
        );
        assert!(market.profile().await.is_ok());
    });
}

#[tokio::test]
async fn suitable_advertisements_sell() {
    let fake = Fake::new(|_| {
        let ad = |id, is_buy| v1::Advertisement {
            id,
            is_buy,
            fiat_currency: "EUR".into(),
            price: Some(v1::Decimal {
                units: 50_000,
                nanos: 0,
            }),
            owner: Some(user(4)),
            ..v1::Advertisement::default()
        };
        Reply::message(&v1::GetInvoiceSuitableAdvertisementResponse {
            advertisements: vec![ad(1, false), ad(2, true)],
        })
    });
    let (market, _) = fake.client();
    let choice = FiatChoice {
        country: "DE".into(),
        currency: "EUR".parse().unwrap(),
        payment_type: "SEPA".into(),
    };
    let found = market
        .suitable_advertisements(invoice_id(88), 1, &choice, 0, 500)
        .await
        .unwrap();
    assert_eq!(found.iter().map(|ad| ad.id.get()).collect::<Vec<_>>(), [1]);
    let seen = fake.seen();
    let request = v1::GetInvoiceSuitableAdvertisementsRequest::decode(seen[0].message.as_slice()).unwrap();
    assert_eq!((request.count, request.country.as_str()), (100, "DE"));
}

/// The engine calls from many threads.
#[test]
fn calls_can_be_moved_between_threads() {
    fn sendable<T: Send>(_: &T) {}
    fn shareable<T: Send + Sync + Clone + 'static>() {}
    shareable::<Marketplace>();
    fn check(market: &Marketplace) {
        sendable(&market.profile());
        sendable(&market.payments(PaymentsFilter::default()));
        sendable(&market.pay_from_balance(InvoiceId::new(1).unwrap(), 1));
        sendable(&market.events());
    }
    let _ = check;
}
