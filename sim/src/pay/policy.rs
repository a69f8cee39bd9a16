//! The policy of `x402-sim pay`, from its flags: USDC up to a dollar, unless they say otherwise.

use std::collections::HashSet;

use clap::Args;
use embedded_x402::codec::json::JsonStr;
use embedded_x402::evm::{Address, AddressError};
use embedded_x402::policy::{Asset, Budget, assets};
use embedded_x402::solana::Pubkey;
use embedded_x402::wire::{Amount, Network};

use crate::device::{BUDGETS, PolicyRule, known_usdc};
use crate::x402::SolanaNetwork;

/// What may be paid, in what, on which networks, and to whom.
#[derive(Debug, Clone, Default, Args)]
pub struct PolicyArgs {
    /// The most that may be paid, in atomic units of the asset (1000000 is 1 USDC).
    #[arg(long, value_name = "UNITS")]
    pub max_amount: Option<u64>,

    /// Pay only this address, on Solana or on EVM chains; repeatable. Without it, whomever the
    /// seller names.
    #[arg(long, value_name = "ADDRESS")]
    pub pay_to: Vec<String>,

    /// Pay only in this token, by its mint on Solana or its contract on an EVM chain; repeatable, in
    /// the order of preference. Without it, in USDC. A token that is not known by name needs
    /// --max-amount; a contract that is not known needs --network too, for its address means another
    /// token on another chain.
    #[arg(long, value_name = "ADDRESS")]
    pub asset: Vec<String>,

    /// Pay only on this network, by its CAIP-2 identifier ("eip155:8453") or its short name ("base",
    /// "solana-devnet" or just "devnet"); repeatable, in the order of preference. Without it, on every network that there is
    /// a key for, Solana's before EVM chains.
    #[arg(long, value_name = "NETWORK", value_parser = read_network)]
    pub network: Vec<Network>,

    /// Pay no more than so many atomic units of an asset in any so many seconds: 5000000/86400 is
    /// 5 USDC a day. It holds for each asset on each network by itself. It needs --journal, to keep
    /// count by, which has room for 4 budgets: narrow the policy with --asset or --network, for
    /// without either there are more.
    #[arg(long, value_name = "UNITS/SECONDS", value_parser = read_budget)]
    pub budget: Option<Budget>,
}

/// Why flags make no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// A token without a cap.
    #[error("the token {0} is not known by name: give --max-amount, in its atomic units")]
    NoCap(String),
    /// A token without a network.
    #[error("the token {0} is not known by name: give --network, the chain that it is on")]
    NoNetwork(String),
    /// A network without a token.
    #[error("nothing may be paid on {0}: give --asset, a token there")]
    NoAsset(Network),
    /// More budgets than a journal keeps.
    #[error(
        "--budget would hold for {count} assets, and a journal keeps {BUDGETS} budgets: name fewer \
         with --asset or --network"
    )]
    TooManyBudgets {
        /// The assets that the other flags allow.
        count: usize,
    },
    /// A text that is no address on any network.
    #[error("{0:?} is neither a Solana address (base58) nor an EVM address (0x and 40 digits)")]
    NotAnAddress(String),
    /// An EVM address with a typing error.
    #[error("{text:?}: {error}")]
    Mistyped {
        /// The text.
        text: String,
        /// What is wrong with it.
        error: AddressError,
    },
}

/// The default cap: a dollar, as in the reference clients.
const DEFAULT_CAP: u64 = 1_000_000;

/// The networks that a token known by its mint only may be on.
const SOLANA: [Network; 3] = [Network::Solana, Network::SolanaDevnet, Network::SolanaTestnet];

