//! The list of faults that somebody asked for, as `--fault` takes it.

use std::str::FromStr;

use super::chance::{Chance, ChanceError};

/// The faults that one kind of server has.
pub trait FaultKind: Clone + Send + Sync + 'static {
    /// All of them, in words.
    const EXPLAINED: &'static [Explained];

    /// The fault of this name, with this parameter: an empty one if it takes none. `None` if the
    /// parameter is wrong.
    fn read(name: &str, parameter: &str) -> Option<Self>;
}

/// A fault in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Its name.
    pub name: &'static str,
    /// What its parameter is, if it has one.
    pub parameter: Option<&'static str>,
    /// What happens.
    pub meaning: &'static str,
}

/// A fault, and how often it strikes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault<K> {
    /// What happens.
    pub kind: K,
    /// How often.
    pub chance: Chance,
}

/// Faults by comma.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultList<K>(pub Vec<Fault<K>>);

/// Why a text is no list of faults.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// There is no such fault.
    #[error("there is no fault {name:?}: there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// The parameter is missing or wrong.
    #[error("{parameter:?} does not say how {name} goes wrong: write {usage}")]
    Parameter {
        /// The fault.
        name: &'static str,
        /// What was said.
        parameter: String,
        /// What can be said.
        usage: String,
    },
    /// It can't be told how often.
    #[error("{name}: {cause}")]
    Chance {
        /// The fault.
        name: &'static str,
        /// What is wrong.
        cause: ChanceError,
    },
}

impl Explained {
    pub(super) const fn plain(name: &'static str, meaning: &'static str) -> Self {
        Self { name, parameter: None, meaning }
    }

    pub(super) const fn with(
        name: &'static str,
        parameter: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { name, parameter: Some(parameter), meaning }
    }

    /// How it is written, but for how often it strikes.
    pub fn usage(&self) -> String {
        match self.parameter {
            Some(parameter) => format!("{}={parameter}", self.name),
            None => self.name.to_owned(),
        }
    }
}

impl<K: FaultKind> FaultList<K> {
    /// The help of `--fault`, with every fault explained.
    pub fn help(strikes: &str) -> String {
        let mut text = format!(
            "What goes wrong: faults by comma; repeatable. Each may say how often it strikes: \
             NAME=0.1 or NAME=VALUE:0.1, a tenth of the requests, drawn by --fault-seed; NAME=2x or \
             NAME=VALUE:2x, the first two. Without that, always. {strikes}\n"
        );
        for fault in K::EXPLAINED {
            text += &format!("\n  {}: {}", fault.usage(), fault.meaning.replace('`', ""));
        }
        text
    }
}

impl<K: FaultKind> FromStr for FaultList<K> {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        text.split(',').map(|item| read(item.trim())).collect::<Result<_, _>>().map(Self)
    }
}

fn read<K: FaultKind>(item: &str) -> Result<Fault<K>, FaultError> {
    let (name, value) = item.split_once('=').unwrap_or((item, ""));
    let explained = K::EXPLAINED.iter().find(|fault| fault.name == name);
    let explained = explained.ok_or_else(|| unknown::<K>(name))?;
    let (parameter, chance) = match explained.parameter {
        Some(_) => value.split_once(':').unwrap_or((value, "")),
        None => ("", value),
    };
    let kind = K::read(name, parameter).ok_or_else(|| FaultError::Parameter {
        name: explained.name,
        parameter: parameter.to_owned(),
        usage: explained.usage(),
    })?;
    let says_how_often = !chance.is_empty() || item.ends_with(['=', ':']);
    let chance = if says_how_often { chance.parse() } else { Ok(Chance::ALWAYS) };
    let chance = chance.map_err(|cause| FaultError::Chance { name: explained.name, cause })?;
    Ok(Fault { kind, chance })
}

fn unknown<K: FaultKind>(name: &str) -> FaultError {
    let known: Vec<_> = K::EXPLAINED.iter().map(|fault| fault.name).collect();
    FaultError::Unknown { name: name.to_owned(), known: known.join(", ") }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::super::{Delay, FacilitatorFault, ReceiptField, SellerFault};
    use super::*;

    fn error(text: &str) -> FaultError {
        text.parse::<FaultList<SellerFault>>().unwrap_err()
    }

    #[test]
    fn a_list_has_names_parameters_and_chances() {
        let text = "lose-response=0.1, delay=100-200,status=500:2x,stale-402,wrong-date=-60";
        let list: FaultList<SellerFault> = text.parse().unwrap();
        let expected = [
            (SellerFault::LoseResponse, Chance::Probability(0.1)),
            (SellerFault::Delay(Delay { from: 100, to: 200 }), Chance::ALWAYS),
            (SellerFault::Status(StatusCode::INTERNAL_SERVER_ERROR), Chance::First(2)),
            (SellerFault::Stale402, Chance::ALWAYS),
            (SellerFault::WrongDate(-60), Chance::ALWAYS),
        ];
        assert_eq!(list.0, expected.map(|(kind, chance)| Fault { kind, chance }));
        let wrong_receipt = "wrong-receipt=payer".parse::<FaultList<SellerFault>>().unwrap();
        assert_eq!(wrong_receipt.0[0].kind, SellerFault::WrongReceipt(ReceiptField::Payer));
    }

    /// What is explained can be asked for, and the other way round.
    #[test]
    fn every_fault_that_is_explained_exists() {
        fn check<K: FaultKind>() {
            for fault in K::EXPLAINED {
                let parameters = ["", "5", "500", "payer"];
                let reads = |parameter: &&str| K::read(fault.name, parameter).is_some();
                assert!(parameters.iter().any(reads), "{}", fault.name);
                assert_eq!(reads(&""), fault.parameter.is_none(), "{}", fault.name);
            }
            assert!(K::read("gremlins", "").is_none());
        }
        check::<SellerFault>();
        check::<FacilitatorFault>();
    }

    #[test]
    fn an_unknown_fault_is_answered_with_the_known_ones() {
        let text = error("reset,gremlins").to_string();
        assert!(text.starts_with("there is no fault \"gremlins\": there are delay, "), "{text}");
        assert!(SellerFault::EXPLAINED.iter().all(|fault| text.contains(fault.name)), "{text}");
        assert!(matches!(error(""), FaultError::Unknown { .. }));
    }

    #[test]
    fn what_is_wrong_with_a_value_is_told() {
        for (text, expected) in [
            ("status", "\"\" does not say how status goes wrong: write status=CODE"),
            ("status=99", "\"99\" does not say how status goes wrong: write status=CODE"),
            (
                "delay=soon:1",
                "\"soon\" does not say how delay goes wrong: write delay=MILLISECONDS",
            ),
            (
                "wrong-receipt=0.5",
                "\"0.5\" does not say how wrong-receipt goes wrong: write wrong-receipt=FIELD",
            ),
        ] {
            assert_eq!(error(text).to_string(), expected);
        }
        for text in ["reset=2", "reset=", "reset=often", "status=500:", "status=500:0.1:2x"] {
            assert!(matches!(error(text), FaultError::Chance { .. }), "{text}");
        }
    }
}
