//! Evidence: a bundle of what was seen, checked without the app's help, given away in part, and noticed when altered.

use std::{
    collections::BTreeSet,
    io::{Cursor, Read as _},
};

use kvit_domain::{fault::FaultCode, id::PaymentId};
use kvit_engine::{EvidencePlan, EvidenceSubject, export::Tongue};
use kvit_proof::bundle::{BundleReport, BundleVerdict, ItemKind, ItemState};
use kvit_testkit::World;
use zip::ZipArchive;

use crate::{
    LIBRARY, LIBRARY_SELLER, assert_no, connect::connect, done, fault_of, open_deal, pay, restarted,
};

async fn bought(world: &World) -> PaymentId {
    let payment = done(pay(world, LIBRARY, 2).await).0.payment.id;
    let words = "Your library is ready <b>&amp;</b>";
    world
        .sandbox
        .write_about_payment(LIBRARY_SELLER, payment.get(), words, &[])
        .unwrap();
    world.wait(5).await;
    payment
}

pub(crate) fn everything(plan: &EvidencePlan) -> BTreeSet<String> {
    plan.items.iter().map(|item| item.id.clone()).collect()
}

pub(crate) async fn plan(world: &World, payment: PaymentId) -> EvidencePlan {
    let subject = EvidenceSubject::Payment(payment);
    world.engine.evidence_plan(subject).await.unwrap()
}

pub(crate) async fn bundle(world: &World, payment: PaymentId, kept: &BTreeSet<String>) -> Vec<u8> {
    let subject = EvidenceSubject::Payment(payment);
    let made = world
        .engine
        .evidence(world.account(), subject, kept, Tongue::En)
        .await
        .unwrap();
    assert!(
        made.name.starts_with(&format!("evidence, payment {payment}, ")),
        "{}",
        made.name
    );
    made.bytes
}

pub(crate) async fn check(world: &World, bytes: &[u8]) -> BundleReport {
    world.engine.check_bundle(bytes.to_vec(), None).await.unwrap()
}

/// All names and contents of an archive, one after the other.
fn text(bytes: &[u8]) -> String {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut all = Vec::new();
    for place in 0..zip.len() {
        let mut file = zip.by_index(place).unwrap();
        all.extend_from_slice(file.name_raw());
        file.read_to_end(&mut all).unwrap();
    }
    String::from_utf8_lossy(&all).into_owned()
}

