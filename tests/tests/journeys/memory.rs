//! What the marketplace said before: where a later answer contradicts it, both versions are kept on that payment and
//! shown, once, until they are seen, and after.

use kvit_domain::{
    fault::FaultCode,
    id::PaymentId,
    memory::{Notice, Said},
    money::{Currency, Fiat},
    seal::SealMark,
};
use kvit_engine::{PaymentsQuery, SeenPayment};
use kvit_proto::v1;
use kvit_sandbox::{Clock, Options, Sandbox, Sats as BookSats};
use kvit_testkit::World;

use crate::{LIBRARY, done, fault_of, listed, pay, read_again, restarted};

type Page = v1::GetInvoicePaymentsResponse;

/// A world in which three pieces were paid, verified, and something else after that.
async fn paid(seed: u64) -> (World, PaymentId) {
    let world = World::new(seed).await;
    let (paid, ..) = done(pay(&world, LIBRARY, 3).await);
    done(pay(&world, crate::MAP, 1).await);
    world.pass(5).await;
    (world, paid.payment.id)
}

/// From now on the marketplace says something else about this payment, wherever it is asked.
fn lie(world: &World, id: PaymentId, change: impl Fn(&mut v1::InvoicePayment) + Send + Sync + 'static) {
    world.sandbox.faults().alter(move |page: &mut Page| {
        page.payments
            .iter_mut()
            .filter(|one| one.id == id.get())
            .for_each(&change);
    });
}

async fn seen(world: &World, id: PaymentId) -> SeenPayment {
    world.engine.payment(id).await.unwrap()
}

/// Whether it is among the payments about which something was noticed; marked in the list as long as that is not seen.
async fn row_is_noticed(world: &World, id: PaymentId) -> bool {
    let only = PaymentsQuery {
        noticed_only: true,
        ..PaymentsQuery::default()
    };
    let page = listed(world, &only).await.unwrap();
    for row in &page.payments {
        let record = seen(world, row.payment.id).await.record;
        assert_eq!(row.noticed, record.notices.iter().any(|notice| !notice.seen));
    }
    page.payments.iter().any(|row| row.payment.id == id)
}

