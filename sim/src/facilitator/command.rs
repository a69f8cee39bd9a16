//! `x402-sim facilitator`.

use std::convert::Infallible;
use std::mem::take;
use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr;

use clap::Args;
use solana_keypair::{Keypair, read_keypair_file};
use solana_signer::Signer;

use super::{EvmConfig, Facilitator, FacilitatorConfig, SolanaConfig, serve};
use crate::evm_chain::{NotASecretKey, Wallet};
use crate::fault::{self, FacilitatorFault, FaultList};
use crate::listen::{Announcement, ListenError, listen};
use crate::x402::{EvmNetwork, SolanaNetwork};

/// Verify and settle payments on Solana and on an EVM chain.
///
/// Without --network it serves Solana devnet, and Base Sepolia too if --evm-rpc-url is given.
#[derive(Clone, Args)]
pub struct FacilitatorArgs {
    /// Address and port to listen on; port 0 takes any free one. The address in use is printed.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4022")]
    pub listen: SocketAddr,

    /// A network to accept payments for: devnet, testnet or mainnet of Solana, or an EVM chain by
    /// the name that x402 gives it (base-sepolia, eip155:84532). May be repeated, but for EVM
    /// chains: each has an RPC of its own.
    #[arg(long = "network", value_name = "NETWORK")]
    pub networks: Vec<FacilitatorNetwork>,

    /// JSON-RPC of the Solana cluster that payments settle on.
    #[arg(long, value_name = "URL", env = "SVM_RPC_URL", default_value = "http://127.0.0.1:8899")]
    pub rpc_url: String,

    /// JSON-RPC of the EVM chain that payments settle on; http://127.0.0.1:8545 if an EVM network
    /// is named without it.
    #[arg(long, value_name = "URL", env = "EVM_RPC_URL")]
    pub evm_rpc_url: Option<String>,

    /// The key that pays Solana's fees: 64 bytes in base58, or a file made by `solana-keygen`.
    /// Without it a new key is made; it needs SOL on the chain before the first payment can settle.
    #[arg(long, value_name = "KEY", env = "FACILITATOR_SVM_PRIVATE_KEY", hide_env_values = true)]
    pub fee_payer: Option<String>,

    /// The key that pays for gas on the EVM chain: 0x and 64 hexadecimal digits. Without it a new
    /// key is made; it needs ether on the chain before the first payment can settle.
    #[arg(long, value_name = "KEY", env = "FACILITATOR_EVM_PRIVATE_KEY", hide_env_values = true)]
    pub evm_key: Option<String>,

    /// On Solana, check as the first generation of facilitators does: exactly three instructions
    /// (so no memo), the fee payer in no instruction's accounts, both token accounts in existence.
    #[arg(long)]
    pub legacy: bool,

    /// The most signatures that a transaction on Solana may ask for, the fee payer's included.
    #[arg(long, value_name = "COUNT")]
    pub maximum_signers: Option<usize>,

    #[expect(
        missing_docs,
        reason = "it is explained by the list of faults, which is printed as help"
    )]
    #[arg(long = "fault", value_name = "LIST", long_help = fault_help())]
    pub faults: Vec<FaultList<FacilitatorFault>>,

    /// What decides which requests the faults strike; drawn, and printed, if not given.
    #[arg(long, value_name = "NUMBER", requires = "faults")]
    pub fault_seed: Option<u64>,
}

/// A network that can be named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FacilitatorNetwork {
    /// A Solana cluster.
    Solana(SolanaNetwork),
    /// An EVM chain.
    Evm(EvmNetwork),
}

