//! The configuration of a real board, from environment variables at build time.
//!
//! | variable | what it says |
//! |---|---|
//! | `X402_URL` | what to buy: `http://...` |
//! | `X402_MAX_AMOUNT` | the most that one payment may cost, in atomic units: 10000 is 0.01 USDC |
//! | `X402_BUDGET` | the most that may be spent in a rolling period, as `UNITS/SECONDS` for each asset: `100000/86400` is 0.10 USDC a day; unset: no limit |
//! | `X402_PAY_TO` | who may be paid: addresses, separated by commas |
//! | `X402_NETWORKS` | where USDC may be paid: `solana`, `solana-devnet`, `base`, `base-sepolia`, separated by commas. Unset: `solana-devnet,base-sepolia`, which are worth nothing |
//! | `X402_SVM_PRIVATE_KEY` | the wallet on Solana, 64 bytes in base58 |
//! | `X402_EVM_PRIVATE_KEY` | the wallet on EVM chains, 32 bytes in hexadecimal |
//! | `X402_KEY` | `flash`: the keys are in a [key record](crate::key_record) instead |
//! | `X402_SVM_RPC_URL` | a Solana RPC node, for sellers that supply no blockhash, and to ask what became of a payment that expired; optional |
//! | `X402_EVM_RPC_URL` | a node of the EVM chain, to ask what became of a payment that expired; optional |
//! | `X402_INTERVAL_SECONDS` | from one purchase to the next; unset: 60 |
//! | `X402_WIFI_SSID`, `X402_WIFI_PASSWORD` | Wi-Fi boards: the network, and its password |
//!
//! What is missing or malformed is an error of the compiler that says so. The image holds the keys in
//! the clear, and so does whoever has it: don't share one, and prefer `X402_KEY=flash`.

use core::fmt;

use embedded_storage::nor_flash::ReadNorFlash;
use embedded_x402::policy::{Asset, Budget, PaymentPolicy, Rule, assets};
use embedded_x402::wire::Amount;

use crate::key_record::{KeyRecord, KeyRecordError};
use crate::{KeyTextError, Keys, Plan};

/// What [`config!`](crate::config!) makes of the environment.
#[derive(Clone, Copy)]
pub struct Config {
    /// What to buy.
    pub url: &'static str,
    /// What may be paid.
    pub rules: &'static [Rule<'static>],
    /// From one purchase to the next.
    pub interval_seconds: u32,
    /// The Solana RPC node.
    pub solana_rpc: Option<&'static str>,
    /// The node of an EVM chain.
    pub evm_rpc: Option<&'static str>,
    /// Where the keys are.
    pub keys: KeySource,
}

/// Where the keys are.
#[derive(Clone, Copy)]
pub enum KeySource {
    /// In the image.
    Image {
        /// 64 bytes in base58.
        solana: Option<&'static str>,
        /// 32 bytes in hexadecimal.
        evm: Option<&'static str>,
    },
    /// In a [key record](crate::key_record) in flash.
    Flash,
}

/// A Wi-Fi network, as [`wifi!`](crate::wifi!) has it from the environment.
#[derive(Clone, Copy)]
pub struct Wifi {
    /// Its name.
    pub ssid: &'static str,
    /// Its password.
    pub password: &'static str,
}

impl Config {
    /// Buys for ever.
    pub fn plan(&self) -> Plan<'static> {
        Plan {
            interval_seconds: self.interval_seconds,
            solana_rpc: self.solana_rpc,
            evm_rpc: self.evm_rpc,
            ..Plan::new(self.url, PaymentPolicy { rules: self.rules })
        }
    }
}

impl KeySource {
    /// The keys: those in the image, or the record at `offset` in flash.
    ///
    /// # Errors
    /// [`KeySourceError`].
    pub fn load(&self, flash: &mut impl ReadNorFlash, offset: u32) -> Result<Keys, KeySourceError> {
        match *self {
            KeySource::Image { solana, evm } => {
                Keys::from_text(solana, evm).map_err(KeySourceError::Image)
            }
            KeySource::Flash => {
                let keys = KeyRecord::read(flash, offset).and_then(|record| record.keys());
                keys.map_err(KeySourceError::Flash)
            }
        }
    }
}

/// Why there are no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySourceError {
    /// Those in the image are none.
    Image(KeyTextError),
    /// There is no good record in flash.
    Flash(KeyRecordError),
}

