use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use kvit_domain::{
    event::{Event, EventContent},
    fault::FaultCode,
    id::EventId,
};
use kvit_proto::v1;
use prost::Message;
use tokio::{
    sync::mpsc,
    time::{self, Instant},
};
use tonic::Status;

use super::fake::{Fake, Reply, payment};
use crate::{EventStreamItem, Marketplace, StreamItem, Updates};

type Sender = mpsc::UnboundedSender<Result<Vec<u8>, Status>>;

/// A server whose streams the test writes by hand, in the order in which they were opened.
fn by_hand() -> (Fake, Arc<Mutex<Vec<Sender>>>) {
    let streams: Arc<Mutex<Vec<Sender>>> = Arc::default();
    let opened = Arc::clone(&streams);
    let fake = Fake::new(move |_| {
        let (sender, receiver) = mpsc::unbounded_channel();
        // What the marketplace says at once (section 2.6).
        sender.send(Ok(balance(5).encode_to_vec())).unwrap();
        opened.lock().unwrap().push(sender);
        Reply::Stream(receiver)
    });
    (fake, streams)
}

fn balance(sats: i32) -> v1::Event {
    v1::Event {
        content: Some(v1::event::Content::Balance(v1::Balance {
            confirmed: Some(v1::Decimal {
                units: 0,
                nanos: sats * 10,
            }),
            ..v1::Balance::default()
        })),
        ..v1::Event::default()
    }
}

fn heartbeat() -> Vec<u8> {
    kvit_wire::event::heartbeat().encode_to_vec()
}

fn content(item: Option<EventStreamItem>) -> EventContent {
    match item {
        Some(StreamItem::News(event)) => event.content,
        other => panic!("{other:?}"),
    }
}

fn confirmed(item: Option<EventStreamItem>) -> i64 {
    match content(item) {
        EventContent::Balance(balance) => balance.confirmed.get(),
        other => panic!("{other:?}"),
    }
}

fn lost(item: Option<EventStreamItem>) -> FaultCode {
    match item {
        Some(StreamItem::Lost(fault)) => fault.code,
        other => panic!("{other:?}"),
    }
}

/// The stream has opened: it says so first, then what came.
async fn opened(events: &mut Updates<Event>) {
    assert_eq!(events.next().await, Some(StreamItem::Connected));
    assert_eq!(confirmed(events.next().await), 5);
}

#[tokio::test(start_paused = true)]
async fn silence_is_noticed_after_25_seconds_and_healed_on_a_new_connection() {
    let (fake, streams) = by_hand();
    let (market, made) = fake.client();
    let mut events = market.events();
    opened(&mut events).await;
    let start = Instant::now();
    assert_eq!(lost(events.next().await), FaultCode::TimedOut);
    assert_eq!(start.elapsed(), Duration::from_secs(25));
    opened(&mut events).await;
    // Back within the first wait of the back-off, over another connection.
    assert!(start.elapsed() <= Duration::from_secs(26));
    assert_eq!(
        (made.load(Ordering::SeqCst), streams.lock().unwrap().len()),
        (2, 2)
    );
    assert!(
        fake.seen()
            .iter()
            .all(|seen| seen.rpc == "SubscribeNewEvents" && seen.authorization.is_some())
    );
}