/// Why the facilitator does not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The fee payer's key is neither base58 nor a readable file.
    #[error("--fee-payer is neither a base58 key of 64 bytes nor a solana-keygen file")]
    FeePayer,
    /// The key for gas is no key.
    #[error("--evm-key is {0}")]
    EvmKey(#[from] NotASecretKey),
    /// No key could be made, or no seed for the faults.
    #[error("cannot draw a key or a --fault-seed: {0}")]
    Random(#[from] getrandom::Error),
    /// One RPC cannot serve two EVM chains.
    #[error("--network names more than one EVM chain: start one facilitator for each")]
    TwoEvmNetworks,
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
}

/// Runs a facilitator until it is stopped.
pub async fn run(mut args: FacilitatorArgs, as_json: bool) -> Result<Infallible, CommandError> {
    let listener = listen(args.listen).await?;
    let faults = fault::command::faults(take(&mut args.faults), args.fault_seed, as_json)?;
    let config = args.config()?;
    with_senders(Announcement::new("facilitator", &listener, as_json), &config).print();
    Ok(serve(listener, Facilitator::new(config), faults).await)
}

impl FacilitatorArgs {
    fn config(self) -> Result<FacilitatorConfig, CommandError> {
        Ok(FacilitatorConfig { solana: self.solana()?, evm: self.evm()? })
    }

    fn solana(&self) -> Result<Option<SolanaConfig>, CommandError> {
        let networks: Vec<SolanaNetwork> = self.networks().filter_map(solana_network).collect();
        if networks.is_empty() {
            return Ok(None);
        }
        let fee_payer = match &self.fee_payer {
            Some(key) => read_key(key)?,
            None => Keypair::new(),
        };
        Ok(Some(SolanaConfig {
            networks,
            legacy: self.legacy,
            maximum_signers: self.maximum_signers,
            ..SolanaConfig::new(fee_payer, &self.rpc_url)
        }))
    }

    fn evm(&self) -> Result<Option<EvmConfig>, CommandError> {
        let networks: Vec<EvmNetwork> = self.networks().filter_map(evm_network).collect();
        let network = match *networks {
            [] => return Ok(None),
            [network] => network,
            _ => return Err(CommandError::TwoEvmNetworks),
        };
        let wallet = match &self.evm_key {
            Some(key) => Wallet::from_hex(key)?,
            None => Wallet::random()?,
        };
        let rpc_url = self.evm_rpc_url.as_deref().unwrap_or(EVM_RPC_URL);
        Ok(Some(EvmConfig { network, ..EvmConfig::new(wallet, rpc_url) }))
    }

    /// The networks that are named, or those that need no name.
    fn networks(&self) -> impl Iterator<Item = FacilitatorNetwork> {
        let unnamed = self.networks.is_empty();
        let devnet = FacilitatorNetwork::Solana(SolanaNetwork::Devnet);
        let base_sepolia = FacilitatorNetwork::Evm(EvmNetwork::BASE_SEPOLIA);
        let has_evm_rpc = self.evm_rpc_url.is_some();
        let defaults = [(devnet, unnamed), (base_sepolia, unnamed && has_evm_rpc)];
        let defaults =
            defaults.into_iter().filter_map(|(network, wanted)| wanted.then_some(network));
        self.networks.iter().copied().chain(defaults)
    }
}

impl FromStr for FacilitatorNetwork {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if let Ok(solana) = name.parse() {
            return Ok(Self::Solana(solana));
        }
        name.parse().map(Self::Evm).map_err(|_| {
            "neither a Solana cluster (devnet, testnet, mainnet) nor an EVM chain (base-sepolia, \
             eip155:84532)"
                .to_owned()
        })
    }
}

fn fault_help() -> String {
    FaultList::<FacilitatorFault>::help(
        "They strike settlements only, after they are through; but refuse settles nothing, and \
         settle-late so much later.",
    )
}

fn solana_network(network: FacilitatorNetwork) -> Option<SolanaNetwork> {
    match network {
        FacilitatorNetwork::Solana(network) => Some(network),
        FacilitatorNetwork::Evm(_) => None,
    }
}

fn evm_network(network: FacilitatorNetwork) -> Option<EvmNetwork> {
    match network {
        FacilitatorNetwork::Solana(_) => None,
        FacilitatorNetwork::Evm(network) => Some(network),
    }
}

