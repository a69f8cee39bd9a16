//! The device on the host: the no_std client over tokio's sockets, with everything that it does
//! counted and told.

mod delay;
mod file_flash;
mod journal;
mod keys;
mod network;
mod policy;
mod purchase;
mod traffic;

pub use file_flash::{FileFlash, FileFlashError};
pub use journal::{BUDGETS, DeviceJournal, OpenJournalError};
pub use keys::{Keys, KeysError};
pub use network::{TokioDelay, TokioNetwork};
pub use policy::{PolicyRule, known_usdc};
pub use purchase::{ApprovedOffer, Body, Clock, Device, Purchase, client_state_bytes};
pub use traffic::{Observed, Traffic};
