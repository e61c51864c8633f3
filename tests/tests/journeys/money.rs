//! The money map: it adds up to what the marketplace says, and every change of it follows from what is known, or is
//! shown as one that does not.

use std::time::Duration;

use kvit_domain::{deal::DealStatus, reckoning::Reckoning};
use kvit_engine::MoneyMap;
use kvit_sandbox::{Fault as Wrong, Sats as BookSats, When};
use kvit_testkit::World;

use crate::{LIBRARY, MAP, cut_off, done, let_in, open_deal, pay, read_again, restarted, sats, unknown};

fn map(world: &World) -> MoneyMap {
    world.engine.state().money.unwrap()
}

/// What does not follow from what is known, satoshi.
fn unexplained(world: &World) -> Option<i128> {
    map(world).reckoning.as_ref().map(Reckoning::unexplained)
}

/// Time passes for everybody, until the books and the map agree.
async fn shown(world: &World) {
    world.pass(1).await;
    let you = world.you();
    world
        .until(|world| {
            let (spendable, deposited) = world.sandbox.balance(&you).unwrap();
            let balance = map(world).balance;
            (balance.confirmed.get(), balance.deposited.get()) == (spendable.0, deposited.0)
        })
        .await;
    read_again(world).await;
}

/// So far apart that one moment cannot be taken for another.
async fn later(world: &World) {
    world.sandbox.clock().advance(Duration::from_secs(1_200));
    world.sandbox.step().await;
    read_balance(world).await;
}

