//! What was settled lately, so that one payment is not settled twice.
//!
//! A payment is known by the hash of its message, which two encodings of one transaction share.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use solana_signature::Signature;

/// How long a payment is remembered: longer than a blockhash lives.
const MEMORY: Duration = Duration::from_secs(120);

/// The payments of the last two minutes.
#[derive(Debug, Default)]
pub(super) struct Settlements {
    recent: Mutex<HashMap<Key, Entry>>,
}

/// A payment's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

/// What is known about a payment that somebody wants to settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// Nobody has: it is the caller's now, to settle or to [`Settlements::release`].
    Ours,
    /// It was sent and not seen on the chain yet: worth another look.
    Pending(Signature),
    /// It is settled, or somebody is at it.
    Duplicate,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Unix time.
    since: Duration,
    pending: Option<Signature>,
}

impl Key {
    /// The identity of the payment with this message.
    pub(super) fn of(message: &[u8]) -> Self {
        Self(Sha256::digest(message).into())
    }
}

impl Settlements {
    /// Takes a payment for settling at this Unix time, unless somebody else did.
    pub(super) fn claim(&self, key: Key, now: Duration) -> Claim {
        let mut recent = self.recent();
        recent.retain(|_, entry| entry.is_remembered(now));
        match recent.get_mut(&key) {
            None => {
                recent.insert(key, Entry { since: now, pending: None });
                Claim::Ours
            }
            // Taking the signature out leaves the second look to one caller.
            Some(entry) => entry.pending.take().map_or(Claim::Duplicate, Claim::Pending),
        }
    }

    /// Whether a payment was settled lately, as of this Unix time, or is about to be.
    pub(super) fn contain(&self, key: Key, now: Duration) -> bool {
        let recent = self.recent();
        recent.get(&key).is_some_and(|entry| entry.is_remembered(now))
    }

    /// Forgets a payment that was not sent: the same one may come again.
    pub(super) fn release(&self, key: Key) {
        self.recent().remove(&key);
    }

    /// Remembers that a payment was sent and not seen on the chain.
    pub(super) fn leave_pending(&self, key: Key, signature: Signature) {
        if let Some(entry) = self.recent().get_mut(&key) {
            entry.pending = Some(signature);
        }
    }

    /// Nothing here panics with the lock held, so the map is whole even if a caller did.
    fn recent(&self) -> MutexGuard<'_, HashMap<Key, Entry>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn is_remembered(&self, now: Duration) -> bool {
        now.saturating_sub(self.since) < MEMORY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_800_000_000);

    #[test]
    fn a_payment_is_a_duplicate_for_two_minutes() {
        let settlements = Settlements::default();
        let key = Key::of(b"message");
        assert_eq!(settlements.claim(key, NOW), Claim::Ours);
        let forgotten = NOW + MEMORY;
        let last = forgotten - Duration::from_millis(1);
        assert!(settlements.contain(key, last) && !settlements.contain(key, forgotten));
        assert_eq!(settlements.claim(key, last), Claim::Duplicate);
        assert_eq!(settlements.claim(key, forgotten), Claim::Ours);
    }

    #[test]
    fn other_messages_and_released_ones_are_free() {
        let settlements = Settlements::default();
        assert_eq!(settlements.claim(Key::of(b"one"), NOW), Claim::Ours);
        assert_eq!(settlements.claim(Key::of(b"two"), NOW), Claim::Ours);
        settlements.release(Key::of(b"one"));
        assert_eq!(settlements.claim(Key::of(b"one"), NOW), Claim::Ours);
        assert_eq!(settlements.claim(Key::of(b"two"), NOW), Claim::Duplicate);
    }

    #[test]
    fn a_pending_payment_gets_one_more_look_at_a_time() {
        let settlements = Settlements::default();
        let (key, signature) = (Key::of(b"message"), Signature::from([7; 64]));
        assert_eq!(settlements.claim(key, NOW), Claim::Ours);
        settlements.leave_pending(key, signature);
        assert_eq!(settlements.claim(key, NOW), Claim::Pending(signature));
        assert_eq!(settlements.claim(key, NOW), Claim::Duplicate);
    }
}