impl fmt::Display for KeySourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeySourceError::Image(error) => error.fmt(f),
            KeySourceError::Flash(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for KeySourceError {}

/// Reads the [configuration](crate::config) from the environment of the crate that it stands in.
#[macro_export]
macro_rules! config {
    () => {{
        use $crate::config as parse;
        const URL: &str = env!("X402_URL", "set X402_URL to what the board buys: http://host/path");
        const MAX_AMOUNT: &str = env!(
            "X402_MAX_AMOUNT",
            "set X402_MAX_AMOUNT to the most that one payment may cost, in atomic units \
             (10000 is 0.01 USDC)"
        );
        const PAY_TO: &str = env!(
            "X402_PAY_TO",
            "set X402_PAY_TO to the addresses that may be paid, separated by commas"
        );
        const NETWORKS: &str = match option_env!("X402_NETWORKS") {
            Some(networks) => networks,
            None => "solana-devnet,base-sepolia",
        };
        const INTERVAL: &str = match option_env!("X402_INTERVAL_SECONDS") {
            Some(seconds) => seconds,
            None => "60",
        };
        const ORIGIN: &str = match parse::origin(URL) {
            Some(origin) => origin,
            None => panic!("X402_URL must be http://host/path: there is no TLS on this board"),
        };
        const CAP: u64 = match parse::integer(MAX_AMOUNT) {
            Some(cap) => cap,
            None => panic!("X402_MAX_AMOUNT must be a whole number of atomic units"),
        };
        const BUDGET: Option<parse::BudgetOf> = match option_env!("X402_BUDGET") {
            None => None,
            Some(text) => match parse::budget(text) {
                None => {
                    panic!("X402_BUDGET must be UNITS/SECONDS: 100000/86400 is 0.10 USDC a day")
                }
                budget => budget,
            },
        };
        const PAYEES: [&str; parse::count(PAY_TO)] = match parse::list(PAY_TO) {
            Some(payees) => payees,
            None => panic!("X402_PAY_TO must be addresses, separated by commas and nothing else"),
        };
        static RULES: [parse::RuleOf; parse::count(NETWORKS)] =
            match parse::rules(NETWORKS, CAP, BUDGET, &PAYEES, &[ORIGIN]) {
                Some(rules) => rules,
                None => panic!(
                    "X402_NETWORKS must be of solana, solana-devnet, base and base-sepolia, \
                     separated by commas"
                ),
            };
        const INTERVAL_SECONDS: u32 = match parse::integer(INTERVAL) {
            Some(seconds) if seconds <= u32::MAX as u64 => seconds as u32,
            _ => panic!("X402_INTERVAL_SECONDS must be a whole number of seconds"),
        };
        const KEYS: $crate::config::KeySource = match parse::key_source(
            option_env!("X402_KEY"),
            option_env!("X402_SVM_PRIVATE_KEY"),
            option_env!("X402_EVM_PRIVATE_KEY"),
        ) {
            Some(keys) => keys,
            None => panic!(
                "set X402_SVM_PRIVATE_KEY or X402_EVM_PRIVATE_KEY or both, or X402_KEY=flash and \
                 write a key record"
            ),
        };
        $crate::config::Config {
            url: URL,
            rules: &RULES,
            interval_seconds: INTERVAL_SECONDS,
            solana_rpc: option_env!("X402_SVM_RPC_URL"),
            evm_rpc: option_env!("X402_EVM_RPC_URL"),
            keys: KEYS,
        }
    }};
}

/// Reads the Wi-Fi network from the environment of the crate that it stands in.
#[macro_export]
macro_rules! wifi {
    () => {
        $crate::config::Wifi {
            ssid: env!("X402_WIFI_SSID", "set X402_WIFI_SSID to the name of the Wi-Fi network"),
            password: env!("X402_WIFI_PASSWORD", "set X402_WIFI_PASSWORD to its password"),
        }
    };
}

// What the macros compute while the board is compiled.

#[doc(hidden)]
pub type RuleOf = Rule<'static>;

#[doc(hidden)]
pub type BudgetOf = Budget;

/// A whole number.
#[doc(hidden)]
pub const fn integer(text: &str) -> Option<u64> {
    match u64::from_str_radix(text, 10) {
        Ok(value) => Some(value),
        Err(_) => None,
    }
}

/// So many units in so many seconds, none of them zero.
#[doc(hidden)]
pub const fn budget(text: &str) -> Option<Budget> {
    let (mut length, mut rest) = (0, text.as_bytes());
    while let Some((first, others)) = rest.split_first()
        && *first != b'/'
    {
        length += 1;
        rest = others;
    }
    let Some((units, seconds)) = text.split_at_checked(length) else { return None };
    let Some((_, seconds)) = seconds.split_at_checked(1) else { return None };
    match (integer(units), integer(seconds)) {
        (Some(units @ 1..), Some(seconds)) if seconds > 0 && seconds <= u32::MAX as u64 => {
            Some(Budget::new(Amount(units), seconds as u32))
        }
        _ => None,
    }
}

/// `http://host` of a URL.
#[doc(hidden)]
pub const fn origin(url: &str) -> Option<&str> {
    let Some((scheme, mut rest)) = url.as_bytes().split_first_chunk::<7>() else { return None };
    if !equal(scheme, b"http://") {
        return None;
    }
    let mut length = scheme.len();
    while let Some((first, others)) = rest.split_first()
        && *first != b'/'
        && *first != b'?'
    {
        length += 1;
        rest = others;
    }
    match url.split_at_checked(length) {
        Some((origin, _)) if length > scheme.len() => Some(origin),
        _ => None,
    }
}

/// Entries of a list.
#[doc(hidden)]
pub const fn count(list: &str) -> usize {
    let (mut count, mut rest) = (1, list.as_bytes());
    while let Some((first, others)) = rest.split_first() {
        if *first == b',' {
            count += 1;
        }
        rest = others;
    }
    count
}

/// The entries of a list: as many as [`count`] says, none of them empty or with spaces.
#[doc(hidden)]
pub const fn list<const N: usize>(list: &str) -> Option<[&str; N]> {
    let mut entries = [""; N];
    let (mut places, mut rest) = (entries.as_mut_slice(), list);
    while let Some((place, others)) = places.split_first_mut() {
        let Some((entry, behind)) = first_entry(rest) else { return None };
        *place = entry;
        places = others;
        rest = behind;
    }
    if rest.is_empty() { Some(entries) } else { None }
}

/// The first entry of a list, and what stands behind its comma.
const fn first_entry(list: &str) -> Option<(&str, &str)> {
    let (mut length, mut rest) = (0, list.as_bytes());
    while let Some((first, others)) = rest.split_first()
        && *first != b','
    {
        if !first.is_ascii_graphic() {
            return None;
        }
        length += 1;
        rest = others;
    }
    let Some((entry, behind)) = list.split_at_checked(length) else { return None };
    if entry.is_empty() {
        return None;
    }
    match behind.split_at_checked(1) {
        Some((_, behind)) => Some((entry, behind)),
        None => Some((entry, "")),
    }
}

/// One rule for USDC on each of the networks.
#[doc(hidden)]
pub const fn rules<const N: usize>(
    networks: &str,
    cap: u64,
    budget: Option<Budget>,
    pay_to: &'static [&'static str],
    origins: &'static [&'static str],
) -> Option<[Rule<'static>; N]> {
    let mut rule =
        Rule::new(assets::USDC_SOLANA_DEVNET, Amount(cap)).pay_to(pay_to).origins(origins);
    rule.budget = budget;
    let Some(names) = list::<N>(networks) else { return None };
    let mut rules = [rule; N];
    let (mut places, mut names) = (rules.as_mut_slice(), names.as_slice());
    while let Some((place, other_places)) = places.split_first_mut()
        && let Some((name, other_names)) = names.split_first()
    {
        let Some(asset) = usdc(name) else { return None };
        place.asset = asset;
        (places, names) = (other_places, other_names);
    }
    Some(rules)
}

