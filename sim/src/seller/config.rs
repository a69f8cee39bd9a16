//! What a seller sells, for how much, and how it talks about it.
//!
//! The same fields are Rust values and the keys of a TOML file:
//!
//! ```toml
//! facilitator_url = "http://127.0.0.1:4022"
//! rpc_url = "http://127.0.0.1:8899"   # optional: put a recent blockhash into challenges
//!
//! [[routes]]
//! path = "/weather"
//! resource = "weather"
//! description = "The weather here"
//!
//! [[routes.accepts]]
//! network = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"
//! asset = "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU"
//! pay_to = "4mPACGWLk8bXJ54JHAcWZCmp5xXTZvKXscwyrsZeQfPt"
//! price = "$0.001"
//!
//! [[routes.accepts]]                  # another way to pay for the same
//! network = "eip155:84532"
//! asset = "0x036CbD53842c5426634e7929541eC2318f3dCF7e"
//! pay_to = "0x11AE621BC0DcCc23FDBa7AF9b9412061578055B6"
//! price = "$0.001"
//! extra = { name = "USDC", version = "2" }   # optional for known USDC
//! ```

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::price::Price;
use crate::x402::Version;

/// A seller's whole configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SellerConfig {
    /// The facilitator that verifies and settles.
    #[serde(default = "default_facilitator_url")]
    pub facilitator_url: String,
    /// A Solana RPC to take recent blockhashes from. Without it, challenges carry none, and
    /// clients have to find their own.
    #[serde(default)]
    pub rpc_url: Option<String>,
    /// What happens to the connection after a challenge.
    #[serde(default)]
    pub connection: Connection,
    /// How the body of a v1 challenge travels.
    #[serde(default)]
    pub challenge_body: ChallengeBody,
    /// What is for sale. The first route that fits a request serves it.
    #[serde(default)]
    pub routes: Vec<Route>,
}

/// One thing for sale.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The path, or the start of many if it ends in `/*`.
    pub path: String,
    /// The request methods that must pay; all if there are none.
    #[serde(default)]
    pub methods: Vec<String>,
    /// The protocol version that the route speaks.
    #[serde(default = "default_version")]
    pub version: Version,
    /// The ways to pay.
    pub accepts: Vec<Accept>,
    /// What comes out once it is paid.
    pub resource: Resource,
    /// A sentence about the resource.
    #[serde(default)]
    pub description: String,
    /// The type of what comes out.
    #[serde(default = "default_mime_type")]
    pub mime_type: String,
    /// Whether to put a recent blockhash into v2 requirements on Solana, given an RPC.
    #[serde(default = "default_true")]
    pub recent_blockhash: bool,
    /// A memo that payments on Solana must carry.
    #[serde(default)]
    pub memo: Option<String>,
    /// Extensions to advertise (v2), as they go over the wire.
    #[serde(default)]
    pub extensions: Map<String, Value>,
    /// Advertise the built-in discovery extension too: some 5 KB of JSON (v2).
    #[serde(default)]
    pub bazaar: bool,
    /// Put entries with unknown schemes and networks before the real ones.
    #[serde(default)]
    pub decoys: bool,
    /// Fill up with entries for other tokens until there are this many.
    #[serde(default)]
    pub pad_accepts_to: usize,
    /// The schema of what comes out (v1: `outputSchema.output`).
    #[serde(default)]
    pub output_schema: Option<Value>,
}

/// One way to pay.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// The scheme.
    #[serde(default = "default_scheme")]
    pub scheme: String,
    /// The network, as CAIP-2 identifier or by its v1 name: routes of either version understand
    /// both.
    pub network: String,
    /// The token.
    pub asset: String,
    /// Who gets the money.
    pub pay_to: String,
    /// How much.
    pub price: Price,
    /// The token's decimals, for prices in dollars.
    #[serde(default = "default_decimals")]
    pub decimals: u8,
    /// How long a payment may stay unsettled; 300 (v2) or 60 (v1) if unset.
    #[serde(default)]
    pub max_timeout_seconds: Option<u64>,
    /// What else clients need to know, as `name` and `version` of the token's EIP-712 domain on EVM
    /// networks, which USDC brings along on the best known ones. The fee payer on Solana comes from
    /// the facilitator.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

/// What a route gives out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// A small JSON object about the weather.
    Weather,
    /// The body of the request.
    Echo,
    /// The status that the path ends in: `/status/500` fails after the payment was verified.
    Status,
    /// The files of a directory, by the rest of the path.
    Directory(PathBuf),
}

/// What happens to the connection after a challenge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Connection {
    /// The paid request may come on the same connection.
    #[default]
    KeepAlive,
    /// The seller hangs up.
    Close,
}

