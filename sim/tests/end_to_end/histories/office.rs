//! The facilitator's office: a socket before the facilitator, where nobody waits. How late an answer
//! is, and what is done later, is written down for the history to let it happen.

use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use embedded_x402_sim::fault::{Afterwards, Answer, Answered, Faults, FaultyFacilitator};

/// The office. Clones are the same one.
#[derive(Clone)]
pub(super) struct Office(Arc<Mutex<Desk>>);

/// What lies there.
struct Desk {
    facilitator: FaultyFacilitator,
    delay: Duration,
    afterwards: Vec<Afterwards>,
}

/// What a question to the seller has left behind.
pub(super) struct Left {
    /// How much later the answer comes.
    pub(super) delay: Duration,
    pub(super) afterwards: Vec<Afterwards>,
}

impl Office {
    /// With a facilitator behind it that has no faults.
    pub(super) fn new(facilitator: Router) -> Self {
        let facilitator = FaultyFacilitator::new(facilitator, Faults::default());
        let desk = Desk { facilitator, delay: Duration::ZERO, afterwards: Vec::new() };
        Office(Arc::new(Mutex::new(desk)))
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.lock().expect("nobody panics at the desk")
    }

    /// Another facilitator takes over.
    pub(super) fn hand_over(&self, facilitator: FaultyFacilitator) {
        self.desk().facilitator = facilitator;
    }

    /// Clears the desk.
    pub(super) fn left(&self) -> Left {
        let desk = &mut *self.desk();
        Left { delay: take(&mut desk.delay), afterwards: take(&mut desk.afterwards) }
    }
}

impl Answer for Office {
    async fn answer(self, request: Request) -> Answered {
        let facilitator = self.desk().facilitator.clone();
        let Answered { response, delay, afterwards } = facilitator.answer(request).await;
        let desk = &mut *self.desk();
        desk.delay += delay;
        desk.afterwards.extend(afterwards);
        response.into()
    }
}
