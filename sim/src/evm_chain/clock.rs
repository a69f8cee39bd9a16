//! The chain's clock: the wall's, moved ahead, or one that stands still.

use crate::clock::Clock as WallClock;

/// Tells Unix time in seconds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Clock {
    /// The wall clock plus this many seconds.
    Running { ahead: u64 },
    /// A time by hand.
    Frozen { at: u64 },
}

impl Clock {
    /// A clock that stands at this time, or the wall clock.
    pub(super) fn new(frozen_at: Option<u64>) -> Self {
        frozen_at.map_or(Self::Running { ahead: 0 }, |at| Self::Frozen { at })
    }

    pub(super) fn now(self) -> u64 {
        match self {
            Self::Running { ahead } => wall_time().saturating_add(ahead),
            Self::Frozen { at } => at,
        }
    }

    /// Stops the clock at this time.
    pub(super) fn set(&mut self, at: u64) {
        *self = Self::Frozen { at };
    }

    /// Moves the clock forward.
    pub(super) fn advance(&mut self, seconds: u64) {
        match self {
            Self::Running { ahead: time } | Self::Frozen { at: time } => {
                *time = time.saturating_add(seconds);
            }
        }
    }
}

fn wall_time() -> u64 {
    WallClock::host().now().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_by_hand_only() {
        let mut clock = Clock::new(Some(100));
        assert_eq!(clock.now(), 100);
        clock.advance(7);
        assert_eq!(clock.now(), 107);
        clock.set(3);
        assert_eq!(clock.now(), 3);
        clock.advance(u64::MAX);
        assert_eq!(clock.now(), u64::MAX);
    }

    #[test]
    fn a_running_clock_can_be_moved_ahead() {
        let mut clock = Clock::new(None);
        clock.advance(3600);
        assert!(clock.now() >= wall_time() + 3599);
    }
}
