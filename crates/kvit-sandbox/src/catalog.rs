//! Countries, currencies and payment systems the marketplace knows (marketplace reference, section 19).

use crate::refusal::Refusal;

const COUNTRIES: &str = include_str!("../catalog/countries.tsv");
const CURRENCIES: &str = include_str!("../catalog/currencies.txt");
const PAYMENT_TYPES: &str = include_str!("../catalog/payment_types.txt");

/// All fiat codes, in alphabetical order.
pub(crate) fn currencies() -> impl Iterator<Item = &'static str> {
    CURRENCIES.lines()
}

/// Checks the three codes of a search, in the order of the request. Codes are case-sensitive.
pub(crate) fn check_search(country: &str, currency: &str, payment_type: &str) -> Result<(), Refusal> {
    let known = COUNTRIES
        .lines()
        .skip(1)
        .any(|line| line.split('\t').next() == Some(country));
    if !known {
        return Err(Refusal::unknown_code(country));
    }
    if !currencies().any(|code| code == currency) {
        return Err(Refusal::unknown_code(currency));
    }
    if !PAYMENT_TYPES.lines().any(|code| code == payment_type) {
        return Err(Refusal::unknown_code(payment_type));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_exact() {
        assert_eq!(check_search("RU", "RUB", "SBERBANK"), Ok(()));
        assert_eq!(check_search("DE", "EUR", "PostePay"), Ok(()));
        assert_eq!(
            check_search("code", "EUR", "PAYPAL"),
            Err(Refusal::unknown_code("code"))
        );
        assert_eq!(
            check_search("DE", "eur", "PAYPAL"),
            Err(Refusal::unknown_code("eur"))
        );
        assert_eq!(check_search("DE", "EUR", ""), Err(Refusal::unknown_code("")));
        assert_eq!(currencies().count(), 153);
    }
}
