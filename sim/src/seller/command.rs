//! `x402-sim seller`.

use std::convert::Infallible;
use std::mem::take;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use solana_address::Address;

use super::config::FACILITATOR_URL;
use super::{
    Accept, ChallengeBody, Connection, Price, Resource, Route, Seller, SellerConfig, serve,
};
use crate::evm_chain::{self, command::parse_address};
use crate::fault::{self, FaultList, SellerFault};
use crate::listen::{Announcement, ListenError, listen, print_line};
use crate::x402::{EvmNetwork, SolanaNetwork, Version};

/// Sell resources for payments on Solana, on an EVM chain, or on either.
///
/// Without a configuration file, /weather (GET), /echo (its request's body), /status/N (answers
/// status N after the payment was verified) and, with --dir, /files/... are for sale in x402
/// version 2, and the same under /v1 in version 1.
#[derive(Clone, Debug, Args)]
pub struct SellerArgs {
    /// Address and port to listen on; port 0 takes any free one. The address in use is printed.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4021")]
    pub listen: SocketAddr,

    /// A TOML file that says what is for sale; the flags about prices and challenges are then
    /// not looked at.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The facilitator that verifies and settles; http://127.0.0.1:4022 unless the configuration
    /// file names another.
    #[arg(long, value_name = "URL")]
    pub facilitator_url: Option<String>,

    /// A Solana RPC, as http://127.0.0.1:8899, to put recent blockhashes into challenges, so that
    /// clients need no RPC of their own. Without it challenges carry none.
    #[arg(long, value_name = "URL")]
    pub rpc_url: Option<String>,

    /// Who gets the money: a Solana address whose token account exists. This, --evm-pay-to, or both.
    #[arg(long, value_name = "ADDRESS", required_unless_present_any = ["config", "evm_pay_to"])]
    pub pay_to: Option<Address>,

    /// The Solana cluster to be paid on: devnet, testnet or mainnet, or by one of the names that x402
    /// gives it (solana-devnet, or its CAIP-2 identifier).
    #[arg(long, value_name = "NETWORK", default_value = "devnet")]
    pub network: SolanaNetwork,

    /// The mint to be paid in; the cluster's USDC if none is given.
    #[arg(long, value_name = "MINT")]
    pub asset: Option<Address>,

    /// Who gets the money on an EVM chain: any address. What is for sale then has this as its
    /// second way to pay, or as its only one without --pay-to.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    pub evm_pay_to: Option<evm_chain::Address>,

    /// The EVM chain to be paid on, by the name that x402 gives it: base-sepolia, eip155:84532.
    #[arg(long, value_name = "NETWORK", default_value = "base-sepolia")]
    pub evm_network: EvmNetwork,

    /// The contract of the EIP-3009 token to be paid in; the chain's USDC if none is given.
    #[arg(long, value_name = "CONTRACT", value_parser = parse_address)]
    #[arg(requires_all = ["evm_asset_name", "evm_asset_version"])]
    pub evm_asset: Option<evm_chain::Address>,

    /// The name in the EIP-712 domain of --evm-asset.
    #[arg(long, value_name = "NAME", requires = "evm_asset")]
    pub evm_asset_name: Option<String>,

    /// The version in the EIP-712 domain of --evm-asset.
    #[arg(long, value_name = "VERSION", requires = "evm_asset")]
    pub evm_asset_version: Option<String>,

    /// The price of everything: dollars ($0.001, for tokens of six decimals) or atomic units
    /// (1000).
    #[arg(long, value_name = "PRICE", default_value = "$0.001")]
    pub price: Price,

    /// A directory to sell the files of, under /files/.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// A memo that every payment must carry, up to 256 bytes.
    #[arg(long, value_name = "TEXT")]
    pub memo: Option<String>,

    /// Advertise a discovery extension of some 5 KB (version 2).
    #[arg(long)]
    pub bazaar: bool,

    /// Put entries with unknown schemes and networks before the real ones.
    #[arg(long)]
    pub decoys: bool,

    /// Fill challenges up with entries for other tokens until there are this many.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub pad_accepts_to: usize,

    /// What happens to the connection after a challenge.
    #[arg(long, value_enum, default_value_t)]
    pub connection: Connection,

    /// How the body of a version 1 challenge travels.
    #[arg(long, value_enum, default_value_t)]
    pub challenge_body: ChallengeBody,

    #[expect(
        missing_docs,
        reason = "it is explained by the list of faults, which is printed as help"
    )]
    #[arg(long = "fault", value_name = "LIST", long_help = fault_help())]
    pub faults: Vec<FaultList<SellerFault>>,

    /// What decides which requests the faults strike; drawn, and printed, if not given.
    #[arg(long, value_name = "NUMBER", requires = "faults")]
    pub fault_seed: Option<u64>,
}

