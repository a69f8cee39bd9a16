//! Which faults strike which request.

use std::sync::{Mutex, MutexGuard, PoisonError};

use fastrand::Rng;

use super::chance::Chance;
use super::list::{Fault, FaultList};

/// Faults, and the dice that decide whom they strike.
#[derive(Debug)]
pub struct Faults<K> {
    faults: Vec<Fault<K>>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    random: Rng,
    /// How often each fault has struck.
    struck: Vec<u32>,
}

/// What strikes one request.
pub(super) struct Strike<K> {
    pub(super) kinds: Vec<K>,
    /// For what else is drawn for this request.
    pub(super) random: Rng,
}

impl<K> Faults<K> {
    /// These faults, decided by this seed.
    pub fn new(lists: impl IntoIterator<Item = FaultList<K>>, seed: u64) -> Self {
        let faults: Vec<_> = lists.into_iter().flat_map(|list| list.0).collect();
        let state = State { random: Rng::with_seed(seed), struck: vec![0; faults.len()] };
        Self { faults, state: Mutex::new(state) }
    }

    /// Whether nothing ever goes wrong.
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// How often each fault has struck, in the order of the lists.
    pub fn struck(&self) -> Vec<u32> {
        self.state().struck.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone> Faults<K> {
    /// What strikes the next request, of all that is `meant` for such a request.
    pub(super) fn next(&self, meant: impl Fn(&K) -> bool) -> Strike<K> {
        let mut state = self.state();
        // Every request draws once from the dice of all, and the rest from dice of its own: what is
        // drawn for one changes nothing for the others.
        let mut random = state.random.fork();
        let strikes = self.faults.iter().zip(&mut state.struck);
        let kinds = strikes.filter_map(|(fault, struck)| {
            let draw = random.f64();
            let strikes = meant(&fault.kind) && fault.chance.strikes(draw, *struck);
            *struck = struck.saturating_add(strikes.into());
            strikes.then(|| fault.kind.clone())
        });
        Strike { kinds: kinds.collect(), random }
    }
}

impl<K> Default for Faults<K> {
    fn default() -> Self {
        Self::new([], 0)
    }
}

impl Chance {
    /// Whether it strikes by this draw from 0 to 1, after it has struck so often.
    fn strikes(self, draw: f64, struck: u32) -> bool {
        match self {
            Self::Probability(probability) => draw < probability,
            Self::First(count) => struck < count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(chances: &[Chance], seed: u64) -> Faults<usize> {
        let faults =
            chances.iter().enumerate().map(|(kind, chance)| Fault { kind, chance: *chance });
        Faults::new([FaultList(faults.collect())], seed)
    }

    fn strikes(faults: &Faults<usize>) -> Vec<Vec<usize>> {
        (0..1000).map(|_| faults.next(|_| true).kinds).collect()
    }

    #[test]
    fn the_seed_and_the_count_of_requests_decide() {
        let chances = [Chance::Probability(0.1), Chance::Probability(0.9)];
        let first = strikes(&faults(&chances, 7));
        assert_eq!(first, strikes(&faults(&chances, 7)));
        assert_ne!(first, strikes(&faults(&chances, 8)));
        let count = |kind| first.iter().filter(|kinds| kinds.contains(&kind)).count();
        assert!((50..150).contains(&count(0)), "{}", count(0));
        assert!((850..950).contains(&count(1)), "{}", count(1));
    }

    /// A request that a fault is not meant for does not move the dice of the others.
    #[test]
    fn what_else_is_drawn_changes_nothing() {
        let chances = [Chance::Probability(0.5)];
        let (plain, busy) = (faults(&chances, 7), faults(&chances, 7));
        for index in 0..100 {
            let expected = plain.next(|_| true).kinds;
            let is_meant = index % 3 != 0;
            let mut strike = busy.next(|_| is_meant);
            strike.random.u64(..);
            assert!(!is_meant || strike.kinds == expected, "request {index}");
        }
    }

    #[test]
    fn the_first_few_are_counted_by_those_that_it_is_meant_for() {
        let faults = faults(&[Chance::First(2)], 7);
        let struck = |meant: bool| !faults.next(|_| meant).kinds.is_empty();
        let expected = [(false, false), (true, true), (false, false), (true, true), (true, false)];
        for (meant, strikes) in expected {
            assert_eq!(struck(meant), strikes);
        }
    }

    #[test]
    fn always_and_never() {
        let struck = strikes(&faults(&[Chance::ALWAYS, Chance::Probability(0.0)], 7));
        assert!(struck.iter().all(|kinds| kinds[..] == [0]));
    }
}
