//! A device's policy as flags and tests give it: rules that own their texts.

use embedded_x402::policy::{Allowed, Asset, Rule, TokenStandard, assets};
use embedded_x402::wire::{Amount, Network};

/// Allows payments in one asset, like [`Rule`].
#[derive(Debug, Clone)]
pub struct PolicyRule {
    /// The network.
    pub network: Network,
    /// The token's mint or contract.
    pub address: String,
    /// What people call it.
    pub symbol: &'static str,
    /// How it is moved, where that is known.
    pub standard: Option<TokenStandard>,
    /// The most that one payment may cost, in atomic units.
    pub max_amount: u64,
    /// Who may be paid; anybody if missing.
    pub pay_to: Option<Vec<String>>,
    /// Which sellers may ask; any if missing.
    pub origins: Option<Vec<String>>,
}

impl PolicyRule {
    /// Allows up to `max_amount` atomic units of `asset`.
    pub fn new(asset: &Asset<'static>, max_amount: u64) -> Self {
        PolicyRule {
            network: asset.network,
            address: asset.address.to_owned(),
            symbol: asset.symbol,
            standard: asset.standard,
            max_amount,
            pay_to: None,
            origins: None,
        }
    }

    /// The rule as the crate takes it, with the lists that it borrows.
    pub(super) fn borrow<'a>(
        &'a self,
        pay_to: &'a Option<Vec<&'a str>>,
        origins: &'a Option<Vec<&'a str>>,
    ) -> Rule<'a> {
        let asset = Asset {
            network: self.network,
            address: &self.address,
            symbol: self.symbol,
            standard: self.standard,
        };
        Rule {
            pay_to: allowed(pay_to),
            origins: allowed(origins),
            ..Rule::new(asset, Amount(self.max_amount))
        }
    }
}

/// Allows USDC up to `max_amount` atomic units on every network where it is known: on Solana first,
/// then on EVM chains.
pub fn known_usdc(max_amount: u64) -> Vec<PolicyRule> {
    let usdc = assets::KNOWN.iter().filter(|asset| asset.symbol == "USDC");
    usdc.map(|asset| PolicyRule::new(asset, max_amount)).collect()
}

pub(super) fn list(texts: &Option<Vec<String>>) -> Option<Vec<&str>> {
    texts.as_ref().map(|texts| texts.iter().map(String::as_str).collect())
}

fn allowed<'a>(texts: &'a Option<Vec<&'a str>>) -> Allowed<'a> {
    texts.as_ref().map_or(Allowed::Any, |texts| Allowed::Only(texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usdc_is_preferred_on_solana() {
        let rules = known_usdc(1);
        let solana = rules.iter().take_while(|rule| rule.network.is_solana()).count();
        assert_eq!(solana, 3);
        assert!(rules[solana..].iter().all(|rule| matches!(rule.network, Network::Eip155(_))));
        assert!(rules.iter().any(|rule| rule.network == Network::Eip155(84_532)));
    }
}
