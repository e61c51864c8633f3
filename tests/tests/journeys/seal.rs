//! The seal against a marketplace that says one thing and has signed another.

use kvit_domain::{payment::PaymentStatus, seal::SealMark};
use kvit_engine::{ListedPayment, PaymentsQuery, Seal, SeenPayment, seal::mark_of};
use kvit_proof::{Field, NotVerified, Verdict};
use kvit_proto::v1;
use kvit_sandbox::{Clock, Options, Sandbox, SigningKey};
use kvit_testkit::World;

use crate::{LIBRARY, done, listed, pay, read_again};

type Page = v1::GetInvoicePaymentsResponse;

/// The paid purchase of three pieces as it is after `alter`, and how the others are listed.
async fn altered(
    alter: impl Fn(&mut v1::InvoicePayment) + Send + Sync + 'static,
) -> (SeenPayment, Vec<ListedPayment>) {
    let world = World::new(140).await;
    let (paid, ..) = done(pay(&world, LIBRARY, 3).await);
    let id = paid.payment.id.get();
    // Everything but the payment at hand stays as it is.
    world.sandbox.faults().alter(move |page: &mut Page| {
        page.payments
            .iter_mut()
            .filter(|one| one.id == id)
            .for_each(&alter);
    });
    read_again(&world).await;
    let page = listed(&world, &PaymentsQuery::default()).await.unwrap();
    let mut payments = page.payments;
    let newest = payments.remove(0);
    let altered = world.engine.payment(newest.payment.id).await.unwrap();
    assert_eq!(
        newest.mark,
        mark_of(&altered.seal),
        "the list shows what the payment shows"
    );
    (altered, payments)
}

