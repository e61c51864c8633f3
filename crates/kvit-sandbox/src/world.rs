//! The practice world as it is at first start: rates, people, goods, offers, and some past.
//!
//! The past is made by the laws themselves at earlier times, so the books agree with it to the satoshi.

pub(crate) mod bulk;
mod goods;
mod offers;
pub(crate) mod pictures;
mod talks;

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use crate::books::payments::By;
use crate::books::users::{Role, Standing};
use crate::books::{Books, MARKETPLACE};
use crate::clock::Moment;
use crate::money::{Cents, Sats};
use crate::refusal::Refusal;

/// How far the past reaches back.
pub(crate) const AGE_SECONDS: i64 = 400 * DAY;

const DAY: i64 = 86_400;

/// What the local user begins with, before the small past that the world gives everybody.
const OPENING_BALANCE: Sats = Sats(50_000_000);

/// First numbers, so that numbers look like those of a place that has been open for a while.
const FIRST_PAYMENT: u64 = 2_301;
const FIRST_DEAL: u64 = 640;
const FIRST_AD: u64 = 31;
const FIRST_MESSAGE: u64 = 9_001;

/// USD per bitcoin on the exchanges, in hundredths.
const EXCHANGES: [(&str, i64); 6] = [
    ("binance_usd", 6_124_310),
    ("bitfinex_usd", 6_127_900),
    ("bitstamp_usd", 6_123_055),
    ("bittrex_usd", 6_124_050),
    ("bkex_usd", 6_125_760),
    ("mxc_usd", 6_122_490),
];

/// Units per USD, in hundredths.
const CURRENCIES: [(&str, i64); 32] = [
    ("AED", 367),
    ("AMD", 38_800),
    ("AUD", 152),
    ("BRL", 543),
    ("BYN", 327),
    ("CAD", 137),
    ("CHF", 88),
    ("CNY", 724),
    ("CZK", 2_315),
    ("DKK", 686),
    ("EUR", 92),
    ("GBP", 78),
    ("GEL", 271),
    ("HUF", 36_250),
    ("ILS", 371),
    ("INR", 8_340),
    ("JPY", 15_120),
    ("KGS", 8_650),
    ("KZT", 47_530),
    ("MXN", 1_815),
    ("NOK", 1_064),
    ("NZD", 165),
    ("PLN", 396),
    ("RON", 459),
    ("RSD", 10_780),
    ("RUB", 9_215),
    ("SEK", 1_048),
    ("THB", 3_610),
    ("TRY", 3_260),
    ("UAH", 4_040),
    ("USD", 100),
    ("UZS", 1_262_000),
];

/// A user as the world introduces him.
struct Person {
    login: &'static str,
    role: Role,
    timezone: &'static str,
    currency: &'static str,
    introduction: &'static str,
    site: &'static str,
    balance: Sats,
    /// Deals, of which judged, of which praised.
    deals: (u32, u32, u32),
    /// Payments received, of which judged, of which praised.
    sales: (u32, u32, u32),
    /// Seconds a deal usually takes.
    pace: u32,
}

/// How long ago a long past ends: before anything else was sold.
const BULK_ENDS: i64 = 29 * DAY;

/// How a world begins.
#[derive(Clone, Debug)]
pub(crate) struct Beginning {
    /// The local user's.
    pub login: String,
    /// So many payments more than its small past.
    pub past: u32,
    /// With conversations, pictures, feedback and refunds.
    pub talk: bool,
}

/// Makes the world; the books still want to be stored. Also the local user's number.
pub(crate) fn create(beginning: &Beginning, now: Moment, seed: u64) -> Result<(Books, u64), Refusal> {
    let past = beginning.past;
    let start = now.after(-AGE_SECONDS);
    let mut world = World {
        books: Books::empty(start),
        rng: StdRng::seed_from_u64(seed),
        start,
        talk: beginning.talk,
    };
    world.set_rates()?;
    let local = newcomer(&mut world.books, &mut world.rng, &beginning.login, start)?;
    offers::people(&mut world)?;
    goods::people(&mut world)?;
    world.books.refresh_prices(start)?;
    world.books.set_numbers(|n| {
        n.payment = FIRST_PAYMENT;
        n.deal = FIRST_DEAL;
        n.advertisement = FIRST_AD;
        n.message = FIRST_MESSAGE;
    })?;
    offers::advertise(&mut world)?;
    if past > 0 {
        let span = (start, now.after(-BULK_ENDS));
        bulk::decided(&mut world.books, &mut world.rng, local, past, span)?;
    }
    goods::past(&mut world, local, now)?;
    if past > 0 {
        bulk::pending(&mut world.books, local, now)?;
    }
    world.opening(now)?;
    Ok((world.books, local))
}

