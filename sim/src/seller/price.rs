//! Prices: atomic units, or dollars that become atomic units by the token's decimals.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// What a resource costs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Price {
    /// A whole number of the token's smallest units.
    Atomic(String),
    /// Dollars, with the point where people write it: `0.001`.
    Dollars(String),
}

/// Why a text is no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// The text is neither digits nor a dollar sign with a decimal number.
    #[error("{0:?} is neither atomic units (1000) nor dollars ($0.001)")]
    Malformed(String),
}

impl Price {
    /// The amount in atomic units, exact. Digits beyond the token's decimals are cut off.
    pub fn atomic(&self, decimals: u8) -> String {
        let dollars = match self {
            Self::Atomic(units) => return units.clone(),
            Self::Dollars(dollars) => dollars,
        };
        let (whole, fraction) = dollars.split_once('.').unwrap_or((dollars, ""));
        let width = usize::from(decimals);
        let digits = format!("{whole}{fraction:0<width$.width$}");
        match digits.trim_start_matches('0') {
            "" => "0".to_owned(),
            units => units.to_owned(),
        }
    }

    /// The amount as v1 sellers compute it: a floating-point product, with the tail that such
    /// products have. `$8.20` is `8199999.999999999`, which clients must refuse without falling
    /// over.
    pub fn atomic_in_floating_point(&self, decimals: u8) -> String {
        match self {
            Self::Atomic(units) => units.clone(),
            Self::Dollars(dollars) => {
                let dollars: f64 = dollars.parse().unwrap_or_default();
                (dollars * 10_f64.powi(i32::from(decimals))).to_string()
            }
        }
    }
}

impl FromStr for Price {
    type Err = PriceError;

    fn from_str(text: &str) -> Result<Self, PriceError> {
        let malformed = || PriceError::Malformed(text.to_owned());
        match text.strip_prefix('$') {
            Some(dollars) if is_decimal(dollars) => Ok(Self::Dollars(dollars.to_owned())),
            None if is_digits(text) => Ok(Self::Atomic(text.to_owned())),
            _ => Err(malformed()),
        }
    }
}

impl TryFrom<String> for Price {
    type Error = PriceError;

    fn try_from(text: String) -> Result<Self, PriceError> {
        text.parse()
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Atomic(units) => f.write_str(units),
            Self::Dollars(dollars) => write!(f, "${dollars}"),
        }
    }
}

fn is_decimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    is_digits(whole) && is_digits(fraction)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    #[test]
    fn dollars_become_atomic_units() {
        assert_eq!(price("$0.001").atomic(6), "1000");
        assert_eq!(price("$8.20").atomic(6), "8200000");
        assert_eq!(price("$1").atomic(18), "1000000000000000000");
        assert_eq!(price("$0").atomic(6), "0");
        assert_eq!(price("$0.0000019").atomic(6), "1");
    }

    #[test]
    fn atomic_units_stay_as_they_are() {
        assert_eq!(price("1000").atomic(6), "1000");
        assert_eq!(price("1000").atomic_in_floating_point(6), "1000");
    }

    #[test]
    fn v1_amounts_have_the_tail_of_a_floating_point_product() {
        let v1 = |text| price(text).atomic_in_floating_point(6);
        assert_eq!(v1("$8.20"), "8199999.999999999");
        assert_eq!(v1("$1.005"), "1004999.9999999999");
        assert_eq!(v1("$64.1"), "64099999.99999999");
        assert_eq!(v1("$0.001"), "1000");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "$", "0.1", "$-1", "$1.", "$.5", "1e3", "free"] {
            assert!(text.parse::<Price>().is_err(), "{text}");
        }
    }
}
