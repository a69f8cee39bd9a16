//! The server over a real socket, asked with a plain HTTP client.

use std::ops::Deref;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;
use solana_commitment_config::CommitmentLevel::{Confirmed, Finalized, Processed};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use super::*;
use crate::chain::{
    genesis,
    payment::{FEE, PURSE, Payment, manual_chain},
};
use crate::json_rpc::testing::Served;

mod accounts;
mod cluster;
mod transactions;

/// A chain behind its server.
struct Node {
    chain: Chain,
    served: Served,
}

impl Node {
    async fn start() -> Self {
        let chain = manual_chain();
        Self { served: Served::start(chain.clone()).await, chain }
    }

    async fn value(&self, method: &str, parameters: Value) -> Value {
        let mut result = self.result(method, parameters).await;
        assert!(result["context"]["slot"].is_u64(), "{method}: {result}");
        result["value"].take()
    }

    fn payment(&self) -> (Payment, VersionedTransaction) {
        self.payment_of(1500)
    }

    fn payment_of(&self, amount: u64) -> (Payment, VersionedTransaction) {
        let mut payment = Payment::in_usdc(&self.chain);
        payment.amount = amount;
        let transaction = payment.sign(self.chain.latest_blockhash(Confirmed).hash);
        (payment, transaction)
    }
}

impl Deref for Node {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.served
    }
}

fn base64(transaction: &VersionedTransaction) -> String {
    BASE64_STANDARD.encode(bincode::serialize(transaction).unwrap())
}

fn in_base64() -> Value {
    json!({"encoding": "base64", "preflightCommitment": "confirmed", "commitment": "confirmed"})
}

fn without_preflight() -> Value {
    json!({"encoding": "base64", "skipPreflight": true})
}
