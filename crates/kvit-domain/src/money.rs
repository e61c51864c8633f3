//! Money: whole satoshi, and fiat with two places. Never a float.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, Sub},
    str::FromStr,
};

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};

/// One bitcoin in satoshi.
pub const SATS_PER_BTC: i64 = 100_000_000;

/// All bitcoin there will ever be, in satoshi: no honest amount is larger.
pub const MAX_SATS: i64 = 21_000_000 * SATS_PER_BTC;

/// An amount of bitcoin in whole satoshi, zero or more, at most [`MAX_SATS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sats(i64);

/// Not an amount of bitcoin: negative, not whole satoshi, or more than there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an amount of bitcoin in whole satoshi")]
pub struct NotSats;

impl Sats {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From a count of satoshi.
    pub fn new(count: i64) -> Result<Self, NotSats> {
        if (0..=MAX_SATS).contains(&count) {
            Ok(Self(count))
        } else {
            Err(NotSats)
        }
    }

    /// From BTC; the value must be whole satoshi.
    pub fn from_btc(btc: Decimal) -> Result<Self, NotSats> {
        let count = btc.checked_mul(Decimal::from(SATS_PER_BTC)).ok_or(NotSats)?;
        if !count.fract().is_zero() {
            return Err(NotSats);
        }
        count.to_i64().ok_or(NotSats).and_then(Self::new)
    }

    /// The count of satoshi.
    pub fn get(self) -> i64 {
        self.0
    }

    /// The same in BTC, exact, eight places.
    pub fn to_btc(self) -> Decimal {
        Decimal::new(self.0, 8)
    }

    /// `part` of `of` equal shares, rounded up to whole satoshi; `None` of no shares, or beyond [`MAX_SATS`].
    pub fn share(self, part: u32, of: u32) -> Option<Self> {
        let of = i128::from(of);
        let shares = i128::from(self.0).checked_mul(i128::from(part))?;
        let up = shares.checked_add(of)?.checked_sub(1)?.checked_div(of)?;
        i64::try_from(up).ok().and_then(|count| Self::new(count).ok())
    }

    /// This many times; `None` beyond [`MAX_SATS`].
    pub fn times(self, pieces: u32) -> Option<Self> {
        self.0
            .checked_mul(i64::from(pieces))
            .and_then(|count| Self::new(count).ok())
    }

    /// Difference; `None` if there is not enough.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0
            .checked_sub(other.0)
            .and_then(|count| Self::new(count).ok())
    }

    /// Is it nothing?
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

/// Saturates at [`MAX_SATS`]: two amounts that exist never add up to more.
impl Add for Sats {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0).min(MAX_SATS))
    }
}

/// Saturates at zero; where "not enough" matters use [`Sats::checked_sub`].
impl Sub for Sats {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }
}

impl Sum for Sats {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// The count of satoshi, digits only: how an amount crosses to a screen.
impl fmt::Display for Sats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Sats {
    type Err = NotSats;
    fn from_str(text: &str) -> Result<Self, NotSats> {
        if text.is_empty() || text.len() > 16 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotSats);
        }
        text.parse().map_err(|_| NotSats).and_then(Self::new)
    }
}

/// A currency code of three upper-case letters (ISO 4217, section 19).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Not a currency code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a currency code")]
pub struct NotACurrency;

impl Currency {
    /// The code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Currency {
    type Err = NotACurrency;
    fn from_str(text: &str) -> Result<Self, NotACurrency> {
        match text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|byte| byte.is_ascii_uppercase()) => Ok(Self([*a, *b, *c])),
            _ => Err(NotACurrency),
        }
    }
}

/// A sum of fiat: an exact decimal, zero or more, and its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fiat {
    amount: Decimal,
    currency: Currency,
}

/// Not a sum of fiat: negative or out of any bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sum of fiat")]
pub struct NotFiat;

/// No sum of fiat is larger: 10^15 of any currency.
const MAX_FIAT: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0);

impl Fiat {
    /// A sum; at most ten to the fifteenth.
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, NotFiat> {
        if amount.is_sign_negative() && !amount.is_zero() || amount > MAX_FIAT {
            return Err(NotFiat);
        }
        Ok(Self {
            amount: amount.normalize().abs(),
            currency,
        })
    }

    /// The number.
    pub fn amount(&self) -> Decimal {
        self.amount
    }

    /// The currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The number as a screen gets it: at least two places, none lost.
    pub fn amount_text(&self) -> String {
        let mut amount = self.amount;
        if amount.scale() < 2 {
            amount.rescale(2);
        }
        amount.to_string()
    }
}

impl fmt::Display for Fiat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount_text(), self.currency)
    }
}

