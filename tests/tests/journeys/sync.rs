//! Reading everything: once from end to end, then from the top; what is open and what was missed again.

use kvit_client::PaymentsFilter;
use kvit_domain::{
    deal::DealStatus,
    id::PaymentId,
    payment::{Payment, PaymentStatus},
    seal::SealMark,
};
use kvit_engine::{ListedPayment, PaymentsQuery, SyncProgress, SyncStep, Window};
use kvit_sandbox::{Fault as Wrong, When};
use kvit_testkit::World;

use crate::{
    MAP,
    connect::{connect, request},
    cut_off, let_in, listed, open_deal, read_again,
};

const LIST: &str = "GetInvoicePayments";

/// A practice marketplace with a long past, not connected to yet.
async fn with_a_past(seed: u64) -> World {
    let world = World::disconnected(seed).await;
    world
        .sandbox
        .clock()
        .advance(std::time::Duration::from_secs(30 * 86_400));
    world.sandbox.bulk_payments(230).unwrap();
    world
}

fn sync(world: &World) -> SyncProgress {
    world.engine.state().sync.unwrap()
}

fn calls(world: &World) -> u64 {
    world.sandbox.faults().calls(LIST)
}

/// All payments of the person, over a line of the judge's own.
async fn books(world: &World) -> Vec<Payment> {
    let line = world.line_of(&world.you());
    let mut all: Vec<Payment> = Vec::new();
    loop {
        let filter = PaymentsFilter {
            before: all.last().map(|payment| payment.id),
            count: 100,
            ..PaymentsFilter::default()
        };
        let page = line.payments(filter).await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

async fn shown(world: &World) -> Vec<ListedPayment> {
    let mut all: Vec<ListedPayment> = Vec::new();
    loop {
        let window = Window {
            from: u32::try_from(all.len()).unwrap(),
            count: 100,
            anchor: None,
        };
        let page = world
            .engine
            .payments(&PaymentsQuery::default(), window)
            .await
            .unwrap();
        if page.payments.is_empty() {
            return all;
        }
        all.extend(page.payments);
    }
}

/// What the store shows is what the books have, payment for payment.
async fn assert_whole(world: &World) -> Vec<Payment> {
    let books = books(world).await;
    let facts = |payment: &Payment| {
        (
            payment.id,
            payment.status,
            payment.amount,
            payment.pieces,
            payment.invoice.id,
            payment.buyer.name.clone(),
        )
    };
    let shown = shown(world).await;
    assert_eq!(
        shown.iter().map(|one| facts(&one.payment)).collect::<Vec<_>>(),
        books.iter().map(facts).collect::<Vec<_>>()
    );
    for one in &shown {
        match one.payment.status {
            PaymentStatus::Paid => assert_eq!(one.mark, SealMark::Verified, "{:?}", one.payment.id),
            _ => assert_eq!(one.mark, SealMark::Nothing),
        }
    }
    books
}

fn pages(count: usize) -> u64 {
    // The last page is the first that is not full.
    u64::try_from(count / 100).unwrap() + 1
}

fn pending(books: &[Payment]) -> u64 {
    let pending = books.iter().filter(|one| one.status == PaymentStatus::Pending);
    u64::try_from(pending.count()).unwrap()
}

fn paid(books: &[Payment]) -> usize {
    books
        .iter()
        .filter(|one| one.status == PaymentStatus::Paid)
        .count()
}

#[tokio::test(start_paused = true)]
async fn the_first_reading_brings_everything_and_archives_every_receipt() {
    let world = with_a_past(220).await;
    world.engine.start_practice().await.unwrap();
    world.settled().await;
    let progress = sync(&world);
    assert!(!progress.first && progress.finished.is_some() && progress.fault.is_none());
    let read = calls(&world);
    let books = assert_whole(&world).await;
    assert!(books.len() > 230);
    assert_eq!(progress.taken, u64::try_from(books.len()).unwrap());
    assert_eq!(progress.oldest, books.last().map(|payment| payment.created));
    assert_eq!(read, pages(books.len()), "each page once, nothing twice");
    let receipts = world.engine.receipts("", 0, 100).await.unwrap();
    assert_eq!(receipts.total as usize, paid(&books));
    assert!(receipts.receipts.iter().all(|row| row.mark == SealMark::Verified));
}

#[tokio::test(start_paused = true)]
async fn later_readings_go_from_the_top_to_what_is_known_and_to_what_is_open() {
    let world = with_a_past(221).await;
    world.engine.start_practice().await.unwrap();
    world.settled().await;
    let open = pending(&books(&world).await);
    assert!(open > 0);
    let before = calls(&world);
    cut_off(&world).await;
    let_in(&world).await;
    assert_eq!(calls(&world) - before, 1 + open, "one page, and what is open");

    // In a gap of 120 purchases on another computer two pages meet what is known.
    cut_off(&world).await;
    for _ in 0..120 {
        world.sandbox.buy(&world.you(), MAP, 1).unwrap();
    }
    let before = calls(&world);
    let_in(&world).await;
    assert_eq!(calls(&world) - before, 2 + open);
    let books = assert_whole(&world).await;
    let receipts = world.engine.receipts("", 0, 1).await.unwrap();
    assert_eq!(receipts.total as usize, paid(&books));

    // And a restart reads no more than that either.
    let world = world.reopened().await;
    let before = calls(&world);
    world.engine.resume().await;
    world.settled().await;
    assert_eq!(calls(&world) - before, 1 + open);
}

/// Lets the first reading take some pages, one a second, and stops it.
async fn stopped_in_the_middle(seed: u64) -> World {
    let world = with_a_past(seed).await;
    let slow = Wrong::Delay(std::time::Duration::from_secs(1));
    world.sandbox.faults().always(LIST, When::Before, slow);
    world.engine.start_practice().await.unwrap();
    let mut seen = Vec::new();
    while seen.last().is_none_or(|taken| *taken < 100) {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let progress = sync(&world);
        assert!(progress.first && progress.finished.is_none());
        seen.push(progress.taken);
    }
    assert!(seen.is_sorted(), "{seen:?}");
    assert!(
        seen.contains(&0) && seen.contains(&100),
        "it shows how far it is: {seen:?}"
    );
    world.engine.sync_stop().unwrap();
    assert_eq!(sync(&world).state, SyncStep::Stopped);
    world
}

async fn assert_it_stays_stopped(world: &World) -> u64 {
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    let (read, had) = (calls(world), sync(world).taken);
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    assert_eq!(calls(world), read, "nobody reads on");
    let progress = sync(world);
    assert_eq!((progress.state, progress.taken), (SyncStep::Stopped, had));
    assert!(progress.first && progress.finished.is_none());
    // What was read is shown.
    assert_eq!(
        listed(world, &PaymentsQuery::default()).await.unwrap().total,
        u32::try_from(had).unwrap()
    );
    had
}

#[tokio::test(start_paused = true)]
async fn a_first_reading_that_was_stopped_goes_on_where_it_was() {
    let world = stopped_in_the_middle(222).await;
    let had = assert_it_stays_stopped(&world).await;
    assert!((100..=200).contains(&had));
    let before = calls(&world);
    world.engine.sync_go().unwrap();
    world.settled().await;
    let read = calls(&world) - before;
    let books = assert_whole(&world).await;
    let of_known = books.iter().take(usize::try_from(had).unwrap());
    let open = of_known
        .filter(|one| one.status == PaymentStatus::Pending)
        .count();
    let rest = pages(books.len()) - had / 100;
    assert_eq!(
        read,
        1 + u64::try_from(open).unwrap() + rest,
        "the top, what is open, and the rest"
    );
}

#[tokio::test(start_paused = true)]
async fn a_first_reading_goes_on_where_it_was_after_a_restart_and_after_a_kill() {
    for kill in [false, true] {
        let world = stopped_in_the_middle(223).await;
        let had = assert_it_stays_stopped(&world).await;
        let world = if kill {
            world.killed(|_| {}).await
        } else {
            world.reopened().await
        };
        let before = calls(&world);
        world.engine.resume().await;
        assert_eq!(sync(&world).taken, had);
        world.settled().await;
        let read = calls(&world) - before;
        let books = assert_whole(&world).await;
        let of_known = books.iter().take(usize::try_from(had).unwrap());
        let open = of_known
            .filter(|one| one.status == PaymentStatus::Pending)
            .count();
        let rest = pages(books.len()) - had / 100;
        assert_eq!(read, 1 + u64::try_from(open).unwrap() + rest, "kill: {kill}");
    }
}

/// The line breaks in the middle of the first reading: the pages that were read stay, and it goes on by itself.
#[tokio::test(start_paused = true)]
async fn a_first_reading_that_is_cut_goes_on_by_itself() {
    let world = with_a_past(224).await;
    let slow = Wrong::Delay(std::time::Duration::from_secs(1));
    world.sandbox.faults().always(LIST, When::Before, slow);
    world.engine.start_practice().await.unwrap();
    world.until(|world| sync(world).taken >= 100).await;
    world.sandbox.faults().refuse_connections(true);
    world.sandbox.faults().cut_connections();
    world.until(|world| sync(world).fault.is_some()).await;
    let progress = sync(&world);
    assert!(progress.first && progress.taken >= 100 && progress.state == SyncStep::Waiting);
    world.sandbox.faults().clear();
    world.settled().await;
    assert_eq!(sync(&world).fault, None);
    assert_whole(&world).await;
}

/// A deal is completed while nobody listens: payment, deal and receipt are there afterwards.
#[tokio::test(start_paused = true)]
async fn what_is_open_is_read_again_after_a_gap() {
    let world = World::new(225).await;
    let (payment, deal) = open_deal(&world).await;
    cut_off(&world).await;
    world.sandbox.trader_completes(deal.deal.id.get()).unwrap();
    let_in(&world).await;
    let id = payment.payment.id;
    let page = listed(&world, &PaymentsQuery::default()).await.unwrap();
    let row = page.payments.iter().find(|row| row.payment.id == id).unwrap();
    assert_eq!(
        (row.payment.status, row.mark),
        (PaymentStatus::Paid, SealMark::Verified)
    );
    let deals = world.engine.deals().await.unwrap();
    let seen = deals.iter().find(|one| one.deal.id == deal.deal.id).unwrap();
    assert_eq!(seen.deal.status, DealStatus::Completed);
    assert!(world.engine.receipt(id).await.is_ok());
    let said: Vec<String> = world
        .engine
        .payment(id)
        .await
        .unwrap()
        .record
        .said
        .iter()
        .filter(|row| row.about == kvit_domain::memory::Said::Status)
        .map(|row| row.value.clone())
        .collect();
    assert_eq!(said, ["pending", "paid"]);
}

/// Connected without a key, everything is unverified; the key that is pinned later verifies all of it in the
/// background and archives the receipts, without a click on each.
#[tokio::test(start_paused = true)]
async fn a_key_that_is_pinned_later_checks_everything_again() {
    let world = with_a_past(226).await;
    let you = world.you();
    let mut without_key = request(&world, &you);
    without_key.public_key = String::new();
    without_key.confirmed_fingerprint = String::new();
    let account = world.engine.connect(without_key).await.unwrap();
    world.settled().await;
    let books = books(&world).await;
    let marks = shown(&world).await;
    assert_eq!(marks.len(), books.len());
    assert!(
        marks
            .iter()
            .filter(|one| one.payment.status == PaymentStatus::Paid)
            .all(|one| one.mark == SealMark::NotVerified)
    );
    assert_eq!(world.engine.receipts("", 0, 1).await.unwrap().total, 0);

    let again = connect(&world, &you).await.unwrap();
    assert_eq!(again.id, account.id);
    world.settled().await;
    for _ in 0..600 {
        let total = world.engine.receipts("", 0, 1).await.unwrap().total as usize;
        if total == paid(&books) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_whole(&world).await;
    let receipts = world.engine.receipts("", 0, 1).await.unwrap();
    assert_eq!(receipts.total as usize, paid(&books));
    assert_eq!(receipts.receipts[0].receipt.key, world.sandbox.fingerprint());
}

/// The archive: found by number, name and words; checked again each time it is opened.
#[tokio::test(start_paused = true)]
async fn receipts_are_searched_and_opened_offline() {
    let world = with_a_past(227).await;
    world.engine.start_practice().await.unwrap();
    world.settled().await;
    let all = world.engine.receipts("", 0, 100).await.unwrap();
    let ids: Vec<PaymentId> = all.receipts.iter().map(|row| row.receipt.payment).collect();
    assert!(ids.is_sorted_by(|one, other| one > other) && ids.len() == 100);
    let next = world.engine.receipts("", 100, 100).await.unwrap();
    assert!(next.receipts[0].receipt.payment < ids[99]);
    cut_off(&world).await;
    let one = &all.receipts[7].receipt;
    let found = world
        .engine
        .receipts(&one.payment.to_string(), 0, 100)
        .await
        .unwrap();
    assert!(found.receipts.iter().any(|row| row.receipt == *one));
    let by_name = world.engine.receipts(&one.owner, 0, 100).await.unwrap();
    assert!(by_name.total > 0);
    assert!(
        by_name
            .receipts
            .iter()
            .all(|row| row.receipt.owner.contains(&one.owner) || row.receipt.payer.contains(&one.owner))
    );
    let opened = world.engine.receipt(one.payment).await.unwrap();
    assert!(crate::is_verified(&opened.seal) && opened.pinned);
    assert_eq!(opened.checked.as_second(), world.sandbox.clock().now().seconds());
    assert_eq!(
        world
            .engine
            .receipts("nobody of that name", 0, 10)
            .await
            .unwrap()
            .total,
        0
    );
}

/// Reading again changes nothing that did not change: no topic, no notice, no second receipt.
#[tokio::test(start_paused = true)]
async fn reading_twice_is_reading_once() {
    let world = World::new(228).await;
    // Confirmations are signed anew at every read.
    let without_text = async |world: &World| {
        let mut rows = shown(world).await;
        rows.iter_mut().for_each(|row| row.payment.confirmation = None);
        format!("{rows:?}")
    };
    let had = without_text(&world).await;
    let receipts = world.engine.receipts("", 0, 100).await.unwrap();
    world.told.take();
    for _ in 0..3 {
        read_again(&world).await;
    }
    assert_eq!(without_text(&world).await, had);
    assert!(!world.told.take().iter().any(|topic| matches!(
        topic,
        kvit_engine::Topic::Payment(_) | kvit_engine::Topic::Receipts
    )));
    let after = world.engine.receipts("", 0, 100).await.unwrap();
    let texts = |page: &kvit_engine::ReceiptsPage| -> Vec<String> {
        page.receipts.iter().map(|row| row.receipt.text.clone()).collect()
    };
    assert_eq!(
        texts(&after),
        texts(&receipts),
        "the first confirmation is the receipt"
    );
    assert_eq!(world.engine.state().unseen_notices, 0);
}
