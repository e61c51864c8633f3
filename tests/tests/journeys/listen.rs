//! The connection: lost, silent, refused; and what was missed meanwhile.

use std::time::Duration;

use kvit_domain::fault::FaultCode;
use kvit_engine::{ConnectionState, PaymentsQuery, Topic};
use kvit_proto::v1;
use kvit_testkit::World;

use crate::{
    assert_no,
    connect::{connect, request, token_of},
    fault_of, listed,
};

fn state(world: &World) -> ConnectionState {
    world.engine.state().connection.state
}

async fn until(world: &World, wanted: ConnectionState) {
    world.until(|world| state(world) == wanted).await;
}

#[tokio::test(start_paused = true)]
async fn the_first_connection_brings_person_and_money() {
    let world = World::disconnected(100).await;
    assert_eq!(state(&world), ConnectionState::Idle);
    assert_no(
        &fault_of(listed(&world, &PaymentsQuery::default()).await),
        FaultCode::NotConnected,
    );
    world.engine.start_practice().await.unwrap();
    until(&world, ConnectionState::Connected).await;
    let you = world.you();
    world.until(|world| world.engine.state().money.is_some()).await;
    let shown = world.engine.state();
    let money = shown.money.unwrap();
    assert_eq!(
        money.balance.confirmed.get(),
        world.sandbox.balance(&you).unwrap().0.0
    );
    assert!(shown.connection.heard.is_some() && shown.connection.fault.is_none());
    world
        .until(|world| world.engine.accounts()[0].username.is_some())
        .await;
    assert_eq!(world.engine.accounts()[0].username, Some(you));
    let again = world.engine.start_practice().await.unwrap();
    assert_eq!(world.engine.accounts().len(), 1, "one practice account");
    assert_eq!(world.engine.accounts()[0].id, again.id);
}

/// While the server is away somebody buys from the person. The event is lost for good (section 2.6).
#[tokio::test(start_paused = true)]
async fn a_server_that_was_away_is_found_again_and_what_was_missed_is_read() {
    let world = World::new(101).await;
    let you = world.you();
    let sold = payments_to_me(&world).await;
    world.sandbox.faults().refuse_connections(true);
    world.sandbox.faults().cut_connections();
    until(&world, ConnectionState::Waiting).await;
    assert!(world.engine.state().connection.fault.is_some());
    world.sandbox.buy("marta.k", 777, 1).unwrap();
    // Copies are shown, and when they were read.
    let copies = listed(&world, &PaymentsQuery::default()).await.unwrap();
    assert!(copies.read.is_some());
    assert!(!copies.payments.is_empty());
    // An hour later it still tries.
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(state(&world), ConnectionState::Waiting);
    world.told.take();
    world.sandbox.faults().refuse_connections(false);
    until(&world, ConnectionState::Connected).await;
    let balance = world.sandbox.balance(&you).unwrap().0.0;
    world
        .until(|world| {
            let money = world.engine.state().money;
            money.is_some_and(|money| money.balance.confirmed.get() == balance)
        })
        .await;
    world
        .until(|world| world.told.take().contains(&Topic::Payments))
        .await;
    assert_eq!(payments_to_me(&world).await, sold + 1);
    assert!(world.engine.state().connection.fault.is_none());
}

async fn payments_to_me(world: &World) -> usize {
    let query = PaymentsQuery {
        direction: Some(kvit_domain::payment::Direction::ToMe),
        ..PaymentsQuery::default()
    };
    listed(world, &query).await.unwrap().payments.len()
}

/// The deal that waits for the person is opened on another computer, while this one is cut off.
#[tokio::test(start_paused = true)]
async fn a_deal_missed_in_a_gap_is_counted_after_it() {
    let world = World::new(102).await;
    let line = world.line_of(&world.you());
    world.sandbox.faults().end_streams();
    until(&world, ConnectionState::Waiting).await;
    line.pay_by_best_deal(crate::invoice(crate::LIBRARY), 3, &crate::zelle())
        .await
        .unwrap();
    assert_eq!(world.engine.state().deals_waiting, 0);
    until(&world, ConnectionState::Connected).await;
    world.until(|world| world.engine.state().deals_waiting == 1).await;
}

