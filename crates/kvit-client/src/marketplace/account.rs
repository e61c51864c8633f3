//! The person, the balance, the rates, other people.

use kvit_domain::{
    balance::{Balance, Rates},
    fault::{Fault, FaultCode},
    id::UserId,
    person::{Person, Profile},
};
use kvit_wire::{Path, balance, person};

use super::Marketplace;
use crate::stream::{Updates, follow};

/// The one rpc whose "User not found." is about somebody else.
pub(super) const GET_USER_INFO: &str = "GetUserInfo";

impl Marketplace {
    /// Who the token belongs to (GetMyProfile).
    pub async fn profile(&self) -> Result<Profile, Fault> {
        self.read(
            "GetMyProfile",
            || (),
            |mut api, request| async move { api.get_my_profile(request).await },
            person::read_profile,
        )
        .await
    }

    /// The balance (GetBalances).
    pub async fn balance(&self) -> Result<Balance, Fault> {
        self.read(
            "GetBalances",
            || (),
            |mut api, request| async move { api.get_balances(request).await },
            |message| balance::read(message, &Path::ROOT),
        )
        .await
    }

    /// All rates (GetVariables).
    pub async fn rates(&self) -> Result<Rates, Fault> {
        self.read(
            "GetVariables",
            || (),
            |mut api, request| async move { api.get_variables(request).await },
            balance::read_rates,
        )
        .await
    }

    /// Rates as they change (SubscribeVariables); each news is all of them. Heals itself.
    pub fn rates_stream(&self) -> Updates<Rates> {
        follow(
            self.clone(),
            |mut api, request| async move { api.subscribe_variables(request).await },
            balance::read_rates_news,
        )
    }

    /// A user (GetUserInfo). [`FaultCode::UserNotFound`] if there is none, and for the marketplace itself.
    pub async fn user(&self, user: UserId) -> Result<Person, Fault> {
        if user == UserId::Marketplace {
            return Err(FaultCode::UserNotFound.into());
        }
        let found = self
            .read(
                GET_USER_INFO,
                || person::request(user),
                |mut api, request| async move { api.get_user_info(request).await },
                person::read_response,
            )
            .await?;
        if found.id != user {
            return Err(Fault::new(FaultCode::Malformed).with("path", "UserInfo.Id"));
        }
        Ok(found)
    }
}
