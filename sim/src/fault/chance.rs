//! How often a fault strikes.

use std::str::FromStr;

/// How often a fault strikes the requests that it is meant for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Chance {
    /// Each of them with this probability, from 0 to 1.
    Probability(f64),
    /// So many of them, from the first on, and then none.
    First(u32),
}

/// A text that says nothing of how often.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is neither a probability (from 0 to 1) nor a number of requests (2x: the first two)"
)]
pub struct ChanceError(pub String);

impl Chance {
    /// What happens always.
    pub const ALWAYS: Self = Self::Probability(1.0);
}

impl FromStr for Chance {
    type Err = ChanceError;

    fn from_str(text: &str) -> Result<Self, ChanceError> {
        let chance = match text.strip_suffix('x') {
            Some(count) => count.parse().ok().map(Self::First),
            None => {
                let probability = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
                probability.map(Self::Probability)
            }
        };
        chance.ok_or_else(|| ChanceError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_probability_or_a_number_of_requests() {
        assert_eq!("0.1".parse(), Ok(Chance::Probability(0.1)));
        assert_eq!("1".parse(), Ok(Chance::ALWAYS));
        assert_eq!("2x".parse(), Ok(Chance::First(2)));
        for wrong in ["", "x", "-0.1", "1.1", "nan", "-1x", "1.5x", "often"] {
            assert_eq!(wrong.parse::<Chance>(), Err(ChanceError(wrong.to_owned())));
        }
    }
}
