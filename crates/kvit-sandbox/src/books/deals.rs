//! Deals: bitcoin against fiat between two people, here always on a sell ad and mostly to fund a payment
//! (marketplace reference, sections 13.2 to 13.6).

use serde::{Deserialize, Serialize};

use super::events::What;
use super::images::Place;
use super::messages::{self, MESSAGE_LIMIT, Message};
use super::{Books, MARKETPLACE};
use crate::clock::Moment;
use crate::money::{Cents, Sats};
use crate::refusal::Refusal;
use crate::table::Row;

/// Most messages in one chat. The contract names no limit; a chat of people stays far below it, and a loop
/// that writes forever cannot fill the disk.
const CHAT_LIMIT: usize = 2_000;

/// Status of a deal; numbers are the contract's. Lightning funding is not practised, so WaitDeposit never
/// occurs; disputes cannot be opened here, yet the laws know the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DealStatus {
    Opened,
    Completed,
    Canceled,
    Disputed,
}

impl DealStatus {
    /// The contract's number.
    pub(crate) fn number(self) -> i32 {
        match self {
            DealStatus::Opened => 0,
            DealStatus::Completed => 1,
            DealStatus::Canceled => 2,
            DealStatus::Disputed => 3,
        }
    }

    fn name(self) -> &'static str {
        match self {
            DealStatus::Opened => "Opened",
            DealStatus::Completed => "Completed",
            DealStatus::Canceled => "Canceled",
            DealStatus::Disputed => "Disputed",
        }
    }
}

/// A trade on a sell ad. The ad's owner gives bitcoin, the initiator pays fiat.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Deal {
    pub id: u64,
    pub advertisement: u64,
    pub owner: u64,
    pub initiator: u64,
    pub fiat: Cents,
    pub amount: Sats,
    /// Charged to the ad owner on top of the amount.
    pub fee: Sats,
    pub price: Cents,
    /// Minutes from creation in which the fiat is to be declared.
    pub window: u32,
    pub created_at: Moment,
    pub status: DealStatus,
    pub completed_at: Option<Moment>,
    pub canceled_at: Option<Moment>,
    pub disputed_at: Option<Moment>,
    pub fiat_declared_at: Option<Moment>,
    pub payment: Option<u64>,
    pub messages: Vec<Message>,
    /// Number of the ad owner's feedback about the initiator.
    #[serde(default)]
    pub owner_feedback: Option<u64>,
    /// Number of the initiator's feedback about the ad owner.
    #[serde(default)]
    pub initiator_feedback: Option<u64>,
}

impl Row for Deal {
    const TABLE: &'static str = "deals";
}

impl Deal {
    pub(crate) fn window_over(&self, now: Moment) -> bool {
        self.created_at.after_minutes(self.window) <= now
    }

    pub(crate) fn chat_full(&self) -> bool {
        self.messages.len() >= CHAT_LIMIT
    }

    pub(crate) fn other(&self, user: u64) -> u64 {
        if user == self.owner {
            self.initiator
        } else {
            self.owner
        }
    }
}

impl Books {
    pub(crate) fn deal(&self, id: u64) -> Result<&Deal, Refusal> {
        self.deals.get(id).ok_or(Refusal::DealNotFound(id))
    }

    /// A deal the user is a party of.
    pub(crate) fn deal_of(&self, user: u64, id: u64) -> Result<&Deal, Refusal> {
        self.deal(id)
            .ok()
            .filter(|deal| deal.owner == user || deal.initiator == user)
            .ok_or(Refusal::DealNotFound(id))
    }

    pub(super) fn deal_mut(&mut self, id: u64) -> Result<&mut Deal, Refusal> {
        self.deals.edit(id).ok_or(Refusal::DealNotFound(id))
    }

    /// Opens a deal on a sell ad for exactly `amount`; the fiat is rounded up (section 20, row 39).
    pub(crate) fn open_deal(
        &mut self,
        advertisement: u64,
        initiator: u64,
        amount: Sats,
        payment: Option<u64>,
        now: Moment,
    ) -> Result<u64, Refusal> {
        let fiat = self.fundable(advertisement, initiator, amount)?;
        let ad = self.advertisement(advertisement)?.clone();
        let fee = amount.percent()?;
        self.deposit(ad.owner, amount.plus(fee)?, Refusal::PartnerFunds)?;
        self.shift_limit(advertisement, fiat, true)?;
        let id = self.number(|n| &mut n.deal)?;
        self.deals.put(
            id,
            Deal {
                id,
                advertisement,
                owner: ad.owner,
                initiator,
                fiat,
                amount,
                fee,
                price: ad.price,
                window: ad.window,
                created_at: now,
                status: DealStatus::Opened,
                completed_at: None,
                canceled_at: None,
                disputed_at: None,
                fiat_declared_at: None,
                payment,
                messages: Vec::new(),
                owner_feedback: None,
                initiator_feedback: None,
            },
        );
        self.tell_and_keep(ad.owner, What::DealNew(id), now)?;
        Ok(id)
    }

    /// IPayed: the fiat payer declares the transfer, or the giver of bitcoin completes the deal (13.5).
    pub(crate) fn i_payed(&mut self, user: u64, id: u64, now: Moment) -> Result<(), Refusal> {
        let deal = self.deal_of(user, id)?;
        if !matches!(deal.status, DealStatus::Opened | DealStatus::Disputed) {
            return Err(Refusal::DealNotRunning);
        }
        if user == deal.owner {
            return self.complete(id, now);
        }
        if deal.fiat_declared_at.is_some() {
            return Err(Refusal::FiatDeclaredTwice);
        }
        let other = deal.other(user);
        let what = if deal.status == DealStatus::Opened {
            What::DealNew(id)
        } else {
            What::DealStatusChanged(id)
        };
        self.deal_mut(id)?.fiat_declared_at = Some(now);
        self.tell_and_keep(other, what, now)
    }

