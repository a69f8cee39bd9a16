//! `x402-sim seller`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use solana_address::Address;
use tokio::net::TcpListener;
use tracing::info;

use super::{
    Accept, ChallengeBody, Connection, Price, Resource, Route, Seller, SellerConfig, serve,
};
use crate::x402::{SolanaNetwork, Version};

/// Sell resources for payments on Solana.
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

    /// Who gets the money: a Solana address whose token account exists.
    #[arg(long, value_name = "ADDRESS", required_unless_present = "config")]
    pub pay_to: Option<Address>,

    /// The cluster to be paid on.
    #[arg(long, value_name = "NETWORK", default_value = "devnet")]
    pub network: SolanaNetwork,

    /// The mint to be paid in; the network's USDC if none is given.
    #[arg(long, value_name = "MINT")]
    pub asset: Option<Address>,

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

    /// Put entries with unknown schemes and networks before the real one.
    #[arg(long)]
    pub decoys: bool,

    /// Fill challenges up with entries on other networks until there are this many.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub pad_accepts_to: usize,

    /// What happens to the connection after a challenge.
    #[arg(long, value_enum, default_value_t)]
    pub connection: Connection,

    /// How the body of a version 1 challenge travels.
    #[arg(long, value_enum, default_value_t)]
    pub challenge_body: ChallengeBody,
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
    /// The address cannot be listened on, or no longer.
    #[error("cannot listen: {0}")]
    Listen(#[from] std::io::Error),
}

/// Runs a seller until it is stopped.
pub async fn run(args: SellerArgs) -> Result<(), CommandError> {
    let listener = TcpListener::bind(args.listen).await?;
    let address = listener.local_addr()?;
    let config = args.into_config()?;
    for route in &config.routes {
        let version = u8::from(route.version);
        println!("sells http://{address}{} (x402 version {version})", route.path);
    }
    println!("seller http://{address}");
    info!(%address, "seller listens");
    Ok(serve(listener, Seller::new(config)).await?)
}

impl SellerArgs {
    fn into_config(self) -> Result<SellerConfig, CommandError> {
        let mut config = match &self.config {
            Some(path) => read_config(path)?,
            None => self.flags_config(),
        };
        if let Some(url) = self.facilitator_url {
            config.facilitator_url = url;
        }
        config.rpc_url = self.rpc_url.or(config.rpc_url);
        Ok(config)
    }

    fn flags_config(&self) -> SellerConfig {
        let versions = [(Version::V2, ""), (Version::V1, "/v1")];
        let routes = versions.into_iter().flat_map(|(version, prefix)| {
            let offers = self.offers().into_iter();
            offers.map(move |(path, resource)| self.route(version, prefix, path, resource))
        });
        SellerConfig {
            connection: self.connection,
            challenge_body: self.challenge_body,
            routes: routes.collect(),
            ..SellerConfig::new("http://127.0.0.1:4022")
        }
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

    fn route(&self, version: Version, prefix: &str, path: &str, resource: Resource) -> Route {
        Route {
            version,
            memo: self.memo.clone(),
            bazaar: self.bazaar,
            decoys: self.decoys,
            pad_accepts_to: self.pad_accepts_to,
            ..Route::new(format!("{prefix}{path}"), resource, self.accept())
        }
    }

    fn accept(&self) -> Accept {
        let text = |address: Option<Address>| address.map(|address| address.to_string());
        let asset = text(self.asset).unwrap_or_else(|| self.network.usdc().to_owned());
        let pay_to = text(self.pay_to).unwrap_or_default();
        Accept::new(self.network.caip2(), asset, pay_to, self.price.clone())
    }
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
