//! A long past: as many payments from and to the local user as a measurement wants.
//!
//! They are written straight into the books, in the order of time and as the laws would have left them, because the
//! laws look through everything at every act. What the payers spent they had been given before: a long past makes
//! nobody poorer, and lets bitcoin into the books.

use std::collections::BTreeMap;

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use crate::books::conversations::{Parent, Words};
use crate::books::invoices::{NewInvoice, Price};
use crate::books::payments::{By, Payment, PaymentStatus};
use crate::books::users::Role;
use crate::books::{Books, MARKETPLACE};
use crate::clock::Moment;
use crate::money::Sats;
use crate::refusal::Refusal;

/// People the long past brings along; each sells one thing, and buys.
const STALLS: usize = 24;

/// Things the local user sold in it. With the stalls' there are fewer than the lowest number of the other goods, so
/// that numbers of invoices grow with time.
const YOURS: usize = 12;

const COMMENTS: [&str; 12] = [
    "Postage stamps, sheet of ten",
    "Марки почтовые, лист",
    "One hour of bookkeeping",
    "Час бухгалтерии",
    "Seeds: dill, parsley, chard",
    "Семена: укроп, петрушка, мангольд",
    "Translation of one page, German to English",
    "Распечатка и переплёт, до ста страниц",
    "Ticket to the evening of short films; doors open at seven, and the bar takes cash only",
    "Билет на вечер короткого кино; вход с семи",
    "Photograph, signed and numbered, A4",
    "VPS, month",
];

/// How pending payments are to be funded.
const SEARCHES: [(&str, &str, &str); 3] = [
    ("US", "USD", "ZELLE"),
    ("DE", "EUR", "PAYPAL"),
    ("GB", "GBP", "NATIONAL_BANK"),
];

/// What somebody had to do with the payments that were made.
#[derive(Default)]
struct Sum {
    paid: u32,
    spent: Sats,
    received: u32,
    earned: Sats,
    fees: Sats,
}

/// Adds `count` payments between `from` and `to` that are decided: one in 25 Canceled, the others Paid.
pub(crate) fn decided(
    books: &mut Books,
    rng: &mut StdRng,
    you: u64,
    count: u32,
    (from, to): (Moment, Moment),
) -> Result<(), Refusal> {
    let (theirs, yours) = on_sale(books, rng, you, from)?;
    let span = i128::from(to.seconds().saturating_sub(from.seconds()).max(0));
    let mut sums: BTreeMap<u64, Sum> = BTreeMap::new();
    for number in 1..=count {
        let passed = span.saturating_mul(i128::from(number)) / i128::from(count).saturating_add(1);
        let at = from.after(i64::try_from(passed).map_err(|_| Refusal::Internal)?);
        let buying = rng.random_range(0..10) < 7;
        let invoice = *if buying { &theirs } else { &yours }
            .choose(rng)
            .ok_or(Refusal::Internal)?;
        let owner = if buying {
            you
        } else {
            let stall = *theirs.choose(rng).ok_or(Refusal::Internal)?;
            books.invoice(stall)?.owner
        };
        let pieces = rng.random_range(1..=6);
        let canceled = rng.random_range(0..25) == 0;
        let status = if canceled {
            PaymentStatus::Canceled
        } else {
            PaymentStatus::Paid
        };
        let payment = put(books, owner, invoice, pieces, status, at)?;
        if canceled {
            continue;
        }
        note(books, &mut sums, &payment)?;
    }
    settle(books, sums)
}

/// Adds a paid payment to what is known of its invoice and its parties.
fn note(books: &mut Books, sums: &mut BTreeMap<u64, Sum>, payment: &Payment) -> Result<(), Refusal> {
    let row = books
        .invoices
        .edit(payment.invoice)
        .ok_or(Refusal::InvoiceNotFound)?;
    row.payments = row.payments.saturating_add(1);
    row.total = row.total.plus(payment.amount)?;
    let buyer = sums.entry(payment.owner).or_default();
    buyer.paid = buyer.paid.saturating_add(1);
    buyer.spent = buyer.spent.plus(payment.amount)?;
    let seller = sums.entry(payment.seller).or_default();
    seller.received = seller.received.saturating_add(1);
    seller.earned = seller.earned.plus(payment.amount)?;
    seller.fees = seller.fees.plus(payment.fee)?;
    Ok(())
}

/// Gives everybody what he earned beyond what he spent, and the marketplace its fees.
fn settle(books: &mut Books, sums: BTreeMap<u64, Sum>) -> Result<(), Refusal> {
    let mut fees = Sats::ZERO;
    for (user, sum) in sums {
        fees = fees.plus(sum.fees)?;
        let left = sum.earned.minus(sum.fees)?.minus(sum.spent)?;
        books.credit(user, left.max(Sats::ZERO))?;
        books.edit_user(user, |user| {
            let standing = &mut user.standing;
            standing.paid = standing.paid.saturating_add(sum.paid);
            standing.paid_volume = standing.paid_volume.plus(sum.spent)?;
            standing.received = standing.received.saturating_add(sum.received);
            standing.received_volume = standing.received_volume.plus(sum.earned)?;
            Ok(())
        })?;
    }
    books.credit(MARKETPLACE, fees)
}