impl PolicyArgs {
    /// The rules, the preferred ones first.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub fn rules(&self) -> Result<Vec<PolicyRule>, PolicyError> {
        self.pay_to.iter().try_for_each(|text| check_address(text))?;
        let mut rules = self.rules_of_assets()?;
        if !self.pay_to.is_empty() {
            rules.iter_mut().for_each(|rule| rule.pay_to = Some(self.pay_to.clone()));
        }
        self.prefer_networks(&mut rules)?;
        self.limit(&mut rules)?;
        Ok(rules)
    }

    fn limit(&self, rules: &mut [PolicyRule]) -> Result<(), PolicyError> {
        let assets: HashSet<_> =
            rules.iter().map(|rule| (rule.network.to_string(), rule.address.clone())).collect();
        if self.budget.is_some() && assets.len() > BUDGETS {
            return Err(PolicyError::TooManyBudgets { count: assets.len() });
        }
        rules.iter_mut().for_each(|rule| rule.budget = self.budget);
        Ok(())
    }

    fn rules_of_assets(&self) -> Result<Vec<PolicyRule>, PolicyError> {
        if self.asset.is_empty() {
            return Ok(known_usdc(self.cap()));
        }
        let rules: Result<Vec<_>, _> = self.asset.iter().map(|text| self.rules_of(text)).collect();
        Ok(rules?.concat())
    }

    fn rules_of(&self, address: &str) -> Result<Vec<PolicyRule>, PolicyError> {
        check_address(address)?;
        let is_it = |asset: &&Asset<'_>| {
            self.may_pay_on(asset.network)
                && asset.network.same_address(JsonStr::from_raw(asset.address), address)
        };
        let known = assets::KNOWN.iter().filter(is_it);
        let rules: Vec<_> = known.map(|asset| PolicyRule::new(asset, self.cap())).collect();
        if rules.is_empty() { self.rules_of_unknown(address) } else { Ok(rules) }
    }

    fn rules_of_unknown(&self, address: &str) -> Result<Vec<PolicyRule>, PolicyError> {
        let networks: Vec<Network> = match (is_evm(address), self.network.as_slice()) {
            (false, []) => SOLANA.to_vec(),
            (evm, networks) => {
                networks.iter().copied().filter(|network| network.is_solana() != evm).collect()
            }
        };
        if networks.is_empty() {
            return Err(PolicyError::NoNetwork(address.to_owned()));
        }
        let cap = self.max_amount.ok_or_else(|| PolicyError::NoCap(address.to_owned()))?;
        let unnamed = |network| PolicyRule {
            address: address.to_owned(),
            ..PolicyRule::new(&Asset::new(network, ""), cap)
        };
        Ok(networks.into_iter().map(unnamed).collect())
    }

    /// The rules of the networks that flags name, in the flags' order; all of them without flags.
    fn prefer_networks(&self, rules: &mut Vec<PolicyRule>) -> Result<(), PolicyError> {
        if self.network.is_empty() {
            return Ok(());
        }
        let has_rule = |network: &&Network| rules.iter().any(|rule| rule.network == **network);
        if let Some(network) = self.network.iter().find(|network| !has_rule(network)) {
            return Err(PolicyError::NoAsset(*network));
        }
        rules.retain(|rule| self.may_pay_on(rule.network));
        rules.sort_by_key(|rule| self.network.iter().position(|network| *network == rule.network));
        Ok(())
    }

    fn may_pay_on(&self, network: Network) -> bool {
        self.network.is_empty() || self.network.contains(&network)
    }

    fn cap(&self) -> u64 {
        self.max_amount.unwrap_or(DEFAULT_CAP)
    }
}

fn read_network(text: &str) -> Result<Network, String> {
    let of_message = Network::from_caip2(text).or_else(|| Network::from_v1_name(text));
    let of_cluster = || Network::from_caip2(text.parse::<SolanaNetwork>().ok()?.caip2());
    of_message.or_else(of_cluster).ok_or_else(|| {
        "neither a CAIP-2 identifier (eip155:84532) nor a short name known here (base-sepolia, \
         devnet, solana-devnet)"
            .to_owned()
    })
}

fn read_budget(text: &str) -> Result<Budget, String> {
    let numbers = text.split_once('/').and_then(|(units, seconds)| {
        let (units, seconds) = (units.parse().ok()?, seconds.parse().ok()?);
        (units > 0 && seconds > 0).then_some((units, seconds))
    });
    let (units, seconds) = numbers.ok_or("not two whole numbers from 1 up, as in 5000000/86400")?;
    Ok(Budget::new(Amount(units), seconds))
}

fn is_evm(address: &str) -> bool {
    address.starts_with("0x")
}

