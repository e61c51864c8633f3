//! A long past, and reading it page by page.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::time::{Duration, SystemTime};

use common::{START, World, key};
use kvit_proto::v1;
use kvit_sandbox::{Clock, Confirmations, Options, Sandbox};

async fn open(past: u32, confirmations: Confirmations) -> World {
    let clock = Clock::manual(SystemTime::UNIX_EPOCH + Duration::from_secs(START));
    let options = Options {
        past,
        confirmations,
        ..Options::still(1, clock.clone(), key())
    };
    let sandbox = Sandbox::open(options).await.unwrap();
    World { sandbox, clock }
}

/// Everything, newest first, as a client pages through it.
async fn all(world: &World, to_me: Option<bool>) -> Vec<v1::InvoicePayment> {
    let mut api = world.client().await;
    let (mut last_id, mut all) = (0, Vec::new());
    loop {
        let ask = v1::GetInvoicePaymentsRequest {
            last_id,
            count: 100,
            is_to_me: to_me.unwrap_or_default(),
            is_to_me_has_value: to_me.is_some(),
            ..Default::default()
        };
        let page = api.get_invoice_payments(ask).await.unwrap().into_inner().payments;
        let Some(last) = page.last() else { return all };
        last_id = last.id;
        all.extend(page);
    }
}

#[tokio::test]
async fn a_long_past_is_read_to_its_end() {
    let world = open(1_000, Confirmations::Absent).await;
    let everything = all(&world, None).await;
    assert!(everything.len() > 1_003);
    assert!(
        everything.is_sorted_by(
            |a, b| a.id > b.id && a.created_at.unwrap().seconds >= b.created_at.unwrap().seconds
        )
    );
    assert!(everything.iter().all(|payment| payment.confirmation.is_empty()));
    let (mine, theirs) = (all(&world, Some(false)).await, all(&world, Some(true)).await);
    assert_eq!(mine.len() + theirs.len(), everything.len());
    assert!(mine.len() > 600 && theirs.len() > 200);
    let one = world.payments(mine[500].id).await;
    assert_eq!(one, [mine[500].clone()]);

    let before = everything.len();
    world.clock.advance(Duration::from_secs(3_600));
    world.sandbox.bulk_payments(250).unwrap();
    let everything = all(&world, None).await;
    assert!(everything.len() >= before + 250);
    assert!(everything.is_sorted_by(|a, b| a.created_at.unwrap().seconds >= b.created_at.unwrap().seconds));
}

/// The confirmations of the newest payments, by number.
async fn confirmations(world: &World) -> Vec<(u64, String)> {
    let payments = world.payments(0).await;
    payments
        .into_iter()
        .map(|payment| (payment.id, payment.confirmation))
        .collect()
}

#[tokio::test]
async fn a_kept_confirmation_is_a_real_one_signed_once() {
    let world = open(40, Confirmations::Kept).await;
    let first = confirmations(&world).await;
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(confirmations(&world).await, first);
    let signed = |text: &str| text.contains("BEGIN PGP SIGNATURE");
    assert!(first.iter().any(|(_, text)| signed(text)));

    let world = open(5, Confirmations::Fresh).await;
    let first = confirmations(&world).await;
    world.clock.advance(Duration::from_secs(60));
    for (old, new) in first.iter().zip(confirmations(&world).await) {
        assert_eq!(signed(&old.1), old.1 != new.1, "signed anew, with a new time");
    }
}
