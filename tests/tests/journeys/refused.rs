//! Every reason of sections 7.2 to 7.6 for which a purchase is refused: its own fault, no money, nothing in the books.

use std::{future::Future, time::Duration};

use kvit_domain::{Decimal, fault::FaultCode, id::AdvertisementId};
use kvit_engine::{PayByDeal, PayFromBalance};
use kvit_sandbox::{Cents, Fault as Wrong, NewInvoice, Sats as BookSats, When};
use kvit_testkit::World;

use crate::{
    COFFEE, LIBRARY, MAP, assert_no,
    books::{Books, payments_of, statuses_of},
    choice, desk, done, fault_of, invoice, offers, pay, pay_by_deal, refused, sats, zelle,
};

/// Tries to pay without having looked, from balance and by deal: both are refused for the same reason, and the desk
/// says it as well.
async fn assert_refused(
    world: &World,
    number: u64,
    pieces: u32,
    code: FaultCode,
) -> kvit_domain::fault::Fault {
    let before = (Books::of(world), statuses_of(world, &world.you()).await);
    let obstacle = match world.engine.pay_desk(&number.to_string(), Some(pieces)).await {
        Ok(desk) => desk.obstacle.expect("an obstacle"),
        Err(fault) => fault,
    };
    assert_no(&obstacle, code);
    let request = PayFromBalance {
        account: world.account(),
        invoice: invoice(number),
        pieces,
        seen: sats(1),
    };
    let fault = refused(world.engine.pay_from_balance(request).await);
    assert_no(&fault, code);
    let request = PayByDeal {
        account: world.account(),
        invoice: invoice(number),
        pieces,
        seen: sats(1),
        choice: zelle(),
        ad: None,
        seen_fiat: Decimal::from(1_000_000),
    };
    assert_no(&refused(world.engine.pay_by_deal(request).await), code);
    assert_no(
        &fault_of(world.engine.suitable_ads(invoice(number), pieces, &zelle()).await),
        code,
    );
    assert_eq!((Books::of(world), statuses_of(world, &world.you()).await), before);
    for rpc in [
        "PayInvoiceFromBalance",
        "PayInvoiceByBestDeal",
        "PayInvoiceByDeal",
    ] {
        assert_eq!(world.sandbox.faults().calls(rpc), 0, "{rpc}");
    }
    assert!(world.engine.state().operations.is_empty());
    obstacle
}

