use std::{
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr},
    time::UNIX_EPOCH,
};

use kvit_client::{Limits, Marketplace, Target};
use kvit_domain::{fault::FaultCode, id::InvoiceId};
use kvit_sandbox::{Clock, NewInvoice, Options, Sats};
use proptest::prelude::*;
use secrecy::SecretString;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// A client's end through the wire, and the server's.
fn pair(wire: &FaultWire) -> (Line<DuplexStream>, DuplexStream) {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    (wire.through(|| ours).expect("a line"), theirs)
}

fn cut(direction: Direction, after_bytes: u64, how: How) -> Plan {
    Plan::Cut {
        direction,
        after_bytes,
        how,
    }
}

#[tokio::test]
async fn a_healthy_wire_changes_nothing_and_counts() {
    let wire = FaultWire::new(1);
    let (mut client, mut server) = pair(&wire);
    client.write_all(b"question").await.unwrap();
    server.write_all(b"an answer").await.unwrap();
    let (mut heard, mut read) = ([0; 8], [0; 9]);
    server.read_exact(&mut heard).await.unwrap();
    client.read_exact(&mut read).await.unwrap();
    assert_eq!((&heard, &read), (b"question", b"an answer"));
    assert_eq!(
        (wire.passed(Direction::ToServer), wire.passed(Direction::ToClient)),
        (8, 9)
    );
    client.shutdown().await.unwrap();
    assert_eq!(server.read(&mut heard).await.unwrap(), 0);
    drop(server);
    assert_eq!(client.read(&mut read).await.unwrap(), 0);
    assert_eq!((wire.injected(), wire.connections()), (vec![], 1));
}

#[tokio::test]
async fn a_reset_tells_the_client_and_ends_the_server() {
    let wire = FaultWire::new(1);
    let (mut client, mut server) = pair(&wire);
    wire.arm(cut(Direction::ToServer, 5, How::Reset));
    assert!(wire.is_armed());
    assert_eq!(
        client.write_all(b"question").await.unwrap_err().kind(),
        ErrorKind::BrokenPipe
    );
    let mut heard = Vec::new();
    server.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"quest");
    assert_eq!(
        client.read_u8().await.unwrap_err().kind(),
        ErrorKind::ConnectionReset
    );
    let told = Injected {
        plan: cut(Direction::ToServer, 5, How::Reset),
        connection: 1,
        to_server: 5,
        to_client: 0,
    };
    assert_eq!(wire.injected(), [told]);
    // One shot: the next connection is healthy.
    assert!(!wire.is_armed());
    let (mut client, mut server) = pair(&wire);
    client.write_all(b"question").await.unwrap();
    assert_eq!(server.read(&mut [0; 16]).await.unwrap(), 8);
}