const LINES: [&str; 6] = [
    "Hello! Is it still there?",
    "Здравствуйте! Да, можно забрать сегодня.",
    "Thank you, that helps. Which side of the station?",
    "С южной стороны, у лестницы.",
    "Found it.",
    "Спасибо!",
];

/// Adds `count` paid payments between `from` and `to`, each with a conversation of so many messages, of which every
/// second is the buyer's, a minute apart.
pub(crate) fn talked(
    books: &mut Books,
    rng: &mut StdRng,
    you: u64,
    (count, messages_each): (u32, u32),
    (from, to): (Moment, Moment),
) -> Result<(), Refusal> {
    let (theirs, yours) = on_sale(books, rng, you, from)?;
    let span = i128::from(to.seconds().saturating_sub(from.seconds()).max(0));
    let mut sums: BTreeMap<u64, Sum> = BTreeMap::new();
    for number in 1..=count {
        let passed = span.saturating_mul(i128::from(number)) / i128::from(count).saturating_add(1);
        let at = from.after(i64::try_from(passed).map_err(|_| Refusal::Internal)?);
        let (invoice, owner) = if rng.random_range(0..10) < 7 {
            (*theirs.choose(rng).ok_or(Refusal::Internal)?, you)
        } else {
            let stall = *theirs.choose(rng).ok_or(Refusal::Internal)?;
            (
                *yours.choose(rng).ok_or(Refusal::Internal)?,
                books.invoice(stall)?.owner,
            )
        };
        let payment = put(books, owner, invoice, 1, PaymentStatus::Paid, at)?;
        note(books, &mut sums, &payment)?;
        let talk = books.open_conversation(Parent::Payment(payment.id), payment.seller, payment.owner)?;
        for line in 0..messages_each {
            let author = if line % 2 == 0 {
                payment.owner
            } else {
                payment.seller
            };
            let text = LINES.choose(rng).copied().unwrap_or_default().to_owned();
            let words = Words {
                text,
                images: Vec::new(),
            };
            books.add_line(author, talk, words, at.after_minutes(line))?;
        }
    }
    settle(books, sums)
}

fn put(
    books: &mut Books,
    owner: u64,
    invoice: u64,
    pieces: u32,
    status: PaymentStatus,
    at: Moment,
) -> Result<Payment, Refusal> {
    let snapshot = books.invoice(invoice)?.clone();
    let payment = Payment {
        id: books.number(|n| &mut n.payment)?,
        owner,
        invoice,
        seller: snapshot.owner,
        amount: snapshot.current_price.times(pieces)?,
        pieces,
        fee: Books::public_fee(snapshot.current_price, pieces)?,
        created_at: at,
        status,
        deal: None,
        snapshot: Some(snapshot),
        refunded: 0,
        refunding: 0,
        refunds: Vec::new(),
        owner_feedback: None,
        seller_feedback: None,
    };
    books.payments.put(payment.id, payment.clone());
    Ok(payment)
}

/// The invoices of the stalls and of the local user.
fn on_sale(
    books: &mut Books,
    rng: &mut StdRng,
    you: u64,
    from: Moment,
) -> Result<(Vec<u64>, Vec<u64>), Refusal> {
    let (mut theirs, mut yours) = (Vec::new(), Vec::new());
    for stall in 0..STALLS.saturating_add(YOURS) {
        let owner = if stall < STALLS {
            let login = free_login(books, stall);
            let guid = uuid::Builder::from_random_bytes(rng.random()).into_uuid();
            books.add_user(guid, &login, Role::Seller, from)?
        } else {
            you
        };
        let comment = COMMENTS.choose(rng).copied().unwrap_or_default();
        let id = books.issue(
            NewInvoice {
                owner,
                target: None,
                price: Price::Btc(Sats(rng.random_range(200..2_000) * 10)),
                currency: (*["EUR", "USD", "RUB", "GBP"].choose(rng).unwrap_or(&"USD")).to_owned(),
                variable: "bitstamp_usd".to_owned(),
                ttl_minutes: 0,
                comment: comment.to_owned(),
                pieces_min: 1,
                pieces_max: 100,
                limited: false,
                secrets: Vec::new(),
            },
            from,
        )?;
        if owner == you { &mut yours } else { &mut theirs }.push(id);
    }
    Ok((theirs, yours))
}

/// A login nobody has yet, also when there are stalls from an earlier time.
fn free_login(books: &Books, stall: usize) -> String {
    let mut number = stall.saturating_add(1);
    loop {
        let login = format!("stall-{number:02}");
        if books.user_by_login(&login).is_none() {
            return login;
        }
        number = number.saturating_add(STALLS);
    }
}

