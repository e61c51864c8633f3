//! Balance and rates (sections 5.11, 5.12, 15.3).

use std::collections::BTreeMap;

use kvit_domain::{
    balance::{Balance, Rates},
    event::{RatesNews, Streamed},
};
use kvit_proto::v1;

use crate::{
    amount,
    path::{Path, Reason, WireFault},
    text::NAME_LIMIT,
};

/// Most rates: the server has some three hundred.
const RATES_LIMIT: usize = 5000;

/// A balance. Each part may be zero, which the contract lets be absent (section 3.1).
pub fn read(message: v1::Balance, path: &Path<'_>) -> Result<Balance, WireFault> {
    Ok(Balance {
        confirmed: amount::sats_or_zero(message.confirmed, &path.field("Confirmed"))?,
        unconfirmed: amount::sats_or_zero(message.un_confirmed, &path.field("UnConfirmed"))?,
        deposited: amount::sats_or_zero(message.deposited, &path.field("Deposited"))?,
    })
}

/// The message for a balance.
pub fn write(balance: &Balance) -> v1::Balance {
    v1::Balance {
        confirmed: Some(amount::sats_message(balance.confirmed)),
        un_confirmed: Some(amount::sats_message(balance.unconfirmed)),
        deposited: Some(amount::sats_message(balance.deposited)),
    }
}

/// The answer of GetVariables.
pub fn read_rates(message: v1::Variables) -> Result<Rates, WireFault> {
    let path = Path::ROOT;
    let path = path.field("Variables");
    if message.variables.len() > RATES_LIMIT {
        return Err(path.fault(Reason::TooMany));
    }
    let mut rates = BTreeMap::new();
    for (name, value) in message.variables {
        if name.len() > NAME_LIMIT {
            return Err(path.fault(Reason::TooLong));
        }
        let value = amount::decimal(value);
        if value.is_sign_negative() && !value.is_zero() {
            return Err(path.fault(Reason::Amount));
        }
        rates.insert(name, value);
    }
    Ok(Rates(rates))
}

/// A message of SubscribeVariables.
pub fn read_rates_news(message: v1::Variables) -> Result<RatesNews, WireFault> {
    if message.keep_alive {
        return Ok(Streamed::Heartbeat);
    }
    read_rates(message).map(Streamed::News)
}

/// The message for rates. Those beyond the wire's 64 bits are left out.
pub fn write_rates(rates: &Rates) -> v1::Variables {
    v1::Variables {
        variables: rates
            .0
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), amount::decimal_message(*value)?)))
            .collect(),
        keep_alive: false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::samples;

    #[test]
    fn no_balance_is_below_zero() {
        let message = v1::Balance {
            confirmed: Some(v1::Decimal { units: -1, nanos: 0 }),
            ..v1::Balance::default()
        };
        let fault = read(message, &Path::ROOT).unwrap_err();
        assert_eq!((fault.path.as_str(), fault.reason), ("Confirmed", Reason::Amount));
        assert_eq!(read(v1::Balance::default(), &Path::ROOT), Ok(Balance::default()));
    }

    #[test]
    fn a_heartbeat_is_no_empty_list_of_rates() {
        let heartbeat = v1::Variables {
            keep_alive: true,
            ..v1::Variables::default()
        };
        assert_eq!(read_rates_news(heartbeat), Ok(Streamed::Heartbeat));
    }

    proptest! {
        #[test]
        fn balances_survive(balance in samples::balance()) {
            prop_assert_eq!(read(write(&balance), &Path::ROOT), Ok(balance));
        }

        #[test]
        fn rates_survive(rates in samples::rates()) {
            prop_assert_eq!(read_rates_news(write_rates(&rates)), Ok(Streamed::News(rates)));
        }
    }
}