#[tokio::test]
async fn an_orderly_end_comes_to_both_sides() {
    let wire = FaultWire::new(1);
    let (mut client, mut server) = pair(&wire);
    wire.arm(cut(Direction::ToClient, 3, How::Fin));
    server.write_all(b"answer").await.unwrap();
    let mut heard = Vec::new();
    client.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"ans");
    assert_eq!(
        client.write_all(b"x").await.unwrap_err().kind(),
        ErrorKind::BrokenPipe
    );
    assert_eq!(server.read(&mut [0; 16]).await.unwrap(), 0);
    // Heard out: the server may still speak.
    server.write_all(b"more").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_tells_nobody() {
    let wire = FaultWire::new(1);
    let (mut client, mut server) = pair(&wire);
    wire.arm(cut(Direction::ToServer, 2, How::BlackHole));
    client.write_all(&[7; 100_000]).await.unwrap();
    server.write_all(b"answer").await.unwrap();
    let mut two = [0; 2];
    server.read_exact(&mut two).await.unwrap();
    assert!(timeout(SECOND, server.read_u8()).await.is_err());
    assert!(timeout(SECOND, client.read_u8()).await.is_err());
    // The client's leaving is not seen either.
    drop(client);
    assert!(timeout(SECOND, server.read_u8()).await.is_err());
    wire.heal();
    assert_eq!(server.read(&mut two).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn half_a_close_leaves_the_other_half() {
    let wire = FaultWire::new(1);
    let (mut client, mut server) = pair(&wire);
    wire.arm(cut(Direction::ToServer, 2, How::HalfClose));
    client.write_all(b"question").await.unwrap();
    let mut heard = Vec::new();
    server.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"qu");
    server.write_all(b"answer").await.unwrap();
    let mut read = [0; 6];
    client.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"answer");
    assert!(timeout(SECOND, client.read_u8()).await.is_err());

    let (mut client, mut server) = pair(&wire);
    wire.arm(cut(Direction::ToClient, 4, How::HalfClose));
    server.write_all(b"answer").await.unwrap();
    let mut heard = Vec::new();
    client.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"answ");
    client.write_all(b"question").await.unwrap();
    assert_eq!(server.read(&mut [0; 16]).await.unwrap(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_delay_holds_everything_back_and_a_trickle_most() {
    let wire = FaultWire::new(1);
    let (mut client, mut server) = pair(&wire);
    wire.arm(Plan::Delay(3 * SECOND));
    let began = Instant::now();
    let mut heard = [0; 8];
    client.write_all(b"question").await.unwrap();
    server.read_exact(&mut heard).await.unwrap();
    assert!((3 * SECOND..4 * SECOND).contains(&began.elapsed()));
    server.write_all(b"reaction").await.unwrap();
    client.read_exact(&mut heard).await.unwrap();
    assert!((6 * SECOND..7 * SECOND).contains(&began.elapsed()));
    assert_eq!(&heard, b"reaction");

    wire.heal();
    wire.arm(Plan::Trickle(SECOND));
    let began = Instant::now();
    server.write_all(b"reaction").await.unwrap();
    for passed in 1..=8 {
        assert_eq!(client.read(&mut heard).await.unwrap(), 1);
        assert!((passed * SECOND..(passed + 1) * SECOND).contains(&began.elapsed()));
    }
    client.write_all(b"question").await.unwrap();
    assert!(began.elapsed() >= 16 * SECOND);
    let reported: Vec<_> = wire
        .injected()
        .into_iter()
        .map(|injected| injected.plan)
        .collect();
    assert_eq!(reported, [Plan::Delay(3 * SECOND), Plan::Trickle(SECOND)]);
}

#[tokio::test(start_paused = true)]
async fn a_stall_loses_nothing() {
    let wire = FaultWire::new(1);
    let (mut client, mut server) = pair(&wire);
    wire.arm(Plan::Stall);
    server.write_all(b"answer").await.unwrap();
    let (healing, healer) = (wire.clone(), Instant::now());
    tokio::spawn(async move {
        tokio::time::sleep(60 * SECOND).await;
        healing.heal();
    });
    client.write_all(b"question").await.unwrap();
    assert!(healer.elapsed() >= 60 * SECOND);
    let (mut heard, mut read) = ([0; 8], [0; 6]);
    server.read_exact(&mut heard).await.unwrap();
    client.read_exact(&mut read).await.unwrap();
    assert_eq!((&heard, &read), (b"question", b"answer"));
}

#[tokio::test]
async fn a_plan_for_the_next_connection_is_for_that_one_and_counts_from_its_start() {
    let wire = FaultWire::new(1);
    let (mut first, mut first_server) = pair(&wire);
    wire.arm_next(cut(Direction::ToServer, 0, How::Reset));
    let (mut second, mut second_server) = pair(&wire);
    first.write_all(b"question").await.unwrap();
    assert_eq!(first_server.read(&mut [0; 16]).await.unwrap(), 8);
    assert!(second.write_all(b"q").await.is_err());
    assert_eq!(second_server.read(&mut [0; 16]).await.unwrap(), 0, "not one byte");
    // Without one, bytes of all connections count together.
    wire.arm(cut(Direction::ToServer, 9, How::Reset));
    let (mut third, _third_server) = pair(&wire);
    first.write_all(b"question").await.unwrap();
    third.write_all(b"!").await.unwrap();
    assert!(third.write_all(b"?").await.is_err());
    first.write_all(b"question").await.unwrap();

    wire.refuse(true);
    let (spare, _) = tokio::io::duplex(8);
    assert_eq!(
        wire.through(|| spare).unwrap_err().kind(),
        ErrorKind::ConnectionRefused
    );
    wire.heal();
    pair(&wire);
}

#[test]
fn the_same_seed_cuts_at_the_same_places() {
    let places = |seed| {
        let wire = FaultWire::new(seed);
        (0..50).map(|_| wire.arm_somewhere(1_000)).collect::<Vec<_>>()
    };
    assert_eq!(places(4), places(4));
    assert_ne!(places(4), places(5));
    let kinds: HashSet<_> = places(4)
        .into_iter()
        .filter_map(|plan| match plan {
            Plan::Cut { direction, how, .. } => Some((direction, how)),
            _ => None,
        })
        .collect();
    assert_eq!(kinds.len(), 8);
}

proptest! {
    #[test]
    fn exactly_as_many_bytes_pass_as_were_told(
        after in 0..300_usize, chunk in 1..80_usize, length in 1..300_usize, to_server: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let wire = FaultWire::new(1);
            let (mut client, mut server) = pair(&wire);
            let direction = if to_server { Direction::ToServer } else { Direction::ToClient };
            wire.arm(cut(direction, after as u64, How::Fin));
            let sent: Vec<u8> = (0..length).map(|place| place as u8).collect();
            let mut heard = Vec::new();
            if to_server {
                for piece in sent.chunks(chunk) {
                    if client.write_all(piece).await.is_err() {
                        break;
                    }
                }
                drop(client);
                server.read_to_end(&mut heard).await.unwrap();
            } else {
                for piece in sent.chunks(chunk) {
                    server.write_all(piece).await.unwrap();
                }
                server.shutdown().await.unwrap();
                client.read_to_end(&mut heard).await.unwrap();
            }
            prop_assert_eq!(&heard[..], &sent[..after.min(length)]);
            let struck = if after == 0 || after <= length { 1 } else { 0 };
            prop_assert_eq!(wire.injected().len(), struck);
            prop_assert_eq!(wire.passed(direction), heard.len() as u64);
            Ok(())
        })?;
    }
}

