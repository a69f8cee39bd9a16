//! Amounts of money: whole atomic units, never fractions.

use core::fmt;
use core::str::FromStr;

use crate::codec::json::JsonStr;

/// An amount in atomic units of an asset: for USDC, millionths of a dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Amount(pub u64);

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum AmountError {
    /// Missing, or not a JSON string: amounts are strings in both versions of the protocol.
    NotText,
    /// Not only digits: a sign, a fraction (sellers on floating point send
    /// `8199999.999999999`), an exponent, white space, or nothing at all.
    NotAnInteger,
    /// A leading zero: two spellings of one amount would not be the same requirement.
    LeadingZero,
    /// 2^64 or more.
    TooLarge,
}

impl Amount {
    /// Reads a decimal integer.
    ///
    /// # Errors
    /// [`AmountError`] for every other text; a wrong number is never answered.
    pub fn parse(text: JsonStr<'_>) -> Result<Self, AmountError> {
        Self::from_decimal(text.chars())
    }

    fn from_decimal(text: impl Iterator<Item = char>) -> Result<Self, AmountError> {
        let mut value: Option<u64> = None;
        for character in text {
            let digit = character.to_digit(10).ok_or(AmountError::NotAnInteger)?;
            value = Some(append(value, digit)?);
        }
        value.map(Amount).ok_or(AmountError::NotAnInteger)
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    /// Reads a decimal integer, as [`parse`](Self::parse) does, from a plain text.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        Self::from_decimal(text.chars())
    }
}

fn append(value: Option<u64>, digit: u32) -> Result<u64, AmountError> {
    match value {
        None => Ok(digit.into()),
        Some(0) => Err(AmountError::LeadingZero),
        Some(value) => value
            .checked_mul(10)
            .and_then(|value| value.checked_add(digit.into()))
            .ok_or(AmountError::TooLarge),
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AmountError::NotText => "the amount is missing or not a string",
            AmountError::NotAnInteger => "the amount is not a whole number of atomic units",
            AmountError::LeadingZero => "the amount has a leading zero",
            AmountError::TooLarge => "the amount does not fit 64 bits",
        })
    }
}

impl core::error::Error for AmountError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_integers_only() {
        use AmountError::*;
        for (text, expected) in [
            ("0", Ok(0)),
            ("1000", Ok(1000)),
            ("18446744073709551615", Ok(u64::MAX)),
            ("\\u0031\\u0030", Ok(10)),
            ("18446744073709551616", Err(TooLarge)),
            ("99999999999999999999999999", Err(TooLarge)),
            ("", Err(NotAnInteger)),
            ("-1", Err(NotAnInteger)),
            ("+1", Err(NotAnInteger)),
            (" 1", Err(NotAnInteger)),
            ("1e3", Err(NotAnInteger)),
            ("0x10", Err(NotAnInteger)),
            ("1_000", Err(NotAnInteger)),
            ("8199999.999999999", Err(NotAnInteger)),
            ("1004999.9999999999", Err(NotAnInteger)),
            ("01000", Err(LeadingZero)),
            ("00", Err(LeadingZero)),
            ("١", Err(NotAnInteger)),
        ] {
            assert_eq!(Amount::parse(JsonStr::from_raw(text)), expected.map(Amount), "{text}");
        }
    }
}
