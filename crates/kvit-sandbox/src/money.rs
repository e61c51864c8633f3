//! Money of the practice marketplace: whole satoshis and whole hundredths of a fiat unit, never a float.
//!
//! Rounding follows the marketplace reference, section 1: half to even, except the fiat side of a deal that
//! funds a payment, which is rounded up (section 20, row 39).

use kvit_proto::v1;
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// Satoshis in one bitcoin.
pub(crate) const SATS_PER_BTC: i128 = 100_000_000;

/// An amount of bitcoin in satoshis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sats(pub i64);

/// An amount of some fiat currency, or a rate, in hundredths of its unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents(pub i64);

impl Sats {
    /// Nothing.
    pub const ZERO: Sats = Sats(0);

    /// The sum; an overflow is an internal error, as no real amount comes near it.
    pub(crate) fn plus(self, other: Sats) -> Result<Sats, Refusal> {
        self.0.checked_add(other.0).map(Sats).ok_or(Refusal::Internal)
    }

    /// The difference; it may be negative.
    pub(crate) fn minus(self, other: Sats) -> Result<Sats, Refusal> {
        self.0.checked_sub(other.0).map(Sats).ok_or(Refusal::Internal)
    }

    /// This amount taken `n` times.
    pub(crate) fn times(self, n: u32) -> Result<Sats, Refusal> {
        self.0
            .checked_mul(i64::from(n))
            .map(Sats)
            .ok_or(Refusal::Internal)
    }

    /// One percent, rounded half to even to a satoshi: the fee of deals and of one unit of an invoice.
    pub(crate) fn percent(self) -> Result<Sats, Refusal> {
        half_even(i128::from(self.0), 100).and_then(narrow).map(Sats)
    }

    /// The contract's form: whole bitcoins and billionths.
    pub(crate) fn decimal(self) -> v1::Decimal {
        v1::Decimal {
            units: self.0 / 100_000_000,
            nanos: fraction(self.0 % 100_000_000, 10),
        }
    }

