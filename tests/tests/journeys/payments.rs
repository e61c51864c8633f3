//! The list of payments: pages, filters, searches.

use std::collections::BTreeSet;

use kvit_domain::{
    fault::FaultCode,
    id::PaymentId,
    payment::{Direction, PaymentStatus},
    seal::SealMark,
};
use kvit_engine::{ListedPayment, PaymentsQuery, Window};
use kvit_testkit::World;

use crate::{MAP, assert_no, books::payments_of, cut_off, fault_of, listed, open_deal, read_again};

/// A world with more payments than fit a page of the list, or a page of the server.
async fn busy(seed: u64) -> World {
    let world = World::new(seed).await;
    for round in 0..70 {
        world.sandbox.buy(&world.you(), MAP, 1).unwrap();
        if round % 7 == 0 {
            world.sandbox.buy("marta.k", 777, 1).unwrap();
        }
    }
    // Of one's own purchases on another computer nothing is told: reading finds them.
    read_again(&world).await;
    world
}

/// Rows that a screen asks for at once here.
const ROWS: u32 = 30;

/// Scrolls to the end; every window.
async fn scrolled(world: &World, query: PaymentsQuery) -> Vec<Vec<ListedPayment>> {
    let mut pages = Vec::new();
    let mut from = 0;
    loop {
        let window = Window {
            from,
            count: ROWS,
            anchor: None,
        };
        let page = world.engine.payments(&query, window).await.unwrap();
        assert!(page.read.is_some());
        assert_eq!(page.from, from);
        from += u32::try_from(page.payments.len()).unwrap();
        let end = page.payments.is_empty();
        pages.push(page.payments);
        if end {
            assert_eq!(from, page.total);
            return pages;
        }
        assert!(pages.len() < 100, "no end");
    }
}

async fn found(world: &World, query: PaymentsQuery) -> Vec<ListedPayment> {
    scrolled(world, query).await.into_iter().flatten().collect()
}

fn ids(payments: &[ListedPayment]) -> Vec<u64> {
    payments.iter().map(|one| one.payment.id.get()).collect()
}

fn searching(text: &str) -> PaymentsQuery {
    PaymentsQuery {
        text: text.to_owned(),
        ..PaymentsQuery::default()
    }
}

#[tokio::test(start_paused = true)]
async fn scrolling_shows_each_payment_once_and_newest_first() {
    let world = busy(120).await;
    let pages = scrolled(&world, PaymentsQuery::default()).await;
    assert!(pages.len() > 2);
    assert!(pages.iter().rev().skip(2).all(|page| page.len() == ROWS as usize));
    let shown: Vec<u64> = pages.iter().flat_map(|page| ids(page)).collect();
    let books: Vec<u64> = payments_of(&world, &world.you())
        .await
        .iter()
        .map(|payment| payment.id.get())
        .collect();
    assert!(books.len() > 80 && books.len() < 100, "the judge reads one page");
    assert_eq!(shown, books);
    for one in pages.iter().flatten() {
        match one.payment.status {
            PaymentStatus::Paid => assert_eq!(one.mark, SealMark::Verified),
            _ => assert_eq!(one.mark, SealMark::Nothing),
        }
    }
}

/// New payments arrive above while one scrolls: the row that was looked at says where it stands now, and from there
/// nothing is shown twice, nothing is left out.
#[tokio::test(start_paused = true)]
async fn what_arrives_while_one_scrolls_loses_no_place() {
    let world = busy(121).await;
    let query = PaymentsQuery::default();
    let had = ids(&found(&world, query.clone()).await);
    let window = |from, anchor| Window {
        from,
        count: ROWS,
        anchor,
    };
    let first = world.engine.payments(&query, window(0, None)).await.unwrap();
    let last = first.payments.last().unwrap().payment.id;
    for _ in 0..5 {
        world.sandbox.buy(&world.you(), MAP, 1).unwrap();
    }
    read_again(&world).await;
    let moved = world
        .engine
        .payments(&query, window(ROWS, Some(last)))
        .await
        .unwrap();
    let place = moved.anchor.unwrap();
    assert_eq!(place, ROWS - 1 + 5);
    let mut shown = ids(&first.payments);
    shown.extend(
        ids(&found(&world, query.clone()).await)
            .into_iter()
            .skip(place as usize + 1),
    );
    assert_eq!(shown, had);
    // What is not in the list stands nowhere in it.
    let filtered = PaymentsQuery {
        direction: Some(Direction::ToMe),
        ..query
    };
    let none = world
        .engine
        .payments(&filtered, window(0, Some(last)))
        .await
        .unwrap();
    assert_eq!(none.anchor, None);
}

#[tokio::test(start_paused = true)]
async fn by_direction_and_by_status() {
    let world = busy(122).await;
    open_deal(&world).await;
    let me = world.engine.me().await.unwrap();
    let all = found(&world, PaymentsQuery::default()).await;
    for direction in [Direction::FromMe, Direction::ToMe] {
        let query = PaymentsQuery {
            direction: Some(direction),
            ..PaymentsQuery::default()
        };
        let wanted: Vec<u64> = all
            .iter()
            .filter(|one| one.payment.direction(me) == direction)
            .map(|one| one.payment.id.get())
            .collect();
        assert!(wanted.len() > 10);
        assert_eq!(ids(&found(&world, query).await), wanted);
    }
    for (status, count) in [(PaymentStatus::Pending, 1), (PaymentStatus::Canceled, 1)] {
        let query = PaymentsQuery {
            status: Some(status),
            ..PaymentsQuery::default()
        };
        let found = found(&world, query).await;
        assert_eq!(found.len(), count, "{status:?}");
        assert!(found.iter().all(|one| one.payment.status == status));
    }
}

