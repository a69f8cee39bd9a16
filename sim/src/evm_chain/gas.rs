//! How much gas a call needs: the least with which it succeeds, found by halving.
//!
//! What a call uses is not what it needs: gas is refunded at its end, and a call within it gets at
//! most 63/64 of what is left.

use alloy_primitives::U256;

use super::{
    execution::{Call, CallError, gas_limit},
    ledger::Ledger,
};

impl Ledger {
    pub(super) fn estimate_gas(&self, call: &Call) -> Result<u64, CallError> {
        let limit = gas_limit(call).min(self.affordable(call)?);
        let outcome = self.execute(call, limit).map_err(|error| allowance(error, limit))?;
        let used = outcome.gas_used();
        outcome.output().map_err(|error| allowance(error, limit))?;
        Ok(self.search(call, used.saturating_sub(1), limit))
    }

    /// A limit that suffices, at most 1.5 % above the least; `too_low` does not suffice and `enough`
    /// does.
    fn search(&self, call: &Call, mut too_low: u64, mut enough: u64) -> u64 {
        while enough.saturating_sub(too_low) > (enough / 64).max(1) {
            // Near the gas used is likelier than the middle of a block's.
            let middle = too_low.midpoint(enough).min(too_low.saturating_mul(2).max(1));
            match self.execute(call, middle).and_then(|outcome| outcome.output()) {
                Ok(_) => enough = middle,
                Err(_) => too_low = middle,
            }
        }
        enough
    }

    /// The gas that the caller can pay for.
    fn affordable(&self, call: &Call) -> Result<u64, CallError> {
        if call.max_fee == 0 {
            return Ok(u64::MAX);
        }
        let balance = self.account(call.from).balance;
        let left = balance.checked_sub(call.value).ok_or(CallError::Allowance(0))?;
        Ok((left / U256::from(call.max_fee)).saturating_to())
    }
}

/// With less than a block's gas, want of gas is want of money.
fn allowance(error: CallError, limit: u64) -> CallError {
    match error {
        CallError::Halted(reason) if reason == "out of gas" => CallError::Allowance(limit),
        error => error,
    }
}
