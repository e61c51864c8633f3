//! Users, their balances and their standing (marketplace reference, sections 1 and 15).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Books;
use crate::clock::Moment;
use crate::money::Sats;
use crate::refusal::Refusal;
use crate::table::Row;

/// Who somebody is in this practice world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Role {
    /// The service account that receives the fees.
    Marketplace,
    /// The person who practises.
    Local,
    /// Sells goods.
    Seller,
    /// Trades bitcoin for fiat.
    Trader,
    /// Buys from the local user now and then.
    Buyer,
}

/// What others see of somebody's past.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Standing {
    pub trades: u32,
    pub trades_volume: Sats,
    pub partners: u32,
    pub deals_praised: u32,
    pub deals_judged: u32,
    pub first_trade: Option<Moment>,
    /// Durations of the latest completed deals in seconds, newest last.
    pub delays: Vec<u32>,
    pub invoices_created: u32,
    pub paid: u32,
    pub paid_volume: Sats,
    pub received: u32,
    pub received_volume: Sats,
    pub invoices_praised: u32,
    pub invoices_judged: u32,
    pub trusted_by: u32,
    pub blocked_by: u32,
}

/// How many deal durations are remembered.
const DELAYS_KEPT: usize = 100;

impl Standing {
    /// Records a completed deal of `amount` that took `seconds`.
    pub(crate) fn traded(
        &mut self,
        amount: Sats,
        seconds: i64,
        now: Moment,
        new_partner: bool,
    ) -> Result<(), Refusal> {
        self.trades = self.trades.saturating_add(1);
        self.trades_volume = self.trades_volume.plus(amount)?;
        self.partners = self.partners.saturating_add(u32::from(new_partner));
        self.first_trade.get_or_insert(now);
        if self.delays.len() >= DELAYS_KEPT {
            self.delays.remove(0);
        }
        self.delays
            .push(u32::try_from(seconds.max(0)).unwrap_or(u32::MAX));
        Ok(())
    }
}

/// The last search of somebody among ads of one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Search {
    pub country: String,
    pub currency: String,
    pub payment_type: String,
    pub amount: Sats,
}

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct User {
    pub id: u64,
    /// GUID as printed; empty for the service account.
    pub guid: String,
    pub login: String,
    pub role: Role,
    pub anonymous: bool,
    pub created_at: Moment,
    pub last_online: Moment,
    pub introduction: String,
    pub site: String,
    pub timezone: String,
    pub currency: String,
    /// Ad owners: all sell ads off.
    pub sales_disabled: bool,
    /// Ad owners: all buy ads off.
    pub buys_disabled: bool,
    pub trusted: BTreeSet<u64>,
    pub blocked: BTreeSet<u64>,
    pub standing: Standing,
    pub last_sell_search: Option<Search>,
    /// Spendable.
    pub confirmed: Sats,
    /// Locked in deals.
    pub deposited: Sats,
}

impl Row for User {
    const TABLE: &'static str = "users";
}

impl User {
    /// Somebody new with nothing.
    pub(crate) fn new(id: u64, guid: Uuid, login: &str, role: Role, created_at: Moment) -> User {
        User {
            id,
            guid: guid.hyphenated().to_string(),
            login: login.to_owned(),
            role,
            anonymous: false,
            created_at,
            last_online: created_at,
            introduction: String::new(),
            site: String::new(),
            timezone: "UTC".to_owned(),
            currency: "USD".to_owned(),
            sales_disabled: false,
            buys_disabled: false,
            trusted: BTreeSet::new(),
            blocked: BTreeSet::new(),
            standing: Standing::default(),
            last_sell_search: None,
            confirmed: Sats::ZERO,
            deposited: Sats::ZERO,
        }
    }

    /// Nobody real acts for him.
    pub(crate) fn is_simulated(&self) -> bool {
        matches!(self.role, Role::Seller | Role::Trader | Role::Buyer)
    }

    pub(crate) fn marketplace(now: Moment) -> User {
        let mut user = User::new(
            super::MARKETPLACE,
            Uuid::nil(),
            "marketplace",
            Role::Marketplace,
            now,
        );
        user.guid = String::new();
        user
    }
}

impl Books {
    pub(crate) fn user(&self, id: u64) -> Result<&User, Refusal> {
        self.users.get(id).ok_or(Refusal::UserNotFound)
    }

    fn user_mut(&mut self, id: u64) -> Result<&mut User, Refusal> {
        self.users.edit(id).ok_or(Refusal::UserNotFound)
    }

    /// For changes that are not money: those go through the functions below.
    pub(crate) fn edit_user<T>(
        &mut self,
        id: u64,
        change: impl FnOnce(&mut User) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        change(self.user_mut(id)?)
    }

    pub(crate) fn user_by_login(&self, login: &str) -> Option<&User> {
        self.users.values().find(|user| user.login == login)
    }

    /// By GUID in any usual notation; the service account has none.
    pub(crate) fn user_by_guid(&self, guid: &str) -> Result<&User, Refusal> {
        let guid = Uuid::try_parse(guid)
            .map_err(|_| Refusal::Argument("Invalid guid.".to_owned()))?
            .hyphenated()
            .to_string();
        self.users
            .values()
            .find(|user| user.guid == guid)
            .ok_or(Refusal::UserNotFound)
    }

    /// Adds a user; numbers are given in order.
    pub(crate) fn add_user(
        &mut self,
        guid: Uuid,
        login: &str,
        role: Role,
        created_at: Moment,
    ) -> Result<u64, Refusal> {
        let id = self.number(|n| &mut n.user)?;
        self.users.put(id, User::new(id, guid, login, role, created_at));
        Ok(id)
    }

    /// Adds to the spendable balance.
    pub(crate) fn credit(&mut self, user: u64, amount: Sats) -> Result<(), Refusal> {
        let account = self.user_mut(user)?;
        account.confirmed = account.confirmed.plus(amount)?;
        self.balance_changed(user);
        Ok(())
    }

    /// Takes from the spendable balance, or refuses with `otherwise`.
    pub(crate) fn debit(&mut self, user: u64, amount: Sats, otherwise: Refusal) -> Result<(), Refusal> {
        let account = self.user_mut(user)?;
        if account.confirmed < amount {
            return Err(otherwise);
        }
        account.confirmed = account.confirmed.minus(amount)?;
        self.balance_changed(user);
        Ok(())
    }

    /// Moves from spendable to deposited, or refuses with `otherwise`.
    pub(crate) fn deposit(&mut self, user: u64, amount: Sats, otherwise: Refusal) -> Result<(), Refusal> {
        self.debit(user, amount, otherwise)?;
        let account = self.user_mut(user)?;
        account.deposited = account.deposited.plus(amount)?;
        Ok(())
    }

    /// Takes from the deposit; the caller credits it to somebody.
    pub(crate) fn release(&mut self, user: u64, amount: Sats) -> Result<(), Refusal> {
        let account = self.user_mut(user)?;
        if account.deposited < amount {
            return Err(Refusal::Internal);
        }
        account.deposited = account.deposited.minus(amount)?;
        self.balance_changed(user);
        Ok(())
    }
}
