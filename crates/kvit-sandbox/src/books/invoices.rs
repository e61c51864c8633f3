//! Invoices and their secrets (marketplace reference, section 6).

use serde::{Deserialize, Serialize};

use super::Books;
use super::events::What;
use crate::clock::Moment;
use crate::money::{Cents, Sats};
use crate::refusal::{Refusal, require_between};
use crate::table::Row;

/// Status of an invoice; numbers are the contract's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum InvoiceStatus {
    Active,
    PendingPay,
    NoPieces,
    Payed,
    Deleted,
}

impl InvoiceStatus {
    /// The contract's number.
    pub(crate) fn number(self) -> i32 {
        match self {
            InvoiceStatus::Active => 0,
            InvoiceStatus::PendingPay => 1,
            InvoiceStatus::NoPieces => 2,
            InvoiceStatus::Payed => 3,
            InvoiceStatus::Deleted => 4,
        }
    }
}

/// The price as its owner named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Price {
    /// Fixed in bitcoin.
    Btc(Sats),
    /// In fiat, following the rates.
    Fiat(Cents),
}

/// A seller's bill. Private: for `target`, once, whole. Public: for anybody, in pieces.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Invoice {
    pub id: u64,
    pub owner: u64,
    /// The named buyer of a private invoice.
    pub target: Option<u64>,
    pub price: Price,
    pub currency: String,
    /// Rate source; see reference 6.2.
    pub variable: String,
    pub ttl_minutes: u32,
    pub comment: String,
    pub pieces_min: u32,
    pub pieces_max: u32,
    /// `pieces_max` is a stock.
    pub limited: bool,
    pub status: InvoiceStatus,
    pub total: Sats,
    pub payments: u32,
    pub created_at: Moment,
    /// Private: taken at creation.
    pub fee: Sats,
    /// Bitcoin for one piece (public) or the whole (private).
    pub current_price: Sats,
    /// The payment whose pieces it gives back. Such an invoice is the buyer's and for the seller, who alone sees it.
    #[serde(default)]
    pub refund_of: Option<u64>,
    /// The named buyer deleted it.
    #[serde(default)]
    pub hidden_from_target: bool,
}

impl Row for Invoice {
    const TABLE: &'static str = "invoices";
}

impl Invoice {
    pub(crate) fn is_private(&self) -> bool {
        self.target.is_some()
    }

    /// How many pieces a payment of it has when so many were asked for: a private one is one piece, except a refund.
    pub(crate) fn pieces_of_payment(&self, asked: u32) -> u32 {
        if self.is_private() && self.refund_of.is_none() {
            1
        } else {
            asked
        }
    }

    /// End of a private invoice's life.
    pub(crate) fn valid_to(&self) -> Option<Moment> {
        self.is_private()
            .then(|| self.created_at.after_minutes(self.ttl_minutes))
    }

    /// Whether this user may see it (reference 6.6).
    pub(crate) fn visible_to(&self, user: u64) -> bool {
        if self.status == InvoiceStatus::Deleted {
            return false;
        }
        match self.target {
            Some(target) if target == user => !self.hidden_from_target,
            Some(_) => self.owner == user && self.refund_of.is_none(),
            None => true,
        }
    }
}

/// What a buyer gets for one piece.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Secret {
    pub invoice: u64,
    pub text: String,
    pub url: String,
    /// Place in the selling queue.
    pub order: u32,
    pub payment: Option<u64>,
}

impl Row for Secret {
    const TABLE: &'static str = "secrets";
}

/// What is needed to issue an invoice.
#[derive(Clone, Debug)]
pub(crate) struct NewInvoice {
    pub owner: u64,
    pub target: Option<u64>,
    pub price: Price,
    pub currency: String,
    pub variable: String,
    pub ttl_minutes: u32,
    pub comment: String,
    pub pieces_min: u32,
    pub pieces_max: u32,
    pub limited: bool,
    pub secrets: Vec<(String, String)>,
}

/// Smallest price in bitcoin.
const SMALLEST: Sats = Sats(100);

impl Books {
    pub(crate) fn invoice(&self, id: u64) -> Result<&Invoice, Refusal> {
        self.invoices.get(id).ok_or(Refusal::InvoiceNotFound)
    }

    /// The invoice if `user` may see it.
    pub(crate) fn visible_invoice(&self, id: u64, user: u64) -> Result<&Invoice, Refusal> {
        self.invoice(id)
            .ok()
            .filter(|invoice| invoice.visible_to(user))
            .ok_or(Refusal::InvoiceNotFound)
    }

    pub(super) fn invoice_mut(&mut self, id: u64) -> Result<&mut Invoice, Refusal> {
        self.invoices.edit(id).ok_or(Refusal::InvoiceNotFound)
    }

