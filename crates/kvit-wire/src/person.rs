//! People (sections 5.2 and 5.13).

use kvit_domain::{
    id::UserId,
    person::{Person, Profile},
};
use kvit_proto::v1;

use crate::{
    amount,
    path::{Path, Reason, WireFault},
    text, time,
};

/// A user id; empty is the marketplace itself.
pub fn read_id(id: &str, path: &Path<'_>) -> Result<UserId, WireFault> {
    id.parse().map_err(|_| path.fault(Reason::User))
}

/// A user as others see them. Figures may be absent: they read as zero (section 3.1).
pub fn read(message: v1::UserInfo, path: &Path<'_>) -> Result<Person, WireFault> {
    Ok(Person {
        id: read_id(&message.id, &path.field("Id"))?,
        name: text::name(message.username, &path.field("Username"))?,
        anonymous: message.is_anonymous,
        deal_rate: amount::decimal_or_zero(message.response_rate),
        deals: message.trades_count,
        partners: message.counterpartys_count,
        deal_average: amount::decimal_or_zero(message.trades_avg_amount),
        median_seconds: message.median_delay_seconds,
        mean_seconds: message.avg_delay_seconds,
        first_deal: time::optional(message.first_trade_date, &path.field("FirstTradeDate"))?,
        invoice_rate: amount::decimal_or_zero(message.invoice_response_rate),
        invoices: message.invoices_created_count,
        payments_made: message.payments_payed_count,
        payments_received: message.payments_received_count,
        trusted_by: message.trusted_count,
        blocked_by: message.blocked_count,
        created: time::optional(message.created_at, &path.field("CreatedAt"))?,
        last_online: time::optional(message.last_online, &path.field("LastOnline"))?,
        introduction: text::text(message.introduction, &path.field("Introduction"))?,
        site: text::name(message.site, &path.field("Site"))?,
    })
}

/// The answer of GetUserInfo.
pub fn read_response(message: v1::GetUserInfoResponse) -> Result<Person, WireFault> {
    let path = Path::ROOT;
    let path = path.field("UserInfo");
    read(path.required(message.user_info)?, &path)
}

/// The message for a user. Figures beyond the wire's 64 bits become absent.
pub fn write(person: &Person) -> v1::UserInfo {
    v1::UserInfo {
        id: person.id.to_string(),
        username: person.name.clone(),
        is_anonymous: person.anonymous,
        response_rate: amount::decimal_message(person.deal_rate),
        trades_count: person.deals,
        counterpartys_count: person.partners,
        trades_avg_amount: amount::decimal_message(person.deal_average),
        median_delay_seconds: person.median_seconds,
        avg_delay_seconds: person.mean_seconds,
        first_trade_date: Some(time::message(person.first_deal)),
        invoice_response_rate: amount::decimal_message(person.invoice_rate),
        invoices_created_count: person.invoices,
        payments_payed_count: person.payments_made,
        payments_received_count: person.payments_received,
        trusted_count: person.trusted_by,
        blocked_count: person.blocked_by,
        created_at: Some(time::message(person.created)),
        last_online: Some(time::message(person.last_online)),
        introduction: person.introduction.clone(),
        site: person.site.clone(),
        ..v1::UserInfo::default()
    }
}

/// The person who uses the app. The marketplace's own account has no token, so an empty id is a fault.
pub fn read_profile(message: v1::MyProfileResponse) -> Result<Profile, WireFault> {
    let path = Path::ROOT;
    let id = read_id(&message.user_id, &path.field("UserId"))?;
    if id == UserId::Marketplace {
        return Err(path.field("UserId").fault(Reason::Missing));
    }
    Ok(Profile {
        id,
        name: text::name(message.username, &path.field("Username"))?,
        anonymous: message.is_anonymous,
        default_currency: text::name(message.default_currency, &path.field("DefaultCurrency"))?,
    })
}

/// The message for a profile.
pub fn write_profile(profile: &Profile) -> v1::MyProfileResponse {
    v1::MyProfileResponse {
        user_id: profile.id.to_string(),
        username: profile.name.clone(),
        is_anonymous: profile.anonymous,
        default_currency: profile.default_currency.clone(),
        ..v1::MyProfileResponse::default()
    }
}

/// The request of GetUserInfo.
pub fn request(user: UserId) -> v1::GetUserInfoRequest {
    v1::GetUserInfoRequest { id: user.to_string() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::samples;

    #[test]
    fn a_profile_has_an_id() {
        let message = v1::MyProfileResponse::default();
        assert_eq!(read_profile(message).unwrap_err().path, "UserId");
    }

    #[test]
    fn the_path_names_the_field() {
        let info = v1::UserInfo {
            id: "somebody".into(),
            ..v1::UserInfo::default()
        };
        let fault = read_response(v1::GetUserInfoResponse {
            user_info: Some(info),
        })
        .unwrap_err();
        assert_eq!((fault.path.as_str(), fault.reason), ("UserInfo.Id", Reason::User));
        assert_eq!(
            read_response(v1::GetUserInfoResponse::default()).unwrap_err(),
            WireFault {
                path: "UserInfo".into(),
                reason: Reason::Missing
            }
        );
    }

    proptest! {
        #[test]
        fn people_survive(person in samples::person()) {
            prop_assert_eq!(read(write(&person), &Path::ROOT), Ok(person));
        }

        #[test]
        fn profiles_survive(profile in samples::profile()) {
            prop_assert_eq!(read_profile(write_profile(&profile)), Ok(profile));
        }
    }
}