#[tokio::test(start_paused = true)]
async fn by_number_invoice_person_and_words() {
    let world = busy(123).await;
    let all = found(&world, PaymentsQuery::default()).await;
    // The oldest of all stands on the first page when it is asked for by number, however it is written.
    let oldest = all.last().unwrap().payment.id;
    for text in [format!("{oldest}"), format!(" №{oldest} "), format!("#{oldest}")] {
        let page = listed(&world, &searching(&text)).await.unwrap();
        assert_eq!(page.payments[0].payment.id, oldest, "{text}");
        let shown = ids(&found(&world, searching(&text)).await);
        let once: BTreeSet<u64> = shown.iter().copied().collect();
        assert_eq!(once.len(), shown.len(), "{text}: none is shown twice");
    }
    let on_coffee: Vec<u64> = all
        .iter()
        .filter(|one| one.payment.invoice.id.get() == 88)
        .map(|one| one.payment.id.get())
        .collect();
    assert_eq!(on_coffee.len(), 1);
    for text in ["88", "roastery", "ROASTERY-NORD", "coffee", "Roasted on Thursday"] {
        assert_eq!(ids(&found(&world, searching(text)).await), on_coffee, "{text}");
    }
    assert_eq!(
        found(&world, searching("marta")).await.len(),
        11,
        "ten, and one of the past"
    );
    assert!(found(&world, searching("nothing of that kind")).await.is_empty());
    // Both at once: a search within a direction.
    let query = PaymentsQuery {
        direction: Some(Direction::FromMe),
        ..searching("marta")
    };
    assert!(found(&world, query).await.is_empty());
}

/// A number that is a payment's and an invoice's: both are found, the payment once.
#[tokio::test(start_paused = true)]
async fn a_number_that_is_two_things() {
    let world = World::new(124).await;
    let first = found(&world, PaymentsQuery::default())
        .await
        .last()
        .unwrap()
        .payment
        .id
        .get();
    let mut number = 0;
    while number < first {
        let new = kvit_sandbox::NewInvoice::public("mapwright", kvit_sandbox::Sats(1_000));
        number = world.sandbox.issue_invoice(new).unwrap();
    }
    assert_eq!(number, first, "an invoice with the number of the first payment");
    for _ in 0..40 {
        world.sandbox.buy(&world.you(), number, 1).unwrap();
    }
    read_again(&world).await;
    let pages = scrolled(&world, searching(&number.to_string())).await;
    let shown: Vec<u64> = pages.iter().flat_map(|page| ids(page)).collect();
    assert_eq!(shown.len(), 41);
    assert_eq!(shown.iter().collect::<BTreeSet<_>>().len(), 41);
    assert!(shown.contains(&number) && shown.is_sorted_by(|one, other| one > other));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_and_a_foreign_payment_are_not_found() {
    let world = World::new(125).await;
    world.sandbox.buy("marta.k", MAP, 1).unwrap();
    let foreign = payments_of(&world, "marta.k").await[0].id;
    for id in [foreign, PaymentId::new(9_999_999).unwrap()] {
        assert_no(
            &fault_of(world.engine.payment_now(id).await),
            FaultCode::PaymentNotFound,
        );
        assert_no(
            &fault_of(world.engine.cancel_payment(world.account(), id).await),
            FaultCode::PaymentNotFound,
        );
    }
    assert_eq!(world.sandbox.faults().calls("CancelInvoicePayment"), 0);
}

/// A payment that was made on another computer a moment ago is found by its number, before anything was read again.
#[tokio::test(start_paused = true)]
async fn a_number_that_is_not_in_the_store_is_asked_for() {
    let world = World::new(127).await;
    let bought = world.sandbox.buy(&world.you(), MAP, 1).unwrap();
    let page = listed(&world, &searching(&format!("#{bought}"))).await.unwrap();
    assert_eq!(ids(&page.payments), [bought]);
    assert_eq!(ids(&found(&world, PaymentsQuery::default()).await)[0], bought);
}

/// Without a connection everything that was read is shown, filtered as asked, and said to be as old as it is.
#[tokio::test(start_paused = true)]
async fn copies_without_a_connection() {
    let world = busy(126).await;
    let all = found(&world, PaymentsQuery::default()).await;
    let read = listed(&world, &PaymentsQuery::default()).await.unwrap().read;
    cut_off(&world).await;
    world.wait(600).await;
    assert_eq!(ids(&found(&world, PaymentsQuery::default()).await), ids(&all));
    let page = listed(&world, &searching("coffee")).await.unwrap();
    assert_eq!((page.payments.len(), page.read), (1, read));
    let one = world.engine.payment(all[3].payment.id).await.unwrap();
    assert_eq!(one.payment, all[3].payment);
    let none = listed(&world, &searching("nothing of that kind")).await.unwrap();
    assert_eq!((none.payments.len(), none.total), (0, 0));
}
