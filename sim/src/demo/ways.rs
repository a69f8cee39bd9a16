//! The ways to pay that the demonstration shows, and the routes that the seller has for them.

use embedded_x402::wire::Network;
use serde_json::json;
use solana_address::Address;

use crate::chain::genesis;
use crate::evm_chain;
use crate::market::{Market, Payees};
use crate::seller::{Accept, Price, Resource, Route};
use crate::x402::{EvmNetwork, SolanaNetwork, Version};

/// One way to pay.
pub(super) struct Way {
    pub(super) name: &'static str,
    pub(super) path: &'static str,
    pub(super) version: Version,
    pub(super) token: Token,
    /// In atomic units.
    pub(super) price: u64,
    /// Whether the device has a clock.
    pub(super) has_clock: bool,
    /// What is special about the route.
    stock: fn(&mut Route, &Payees),
}

/// What is paid in. All have six decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    SolanaUsdc,
    SolanaPyusd,
    EvmUsdc,
}

/// A wallet on each chain.
pub(super) struct Owner {
    pub(super) solana: Address,
    pub(super) evm: evm_chain::Address,
}

pub(super) fn ways() -> [Way; 11] {
    use Token::{EvmUsdc, SolanaPyusd, SolanaUsdc};
    let way = |name, path, version, token, price| Way {
        name,
        path,
        version,
        token,
        price,
        has_clock: true,
        stock: |_, _| {},
    };
    let (v1, v2) = (Version::V1, Version::V2);
    [
        way("plain", "/v2/weather", v2, SolanaUsdc, 1_000),
        Way {
            stock: |route, _| route.recent_blockhash = false,
            ..way("blockhash from the chain", "/v2/no-hash", v2, SolanaUsdc, 2_000)
        },
        Way {
            stock: |route, _| route.memo = Some("order 42".to_owned()),
            ..way("Token-2022, seller's memo", "/v2/memo", v2, SolanaPyusd, 3_000)
        },
        Way {
            stock: |route, _| enlarge(route),
            ..way("10 accepts, 5 KB extension", "/v2/large", v2, SolanaUsdc, 4_000)
        },
        way("plain", "/v1/weather", v1, SolanaUsdc, 5_000),
        Way {
            stock: |route, _| describe(route),
            ..way("Token-2022, output schema", "/v1/schema", v1, SolanaPyusd, 6_000)
        },
        way("plain", "/v2/evm/weather", v2, EvmUsdc, 7_000),
        Way {
            has_clock: false,
            ..way("no clock but the seller's Date", "/v2/evm/no-clock", v2, EvmUsdc, 8_000)
        },
        Way {
            stock: offer_solana_too,
            ..way("10 accepts on both chains, 5 KB extension", "/v2/both", v2, EvmUsdc, 9_000)
        },
        way("plain", "/v1/evm/weather", v1, EvmUsdc, 10_000),
        Way {
            has_clock: false,
            stock: |route, _| describe(route),
            ..way("no clock, output schema", "/v1/evm/schema", v1, EvmUsdc, 11_000)
        },
    ]
}

fn enlarge(route: &mut Route) {
    (route.bazaar, route.decoys, route.pad_accepts_to) = (true, true, 10);
}

fn describe(route: &mut Route) {
    route.output_schema = Some(json!({"input": {"type": "http", "method": "GET"}}));
}

/// Offers the same on Solana, first and cheaper: the device prefers the EVM chain all the same.
fn offer_solana_too(route: &mut Route, payees: &Payees) {
    route.accepts.insert(0, Token::SolanaUsdc.accept(route.version, 1, payees));
    enlarge(route);
}

impl Way {
    /// What the seller has for it.
    pub(super) fn route(&self, payees: &Payees) -> Route {
        let accept = self.token.accept(self.version, self.price, payees);
        let mut route = Route::new(self.path, Resource::Weather, accept);
        route.version = self.version;
        route.recent_blockhash = true;
        (self.stock)(&mut route, payees);
        route
    }
}

impl Token {
    /// All that the demonstration deals in.
    pub(super) const ALL: [Token; 3] = [Token::SolanaUsdc, Token::SolanaPyusd, Token::EvmUsdc];

    pub(super) fn symbol(self) -> &'static str {
        match self {
            Token::SolanaUsdc | Token::EvmUsdc => "USDC",
            Token::SolanaPyusd => "PYUSD",
        }
    }

    pub(super) fn network(self) -> Network {
        match self {
            Token::SolanaUsdc | Token::SolanaPyusd => Network::SolanaDevnet,
            Token::EvmUsdc => Network::Eip155(evm_chain::genesis::CHAIN_ID),
        }
    }

    /// The owner's balance, in atomic units.
    pub(super) fn balance(self, market: &Market, owner: &Owner) -> u64 {
        match self {
            Token::SolanaUsdc => market.chain.token_balance(&owner.solana, &genesis::USDC),
            Token::SolanaPyusd => market.chain.token_balance(&owner.solana, &genesis::PYUSD),
            Token::EvmUsdc => market.evm_chain.token_balance(owner.evm).saturating_to(),
        }
    }

    fn accept(self, version: Version, price: u64, payees: &Payees) -> Accept {
        let price = Price::Atomic(price.to_string());
        match self {
            Token::SolanaUsdc => on_solana(version, genesis::USDC, price, payees),
            Token::SolanaPyusd => on_solana(version, genesis::PYUSD, price, payees),
            Token::EvmUsdc => on_evm(version, price, payees),
        }
    }
}

fn on_solana(version: Version, mint: Address, price: Price, payees: &Payees) -> Accept {
    let network = match version {
        Version::V1 => SolanaNetwork::Devnet.v1_name(),
        Version::V2 => SolanaNetwork::Devnet.caip2(),
    };
    Accept::new(network, mint.to_string(), payees.solana.to_string(), price)
}

fn on_evm(version: Version, price: Price, payees: &Payees) -> Accept {
    let caip2 = EvmNetwork::BASE_SEPOLIA.caip2();
    let network = match version {
        Version::V1 => EvmNetwork::BASE_SEPOLIA.v1_name().map_or(caip2, str::to_owned),
        Version::V2 => caip2,
    };
    Accept::new(network, evm_chain::genesis::USDC.to_string(), payees.evm.to_string(), price)
}
