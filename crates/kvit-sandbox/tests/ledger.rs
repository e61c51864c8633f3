//! The ledger that judges read.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::path::Path;
use std::time::{Duration, SystemTime};

use common::{START, World, key};
use kvit_proto::v1;
use kvit_proto::v1::invoice_payment::NullableDeal;
use kvit_sandbox::{Clock, Execution, Fault, NewInvoice, Options, Sandbox, Sats, When};

async fn open(ledger: &Path) -> World {
    let clock = Clock::manual(SystemTime::UNIX_EPOCH + Duration::from_secs(START));
    let options = Options {
        ledger: Some(ledger.to_owned()),
        ..Options::still(1, clock.clone(), key())
    };
    let sandbox = Sandbox::open(options).await.unwrap();
    World { sandbox, clock }
}

fn read(path: &Path) -> Vec<Execution> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn by_best_deal(invoice_id: u64) -> v1::PayInvoiceByBestDealRequest {
    v1::PayInvoiceByBestDealRequest {
        country: "US".into(),
        currency: "USD".into(),
        payment_type: "ZELLE".into(),
        invoice_id,
        pieces: 1,
    }
}

#[tokio::test]
async fn what_is_executed_is_written_and_what_is_refused_is_not() {
    let world = World::open().await;
    let invoice = world.coffee(0).await;
    let mut api = world.client().await;
    let pay = |invoice_id| v1::PayInvoiceFromBalanceRequest {
        invoice_id,
        pieces: 2,
    };
    api.pay_invoice_from_balance(pay(999_999)).await.unwrap_err();
    assert_eq!(world.sandbox.executions(), []);
    // Neither knobs nor people are callers.
    world.sandbox.buy("marta.k", invoice, 1).unwrap();
    assert_eq!(world.sandbox.executions(), []);

    let paid = api
        .pay_invoice_from_balance(pay(invoice))
        .await
        .unwrap()
        .into_inner();
    let first = Execution {
        sequence: 1,
        rpc: "PayInvoiceFromBalance".to_owned(),
        user: "you".to_owned(),
        invoice: Some(invoice),
        pieces: Some(2),
        payment: Some(paid.id),
        deal: None,
        sats: Sats(240_000),
        at: world.clock.now(),
        changed: true,
        ..Execution::default()
    };
    assert_eq!(world.sandbox.executions(), [first]);

    let pending = api
        .pay_invoice_by_best_deal(by_best_deal(invoice))
        .await
        .unwrap()
        .into_inner();
    let Some(NullableDeal::Deal(deal)) = pending.nullable_deal else {
        panic!("no deal")
    };
    // Answered again, and a deal canceled again: executed, but to no effect.
    api.pay_invoice_by_best_deal(by_best_deal(invoice)).await.unwrap();
    let cancel = v1::CancelDealRequest { deal_id: deal.id };
    api.cancel_deal(cancel).await.unwrap();
    api.cancel_deal(cancel).await.unwrap();
    let again = api
        .pay_invoice_by_best_deal(by_best_deal(invoice))
        .await
        .unwrap()
        .into_inner();
    let cancel = v1::CancelInvoicePaymentRequest { payment_id: again.id };
    api.cancel_invoice_payment(cancel).await.unwrap();
    api.cancel_invoice_payment(cancel).await.unwrap_err();
    let third = api
        .pay_invoice_by_best_deal(by_best_deal(invoice))
        .await
        .unwrap()
        .into_inner();
    let Some(NullableDeal::Deal(deal)) = third.nullable_deal else {
        panic!("no deal")
    };
    api.i_payed(v1::IPayedRequest { deal_id: deal.id }).await.unwrap();

    let lines = world.sandbox.executions();
    let told: Vec<_> = lines
        .iter()
        .skip(1)
        .map(|line| (line.rpc.as_str(), line.payment, line.changed))
        .collect();
    assert_eq!(
        told,
        [
            ("PayInvoiceByBestDeal", Some(pending.id), true),
            ("PayInvoiceByBestDeal", Some(pending.id), false),
            ("CancelDeal", Some(pending.id), true),
            ("CancelDeal", Some(pending.id), false),
            ("PayInvoiceByBestDeal", Some(again.id), true),
            ("CancelInvoicePayment", Some(again.id), true),
            ("PayInvoiceByBestDeal", Some(third.id), true),
            ("IPayed", Some(third.id), true),
        ]
    );
    assert_eq!(lines[8].deal, Some(deal.id));
    assert!(
        lines
            .iter()
            .zip(1..)
            .all(|(line, number)| line.sequence == number)
    );
}

#[tokio::test]
async fn a_repeat_is_two_lines_and_a_lost_answer_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let world = open(&path).await;
    let new = NewInvoice::public("mapwright", Sats(10_000));
    let invoice_id = world.sandbox.issue_invoice(new).unwrap();
    let pay = v1::PayInvoiceFromBalanceRequest {
        invoice_id,
        pieces: 1,
    };
    let faults = world.sandbox.faults();
    faults.once("PayInvoiceFromBalance", When::Before, Fault::Twice);
    world.client().await.pay_invoice_from_balance(pay).await.unwrap();
    let lines = read(&path);
    assert_eq!(lines.len(), 2);
    assert!(lines[0].payment < lines[1].payment && lines.iter().all(|line| line.changed));

    faults.once("PayInvoiceFromBalance", When::After, Fault::Cut);
    world
        .client()
        .await
        .pay_invoice_from_balance(pay)
        .await
        .unwrap_err();
    assert_eq!(read(&path).len(), 3, "written before the answer leaves");
    assert_eq!(read(&path), world.sandbox.executions());
    world.sandbox.shutdown().await;

    // Half a line, as of a process that was killed while it wrote.
    let mut text = std::fs::read(&path).unwrap();
    text.extend_from_slice(b"{\"sequence\":4");
    std::fs::write(&path, text).unwrap();
    let world = open(&path).await;
    let new = NewInvoice::public("mapwright", Sats(10_000));
    let invoice_id = world.sandbox.issue_invoice(new).unwrap();
    let pay = v1::PayInvoiceFromBalanceRequest {
        invoice_id,
        pieces: 1,
    };
    world.client().await.pay_invoice_from_balance(pay).await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let last: Execution = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!((text.lines().count(), last.sequence), (5, 5));
    assert_eq!(world.sandbox.executions(), [last]);
}
