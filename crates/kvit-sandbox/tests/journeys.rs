//! Journeys through the practice marketplace with a plain client of the contract.

mod common;

use std::time::Duration;

use common::{World, text};
use kvit_proto::v1;
use kvit_proto::v1::invoice_payment::NullableDeal;
use kvit_sandbox::{Code, Fault, NewInvoice, Sats, When};
use tokio_stream::StreamExt;
use tonic::Request;

#[tokio::test]
async fn a_payment_from_balance_moves_the_money_and_hands_out_secrets() {
    let world = World::open().await;
    let invoice = world.coffee(3).await;
    let mut api = world.client().await;
    let before = world.sandbox.balance("you").unwrap().0;
    let seller = world.sandbox.balance("roastery-nord").unwrap().0;
    let fees = world.sandbox.fees().unwrap();

    let paid = api
        .pay_invoice_from_balance(v1::PayInvoiceFromBalanceRequest {
            invoice_id: invoice,
            pieces: 2,
        })
        .await
        .unwrap()
        .into_inner();

    // The worked example of the reference, section 1.
    assert_eq!(
        paid.crypto_amount,
        Some(v1::Decimal {
            units: 0,
            nanos: 2_400_000
        })
    );
    assert_eq!(paid.status, 1);
    assert_eq!(paid.pieces, 2);
    assert_eq!(paid.secrets.len(), 2);
    assert_eq!(paid.secrets[0].text, "Locker 0, code 5512");
    assert_eq!(world.sandbox.balance("you").unwrap().0, Sats(before.0 - 240_000));
    assert_eq!(
        world.sandbox.balance("roastery-nord").unwrap().0,
        Sats(seller.0 + 237_600)
    );
    assert_eq!(world.sandbox.fees().unwrap(), Sats(fees.0 + 2_400));

    assert!(paid.confirmation.contains(&format!(
        "PaymentId: {}\nPieces: 2\nInvoiceId: {invoice}\n",
        paid.id
    )));
    assert!(
        paid.confirmation
            .contains("CryptoAmount: 0.0024\nCreatedAt: 11/14/2023 22:13:20\nPayer: you\n")
    );
    let page = world.payments(0).await;
    assert_eq!(page[0].id, paid.id);
    assert_ne!(page[0].confirmation, "");
}

#[tokio::test]
async fn refusals_carry_the_exact_texts_and_change_nothing() {
    let world = World::open().await;
    let mut api = world.client().await;
    let total = world.sandbox.total().unwrap();
    let own = world
        .sandbox
        .issue_invoice(NewInvoice::public("you", Sats(10_000)))
        .unwrap();
    let few = NewInvoice {
        pieces: (2, 3),
        ..NewInvoice::public("mapwright", Sats(10_000))
    };
    let few = world.sandbox.issue_invoice(few).unwrap();
    let dear = world
        .sandbox
        .issue_invoice(NewInvoice::public("mapwright", Sats(90_000_000)))
        .unwrap();
    let foreign = world
        .sandbox
        .issue_invoice(NewInvoice::private("mapwright", "marta.k", Sats(10_000)))
        .unwrap();
    let before = world.sandbox.balance("you").unwrap();
    for (invoice_id, pieces, expected) in [
        (999_999, 1, "UserException: Invoice not found."),
        (foreign, 1, "UserException: Invoice not found."),
        (404, 1, "UserException: Invoice not active."),
        (own, 1, "UserException: You cannot pay your own invoice."),
        (
            few,
            4,
            "UserException: The invoice does not have enough pieces. Maximum is 3",
        ),
        (few, 1, "UserException: Minimum number of pieces 2"),
        (dear, 1, "UserException: Insufficient funds to pay the invoice."),
        (
            dear,
            0,
            "ArgumentOutOfRangeException: pieces must be greater than 0. (Parameter 'pieces')\nActual value was 0.",
        ),
    ] {
        let status = api
            .pay_invoice_from_balance(v1::PayInvoiceFromBalanceRequest { invoice_id, pieces })
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::Unknown);
        assert_eq!(text(&status), expected);
    }
    assert_eq!(world.sandbox.balance("you").unwrap(), before);
    // Private invoices cost their seller a fee, which the marketplace holds.
    assert_eq!(world.sandbox.total().unwrap(), total);
}