/// Why the seller does not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The configuration file cannot be read.
    #[error("cannot read {path}: {cause}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The configuration file says something that sellers do not understand.
    #[error("{path}: {cause}")]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        cause: toml::de::Error,
    },
    /// No USDC is known on the EVM chain.
    #[error("no USDC is known on {0}: name a token with --evm-asset")]
    UnknownUsdc(String),
    /// There is no seed for the faults.
    #[error("cannot draw a --fault-seed: {0}")]
    Random(#[from] getrandom::Error),
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
}

/// Runs a seller until it is stopped.
pub async fn run(mut args: SellerArgs, as_json: bool) -> Result<Infallible, CommandError> {
    let listener = listen(args.listen).await?;
    let faults = fault::command::faults(take(&mut args.faults), args.fault_seed, as_json)?;
    let config = args.into_config()?;
    let announcement = Announcement::new("seller", &listener, as_json);
    for route in &config.routes {
        let (url, version) = (announcement.url(), u8::from(route.version));
        let url = format!("{url}{}", route.path);
        print_line(&if as_json {
            json!({"sells": url, "x402_version": version}).to_string()
        } else {
            format!("sells {url} (x402 version {version})")
        });
    }
    announcement.print();
    Ok(serve(listener, Seller::new(config), faults).await)
}

impl SellerArgs {
    fn into_config(self) -> Result<SellerConfig, CommandError> {
        let mut config = match &self.config {
            Some(path) => read_config(path)?,
            None => self.flags_config()?,
        };
        if let Some(url) = self.facilitator_url {
            config.facilitator_url = url;
        }
        config.rpc_url = self.rpc_url.or(config.rpc_url);
        Ok(config)
    }

    fn flags_config(&self) -> Result<SellerConfig, CommandError> {
        let accepts = self.accepts()?;
        let versions = [(Version::V2, ""), (Version::V1, "/v1")];
        let routes = versions.into_iter().flat_map(|(version, prefix)| {
            let offers = self.offers().into_iter();
            let accepts = &accepts;
            offers.map(move |(path, resource)| Route {
                version,
                ..self.route(format!("{prefix}{path}"), resource, accepts.clone())
            })
        });
        Ok(SellerConfig {
            connection: self.connection,
            challenge_body: self.challenge_body,
            routes: routes.collect(),
            ..SellerConfig::new(FACILITATOR_URL)
        })
    }

    fn offers(&self) -> Vec<(&'static str, Resource)> {
        let mut offers = vec![
            ("/weather", Resource::Weather),
            ("/echo", Resource::Echo),
            ("/status/*", Resource::Status),
        ];
        if let Some(directory) = &self.dir {
            offers.push(("/files/*", Resource::Directory(directory.clone())));
        }
        offers
    }

    fn route(&self, path: String, resource: Resource, accepts: Vec<Accept>) -> Route {
        Route {
            memo: self.memo.clone(),
            bazaar: self.bazaar,
            decoys: self.decoys,
            pad_accepts_to: self.pad_accepts_to,
            ..Route::accepting(path, resource, accepts)
        }
    }

    fn accepts(&self) -> Result<Vec<Accept>, CommandError> {
        let solana = self.pay_to.map(|pay_to| self.solana_accept(pay_to));
        let evm = self.evm_pay_to.map(|pay_to| self.evm_accept(pay_to)).transpose()?;
        Ok(solana.into_iter().chain(evm).collect())
    }

    fn solana_accept(&self, pay_to: Address) -> Accept {
        let asset = self.asset.map(|asset| asset.to_string());
        let asset = asset.unwrap_or_else(|| self.network.usdc().to_owned());
        Accept::new(self.network.caip2(), asset, pay_to.to_string(), self.price.clone())
    }

    fn evm_accept(&self, pay_to: evm_chain::Address) -> Result<Accept, CommandError> {
        let network = self.evm_network.caip2();
        let usdc = self.evm_network.usdc().map(|usdc| usdc.address.to_owned());
        let asset = self.evm_asset.map(|asset| asset.to_string()).or(usdc);
        let asset = asset.ok_or_else(|| CommandError::UnknownUsdc(network.clone()))?;
        let domain = [("name", &self.evm_asset_name), ("version", &self.evm_asset_version)];
        let extra = domain
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), Value::from(value.as_deref()?))));
        Ok(Accept {
            extra: extra.collect(),
            ..Accept::new(network, asset, pay_to.to_string(), self.price.clone())
        })
    }
}

fn fault_help() -> String {
    FaultList::<SellerFault>::help(
        "Where nothing else is said, they strike requests with a payment only, and after it has \
         settled.",
    )
}