/// How the body of a v1 challenge travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ChallengeBody {
    /// Its length is announced.
    #[default]
    ContentLength,
    /// In chunks of odd sizes.
    Chunked,
}

impl SellerConfig {
    /// A seller with nothing to sell yet.
    pub fn new(facilitator_url: impl Into<String>) -> Self {
        Self {
            facilitator_url: facilitator_url.into(),
            rpc_url: None,
            connection: Connection::default(),
            challenge_body: ChallengeBody::default(),
            routes: Vec::new(),
        }
    }

    /// Reads a TOML file's text.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The route that serves a request.
    pub(super) fn route(&self, method: &str, path: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.takes(method) && route.rest_of(path).is_some())
    }
}

impl Route {
    /// A v2 route for every method, with one way to pay.
    pub fn new(path: impl Into<String>, resource: Resource, accept: Accept) -> Self {
        Self::accepting(path, resource, vec![accept])
    }

    /// A v2 route for every method, with any number of ways to pay.
    pub fn accepting(path: impl Into<String>, resource: Resource, accepts: Vec<Accept>) -> Self {
        Self {
            path: path.into(),
            methods: Vec::new(),
            version: default_version(),
            accepts,
            resource,
            description: String::new(),
            mime_type: default_mime_type(),
            recent_blockhash: true,
            memo: None,
            extensions: Map::new(),
            bazaar: false,
            decoys: false,
            pad_accepts_to: 0,
            output_schema: None,
        }
    }

    fn takes(&self, method: &str) -> bool {
        let mut methods = self.methods.iter();
        self.methods.is_empty() || methods.any(|taken| taken.eq_ignore_ascii_case(method))
    }

    /// What the path has behind the route's own, if it is this route's.
    pub(super) fn rest_of<'a>(&self, path: &'a str) -> Option<&'a str> {
        match self.path.strip_suffix("/*") {
            Some(start) => path.strip_prefix(start)?.strip_prefix('/'),
            None => (path == self.path).then_some(""),
        }
    }
}

impl Accept {
    /// An entry of the `exact` scheme for a token of six decimals.
    pub fn new(
        network: impl Into<String>,
        asset: impl Into<String>,
        pay_to: impl Into<String>,
        price: Price,
    ) -> Self {
        Self {
            scheme: default_scheme(),
            network: network.into(),
            asset: asset.into(),
            pay_to: pay_to.into(),
            price,
            decimals: default_decimals(),
            max_timeout_seconds: None,
            extra: Map::new(),
        }
    }
}

/// Where `x402-sim facilitator` listens unless it is told otherwise.
pub(super) const FACILITATOR_URL: &str = "http://127.0.0.1:4022";

fn default_facilitator_url() -> String {
    FACILITATOR_URL.to_owned()
}

fn default_version() -> Version {
    Version::V2
}

fn default_scheme() -> String {
    "exact".to_owned()
}

fn default_mime_type() -> String {
    "application/json".to_owned()
}

fn default_decimals() -> u8 {
    6
}

fn default_true() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = r#"
        facilitator_url = "http://127.0.0.1:9"
        connection = "close"
        challenge_body = "chunked"

        [[routes]]
        path = "/files/*"
        methods = ["GET"]
        version = 1
        resource = { directory = "/srv/data" }
        memo = "order 7"
        extensions = { note = { info = { n = 1 } } }

        [[routes.accepts]]
        network = "solana-devnet"
        asset = "mint"
        pay_to = "owner"
        price = "$0.001"
        extra = { name = "USDC" }
    "#;

    #[test]
    fn a_toml_file_configures_everything() {
        let config = SellerConfig::from_toml(EXAMPLE).unwrap();
        let route = &config.routes[0];
        assert_eq!(config.connection, Connection::Close);
        assert_eq!(config.challenge_body, ChallengeBody::Chunked);
        assert_eq!(route.version, Version::V1);
        assert_eq!(route.resource, Resource::Directory("/srv/data".into()));
        assert_eq!(route.accepts[0].price, Price::Dollars("0.001".into()));
        assert_eq!(route.accepts[0].extra["name"], "USDC");
        assert_eq!(route.extensions["note"]["info"]["n"], 1);
    }

    #[test]
    fn misspelt_keys_are_errors() {
        let misspelt = EXAMPLE.replace("memo =", "meno =");
        assert!(SellerConfig::from_toml(&misspelt).is_err());
    }

    #[test]
    fn a_route_takes_its_methods_and_paths() {
        let config = SellerConfig::from_toml(EXAMPLE).unwrap();
        assert!(config.route("GET", "/files/a/b").is_some());
        assert!(config.route("POST", "/files/a").is_none());
        assert!(config.route("GET", "/files").is_none());
        assert_eq!(config.routes[0].rest_of("/files/a/b"), Some("a/b"));
    }
}
