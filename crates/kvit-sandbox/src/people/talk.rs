//! What the simulated people write, show, ask for and say about others. They answer whoever is real; of their own
//! accord they begin only where surprises are wanted.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, IteratorRandom};

use super::words::{self, Occasion};
use super::{dice, next_dice, seen};
use crate::books::Books;
use crate::books::conversations::{Conversation, Parent, Words};
use crate::books::deals::DealStatus;
use crate::books::feedback::Verdict;
use crate::books::invoices::InvoiceStatus;
use crate::books::messages::Message;
use crate::books::payments::{Payment, PaymentStatus};
use crate::books::users::Role;
use crate::clock::Moment;
use crate::refusal::Refusal;
use crate::world::pictures::{self, Drawing};

/// One thing somebody does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Answers the last line of a conversation.
    Answer(u64),
    /// Uploads a picture that was named before, by number.
    Upload(u64),
    /// Begins to talk about a payment.
    Begin {
        payment: u64,
        occasion: Occasion,
    },
    /// Says what he thinks of the other side of a payment or a deal.
    JudgePayment {
        payment: u64,
        by: u64,
    },
    JudgeDeal {
        deal: u64,
        by: u64,
    },
    /// An act of its own, so that a question that is refused is not tried again at once.
    PlanQuestion,
    /// Asks the local user about what he sells.
    Question,
}

/// How long an answer takes, in seconds.
const ANSWER: std::ops::RangeInclusive<i64> = 5..=45;

/// How long after a purchase somebody writes of his own accord.
const AFTERTHOUGHT: std::ops::RangeInclusive<i64> = 30..=120;

/// How long after a purchase or deal somebody judges it.
const JUDGEMENT: std::ops::RangeInclusive<i64> = 60..=300;

/// How long after naming a picture somebody uploads it, as the web client does.
const UPLOAD_SECONDS: i64 = 20;

/// Purchases older than this occasion nothing any more.
const FRESH_SECONDS: i64 = 3_600;

/// What is due now.
pub(super) fn due(books: &Books, now: Moment, seed: u64, surprises: bool) -> Result<Vec<Deed>, Refusal> {
    let mut deeds = Vec::new();
    for talk in books.conversations.values() {
        if answer_due(books, talk, now, seed)? {
            deeds.push(Deed::Answer(talk.id));
        }
    }
    for (id, image) in books.images.iter().filter(|(_, image)| image.sent.is_none()) {
        if image.at.after(UPLOAD_SECONDS) <= now && books.user(image.owner)?.is_simulated() {
            deeds.push(Deed::Upload(id));
        }
    }
    if !surprises {
        return Ok(deeds);
    }
    let since = now.after(-FRESH_SECONDS);
    let fresh = books
        .payments
        .values()
        .rev()
        .take_while(|payment| payment.created_at > since)
        .filter(|payment| payment.status == PaymentStatus::Paid);
    for payment in fresh {
        deeds.extend(due_after_purchase(books, payment, now, seed)?);
    }
    for deal in books.deals.values() {
        let completed = deal.completed_at.filter(|at| *at > since);
        let Some(at) = completed.filter(|_| deal.status == DealStatus::Completed) else {
            continue;
        };
        for (by, given) in [
            (deal.owner, deal.owner_feedback),
            (deal.initiator, deal.initiator_feedback),
        ] {
            let mut rng = dice(seed, deal.id, 12);
            let willing = rng.random_range(0..2) == 0 && at.after(rng.random_range(JUDGEMENT)) <= now;
            if given.is_none() && willing && one_is_real(books, by, deal.other(by))? {
                deeds.push(Deed::JudgeDeal { deal: deal.id, by });
            }
        }
    }
    if books.plans()?.next_question <= now {
        deeds.extend([Deed::PlanQuestion, Deed::Question]);
    }
    Ok(deeds)
}

/// `by` is simulated and `other` is not: people of this world do not amuse each other.
fn one_is_real(books: &Books, by: u64, other: u64) -> Result<bool, Refusal> {
    Ok(books.user(by)?.is_simulated() && books.user(other)?.role == Role::Local)
}

fn last_line<'a>(books: &'a Books, talk: &Conversation) -> Option<&'a Message> {
    books.messages.get(*talk.messages.last()?)
}

fn answer_due(books: &Books, talk: &Conversation, now: Moment, seed: u64) -> Result<bool, Refusal> {
    let Some(last) = last_line(books, talk) else {
        return Ok(false);
    };
    if !one_is_real(books, talk.other(last.owner), last.owner)? {
        return Ok(false);
    }
    // What the past ended with needs no answer.
    let fresh = last.at.after(FRESH_SECONDS) > now;
    Ok(fresh && last.at.after(dice(seed, last.id, 7).random_range(ANSWER)) <= now)
}

