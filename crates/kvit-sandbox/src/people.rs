//! What the simulated people do: traders answer, believe and complete; somebody buys from the local user; prices
//! move; time runs out. All of it follows from books, clock and seed, so a restart in between changes nothing.

mod talk;
mod words;

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, IteratorRandom};
use rand::{Rng, SeedableRng};

use crate::books::Books;
use crate::books::deals::{Deal, DealStatus};
use crate::books::invoices::InvoiceStatus;
use crate::books::payments::By;
use crate::books::users::{Role, User};
use crate::clock::Moment;
use crate::hub::Hub;
use crate::money::Cents;
use crate::refusal::Refusal;
use crate::world::pictures::Drawing;

/// One thing somebody does.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Deed {
    Say {
        deal: u64,
        by: u64,
        text: String,
        /// With a picture of the transfer.
        shows: bool,
    },
    /// Something outside deals.
    Talk(talk::Deed),
    IPayed {
        deal: u64,
        by: u64,
    },
    ExpireDeal(u64),
    ExpireInvoice(u64),
    /// An act of its own, so that a purchase that is refused is not tried again at once.
    PlanPurchase,
    Purchase,
    Prices,
}

/// How long people take, in seconds: quick, so that one learns quickly.
const SECONDS: std::ops::RangeInclusive<i64> = 2..=6;

/// Does once whatever is due now. Each deed is an act of its own; one that is refused stops no other.
pub(crate) fn step(hub: &Hub, local: u64, surprises: bool) {
    let now = hub.clock.now();
    let due = hub.read(|books| due(books, now, hub.seed, surprises));
    for deed in due.unwrap_or_default() {
        let done = hub.act(|books, now| perform(books, &deed, local, hub.seed, now));
        if let Err(refusal) = done {
            tracing::debug!(?deed, %refusal, "somebody was refused");
        }
    }
}

fn due(books: &Books, now: Moment, seed: u64, surprises: bool) -> Result<Vec<Deed>, Refusal> {
    let mut deeds = Vec::new();
    for deal in books
        .deals
        .values()
        .filter(|deal| deal.status == DealStatus::Opened)
    {
        if deal.fiat_declared_at.is_none() && deal.window_over(now) {
            deeds.push(Deed::ExpireDeal(deal.id));
            continue;
        }
        deeds.extend(due_in_deal(books, deal, now, seed)?);
    }
    for invoice in books.invoices.values() {
        if invoice.status == InvoiceStatus::Active && invoice.valid_to().is_some_and(|end| end <= now) {
            deeds.push(Deed::ExpireInvoice(invoice.id));
        }
    }
    deeds.extend(
        talk::due(books, now, seed, surprises)?
            .into_iter()
            .map(Deed::Talk),
    );
    let plans = books.plans()?;
    if surprises && plans.next_purchase <= now {
        deeds.extend([Deed::PlanPurchase, Deed::Purchase]);
    }
    if surprises && plans.next_prices <= now {
        deeds.push(Deed::Prices);
    }
    Ok(deeds)
}

/// A number that is always the same for the same seed, object and purpose.
fn dice(seed: u64, object: u64, purpose: u64) -> StdRng {
    let mixed = seed ^ object.rotate_left(24).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ purpose.rotate_left(48);
    StdRng::seed_from_u64(mixed)
}

fn after_a_while(since: Moment, seed: u64, object: u64, purpose: u64) -> Moment {
    since.after(dice(seed, object, purpose).random_range(SECONDS))
}

