//! What a practice marketplace keeps between starts, and how it is reached over TCP.

mod common;

use std::time::{Duration, SystemTime};

use common::{START, key, with_token};
use kvit_proto::v1;
use kvit_sandbox::{Clock, NewInvoice, OpenError, Options, People, Sandbox, Sats, Storage, StoreError};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls;
use tonic::transport::Endpoint;

fn options(storage: Storage) -> (Options, Clock) {
    let clock = Clock::manual(SystemTime::UNIX_EPOCH + Duration::from_secs(START));
    (
        Options {
            storage,
            ..Options::still(3, clock.clone(), key())
        },
        clock,
    )
}

#[tokio::test]
async fn a_restart_keeps_the_world() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::File(folder.path().join("practice.sqlite"));
    let (first, _) = options(storage.clone());
    let sandbox = Sandbox::open(first).await.unwrap();
    let invoice = sandbox
        .issue_invoice(NewInvoice::public("you", Sats(20_000)))
        .unwrap();
    let payment = sandbox.buy("marta.k", invoice, 2).unwrap();
    let house = (sandbox.token(), sandbox.fingerprint(), sandbox.public_key());
    let balances = |sandbox: &Sandbox| {
        let mut all: Vec<_> = sandbox.logins().unwrap();
        all.push("you".to_owned());
        all.iter()
            .map(|login| sandbox.balance(login).unwrap())
            .collect::<Vec<_>>()
    };
    let before = (balances(&sandbox), sandbox.total().unwrap());
    let certificate = sandbox.serve_tcp().await.unwrap().certificate_sha256;

    // While it runs, nobody else may keep the same books.
    let (second, _) = options(storage.clone());
    assert!(matches!(
        Sandbox::open(second).await,
        Err(OpenError::Store(StoreError::InUse))
    ));

    sandbox.shutdown().await;
    let (again, _) = options(storage);
    let sandbox = Sandbox::open(Options {
        seed: None,
        signing_key: None,
        ..again
    })
    .await
    .unwrap();
    assert_eq!(
        (sandbox.token(), sandbox.fingerprint(), sandbox.public_key()),
        house
    );
    assert_eq!((balances(&sandbox), sandbox.total().unwrap()), before);
    assert_eq!(sandbox.serve_tcp().await.unwrap().certificate_sha256, certificate);
    assert!(sandbox.buy("marta.k", invoice, 1).unwrap() > payment);
}

