//! A Solana RPC node in memory: the client asks four questions a payment, and here they cost
//! nothing.

use std::error::Error;

use serde_json::{Value, json};
use solana_account::Account;
use solana_client::client_error::Result;
use solana_client::rpc_config::RpcSimulateTransactionConfig;
use solana_client::rpc_response::{
    Response, RpcPrioritizationFee, RpcResult, RpcSimulateTransactionResult,
};
use solana_message::Hash;
use solana_pubkey::{Pubkey, pubkey};
use solana_transaction::versioned::VersionedTransaction;
use x402_chain_solana::chain::rpc::RpcClientLike;

/// What the chain answers, whatever the transaction is.
#[derive(Clone)]
pub struct Answers {
    mint: Account,
    blockhash: Hash,
    simulation: Response<RpcSimulateTransactionResult>,
}

impl Answers {
    /// A token of six decimals, and the blockhash that the challenge has.
    pub fn new() -> std::result::Result<Self, Box<dyn Error>> {
        let entry: Value = serde_json::from_str(embedded_x402_benches::SOLANA.entry)?;
        let blockhash = entry["extra"]["recentBlockhash"].as_str().ok_or("no blockhash")?;
        Ok(Answers {
            mint: mint(),
            blockhash: blockhash.parse()?,
            simulation: serde_json::from_value(json!({
                "context": {"slot": 1},
                "value": {"err": null, "logs": null, "accounts": null, "unitsConsumed": 20_000},
            }))?,
        })
    }
}

fn mint() -> Account {
    const TOKEN_PROGRAM: Pubkey = pubkey!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
    const DECIMALS: usize = 44;
    const IS_INITIALIZED: usize = 45;
    let mut data = vec![0; 82];
    data[DECIMALS] = 6;
    data[IS_INITIALIZED] = 1;
    Account { lamports: 1, data, owner: TOKEN_PROGRAM, executable: false, rent_epoch: 0 }
}

impl RpcClientLike for Answers {
    async fn get_account(&self, _: &Pubkey) -> Result<Account> {
        Ok(self.mint.clone())
    }

    async fn simulate_transaction_with_config(
        &self,
        _: &VersionedTransaction,
        _: RpcSimulateTransactionConfig,
    ) -> RpcResult<RpcSimulateTransactionResult> {
        Ok(self.simulation.clone())
    }

    async fn get_recent_prioritization_fees(
        &self,
        _: &[Pubkey],
    ) -> Result<Vec<RpcPrioritizationFee>> {
        Ok(Vec::new())
    }

    async fn get_latest_blockhash(&self) -> Result<Hash> {
        Ok(self.blockhash)
    }
}
