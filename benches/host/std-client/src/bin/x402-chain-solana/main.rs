//! The client for Solana.

mod rpc;

use std::error::Error;
use std::sync::Arc;

use embedded_x402_benches::SEED;
use embedded_x402_benches::stopwatch::serve;
use embedded_x402_std_client::client;
use rpc::Answers;
use solana_keypair::Keypair;
use x402_chain_solana::V2SolanaExactClient;

fn main() -> Result<(), Box<dyn Error>> {
    let signer = Arc::new(Keypair::new_from_array(SEED));
    serve(&mut [("x402-chain-solana", client(V2SolanaExactClient::new(signer, Answers::new()?)))])
}