/// The next deed of the two sides of an open deal, at most one.
fn due_in_deal(books: &Books, deal: &Deal, now: Moment, seed: u64) -> Result<Option<Deed>, Refusal> {
    let simulated = |user: u64| books.user(user).map(User::is_simulated);
    let ad = books.advertisement(deal.advertisement)?;
    let words = Words {
        russian: matches!(ad.country.as_str(), "RU" | "KZ" | "BY"),
        deal,
        currency: &ad.currency,
    };
    let trader_spoke = deal.messages.iter().rev().find(|line| line.owner == deal.owner);
    if simulated(deal.owner)? {
        let say = |text: String, shows: bool| {
            Some(Deed::Say {
                deal: deal.id,
                by: deal.owner,
                text,
                shows,
            })
        };
        let Some(spoke) = trader_spoke else {
            let due = after_a_while(deal.created_at, seed, deal.id, 1) <= now;
            return Ok(if due { say(words.requisites(), false) } else { None });
        };
        if let Some(declared) = deal.fiat_declared_at {
            if after_a_while(declared, seed, deal.id, 2) > now {
                return Ok(None);
            }
            // A full chat must not keep anybody's bitcoin.
            let thanked = deal.chat_full() || (spoke.at >= declared && spoke.text == words.thanks());
            return Ok(if thanked {
                Some(Deed::IPayed {
                    deal: deal.id,
                    by: deal.owner,
                })
            } else {
                // Every third shows that the money has come.
                say(words.thanks(), deal.id.is_multiple_of(3))
            });
        }
        if let Some(last) = deal.messages.last().filter(|line| line.owner == deal.initiator) {
            let due = after_a_while(last.at, seed, last.id, 3) <= now;
            return Ok(if due {
                say(words.answer(last.id), false)
            } else {
                None
            });
        }
    }
    let told = deal.messages.iter().find(|line| line.owner == deal.owner);
    if let Some(first) = told.filter(|_| deal.fiat_declared_at.is_none())
        && simulated(deal.initiator)?
    {
        let due = after_a_while(first.at, seed, deal.id, 4) <= now;
        return Ok(due.then_some(Deed::IPayed {
            deal: deal.id,
            by: deal.initiator,
        }));
    }
    Ok(None)
}

/// What a trader writes.
struct Words<'a> {
    russian: bool,
    deal: &'a Deal,
    currency: &'a str,
}

impl Words<'_> {
    /// Invented requisites that nobody can mistake for real ones.
    fn requisites(&self) -> String {
        let (sum, number, currency) = (self.deal.fiat.text(), self.deal.id, self.currency);
        if self.russian {
            format!(
                "Здравствуйте! УЧЕБНЫЕ реквизиты (PRACTICE, денег не переводить): счёт PRACTICE-{number:06}, \
                 получатель «Учебный счёт». Сумма ровно {sum} {currency}. После перевода нажмите «Я оплатил»."
            )
        } else {
            format!(
                "Hello! PRACTICE details, send no real money: account PRACTICE-{number:06}, recipient \
                 \"Practice account\". Exactly {sum} {currency}, please, then press \"I paid\"."
            )
        }
    }

    fn thanks(&self) -> String {
        if self.russian {
            "УЧЕБНЫЙ перевод получен, отправляю биткоины. Спасибо!".to_owned()
        } else {
            "PRACTICE payment received, releasing the bitcoin. Thank you!".to_owned()
        }
    }

    fn answer(&self, to: u64) -> String {
        let (russian, english) = match to % 3 {
            0 => (
                "Да, всё верно, жду перевод.",
                "Yes, that is right. I am waiting for the transfer.",
            ),
            1 => ("Я на связи. Реквизиты выше.", "I am here. The details are above."),
            _ => (
                "Хорошо. Не забудьте нажать «Я оплатил».",
                "Fine. Do not forget to press \"I paid\".",
            ),
        };
        if self.russian {
            russian.to_owned()
        } else {
            english.to_owned()
        }
    }
}