/// Up to three payments of the local user that wait for their deals, as the laws make them.
pub(crate) fn pending(books: &mut Books, you: u64, now: Moment) -> Result<(), Refusal> {
    let stalls: Vec<u64> = books
        .invoices
        .values()
        .filter(|invoice| {
            books
                .user(invoice.owner)
                .is_ok_and(|owner| owner.login.starts_with("stall-"))
        })
        .map(|invoice| invoice.id)
        .collect();
    for ((country, currency, payment_type), invoice) in SEARCHES.into_iter().zip(stalls) {
        let search = (country.to_owned(), currency.to_owned(), payment_type.to_owned());
        // Enough for the smallest deal that anybody offers.
        let pieces = u32::try_from(60_000 / books.invoice(invoice)?.current_price.0.max(1)).unwrap_or(1);
        let pieces = pieces.clamp(1, 100);
        if books
            .suitable_for_invoice(you, invoice, pieces, search.clone())?
            .is_empty()
        {
            continue;
        }
        let (country, currency, payment_type) = search;
        let by = By::Best {
            country,
            currency,
            payment_type,
        };
        books.pay_by_deal(you, invoice, pieces, by, now)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::deals::DealStatus;
    use crate::world;

    const NOW: Moment = Moment::from_millis(1_700_000_000_000);

    /// What the laws would have made of it, recomputed from the objects alone (marketplace reference, section 1).
    fn check(books: &Books) {
        let percent = |sats: i64| crate::money::half_even(i128::from(sats), 100).unwrap() as i64;
        let paid = |payment: &&Payment| payment.status == PaymentStatus::Paid;
        let fees = books
            .payments
            .values()
            .filter(paid)
            .filter(|payment| payment.snapshot.is_some())
            .map(|payment| percent(payment.amount.0 / i64::from(payment.pieces)) * i64::from(payment.pieces));
        let deals = books
            .deals
            .values()
            .filter(|deal| deal.status == DealStatus::Completed)
            .map(|deal| percent(deal.amount.0));
        let issued = books.invoices.values().map(|invoice| invoice.fee.0);
        assert_eq!(
            books.user(MARKETPLACE).unwrap().confirmed.0,
            fees.chain(deals).chain(issued).sum::<i64>()
        );
        for invoice in books.invoices.values() {
            let of: Vec<_> = books
                .payments
                .values()
                .filter(paid)
                .filter(|payment| payment.invoice == invoice.id)
                .collect();
            assert_eq!(invoice.payments as usize, of.len());
            assert_eq!(
                invoice.total.0,
                of.iter().map(|payment| payment.amount.0).sum::<i64>()
            );
        }
        let mut last = Moment::default();
        for payment in books.payments.values() {
            assert!(last <= payment.created_at, "numbers grow with time");
            last = payment.created_at;
            assert_eq!(payment.amount.0 % i64::from(payment.pieces), 0);
            let (invoice, fee) = (books.invoice(payment.invoice).unwrap(), payment.fee);
            assert!(invoice.created_at <= payment.created_at && invoice.owner == payment.seller);
            assert_eq!(
                payment.status == PaymentStatus::Pending,
                payment
                    .deal
                    .is_some_and(|deal| { books.deal(deal).unwrap().status == DealStatus::Opened })
            );
            assert!(fee >= Sats::ZERO && payment.owner != payment.seller);
        }
        for user in books.users.values() {
            let locked: i64 = books
                .deals
                .values()
                .filter(|deal| deal.owner == user.id && deal.status == DealStatus::Opened)
                .map(|deal| deal.amount.0 + deal.fee.0)
                .sum();
            assert!(user.confirmed >= Sats::ZERO);
            assert_eq!(user.deposited.0, locked);
        }
    }

    fn create(past: u32) -> (Books, u64) {
        let beginning = world::Beginning {
            login: "you".to_owned(),
            past,
            talk: true,
        };
        world::create(&beginning, NOW, 5).unwrap()
    }

    #[test]
    fn a_long_past_is_as_the_laws_would_have_left_it() {
        let (short, _) = create(0);
        let (books, you) = create(700);
        check(&books);
        let statuses = |books: &Books, status| {
            let payments = books.payments.values();
            payments.filter(|payment| payment.status == status).count()
        };
        let more = |status| statuses(&books, status) - statuses(&short, status);
        assert_eq!(more(PaymentStatus::Paid) + more(PaymentStatus::Canceled), 700);
        assert!(more(PaymentStatus::Canceled) > 10);
        assert_eq!(statuses(&books, PaymentStatus::Pending), 3);
        assert!(books.user(you).unwrap().confirmed >= short.user(you).unwrap().confirmed);
        let first = books.payments.values().next().unwrap().created_at;
        assert!(first <= NOW.after(-360 * 86_400));
        // The numbers of goods that people know by heart stay.
        assert_eq!(
            books.invoice(88).unwrap().comment,
            short.invoice(88).unwrap().comment
        );
    }

    #[test]
    fn more_can_be_added_later_and_no_past_is_no_change() {
        let (mut books, you) = create(30);
        let mut rng = rand::SeedableRng::seed_from_u64(1);
        let later = NOW.after(90 * 86_400);
        decided(&mut books, &mut rng, you, 100, (NOW, later)).unwrap();
        check(&books);
        let logins: std::collections::BTreeSet<_> = books.users.values().map(|user| &user.login).collect();
        assert_eq!(logins.len(), books.users.values().count());
    }
}