#[tokio::test(start_paused = true)]
async fn heartbeats_keep_a_stream_for_an_hour() {
    let (fake, streams) = by_hand();
    let (market, made) = fake.client();
    let mut events = market.events();
    opened(&mut events).await;
    let sender = streams.lock().unwrap()[0].clone();
    tokio::spawn(async move {
        for _ in 0..360 {
            time::sleep(Duration::from_secs(10)).await;
            sender.send(Ok(heartbeat())).unwrap();
        }
        sender.send(Ok(balance(6).encode_to_vec())).unwrap();
    });
    let start = Instant::now();
    assert_eq!(confirmed(events.next().await), 6);
    assert_eq!(start.elapsed(), Duration::from_secs(3600));
    assert_eq!(made.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn an_end_is_never_the_end() {
    let (fake, streams) = by_hand();
    let (market, _) = fake.client();
    let mut events = market.events();
    opened(&mut events).await;
    // Ended with OK; then with an error.
    streams.lock().unwrap().clear();
    assert_eq!(lost(events.next().await), FaultCode::ConnectionLost);
    opened(&mut events).await;
    let sender = streams.lock().unwrap().remove(0);
    sender.send(Err(Status::unavailable("upstream"))).unwrap();
    assert_eq!(lost(events.next().await), FaultCode::ServerBusy);
    opened(&mut events).await;
}

#[tokio::test(start_paused = true)]
async fn a_rejected_token_stops_it_for_good() {
    for (reply, code) in [
        (Status::unauthenticated(""), FaultCode::TokenRejected),
        (Status::permission_denied(""), FaultCode::TokenLacksRights),
        (
            Status::unknown("Exception was thrown by handler. UserException: User not found."),
            FaultCode::UserGone,
        ),
    ] {
        let fake = Fake::new(move |_| Reply::Refuse(reply.clone()));
        let (market, _) = fake.client();
        let mut events = market.events();
        match events.next().await {
            Some(StreamItem::Stopped(fault)) => assert_eq!(fault.code, code),
            other => panic!("{other:?}"),
        }
        assert_eq!(events.next().await, None);
        assert_eq!(events.next().await, None);
        assert_eq!(fake.seen().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn waits_grow_while_the_server_is_away_and_shrink_when_it_was_well() {
    let away = Arc::new(AtomicUsize::new(12));
    let (left, streams) = (Arc::clone(&away), Arc::new(Mutex::new(Vec::new())));
    let kept = Arc::clone(&streams);
    let fake = Fake::new(move |_| {
        if left.load(Ordering::SeqCst) > 0 {
            left.fetch_sub(1, Ordering::SeqCst);
            return Reply::Refuse(Status::unavailable("away"));
        }
        let (sender, receiver) = mpsc::unbounded_channel();
        sender.send(Ok(balance(5).encode_to_vec())).unwrap();
        kept.lock().unwrap().push(sender);
        Reply::Stream(receiver)
    });
    let (market, _) = fake.client();
    let mut events = market.events();
    let start = Instant::now();
    let mut before = start;
    for attempt in 0..12u32 {
        assert_eq!(lost(events.next().await), FaultCode::ServerBusy);
        let wait = before.elapsed();
        let ceiling = if attempt == 0 {
            0
        } else {
            2u64.pow(attempt - 1).min(60)
        };
        assert!(
            wait <= Duration::from_millis(ceiling * 1000 + 10),
            "attempt {attempt}: {wait:?}"
        );
        before = Instant::now();
    }
    opened(&mut events).await;
    // Well for half a minute: then the next wait is a second at most.
    let sender = streams.lock().unwrap()[0].clone();
    for _ in 0..4 {
        time::sleep(Duration::from_secs(10)).await;
        sender.send(Ok(heartbeat())).unwrap();
    }
    streams.lock().unwrap().clear();
    drop(sender);
    assert_eq!(lost(events.next().await), FaultCode::ConnectionLost);
    let start = Instant::now();
    opened(&mut events).await;
    assert!(start.elapsed() <= Duration::from_millis(1010));
}

/// The server sends stored events again at each opening: one that cannot be read must not break the stream again
/// and again.
#[tokio::test(start_paused = true)]
async fn a_malformed_event_is_news_without_content() {
    let (fake, streams) = by_hand();
    let (market, _) = fake.client();
    let mut events = market.events();
    opened(&mut events).await;
    let sender = streams.lock().unwrap()[0].clone();
    let mut bad = payment(7, 88);
    bad.crypto_amount = None;
    let bad = v1::Event {
        id: 31,
        content: Some(v1::event::Content::InvoicePaymentNew(bad)),
        ..v1::Event::default()
    };
    sender.send(Ok(bad.encode_to_vec())).unwrap();
    sender.send(Ok(balance(6).encode_to_vec())).unwrap();
    match events.next().await {
        Some(StreamItem::News(event)) => {
            assert_eq!((event.id, event.content), (EventId::new(31), EventContent::Other));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(confirmed(events.next().await), 6);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_wait_loses_nothing() {
    let (fake, streams) = by_hand();
    let (market, _) = fake.client();
    let mut events = market.events();
    opened(&mut events).await;
    let sender = streams.lock().unwrap()[0].clone();
    // Wait, give up waiting, wait again: the message is still the next.
    assert!(
        time::timeout(Duration::from_secs(3), events.next())
            .await
            .is_err()
    );
    sender.send(Ok(balance(7).encode_to_vec())).unwrap();
    assert_eq!(confirmed(events.next().await), 7);
    // And the clock of silence goes on over the interruption.
    let start = Instant::now();
    assert!(
        time::timeout(Duration::from_secs(10), events.next())
            .await
            .is_err()
    );
    assert_eq!(lost(events.next().await), FaultCode::TimedOut);
    assert_eq!(start.elapsed(), Duration::from_secs(25));
}

#[tokio::test(start_paused = true)]
async fn dropping_it_unsubscribes() {
    let (fake, streams) = by_hand();
    let (market, _) = fake.client();
    let mut events = market.events();
    opened(&mut events).await;
    let sender = streams.lock().unwrap()[0].clone();
    assert!(!sender.is_closed());
    drop(events);
    sender.closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_opens_and_says_nothing_is_not_connected() {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let fake = Fake::new(move |_| {
        let (sender, receiver) = mpsc::unbounded_channel();
        kept.lock().unwrap().push(sender);
        Reply::Stream(receiver)
    });
    let (market, _) = fake.client();
    let mut events = market.events();
    let start = Instant::now();
    assert_eq!(lost(events.next().await), FaultCode::TimedOut);
    assert_eq!(start.elapsed(), Duration::from_secs(25));
}

#[tokio::test(start_paused = true)]
async fn rates_are_streamed_too() {
    let fake = Fake::new(|_| {
        let (sender, receiver) = mpsc::unbounded_channel();
        for (rate, keep_alive) in [(50_000, false), (0, true), (50_001, false)] {
            let rate = v1::Decimal {
                units: rate,
                nanos: 0,
            };
            let variables = if keep_alive {
                Default::default()
            } else {
                [("AVG_EUR".to_owned(), rate)].into()
            };
            let message = v1::Variables {
                variables,
                keep_alive,
            };
            sender.send(Ok(message.encode_to_vec())).unwrap();
        }
        Reply::Stream(receiver)
    });
    let (market, _): (Marketplace, _) = fake.client();
    let mut rates = market.rates_stream();
    assert_eq!(rates.next().await, Some(StreamItem::Connected));
    for expected in ["50000.00 EUR", "50001.00 EUR"] {
        let Some(StreamItem::News(news)) = rates.next().await else {
            panic!("no rates")
        };
        assert_eq!(
            news.average("EUR".parse().unwrap()).unwrap().to_string(),
            expected
        );
    }
}