/// Who has to have SOL and ether.
fn with_senders(mut announcement: Announcement, config: &FacilitatorConfig) -> Announcement {
    if let Some(solana) = &config.solana {
        announcement = announcement.with("fee payer", solana.fee_payer.pubkey());
    }
    if let Some(evm) = &config.evm {
        announcement = announcement.with("gas payer", evm.wallet.address());
    }
    announcement
}

fn read_key(key: &str) -> Result<Keypair, CommandError> {
    if Path::new(key).exists() {
        return read_keypair_file(key).map_err(|_| CommandError::FeePayer);
    }
    Keypair::try_from_base58_string(key).map_err(|_| CommandError::FeePayer)
}

const EVM_RPC_URL: &str = "http://127.0.0.1:8545";

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

    fn solana(flags: &[&str]) -> SolanaConfig {
        config(flags).unwrap().solana.unwrap()
    }

    #[test]
    fn nothing_must_be_said() {
        let config = config(&[]).unwrap();
        let solana = config.solana.unwrap();
        assert_eq!(solana.networks, [SolanaNetwork::Devnet]);
        assert!(!solana.legacy);
        assert!(config.evm.is_none());
    }

    #[test]
    fn keys_are_base58_or_files() {
        let key = Keypair::new();
        let base58 = solana(&["--fee-payer", &key.to_base58_string()]);
        assert_eq!(base58.fee_payer.pubkey(), key.pubkey());

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.json");
        write_keypair_file(&key, &path).unwrap();
        let file = solana(&["--fee-payer", path.to_str().unwrap()]);
        assert_eq!(file.fee_payer.pubkey(), key.pubkey());

        let neither = config(&["--fee-payer", "neither"]);
        assert!(matches!(neither, Err(CommandError::FeePayer)));
    }

    #[test]
    fn an_evm_rpc_brings_base_sepolia_along() {
        let config = config(&["--evm-rpc-url", "http://node"]).unwrap();
        assert!(config.solana.is_some());
        let evm = config.evm.unwrap();
        assert_eq!((evm.network, evm.rpc_url.as_str()), (EvmNetwork::BASE_SEPOLIA, "http://node"));
    }

    #[test]
    fn named_networks_are_all_that_is_served() {
        for name in ["base-sepolia", "eip155:84532"] {
            let config = config(&["--network", name]).unwrap();
            assert!(config.solana.is_none());
            let evm = config.evm.unwrap();
            assert_eq!(
                (evm.network, evm.rpc_url.as_str()),
                (EvmNetwork::BASE_SEPOLIA, EVM_RPC_URL)
            );
        }
        let flags = ["--network", "devnet", "--network", "mainnet", "--evm-rpc-url", "http://node"];
        let config = config(&flags).unwrap();
        let networks = config.solana.unwrap().networks;
        assert_eq!(networks, [SolanaNetwork::Devnet, SolanaNetwork::Mainnet]);
        assert!(config.evm.is_none());
    }

    #[test]
    fn one_rpc_is_one_chain() {
        let two = config(&["--network", "base", "--network", "base-sepolia"]);
        assert!(matches!(two, Err(CommandError::TwoEvmNetworks)));
        assert!(Command::try_parse_from(["facilitator", "--network", "dogecoin"]).is_err());
    }

    #[test]
    fn the_key_for_gas_is_hexadecimal() {
        let key = format!("0x{}", "07".repeat(32));
        let flags = ["--network", "base-sepolia", "--evm-key", &key];
        let wallet = Wallet::from_bytes(&[7; 32]).unwrap();
        assert_eq!(config(&flags).unwrap().evm.unwrap().wallet.address(), wallet.address());
        let error = config(&["--network", "base-sepolia", "--evm-key", &key[..65]]).err().unwrap();
        assert!(!error.to_string().contains(&key[2..20]), "{error}");
    }
}
