//! A long past to measure on: payments as an app that was used for years keeps them.
//!
//! Made from the run's seed: people, things they sell, payments to and from the person, most of them Paid, with a
//! confirmation of the size of a real one and its receipt in the archive. Nothing here checks a signature, so the
//! signatures are random bytes.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use kvit_domain::id::{InvoiceId, PaymentId, UserId};
use kvit_domain::invoice::{Invoice, InvoicePrice, InvoiceStatus};
use kvit_domain::money::Sats;
use kvit_domain::payment::{Payment, PaymentStatus};
use kvit_domain::person::{Person, Profile};
use kvit_domain::receipt::Receipt;
use kvit_domain::seal::SealMark;
use kvit_domain::{Decimal, Timestamp};
use kvit_store::{Incoming, Store, StoreKey, SyncState};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

/// Payments of a long past, and of a short one.
pub const LONG: u64 = 100_000;
/// See [`LONG`].
pub const SHORT: u64 = 1_000;

/// People one dealt with, and things they and the person sell.
const PEOPLE: usize = 300;
const THINGS: usize = 400;
/// Payments kept in one transaction.
const AT_ONCE: usize = 500;
/// From one payment to the next, and the first of them.
const SECONDS_BETWEEN: i64 = 600;
const BEGINNING: i64 = 1_600_000_000;

/// Words that things are called by; one in every name.
pub const WORDS: [&str; 12] = [
    "Postage stamps, sheet of ten",
    "Марки почтовые, лист",
    "One hour of bookkeeping",
    "Час бухгалтерии",
    "Seeds: dill, parsley, chard",
    "Семена: укроп, петрушка",
    "Translation of one page",
    "Распечатка и переплёт",
    "Ticket to the evening of short films",
    "Билет на вечер короткого кино",
    "Photograph, signed and numbered",
    "VPS, month",
];

/// Syllables of names.
const SYLLABLES: [&str; 16] = [
    "ka", "lo", "mi", "ren", "tu", "sa", "vel", "no", "dar", "ish", "bo", "pe", "zu", "gar", "tin", "wy",
];

/// Everybody in it and everything that is sold.
pub struct Past {
    random: StdRng,
    me: Person,
    people: Vec<Person>,
    things: Vec<Invoice>,
}

fn at(second: i64) -> Result<Timestamp> {
    Timestamp::from_second(BEGINNING.saturating_add(second)).context("a time beyond the calendar")
}

fn person(random: &mut StdRng, name: String) -> Result<Person> {
    Ok(Person {
        id: UserId::Person(uuid::Builder::from_random_bytes(random.random()).into_uuid()),
        name,
        anonymous: false,
        deal_rate: Decimal::new(random.random_range(900..=1000), 1),
        deals: random.random_range(0..500),
        partners: random.random_range(0..200),
        deal_average: Decimal::new(random.random_range(1_000..9_000_000), 8),
        median_seconds: random.random_range(60..4_000),
        mean_seconds: random.random_range(60..4_000),
        first_deal: Some(at(-random.random_range(0..9_000_000))?),
        invoice_rate: Decimal::new(random.random_range(900..=1000), 1),
        invoices: random.random_range(0..100),
        payments_made: random.random_range(0..3_000),
        payments_received: random.random_range(0..3_000),
        trusted_by: random.random_range(0..50),
        blocked_by: 0,
        created: Some(at(-10_000_000)?),
        last_online: Some(at(0)?),
        introduction: "Answers within the hour.".to_owned(),
        site: String::new(),
    })
}

fn thing(random: &mut StdRng, number: u64, owner: &Person) -> Result<Invoice> {
    let word = WORDS.choose(random).copied().unwrap_or_default();
    Ok(Invoice {
        id: InvoiceId::new(number).context("no invoice has this number")?,
        target: None,
        private: false,
        price: InvoicePrice::Crypto,
        currency: "EUR".parse().map_err(|_| anyhow::anyhow!("no currency"))?,
        unit: Sats::new(random.random_range(200..200_000)).context("no amount")?,
        comment: format!("{word}, no. {number}"),
        pieces_min: 1,
        pieces_max: 100,
        limited: false,
        status: InvoiceStatus::Active,
        total_paid: Sats::ZERO,
        payments: random.random_range(0..900),
        owner: owner.clone(),
        created: at(-1_000_000)?,
        valid_to: None,
        refund_of: None,
        service: false,
        pictures: Vec::new(),
    })
}