/// What comes of a fresh purchase between somebody real and somebody simulated.
fn due_after_purchase(
    books: &Books,
    payment: &Payment,
    now: Moment,
    seed: u64,
) -> Result<Vec<Deed>, Refusal> {
    let mut deeds = Vec::new();
    let (buyer, seller) = (payment.owner, payment.seller);
    let sells = one_is_real(books, seller, buyer)?;
    let buys = one_is_real(books, buyer, seller)?;
    if !(sells || buys) || books.invoice(payment.invoice)?.refund_of.is_some() {
        return Ok(deeds);
    }
    let mut rng = dice(seed, payment.id, 8);
    let mood = rng.random_range(0..6);
    let occasion = match (sells, mood) {
        (true, 0) => Some(Occasion::Sent),
        (true, 1) => Some(Occasion::AllWell),
        (false, 0 | 1) => Some(Occasion::Damaged),
        (false, 2) => Some(Occasion::Thanks),
        _ => None,
    };
    let silent = books
        .conversation_about(Parent::Payment(payment.id), buyer)
        .is_none();
    let due = payment.created_at.after(rng.random_range(AFTERTHOUGHT)) <= now;
    if let Some(occasion) = occasion.filter(|_| silent && due) {
        deeds.push(Deed::Begin {
            payment: payment.id,
            occasion,
        });
    }
    let (by, given) = if buys {
        (buyer, payment.owner_feedback)
    } else {
        (seller, payment.seller_feedback)
    };
    let due = payment.created_at.after(rng.random_range(JUDGEMENT)) <= now;
    if given.is_none() && due && rng.random_range(0..2) == 0 {
        deeds.push(Deed::JudgePayment {
            payment: payment.id,
            by,
        });
    }
    Ok(deeds)
}

pub(super) fn perform(
    books: &mut Books,
    deed: &Deed,
    local: u64,
    seed: u64,
    now: Moment,
) -> Result<(), Refusal> {
    match *deed {
        Deed::Answer(talk) => answer(books, talk, now),
        Deed::Upload(id) => {
            let image = books.images.get(id).ok_or(Refusal::ImageNotFound)?;
            let (by, guid) = (image.owner, image.guid.clone());
            // A buyer shows what is wrong, a seller what he sends.
            let drawing = match books.user(by)?.role {
                Role::Buyer => Drawing::DamagedParcel,
                _ if dice(seed, id, 9).random_range(0..2) == 0 => Drawing::Parcel,
                _ => Drawing::Label,
            };
            let picture = pictures::take(drawing, id)?;
            books.store_image(by, &guid, picture, now).map(drop)
        }
        Deed::Begin { payment, occasion } => begin(books, payment, occasion, seed, now),
        Deed::JudgePayment { payment, by } => {
            seen(books, by, now);
            let russian = speaks_russian(books, by)?;
            let verdict = verdict(&mut dice(seed, payment, 13), russian);
            books.judge_payment(by, payment, verdict, now).map(drop)
        }
        Deed::JudgeDeal { deal, by } => {
            seen(books, by, now);
            let russian = speaks_russian(books, by)?;
            let verdict = verdict(&mut dice(seed, deal, 14), russian);
            books.judge_deal(by, deal, verdict, now).map(drop)
        }
        Deed::PlanQuestion => {
            let mut rng = next_dice(books, seed)?;
            books.plans_mut()?.next_question = now.after(rng.random_range(240..600));
            Ok(())
        }
        Deed::Question => {
            let mut rng = dice(seed, books.plans()?.made, 15);
            question(books, local, &mut rng, now)
        }
    }
}

fn speaks_russian(books: &Books, user: u64) -> Result<bool, Refusal> {
    Ok(matches!(
        books.user(user)?.currency.as_str(),
        "RUB" | "KZT" | "BYN"
    ))
}

fn verdict(rng: &mut StdRng, russian: bool) -> Verdict {
    let positive = rng.random_range(0..8) > 0;
    Verdict {
        positive,
        text: words::judgement(positive, russian).to_owned(),
    }
}

/// Takes a picture and uploads it before it is named; its GUID.
pub(super) fn upload_new(
    books: &mut Books,
    by: u64,
    drawing: Drawing,
    rng: &mut StdRng,
    now: Moment,
) -> Result<String, Refusal> {
    let guid = new_guid(rng);
    let picture = pictures::take(drawing, rng.random())?;
    books.store_image(by, &guid, picture, now)?;
    Ok(guid)
}

fn new_guid(rng: &mut StdRng) -> String {
    uuid::Builder::from_random_bytes(rng.random())
        .into_uuid()
        .to_string()
}

