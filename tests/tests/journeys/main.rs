//! Journeys: what a person does, from the button to the books, with the real engine and the real client over the
//! practice marketplace in memory.
//!
//! The judge is not the judged: what happened is asked of the marketplace's own books, what the person was told of
//! the engine. Time is paused and moved by hand, so nothing here waits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod books;
mod both_sides;
mod calls;
mod connect;
mod deals;
mod doubles;
mod drafts;
mod evidence;
mod export;
mod feedback;
mod files;
mod inbox;
mod journal;
mod killed;
mod listen;
mod malformed;
mod memory;
mod money;
mod operations;
mod outgoing;
mod pay;
mod payments;
mod pictures;
mod refunds;
mod refused;
mod seal;
mod store;
mod sync;
mod talks;

use std::fmt::Debug;

use kvit_domain::{
    advertisement::FiatChoice,
    deal::DealStatus,
    fault::{Fault, FaultCode, MoneyMoved},
    id::{InvoiceId, MessageId},
    message::Talk,
    money::Sats,
};
use kvit_engine::{
    AdOffer, ConnectionState, Operation, Outgoing, OutgoingId, Page, PayByDeal, PayDesk, PayEnd,
    PayFromBalance, PaymentsQuery, Seal, SeenDeal, SeenPayment, SyncStep, Window,
};
use kvit_testkit::World;

/// A month of a drawing program's library, 12 500 satoshi a piece, 1 to 100 pieces, sold by `pixel-forge`.
const LIBRARY: u64 = 640;
const LIBRARY_SELLER: &str = "pixel-forge";
/// Coffee for 18.50 EUR, following the rate, sold by `roastery-nord`.
const COFFEE: u64 = 88;
/// A map, 42 000 satoshi, sold by `mapwright`.
const MAP: u64 = 51;

fn invoice(number: u64) -> InvoiceId {
    InvoiceId::new(number).unwrap()
}

fn sats(count: i64) -> Sats {
    Sats::new(count).unwrap()
}

fn zelle() -> FiatChoice {
    choice("US", "USD", "ZELLE")
}

fn choice(country: &str, currency: &str, payment_type: &str) -> FiatChoice {
    FiatChoice {
        country: country.to_owned(),
        currency: currency.parse().unwrap(),
        payment_type: payment_type.to_owned(),
    }
}

async fn desk(world: &World, number: u64, pieces: u32) -> PayDesk {
    world
        .engine
        .pay_desk(&number.to_string(), Some(pieces))
        .await
        .unwrap()
}

/// Looks at the desk, and pays from balance what it shows.
async fn pay(world: &World, number: u64, pieces: u32) -> PayEnd {
    let desk = desk(world, number, pieces).await;
    world
        .engine
        .pay_from_balance(PayFromBalance {
            account: world.account(),
            invoice: desk.invoice.id,
            pieces,
            seen: desk.total,
        })
        .await
}

/// The first hundred rows of the list.
async fn listed(world: &World, query: &PaymentsQuery) -> Result<Page, Fault> {
    let window = Window {
        from: 0,
        count: 100,
        anchor: None,
    };
    world.engine.payments(query, window).await
}

/// Reads everything that is new or open, and waits until that is over, however it ends.
async fn read_again(world: &World) {
    world.engine.sync_go().unwrap();
    world
        .until(|world| {
            let sync = world.engine.state().sync.unwrap();
            sync.state == SyncStep::Done || sync.fault.is_some()
        })
        .await;
}

/// The marketplace is away: lines are cut, and none can be made.
async fn cut_off(world: &World) {
    world.sandbox.faults().refuse_connections(true);
    world.sandbox.faults().cut_connections();
    world
        .until(|world| world.engine.state().connection.state == ConnectionState::Waiting)
        .await;
}

/// The marketplace is there again, and everything that was missed is read.
async fn let_in(world: &World) {
    world.sandbox.faults().refuse_connections(false);
    world.settled().await;
}

/// The app was closed and opened again, and everything is read.
async fn restarted(world: World) -> World {
    let world = world.reopened().await;
    world.engine.resume().await;
    world.settled().await;
    world
}

/// Sends a message, and waits until it arrived; the message.
async fn delivered(world: &World, talk: Talk, text: &str) -> MessageId {
    let sent = world
        .engine
        .send_message(world.account(), talk, text)
        .await
        .unwrap();
    delivered_as(world, sent.id).await
}

/// Waits until an outgoing message arrived; the message.
async fn delivered_as(world: &World, id: OutgoingId) -> MessageId {
    let settled = message_settled(world, id).await;
    settled
        .message()
        .unwrap_or_else(|| panic!("not sent: {settled:?}"))
}

/// Waits until it is known what became of an outgoing message.
async fn message_settled(world: &World, id: OutgoingId) -> Outgoing {
    world
        .until(|world| !world.engine.outgoing(id).unwrap().state.is_open())
        .await;
    world.engine.outgoing(id).unwrap()
}

fn is_verified(seal: &Seal) -> bool {
    matches!(seal, Seal::Checked(verdict) if verdict.is_verified())
}

async fn offers(world: &World, number: u64, pieces: u32) -> Vec<AdOffer> {
    let found = world
        .engine
        .suitable_ads(invoice(number), pieces, &zelle())
        .await
        .unwrap();
    found.offers
}

/// Looks at desk and offers, and pays through the best one: by its number, or by whatever is cheapest.
async fn pay_by_deal(world: &World, number: u64, pieces: u32, by_number: bool) -> PayEnd {
    let desk = desk(world, number, pieces).await;
    let best = offers(world, number, pieces).await.swap_remove(0);
    world
        .engine
        .pay_by_deal(PayByDeal {
            account: world.account(),
            invoice: desk.invoice.id,
            pieces,
            seen: desk.total,
            choice: zelle(),
            ad: by_number.then_some(best.ad.id),
            seen_fiat: best.cost.amount(),
        })
        .await
}

/// A deal that waits for the person's transfer, with the payment it funds.
async fn open_deal(world: &World) -> (SeenPayment, SeenDeal) {
    let (payment, ..) = done(pay_by_deal(world, LIBRARY, 3, true).await);
    let id = payment.payment.deal.as_ref().unwrap().id;
    let deal = world.engine.deal_now(id).await.unwrap();
    assert_eq!(deal.deal.status, DealStatus::Opened);
    (payment, deal)
}

fn done(end: PayEnd) -> (SeenPayment, bool) {
    match end {
        PayEnd::Done { payment, differs } => (*payment, differs),
        other => panic!("not done: {other:?}"),
    }
}

fn refused(end: PayEnd) -> Fault {
    match end {
        PayEnd::Refused(fault) => fault,
        other => panic!("not refused: {other:?}"),
    }
}

fn unknown(end: PayEnd) -> Operation {
    match end {
        PayEnd::Unknown(operation) => *operation,
        other => panic!("not unknown: {other:?}"),
    }
}

/// A refusal of this kind that says that no money moved.
fn assert_no(fault: &Fault, code: FaultCode) {
    assert_eq!((fault.code, fault.money), (code, MoneyMoved::No), "{fault:?}");
}

fn fault_of<T: Debug>(answer: Result<T, Fault>) -> Fault {
    answer.expect_err("a fault")
}
