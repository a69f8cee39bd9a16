//! How much later something happens.

use std::str::FromStr;
use std::time::Duration;

/// A time in milliseconds, drawn from a range each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delay {
    /// At least.
    pub from: u64,
    /// At most.
    pub to: u64,
}

impl Delay {
    pub(super) fn draw(self, random: &mut fastrand::Rng) -> Duration {
        Duration::from_millis(random.u64(self.from..=self.to))
    }
}

impl FromStr for Delay {
    type Err = ();

    /// Reads `500`, or `100-2000`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        let milliseconds = |text: &str| text.parse().map_err(drop);
        let delay = Self { from: milliseconds(from)?, to: milliseconds(to)? };
        if delay.from <= delay.to { Ok(delay) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_number_or_a_range() {
        assert_eq!("500".parse(), Ok(Delay { from: 500, to: 500 }));
        assert_eq!("100-2000".parse(), Ok(Delay { from: 100, to: 2000 }));
        for wrong in ["", "-", "-5", "5-", "2-1", "1s"] {
            assert_eq!(wrong.parse::<Delay>(), Err(()), "{wrong}");
        }
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..100 {
            let drawn = Delay { from: 3, to: 5 }.draw(&mut random).as_millis();
            assert!((3..=5).contains(&drawn), "{drawn}");
        }
    }
}