/// Lines of 64 random letters, as many as an RSA-3072 signature has in armor.
fn armor(random: &mut StdRng) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(700);
    for _ in 0..9 {
        text.extend((0..64).map(|_| char::from(LETTERS.choose(random).copied().unwrap_or(b'A'))));
        text.push('\n');
    }
    text
}

impl Past {
    /// Out of a seed.
    pub fn new(seed: u64) -> Result<Self> {
        let mut random = StdRng::seed_from_u64(seed ^ 0x7061_7374);
        let me = person(&mut random, "you".to_owned())?;
        let people: Vec<Person> = (0..PEOPLE)
            .map(|number| {
                let mut name: String = (0..3)
                    .filter_map(|_| SYLLABLES.choose(&mut random))
                    .copied()
                    .collect();
                name.push_str(&format!("-{number:03}"));
                person(&mut random, name)
            })
            .collect::<Result<_>>()?;
        let things = (0..THINGS)
            .map(|number| {
                // Three in ten are the person's own.
                let owner = if number % 10 < 3 {
                    &me
                } else {
                    people.choose(&mut random).context("nobody")?
                };
                thing(&mut random, number as u64 + 1_000, &owner.clone())
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            random,
            me,
            people,
            things,
        })
    }

    /// Whose past it is.
    pub fn profile(&self) -> Profile {
        Profile {
            id: self.me.id,
            name: self.me.name.clone(),
            anonymous: false,
            default_currency: "EUR".to_owned(),
        }
    }

    /// The name of one of the people.
    pub fn name(&self, number: usize) -> Option<&str> {
        let place = number.checked_rem(self.people.len())?;
        self.people.get(place).map(|person| person.name.as_str())
    }

    /// The payment with this number.
    pub fn payment(&mut self, number: u64) -> Result<Incoming> {
        let random = &mut self.random;
        let invoice = self.things.choose(random).context("nothing is sold")?.clone();
        let buyer = if invoice.owner.id == self.me.id {
            self.people.choose(random).context("nobody")?.clone()
        } else {
            self.me.clone()
        };
        let id = PaymentId::new(number).context("no payment has this number")?;
        let pieces = random.random_range(1..=6_u32);
        let amount = invoice.unit.times(pieces).context("no amount")?;
        let created = at(i64::try_from(number)?.saturating_mul(SECONDS_BETWEEN))?;
        let paid = random.random_range(0..25) != 0;
        let confirmation = paid.then(|| {
            format!(
                "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nType: INVOICE_PAYMENT\nPaymentId: {number}\n\
                 Pieces: {pieces}\nInvoiceId: {}\nCryptoAmount: {}\nCreatedAt: {}\nPayer: {}\nInvoiceOwner: {}\n\
                 -----BEGIN PGP SIGNATURE-----\n\n{}-----END PGP SIGNATURE-----\n",
                invoice.id,
                amount.get(),
                created.strftime("%m/%d/%Y %H:%M:%S"),
                buyer.name,
                invoice.owner.name,
                armor(random),
            )
        });
        let receipt = confirmation.as_ref().map(|text| Receipt {
            payment: id,
            text: text.clone(),
            first_seen: created,
            key: "AB".repeat(20),
            signed: created,
            pieces: Some(pieces),
            invoice: invoice.id,
            amount,
            created,
            payer: buyer.name.clone(),
            owner: invoice.owner.name.clone(),
        });
        Ok(Incoming {
            mark: if paid {
                SealMark::Verified
            } else {
                SealMark::Nothing
            },
            // The account of these stores pins no key, so nothing here is waiting to be checked with another one.
            key: None,
            receipt,
            payment: Payment {
                id,
                amount,
                created,
                confirmation,
                buyer,
                invoice,
                seller_feedback: None,
                buyer_feedback: None,
                status: if paid {
                    PaymentStatus::Paid
                } else {
                    PaymentStatus::Canceled
                },
                deal: None,
                pieces,
                refund: false,
                refunds: Vec::new(),
                refunded: 0,
                refunding: 0,
                change_promise: None,
                secrets: Vec::new(),
                lightning_request: None,
            },
        })
    }

