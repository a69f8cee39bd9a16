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

#[doc(hidden)]
pub mod parse;

use core::fmt;

use embedded_storage::nor_flash::ReadNorFlash;
use embedded_x402::policy::{PaymentPolicy, Rule};

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

/// Reads the [configuration](mod@crate::config) from the environment of the crate that it stands in.
#[macro_export]
macro_rules! config {
    () => {{
        use $crate::config::parse;
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

#[cfg(test)]
mod tests {
    use embedded_storage::nor_flash::NorFlash;

    use super::*;
    use crate::emulated::RamFlash;
    use crate::test_keys::{EVM_KEY_TEXT, SOLANA_SEED};

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
