//! Stored events: kept, acted on, told, and only then forgotten at the server. Each is told once, whatever happens to
//! it on the way and wherever the app ends.

use std::{collections::BTreeMap, time::Duration};

use kvit_domain::{
    id::{EventId, PaymentId},
    news::NewsKind,
};
use kvit_engine::PaymentsQuery;
use kvit_sandbox::{Fault as Wrong, When};
use kvit_testkit::World;

use crate::{books::statuses_of, cut_off, let_in, listed, open_deal, restarted};

const MARK: &str = "MarkEventsAsRead";

/// Two hours of talk, sold by the person.
const TALK: u64 = 777;

fn sell(world: &World) -> PaymentId {
    PaymentId::new(world.sandbox.buy("marta.k", TALK, 1).unwrap()).unwrap()
}

/// How often each event was told.
fn told(world: &World) -> BTreeMap<EventId, usize> {
    let mut told = BTreeMap::new();
    for news in world.told.news() {
        *told.entry(news.event).or_default() += 1;
    }
    told
}

fn times_told_of(world: &World, sale: PaymentId) -> usize {
    world
        .told
        .news()
        .iter()
        .filter(|news| news.payment == Some(sale) && news.kind == NewsKind::PaymentReceived)
        .count()
}

/// Waits until the server has nothing stored any more.
async fn forgotten(world: &World) {
    let line = world.line_of(&world.you());
    for _ in 0..3_000 {
        if line.stored_events().await.unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!(
        "events stay stored: {:?}",
        line.stored_events().await.unwrap().len()
    );
}

async fn assert_each_told_once(world: &World, sales: &[PaymentId]) {
    forgotten(world).await;
    for sale in sales {
        assert_eq!(times_told_of(world, *sale), 1, "{sale:?}");
    }
    assert!(told(world).values().all(|times| *times == 1), "{:?}", told(world));
    assert_eq!(world.engine.state().unread_news as usize, told(world).len());
    // And what is shown is what a fresh look shows.
    let shown: Vec<_> = listed(world, &PaymentsQuery::default())
        .await
        .unwrap()
        .payments
        .iter()
        .map(|one| (one.payment.id, one.payment.status))
        .collect();
    assert_eq!(shown, statuses_of(world, &world.you()).await);
    let books = world.sandbox.balance(&world.you()).unwrap().0.0;
    world
        .until(|world| world.engine.state().money.unwrap().balance.confirmed.get() == books)
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_sale_is_told_once_with_what_it_was() {
    let world = World::new(230).await;
    let had = world.told.news().len();
    let sale = sell(&world);
    world.until(|world| world.told.news().len() > had).await;
    assert_each_told_once(&world, &[sale]).await;
    let news = world.told.news();
    let one = news.iter().find(|news| news.payment == Some(sale)).unwrap();
    assert_eq!(one.person, "marta.k");
    assert_eq!(one.invoice.map(|id| id.get()), Some(TALK));
    assert_eq!(one.amount, Some(crate::sats(35_000)));
    // By the time it is told it is shown.
    assert!(world.engine.payment(sale).await.unwrap().record.receipt.is_some());
}

#[tokio::test(start_paused = true)]
async fn events_that_come_twice_overtake_each_other_or_are_lost_are_told_once() {
    type Spoil = fn(&World);
    let spoils: [(&str, Spoil); 4] = [
        ("doubled", |world| world.sandbox.faults().duplicate_events(1)),
        ("reordered", |world| world.sandbox.faults().reorder_events(12)),
        ("lost", |world| world.sandbox.faults().lose_events(3)),
        ("all of it", |world| {
            world.sandbox.faults().duplicate_events(2);
            world.sandbox.faults().reorder_events(7);
            world.sandbox.faults().lose_events(4);
        }),
    ];
    for (name, spoil) in spoils {
        let world = World::new(231).await;
        spoil(&world);
        let mut sales = Vec::new();
        for round in 0..24 {
            sales.push(sell(&world));
            if round % 6 == 5 {
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        }
        let spoilt = world.sandbox.faults().spoilt_events();
        assert!(
            spoilt.lost + spoilt.doubled + spoilt.overtook > 0,
            "{name}: nothing was spoilt"
        );
        // What was lost comes with the next subscription.
        world.sandbox.faults().clear();
        cut_off(&world).await;
        let_in(&world).await;
        assert_each_told_once(&world, &sales).await;
    }
}

/// The answer to the last step never comes, before or after the server forgot: what was told is not told again, in
/// this run or the next.
#[tokio::test(start_paused = true)]
async fn what_was_told_and_not_marked_is_not_told_again() {
    for when in [When::Before, When::After] {
        for wrong in [
            Wrong::Cut,
            Wrong::Refuse(kvit_sandbox::Code::Unavailable, String::new()),
        ] {
            let world = World::new(232).await;
            world.sandbox.faults().once(MARK, when, wrong);
            let sale = sell(&world);
            world.until(|world| times_told_of(world, sale) == 1).await;
            world.settled().await;
            let other = sell(&world);
            world.until(|world| times_told_of(world, other) == 1).await;
            let world = restarted(world).await;
            assert_each_told_once(&world, &[sale, other]).await;
        }
    }
}

/// The app is killed while it tells the server to forget.
#[tokio::test(start_paused = true)]
async fn a_kill_between_told_and_marked_tells_nothing_twice() {
    for when in [When::Before, When::After] {
        let world = World::new(233).await;
        let marked = world.sandbox.faults().calls(MARK);
        world.sandbox.faults().once(MARK, when, Wrong::Hang);
        let sale = sell(&world);
        world
            .until(|world| world.sandbox.faults().calls(MARK) > marked)
            .await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(times_told_of(&world, sale), 1);
        let world = world.killed(|_| {}).await;
        world.engine.resume().await;
        world.settled().await;
        assert_each_told_once(&world, &[sale]).await;
    }
}

/// The app is killed after the event was kept and before it was told: the next start tells it, once, also when the
/// marketplace is away by then.
#[tokio::test(start_paused = true)]
async fn a_kill_between_kept_and_told_loses_nothing() {
    for away in [false, true] {
        let world = World::new(234).await;
        let unread = world.engine.state().unread_news;
        world
            .sandbox
            .faults()
            .always("GetInvoicePayments", When::Before, Wrong::Hang);
        let sale = sell(&world);
        world
            .until(|world| world.engine.state().unread_news > unread)
            .await;
        assert_eq!(
            times_told_of(&world, sale),
            0,
            "it is not told before it can be shown"
        );
        let world = world.killed(|_| {}).await;
        world.sandbox.faults().clear();
        world.sandbox.faults().refuse_connections(away);
        world.engine.resume().await;
        world.until(|world| times_told_of(world, sale) == 1).await;
        world.sandbox.faults().refuse_connections(false);
        world.settled().await;
        assert_each_told_once(&world, &[sale]).await;
    }
}

/// Closed in an orderly way at any moment between sale and mark.
#[tokio::test(start_paused = true)]
async fn a_restart_at_any_moment_tells_everything_once() {
    let mut world = World::new(235).await;
    let mut sales = Vec::new();
    for round in 0..12 {
        for _ in 0..3 {
            sales.push(sell(&world));
        }
        for _ in 0..round * 3 {
            tokio::task::yield_now().await;
        }
        world = if round % 2 == 0 {
            world.reopened().await
        } else {
            world.killed(|_| {}).await
        };
        world.engine.resume().await;
    }
    world.settled().await;
    assert_each_told_once(&world, &sales).await;
}

/// Lines are made anew in the middle of telling: the new one neither repeats nor forgets.
#[tokio::test(start_paused = true)]
async fn a_new_line_in_the_middle_tells_everything_once() {
    let world = World::new(236).await;
    let mut sales = Vec::new();
    for round in 0..40 {
        sales.push(sell(&world));
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        world.engine.reconnect().await.unwrap();
    }
    world.settled().await;
    assert_each_told_once(&world, &sales).await;
}

/// An event is only a reason to look: what it says of the payment itself is not believed where asking tells.
#[tokio::test(start_paused = true)]
async fn what_an_event_claims_is_asked_after() {
    use kvit_proto::v1;
    let world = World::new(237).await;
    world.sandbox.faults().alter(|event: &mut v1::Event| {
        use v1::event::Content;
        if let Some(Content::InvoicePaymentUpdated(payment) | Content::InvoicePaymentNew(payment)) =
            &mut event.content
        {
            payment.crypto_amount = Some(v1::Decimal { units: 5, nanos: 0 });
        }
    });
    let sale = sell(&world);
    world.until(|world| times_told_of(world, sale) == 1).await;
    let seen = world.engine.payment(sale).await.unwrap();
    assert_eq!(seen.payment.amount, crate::sats(35_000));
    assert!(crate::is_verified(&seen.seal) && seen.record.notices.is_empty());
}

/// What a deal's trader does is told in its own words.
#[tokio::test(start_paused = true)]
async fn what_happens_in_a_deal_is_told_once_each() {
    let world = World::new(238).await;
    let (_, deal) = open_deal(&world).await;
    let id = deal.deal.id;
    let kinds = |world: &World| -> Vec<NewsKind> {
        let news = world.told.news();
        news.iter()
            .filter(|one| one.deal == Some(id))
            .map(|one| one.kind)
            .collect()
    };
    world.pass(10).await;
    world
        .until(|world| kinds(world).contains(&NewsKind::DealMessage))
        .await;
    let fiat = deal.deal.fiat.amount();
    world
        .engine
        .declare_paid(world.account(), id, fiat)
        .await
        .unwrap();
    world.pass(30).await;
    world
        .until(|world| kinds(world).contains(&NewsKind::DealCompleted))
        .await;
    let world = restarted(world).await;
    forgotten(&world).await;
    let completed = kinds(&world)
        .iter()
        .filter(|kind| **kind == NewsKind::DealCompleted)
        .count();
    assert_eq!(completed, 1, "{:?}", kinds(&world));
    assert!(told(&world).values().all(|times| *times == 1));
}
