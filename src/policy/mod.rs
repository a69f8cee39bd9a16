//! What may be paid, to whom, and how much at once. An empty policy pays nothing.
//!
//! The seller's words decide nothing here: an entry of `accepts` is paid only if one rule of the
//! integrator's names its network, asset, scheme, payee and origin, and its price is within that
//! rule's cap.

mod approval;
mod asset;
pub mod assets;
mod budget;
mod refusal;

pub use approval::{Always, Approve, Never, Offer};
pub use asset::{Asset, TokenStandard};
pub use budget::{Budget, NotCounted, Spending, Spent};
pub use refusal::Refusal;

use crate::wire::{Amount, PaymentRequirements, Scheme};

/// The integrator's rules, in the order of preference: where a seller accepts several kinds of
/// payment, the first rule that allows one wins, and among its entries the cheapest.
#[derive(Debug, Clone, Copy, Default)]
pub struct PaymentPolicy<'a> {
    /// The rules; none of them, and nothing is paid.
    pub rules: &'a [Rule<'a>],
}

/// Allows payments in one asset.
#[derive(Debug, Clone, Copy)]
pub struct Rule<'a> {
    /// The asset, on its network.
    pub asset: Asset<'a>,
    /// The most that one payment may cost, in atomic units of the asset.
    pub max_amount: Amount,
    /// Who may be paid: addresses on the asset's network.
    pub pay_to: Allowed<'a>,
    /// Which sellers may ask: origins as `scheme://host` or `scheme://host:port`.
    pub origins: Allowed<'a>,
    /// By which schemes.
    pub schemes: &'a [Scheme],
    /// For how long a payment may be valid at most, in seconds, whatever the seller asks: from the
    /// earlier of the device's clock and the seller's `Date`; without a clock it is the seller who
    /// says what time it is. It counts on EVM chains; on Solana the blockhash decides.
    pub max_timeout_seconds: u64,
    /// How much may be spent over time, in all payments in the asset.
    pub budget: Option<Budget>,
}

/// Ten minutes: sellers ask for one to five.
const MAX_TIMEOUT_SECONDS: u64 = 600;

/// A set of allowed texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Allowed<'a> {
    /// Every one.
    Any,
    /// These only; an empty list allows none.
    Only(&'a [&'a str]),
}

/// How good an acceptable entry is: smaller is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rank {
    /// The index of the rule that allows it.
    pub rule: u16,
    /// Its price.
    pub amount: Amount,
}

impl<'a> Rule<'a> {
    /// Allows up to `max_amount` atomic units of `asset` a payment by the `exact` scheme, to anyone
    /// who asks; narrow it with [`pay_to`](Self::pay_to) and [`origins`](Self::origins).
    pub const fn new(asset: Asset<'a>, max_amount: Amount) -> Self {
        Rule {
            asset,
            max_amount,
            pay_to: Allowed::Any,
            origins: Allowed::Any,
            schemes: &[Scheme::Exact],
            max_timeout_seconds: MAX_TIMEOUT_SECONDS,
            budget: None,
        }
    }

    /// Limits what is spent in the asset over time.
    #[must_use]
    pub const fn budget(self, budget: Budget) -> Self {
        Rule { budget: Some(budget), ..self }
    }

    /// Narrows the rule to these payees.
    #[must_use]
    pub const fn pay_to(self, addresses: &'a [&'a str]) -> Self {
        Rule { pay_to: Allowed::Only(addresses), ..self }
    }

    /// Narrows the rule to these sellers, each as `scheme://host` or `scheme://host:port`.
    #[must_use]
    pub const fn origins(self, origins: &'a [&'a str]) -> Self {
        Rule { origins: Allowed::Only(origins), ..self }
    }
}

impl PaymentPolicy<'_> {
    /// Pays nothing.
    pub const EMPTY: PaymentPolicy<'static> = PaymentPolicy { rules: &[] };

    /// Judges one entry that the seller at `origin` accepts, with what was `spent` before.
    ///
    /// # Errors
    /// The [`Refusal`] of the rule that came nearest to allowing it.
    pub fn judge(
        &self,
        entry: &PaymentRequirements<'_>,
        origin: &str,
        spent: &dyn Spending,
    ) -> Result<Rank, Refusal> {
        let network = entry.network.ok_or(Refusal::UnknownNetwork)?;
        let scheme = entry.scheme.ok_or(Refusal::UnknownScheme)?;
        if !is_known_flow(entry) {
            return Err(Refusal::UnknownPaymentFlow);
        }
        let mut refusal = Refusal::AssetNotListed { network };
        for (index, rule) in (0..).zip(self.rules) {
            if rule.asset.network != network
                || !network.same_address(entry.asset, rule.asset.address)
            {
                continue;
            }
            let amount = rule.judge(index, scheme, entry, origin);
            match amount.and_then(|amount| self.check_budgets(&rule.asset, amount, spent)) {
                Ok(amount) => return Ok(Rank { rule: index, amount }),
                Err(nearer) => refusal = refusal.nearest(nearer),
            }
        }
        Err(refusal)
    }

    /// A budget that one rule states holds for all payments in its asset.
    fn check_budgets(
        &self,
        asset: &Asset<'_>,
        amount: Amount,
        spent: &dyn Spending,
    ) -> Result<Amount, Refusal> {
        let network = asset.network;
        let stated = (0..).zip(self.rules).filter(|(_, rule)| rule.asset.is_same(asset));
        for (rule, budget) in stated.filter_map(|(index, rule)| Some((index, rule.budget?))) {
            let spent = spent
                .spent(asset, budget.period_seconds)
                .ok_or(Refusal::BudgetNotCounted { rule, network })?;
            let left = budget.left(spent);
            if amount > left {
                return Err(Refusal::OverBudget { rule, asked: amount, left });
            }
        }
        Ok(amount)
    }
}