const fn usdc(network: &str) -> Option<Asset<'static>> {
    match network.as_bytes() {
        b"solana" => Some(assets::USDC_SOLANA),
        b"solana-devnet" => Some(assets::USDC_SOLANA_DEVNET),
        b"base" => Some(assets::USDC_BASE),
        b"base-sepolia" => Some(assets::USDC_BASE_SEPOLIA),
        _ => None,
    }
}

/// Where the keys are; `None` if nothing or something else than `flash` is said.
#[doc(hidden)]
pub const fn key_source(
    key: Option<&'static str>,
    solana: Option<&'static str>,
    evm: Option<&'static str>,
) -> Option<KeySource> {
    match key {
        Some(key) if equal(key.as_bytes(), b"flash") => Some(KeySource::Flash),
        None if solana.is_some() || evm.is_some() => Some(KeySource::Image { solana, evm }),
        _ => None,
    }
}

const fn equal(mut one: &[u8], mut other: &[u8]) -> bool {
    while let (Some((a, more)), Some((b, others))) = (one.split_first(), other.split_first()) {
        if *a != *b {
            return false;
        }
        (one, other) = (more, others);
    }
    one.is_empty() && other.is_empty()
}

#[cfg(test)]
mod tests {
    use embedded_storage::nor_flash::NorFlash;

