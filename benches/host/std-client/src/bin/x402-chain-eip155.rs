//! The client for EVM chains.

use std::error::Error;

use alloy_signer_local::PrivateKeySigner;
use embedded_x402_benches::SEED;
use embedded_x402_benches::stopwatch::serve;
use embedded_x402_std_client::client;
use x402_chain_eip155::V2Eip155ExactClient;

fn main() -> Result<(), Box<dyn Error>> {
    let signer = PrivateKeySigner::from_slice(&SEED)?;
    serve(&mut [("x402-chain-eip155", client(V2Eip155ExactClient::new(signer)))])
}