    /// Bitcoin goes to the initiator, and on to the seller if the deal funds a payment, in one step.
    fn complete(&mut self, id: u64, now: Moment) -> Result<(), Refusal> {
        let deal = self.deal(id)?.clone();
        let partners = |other: &Deal| {
            other.status == DealStatus::Completed
                && ((other.owner == deal.owner && other.initiator == deal.initiator)
                    || (other.owner == deal.initiator && other.initiator == deal.owner))
        };
        let new_partner = !self.deals.values().any(partners);
        self.release(deal.owner, deal.amount.plus(deal.fee)?)?;
        self.credit(deal.initiator, deal.amount)?;
        self.credit(MARKETPLACE, deal.fee)?;
        let row = self.deal_mut(id)?;
        row.status = DealStatus::Completed;
        row.completed_at = Some(now);
        let seconds = now.seconds().saturating_sub(deal.created_at.seconds());
        for user in [deal.owner, deal.initiator] {
            self.edit_user(user, |user| {
                user.standing.traded(deal.amount, seconds, now, new_partner)
            })?;
        }
        if let Some(payment) = deal.payment {
            self.settle(payment, now)?;
        }
        self.tell_and_keep(deal.initiator, What::DealStatusChanged(id), now)
    }

    /// CancelDeal by either party (13.5).
    pub(crate) fn cancel_deal(&mut self, user: u64, id: u64, now: Moment) -> Result<(), Refusal> {
        let deal = self.deal_of(user, id)?;
        match deal.status {
            DealStatus::Canceled => return Ok(()),
            DealStatus::Completed | DealStatus::Disputed => return Err(Refusal::DealNotOpened),
            DealStatus::Opened => {}
        }
        if deal.fiat_declared_at.is_some() && !deal.window_over(now) {
            return Err(Refusal::FiatDeclared);
        }
        let other = deal.other(user);
        self.undo_deal(id, now)?;
        self.tell_and_keep(other, What::DealStatusChanged(id), now)
    }

    /// The marketplace cancels a deal whose window is over and whose fiat nobody declared (row 27).
    pub(crate) fn expire_deal(&mut self, id: u64, now: Moment) -> Result<(), Refusal> {
        let deal = self.deal(id)?;
        if deal.status != DealStatus::Opened || deal.fiat_declared_at.is_some() || !deal.window_over(now) {
            return Err(Refusal::DealNotOpened);
        }
        let parties = [deal.owner, deal.initiator];
        self.undo_deal(id, now)?;
        for user in parties {
            self.tell_and_keep(user, What::DealStatusChanged(id), now)?;
        }
        Ok(())
    }

    /// Returns the deposit, restores the ad's limit, and cancels the payment the deal was to fund.
    fn undo_deal(&mut self, id: u64, now: Moment) -> Result<(), Refusal> {
        let deal = self.deal_mut(id)?;
        deal.status = DealStatus::Canceled;
        deal.canceled_at = Some(now);
        let deal = deal.clone();
        let locked = deal.amount.plus(deal.fee)?;
        self.release(deal.owner, locked)?;
        self.credit(deal.owner, locked)?;
        self.shift_limit(deal.advertisement, deal.fiat, false)?;
        if let Some(payment) = deal.payment {
            self.void(payment, now)?;
        }
        Ok(())
    }

    /// SendMessage (13.6).
    pub(crate) fn say(
        &mut self,
        user: u64,
        id: u64,
        text: String,
        images: &[String],
        now: Moment,
    ) -> Result<Message, Refusal> {
        let deal = self.deal_of(user, id)?;
        if text.encode_utf16().count() > MESSAGE_LIMIT {
            return Err(Refusal::MessageTooLong);
        }
        messages::require_content(&text, images)?;
        let images = messages::picture_ids(images)?;
        if !matches!(deal.status, DealStatus::Opened | DealStatus::Disputed) {
            return Err(Refusal::ChatClosed(deal.status.name()));
        }
        if deal.chat_full() {
            return Err(Refusal::OutOfRange(format!(
                "Messages cannot be greater than {CHAT_LIMIT}."
            )));
        }
        let other = deal.other(user);
        self.show_images(user, &images, Place::Deal(id), now)?;
        let message = Message {
            id: self.number(|n| &mut n.message)?,
            at: now,
            owner: user,
            text,
            images,
        };
        self.deal_mut(id)?.messages.push(message.clone());
        self.tell_and_keep(other, What::DealNewMessage(id), now)?;
        Ok(message)
    }

    /// GetMyDeals: listed statuses, one number or all, a signed page size (13.6).
    pub(crate) fn deals_of(
        &self,
        user: u64,
        statuses: &[i32],
        id: u64,
        load_count: i32,
    ) -> Result<Vec<u64>, Refusal> {
        if statuses.iter().any(|status| !(0..=4).contains(status)) {
            return Err(Refusal::UnknownDealStatus);
        }
        let mut found: Vec<u64> = self
            .deals
            .iter()
            .filter(|(number, deal)| {
                (deal.owner == user || deal.initiator == user)
                    && (id == 0 || *number == id)
                    && statuses.contains(&deal.status.number())
            })
            .map(|(number, _)| number)
            .collect();
        if load_count < 0 {
            found.reverse();
        }
        found.truncate(usize::try_from(load_count.unsigned_abs()).unwrap_or(usize::MAX));
        Ok(found)
    }
}