    use super::*;
    use crate::emulated::RamFlash;
    use crate::test_keys::{EVM_KEY_TEXT, SOLANA_SEED};

    #[test]
    fn origins_end_where_the_path_begins() {
        assert_eq!(origin("http://seller.lan/weather"), Some("http://seller.lan"));
        assert_eq!(origin("http://10.0.0.1:8080?x=/"), Some("http://10.0.0.1:8080"));
        assert_eq!(origin("http://seller.lan"), Some("http://seller.lan"));
        for url in ["", "http://", "http:///x", "https://seller.lan/", "ftp://x/"] {
            assert_eq!(origin(url), None, "{url}");
        }
    }

    #[test]
    fn lists_have_no_empty_entries() {
        assert_eq!(list::<1>("a"), Some(["a"]));
        assert_eq!(list::<{ count("a,bb,c") }>("a,bb,c"), Some(["a", "bb", "c"]));
        assert_eq!((count(""), list::<1>("")), (1, None));
        assert_eq!((count("a,"), list::<2>("a,")), (2, None));
        assert_eq!(list::<2>("a, b"), None);
        assert_eq!(list::<1>("a,b"), None);
    }

    #[test]
    fn each_network_has_a_rule_with_every_condition() {
        let budget = Some(Budget::new(Amount(70), 60));
        let networks = "solana,base-sepolia";
        let rules = rules::<2>(networks, 7, budget, &["alice"], &["http://a.lan"]).unwrap();
        assert_eq!(rules.map(|rule| rule.asset), [assets::USDC_SOLANA, assets::USDC_BASE_SEPOLIA]);
        for rule in rules {
            assert_eq!((rule.max_amount, rule.budget), (Amount(7), budget));
            assert_eq!(rule.pay_to, embedded_x402::policy::Allowed::Only(&["alice"]));
            assert_eq!(rule.origins, embedded_x402::policy::Allowed::Only(&["http://a.lan"]));
        }
        assert!(super::rules::<2>("solana,ethereum", 7, None, &[], &[]).is_none());
    }

    #[test]
    fn numbers_are_whole() {
        assert_eq!(integer("10000"), Some(10_000));
        for text in ["", "0.01", "1e3", "-1", "1 ", "18446744073709551616"] {
            assert_eq!(integer(text), None, "{text}");
        }
    }

    #[test]
    fn budgets_are_units_in_seconds() {
        assert_eq!(budget("100000/86400"), Some(Budget::new(Amount(100_000), 86_400)));
        for text in ["", "/", "1", "1/", "/1", "0/1", "1/0", "1/1/1", "1 /1", "1/4294967296"] {
            assert_eq!(budget(text), None, "{text}");
        }
    }

    #[test]
    fn keys_are_in_the_image_or_in_flash() {
        let source = |key, solana, evm| key_source(key, solana, evm);
        assert!(matches!(source(Some("flash"), None, None), Some(KeySource::Flash)));
        assert!(matches!(source(None, Some("x"), None), Some(KeySource::Image { .. })));
        assert!(source(None, None, None).is_none());
        assert!(source(Some("ram"), Some("x"), None).is_none());
    }

    #[test]
    fn keys_are_loaded_from_where_they_are() {
        let load = |source: KeySource, record: Option<KeyRecord>| {
            let mut flash = RamFlash::<256>::new();
            if let Some(record) = record {
                flash.write(64, &*record.to_bytes()).unwrap();
            }
            source.load(&mut flash, 64).map(|keys| (keys.solana.is_some(), keys.evm.is_some()))
        };
        let record = || Some(KeyRecord { solana: Some(SOLANA_SEED), evm: None });
        let image = KeySource::Image { solana: None, evm: Some(EVM_KEY_TEXT) };
        assert_eq!(load(image, record()), Ok((false, true)));
        assert_eq!(load(KeySource::Flash, record()), Ok((true, false)));
        let blank = KeySourceError::Flash(KeyRecordError::Blank);
        assert_eq!(load(KeySource::Flash, None), Err(blank));
        let bad = KeySource::Image { solana: Some("x"), evm: None };
        assert!(matches!(load(bad, record()), Err(KeySourceError::Image(_))));
    }
}