    /// Bitcoin as invariant decimal text without needless zeros; the form of `Deal.Fee` and of confirmations.
    pub(crate) fn text(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let whole = self.0.unsigned_abs() / 100_000_000;
        let part = self.0.unsigned_abs() % 100_000_000;
        let text = format!("{sign}{whole}.{part:08}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

impl Cents {
    /// Nothing.
    pub const ZERO: Cents = Cents(0);

    /// The sum.
    pub(crate) fn plus(self, other: Cents) -> Result<Cents, Refusal> {
        self.0.checked_add(other.0).map(Cents).ok_or(Refusal::Internal)
    }

    /// The difference; it may be negative.
    pub(crate) fn minus(self, other: Cents) -> Result<Cents, Refusal> {
        self.0.checked_sub(other.0).map(Cents).ok_or(Refusal::Internal)
    }

    /// This sum taken `n` times.
    pub(crate) fn times(self, n: u32) -> Result<Cents, Refusal> {
        self.0
            .checked_mul(i64::from(n))
            .map(Cents)
            .ok_or(Refusal::Internal)
    }

    /// The contract's form: whole units and billionths.
    pub(crate) fn decimal(self) -> v1::Decimal {
        v1::Decimal {
            units: self.0 / 100,
            nanos: fraction(self.0 % 100, 10_000_000),
        }
    }

    /// Two decimals with a point, as an ad's price is printed for strangers.
    pub(crate) fn text(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        format!(
            "{sign}{}.{:02}",
            self.0.unsigned_abs() / 100,
            self.0.unsigned_abs() % 100
        )
    }
}

/// `rest * scale` as the `nanos` of a Decimal; both come from a remainder and cannot exceed a billion.
fn fraction(rest: i64, scale: i64) -> i32 {
    i32::try_from(rest.saturating_mul(scale)).unwrap_or_default()
}

/// Fiat for an amount of bitcoin at a price, rounded up to a hundredth (section 20, row 39).
pub(crate) fn fiat_up(price: Cents, amount: Sats) -> Result<Cents, Refusal> {
    let product = product(i128::from(price.0), i128::from(amount.0))?;
    if product < 0 {
        return Err(Refusal::Internal);
    }
    narrow(product.checked_add(SATS_PER_BTC - 1).ok_or(Refusal::Internal)? / SATS_PER_BTC).map(Cents)
}

/// Fiat for an amount of bitcoin at a price, rounded half to even to a hundredth.
pub(crate) fn fiat_even(price: Cents, amount: Sats) -> Result<Cents, Refusal> {
    half_even(product(i128::from(price.0), i128::from(amount.0))?, SATS_PER_BTC)
        .and_then(narrow)
        .map(Cents)
}

/// A fiat price in bitcoin at `rate` fiat per bitcoin, rounded half to even to a satoshi.
pub(crate) fn btc_at(price: Cents, rate: Cents) -> Result<Sats, Refusal> {
    half_even(product(i128::from(price.0), SATS_PER_BTC)?, i128::from(rate.0))
        .and_then(narrow)
        .map(Sats)
}

/// A fiat price in bitcoin over dollars: `per_dollar` fiat per dollar, then `dollars` per bitcoin.
pub(crate) fn btc_over_dollars(price: Cents, per_dollar: Cents, dollars: Cents) -> Result<Sats, Refusal> {
    // price/100 / (per_dollar/100) / (dollars/100) bitcoins.
    let top = product(product(i128::from(price.0), SATS_PER_BTC)?, 100)?;
    let bottom = product(i128::from(per_dollar.0), i128::from(dollars.0))?;
    half_even(top, bottom).and_then(narrow).map(Sats)
}

/// `dollars` per bitcoin times `per_dollar`, times `(10000 + basis_points) / 10000`, to a hundredth.
pub(crate) fn rate_with_margin(
    dollars: Cents,
    per_dollar: Cents,
    basis_points: i32,
) -> Result<Cents, Refusal> {
    let factor = 10_000_i128 + i128::from(basis_points);
    let top = product(product(i128::from(dollars.0), i128::from(per_dollar.0))?, factor)?;
    half_even(top, 1_000_000).and_then(narrow).map(Cents)
}

/// `part` of `whole` in percent with two decimals; zero of nothing.
pub(crate) fn percentage(part: u32, whole: u32) -> Cents {
    let top = i128::from(part) * 10_000;
    half_even(top, i128::from(whole))
        .and_then(narrow)
        .map_or(Cents::ZERO, Cents)
}

/// The mean of a sum over `count`, rounded half to even; zero of nothing.
pub(crate) fn mean(sum: i64, count: u32) -> i64 {
    half_even(i128::from(sum), i128::from(count))
        .and_then(narrow)
        .unwrap_or_default()
}

fn product(a: i128, b: i128) -> Result<i128, Refusal> {
    a.checked_mul(b).ok_or(Refusal::Internal)
}

fn narrow(value: i128) -> Result<i64, Refusal> {
    i64::try_from(value).map_err(|_| Refusal::Internal)
}

/// `top / bottom` rounded to the nearest whole number, ties to the even one ("banker's", as `Math.Round`).
pub(crate) fn half_even(top: i128, bottom: i128) -> Result<i128, Refusal> {
    if bottom <= 0 {
        return Err(Refusal::Internal);
    }
    let floor = top.div_euclid(bottom);
    // Twice the rest against the divisor, without doubling: rest < bottom, so the difference cannot overflow.
    let rest = top.rem_euclid(bottom);
    Ok(match rest.cmp(&(bottom - rest)) {
        std::cmp::Ordering::Less => floor,
        std::cmp::Ordering::Greater => floor + 1,
        std::cmp::Ordering::Equal => floor + floor.rem_euclid(2),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_worked_example_of_the_reference() {
        // Section 1: unit price 0.0012 BTC, 2 pieces: fee 0.000024.
        assert_eq!(Sats(120_000).percent().unwrap().times(2).unwrap(), Sats(2_400));
        // 0.000000125 becomes 0.00000012: 12.5 sat to 12.
        assert_eq!(half_even(125, 10).unwrap(), 12);
        assert_eq!(half_even(135, 10).unwrap(), 14);
        assert_eq!(half_even(-125, 10).unwrap(), -12);
        assert_eq!(Sats(1_250).percent().unwrap(), Sats(12));
        assert_eq!(Sats(1_350).percent().unwrap(), Sats(14));
    }

    #[test]
    fn the_fiat_side_of_a_funding_deal_is_rounded_up() {
        // Section 7.4: 0.00012345 BTC at 50000 USD is 6.1725; the server's 6.17 fell short.
        assert_eq!(fiat_up(Cents(5_000_000), Sats(12_345)).unwrap(), Cents(618));
        assert_eq!(fiat_even(Cents(5_000_000), Sats(12_345)).unwrap(), Cents(617));
        assert_eq!(fiat_up(Cents(5_000_000), Sats(12_000)).unwrap(), Cents(600));
    }

    #[test]
    fn texts_and_decimals() {
        assert_eq!(Sats(240_000).text(), "0.0024");
        assert_eq!(Sats(100_000_000).text(), "1");
        assert_eq!(Sats(0).text(), "0");
        assert_eq!(Sats(-150_000_000).text(), "-1.5");
        assert_eq!(Cents(6_050).text(), "60.50");
        assert_eq!(
            Sats(-150_000_000).decimal(),
            v1::Decimal {
                units: -1,
                nanos: -500_000_000
            }
        );
        assert_eq!(
            Cents(6_050).decimal(),
            v1::Decimal {
                units: 60,
                nanos: 500_000_000
            }
        );
    }

    #[test]
    fn nothing_divides_by_nothing() {
        assert!(half_even(1, 0).is_err());
        assert_eq!(percentage(0, 0), Cents(0));
        assert_eq!(percentage(2, 3), Cents(6_667));
        assert_eq!(mean(5, 0), 0);
    }

    proptest! {
        #[test]
        fn rounding_is_never_further_than_half(top in -1_000_000_000_i128..1_000_000_000, bottom in 1_i128..100_000) {
            let q = half_even(top, bottom).unwrap();
            let off = (q * bottom - top).abs() * 2;
            prop_assert!(off <= bottom);
            prop_assert!(off != bottom || q % 2 == 0);
        }

        #[test]
        fn rounding_up_covers_the_amount(price in 1_i64..10_000_000_000_000, amount in 0_i64..2_100_000_000_000_000) {
            if let Ok(fiat) = fiat_up(Cents(price), Sats(amount)) {
                let exact = i128::from(price) * i128::from(amount);
                let got = i128::from(fiat.0) * SATS_PER_BTC;
                prop_assert!(got >= exact && got - exact < SATS_PER_BTC);
            }
        }

        #[test]
        fn a_decimal_is_exact(sats in -2_100_000_000_000_000_i64..2_100_000_000_000_000) {
            let d = Sats(sats).decimal();
            prop_assert_eq!(i128::from(d.units) * 1_000_000_000 + i128::from(d.nanos), i128::from(sats) * 10);
        }
    }
}