    /// Makes a store in `folder` with payments 1 to `count`, and closes it.
    pub fn keep(&mut self, folder: &Path, key: &StoreKey, count: u64) -> Result<()> {
        let now = at(i64::try_from(count.saturating_add(1))?.saturating_mul(SECONDS_BETWEEN))?;
        let opened = Store::open(folder, key, 0, now).context("the store does not open")?;
        ensure!(opened.fresh, "there was a store already");
        let store = opened.store;
        store.keep_profile(&self.profile())?;
        let numbers: Vec<u64> = (1..=count).collect();
        for chunk in numbers.chunks(AT_ONCE) {
            let incoming = chunk
                .iter()
                .map(|number| self.payment(*number))
                .collect::<Result<_>>()?;
            store.keep_payments(incoming, now)?;
        }
        store.keep_sync_state(&SyncState {
            first_done: true,
            before: None,
            taken: count,
            finished: Some(now),
        })?;
        ensure!(store.payment_count()? == count, "not every payment was kept");
        store.close();
        Ok(())
    }
}

/// The stores of a run: a long past and a short one, both under one key.
pub struct Stores {
    folder: tempfile::TempDir,
    /// Its 64 digits.
    pub key: SecretString,
    seed: u64,
}

impl Stores {
    /// Makes both.
    pub fn make(seed: u64) -> Result<Self> {
        // Beside the target folder would be a real disk too, but homes and temporary files share this one.
        let folder = tempfile::tempdir()?;
        let random = StoreKey::random();
        let key = random.to_hex().context("a key without digits")?;
        for (name, count) in [("long", LONG), ("short", SHORT), ("none", 0)] {
            Past::new(seed)?.keep(&folder.path().join(name), &random, count)?;
        }
        Ok(Self { folder, key, seed })
    }

    /// Where the store `name` (`long`, `short` or `none`) is.
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// All of them.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The seed they were made from.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Makes in `home` the folder of an app that has one account with the store `name`, opened and closed before. The
    /// account has no token, so it is offline: what is measured is the app and its store.
    pub fn install(&self, name: &str, home: &Path) -> Result<()> {
        let id = Uuid::new_v4();
        let app = home.join(APP_FOLDER);
        let account = app.join("accounts").join(id.as_hyphenated().to_string());
        std::fs::create_dir_all(&account)?;
        for entry in std::fs::read_dir(self.at(name))? {
            let entry = entry?;
            std::fs::copy(entry.path(), account.join(entry.file_name()))?;
        }
        let book = serde_json::json!({
            "accounts": [{
                "id": id,
                "kind": "real",
                "label": "Measured",
                "username": "you",
                "address": "https://marketplace.invalid",
                "proxy": null,
                "certificate_pin": null,
                "public_key": null,
                "token": "missing",
                // Its key lies beside it, as a practice account's does: no keychain takes part.
                "store": "practice",
                "store_opens": 1,
                "practice_key": self.key.expose_secret(),
            }],
            "current": id,
        });
        std::fs::write(app.join("accounts.json"), serde_json::to_vec(&book)?)?;
        Ok(())
    }
}

/// The app's folder in a home.
pub const APP_FOLDER: &str = ".local/share/org.kvit.desktop";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_past_is_the_same_for_the_same_seed_and_another_for_another() {
        let past = |seed| {
            let mut past = Past::new(seed).unwrap();
            (1..=50)
                .map(|number| past.payment(number).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(past(7), past(7));
        assert_ne!(past(7), past(8));
        let paid = past(7).iter().filter(|one| one.receipt.is_some()).count();
        assert!((40..50).contains(&paid), "{paid}");
        let mine = past(7)
            .iter()
            .filter(|one| one.payment.buyer.name == "you")
            .count();
        assert!((20..48).contains(&mine), "{mine}");
        for one in past(7).iter().filter_map(|one| one.payment.confirmation.as_ref()) {
            assert!((800..1_000).contains(&one.len()), "{} bytes", one.len());
        }
    }

    #[test]
    fn a_store_holds_what_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let key = StoreKey::random();
        let mut past = Past::new(7).unwrap();
        past.keep(folder.path(), &key, 30).unwrap();
        let opened = Store::open(folder.path(), &key, 1, at(0).unwrap()).unwrap();
        assert_eq!(opened.doubt, None);
        assert_eq!(opened.store.payment_count().unwrap(), 30);
        assert_eq!(opened.store.profile().unwrap(), Some(past.profile()));
        let name = past.name(3).unwrap().to_owned();
        assert!(name.ends_with("-003"), "{name}");
    }
}