/// Somebody real who comes later, with what the local user began with.
pub(crate) fn newcomer(
    books: &mut Books,
    rng: &mut StdRng,
    login: &str,
    now: Moment,
) -> Result<u64, Refusal> {
    let guid = uuid::Builder::from_random_bytes(rng.random()).into_uuid();
    let id = books.add_user(guid, login, Role::Local, now)?;
    books.credit(id, OPENING_BALANCE)?;
    books.edit_user(id, |user| {
        user.trusted.insert(id);
        user.standing.trusted_by = 1;
        Ok(())
    })?;
    Ok(id)
}

struct World {
    books: Books,
    rng: StdRng,
    start: Moment,
    /// People have talked.
    talk: bool,
}

impl World {
    fn set_rates(&mut self) -> Result<(), Refusal> {
        let table = |values: &[(&str, i64)]| -> BTreeMap<String, Cents> {
            values
                .iter()
                .map(|(name, rate)| ((*name).to_owned(), Cents(*rate)))
                .collect()
        };
        let (exchanges, currencies) = (table(&EXCHANGES), table(&CURRENCIES));
        let rates = self.books.rates_mut()?;
        rates.exchanges = exchanges;
        rates.currencies = currencies;
        Ok(())
    }

    fn guid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.rng.random()).into_uuid()
    }

    fn introduce(&mut self, person: &Person) -> Result<u64, Refusal> {
        let guid = self.guid();
        let days: i64 = self.rng.random_range(30..700);
        let first_trade = self.start.after(-self.rng.random_range(1..days) * DAY);
        let mean_deal = self.rng.random_range(80_000_i64..900_000);
        let delays = (0..20)
            .map(|_| self.rng.random_range(person.pace / 2..=person.pace * 2))
            .collect();
        let (trades, deals_judged, deals_praised) = person.deals;
        let (received, invoices_judged, invoices_praised) = person.sales;
        let standing = Standing {
            trades,
            trades_volume: Sats(mean_deal).times(trades)?,
            partners: trades - trades / 3,
            deals_praised,
            deals_judged,
            first_trade: (trades > 0).then_some(first_trade),
            delays: if trades > 0 { delays } else { Vec::new() },
            invoices_created: received.div_ceil(9),
            received,
            received_volume: Sats(60_000).times(received)?,
            invoices_praised,
            invoices_judged,
            trusted_by: 1 + trades / 20,
            blocked_by: (deals_judged - deals_praised) / 2,
            ..Standing::default()
        };
        let created = self.start.after(-days * DAY);
        let id = self.books.add_user(guid, person.login, person.role, created)?;
        self.books.credit(id, person.balance)?;
        self.books.edit_user(id, |user| {
            user.timezone = person.timezone.to_owned();
            user.currency = person.currency.to_owned();
            user.introduction = person.introduction.to_owned();
            user.site = person.site.to_owned();
            user.trusted.insert(id);
            user.standing = standing;
            Ok(())
        })?;
        if self.talk {
            self.recall_feedback(id, person.currency == "RUB")?;
        }
        Ok(id)
    }

    fn id(&self, login: &str) -> Result<u64, Refusal> {
        self.books
            .user_by_login(login)
            .map(|user| user.id)
            .ok_or(Refusal::UserNotFound)
    }

    /// A payment by deal that went through, as the past needs it.
    fn bought_by_deal(
        &mut self,
        buyer: u64,
        invoice: u64,
        pieces: u32,
        search: (&str, &str, &str),
        at: Moment,
        say: (&str, &str),
    ) -> Result<u64, Refusal> {
        let payment = self.ordered_by_deal(buyer, invoice, pieces, search, at)?;
        let deal = self.books.payment(payment)?.deal.ok_or(Refusal::Internal)?;
        let trader = self.books.deal(deal)?.owner;
        self.books
            .say(trader, deal, say.0.to_owned(), &[], at.after(95))?;
        self.books.i_payed(buyer, deal, at.after(400))?;
        self.books
            .say(trader, deal, say.1.to_owned(), &[], at.after(560))?;
        self.books.i_payed(trader, deal, at.after(580))?;
        Ok(payment)
    }

    fn ordered_by_deal(
        &mut self,
        buyer: u64,
        invoice: u64,
        pieces: u32,
        (country, currency, payment_type): (&str, &str, &str),
        at: Moment,
    ) -> Result<u64, Refusal> {
        let by = By::Best {
            country: country.to_owned(),
            currency: currency.to_owned(),
            payment_type: payment_type.to_owned(),
        };
        self.books.pay_by_deal(buyer, invoice, pieces, by, at)
    }

    /// The last touches: nothing unread but what is new, everybody seen lately, plans for the first minutes.
    fn opening(&mut self, now: Moment) -> Result<(), Refusal> {
        for id in self.books.users.ids() {
            let ago = self.rng.random_range(20..5_400);
            self.books.edit_user(id, |user| {
                user.last_online = now.after(if id == MARKETPLACE { 0 } else { -ago });
                Ok(())
            })?;
        }
        self.books.refresh_prices(now)?;
        let (purchase, prices) = (self.rng.random_range(60..120), self.rng.random_range(40..80));
        // Drawn last, so that nothing else depends on it.
        let question = self.rng.random_range(150..250);
        let plans = self.books.plans_mut()?;
        plans.next_purchase = now.after(purchase);
        plans.next_prices = now.after(prices);
        plans.next_question = now.after(question);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::deals::DealStatus;
    use crate::books::invoices::{InvoiceStatus, Price};
    use crate::books::payments::PaymentStatus;

    fn world(seed: u64) -> (Books, u64) {
        let beginning = Beginning {
            login: "you".to_owned(),
            past: 0,
            talk: true,
        };
        create(&beginning, Moment::from_seconds(1_700_000_000), seed).unwrap()
    }

    #[test]
    fn the_world_is_the_same_for_the_same_seed() {
        assert_eq!(format!("{:?}", world(7)), format!("{:?}", world(7)));
        assert_ne!(format!("{:?}", world(7)), format!("{:?}", world(8)));
    }

    #[test]
    fn there_is_something_of_everything() {
        let (books, you) = world(1);
        let invoices: Vec<_> = books.invoices.values().filter(|i| i.visible_to(you)).collect();
        let public = |i: &&&crate::books::invoices::Invoice| !i.is_private() && i.owner != you;
        assert!(invoices.iter().filter(public).count() >= 8);
        assert!(
            invoices
                .iter()
                .any(|i| i.target == Some(you) && i.status == InvoiceStatus::Active)
        );
        assert!(invoices.iter().any(|i| i.status == InvoiceStatus::Payed));
        assert!(
            invoices
                .iter()
                .any(|i| i.limited && i.status == InvoiceStatus::Active && i.pieces_max <= 3)
        );
        assert!(invoices.iter().any(|i| matches!(i.price, Price::Btc(_))));
        assert!(invoices.iter().filter(|i| i.owner == you).count() >= 2);
        assert!(books.invoices.get(88).is_some() && books.invoices.get(51).is_some());
        for status in [PaymentStatus::Paid, PaymentStatus::Canceled] {
            assert!(
                books
                    .payments
                    .values()
                    .any(|p| p.owner == you && p.status == status)
            );
        }
        assert!(
            books
                .payments
                .values()
                .any(|p| p.seller == you && p.status == PaymentStatus::Paid)
        );
        assert!(
            books
                .payments
                .values()
                .any(|p| p.owner == you && p.deal.is_some() && p.status == PaymentStatus::Paid)
        );
        assert!(books.deals.values().all(|d| d.status != DealStatus::Opened));
        let balance = books.user(you).unwrap();
        assert!(balance.confirmed > Sats(45_000_000) && balance.deposited == Sats::ZERO);
        assert!(books.users.values().filter(|u| u.role == Role::Trader).count() >= 10);
    }

    #[test]
    fn popular_searches_find_several_ads_with_different_prices() {
        let (mut books, you) = world(2);
        for search in [
            ("RU", "RUB", "SBERBANK"),
            ("RU", "RUB", "TINKOFF"),
            ("RU", "RUB", "QIWI"),
            ("DE", "EUR", "NATIONAL_BANK"),
            ("DE", "EUR", "TRANSFERWISE"),
            ("DE", "EUR", "PAYPAL"),
            ("US", "USD", "ZELLE"),
            ("US", "USD", "SQUARE_CASH"),
            ("GB", "GBP", "NATIONAL_BANK"),
            ("KZ", "KZT", "NATIONAL_BANK"),
            ("UA", "UAH", "NATIONAL_BANK"),
        ] {
            let (a, b, c) = search;
            let found = books
                .suitable_for_invoice(you, 88, 1, (a.into(), b.into(), c.into()))
                .unwrap();
            assert!(found.len() >= 2, "{search:?} finds {}", found.len());
            let prices: Vec<_> = found
                .iter()
                .map(|id| books.advertisement(*id).unwrap().price)
                .collect();
            assert!(prices.is_sorted());
            assert_ne!(prices.first(), prices.last(), "{search:?}");
        }
    }
}
