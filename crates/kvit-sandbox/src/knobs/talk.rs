//! Knobs for talk: simulated people made to write, show and judge at a moment that a test chooses, and more of it than
//! anybody writes.

use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::books::Books;
use crate::books::conversations::Words;
use crate::books::feedback::Verdict;
use crate::jpeg::Picture;
use crate::refusal::Refusal;
use crate::sandbox::Sandbox;
use crate::world::bulk;
use crate::world::pictures::{self, Drawing};

fn id(books: &Books, login: &str) -> Result<u64, Refusal> {
    books
        .user_by_login(login)
        .map(|user| user.id)
        .ok_or(Refusal::UserNotFound)
}

fn words(text: &str, images: &[&str]) -> Words {
    Words {
        text: text.to_owned(),
        images: images.iter().map(|guid| (*guid).to_owned()).collect(),
    }
}

impl Sandbox {
    /// Lets a user write about an invoice, by the rules of SendInvoiceMessage; a seller names the buyer. The message's
    /// number. Pictures are named by GUID, uploaded or not.
    pub fn write_about_invoice(
        &self,
        login: &str,
        invoice: u64,
        buyer: Option<&str>,
        text: &str,
        images: &[&str],
    ) -> Result<u64, Refusal> {
        self.hub().act(|books, now| {
            let by = id(books, login)?;
            let to = match buyer {
                Some(buyer) => {
                    let buyer = id(books, buyer)?;
                    books.user(buyer)?.guid.clone()
                }
                None => String::new(),
            };
            books
                .write_about_invoice(by, invoice, &to, words(text, images), now)
                .map(|written| written.message)
        })
    }

    /// Lets a user write about a payment, by the rules of SendInvoicePaymentMessage. The message's number.
    pub fn write_about_payment(
        &self,
        login: &str,
        payment: u64,
        text: &str,
        images: &[&str],
    ) -> Result<u64, Refusal> {
        self.hub().act(|books, now| {
            let by = id(books, login)?;
            books
                .write_about_payment(by, payment, words(text, images), now)
                .map(|written| written.message)
        })
    }

    /// Lets a user upload a JPEG under a GUID, by the rules of StoreImage.
    pub fn upload(&self, login: &str, guid: &str, jpeg: &[u8]) -> Result<(), Refusal> {
        let picture = Picture::taken(jpeg, false)?;
        self.hub().act(|books, now| {
            let by = id(books, login)?;
            books.store_image(by, guid, picture, now).map(drop)
        })
    }

    /// A picture as the simulated people take them, JPEG, 320 by 240; another one for another number.
    pub fn drawn_picture(number: u64) -> Result<Vec<u8>, Refusal> {
        Ok(pictures::take(Drawing::Parcel, number)?.original)
    }

    /// Lets a user judge the other side of a payment.
    pub fn judge(&self, login: &str, payment: u64, positive: bool, text: &str) -> Result<(), Refusal> {
        let verdict = Verdict {
            positive,
            text: text.to_owned(),
        };
        self.hub().act(|books, now| {
            let by = id(books, login)?;
            books.judge_payment(by, payment, verdict, now).map(drop)
        })
    }

    /// Lets the seller of a payment give pieces of it back from balance. The number of the payment that does it.
    pub fn give_back(&self, payment: u64, pieces: u32) -> Result<u64, Refusal> {
        self.hub().act(|books, now| {
            let seller = books.payment(payment)?.seller;
            let refund = books.create_refund(seller, payment, pieces, now)?;
            books.pay_from_balance(seller, refund, pieces, now)
        })
    }

    /// Adds `count` payments from and to the local user, each with a conversation of `messages_each` messages by both
    /// sides, as [`Sandbox::bulk_payments`] does: between the newest payment and now, and nobody is told. No message has
    /// a picture. Answers about them carry the payments' confirmations; see
    /// [`Options::confirmations`](crate::Options::confirmations).
    pub fn bulk_conversations(&self, count: u32, messages_each: u32) -> Result<(), Refusal> {
        let (you, seed) = (self.local(), self.hub().seed);
        self.hub().act(|books, now| {
            let newest = books.payments.values().next_back();
            let from = newest.map_or(now, |payment| payment.created_at);
            let mut rng =
                StdRng::seed_from_u64(seed ^ u64::from(count) ^ u64::from(messages_each).rotate_left(32));
            bulk::talked(books, &mut rng, you, (count, messages_each), (from, now))
        })
    }
}