fn check_address(text: &str) -> Result<(), PolicyError> {
    if is_evm(text) {
        let mistyped = |error| PolicyError::Mistyped { text: text.to_owned(), error };
        return Address::from_hex(text).map(drop).map_err(mistyped);
    }
    let read = Pubkey::from_base58(text).map(drop);
    read.map_err(|_| PolicyError::NotAnAddress(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Network = Network::Eip155(8453);
    const BASE_SEPOLIA: Network = Network::Eip155(84_532);
    const USDC: &str = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
    const UNKNOWN: &str = "0x11ae621bc0dccc23fdba7af9b9412061578055b6";
    const UNKNOWN_MINT: &str = "4mPACGWLk8bXJ54JHAcWZCmp5xXTZvKXscwyrsZeQfPt";

    fn asset(address: &str) -> PolicyArgs {
        PolicyArgs { asset: vec![address.to_owned()], ..PolicyArgs::default() }
    }

    fn on(networks: &[Network], args: PolicyArgs) -> PolicyArgs {
        PolicyArgs { network: networks.to_vec(), ..args }
    }

    fn networks(args: &PolicyArgs) -> Vec<Network> {
        args.rules().unwrap().iter().map(|rule| rule.network).collect()
    }

    fn error(args: PolicyArgs) -> PolicyError {
        args.rules().unwrap_err()
    }

    #[test]
    fn a_dollar_of_usdc_anywhere() {
        let rules = PolicyArgs::default().rules().unwrap();
        assert!(rules.iter().all(|rule| rule.symbol == "USDC" && rule.max_amount == 1_000_000));
        assert_eq!(rules[0].network, Network::Solana);
        assert!(rules.iter().any(|rule| rule.network == BASE_SEPOLIA));
    }

    #[test]
    fn networks_come_in_the_order_of_the_flags() {
        let order = [BASE_SEPOLIA, Network::SolanaDevnet, BASE];
        assert_eq!(networks(&on(&order, PolicyArgs::default())), order);
        assert_eq!(
            error(on(&[Network::Eip155(5)], PolicyArgs::default())).to_string(),
            "nothing may be paid on eip155:5: give --asset, a token there"
        );
    }

    #[test]
    fn a_known_contract_is_known_in_any_case() {
        for text in
            [USDC.to_owned(), USDC.to_lowercase(), format!("0x{}", USDC[2..].to_uppercase())]
        {
            let [rule] = &asset(&text).rules().unwrap()[..] else { panic!("one rule") };
            assert_eq!((rule.network, rule.symbol), (BASE_SEPOLIA, "USDC"), "{text}");
        }
        let elsewhere = on(&[BASE], asset(USDC));
        assert_eq!(error(elsewhere), PolicyError::NoCap(USDC.to_owned()));
    }

    #[test]
    fn an_unknown_contract_needs_a_network_and_a_cap() {
        let capped = PolicyArgs { max_amount: Some(7), ..asset(UNKNOWN) };
        assert_eq!(error(asset(UNKNOWN)), PolicyError::NoNetwork(UNKNOWN.to_owned()));
        assert_eq!(error(capped.clone()), PolicyError::NoNetwork(UNKNOWN.to_owned()));
        let on_solana = on(&[Network::Solana], capped.clone());
        assert_eq!(error(on_solana), PolicyError::NoNetwork(UNKNOWN.to_owned()));
        assert_eq!(error(on(&[BASE], asset(UNKNOWN))), PolicyError::NoCap(UNKNOWN.to_owned()));
        let rules = on(&[BASE], capped).rules().unwrap();
        assert_eq!((rules.len(), rules[0].network, rules[0].max_amount), (1, BASE, 7));
    }

    #[test]
    fn an_unknown_mint_may_be_on_any_network_of_solana() {
        assert_eq!(error(asset(UNKNOWN_MINT)), PolicyError::NoCap(UNKNOWN_MINT.to_owned()));
        let capped = PolicyArgs { max_amount: Some(7), ..asset(UNKNOWN_MINT) };
        assert_eq!(networks(&capped), SOLANA);
        let devnet = on(&[Network::SolanaDevnet], capped);
        assert_eq!(networks(&devnet), [Network::SolanaDevnet]);
    }

    #[test]
    fn mistyped_addresses_are_told() {
        let wrong = USDC.replace("Cb", "cb");
        let checksum =
            PolicyError::Mistyped { text: wrong.clone(), error: AddressError::WrongChecksum };
        assert_eq!(error(asset(&wrong)), checksum);
        let pay_to = PolicyArgs { pay_to: vec![wrong], ..PolicyArgs::default() };
        assert_eq!(error(pay_to), checksum);
        assert_eq!(error(asset("USDC")), PolicyError::NotAnAddress("USDC".to_owned()));
    }

    #[test]
    fn every_spelling_names_a_network() {
        for devnet in ["devnet", "solana-devnet", "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"] {
            assert_eq!(read_network(devnet), Ok(Network::SolanaDevnet), "{devnet}");
        }
        assert_eq!(read_network("eip155:84532"), Ok(BASE_SEPOLIA));
        assert_eq!(read_network("base-sepolia"), Ok(BASE_SEPOLIA));
        assert!(read_network("mars").is_err());
    }

    #[test]
    fn a_budget_is_units_in_seconds() {
        assert_eq!(read_budget("5000000/86400"), Ok(Budget::new(Amount(5_000_000), 86_400)));
        for wrong in ["", "5", "5/", "/5", "0/5", "5/0", "5/4294967296", "-1/5", "1.5/60", "1/2/3"]
        {
            assert!(read_budget(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_budget_holds_for_as_many_assets_as_a_journal_has_room_for() {
        let budget = Some(Budget::new(Amount(7), 60));
        let any = PolicyArgs { budget, ..PolicyArgs::default() };
        let count = PolicyArgs::default().rules().unwrap().len();
        assert_eq!(error(any.clone()), PolicyError::TooManyBudgets { count });
        let four = [Network::Solana, Network::SolanaDevnet, BASE, BASE_SEPOLIA];
        let rules = on(&four, any).rules().unwrap();
        assert_eq!(rules.len(), BUDGETS);
        assert!(rules.iter().all(|rule| rule.budget == budget));
    }
}