impl Rule<'_> {
    fn judge(
        &self,
        rule: u16,
        scheme: Scheme,
        entry: &PaymentRequirements<'_>,
        origin: &str,
    ) -> Result<Amount, Refusal> {
        let network = self.asset.network;
        if !self.schemes.contains(&scheme) {
            return Err(Refusal::SchemeNotAllowed { rule, network });
        }
        if !self.origins.contains(|allowed| same_origin(allowed, origin)) {
            return Err(Refusal::OriginNotAllowed { rule, network });
        }
        if !self.pay_to.contains(|allowed| network.same_address(entry.pay_to, allowed)) {
            return Err(Refusal::PayToNotAllowed { rule, network });
        }
        let amount = entry.amount.map_err(Refusal::Amount)?;
        if amount > self.max_amount {
            return Err(Refusal::OverCap { rule, asked: amount, cap: self.max_amount });
        }
        Ok(amount)
    }
}

impl Allowed<'_> {
    fn contains(&self, is: impl Fn(&str) -> bool) -> bool {
        match self {
            Allowed::Any => true,
            Allowed::Only(list) => list.iter().any(|allowed| is(allowed)),
        }
    }
}

/// Origins are equal without regard to case, and with or without their scheme's own port.
fn same_origin(one: &str, other: &str) -> bool {
    without_default_port(one).eq_ignore_ascii_case(without_default_port(other))
}

fn without_default_port(origin: &str) -> &str {
    let is_https = origin.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"));
    origin.strip_suffix(if is_https { ":443" } else { ":80" }).unwrap_or(origin)
}