/// What an amount costs at a price (fiat for one BTC), rounded **up** to two places: what a buyer has to send
/// so that the amount is covered (section 20, row 39). `None` on overflow.
pub fn cost_rounded_up(amount: Sats, price: Fiat) -> Option<Fiat> {
    let exact = amount.to_btc().checked_mul(price.amount)?;
    Fiat::new(
        exact.round_dp_with_strategy(2, RoundingStrategy::AwayFromZero),
        price.currency,
    )
    .ok()
}

/// What an amount is worth at a price, rounded to two places half to even (section 1): an estimate for the eye.
pub fn worth(amount: Sats, price: Fiat) -> Option<Fiat> {
    let exact = amount.to_btc().checked_mul(price.amount)?;
    Fiat::new(
        exact.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven),
        price.currency,
    )
    .ok()
}

/// What a sum of fiat is in bitcoin at a price (fiat for one BTC), rounded half to even to whole satoshi, as the
/// marketplace does (section 6.2). `None` of a price of nothing, of another currency, or beyond [`MAX_SATS`].
pub fn in_bitcoin(sum: Fiat, price: Fiat) -> Option<Sats> {
    if sum.currency != price.currency {
        return None;
    }
    let exact = sum.amount.checked_div(price.amount)?;
    Sats::from_btc(exact.round_dp_with_strategy(8, RoundingStrategy::MidpointNearestEven)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur(text: &str) -> Fiat {
        Fiat::new(text.parse().unwrap(), "EUR".parse().unwrap()).unwrap()
    }

    #[test]
    fn the_bound_of_fiat_is_ten_to_the_fifteenth() {
        assert_eq!(MAX_FIAT, Decimal::from(1_000_000_000_000_000_i64));
    }

    #[test]
    fn a_ninth_place_is_not_an_amount() {
        assert_eq!(Sats::from_btc("0.123456789".parse().unwrap()), Err(NotSats));
        assert_eq!(
            Sats::from_btc("0.12345678".parse().unwrap()),
            Sats::new(12_345_678)
        );
        assert_eq!(
            Sats::from_btc("0.123456780000".parse().unwrap()),
            Sats::new(12_345_678)
        );
        assert_eq!(Sats::from_btc("-0.1".parse().unwrap()), Err(NotSats));
        assert_eq!(Sats::from_btc("21000000.00000001".parse().unwrap()), Err(NotSats));
    }

    #[test]
    fn a_buyer_sends_enough() {
        // Section 7.4: 0.00012345 BTC at 50000 is 6.1725; half to even would lose what the seller is owed.
        let amount = Sats::new(12_345).unwrap();
        assert_eq!(cost_rounded_up(amount, eur("50000")), Some(eur("6.18")));
        assert_eq!(worth(amount, eur("50000")), Some(eur("6.17")));
    }

    #[test]
    fn a_sum_is_in_bitcoin_what_the_marketplace_makes_of_it() {
        // Section 6.2: round(P / V(AVG_f), 8), halves to the even.
        assert_eq!(in_bitcoin(eur("18.50"), eur("50000")), Sats::new(37_000).ok());
        assert_eq!(in_bitcoin(eur("0.00125"), eur("100000")), Sats::new(1).ok());
        assert_eq!(in_bitcoin(eur("0.0025"), eur("100000")), Sats::new(2).ok());
        assert_eq!(in_bitcoin(eur("0.0035"), eur("100000")), Sats::new(4).ok());
        assert_eq!(in_bitcoin(eur("1"), eur("0")), None);
        let dollar = Fiat::new(Decimal::ONE, "USD".parse().unwrap()).unwrap();
        assert_eq!(in_bitcoin(dollar, eur("50000")), None);
    }

    #[test]
    fn currencies_are_three_capitals() {
        for text in ["", "EU", "EURO", "eur", "E1R", "ЕUR"] {
            assert!(text.parse::<Currency>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn fiat_keeps_its_cents() {
        assert_eq!(eur("144").amount_text(), "144.00");
        assert_eq!(eur("144.5").amount_text(), "144.50");
        assert_eq!(eur("0.001").amount_text(), "0.001");
        assert!(Fiat::new("-0.01".parse().unwrap(), "EUR".parse().unwrap()).is_err());
    }

    proptest! {
        #[test]
        fn btc_and_back(count in 0..=MAX_SATS) {
            let sats = Sats::new(count).unwrap();
            prop_assert_eq!(Sats::from_btc(sats.to_btc()), Ok(sats));
            prop_assert_eq!(sats.to_string().parse::<Sats>(), Ok(sats));
        }

        #[test]
        fn rounding_up_covers_the_amount_by_less_than_a_cent(count in 1..=10 * SATS_PER_BTC, cents in 1i64..1_000_000_000) {
            let amount = Sats::new(count).unwrap();
            let price = Fiat::new(Decimal::new(cents, 2), "USD".parse().unwrap()).unwrap();
            let cost = cost_rounded_up(amount, price).unwrap().amount();
            let exact = amount.to_btc() * price.amount();
            prop_assert!(cost >= exact && cost - exact < Decimal::new(1, 2));
        }
    }
}
