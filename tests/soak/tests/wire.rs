//! The wire strikes where it says it does: a real client, the real server, and its books.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kvit_client::{Limits, Marketplace, StreamItem};
use kvit_domain::id::InvoiceId;
use kvit_sandbox::{NewInvoice, Options, People, Sandbox, Sats};
use kvit_soak::wire::{Class, How, Shot, Wire};
use tokio::net::TcpListener;

/// What is struck.
const PAY: &str = "PayInvoiceFromBalance";

struct World {
    sandbox: Arc<Sandbox>,
    wire: Wire,
    market: Marketplace,
}

async fn world() -> World {
    let options = Options {
        seed: Some(1),
        people: People::Still,
        surprises: false,
        ..Options::default()
    };
    let sandbox = Arc::new(Sandbox::open(options).await.unwrap());
    sandbox.set_balance("you", Sats(100_000_000)).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let upstream = listener.local_addr().unwrap();
    let inside = Arc::clone(&sandbox);
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut memory = inside.connect_in_memory();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut socket, &mut memory).await });
        }
    });
    let wire = Wire::open(upstream, false).await.unwrap();
    let market = market(wire.address(), &sandbox);
    World {
        sandbox,
        wire,
        market,
    }
}

fn market(address: SocketAddr, sandbox: &Sandbox) -> Marketplace {
    let connect = move || {
        let socket = std::net::TcpStream::connect(address)?;
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
        tokio::net::TcpStream::from_std(socket)
    };
    let limits = Limits {
        read: Duration::from_secs(5),
        money: Duration::from_millis(400),
        silence: Duration::from_secs(12),
    };
    Marketplace::over(connect, &sandbox.token().into(), limits).unwrap()
}

impl World {
    fn invoice(&self) -> InvoiceId {
        let seller = self.sandbox.logins().unwrap().remove(0);
        let number = self
            .sandbox
            .issue_invoice(NewInvoice::public(&seller, Sats(100)))
            .unwrap();
        InvoiceId::new(number).unwrap()
    }

    /// Pays once; whether the client heard of it, and how often the server did it.
    async fn pay(&self) -> (bool, usize) {
        let invoice = self.invoice();
        let before = self.sandbox.executions().len();
        let heard = self.market.pay_from_balance(invoice, 1).await.is_ok();
        // A request that was cut in the middle is thrown away by then; one that arrived was carried out.
        tokio::time::sleep(Duration::from_millis(60)).await;
        (heard, self.sandbox.executions().len() - before)
    }
}

fn shot(class: Class, how: How, at: u32) -> Shot {
    Shot {
        class,
        how,
        at,
        hold: Duration::from_millis(600),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_class_strikes_where_it_says_in_every_way() {
    let world = world().await;
    assert_eq!(world.pay().await, (true, 1));
    // Of the request: it never arrives whole. Of the response: it was carried out, and the client does not know.
    let of_request = [Class::C3, Class::C4, Class::C5];
    let of_response = [Class::C7, Class::C8, Class::C9, Class::C10, Class::C11];
    for how in How::ALL {
        for (class, at) in of_request
            .into_iter()
            .chain(of_response)
            .zip([0, 7, 13, 1, 29, 1_000, 0, 3])
        {
            world.wire.arm(PAY, shot(class, how, at));
            let (heard, done) = world.pay().await;
            let injected = world.wire.injected();
            assert_eq!(injected.len(), 1, "{class} {how}");
            assert_eq!((injected[0].class, injected[0].how), (class, how));
            assert_eq!(done, usize::from(of_response.contains(&class)), "{class} {how}");
            // Half closed towards the server the answer is whole when the shot comes in the middle of it: the client
            // may hear the rest only of what passed.
            assert!(!heard, "{class} {how}");
            assert_eq!(world.pay().await, (true, 1), "healthy again after {class} {how}");
        }
    }
    let paid = world.sandbox.executions().len();
    let sent = world.wire.requests().len();
    assert_eq!(sent, 1 + 4 * 8 * 2, "each call passed the wire once");
    assert!(paid < sent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_octet_of_the_message_can_be_struck() {
    let world = world().await;
    world.wire.arm(PAY, shot(Class::C5, How::Rst, 0));
    world.pay().await;
    let of = world.wire.injected()[0].of;
    let mut struck = std::collections::BTreeSet::new();
    for at in 0..of - 1 {
        world
            .wire
            .arm(PAY, shot(Class::C5, How::Fin, u32::try_from(at).unwrap()));
        assert_eq!(world.pay().await, (false, 0));
        struck.insert(world.wire.injected()[0].octet);
    }
    assert_eq!(
        struck.into_iter().collect::<Vec<_>>(),
        (1..of).collect::<Vec<_>>()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_held_back_arrives_after_the_client_gave_up() {
    let world = world().await;
    world.wire.arm(PAY, shot(Class::Late, How::BlackHole, 0));
    let (heard, done) = world.pay().await;
    assert_eq!((heard, done), (false, 0), "not yet");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.sandbox.executions().len(), 1, "and then it was carried out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_struck_at_their_beginning_until_healed() {
    let world = world().await;
    for class in [Class::C0, Class::C2] {
        for how in How::ALL {
            world.wire.arm_at_connections(shot(class, how, 11), None);
            world.wire.cut();
            // So that the client knows, and makes a new connection for the call.
            tokio::time::sleep(Duration::from_millis(30)).await;
            let (heard, done) = world.pay().await;
            assert_eq!((heard, done), (false, 0), "{class} {how}");
            let injected = world.wire.injected();
            assert!(
                injected.iter().any(|one| (one.class, one.how) == (class, how)),
                "{class} {how}"
            );
            world.wire.heal();
            world.wire.cut();
            // Whether the client knows yet that its connection is gone is its own affair.
            let mut tries = 0;
            while world.pay().await != (true, 1) {
                tries += 1;
                assert!(tries < 20, "healed after {class} {how}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ping_and_an_event_can_be_struck() {
    let world = world().await;
    let mut events = world.market.events();
    let (connected, mut connections) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(item) = events.next().await {
            if matches!(item, StreamItem::Connected) {
                connected.send(()).unwrap();
            }
        }
    });
    connections.recv().await.unwrap();
    world.wire.arm(PAY, shot(Class::C14, How::Rst, 8));
    let (_, done) = world.pay().await;
    assert!(done <= 1);
    assert_eq!(world.wire.injected()[0].class, Class::C14);
    assert_eq!(world.pay().await.1, 1);
    connections.recv().await.unwrap();
    world.wire.arm(PAY, shot(Class::C13, How::Fin, 8));
    assert_eq!(world.pay().await.1, 1);
    let injected = world.wire.injected();
    assert_eq!(injected.len(), 1);
    assert_eq!(injected[0].class, Class::C13);
}