fn mismatches(seal: &Seal) -> Vec<Field> {
    match seal {
        Seal::Checked(Verdict::DoesNotMatch { fields, .. }) => fields
            .iter()
            .filter(|field| !field.matches)
            .map(|field| field.field)
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn each_field_that_is_not_what_was_signed_is_named() {
    type Change = fn(&mut v1::InvoicePayment);
    let changes: [(Field, Change); 7] = [
        (Field::PaymentId, |one| one.id += 1),
        (Field::Pieces, |one| one.pieces = 4),
        (Field::InvoiceId, |one| one.invoice.as_mut().unwrap().id = 88),
        (Field::CryptoAmount, |one| {
            one.crypto_amount.as_mut().unwrap().nanos -= 10
        }),
        (Field::CreatedAt, |one| {
            one.created_at.as_mut().unwrap().seconds += 1
        }),
        (Field::Payer, |one| one.owner.as_mut().unwrap().username.push('0')),
        (Field::InvoiceOwner, |one| {
            let owner = one.invoice.as_mut().unwrap().owner.as_mut().unwrap();
            owner.username = "pixe1-forge".to_owned();
        }),
    ];
    for (field, change) in changes {
        let (altered, others) = altered(change).await;
        assert_eq!(mismatches(&altered.seal), [field], "{field:?}");
        // One bad payment says nothing about the others.
        let id = altered.payment.id;
        let mut paid = others
            .iter()
            .filter(|one| {
                one.payment.status == PaymentStatus::Paid && one.payment.id.get().abs_diff(id.get()) > 1
            })
            .peekable();
        assert!(paid.peek().is_some());
        assert!(paid.all(|one| one.mark == SealMark::Verified));
    }
}

/// The signature is good and about another purchase of the same person: a receipt shown twice.
#[tokio::test(start_paused = true)]
async fn a_confirmation_of_another_payment_does_not_match() {
    let world = World::new(141).await;
    done(pay(&world, LIBRARY, 3).await);
    world.sandbox.faults().alter(|page: &mut Page| {
        if let [first, second, ..] = page.payments.as_mut_slice() {
            first.confirmation = second.confirmation.clone();
        }
    });
    read_again(&world).await;
    let newest = listed(&world, &PaymentsQuery::default())
        .await
        .unwrap()
        .payments
        .remove(0);
    let seen = world.engine.payment(newest.payment.id).await.unwrap();
    let wrong = mismatches(&seen.seal);
    assert!(wrong.contains(&Field::PaymentId) && wrong.contains(&Field::CryptoAmount));
}

/// A private invoice's payment is called public, and the other way round: the line of pieces is missing or too much.
#[tokio::test(start_paused = true)]
async fn private_and_public_are_told_apart() {
    let (altered, _) = altered(|one| one.invoice.as_mut().unwrap().is_private = true).await;
    assert_eq!(mismatches(&altered.seal), [Field::Pieces]);
}

#[tokio::test(start_paused = true)]
async fn an_altered_text_is_forged() {
    let changes: [fn(&mut String); 4] = [
        |text| *text = text.replacen("Pieces: 3", "Pieces: 2", 1),
        |text| *text = text.replacen("Payer: you", "Payer: yov", 1),
        |text| text.insert_str(0, "Paid by the bank.\n\n"),
        |text| text.push_str("\nPieces: 3\n"),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let (altered, _) = altered(move |one| change(&mut one.confirmation)).await;
        assert!(
            matches!(&altered.seal, Seal::Checked(Verdict::ForgedOrAltered(_))),
            "{number}: {:?}",
            altered.seal
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_paid_payment_without_a_confirmation_is_not_verified() {
    let (altered, _) = altered(|one| one.confirmation.clear()).await;
    assert_eq!(
        altered.seal,
        Seal::Checked(Verdict::NotVerified(NotVerified::NoConfirmation))
    );
}

/// A confirmation in front of a payment that is not paid proves nothing, and is not even looked at.
#[tokio::test(start_paused = true)]
async fn a_pending_payment_has_no_seal() {
    let (altered, _) = altered(|one| one.status = 0).await;
    assert_eq!(altered.seal, Seal::NothingYet);
}

/// The same words, signed by a key that nobody confirmed.
#[tokio::test(start_paused = true)]
async fn another_key_is_unknown() {
    let world = World::new(142).await;
    let made = kvit_sandbox::Moment::from_seconds(kvit_testkit::BEGINNING - 86_400);
    let key = SigningKey::generate(made).unwrap();
    let clock = Clock::manual(
        std::time::UNIX_EPOCH + std::time::Duration::from_secs(kvit_testkit::BEGINNING.unsigned_abs()),
    );
    let twin = std::sync::Arc::new(
        Sandbox::open(Options::still(142, clock, key.clone()))
            .await
            .unwrap(),
    );
    let token = secrecy::SecretString::from(twin.token());
    let line = {
        let twin = std::sync::Arc::clone(&twin);
        let connect = move || Ok(twin.connect_in_memory());
        kvit_client::Marketplace::over(connect, &token, kvit_client::Limits::default()).unwrap()
    };
    let theirs = line
        .payments(kvit_client::PaymentsFilter::default())
        .await
        .unwrap();
    let confirmations: std::collections::HashMap<u64, String> = theirs
        .into_iter()
        .filter_map(|payment| Some((payment.id.get(), payment.confirmation?)))
        .collect();
    let known = confirmations.len();
    assert!(known > 2);
    world.sandbox.faults().alter(move |page: &mut Page| {
        for one in &mut page.payments {
            if let Some(text) = confirmations.get(&one.id) {
                one.confirmation.clone_from(text);
            }
        }
    });
    read_again(&world).await;
    let page = listed(&world, &PaymentsQuery::default()).await.unwrap();
    let mut strangers = 0;
    for one in &page.payments {
        let seen = world.engine.payment(one.payment.id).await.unwrap();
        if let Seal::Checked(Verdict::NotVerified(NotVerified::UnknownKey { signer })) = &seen.seal {
            assert!(
                signer
                    .as_ref()
                    .is_some_and(|signer| key.fingerprint().ends_with(signer.as_str()))
            );
            strangers += 1;
        }
    }
    assert_eq!(strangers, known);
}

/// A confirmation without its payment: checked against the keys of the accounts, or against one that is given.
#[tokio::test(start_paused = true)]
async fn a_pasted_confirmation_is_checked() {
    let world = World::new(143).await;
    let (paid, ..) = done(pay(&world, LIBRARY, 1).await);
    let text = paid.payment.confirmation.unwrap();
    let signed = world
        .engine
        .verify_text(text.clone(), None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(signed.confirmation.payment_id, paid.payment.id.get());
    let other = SigningKey::generate(kvit_sandbox::Moment::from_seconds(kvit_testkit::BEGINNING)).unwrap();
    let refused = world
        .engine
        .verify_text(text.clone(), Some(other.public_armor().unwrap()))
        .await
        .unwrap()
        .unwrap_err();
    assert!(matches!(
        refused,
        kvit_proof::Refusal::NotVerified(NotVerified::UnknownKey { .. })
    ));
    let altered = text.replacen("Pieces: 1", "Pieces: 9", 1);
    assert!(matches!(
        world
            .engine
            .verify_text(altered, None)
            .await
            .unwrap()
            .unwrap_err(),
        kvit_proof::Refusal::Forged(_)
    ));
}