#[tokio::test]
async fn the_best_deal_runs_to_the_paid_payment() {
    let world = World::open().await;
    let invoice = world.coffee(5).await;
    let mut api = world.client().await;
    let balance = world.sandbox.balance("you").unwrap();
    let total = world.sandbox.total().unwrap();
    let search = ("RU".to_owned(), "RUB".to_owned(), "SBERBANK".to_owned());
    let ads = api
        .get_invoice_suitable_advertisements(v1::GetInvoiceSuitableAdvertisementsRequest {
            country: search.0.clone(),
            currency: search.1.clone(),
            payment_type: search.2.clone(),
            invoice_id: invoice,
            pieces: 1,
            skip: 0,
            count: 100,
        })
        .await
        .unwrap()
        .into_inner()
        .advertisements;
    let pay = v1::PayInvoiceByBestDealRequest {
        country: search.0,
        currency: search.1,
        payment_type: search.2,
        invoice_id: invoice,
        pieces: 1,
    };
    let pending = api
        .pay_invoice_by_best_deal(pay.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(pending.status, 0);
    assert_eq!(pending.confirmation, "");
    let Some(NullableDeal::Deal(deal)) = pending.nullable_deal.clone() else {
        panic!("no deal")
    };
    assert_eq!(deal.advertisement.as_ref().unwrap().id, ads[0].id);
    assert_eq!(deal.crypto_amount, pending.crypto_amount);

    // A second call returns the first payment; the balance is refused.
    let again = v1::PayInvoiceByBestDealRequest { pieces: 3, ..pay };
    assert_eq!(
        api.pay_invoice_by_best_deal(again).await.unwrap().into_inner().id,
        pending.id
    );
    let refused = api
        .pay_invoice_from_balance(v1::PayInvoiceFromBalanceRequest {
            invoice_id: invoice,
            pieces: 1,
        })
        .await
        .unwrap_err();
    assert_eq!(
        text(&refused),
        "UserException: You already have a pending payment for this invoice."
    );

    world.pass(7).await;
    let chat = api
        .get_deal_by_id(v1::GetDealByIdRequest { id: deal.id })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(chat.messages.len(), 1);
    assert!(chat.messages[0].text.contains("УЧЕБНЫЕ") && chat.messages[0].text.contains("RUB"));
    let question = v1::SendMessageRequest {
        deal_id: deal.id,
        text: "Можно с другой карты?".into(),
        image_ids: vec![],
    };
    api.send_message(question).await.unwrap();
    world.pass(7).await;
    let chat = api
        .get_deal_by_id(v1::GetDealByIdRequest { id: deal.id })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(chat.messages.len(), 3);

    let declared = api
        .i_payed(v1::IPayedRequest { deal_id: deal.id })
        .await
        .unwrap()
        .into_inner()
        .deal
        .unwrap();
    assert!(declared.is_fiat_payed);
    let twice = api
        .i_payed(v1::IPayedRequest { deal_id: deal.id })
        .await
        .unwrap_err();
    assert_eq!(
        text(&twice),
        "UserException: Fiat money paid. You cannot pay a second time."
    );
    let cancel = api
        .cancel_deal(v1::CancelDealRequest { deal_id: deal.id })
        .await
        .unwrap_err();
    assert_eq!(
        text(&cancel),
        "UserException: Fiat money paid. Deal cannot be canceled."
    );

    world.pass(7).await;
    world.pass(1).await;
    let paid = world.payments(pending.id).await.remove(0);
    assert_eq!(paid.status, 1);
    assert!(
        paid.confirmation
            .starts_with("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n")
    );
    assert_eq!(world.sandbox.balance("you").unwrap(), balance);
    assert_eq!(world.sandbox.total().unwrap(), total);
    let closed = v1::SendMessageRequest {
        deal_id: deal.id,
        text: "Спасибо".into(),
        image_ids: vec![],
    };
    let closed = api.send_message(closed).await.unwrap_err();
    assert_eq!(
        text(&closed),
        "UserException: Deal status is Completed. Deal cannot accept messages."
    );
}

#[tokio::test]
async fn an_undeclared_deal_ends_with_its_window_and_a_declared_one_does_not() {
    let world = World::open().await;
    let mut api = world.client().await;
    let mut deals = Vec::new();
    for _ in 0..2 {
        let invoice = world.coffee(5).await;
        let pay = v1::PayInvoiceByBestDealRequest {
            country: "DE".into(),
            currency: "EUR".into(),
            payment_type: "NATIONAL_BANK".into(),
            invoice_id: invoice,
            pieces: 1,
        };
        let payment = api.pay_invoice_by_best_deal(pay).await.unwrap().into_inner();
        let Some(NullableDeal::Deal(deal)) = payment.nullable_deal else {
            panic!("no deal")
        };
        deals.push((payment.id, deal.id, deal.advertisement.unwrap().window));
    }
    api.i_payed(v1::IPayedRequest { deal_id: deals[1].1 })
        .await
        .unwrap();
    let longest = deals.iter().map(|deal| deal.2).max().unwrap();
    world.clock.advance(Duration::from_secs(u64::from(longest) * 60));
    world.sandbox.step().await;
    assert_eq!(world.payments(deals[0].0).await[0].status, 2);
    assert_ne!(world.payments(deals[1].0).await[0].status, 2);
}

#[tokio::test]
async fn canceling_returns_stock_once_and_frees_the_trader() {
    let world = World::open().await;
    let limited = NewInvoice {
        pieces: (1, 4),
        limited: true,
        ..NewInvoice::public("mapwright", Sats(120_000))
    };
    let invoice = world.sandbox.issue_invoice(limited).unwrap();
    let mut api = world.client().await;
    let pay = v1::PayInvoiceByBestDealRequest {
        country: "US".into(),
        currency: "USD".into(),
        payment_type: "ZELLE".into(),
        invoice_id: invoice,
        pieces: 3,
    };
    let payment = api.pay_invoice_by_best_deal(pay).await.unwrap().into_inner();
    let stock = |invoice: v1::GetInvoicesResponse| invoice.invoices[0].pieces_max;
    let ask = v1::GetInvoiceByIdRequest { invoice_id: invoice };
    assert_eq!(stock(api.get_invoice_by_id(ask).await.unwrap().into_inner()), 1);
    let cancel = v1::CancelInvoicePaymentRequest {
        payment_id: payment.id,
    };
    assert_eq!(
        api.cancel_invoice_payment(cancel)
            .await
            .unwrap()
            .into_inner()
            .status,
        2
    );
    assert_eq!(stock(api.get_invoice_by_id(ask).await.unwrap().into_inner()), 4);
    let twice = api.cancel_invoice_payment(cancel).await.unwrap_err();
    assert_eq!(text(&twice), "UserException: Payment canceled.");
    for login in world.sandbox.logins().unwrap() {
        assert_eq!(world.sandbox.balance(&login).unwrap().1, Sats(0), "{login}");
    }
}

#[tokio::test]
async fn the_door_tells_tokens_apart() {
    let world = World::open().await;
    let expired = world.sandbox.mint_expired_token("you").unwrap();
    let narrow = world.sandbox.mint_token_without_scope("you").unwrap();
    let seller = world.sandbox.mint_token("roastery-nord").unwrap();
    for (token, code) in [
        ("nonsense", Code::Unauthenticated),
        (&expired, Code::Unauthenticated),
        (&narrow, Code::PermissionDenied),
    ] {
        let mut api = world.client_with(token).await;
        assert_eq!(api.get_my_profile(()).await.unwrap_err().code(), code);
        assert_eq!(api.get_fees(()).await.unwrap_err().code(), code);
    }
    let mut api = world.client_with(&seller).await;
    assert_eq!(
        api.get_my_profile(()).await.unwrap().into_inner().username,
        "roastery-nord"
    );
    assert_eq!(api.get_fees(()).await.unwrap_err().code(), Code::Unimplemented);
    let mut api = world.client().await;
    world.sandbox.revoke_token(&world.sandbox.token());
    assert_eq!(
        api.get_balances(()).await.unwrap_err().code(),
        Code::Unauthenticated
    );
}

#[tokio::test]
async fn events_tell_both_sides_and_are_kept_until_read() {
    let world = World::open().await;
    let invoice = world
        .sandbox
        .issue_invoice(NewInvoice::public("you", Sats(20_000)))
        .unwrap();
    let mut api = world.client().await;
    let mut events = api.subscribe_new_events(()).await.unwrap().into_inner();
    let first = events.next().await.unwrap().unwrap();
    assert!(matches!(first.content, Some(v1::event::Content::Balance(_))) && first.id == 0);
    // The private invoice of the opening world is news.
    let second = events.next().await.unwrap().unwrap();
    assert!(matches!(&second.content, Some(v1::event::Content::InvoiceNew(i)) if i.id == 1_207));

    world.sandbox.buy("juniper", invoice, 1).unwrap();
    let mut kinds = Vec::new();
    let mut stored = 0;
    for _ in 0..3 {
        let event = events.next().await.unwrap().unwrap();
        kinds.push(match event.content.unwrap() {
            v1::event::Content::Balance(_) => "balance",
            v1::event::Content::InvoicePaymentNew(payment) => {
                assert_ne!(payment.confirmation, "");
                stored = event.id;
                "new"
            }
            v1::event::Content::InvoicePaymentUpdated(payment) => {
                assert_eq!((payment.status, event.id), (1, 0));
                "updated"
            }
            other => panic!("{other:?}"),
        });
    }
    kinds.sort_unstable();
    assert_eq!(kinds, ["balance", "new", "updated"]);

    let unread = api.get_user_events(()).await.unwrap().into_inner().events;
    assert_eq!(
        unread.iter().map(|event| event.id).collect::<Vec<_>>(),
        [second.id, stored]
    );
    api.mark_events_as_read(v1::MarkEventsAsReadRequest {
        id: vec![stored, 4_711],
    })
    .await
    .unwrap();
    assert_eq!(
        api.get_user_events(()).await.unwrap().into_inner().events.len(),
        1
    );
    let empty = api
        .mark_events_as_read(v1::MarkEventsAsReadRequest { id: vec![] })
        .await
        .unwrap_err();
    assert!(text(&empty).starts_with("ArgumentException: List cannot be empty."));
}

#[tokio::test]
async fn faults_strike_where_they_are_told_to() {
    let world = World::open().await;
    let invoice = world.coffee(9).await;
    let faults = world.sandbox.faults();
    let pay = v1::PayInvoiceFromBalanceRequest {
        invoice_id: invoice,
        pieces: 1,
    };
    let newest = world.payments(0).await[0].id;

    let mut api = world.client().await;
    faults.once("PayInvoiceFromBalance", When::Before, Fault::Cut);
    assert!(!text(&api.pay_invoice_from_balance(pay).await.unwrap_err()).contains("Exception"));
    assert_eq!(world.payments(0).await[0].id, newest);

    let mut api = world.client().await;
    faults.once("PayInvoiceFromBalance", When::After, Fault::Cut);
    api.pay_invoice_from_balance(pay).await.unwrap_err();
    let after = world.payments(0).await[0].clone();
    assert!(after.id > newest && after.status == 1);
    assert_eq!(faults.calls("PayInvoiceFromBalance"), 2);

    let mut api = world.client().await;
    faults.once(
        "GetBalances",
        When::Before,
        Fault::Refuse(Code::Unavailable, "upstream".into()),
    );
    assert_eq!(api.get_balances(()).await.unwrap_err().code(), Code::Unavailable);
    faults.alter(|balance: &mut v1::Balance| balance.confirmed = None);
    assert_eq!(api.get_balances(()).await.unwrap().into_inner().confirmed, None);
    faults.clear();
    assert!(
        api.get_balances(())
            .await
            .unwrap()
            .into_inner()
            .confirmed
            .is_some()
    );

    let mut stream = api.subscribe_variables(()).await.unwrap().into_inner();
    assert!(
        stream
            .next()
            .await
            .unwrap()
            .unwrap()
            .variables
            .contains_key("AVG_RUB")
    );
    faults.end_streams();
    assert!(stream.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn heartbeats_come_every_ten_seconds_unless_silenced() {
    let world = World::open().await;
    let mut api = world.client().await;
    let mut stream = api.subscribe_variables(()).await.unwrap().into_inner();
    let began = tokio::time::Instant::now();
    assert!(!stream.next().await.unwrap().unwrap().keep_alive);
    for beat in 1..=3 {
        let message = stream.next().await.unwrap().unwrap();
        assert!(message.keep_alive && message.variables.is_empty());
        assert!(began.elapsed() >= Duration::from_secs(10 * beat));
        assert!(began.elapsed() < Duration::from_secs(10 * beat + 5));
    }
    world.sandbox.faults().heartbeats(false);
    assert!(
        tokio::time::timeout(Duration::from_secs(60), stream.next())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_user_has_at_most_thirty_streams_of_a_kind() {
    let world = World::open().await;
    let mut api = world.client().await;
    let mut open = Vec::new();
    for _ in 0..30 {
        open.push(api.subscribe_variables(Request::new(())).await.unwrap());
    }
    let status = api.subscribe_variables(()).await.unwrap_err();
    assert_eq!(text(&status), "UserException: Maximum subscriptions reached");
}

#[tokio::test]
async fn knobs_for_people_and_prices_reach_the_contract() {
    let world = World::open().await;
    let mut api = world.client().await;
    let search = |invoice_id| v1::GetInvoiceSuitableAdvertisementsRequest {
        country: "US".into(),
        currency: "USD".into(),
        payment_type: "ZELLE".into(),
        invoice_id,
        pieces: 2,
        skip: 0,
        count: 100,
    };
    let invoice = world.coffee(0).await;
    let first = api
        .get_invoice_suitable_advertisements(search(invoice))
        .await
        .unwrap()
        .into_inner();
    let best = first.advertisements[0].clone();
    // The search, and the whole sum it was for, is remembered (row 38).
    let last = api
        .get_last_ad_search_params(())
        .await
        .unwrap()
        .into_inner()
        .last_sell_search
        .unwrap();
    assert_eq!(
        last.amount,
        Some(v1::Decimal {
            units: 0,
            nanos: 2_400_000
        })
    );

    world
        .sandbox
        .set_ad_price(best.id, kvit_sandbox::Cents(99_999_900))
        .unwrap();
    let second = api
        .get_invoice_suitable_advertisements(search(invoice))
        .await
        .unwrap()
        .into_inner();
    assert_ne!(second.advertisements[0].id, best.id);
    let moved = second.advertisements[0].clone();
    let owner = moved.owner.unwrap().username;
    world.sandbox.block(&owner, "you", true).unwrap();
    let third = api
        .get_invoice_suitable_advertisements(search(invoice))
        .await
        .unwrap()
        .into_inner();
    assert!(
        third
            .advertisements
            .iter()
            .all(|ad| ad.owner.as_ref().unwrap().username != owner)
    );
    let pay = v1::PayInvoiceByDealRequest {
        invoice_id: invoice,
        pieces: 2,
        advertisement_id: moved.id,
    };
    let refused = api.pay_invoice_by_deal(pay).await.unwrap_err();
    assert_eq!(text(&refused), "UserException: Advertisement not found.");
    world.sandbox.block(&owner, "you", false).unwrap();
    world.sandbox.set_balance(&owner, Sats(0)).unwrap();
    let refused = api.pay_invoice_by_deal(pay).await.unwrap_err();
    assert_eq!(text(&refused), "UserException: Advertisement not found.");

    // Fiat prices follow the market; half the dollars for a bitcoin, twice the bitcoin.
    let price = |answer: v1::GetInvoicesResponse| answer.invoices[0].current_crypto_price.unwrap().nanos;
    let ask = v1::GetInvoiceByIdRequest { invoice_id: 101 };
    world.sandbox.set_market(kvit_sandbox::Cents(8_000_000)).unwrap();
    assert_eq!(
        price(api.get_invoice_by_id(ask).await.unwrap().into_inner()),
        612_500
    );
    world.sandbox.set_market(kvit_sandbox::Cents(4_000_000)).unwrap();
    assert_eq!(
        price(api.get_invoice_by_id(ask).await.unwrap().into_inner()),
        1_225_000
    );

    world.sandbox.set_anonymous("you", true).unwrap();
    let private = v1::PayInvoiceFromBalanceRequest {
        invoice_id: 1_207,
        pieces: 1,
    };
    let refused = api.pay_invoice_from_balance(private).await.unwrap_err();
    assert_eq!(
        text(&refused),
        "UserException: Anonymous users cannot pay private invoices."
    );
}

#[tokio::test]
async fn lists_are_paged_and_filtered_as_the_contract_says() {
    let world = World::open().await;
    let mut api = world.client().await;
    let all = world.payments(0).await;
    assert!(all.is_sorted_by(|a, b| a.id > b.id));
    let mut seen = Vec::new();
    let mut last_id = 0;
    loop {
        let ask = v1::GetInvoicePaymentsRequest {
            last_id,
            count: 2,
            ..Default::default()
        };
        let page = api.get_invoice_payments(ask).await.unwrap().into_inner().payments;
        let Some(last) = page.last() else { break };
        last_id = last.id;
        seen.extend(page.iter().map(|payment| payment.id));
    }
    assert_eq!(seen, all.iter().map(|payment| payment.id).collect::<Vec<_>>());
    for count in [0, 101] {
        let ask = v1::GetInvoicePaymentsRequest {
            count,
            ..Default::default()
        };
        let refused = api.get_invoice_payments(ask).await.unwrap_err();
        assert!(text(&refused).starts_with("ArgumentOutOfRangeException: count must be between 1 and 100"));
    }
    let unknown = v1::GetInvoicePaymentsRequest {
        payment_id: 1,
        count: 1,
        ..Default::default()
    };
    assert!(
        api.get_invoice_payments(unknown)
            .await
            .unwrap()
            .into_inner()
            .payments
            .is_empty()
    );

    let mine = v1::GetInvoicesRequest {
        is_owner: true,
        is_owner_has_value: true,
        count: 300,
        ..Default::default()
    };
    let mine = api.get_invoices(mine).await.unwrap().into_inner().invoices;
    assert!(
        mine.iter()
            .all(|invoice| invoice.owner.as_ref().unwrap().username == "you" && invoice.secrets_count > 0)
    );
    let private = v1::GetInvoicesRequest {
        is_private: true,
        is_private_has_value: true,
        count: 300,
        to_user: "you".into(),
        ..Default::default()
    };
    let private = api.get_invoices(private).await.unwrap().into_inner().invoices;
    assert_eq!(
        private.iter().map(|invoice| invoice.id).collect::<Vec<_>>(),
        [1_207]
    );
    assert_eq!(private[0].secrets_count, 0);

    let deals = |status: Vec<i32>, load_count| v1::GetMyDealsRequest {
        status,
        deal_id: 0,
        load_count,
    };
    let newest = api
        .get_my_deals(deals(vec![0, 1, 2, 3, 4], -1))
        .await
        .unwrap()
        .into_inner()
        .deals;
    let oldest = api
        .get_my_deals(deals(vec![0, 1, 2, 3, 4], 1))
        .await
        .unwrap()
        .into_inner()
        .deals;
    assert!(newest[0].id > oldest[0].id);
    assert!(
        api.get_my_deals(deals(vec![], -10))
            .await
            .unwrap()
            .into_inner()
            .deals
            .is_empty()
    );
    let refused = api.get_my_deals(deals(vec![9], -10)).await.unwrap_err();
    assert_eq!(text(&refused), "UserException: Incorrect dial status");
    let refused = api
        .get_deal_by_id(v1::GetDealByIdRequest { id: 4_711 })
        .await
        .unwrap_err();
    assert_eq!(text(&refused), "UserException: Deal with id=4711 not found.");
}
