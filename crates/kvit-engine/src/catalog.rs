//! Codes and names for the choice of fiat (marketplace reference, section 19). Facts, compiled in.

use std::sync::LazyLock;

/// Codes and names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    /// Countries by code.
    pub countries: Vec<Country>,
    /// Currency codes the server takes.
    pub currencies: Vec<&'static str>,
    /// Payment systems.
    pub payment_types: Vec<PaymentType>,
}

/// A country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Country {
    /// ISO 3166-1 alpha-2.
    pub code: &'static str,
    /// English name.
    pub name: &'static str,
    /// Usual currency.
    pub currency: &'static str,
    /// Payment systems of its own, in front of those of everywhere.
    pub payment_types: Vec<&'static str>,
}

/// A payment system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentType {
    /// Code.
    pub code: &'static str,
    /// Name.
    pub name: &'static str,
}

/// The catalog.
pub static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let by_country = rows(include_str!("../catalog/payment_types_by_country.tsv"));
    Catalog {
        countries: rows(include_str!("../catalog/countries.tsv"))
            .filter_map(|row| match row.as_slice() {
                [code, name, currency, ..] => Some(Country {
                    code,
                    name,
                    currency,
                    payment_types: by_country
                        .clone()
                        .filter_map(|row| match row.as_slice() {
                            [country, payment_type, ..] if country == code => Some(*payment_type),
                            _ => None,
                        })
                        .collect(),
                }),
                _ => None,
            })
            .collect(),
        currencies: include_str!("../catalog/currencies.txt")
            .lines()
            .filter(|line| !line.is_empty())
            .collect(),
        payment_types: rows(include_str!("../catalog/payment_type_names.tsv"))
            .filter_map(|row| match row.as_slice() {
                [code, name, ..] => Some(PaymentType { code, name }),
                _ => None,
            })
            .collect(),
    }
});

/// Rows of a table behind its header.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> + Clone {
    table
        .lines()
        .skip(1)
        .filter(|line| !line.is_empty())
        .map(|line| line.split('\t').collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalog_is_whole() {
        assert_eq!(CATALOG.countries.len(), 250);
        assert_eq!(CATALOG.currencies.len(), 153);
        assert_eq!(CATALOG.payment_types.len(), 71);
        let germany = CATALOG
            .countries
            .iter()
            .find(|country| country.code == "DE")
            .unwrap();
        assert_eq!((germany.name, germany.currency), ("Germany", "EUR"));
        assert!(!germany.payment_types.is_empty());
        let known = |code: &&str| CATALOG.payment_types.iter().any(|system| system.code == *code);
        assert!(
            CATALOG
                .countries
                .iter()
                .flat_map(|country| &country.payment_types)
                .all(known)
        );
    }
}