/// Answers in the language of what was said last, or before if that was a picture; a seller who is asked for his
/// money gives a piece of it back.
fn answer(books: &mut Books, talk: u64, now: Moment) -> Result<(), Refusal> {
    let talk = books.conversation(talk)?.clone();
    let last = last_line(books, &talk).ok_or(Refusal::Internal)?;
    let by = talk.other(last.owner);
    let spoken = talk
        .messages
        .iter()
        .rev()
        .filter_map(|id| books.messages.get(*id))
        .find(|line| line.text.chars().any(char::is_alphabetic));
    let russian = spoken.is_some_and(|line| words::is_russian(&line.text));
    let sells = by == talk.seller;
    let refund = match talk.parent {
        Parent::Payment(payment) if sells && words::asks_for_money(&last.text) => {
            refundable(books, payment)?.then_some(payment)
        }
        _ => None,
    };
    let occasion = match talk.parent {
        _ if refund.is_some() => Occasion::GivesBack,
        _ if !last.images.is_empty() => Occasion::SawPicture,
        Parent::Invoice(_) if sells => Occasion::BeforePurchase,
        Parent::Payment(_) if sells => Occasion::AfterPurchase,
        _ => Occasion::BuyerAnswers,
    };
    let text = words::words(occasion, last.id, russian).to_owned();
    seen(books, by, now);
    match talk.parent {
        Parent::Invoice(invoice) => {
            let to = if sells {
                books.user(talk.buyer)?.guid.clone()
            } else {
                String::new()
            };
            books.write_about_invoice(by, invoice, &to, Words::text(text), now)?;
        }
        Parent::Payment(payment) => {
            books.write_about_payment(by, payment, Words::text(text), now)?;
        }
    }
    if let Some(payment) = refund {
        let invoice = books.create_refund(by, payment, 1, now)?;
        books.pay_from_balance(by, invoice, 1, now)?;
    }
    Ok(())
}

/// Whether one more piece of a payment can be given back by its seller out of his balance.
fn refundable(books: &Books, id: u64) -> Result<bool, Refusal> {
    let payment = books.payment(id)?;
    let left = payment
        .pieces
        .saturating_sub(payment.refunded)
        .saturating_sub(payment.refunding);
    // A piece may cost more by now than it did; half as much again is more than a market of this world moves.
    let piece = payment.amount.0 / i64::from(payment.pieces.max(1));
    let covered = books.user(payment.seller)?.confirmed.0 >= piece.saturating_add(piece / 2);
    let anonymous = books.user(payment.owner)?.anonymous;
    Ok(payment.status == PaymentStatus::Paid && left > 0 && covered && !anonymous)
}

/// The first words after a purchase, some with a picture, which some name before they upload it.
fn begin(books: &mut Books, id: u64, occasion: Occasion, seed: u64, now: Moment) -> Result<(), Refusal> {
    let payment = books.payment(id)?;
    let (buyer, seller, invoice) = (payment.owner, payment.seller, payment.invoice);
    let by = match occasion {
        Occasion::Sent | Occasion::AllWell => seller,
        _ => buyer,
    };
    let russian = words::is_russian(&books.invoice(invoice)?.comment) || speaks_russian(books, by)?;
    let mut rng = dice(seed, id, 16);
    let drawing = match occasion {
        Occasion::Sent => Some(Drawing::Parcel),
        Occasion::Damaged => Some(Drawing::DamagedParcel),
        _ => None,
    };
    let images = match drawing {
        Some(drawing) if rng.random_range(0..2) == 0 => {
            vec![upload_new(books, by, drawing, &mut rng, now)?]
        }
        Some(_) => vec![new_guid(&mut rng)],
        None => Vec::new(),
    };
    let words = Words {
        text: words::words(occasion, id, russian).to_owned(),
        images,
    };
    seen(books, by, now);
    books.write_about_payment(by, id, words, now).map(drop)
}

/// Somebody asks the local user about one of his public invoices.
fn question(books: &mut Books, local: u64, rng: &mut StdRng, now: Moment) -> Result<(), Refusal> {
    let by = books
        .users
        .values()
        .filter(|user| user.role == Role::Buyer)
        .choose(rng)
        .map(|user| user.id)
        .ok_or(Refusal::UserNotFound)?;
    let offered: Vec<u64> = books
        .invoices
        .values()
        .filter(|invoice| {
            invoice.owner == local && !invoice.is_private() && invoice.status == InvoiceStatus::Active
        })
        .map(|invoice| invoice.id)
        .collect();
    let invoice = *offered.choose(rng).ok_or(Refusal::InvoiceNotFound)?;
    let russian = speaks_russian(books, by)?;
    let text = words::words(Occasion::Question, rng.random(), russian);
    seen(books, by, now);
    books
        .write_about_invoice(by, invoice, "", Words::text(text), now)
        .map(drop)
}