#[tokio::test(start_paused = true)]
async fn what_is_no_number_is_said_before_anybody_is_asked() {
    let world = World::new(20).await;
    let asked = world.sandbox.faults().calls("GetInvoiceById");
    for text in ["", "coffee", "-1", "0", "12.5", "99999999999999999999999"] {
        let fault = fault_of(world.engine.pay_desk(text, None).await);
        assert_no(&fault, FaultCode::InvoiceNumberInvalid);
    }
    assert_eq!(world.sandbox.faults().calls("GetInvoiceById"), asked);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_invoice_and_somebody_else_s_private_one() {
    let world = World::new(21).await;
    assert_refused(&world, 999_999, 1, FaultCode::InvoiceNotFound).await;
    let new = NewInvoice::private("vela-repair", "marta.k", BookSats(90_000));
    let foreign = world.sandbox.issue_invoice(new).unwrap();
    assert_refused(&world, foreign, 1, FaultCode::InvoiceNotFound).await;
}

#[tokio::test(start_paused = true)]
async fn the_person_s_own_and_a_sold_out_one() {
    let world = World::new(22).await;
    assert_refused(&world, 777, 1, FaultCode::OwnInvoice).await;
    assert_refused(&world, 404, 1, FaultCode::InvoiceSoldOut).await;
}

/// The closed exchange forgot to delete them (section 20, row 26): the client knows the time itself.
#[tokio::test(start_paused = true)]
async fn a_private_invoice_past_its_time_and_then_deleted() {
    let world = World::new(23).await;
    let new = NewInvoice::private("vela-repair", &world.you(), BookSats(90_000));
    let number = world.sandbox.issue_invoice(new).unwrap();
    world.sandbox.clock().advance(Duration::from_secs(3_599));
    assert!(desk(&world, number, 1).await.obstacle.is_none());
    world.sandbox.clock().advance(Duration::from_secs(1));
    assert_refused(&world, number, 1, FaultCode::InvoiceExpired).await;
    world.sandbox.step().await;
    assert_refused(&world, number, 1, FaultCode::InvoiceNotFound).await;
}

#[tokio::test(start_paused = true)]
async fn too_many_and_too_few_pieces_name_the_limit() {
    let world = World::new(24).await;
    let fault = assert_refused(&world, LIBRARY, 101, FaultCode::TooManyPieces).await;
    assert_eq!(fault.value("max"), Some("100"));
    let fault = assert_refused(&world, 256, 1, FaultCode::TooFewPieces).await;
    assert_eq!(fault.value("min"), Some("2"));
    // Nobody's rule, and yet no purchase.
    assert_refused(&world, LIBRARY, 0, FaultCode::TooFewPieces).await;
    // So many that their price is no amount.
    assert_refused(&world, LIBRARY, u32::MAX, FaultCode::TooManyPieces).await;
}

#[tokio::test(start_paused = true)]
async fn anonymous_people_do_not_pay_private_invoices() {
    let world = World::disconnected(25).await;
    let you = world.you();
    world.sandbox.set_anonymous(&you, true).unwrap();
    world.engine.start_practice().await.unwrap();
    let new = NewInvoice::private("vela-repair", &you, BookSats(90_000));
    let number = world.sandbox.issue_invoice(new).unwrap();
    assert_refused(&world, number, 1, FaultCode::PrivateForAnonymous).await;
    done(pay(&world, LIBRARY, 1).await);
}

#[tokio::test(start_paused = true)]
async fn too_little_balance_names_what_is_missing() {
    let world = World::new(26).await;
    let you = world.you();
    world.sandbox.set_balance(&you, BookSats(24_999)).unwrap();
    let before = Books::of(&world);
    let fault = refused(pay(&world, LIBRARY, 2).await);
    assert_no(&fault, FaultCode::InsufficientBalance);
    assert_eq!(fault.value("missing"), Some("1"));
    assert_eq!(fault.value("available"), Some("24999"));
    assert_eq!(Books::of(&world), before);
    assert_eq!(world.sandbox.faults().calls("PayInvoiceFromBalance"), 0);
    assert!(
        desk(&world, LIBRARY, 2).await.obstacle.is_none(),
        "fiat is still a way to pay"
    );
}

/// Pays while the world changes between what the engine read and what the server does.
async fn meanwhile(
    world: &World,
    rpc: &str,
    end: impl Future<Output = kvit_engine::PayEnd>,
    change: impl FnOnce(),
) -> kvit_domain::fault::Fault {
    world
        .sandbox
        .faults()
        .once(rpc, When::Before, Wrong::Delay(Duration::from_secs(5)));
    let change = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        change();
        Books::of(world)
    };
    let (end, after_change) = tokio::join!(end, change);
    let fault = refused(end);
    assert_eq!(Books::of(world), after_change, "the purchase changed nothing");
    assert_eq!(world.sandbox.faults().calls(rpc), 1, "asked once");
    assert!(world.engine.state().operations.is_empty());
    fault
}

#[tokio::test(start_paused = true)]
async fn the_server_s_own_refusals_from_balance() {
    const RPC: &str = "PayInvoiceFromBalance";
    let world = World::new(27).await;
    let you = world.you();
    let fault = meanwhile(&world, RPC, pay(&world, LIBRARY, 2), || {
        world.sandbox.set_balance(&you, BookSats(1)).unwrap();
    })
    .await;
    assert_no(&fault, FaultCode::InsufficientBalance);

    let world = World::new(27).await;
    let fault = meanwhile(&world, RPC, pay(&world, 512, 2), || {
        world.sandbox.buy("marta.k", 512, 1).unwrap();
    })
    .await;
    assert_no(&fault, FaultCode::TooManyPieces);
    assert_eq!(fault.value("max"), Some("1"));

    let world = World::new(27).await;
    let fault = meanwhile(&world, RPC, pay(&world, 512, 2), || {
        world.sandbox.buy("marta.k", 512, 2).unwrap();
    })
    .await;
    assert_no(&fault, FaultCode::InvoiceNotActive);
}

#[tokio::test(start_paused = true)]
async fn the_server_s_own_refusals_by_deal() {
    const CHOSEN: &str = "PayInvoiceByDeal";
    const CHEAPEST: &str = "PayInvoiceByBestDeal";
    let world = World::new(28).await;
    let best = offers(&world, LIBRARY, 3).await.swap_remove(0).ad;
    let fault = meanwhile(&world, CHOSEN, pay_by_deal(&world, LIBRARY, 3, true), || {
        world.sandbox.enable_ad(best.id.get(), false).unwrap();
    })
    .await;
    assert_no(&fault, FaultCode::AdNotFound);

    let world = World::new(28).await;
    // So cheap that the sum is below the ad's least.
    let fault = meanwhile(&world, CHOSEN, pay_by_deal(&world, LIBRARY, 3, true), || {
        world.sandbox.set_ad_price(best.id.get(), Cents(10_000)).unwrap();
    })
    .await;
    assert_no(&fault, FaultCode::DealTooSmall);

    let world = World::new(28).await;
    let all = offers(&world, LIBRARY, 3).await;
    let fault = meanwhile(&world, CHEAPEST, pay_by_deal(&world, LIBRARY, 3, false), || {
        for offer in &all {
            world.sandbox.enable_ad(offer.ad.id.get(), false).unwrap();
        }
    })
    .await;
    assert_no(&fault, FaultCode::NoSuitableAd);
}