fn perform(books: &mut Books, deed: &Deed, local: u64, seed: u64, now: Moment) -> Result<(), Refusal> {
    match deed {
        Deed::Say {
            deal,
            by,
            text,
            shows,
        } => {
            seen(books, *by, now);
            let images = if *shows {
                let mut rng = dice(seed, *deal, 11);
                vec![talk::upload_new(books, *by, Drawing::Screenshot, &mut rng, now)?]
            } else {
                Vec::new()
            };
            books.say(*by, *deal, text.clone(), &images, now).map(|_| ())
        }
        Deed::Talk(deed) => talk::perform(books, deed, local, seed, now),
        Deed::IPayed { deal, by } => {
            seen(books, *by, now);
            books.i_payed(*by, *deal, now)
        }
        Deed::ExpireDeal(deal) => books.expire_deal(*deal, now),
        Deed::ExpireInvoice(invoice) => books.expire_invoice(*invoice, now),
        Deed::PlanPurchase => {
            let mut rng = next_dice(books, seed)?;
            books.plans_mut()?.next_purchase = now.after(rng.random_range(120..300));
            Ok(())
        }
        Deed::Purchase => {
            let mut rng = dice(seed, books.plans()?.made, 6);
            purchase(books, local, &mut rng, now)
        }
        Deed::Prices => {
            let mut rng = next_dice(books, seed)?;
            books.plans_mut()?.next_prices = now.after(rng.random_range(45..90));
            move_prices(books, &mut rng, now)
        }
    }
}

fn seen(books: &mut Books, user: u64, now: Moment) {
    books.seen.insert(user, now);
}

fn next_dice(books: &mut Books, seed: u64) -> Result<StdRng, Refusal> {
    let plans = books.plans_mut()?;
    plans.made = plans.made.wrapping_add(1);
    Ok(dice(seed, plans.made, 5))
}

/// Somebody buys something from the local user, from balance or through a deal with a trader.
fn purchase(books: &mut Books, local: u64, rng: &mut StdRng, now: Moment) -> Result<(), Refusal> {
    let buyer = books
        .users
        .values()
        .filter(|user| user.role == Role::Buyer && !user.anonymous)
        .choose(rng)
        .map(|user| (user.id, user.currency.clone()))
        .ok_or(Refusal::UserNotFound)?;
    let (buyer, currency) = buyer;
    let (invoice, pieces) = books
        .invoices
        .values()
        .filter(|invoice| {
            invoice.owner == local && !invoice.is_private() && invoice.status == InvoiceStatus::Active
        })
        .choose(rng)
        .map(|invoice| (invoice.id, invoice.pieces_min))
        .ok_or(Refusal::InvoiceNotFound)?;
    seen(books, buyer, now);
    let amount = books.invoice(invoice)?.current_price.times(pieces)?;
    let fitting: Vec<u64> = books
        .advertisements
        .iter()
        .filter(|(id, ad)| {
            let trader = books.user(ad.owner).is_ok_and(|owner| owner.role == Role::Trader);
            trader && ad.currency == currency && books.fundable(*id, buyer, amount).is_ok()
        })
        .map(|(id, _)| id)
        .collect();
    match fitting.choose(rng).filter(|_| rng.random_range(0..2) == 0) {
        Some(ad) => books
            .pay_by_deal(buyer, invoice, pieces, By::Advertisement(*ad), now)
            .map(|_| ()),
        None => books.pay_from_balance(buyer, invoice, pieces, now).map(|_| ()),
    }
}

/// All exchanges move together by at most 0.4 %, each by at most 0.05 % of its own.
fn move_prices(books: &mut Books, rng: &mut StdRng, now: Moment) -> Result<(), Refusal> {
    let market: i64 = rng.random_range(-400..=400);
    for rate in books.rates_mut()?.exchanges.values_mut() {
        let parts = market.saturating_add(rng.random_range(-50..=50));
        // Within bounds, so that a walk of months stays believable.
        let moved = rate.0.saturating_add(rate.0.saturating_mul(parts) / 100_000);
        *rate = Cents(moved.clamp(LOWEST, HIGHEST));
    }
    books.refresh_prices(now)
}

/// USD per bitcoin in hundredths between which the practice market stays.
const LOWEST: i64 = 3_000_000;
const HIGHEST: i64 = 12_000_000;
