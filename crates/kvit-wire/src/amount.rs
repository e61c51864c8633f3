//! Amounts: `Decimal {units, nanos}` of section 3.1.

use kvit_domain::{
    Decimal,
    money::{Currency, Fiat, Sats},
};
use kvit_proto::v1;
use rust_decimal::prelude::ToPrimitive;

use crate::path::{Path, Reason, WireFault};

const NANOS: i64 = 1_000_000_000;

/// The exact value: units plus nanos times 10^-9, whatever their signs (section 3.1: readers accept any
/// combination). Every pair of an `int64` and an `sfixed32` has one.
pub fn decimal(message: v1::Decimal) -> Decimal {
    let nanos = i128::from(message.units) * i128::from(NANOS) + i128::from(message.nanos);
    // At most 9.3 * 10^27, which the 96 bits of a Decimal hold.
    Decimal::from_i128_with_scale(nanos, 9).normalize()
}

/// An absent message reads as zero (section 3.1): only where zero is a value the field may have.
pub fn decimal_or_zero(message: Option<v1::Decimal>) -> Decimal {
    message.map(decimal).unwrap_or_default()
}

/// The message for a value, cut toward zero after the ninth place as section 3.1 says; `None` beyond 64 bits.
pub fn decimal_message(value: Decimal) -> Option<v1::Decimal> {
    let units = value.trunc().to_i64()?;
    let nanos = value
        .fract()
        .checked_mul(Decimal::from(NANOS))?
        .trunc()
        .to_i32()?;
    Some(v1::Decimal { units, nanos })
}

/// An amount of bitcoin that may be zero; absent is zero.
pub fn sats_or_zero(message: Option<v1::Decimal>, path: &Path<'_>) -> Result<Sats, WireFault> {
    Sats::from_btc(decimal_or_zero(message)).map_err(|_| path.fault(Reason::Amount))
}

/// An amount of bitcoin that must be there and more than nothing.
pub fn sats(message: Option<v1::Decimal>, path: &Path<'_>) -> Result<Sats, WireFault> {
    let amount = Sats::from_btc(decimal(path.required(message)?)).map_err(|_| path.fault(Reason::Amount))?;
    if amount.is_zero() {
        return Err(path.fault(Reason::Zero));
    }
    Ok(amount)
}

/// The message for an amount of bitcoin.
pub fn sats_message(amount: Sats) -> v1::Decimal {
    let (units, rest) = (
        amount.get().div_euclid(kvit_domain::money::SATS_PER_BTC),
        amount.get().rem_euclid(kvit_domain::money::SATS_PER_BTC),
    );
    v1::Decimal {
        units,
        // Below 10^9: a satoshi is ten nanos.
        nanos: i32::try_from(rest * 10).unwrap_or_default(),
    }
}

/// A currency code.
pub fn currency(text: &str, path: &Path<'_>) -> Result<Currency, WireFault> {
    text.parse().map_err(|_| path.fault(Reason::Currency))
}

/// A sum of fiat that may be zero; absent is zero.
pub fn fiat_or_zero(
    message: Option<v1::Decimal>,
    currency: Currency,
    path: &Path<'_>,
) -> Result<Fiat, WireFault> {
    Fiat::new(decimal_or_zero(message), currency).map_err(|_| path.fault(Reason::Amount))
}

/// A sum of fiat that must be there and more than nothing.
pub fn fiat(message: Option<v1::Decimal>, currency: Currency, path: &Path<'_>) -> Result<Fiat, WireFault> {
    let sum =
        Fiat::new(decimal(path.required(message)?), currency).map_err(|_| path.fault(Reason::Amount))?;
    if sum.amount().is_zero() {
        return Err(path.fault(Reason::Zero));
    }
    Ok(sum)
}

/// An amount of bitcoin written as decimal text (the fee of a deal): digits and at most one point; empty is none.
pub fn sats_text(text: &str, path: &Path<'_>) -> Result<Option<Sats>, WireFault> {
    if text.is_empty() {
        return Ok(None);
    }
    // The library also takes signs, underscores and exponents; the contract's text has none of them.
    if text.len() > 30 || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err(path.fault(Reason::Amount));
    }
    Decimal::from_str_exact(text)
        .ok()
        .and_then(|value| Sats::from_btc(value).ok())
        .map(Some)
        .ok_or_else(|| path.fault(Reason::Amount))
}