/// The client signs the same thing for each of these; a flow that it doesn't know might want
/// something else.
fn is_known_flow(entry: &PaymentRequirements<'_>) -> bool {
    entry.extra.payment_flow.is_none_or(|flow| {
        ["authorization", "upfront", "escrow"].iter().any(|known| flow.means(known))
    })
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::format;
    use std::string::{String, ToString};

    use super::*;
    use crate::wire::{AmountError, Network};

    const MINT: &str = "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU";
    const ORIGIN: &str = "http://seller.lan";
    const DEVNET: Network = Network::SolanaDevnet;
    const RULE: Rule<'static> = Rule::new(assets::USDC_SOLANA_DEVNET, Amount(1000));

    fn entry(amount: &str) -> String {
        format!(
            r#"{{"scheme":"exact","network":"solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
            "amount":"{amount}","asset":"{MINT}","payTo":"alice","maxTimeoutSeconds":60}}"#
        )
    }

    fn judge(rules: &[Rule<'_>], entry: &str) -> Result<Rank, Refusal> {
        let requirements = PaymentRequirements::parse(entry.as_bytes()).unwrap();
        PaymentPolicy { rules }.judge(&requirements, ORIGIN, &NotCounted)
    }

    #[test]
    fn an_empty_policy_pays_nothing() {
        assert_eq!(judge(&[], &entry("0")), Err(Refusal::AssetNotListed { network: DEVNET }));
    }

    #[test]
    fn a_cap_is_inclusive() {
        assert_eq!(judge(&[RULE], &entry("1000")), Ok(Rank { rule: 0, amount: Amount(1000) }));
        let refusal = Refusal::OverCap { rule: 0, asked: Amount(1001), cap: Amount(1000) };
        assert_eq!(judge(&[RULE], &entry("1001")), Err(refusal));
        let text = "the price of 1001 is above the policy's cap of 1000";
        assert_eq!(refusal.to_string(), text);
    }

    struct Counted(Spent);

    impl Spending for Counted {
        fn spent(&self, _: &Asset<'_>, _: u32) -> Option<Spent> {
            Some(self.0)
        }
    }

    fn judge_after(rules: &[Rule<'_>], amount: u64, payments: u32) -> Result<Rank, Refusal> {
        let entry = entry("10");
        let requirements = PaymentRequirements::parse(entry.as_bytes()).unwrap();
        let spent = Counted(Spent { amount, payments });
        PaymentPolicy { rules }.judge(&requirements, ORIGIN, &spent)
    }

    #[test]
    fn a_budget_limits_what_is_spent() {
        let rule = RULE.budget(Budget::new(Amount(100), 3600).max_payments(3));
        assert!(judge_after(&[rule], 90, 2).is_ok());
        let over = |left| Refusal::OverBudget { rule: 0, asked: Amount(10), left: Amount(left) };
        assert_eq!(judge_after(&[rule], 91, 2), Err(over(9)));
        assert_eq!(judge_after(&[rule], u64::MAX, 0), Err(over(0)));
        assert_eq!(judge_after(&[rule], 0, 3), Err(over(0)));
        assert!(over(9).to_string().contains("9 are left"));
    }

    #[test]
    fn a_budget_holds_for_every_rule_of_its_asset() {
        let other = Rule::new(assets::USDC_SOLANA, Amount(9));
        let rules = [RULE, other, RULE.origins(&[]).budget(Budget::new(Amount(100), 3600))];
        assert!(matches!(judge_after(&rules, 91, 1), Err(Refusal::OverBudget { rule: 2, .. })));
        assert!(judge_after(&rules[..2], 91, 1).is_ok());
    }

    #[test]
    fn a_budget_that_nobody_counts_pays_nothing() {
        let rule = RULE.budget(Budget::new(Amount(100), 3600));
        assert_eq!(
            judge(&[rule], &entry("1")),
            Err(Refusal::BudgetNotCounted { rule: 0, network: DEVNET })
        );
    }

    #[test]
    fn every_condition_must_hold() {
        let entry = entry("1");
        let other_asset = Rule::new(Asset::new(DEVNET, "other"), Amount(9));
        let other_network = Rule::new(assets::USDC_SOLANA, Amount(9));
        for (rule, refusal) in [
            (other_asset, Refusal::AssetNotListed { network: DEVNET }),
            (other_network, Refusal::AssetNotListed { network: DEVNET }),
            (RULE.pay_to(&["bob", "Alice"]), Refusal::PayToNotAllowed { rule: 0, network: DEVNET }),
            (RULE.pay_to(&[]), Refusal::PayToNotAllowed { rule: 0, network: DEVNET }),
            (
                RULE.origins(&["https://seller.lan"]),
                Refusal::OriginNotAllowed { rule: 0, network: DEVNET },
            ),
            (Rule { schemes: &[], ..RULE }, Refusal::SchemeNotAllowed { rule: 0, network: DEVNET }),
        ] {
            assert_eq!(judge(&[rule], &entry), Err(refusal));
        }
        assert!(judge(&[RULE.pay_to(&["bob", "alice"]).origins(&[ORIGIN])], &entry).is_ok());
    }

    #[test]
    fn origins_are_compared_as_browsers_do() {
        for (one, other, same) in [
            ("http://a.lan", "HTTP://A.LAN:80", true),
            ("https://a.lan:443", "https://a.lan", true),
            ("https://a.lan", "http://a.lan", false),
            ("https://a.lan:80", "https://a.lan", false),
            ("http://a.lan:8080", "http://a.lan", false),
            ("http://a.lan.evil", "http://a.lan", false),
        ] {
            assert_eq!(same_origin(one, other), same, "{one} {other}");
        }
    }

    #[test]
    fn the_nearest_refusal_is_told() {
        let far = RULE.origins(&[]);
        let near = Rule { max_amount: Amount(1), ..RULE };
        let expected = Refusal::OverCap { rule: 1, asked: Amount(5), cap: Amount(1) };
        assert_eq!(judge(&[far, near], &entry("5")), Err(expected));
        let swapped = Refusal::OverCap { rule: 0, asked: Amount(5), cap: Amount(1) };
        assert_eq!(judge(&[near, far], &entry("5")), Err(swapped));
    }

    #[test]
    fn unreadable_amounts_are_refused() {
        let refusal = Refusal::Amount(AmountError::NotAnInteger);
        assert_eq!(judge(&[RULE], &entry("8199999.999999999")), Err(refusal));
    }

    #[test]
    fn unknown_ways_to_pay_are_refused() {
        let unknown_scheme = entry("1").replace("exact", "upto");
        assert_eq!(judge(&[RULE], &unknown_scheme), Err(Refusal::UnknownScheme));
        let unknown_network = entry("1").replace("solana:Et", "solana:Ex");
        assert_eq!(judge(&[RULE], &unknown_network), Err(Refusal::UnknownNetwork));
        let flow =
            |flow| entry("1").replace("60}", &format!("60,\"extra\":{{\"paymentFlow\":{flow}}}}}"));
        assert_eq!(judge(&[RULE], &flow("\"batch\"")), Err(Refusal::UnknownPaymentFlow));
        assert!(judge(&[RULE], &flow("\"upfront\"")).is_ok());
        assert!(judge(&[RULE], &flow("null")).is_ok());
    }
}