/// Live, without a gap: a purchase from the person shows in the money and in the list.
#[tokio::test(start_paused = true)]
async fn news_come_by_themselves() {
    let world = World::new(103).await;
    world.until(|world| world.engine.state().money.is_some()).await;
    let reads = world.sandbox.faults().calls("GetBalances");
    let had = world.engine.state().money.unwrap().balance.confirmed.get();
    world.told.take();
    let id = world.sandbox.buy("marta.k", 777, 2).unwrap();
    // Two hours of talk, less one percent.
    world
        .until(|world| {
            let money = world.engine.state().money.unwrap();
            money.balance.confirmed.get() == had + 70_000 - 700
        })
        .await;
    let id = kvit_domain::id::PaymentId::new(id).unwrap();
    let mut told = Vec::new();
    while !told.contains(&Topic::Payment(id)) {
        tokio::time::sleep(Duration::from_millis(10)).await;
        told.extend(world.told.take());
    }
    assert_eq!(
        world.sandbox.faults().calls("GetBalances"),
        reads,
        "the event said it all"
    );
    // What was taken in is marked as read: the server forgets it.
    let line = world.line_of(&world.you());
    for _ in 0..100 {
        if line.stored_events().await.unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("events stay unread");
}

#[tokio::test(start_paused = true)]
async fn silence_is_a_lost_connection() {
    let world = World::new(104).await;
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(state(&world), ConnectionState::Connected, "heartbeats keep it");
    let opened = world.sandbox.faults().calls("SubscribeNewEvents");
    assert_eq!(opened, 1);
    world.sandbox.faults().heartbeats(false);
    until(&world, ConnectionState::Waiting).await;
    let fault = world.engine.state().connection.fault.unwrap();
    assert_eq!(fault.code, FaultCode::TimedOut);
    world.sandbox.faults().heartbeats(true);
    until(&world, ConnectionState::Connected).await;
}

#[tokio::test(start_paused = true)]
async fn a_revoked_token_stops_until_another_one_is_entered() {
    let world = World::disconnected(105).await;
    let account = connect(&world, "marta.k").await.unwrap();
    until(&world, ConnectionState::Connected).await;
    world.sandbox.revoke_token(&token_of(&world));
    assert_eq!(
        state(&world),
        ConnectionState::Connected,
        "the token is checked when the stream opens"
    );
    world.sandbox.faults().cut_connections();
    until(&world, ConnectionState::Stopped).await;
    assert_eq!(
        world.engine.state().connection.fault.unwrap().code,
        FaultCode::TokenRejected
    );
    let tried = world.sandbox.faults().calls("SubscribeNewEvents");
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(state(&world), ConnectionState::Stopped, "nobody knocks on");
    assert_eq!(world.sandbox.faults().calls("SubscribeNewEvents"), tried);
    world.engine.reconnect().await.unwrap();
    until(&world, ConnectionState::Stopped).await;

    let fresh = request(&world, "marta.k").token;
    world.engine.enter_token(account.id, &fresh, true).await.unwrap();
    until(&world, ConnectionState::Connected).await;
}

/// An event that breaks the contract ends nothing, and everything is read again because of it.
#[tokio::test(start_paused = true)]
async fn a_malformed_event_is_a_reason_to_read() {
    let world = World::new(106).await;
    world.until(|world| world.engine.state().money.is_some()).await;
    let you = world.you();
    world.sandbox.faults().alter(|event: &mut v1::Event| {
        use v1::event::Content;
        match &mut event.content {
            Some(Content::Balance(balance)) => balance.confirmed = balance.confirmed.map(|_| negative()),
            Some(Content::InvoicePaymentUpdated(payment) | Content::InvoicePaymentNew(payment)) => {
                payment.owner = None;
            }
            _ => {}
        }
    });
    world.told.take();
    world.sandbox.buy("marta.k", 777, 1).unwrap();
    let balance = world.sandbox.balance(&you).unwrap().0.0;
    world
        .until(|world| world.engine.state().money.unwrap().balance.confirmed.get() == balance)
        .await;
    assert!(world.told.take().contains(&Topic::Payments));
    assert_eq!(state(&world), ConnectionState::Connected);
}

fn negative() -> v1::Decimal {
    v1::Decimal { units: -1, nanos: -1 }
}

/// Rates come by themselves, and with them what things are worth.
#[tokio::test(start_paused = true)]
async fn rates_are_followed() {
    let world = World::new(107).await;
    world
        .until(|world| {
            world
                .engine
                .state()
                .money
                .is_some_and(|money| money.estimate.is_some())
        })
        .await;
    let had = world.engine.state().money.unwrap().estimate.unwrap();
    world.sandbox.set_market(kvit_sandbox::Cents(1_000_000)).unwrap();
    world
        .until(|world| {
            let now = world.engine.state().money.unwrap().estimate.unwrap();
            now.currency() == had.currency() && now.amount() < had.amount()
        })
        .await;
}