/// A marketplace with something cheap in it, and a client with short patience.
pub(super) async fn shop() -> (Arc<Sandbox>, InvoiceId) {
    let clock = Clock::manual(UNIX_EPOCH + Duration::from_secs(crate::BEGINNING.unsigned_abs()));
    let options = Options::still(1, clock, crate::SIGNING_KEY.clone());
    let sandbox = Arc::new(Sandbox::open(options).await.unwrap());
    let invoice = sandbox
        .issue_invoice(NewInvoice::public("mapwright", Sats(1_000)))
        .unwrap();
    (sandbox, InvoiceId::new(invoice).unwrap())
}

fn client(wire: &FaultWire, sandbox: &Arc<Sandbox>) -> Marketplace {
    let token = SecretString::from(sandbox.token());
    Marketplace::over(wire.connector(sandbox), &token, Limits::default()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_payment_cut_anywhere_is_made_once_or_not_at_all() {
    let (sandbox, invoice) = shop().await;
    let wire = FaultWire::new(1);
    client(&wire, &sandbox)
        .pay_from_balance(invoice, 1)
        .await
        .unwrap();
    let clean = Direction::ALL.map(|direction| wire.passed(direction));
    assert!(clean[0] > 100 && clean[1] > 500, "{clean:?}");
    // By whether it was made and whether the client knows.
    let mut ends = HashMap::new();
    for (direction, bytes) in Direction::ALL.into_iter().zip(clean) {
        for how in How::ALL {
            for after in (0..bytes).step_by(usize::try_from(bytes / 12).unwrap()) {
                let before = (sandbox.executions().len(), wire.injected().len());
                wire.arm_next(cut(direction, after, how));
                let paid = client(&wire, &sandbox).pay_from_balance(invoice, 1).await;
                assert_eq!(
                    wire.injected().len(),
                    before.1 + 1,
                    "{direction:?} {how:?} {after}"
                );
                // What is on its way arrives.
                tokio::time::sleep(SECOND).await;
                let made = sandbox.executions().len() - before.0;
                assert!(made <= 1, "{direction:?} {how:?} {after}");
                assert!(paid.is_err() || made == 1);
                *ends.entry((made, paid.is_ok())).or_insert(0) += 1;
                wire.heal();
            }
        }
    }
    assert!(ends[&(0, false)] > 10 && ends[&(1, false)] > 10, "{ends:?}");
}

fn code<T: std::fmt::Debug>(outcome: Result<T, kvit_domain::fault::Fault>) -> FaultCode {
    outcome.unwrap_err().code
}

#[tokio::test(start_paused = true)]
async fn calls_through_a_bad_wire_fail_as_they_should() {
    let (sandbox, invoice) = shop().await;
    let wire = FaultWire::new(1);
    let api = client(&wire, &sandbox);
    api.balance().await.unwrap();

    wire.arm(Plan::Stall);
    assert_eq!(code(api.invoice(invoice).await), FaultCode::TimedOut);
    wire.heal();
    wire.arm(Plan::Delay(SECOND));
    let began = Instant::now();
    client(&wire, &sandbox).invoice(invoice).await.unwrap();
    assert!(began.elapsed() >= 2 * SECOND);
    wire.heal();
    wire.arm(Plan::Trickle(SECOND / 4));
    assert_eq!(
        code(client(&wire, &sandbox).invoice(invoice).await),
        FaultCode::TimedOut
    );
    wire.heal();
    for how in [How::Reset, How::Fin] {
        wire.arm_next(cut(Direction::ToClient, 100, how));
        let outcome = client(&wire, &sandbox).pay_from_balance(invoice, 1).await;
        assert_eq!(code(outcome), FaultCode::ConnectionLost, "{how:?}");
    }
    wire.arm_next(cut(Direction::ToClient, 100, How::BlackHole));
    let outcome = client(&wire, &sandbox).pay_from_balance(invoice, 1).await;
    assert_eq!(code(outcome), FaultCode::TimedOut);
    wire.refuse(true);
    let outcome = client(&wire, &sandbox).invoice(invoice).await;
    assert_eq!(code(outcome), FaultCode::ConnectionRefused);
}

async fn echo() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = stream.split();
                let _ = tokio::io::copy(&mut read, &mut write).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn over_tcp_a_reset_is_a_reset_and_an_end_an_end() {
    let server = echo().await;
    let wire = FaultWire::new(1);
    let passage = wire.listen(server).await.unwrap();
    let mut read = [0; 8];
    let mut healthy = TcpStream::connect(passage.address()).await.unwrap();
    healthy.write_all(b"question").await.unwrap();
    healthy.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"question");

    for (how, direction) in How::ALL
        .into_iter()
        .flat_map(|how| Direction::ALL.map(|way| (how, way)))
    {
        wire.arm_next(cut(direction, 5, how));
        let mut stream = TcpStream::connect(passage.address()).await.unwrap();
        stream.write_all(b"question").await.unwrap();
        let mut heard = Vec::new();
        let ends = timeout(SECOND / 4, stream.read_to_end(&mut heard)).await;
        match how {
            How::Reset => assert_eq!(ends.unwrap().unwrap_err().kind(), ErrorKind::ConnectionReset),
            How::Fin => assert!(ends.unwrap().is_ok()),
            How::BlackHole => assert!(ends.is_err()),
            // The echo ends when it is told that no more comes.
            How::HalfClose => {
                ends.unwrap().unwrap();
                assert_eq!(heard, b"quest");
            }
        }
        assert!(heard.len() <= 5);
        let told = *wire.injected().last().unwrap();
        assert_eq!(told.plan, cut(direction, 5, how));
    }
    // The first connection was none of their business.
    healthy.write_all(b"question").await.unwrap();
    healthy.read_exact(&mut read).await.unwrap();
    let address = passage.address();
    drop(passage);
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn tls_passes_until_it_is_cut() {
    let (sandbox, invoice) = shop().await;
    let endpoint = sandbox.serve_tcp().await.unwrap();
    let port: u16 = endpoint.address.rsplit(':').next().unwrap().parse().unwrap();
    let wire = FaultWire::new(1);
    let passage = wire.listen((Ipv4Addr::LOCALHOST, port).into()).await.unwrap();
    let address = format!("https://localhost:{}", passage.address().port());
    let target = Target::parse(&address, "", &endpoint.certificate_sha256).unwrap();
    let token = SecretString::from(sandbox.token());
    let connect = || Marketplace::connect(&target, &token, Limits::default()).unwrap();
    connect().pay_from_balance(invoice, 1).await.unwrap();
    let clean = wire.passed(Direction::ToClient);
    // In the handshake, and at the last byte of the answer.
    wire.arm_next(cut(Direction::ToClient, 200, How::Reset));
    assert!(connect().pay_from_balance(invoice, 1).await.is_err());
    assert_eq!(sandbox.executions().len(), 1);
    wire.arm_next(cut(Direction::ToClient, clean - 200, How::Reset));
    assert!(connect().pay_from_balance(invoice, 1).await.is_err());
    assert_eq!(sandbox.executions().len(), 2);
    assert_eq!(wire.injected().len(), 2);
}