/// A screen that reads the balance.
async fn read_balance(world: &World) {
    world.engine.pay_desk("640", Some(1)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_map_adds_up_to_what_the_marketplace_says() {
    let world = World::new(280).await;
    open_deal(&world).await;
    done(pay(&world, MAP, 1).await);
    shown(&world).await;
    read_balance(&world).await;
    let map = map(&world);
    let (spendable, deposited) = world.sandbox.balance(&world.you()).unwrap();
    assert_eq!(map.balance.confirmed.get(), spendable.0);
    assert_eq!(map.balance.deposited.get(), deposited.0);
    assert_eq!(map.total().get(), spendable.0 + deposited.0);
    assert_eq!((map.in_notes, map.unresolved), (sats(0), sats(0)));
    assert!(map.estimate.is_some() && map.reckoning.is_none());
    assert_eq!(map.read.as_second(), world.sandbox.clock().now().seconds());
}

/// In the deposit of a deal the bitcoin is still there: the trader's own map.
#[tokio::test(start_paused = true)]
async fn what_lies_in_a_deal_is_still_in_the_map() {
    let world = World::new(281).await;
    let (_, deal) = open_deal(&world).await;
    let trader = deal.deal.owner.name.clone();
    crate::connect::connect(&world, &trader).await.unwrap();
    world.settled().await;
    let (spendable, deposited) = world.sandbox.balance(&trader).unwrap();
    let map = map(&world);
    assert_eq!(map.balance.deposited.get(), deposited.0);
    assert!(deposited.0 >= 37_875);
    assert_eq!(map.total().get(), spendable.0 + deposited.0);
}

/// While nobody knows whether a payment was made, its amount is shown as that.
#[tokio::test(start_paused = true)]
async fn what_is_not_known_is_in_the_map_as_such() {
    let world = World::new(282).await;
    world
        .sandbox
        .faults()
        .once("PayInvoiceFromBalance", When::Before, Wrong::Cut);
    let id = unknown(pay(&world, LIBRARY, 2).await).id;
    assert_eq!(map(&world).unresolved, sats(25_000));
    assert_eq!(
        map(&world).reckoning,
        None,
        "that it is not known is no contradiction"
    );
    for _ in 0..200 {
        if !world.engine.operation(id).unwrap().state.is_open() {
            break;
        }
        world.wait(1).await;
    }
    assert_eq!(map(&world).unresolved, sats(0));
    assert_eq!(map(&world).reckoning, None);
}

/// Purchases, sales, deals to each of their ends, in an order that a seed decides, with gaps and restarts between:
/// every change is explained.
#[tokio::test(start_paused = true)]
async fn every_change_follows_from_what_is_known() {
    let mut next = 0x1234_5678_u64;
    let mut world = World::new(283).await;
    world
        .sandbox
        .set_balance("marta.k", BookSats(100_000_000))
        .unwrap();
    later(&world).await;
    for round in 0..24 {
        next = next
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let apart = round % 3 != 0;
        if apart {
            later(&world).await;
        }
        let act = (next >> 33) % 7;
        match act {
            0 => drop(done(pay(&world, MAP, 1).await)),
            1 => {
                world.sandbox.buy("marta.k", 777, 2).unwrap();
            }
            2 => {
                let (_, deal) = open_deal(&world).await;
                world.sandbox.trader_completes(deal.deal.id.get()).unwrap();
            }
            3 => {
                let (_, deal) = open_deal(&world).await;
                world.sandbox.trader_cancels(deal.deal.id.get()).unwrap();
            }
            4 => {
                // On another computer.
                world.sandbox.buy(&world.you(), LIBRARY, 1).unwrap();
            }
            5 => {
                cut_off(&world).await;
                world.sandbox.buy("marta.k", 777, 1).unwrap();
                world.sandbox.buy(&world.you(), MAP, 1).unwrap();
                let_in(&world).await;
            }
            _ => world = restarted(world).await,
        }
        shown(&world).await;
        world.until(|world| unexplained(world).is_none()).await;
        let reckoned = map(&world);
        assert_eq!(reckoned.reckoning, None, "round {round}, act {act}");
    }
    let deals = world.engine.deals().await.unwrap();
    assert!(deals.iter().any(|one| one.deal.status == DealStatus::Completed));
    // It is not that everything would be explained.
    later(&world).await;
    take(&world, 1_234);
    later(&world).await;
    later(&world).await;
    assert_eq!(unexplained(&world), Some(-1_234));
}

/// Bitcoin is gone, and nothing tells why.
fn take(world: &World, so_much: i64) {
    let you = world.you();
    let has = world.sandbox.balance(&you).unwrap().0.0;
    world.sandbox.set_balance(&you, BookSats(has - so_much)).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_change_that_nothing_explains_is_shown_and_stays_shown() {
    for so_much in [1, 50_000, -700] {
        let world = World::new(284).await;
        later(&world).await;
        assert_eq!(unexplained(&world), None);
        take(&world, so_much);
        later(&world).await;
        assert_eq!(unexplained(&world), Some(-i128::from(so_much)));
        let reckoned = map(&world).reckoning.unwrap();
        assert!(!reckoned.explains() && reckoned.since < reckoned.until);
        // Neither a gap nor a restart makes it good.
        cut_off(&world).await;
        assert_eq!(unexplained(&world), Some(-i128::from(so_much)), "offline too");
        let_in(&world).await;
        assert_eq!(unexplained(&world), Some(-i128::from(so_much)));
        let world = restarted(world).await;
        later(&world).await;
        assert_eq!(unexplained(&world), Some(-i128::from(so_much)));
        // What happens afterwards in the open is not mixed up with it.
        done(pay(&world, MAP, 1).await);
        later(&world).await;
        later(&world).await;
        assert_eq!(unexplained(&world), Some(-i128::from(so_much)));
        // Made good, it is good.
        take(&world, -so_much);
        later(&world).await;
        assert_eq!(unexplained(&world), None);
    }
}

/// While nobody listens something goes, without a payment that would explain it.
#[tokio::test(start_paused = true)]
async fn what_went_in_a_gap_is_noticed_after_it() {
    let world = World::new(285).await;
    later(&world).await;
    cut_off(&world).await;
    take(&world, 9_999);
    world.sandbox.clock().advance(Duration::from_secs(1_200));
    let_in(&world).await;
    later(&world).await;
    assert_eq!(unexplained(&world), Some(-9_999));
}

/// A sale that was seen pending and is paid an hour later is explained by that moment, not by when it was made.
#[tokio::test(start_paused = true)]
async fn a_sale_through_a_deal_is_explained_when_it_is_paid() {
    let world = World::disconnected(286).await;
    // The seller's account; somebody buys through a deal, before the seller ever connects.
    let you = world.you();
    let line = world.line_of(&you);
    let payment = line
        .pay_by_best_deal(crate::invoice(LIBRARY), 3, &crate::zelle())
        .await
        .unwrap();
    crate::connect::connect(&world, crate::LIBRARY_SELLER)
        .await
        .unwrap();
    world.settled().await;
    world.sandbox.clock().advance(Duration::from_secs(600));
    read_balance_of_seller(&world).await;
    let deal = payment.deal.unwrap().id;
    world.sandbox.trader_completes(deal.get()).unwrap();
    world.sandbox.clock().advance(Duration::from_secs(1_200));
    read_again(&world).await;
    read_balance_of_seller(&world).await;
    world
        .until(|world| {
            let books = world.sandbox.balance(crate::LIBRARY_SELLER).unwrap().0.0;
            map(world).balance.confirmed.get() == books
        })
        .await;
    assert_eq!(unexplained(&world), None);
}

async fn read_balance_of_seller(world: &World) {
    world.engine.pay_desk(&MAP.to_string(), Some(1)).await.unwrap();
}