#[tokio::test]
async fn tls_is_served_on_loopback_with_the_certificate_it_names() {
    let (options, _) = options(Storage::Memory);
    let sandbox = Sandbox::open(options).await.unwrap();
    let endpoint = sandbox.serve_tcp().await.unwrap();
    assert_eq!(endpoint.certificate_sha256.len(), 64);
    let port: u16 = endpoint
        .address
        .strip_prefix("https://localhost:")
        .unwrap()
        .parse()
        .unwrap();

    let mut roots = rustls::RootCertStore::empty();
    roots.add(endpoint.certificate_der.clone().into()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let tls = TlsConnector::from(std::sync::Arc::new(tls));
    let channel = Endpoint::from_static("http://localhost")
        .connect_with_connector(tower::service_fn(move |_| {
            let tls = tls.clone();
            async move {
                let tcp = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
                let stream = tls.connect("localhost".try_into().unwrap(), tcp).await?;
                assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
                Ok::<_, std::io::Error>(hyper_util::rt::TokioIo::new(stream))
            }
        }))
        .await
        .unwrap();
    let mut api = with_token(channel, &sandbox.token());
    let balance = api.get_balances(()).await.unwrap().into_inner();
    assert_eq!(balance.deposited, Some(v1::Decimal { units: 0, nanos: 0 }));
    sandbox.shutdown().await;
    assert!(api.get_balances(()).await.is_err());
    assert!(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err());
}

#[tokio::test]
async fn people_act_the_same_for_the_same_seed() {
    let mut ends = Vec::new();
    for _ in 0..2 {
        let (options, clock) = options(Storage::Memory);
        let sandbox = Sandbox::open(Options {
            surprises: true,
            ..options
        })
        .await
        .unwrap();
        let total = sandbox.total().unwrap();
        let before = sandbox.balance("you").unwrap().0;
        for _ in 0..400 {
            clock.advance(Duration::from_secs(5));
            sandbox.step().await;
        }
        assert_eq!(sandbox.total().unwrap(), total);
        let mut api = with_token(common::channel(&sandbox).await, &sandbox.token());
        let mut rates: Vec<_> = api
            .get_variables(())
            .await
            .unwrap()
            .into_inner()
            .variables
            .into_iter()
            .map(|(k, v)| (k, v.units, v.nanos))
            .collect();
        rates.sort();
        let ask = v1::GetInvoicePaymentsRequest {
            is_to_me: true,
            is_to_me_has_value: true,
            count: 100,
            ..Default::default()
        };
        let received = api.get_invoice_payments(ask).await.unwrap().into_inner().payments;
        // Half an hour brings several purchases, and the user earns by them.
        assert!(received.len() >= 6, "{}", received.len());
        assert!(
            received
                .iter()
                .any(|payment| payment.created_at.unwrap().seconds > START as i64 && payment.status == 1)
        );
        assert!(sandbox.balance("you").unwrap().0 > before);
        let summary: Vec<_> = received
            .iter()
            .map(|p| (p.id, p.status, p.pieces, p.crypto_amount))
            .collect();
        ends.push((rates, summary));
    }
    assert_eq!(ends[0], ends[1]);
}

#[tokio::test]
async fn a_crash_loses_nothing_and_doubles_nothing() {
    let (running, crashed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, _) = options(Storage::File(running.path().join("practice.sqlite")));
    let sandbox = Sandbox::open(first).await.unwrap();
    let invoice = sandbox
        .issue_invoice(NewInvoice::public("you", Sats(20_000)))
        .unwrap();
    for _ in 0..3 {
        sandbox.buy("marta.k", invoice, 2).unwrap();
    }
    // What a power cut would leave: the files as they are, never closed.
    for file in std::fs::read_dir(running.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), crashed.path().join(file.file_name())).unwrap();
    }
    let (second, _) = options(Storage::File(crashed.path().join("practice.sqlite")));
    let again = Sandbox::open(second).await.unwrap();
    for login in ["you", "marta.k"] {
        assert_eq!(again.balance(login).unwrap(), sandbox.balance(login).unwrap());
    }
    assert_eq!(again.total().unwrap(), sandbox.total().unwrap());
    assert_eq!(again.token(), sandbox.token());
}

#[tokio::test(start_paused = true)]
async fn acting_people_need_no_hand() {
    let (still, clock) = options(Storage::Memory);
    let sandbox = Sandbox::open(Options {
        people: People::Acting,
        ..still
    })
    .await
    .unwrap();
    let mut api = with_token(common::channel(&sandbox).await, &sandbox.token());
    let pay = v1::PayInvoiceByBestDealRequest {
        country: "GB".into(),
        currency: "GBP".into(),
        payment_type: "NATIONAL_BANK".into(),
        invoice_id: 1_207,
        pieces: 1,
    };
    let payment = api.pay_invoice_by_best_deal(pay).await.unwrap().into_inner();
    let Some(v1::invoice_payment::NullableDeal::Deal(deal)) = payment.nullable_deal else {
        panic!("no deal")
    };
    clock.advance(Duration::from_secs(7));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let ask = v1::GetDealByIdRequest { id: deal.id };
    let messages = api.get_deal_by_id(ask).await.unwrap().into_inner().messages;
    assert!(messages[0].text.contains("PRACTICE"), "{messages:?}");
    api.i_payed(v1::IPayedRequest { deal_id: deal.id }).await.unwrap();
    clock.advance(Duration::from_secs(7));
    tokio::time::sleep(Duration::from_secs(3)).await;
    let deal = api.get_deal_by_id(ask).await.unwrap().into_inner();
    assert_eq!(deal.status, 1);
    let Some(v1::deal::NullablePayment::Payment(payment)) = deal.nullable_payment else {
        panic!("no payment")
    };
    assert!(payment.confirmation.contains("InvoiceId: 1207\nCryptoAmount: "));
    assert!(!payment.confirmation.contains("Pieces"));
    assert_eq!(payment.secrets[0].text, "Collection code 5512, shelf 14");
}