fn read_config(path: &PathBuf) -> Result<SellerConfig, CommandError> {
    let text = std::fs::read_to_string(path)
        .map_err(|cause| CommandError::Read { path: path.clone(), cause })?;
    SellerConfig::from_toml(&text)
        .map_err(|cause| CommandError::Config { path: path.clone(), cause })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: SellerArgs,
    }

    const PAY_TO: &str = "4mPACGWLk8bXJ54JHAcWZCmp5xXTZvKXscwyrsZeQfPt";

    const EVM_ADDRESS: &str = "0x11AE621BC0DcCc23FDBa7AF9b9412061578055B6";

    fn config(flags: &[&str]) -> SellerConfig {
        let flags = [&["seller", "--pay-to", PAY_TO], flags].concat();
        let command = Command::try_parse_from(flags).unwrap();
        command.args.into_config().unwrap()
    }

    #[test]
    fn the_receiver_is_all_that_must_be_said() {
        assert!(Command::try_parse_from(["seller"]).is_err());
        let config = config(&[]);
        assert_eq!(config.facilitator_url, "http://127.0.0.1:4022");
        assert_eq!(config.routes.len(), 6);
        let accept = &config.routes[0].accepts[0];
        assert_eq!(accept.pay_to, PAY_TO);
        assert_eq!(accept.asset, SolanaNetwork::Devnet.usdc());
        assert_eq!(accept.price, Price::Dollars("0.001".into()));
    }

    #[test]
    fn a_receiver_on_an_evm_chain_is_another_way_to_pay_or_the_only_one() {
        let pay_to = EVM_ADDRESS;
        let both = config(&["--evm-pay-to", &pay_to.to_lowercase()]);
        for route in &both.routes {
            let [solana, evm] = &route.accepts[..] else { panic!("{:?}", route.accepts) };
            assert_eq!(solana.pay_to, PAY_TO);
            assert_eq!((evm.network.as_str(), evm.pay_to.as_str()), ("eip155:84532", pay_to));
            assert_eq!(evm.asset, EvmNetwork::BASE_SEPOLIA.usdc().unwrap().address);
            assert!(evm.extra.is_empty(), "USDC's domain is known");
        }

        let flags = ["seller", "--evm-pay-to", pay_to, "--evm-network", "base"];
        let only = Command::try_parse_from(flags).unwrap().args.into_config().unwrap();
        assert_eq!(only.routes[0].accepts.len(), 1);
        assert_eq!(only.routes[0].accepts[0].network, "eip155:8453");
    }

    #[test]
    fn other_tokens_are_named_with_their_domain() {
        let token = ["--evm-pay-to", EVM_ADDRESS, "--evm-asset", EVM_ADDRESS];
        let domain = ["--evm-asset-name", "USD\u{20ae}0", "--evm-asset-version", "1"];
        let config = config(&[token, domain].concat());
        let evm = &config.routes[0].accepts[1];
        assert_eq!(evm.asset, EVM_ADDRESS);
        assert_eq!(evm.extra["name"], "USD\u{20ae}0");
        assert_eq!(evm.extra["version"], "1");
        assert!(Command::try_parse_from([&["seller"][..], &token].concat()).is_err());

        let flags = ["seller", "--evm-pay-to", EVM_ADDRESS, "--evm-network", "sei"];
        let unknown = Command::try_parse_from(flags).unwrap().args.into_config();
        assert!(
            matches!(unknown, Err(CommandError::UnknownUsdc(network)) if network == "eip155:1329")
        );
    }

    #[test]
    fn both_versions_sell_the_same() {
        let config = config(&["--dir", "/srv/data", "--memo", "order 7"]);
        let paths = |wanted| {
            let routes = config.routes.iter().filter(move |route| route.version == wanted);
            routes.map(|route| route.path.as_str()).collect::<Vec<_>>()
        };
        let v2 = ["/weather", "/echo", "/status/*", "/files/*"];
        assert_eq!(paths(Version::V2), v2);
        assert_eq!(paths(Version::V1), v2.map(|path| format!("/v1{path}")));
        assert!(config.routes.iter().all(|route| route.memo.as_deref() == Some("order 7")));
    }

    #[test]
    fn a_configuration_file_needs_no_flags() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("seller.toml");
        std::fs::write(&path, "facilitator_url = \"http://file\"").unwrap();
        let path = path.to_str().unwrap();
        let parse = |flags: &[&str]| {
            let flags = [&["seller", "--config", path], flags].concat();
            let command = Command::try_parse_from(flags).unwrap();
            command.args.into_config().unwrap()
        };
        assert_eq!(parse(&[]).facilitator_url, "http://file");
        let overruled = parse(&["--facilitator-url", "http://flag"]);
        assert_eq!(overruled.facilitator_url, "http://flag");
    }
}
