//! What became of a payment that expired: the chain knows.

use super::client::Client;
use super::{Fate, Ledger, Transport, Wallet};
use crate::journal::OpenPayment;

impl<T, W, R, D, A, J, const ENTRY: usize, const BUFFER: usize>
    Client<'_, T, W, R, D, A, J, ENTRY, BUFFER>
where
    T: Transport,
    W: Wallet,
    J: Ledger,
{
    /// Asks the chain, if a node of it is configured.
    pub(super) async fn fate(&mut self, _open: &OpenPayment) -> Fate {
        Fate::Unknown
    }
}