fn of(notices: &[Notice], about: Said) -> Vec<(&str, &str)> {
    notices
        .iter()
        .filter(|notice| notice.what.about == about)
        .map(|notice| (notice.what.before.as_str(), notice.what.after.as_str()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn each_thing_that_never_changes_is_noticed_when_it_does() {
    type Change = fn(&mut v1::InvoicePayment);
    let changes: [(Said, Change, &str, &str); 8] = [
        (Said::Status, |one| one.status = 0, "paid", "pending"),
        (
            Said::Amount,
            |one| one.crypto_amount.as_mut().unwrap().nanos -= 10,
            "37500",
            "37499",
        ),
        (Said::Pieces, |one| one.pieces = 4, "3", "4"),
        (
            Said::Invoice,
            |one| one.invoice.as_mut().unwrap().id = 88,
            "640",
            "88",
        ),
        (
            Said::Created,
            |one| one.created_at.as_mut().unwrap().seconds += 1,
            "2026-03-02T09:00:00Z",
            "2026-03-02T09:00:01Z",
        ),
        (
            Said::Buyer,
            |one| one.owner.as_mut().unwrap().username = "yov".to_owned(),
            "you",
            "yov",
        ),
        (
            Said::Seller,
            |one| one.invoice.as_mut().unwrap().owner.as_mut().unwrap().username = "pixe1-forge".to_owned(),
            "pixel-forge",
            "pixe1-forge",
        ),
        (Said::Secret, |one| one.secrets.truncate(2), "3", "2"),
    ];
    for (about, change, before, after) in changes {
        let (world, id) = paid(240).await;
        world.told.take();
        lie(&world, id, change);
        read_again(&world).await;
        let record = seen(&world, id).await.record;
        assert_eq!(
            of(&record.notices, about),
            [(before, after)],
            "{about:?}: {:?}",
            record.notices
        );
        assert!(
            record
                .notices
                .iter()
                .all(|notice| !notice.seen && notice.payment == id)
        );
        assert!(row_is_noticed(&world, id).await, "{about:?}");
        let unseen = world.engine.state().unseen_notices;
        assert_eq!(unseen as usize, record.notices.len(), "{about:?}");
        let told = world.told.take();
        assert!(told.contains(&kvit_engine::Topic::Payment(id)) && told.contains(&kvit_engine::Topic::App));
        // The receipt of what it said first stays as it was.
        let receipt = record.receipt.unwrap();
        assert_eq!((receipt.amount, receipt.pieces), (crate::sats(37_500), Some(3)));

        // The same lie again is the same notice.
        for _ in 0..3 {
            world.pass(1).await;
            read_again(&world).await;
        }
        assert_eq!(seen(&world, id).await.record.notices, record.notices, "{about:?}");

        // Seen it stays, and over a restart.
        world.engine.notices_seen(id).unwrap();
        assert_eq!(world.engine.state().unseen_notices, 0);
        let world = restarted(world).await;
        let kept = seen(&world, id).await.record.notices;
        assert_eq!(of(&kept, about), [(before, after)]);
        assert!(kept.iter().all(|notice| notice.seen));
        assert_eq!(world.engine.state().unseen_notices, 0, "{about:?}");
        assert!(row_is_noticed(&world, id).await);

        // And the truth again takes nothing of it back.
        world.sandbox.faults().clear();
        read_again(&world).await;
        let after_all = seen(&world, id).await;
        assert_eq!(of(&after_all.record.notices, about)[0], (before, after));
        assert!(crate::is_verified(&after_all.seal), "{about:?}");
        let said: Vec<String> = after_all
            .record
            .said
            .iter()
            .filter(|row| row.about == about)
            .map(|row| row.value.clone())
            .collect();
        assert!(said.iter().any(|value| value == after), "{about:?}: {said:?}");
    }
}

/// Nobody else's payment is noticed because of one that is lied about, and what rightly changes is not noticed.
#[tokio::test(start_paused = true)]
async fn what_may_change_is_no_contradiction() {
    let world = World::new(241).await;
    let (payment, deal) = crate::open_deal(&world).await;
    world.pass(10).await;
    let fiat = deal.deal.fiat.amount();
    world
        .engine
        .declare_paid(world.account(), deal.deal.id, fiat)
        .await
        .unwrap();
    world.pass(30).await;
    read_again(&world).await;
    let seen = seen(&world, payment.payment.id).await;
    assert_eq!(seen.payment.status, kvit_domain::payment::PaymentStatus::Paid);
    assert!(!seen.payment.secrets.is_empty() && seen.record.notices.is_empty());
    assert_eq!(world.engine.state().unseen_notices, 0);
    let only = PaymentsQuery {
        noticed_only: true,
        ..PaymentsQuery::default()
    };
    assert_eq!(listed(&world, &only).await.unwrap().total, 0);
}

#[tokio::test(start_paused = true)]
async fn a_confirmation_that_was_good_and_is_not_any_more_is_noticed() {
    type Change = fn(&mut v1::InvoicePayment);
    let changes: [(Change, SealMark, &str); 2] = [
        (
            |one| one.confirmation = one.confirmation.replacen("Pieces: 3", "Pieces: 2", 1),
            SealMark::Forged,
            "forged",
        ),
        (|one| one.pieces = 4, SealMark::DoesNotMatch, "does_not_match"),
    ];
    for (change, mark, word) in changes {
        let (world, id) = paid(242).await;
        let first = world.engine.receipt(id).await.unwrap().row.receipt;
        lie(&world, id, change);
        read_again(&world).await;
        let seen = seen(&world, id).await;
        assert_eq!(kvit_engine::seal::mark_of(&seen.seal), mark);
        assert_eq!(of(&seen.record.notices, Said::Receipt), [("verified", word)]);
        // The archived text is still good, and still there.
        assert_eq!(world.engine.receipt(id).await.unwrap().row.receipt, first);
        let world = restarted(world).await;
        assert_eq!(
            of(&self::seen(&world, id).await.record.notices, Said::Receipt),
            [("verified", word)]
        );
    }
}

/// The worst one: the marketplace itself signs another amount for the same payment. Signature and fields agree with
/// each other, and only the receipt that was archived first tells.
#[tokio::test(start_paused = true)]
async fn a_second_good_receipt_with_other_values_is_noticed() {
    let (world, id) = paid(243).await;
    let clock = Clock::manual(
        std::time::UNIX_EPOCH + std::time::Duration::from_secs(kvit_testkit::BEGINNING.unsigned_abs()),
    );
    let twin = Sandbox::open(Options::still(243, clock, world.sandbox.signing_key()))
        .await
        .unwrap();
    twin.set_invoice_price(LIBRARY, BookSats(9_000)).unwrap();
    let number = twin.buy(&world.you(), LIBRARY, 3).unwrap();
    assert_eq!(number, id.get(), "the same payment in another world");
    let twin = std::sync::Arc::new(twin);
    let token = secrecy::SecretString::from(twin.token());
    let line = {
        let twin = std::sync::Arc::clone(&twin);
        kvit_client::Marketplace::over(
            move || Ok(twin.connect_in_memory()),
            &token,
            kvit_client::Limits::default(),
        )
        .unwrap()
    };
    let other = line.payment(id).await.unwrap();
    assert_eq!(other.amount, crate::sats(27_000));
    let confirmation = other.confirmation.clone().unwrap();
    lie(&world, id, move |one| {
        one.crypto_amount = Some(v1::Decimal {
            units: 0,
            nanos: 270_000,
        });
        one.confirmation.clone_from(&confirmation);
    });
    read_again(&world).await;
    let seen = seen(&world, id).await;
    assert_eq!(seen.payment.amount, crate::sats(27_000));
    assert!(crate::is_verified(&seen.seal), "by itself it is perfectly good");
    assert_eq!(of(&seen.record.notices, Said::Amount), [("37500", "27000")]);
    assert_eq!(
        of(&seen.record.notices, Said::Receipt),
        [("CryptoAmount: 0.00037500", "CryptoAmount: 0.00027000")]
    );
    let kept = world.engine.receipt(id).await.unwrap();
    assert_eq!(
        kept.row.receipt.amount,
        crate::sats(37_500),
        "the first one is never replaced"
    );
    assert!(kept.row.receipt.text.contains("0.000375"));
}

fn hide(world: &World, id: PaymentId) {
    world.sandbox.faults().alter(move |page: &mut Page| {
        page.payments.retain(|one| one.id != id.get());
    });
}

async fn assert_vanished(world: &World, id: PaymentId) {
    let seen = seen(world, id).await;
    assert!(seen.record.vanished);
    assert_eq!(of(&seen.record.notices, Said::Presence), [("listed", "gone")]);
    assert!(crate::is_verified(&seen.seal), "what was signed stays signed");
    assert!(!seen.payment.secrets.is_empty(), "what was bought stays here");
    assert!(row_is_noticed(world, id).await);
    assert!(world.engine.receipt(id).await.is_ok());
    assert_eq!(
        fault_of(world.engine.payment_now(id).await).code,
        FaultCode::PaymentNotFound
    );
}

#[tokio::test(start_paused = true)]
async fn a_payment_that_vanishes_stays_here_and_is_noticed_once() {
    let (world, id) = paid(244).await;
    hide(&world, id);
    read_again(&world).await;
    assert_vanished(&world, id).await;
    assert_eq!(world.engine.state().unseen_notices, 1);
    let world = restarted(world).await;
    assert_vanished(&world, id).await;
    assert_eq!(world.engine.state().unseen_notices, 1);

    // It comes back: no second notice, and the first one stays.
    world.sandbox.faults().clear();
    world.pass(5).await;
    read_again(&world).await;
    let back = seen(&world, id).await;
    assert!(!back.record.vanished);
    assert_eq!(of(&back.record.notices, Said::Presence), [("listed", "gone")]);

    // And is gone again: said to be gone, without another notice.
    world.pass(5).await;
    hide(&world, id);
    read_again(&world).await;
    assert_vanished(&world, id).await;
    assert_eq!(world.engine.state().unseen_notices, 1);
}

/// The newest one, which nothing on a page tells from one that came later than the page, is noticed when it is opened.
#[tokio::test(start_paused = true)]
async fn the_newest_payment_that_vanishes_is_noticed_when_it_is_looked_at() {
    let world = World::new(245).await;
    let (newest, ..) = done(pay(&world, LIBRARY, 1).await);
    world.pass(5).await;
    hide(&world, newest.payment.id);
    read_again(&world).await;
    let id = newest.payment.id;
    assert_eq!(
        fault_of(world.engine.payment_now(id).await).code,
        FaultCode::PaymentNotFound
    );
    assert_vanished(&world, id).await;
}

/// A server that cannot be asked has not made anything vanish.
#[tokio::test(start_paused = true)]
async fn silence_makes_nothing_vanish() {
    let (world, id) = paid(246).await;
    crate::cut_off(&world).await;
    world.wait(60).await;
    crate::let_in(&world).await;
    for _ in 0..3 {
        let away = kvit_sandbox::Fault::Refuse(kvit_sandbox::Code::Unavailable, String::new());
        world
            .sandbox
            .faults()
            .once("GetInvoicePayments", kvit_sandbox::When::Before, away);
        read_again(&world).await;
    }
    let seen = seen(&world, id).await;
    assert!(!seen.record.vanished && seen.record.notices.is_empty());
    assert_eq!(world.engine.state().unseen_notices, 0);
}

/// Fiat is not part of it: an estimate is no statement of the marketplace.
#[tokio::test(start_paused = true)]
async fn rates_that_move_contradict_nothing() {
    let (world, id) = paid(247).await;
    let had = seen(&world, id).await.estimate;
    world.sandbox.set_market(kvit_sandbox::Cents(1_000_000)).unwrap();
    world
        .until(|world| world.told.take().contains(&kvit_engine::Topic::Rates))
        .await;
    read_again(&world).await;
    let now = seen(&world, id).await;
    let currency: Option<Currency> = now.estimate.map(|fiat: Fiat| fiat.currency());
    assert_eq!(currency, had.map(|fiat| fiat.currency()));
    assert_ne!(now.estimate, had);
    assert!(now.record.notices.is_empty());
}
