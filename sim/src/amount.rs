//! Amounts as people write them: "2.5" counts whole units, "2500000" counts atomic units.

use std::{fmt, str::FromStr};

use alloy_primitives::U256;

/// An amount whose atomic value depends on the decimals of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    text: String,
    digits: String,
    /// Digits after the point; `None` if there is no point and the unit is the atomic one.
    fraction: Option<usize>,
}

/// Why a text is no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AmountError {
    /// Not decimal digits with at most one point between them.
    #[error("{0:?} is not an amount: write 2.5 for whole units, 2500000 for atomic ones")]
    NotANumber(String),
    /// More digits after the point than the token has.
    #[error("{0} has more than {1} decimals")]
    TooManyDecimals(String, u8),
    /// More atomic units than balances of the token can hold.
    #[error("{0} is too much")]
    TooLarge(String),
}

impl Amount {
    /// The amount in atomic units of a token with this many decimals: a `u64` on Solana, a [`U256`] on
    /// EVM chains.
    pub fn atomic<T: TryFrom<U256>>(&self, decimals: u8) -> Result<T, AmountError> {
        let missing = match self.fraction {
            None => 0,
            Some(fraction) => usize::from(decimals)
                .checked_sub(fraction)
                .ok_or_else(|| AmountError::TooManyDecimals(self.text.clone(), decimals))?,
        };
        let value = U256::from_str_radix(&self.digits, 10).ok();
        let scale = U256::from(10).checked_pow(U256::from(missing));
        let units = value.zip(scale).and_then(|(value, scale)| value.checked_mul(scale));
        let units = units.and_then(|units| T::try_from(units).ok());
        units.ok_or_else(|| AmountError::TooLarge(self.text.clone()))
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        let parts = [Some(whole), fraction];
        if !parts.into_iter().flatten().all(is_digits) {
            return Err(AmountError::NotANumber(text.to_owned()));
        }
        Ok(Self {
            text: text.to_owned(),
            digits: [whole, fraction.unwrap_or_default()].concat(),
            fraction: fraction.map(str::len),
        })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn is_digits(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atomic(text: &str, decimals: u8) -> Result<u64, AmountError> {
        text.parse::<Amount>()?.atomic(decimals)
    }

    fn wide(text: &str, decimals: u8) -> Result<U256, AmountError> {
        text.parse::<Amount>()?.atomic(decimals)
    }

    #[test]
    fn a_point_makes_it_whole_units() {
        assert_eq!(atomic("2500000", 6), Ok(2_500_000));
        assert_eq!(atomic("2.5", 6), Ok(2_500_000));
        assert_eq!(atomic("0.000001", 6), Ok(1));
        assert_eq!(atomic("1.0", 9), Ok(1_000_000_000));
        assert_eq!(wide("100.0", 18), Ok(U256::from(10u128.pow(20))));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |text: &str, decimals| atomic(text, decimals).is_err();
        assert!(refused("0.0000001", 6));
        assert!(refused("18446744073709551616", 0));
        assert!(refused("18446744073710.0", 6));
        assert!(refused("1.0", 255));
        let too_fine = AmountError::TooManyDecimals("0.0000001".to_owned(), 6);
        assert_eq!(wide("0.0000001", 6), Err(too_fine));
        let most = U256::MAX.to_string();
        assert_eq!(wide(&most, 6), Ok(U256::MAX));
        let too_large = |text: &str| Err(AmountError::TooLarge(text.to_owned()));
        for text in [format!("{most}0"), format!("{most}.0")] {
            assert_eq!(wide(&text, 6), too_large(&text));
        }
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e6", "1.2.3", "1 "] {
            assert!(refused(text, 6), "{text}");
        }
    }
}