#[cfg(test)]
mod tests {
    use kvit_domain::money::MAX_SATS;
    use proptest::prelude::*;

    use super::*;

    fn pair(units: i64, nanos: i32) -> v1::Decimal {
        v1::Decimal { units, nanos }
    }

    #[test]
    fn the_reference_s_example() {
        assert_eq!(decimal(pair(-1, -500_000_000)).to_string(), "-1.5");
        assert_eq!(
            decimal_message("-1.5".parse().unwrap()),
            Some(pair(-1, -500_000_000))
        );
    }

    #[test]
    fn parts_of_either_sign_add_up() {
        assert_eq!(decimal(pair(1, -500_000_000)).to_string(), "0.5");
        assert_eq!(decimal(pair(0, i32::MAX)).to_string(), "2.147483647");
        assert_eq!(
            decimal(pair(i64::MAX, i32::MAX)).to_string(),
            "9223372036854775809.147483647"
        );
        assert_eq!(
            decimal(pair(i64::MIN, i32::MIN)).to_string(),
            "-9223372036854775810.147483648"
        );
    }

    #[test]
    fn a_tenth_place_is_cut_toward_zero() {
        assert_eq!(
            decimal_message("0.1234567899".parse().unwrap()),
            Some(pair(0, 123_456_789))
        );
        assert_eq!(
            decimal_message("-0.1234567899".parse().unwrap()),
            Some(pair(0, -123_456_789))
        );
        assert_eq!(decimal_message(Decimal::MAX), None);
    }

    #[test]
    fn a_required_sum_is_never_assumed() {
        let path = Path::ROOT;
        let path = path.field("CryptoAmount");
        let reason = |message| sats(message, &path).unwrap_err().reason;
        assert_eq!(reason(None), Reason::Missing);
        assert_eq!(reason(Some(pair(0, 0))), Reason::Zero);
        assert_eq!(reason(Some(pair(-1, 0))), Reason::Amount);
        assert_eq!(reason(Some(pair(0, 1))), Reason::Amount);
        assert_eq!(reason(Some(pair(21_000_000, 10))), Reason::Amount);
        assert_eq!(sats(Some(pair(0, 10)), &path), Ok(Sats::new(1).unwrap()));
        let eur: Currency = "EUR".parse().unwrap();
        assert_eq!(fiat(None, eur, &path).unwrap_err().reason, Reason::Missing);
        assert_eq!(
            fiat(Some(pair(0, 0)), eur, &path).unwrap_err().reason,
            Reason::Zero
        );
        assert_eq!(
            fiat(Some(pair(-5, 0)), eur, &path).unwrap_err().reason,
            Reason::Amount
        );
    }

    #[test]
    fn texts_of_fees() {
        let path = Path::ROOT;
        assert_eq!(sats_text("", &path), Ok(None));
        assert_eq!(sats_text("0.0000120", &path), Ok(Some(Sats::new(1200).unwrap())));
        for text in ["-1", "+1", "1e3", "1_0", "0,1", " 1", "0.000000001", "1.2.3", "."] {
            assert!(sats_text(text, &path).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_pair_has_its_exact_value(units: i64, nanos: i32) {
            let value = decimal(pair(units, nanos));
            let exact = i128::from(units) * 1_000_000_000 + i128::from(nanos);
            prop_assert_eq!(value, Decimal::from_i128_with_scale(exact, 9));
            // What comes back is the same value with parts of one sign.
            if let Some(back) = decimal_message(value) {
                prop_assert_eq!(decimal(back), value);
                prop_assert!(i64::from(back.nanos).signum() * back.units.signum() >= 0);
                prop_assert!(back.nanos.unsigned_abs() < 1_000_000_000);
            }
        }

        #[test]
        fn satoshi_survive(count in 1..=MAX_SATS) {
            let amount = Sats::new(count).unwrap();
            let message = sats_message(amount);
            prop_assert_eq!(decimal_message(amount.to_btc()), Some(message));
            prop_assert_eq!(sats(Some(message), &Path::ROOT), Ok(amount));
            prop_assert_eq!(sats_text(&amount.to_btc().to_string(), &Path::ROOT), Ok(Some(amount)));
        }
    }
}
