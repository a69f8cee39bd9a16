//! `x402-sim facilitator`.

use std::net::SocketAddr;
use std::path::Path;

use clap::Args;
use solana_keypair::{Keypair, read_keypair_file};
use tokio::net::TcpListener;
use tracing::info;

use super::{Facilitator, FacilitatorConfig, serve};
use crate::x402::SolanaNetwork;

/// Verify and settle payments on Solana.
#[derive(Clone, Debug, Args)]
pub struct FacilitatorArgs {
    /// Address and port to listen on; port 0 takes any free one. The address in use is printed.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4022")]
    pub listen: SocketAddr,

    /// JSON-RPC of the chain that payments settle on.
    #[arg(long, value_name = "URL", env = "SVM_RPC_URL", default_value = "http://127.0.0.1:8899")]
    pub rpc_url: String,

    /// A cluster to accept payments for, by the name that x402 gives it. May be repeated.
    #[arg(long = "network", value_name = "NETWORK", default_value = "devnet")]
    pub networks: Vec<SolanaNetwork>,

    /// The key that pays the network's fees: 64 bytes in base58, or a file made by
    /// `solana-keygen`. Without it a new key is made; it needs SOL on the chain before the first
    /// payment can settle.
    #[arg(long, value_name = "KEY", env = "FACILITATOR_SVM_PRIVATE_KEY", hide_env_values = true)]
    pub fee_payer: Option<String>,

    /// Check as the first generation of facilitators does: exactly three instructions (so no
    /// memo), the fee payer in no instruction's accounts, both token accounts in existence.
    #[arg(long)]
    pub legacy: bool,

    /// The most signatures that a transaction may ask for, the fee payer's included.
    #[arg(long, value_name = "COUNT")]
    pub maximum_signers: Option<usize>,
}

/// Why the facilitator does not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The fee payer's key is neither base58 nor a readable file.
    #[error("--fee-payer is neither a base58 key of 64 bytes nor a solana-keygen file")]
    FeePayer,
    /// The address cannot be listened on, or no longer.
    #[error("cannot listen: {0}")]
    Listen(#[from] std::io::Error),
}

/// Runs a facilitator until it is stopped.
pub async fn run(args: FacilitatorArgs) -> Result<(), CommandError> {
    let listener = TcpListener::bind(args.listen).await?;
    let address = listener.local_addr()?;
    let facilitator = Facilitator::new(args.config()?);
    let fee_payer = facilitator.fee_payer();
    println!("facilitator http://{address} fee payer {fee_payer}");
    info!(%address, %fee_payer, "facilitator listens");
    Ok(serve(listener, facilitator).await?)
}

impl FacilitatorArgs {
    fn config(self) -> Result<FacilitatorConfig, CommandError> {
        let fee_payer = match &self.fee_payer {
            Some(key) => read_key(key)?,
            None => Keypair::new(),
        };
        Ok(FacilitatorConfig {
            networks: self.networks,
            legacy: self.legacy,
            maximum_signers: self.maximum_signers,
            ..FacilitatorConfig::new(fee_payer, self.rpc_url)
        })
    }
}

fn read_key(key: &str) -> Result<Keypair, CommandError> {
    if Path::new(key).exists() {
        return read_keypair_file(key).map_err(|_| CommandError::FeePayer);
    }
    Keypair::try_from_base58_string(key).map_err(|_| CommandError::FeePayer)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use solana_keypair::write_keypair_file;
    use solana_signer::Signer;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: FacilitatorArgs,
    }

    fn config(flags: &[&str]) -> Result<FacilitatorConfig, CommandError> {
        let flags = [&["facilitator"], flags].concat();
        Command::try_parse_from(flags).unwrap().args.config()
    }

    #[test]
    fn nothing_must_be_said() {
        let config = config(&[]).unwrap();
        assert_eq!(config.networks, [SolanaNetwork::Devnet]);
        assert!(!config.legacy);
    }

    #[test]
    fn keys_are_base58_or_files() {
        let key = Keypair::new();
        let base58 = config(&["--fee-payer", &key.to_base58_string()]).unwrap();
        assert_eq!(base58.fee_payer.pubkey(), key.pubkey());

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.json");
        write_keypair_file(&key, &path).unwrap();
        let file = config(&["--fee-payer", path.to_str().unwrap()]).unwrap();
        assert_eq!(file.fee_payer.pubkey(), key.pubkey());

        let neither = config(&["--fee-payer", "neither"]);
        assert!(matches!(neither, Err(CommandError::FeePayer)));
    }
}