/// Asks for `change` between the sight of the best ad and the click on it.
async fn click_after(
    world: &World,
    by_number: bool,
    change: impl FnOnce(AdvertisementId),
) -> kvit_engine::PayEnd {
    let best = offers(world, LIBRARY, 3).await.swap_remove(0);
    change(best.ad.id);
    let request = PayByDeal {
        account: world.account(),
        invoice: invoice(LIBRARY),
        pieces: 3,
        seen: sats(37_500),
        choice: zelle(),
        ad: by_number.then_some(best.ad.id),
        seen_fiat: best.cost.amount(),
    };
    world.engine.pay_by_deal(request).await
}

#[tokio::test(start_paused = true)]
async fn a_chosen_ad_that_is_dearer_or_cheaper_now_is_refused_with_both_sums() {
    for price in [7_000_000, 5_000_000] {
        let world = World::new(29).await;
        let before = Books::of(&world);
        let seen = offers(&world, LIBRARY, 3).await.swap_remove(0).cost;
        let end = click_after(&world, true, |ad| {
            world.sandbox.set_ad_price(ad.get(), Cents(price)).unwrap();
        })
        .await;
        let fault = refused(end);
        assert_no(&fault, FaultCode::AdChanged);
        assert_eq!(fault.value("seen"), Some(seen.amount_text().as_str()));
        // 0.000375 BTC at this price.
        let now = if price == 7_000_000 { "26.25" } else { "18.75" };
        assert_eq!(fault.value("now"), Some(now));
        assert_eq!(fault.value("currency"), Some("USD"));
        assert_eq!(Books::of(&world), before);
        assert_eq!(world.sandbox.faults().calls("PayInvoiceByDeal"), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_is_cheapest_may_cost_less_than_seen_and_not_more() {
    let world = World::new(30).await;
    let before = Books::of(&world);
    let end = click_after(&world, false, |_| {
        world.sandbox.set_market(Cents(7_000_000)).unwrap();
    })
    .await;
    assert_no(&refused(end), FaultCode::AdChanged);
    assert_eq!(Books::of(&world), before);
    assert_eq!(world.sandbox.faults().calls("PayInvoiceByBestDeal"), 0);

    let world = World::new(30).await;
    let end = click_after(&world, false, |_| {
        world.sandbox.set_market(Cents(5_000_000)).unwrap();
    })
    .await;
    let (_, differs) = done(end);
    assert!(!differs);
}

#[tokio::test(start_paused = true)]
async fn a_chosen_ad_that_is_gone_blocked_or_too_small() {
    let world = World::new(31).await;
    let before = Books::of(&world);
    let end = click_after(&world, true, |ad| {
        world.sandbox.enable_ad(ad.get(), false).unwrap();
    })
    .await;
    assert_no(&refused(end), FaultCode::AdNotFound);

    let world = World::new(31).await;
    let best = offers(&world, LIBRARY, 3).await.swap_remove(0);
    let owner = best.ad.owner.name.clone();
    let end = click_after(&world, true, |_| {
        world.sandbox.block(&owner, &world.you(), true).unwrap();
    })
    .await;
    assert_no(&refused(end), FaultCode::AdNotFound);
    let left = offers(&world, LIBRARY, 3).await;
    assert!(left.iter().all(|offer| offer.ad.owner.name != owner));

    // An offer for larger sums: not there for this one, though its number is known.
    let world = World::new(31).await;
    let large = offers(&world, LIBRARY, 100).await;
    let small = offers(&world, LIBRARY, 3).await;
    let only_large = large
        .iter()
        .find(|one| small.iter().all(|other| other.ad.id != one.ad.id))
        .unwrap();
    let request = PayByDeal {
        account: world.account(),
        invoice: invoice(LIBRARY),
        pieces: 3,
        seen: sats(37_500),
        choice: zelle(),
        ad: Some(only_large.ad.id),
        seen_fiat: only_large.ad.cost(sats(37_500)).unwrap().amount(),
    };
    assert_no(
        &refused(world.engine.pay_by_deal(request).await),
        FaultCode::AdNotFound,
    );
    assert_eq!(Books::of(&world), before);
    assert_eq!(world.sandbox.faults().calls("PayInvoiceByDeal"), 0);
}

#[tokio::test(start_paused = true)]
async fn no_suitable_ad() {
    let world = World::new(32).await;
    let nobody = choice("GB", "GBP", "PAYPAL");
    let fault = fault_of(world.engine.suitable_ads(invoice(LIBRARY), 3, &nobody).await);
    assert_no(&fault, FaultCode::NoSuitableAd);
    let request = PayByDeal {
        account: world.account(),
        invoice: invoice(LIBRARY),
        pieces: 3,
        seen: sats(37_500),
        choice: nobody,
        ad: None,
        seen_fiat: Decimal::from(1_000_000),
    };
    assert_no(
        &refused(world.engine.pay_by_deal(request).await),
        FaultCode::NoSuitableAd,
    );
    assert_eq!(world.sandbox.faults().calls("PayInvoiceByBestDeal"), 0);
}

/// One open deal with an ad: it is not offered for another purchase, and refused by number.
#[tokio::test(start_paused = true)]
async fn an_ad_with_an_open_deal_takes_no_second_one() {
    let world = World::new(33).await;
    let first = done(pay_by_deal(&world, LIBRARY, 3, true).await).0;
    let ad = first.payment.deal.unwrap().ad.id;
    let before = Books::of(&world);
    assert!(offers(&world, MAP, 1).await.iter().all(|offer| offer.ad.id != ad));
    let request = PayByDeal {
        account: world.account(),
        invoice: invoice(MAP),
        pieces: 1,
        seen: sats(42_000),
        choice: zelle(),
        ad: Some(ad),
        seen_fiat: Decimal::from(1_000_000),
    };
    assert_no(
        &refused(world.engine.pay_by_deal(request).await),
        FaultCode::AdNotFound,
    );
    assert_eq!(Books::of(&world), before);
}

#[tokio::test(start_paused = true)]
async fn a_price_that_moved_is_refused_by_deal_as_well() {
    let world = World::new(34).await;
    let seen = desk(&world, COFFEE, 1).await.total;
    world.sandbox.set_market(Cents(5_000_000)).unwrap();
    let request = PayByDeal {
        account: world.account(),
        invoice: invoice(COFFEE),
        pieces: 1,
        seen,
        choice: zelle(),
        ad: None,
        seen_fiat: Decimal::from(1_000_000),
    };
    let before = Books::of(&world);
    assert_no(
        &refused(world.engine.pay_by_deal(request).await),
        FaultCode::PriceChanged,
    );
    assert_eq!(Books::of(&world), before);
}

/// A deal is open on the invoice: neither way pays it a second time, and the person is told which payment it is.
#[tokio::test(start_paused = true)]
async fn a_pending_payment_is_found_instead_of_paying_twice() {
    let world = World::new(35).await;
    let first = done(pay_by_deal(&world, LIBRARY, 3, true).await).0;
    let before = Books::of(&world);
    let shown = desk(&world, LIBRARY, 2)
        .await
        .pending
        .expect("the pending payment");
    assert_eq!(shown.payment.id, first.payment.id);
    assert!(shown.payment.deal.is_some());
    for end in [
        pay(&world, LIBRARY, 2).await,
        pay_by_deal(&world, LIBRARY, 2, true).await,
        pay_by_deal(&world, LIBRARY, 2, false).await,
    ] {
        let fault = refused(end);
        assert_no(&fault, FaultCode::PaymentPending);
        assert_eq!(
            fault.value("payment"),
            Some(first.payment.id.to_string().as_str())
        );
    }
    assert_eq!(Books::of(&world), before);
}

/// The pending payment is made on another computer, between what the engine read and the call: the server gives it
/// back (section 7.2), whatever was asked for.
#[tokio::test(start_paused = true)]
async fn a_pending_payment_from_another_computer_comes_back_and_is_said_to_differ() {
    let world = World::new(36).await;
    let you = world.you();
    world.sandbox.faults().once(
        "PayInvoiceByBestDeal",
        When::Before,
        Wrong::Delay(Duration::from_secs(5)),
    );
    let elsewhere = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let ad = offers(&world, LIBRARY, 3).await.pop().unwrap().ad.id;
        let line = world.line_of(&you);
        line.pay_by_deal(invoice(LIBRARY), 2, ad).await.unwrap()
    };
    let (end, theirs) = tokio::join!(pay_by_deal(&world, LIBRARY, 3, false), elsewhere);
    let (payment, differs) = done(end);
    assert_eq!(payment.payment.id, theirs.id);
    assert!(differs);
    let pending = payments_of(&world, &you)
        .await
        .iter()
        .filter(|payment| payment.status == kvit_domain::payment::PaymentStatus::Pending)
        .count();
    assert_eq!(pending, 1);
}