#[tokio::test(start_paused = true)]
async fn a_payment_s_bundle_is_whole_and_its_receipt_verified() {
    let world = World::new(440).await;
    let payment = bought(&world).await;
    let before = plan(&world, payment).await;
    assert_eq!(before.key, None, "no key before it is needed");
    let kinds: BTreeSet<ItemKind> = before.items.iter().map(|item| item.kind).collect();
    for kind in [
        ItemKind::Receipt,
        ItemKind::Payment,
        ItemKind::Message,
        ItemKind::Operation,
    ] {
        assert!(kinds.contains(&kind), "{kind:?} {:?}", before.items);
    }
    let bytes = bundle(&world, payment, &everything(&before)).await;
    let report = check(&world, &bytes).await;
    assert_eq!(report.verdict, BundleVerdict::Whole);
    assert_eq!(report.head.subject.number, payment.get());
    assert_eq!(report.head.subject.login, world.you());
    assert_eq!(report.items.len(), before.items.len() + 1, "and the cover");
    let receipt = report.receipts[0].result.as_ref().unwrap();
    assert_eq!(receipt.confirmation.payment_id, payment.get());
    assert_eq!(receipt.key, world.sandbox.fingerprint());

    // What was bought, what the person has, and bearer money are nobody else's business.
    let all = text(&bytes);
    let bought = world.engine.payment(payment).await.unwrap().payment;
    assert!(!bought.secrets.is_empty());
    for secret in &bought.secrets {
        assert!(!all.contains(&secret.text), "{}", secret.text);
    }
    assert!(!all.contains("\"balance\""));
    assert!(all.contains("Your library is ready"));

    // The key is the account's, and stays.
    let after = plan(&world, payment).await;
    assert_eq!(after.key.as_ref(), Some(&report.key));
    let world = restarted(world).await;
    let again = bundle(&world, payment, &everything(&after)).await;
    assert_eq!(check(&world, &again).await.key, report.key);
    assert_ne!(again, bytes, "salts are random");
    connect(&world, "marta.k").await.unwrap();
    world.settled().await;
    assert_eq!(
        world.engine.signing_key().unwrap(),
        None,
        "another account, another key"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_not_chosen_is_not_in_it() {
    let world = World::new(441).await;
    let payment = bought(&world).await;
    let plan = plan(&world, payment).await;
    let kept: BTreeSet<String> = plan
        .items
        .iter()
        .filter(|item| item.kind != ItemKind::Message)
        .map(|item| item.id.clone())
        .collect();
    // A message that comes after the person chose is not given away either.
    world
        .sandbox
        .write_about_payment(LIBRARY_SELLER, payment.get(), "My new phone is 555-0100", &[])
        .unwrap();
    world.wait(5).await;
    let bytes = bundle(&world, payment, &kept).await;
    let report = check(&world, &bytes).await;
    assert_eq!(report.verdict, BundleVerdict::Parts);
    for item in &report.items {
        let left_out = item.kind == ItemKind::Message;
        assert_eq!(item.state == ItemState::LeftOut, left_out, "{item:?}");
    }
    let all = text(&bytes);
    assert!(!all.contains("555-0100") && !all.contains("library is ready"));

    // Later, from a finished one.
    let receipt = report.receipts[0].item;
    let less = world.engine.leave_out(bytes, vec![receipt]).await.unwrap();
    let report = check(&world, &less).await;
    assert_eq!(report.verdict, BundleVerdict::Parts);
    assert!(report.receipts.is_empty());
    assert!(!text(&less).contains("BEGIN PGP"));
}

#[tokio::test(start_paused = true)]
async fn an_altered_bundle_is_noticed() {
    let world = World::new(442).await;
    let payment = bought(&world).await;
    let plan = plan(&world, payment).await;
    let bytes = bundle(&world, payment, &everything(&plan)).await;
    let mut noticed = 0;
    for place in (0..bytes.len()).step_by(97) {
        let mut altered = bytes.clone();
        altered[place] ^= 0x10;
        match world.engine.check_bundle(altered.clone(), None).await {
            Err(fault) => assert_no(&fault, FaultCode::BundleUnreadable),
            Ok(report) if report.verdict == BundleVerdict::Altered => {
                let fault = fault_of(world.engine.leave_out(altered, vec![1]).await);
                assert_no(&fault, FaultCode::BundleUnreadable);
            }
            // A byte that no content depends on.
            Ok(report) => {
                assert_eq!(report, check(&world, &bytes).await, "{place}");
                continue;
            }
        }
        noticed += 1;
    }
    assert!(noticed > 10);
    let fault = fault_of(world.engine.check_bundle(b"PK".to_vec(), None).await);
    assert_no(&fault, FaultCode::BundleUnreadable);
    // Another marketplace's key vouches for nothing in it.
    let fault = fault_of(world.engine.check_bundle(bytes, Some("no key".to_owned())).await);
    assert_eq!(fault.code, FaultCode::KeyUnreadable);
}

#[tokio::test(start_paused = true)]
async fn a_deal_s_bundle_has_its_steps_and_its_payment() {
    let world = World::new(443).await;
    let (payment, deal) = open_deal(&world).await;
    let subject = EvidenceSubject::Deal(deal.deal.id);
    let plan = world.engine.evidence_plan(subject).await.unwrap();
    let kinds: BTreeSet<ItemKind> = plan.items.iter().map(|item| item.kind).collect();
    for kind in [ItemKind::Deal, ItemKind::Payment, ItemKind::Operation] {
        assert!(kinds.contains(&kind), "{kind:?}");
    }
    let ids = everything(&plan);
    assert!(ids.contains(&format!("payment/{}", payment.payment.id)));
    let made = world
        .engine
        .evidence(world.account(), subject, &ids, Tongue::Ru)
        .await
        .unwrap();
    assert!(made.name.starts_with("доказательства, сделка "), "{}", made.name);
    assert_eq!(check(&world, &made.bytes).await.verdict, BundleVerdict::Whole);
    assert!(text(&made.bytes).contains("windowEnds"));
    let nobody = EvidenceSubject::Payment(PaymentId::new(999_999).unwrap());
    let fault = fault_of(world.engine.evidence_plan(nobody).await);
    assert_no(&fault, FaultCode::PaymentNotFound);
}