    /// Issues an invoice; a private one costs its fee at once (reference 6.3).
    pub(crate) fn issue(&mut self, new: NewInvoice, now: Moment) -> Result<u64, Refusal> {
        let current_price = self.rates()?.in_btc(new.price, &new.currency, &new.variable)?;
        if current_price < SMALLEST {
            return Err(Refusal::PriceTooSmall);
        }
        let private = new.target.is_some();
        if private {
            require_between("TtlMinutes", new.ttl_minutes, 15, 43_200)?;
        } else if new.pieces_min == 0 || new.pieces_max < new.pieces_min {
            return Err(Refusal::OutOfRange(
                "PiecesMin must be between 1 and PiecesMax".to_owned(),
            ));
        }
        let fee = if private {
            current_price.percent()?
        } else {
            Sats::ZERO
        };
        if private {
            self.debit(new.owner, fee, Refusal::NoMoneyForFee)?;
            self.credit(super::MARKETPLACE, fee)?;
        }
        let id = self.number(|n| &mut n.invoice)?;
        for (order, (text, url)) in (0_u32..).zip(new.secrets) {
            let secret = self.number(|n| &mut n.secret)?;
            self.secrets.put(
                secret,
                Secret {
                    invoice: id,
                    text,
                    url,
                    order,
                    payment: None,
                },
            );
        }
        self.invoices.put(
            id,
            Invoice {
                id,
                owner: new.owner,
                target: new.target,
                price: new.price,
                currency: new.currency,
                variable: new.variable,
                ttl_minutes: if private { new.ttl_minutes } else { 0 },
                comment: new.comment,
                pieces_min: if private { 1 } else { new.pieces_min },
                pieces_max: if private { 1 } else { new.pieces_max },
                limited: new.limited && !private,
                status: InvoiceStatus::Active,
                total: Sats::ZERO,
                payments: 0,
                created_at: now,
                fee,
                current_price,
                refund_of: None,
                hidden_from_target: false,
            },
        );
        self.edit_user(new.owner, |user| {
            user.standing.invoices_created = user.standing.invoices_created.saturating_add(1);
            Ok(())
        })?;
        if let Some(target) = new.target {
            self.tell_and_keep(target, What::InvoiceNew(id), now)?;
        }
        Ok(id)
    }

    /// Deletes a private invoice whose life is over and that nobody is paying (section 20, row 26).
    pub(crate) fn expire_invoice(&mut self, id: u64, now: Moment) -> Result<(), Refusal> {
        let invoice = self.invoice_mut(id)?;
        let over = invoice.valid_to().is_some_and(|end| end <= now);
        if !over || invoice.status != InvoiceStatus::Active {
            return Err(Refusal::InvoiceNotActive);
        }
        let (refunded, pieces) = (invoice.refund_of, invoice.pieces_min);
        let parties = [Some(invoice.owner), invoice.target];
        let seeing = parties.map(|user| user.filter(|user| invoice.visible_to(*user)));
        invoice.status = InvoiceStatus::Deleted;
        for user in seeing.into_iter().flatten() {
            self.tell_and_keep(user, What::InvoiceDeleted(id), now)?;
        }
        match refunded {
            Some(payment) => self.refund_withdrawn(payment, pieces, now),
            None => Ok(()),
        }
    }

    /// Takes pieces for a new payment (reference 6.7).
    pub(crate) fn reserve(&mut self, id: u64, pieces: u32) -> Result<(), Refusal> {
        let invoice = self.invoice_mut(id)?;
        if invoice.is_private() {
            invoice.status = InvoiceStatus::PendingPay;
        } else if invoice.limited {
            invoice.pieces_max = invoice.pieces_max.checked_sub(pieces).ok_or(Refusal::Internal)?;
            if invoice.pieces_max < invoice.pieces_min {
                invoice.status = InvoiceStatus::NoPieces;
            }
        }
        Ok(())
    }

    /// Gives the pieces of a canceled payment back; a deleted invoice stays deleted (section 20, row 44).
    pub(crate) fn unreserve(&mut self, id: u64, pieces: u32) -> Result<(), Refusal> {
        let invoice = self.invoice_mut(id)?;
        if invoice.is_private() {
            if invoice.status == InvoiceStatus::PendingPay {
                invoice.status = InvoiceStatus::Active;
            }
        } else if invoice.limited {
            invoice.pieces_max = invoice.pieces_max.checked_add(pieces).ok_or(Refusal::Internal)?;
            if invoice.status == InvoiceStatus::NoPieces && invoice.pieces_max >= invoice.pieces_min {
                invoice.status = InvoiceStatus::Active;
            }
        }
        Ok(())
    }

    /// Sells the first unsold secrets to a payment; there may be fewer than pieces.
    pub(crate) fn sell_secrets(&mut self, invoice: u64, payment: u64, pieces: u32) {
        let mut unsold: Vec<(u32, u64)> = self
            .secrets
            .iter()
            .filter(|(_, secret)| secret.invoice == invoice && secret.payment.is_none())
            .map(|(id, secret)| (secret.order, id))
            .collect();
        unsold.sort_unstable();
        for (_, id) in unsold
            .into_iter()
            .take(usize::try_from(pieces).unwrap_or(usize::MAX))
        {
            if let Some(secret) = self.secrets.edit(id) {
                secret.payment = Some(payment);
            }
        }
    }

    /// What the fee on one payment of a public invoice is: 1 % of the unit, rounded, times pieces.
    pub(crate) fn public_fee(unit: Sats, pieces: u32) -> Result<Sats, Refusal> {
        unit.percent()?.times(pieces)
    }
}
