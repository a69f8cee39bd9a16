//! `PaymentRequirements`: one entry of `accepts`, typed, from its raw JSON.
//!
//! Version 2: `scheme`, `network`, `amount`, `asset`, `payTo`, `maxTimeoutSeconds`, `extra`
//! (x402 v2 specification, section 5.1). Version 1 says `maxAmountRequired` instead of `amount` and
//! has fields that nothing depends on (`resource`, `description`, `mimeType`, `outputSchema`).

use core::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Amount, AmountError, Network, ProtocolVersion};
use crate::codec::json::JsonStr;
use crate::sizes;

/// How money moves; `None` where an entry names another scheme than these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Scheme {
    /// Exactly the amount asked for, to the account asked for.
    Exact,
}

/// One way in which the seller accepts payment.
#[derive(Debug, Clone, Copy)]
pub struct PaymentRequirements<'a> {
    /// Which form the entry has.
    pub version: ProtocolVersion,
    /// The scheme, if it is a known one.
    pub scheme: Option<Scheme>,
    /// The network, if it is a known one.
    pub network: Option<Network>,
    /// `amount` or `maxAmountRequired`: the price in atomic units of the asset.
    pub amount: Result<Amount, AmountError>,
    /// The token's mint or contract.
    pub asset: JsonStr<'a>,
    /// Who is paid.
    pub pay_to: JsonStr<'a>,
    /// For how long the seller wants the payment to be valid, in seconds.
    pub max_timeout_seconds: u64,
    /// What the scheme needs besides.
    pub extra: Extra<'a>,
}

/// The members of `extra` that a scheme reads; members that are no strings count as missing, but
/// for those that say how to pay: they count as a way that nobody knows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extra<'a> {
    /// Solana: who pays the network's fee and signs first.
    pub fee_payer: Option<JsonStr<'a>>,
    /// Solana: a recent blockhash, supplied so that the client needs no RPC.
    pub recent_blockhash: Option<JsonStr<'a>>,
    /// Solana: the memo that the transaction must carry.
    pub memo: Option<JsonStr<'a>>,
    /// EVM: the name of the token contract's EIP-712 domain.
    pub name: Option<JsonStr<'a>>,
    /// EVM: the version of the token contract's EIP-712 domain.
    pub version: Option<JsonStr<'a>>,
    /// EVM: how the token is moved; absent, `eip3009`, or a way that this crate doesn't know.
    pub asset_transfer_method: Option<JsonStr<'a>>,
    /// When the seller settles; absent, `authorization`, `upfront` or `escrow`.
    pub payment_flow: Option<JsonStr<'a>>,
}

/// Why an entry is no payment requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RequirementsError {
    /// Not an object of the expected members: one of another type, twice, or not UTF-8.
    Malformed,
    /// A member that every entry has is missing.
    Missing,
    /// Both `amount` and `maxAmountRequired`.
    BothVersions,
}

impl fmt::Display for RequirementsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RequirementsError::Malformed => "the seller's entry is malformed",
            RequirementsError::Missing => "the seller's entry lacks a required member",
            RequirementsError::BothVersions => "the seller's entry mixes protocol versions",
        })
    }
}

impl core::error::Error for RequirementsError {}

impl<'a> PaymentRequirements<'a> {
    /// Reads one entry.
    ///
    /// # Errors
    /// [`RequirementsError`]. An unknown scheme or network and an unreadable amount are no errors
    /// of the entry but values of its fields: the entry may be skipped for them, with its reason.
    pub fn parse(entry: &'a [u8]) -> Result<Self, RequirementsError> {
        let (members, _) = serde_json_core::from_slice::<Members<'a>>(entry)
            .map_err(|_| RequirementsError::Malformed)?;
        members.try_into()
    }
}

impl<'a> TryFrom<Members<'a>> for PaymentRequirements<'a> {
    type Error = RequirementsError;

    fn try_from(members: Members<'a>) -> Result<Self, RequirementsError> {
        let (version, amount) = match (members.amount, members.max_amount_required) {
            (Some(amount), None) => (ProtocolVersion::V2, amount),
            (None, Some(amount)) => (ProtocolVersion::V1, amount),
            (Some(_), Some(_)) => return Err(RequirementsError::BothVersions),
            (None, None) => return Err(RequirementsError::Missing),
        };
        let text = |member: Option<Lenient<'a>>| {
            member.and_then(|lenient| lenient.0).ok_or(RequirementsError::Missing)
        };
        let scheme = text(members.scheme)?;
        Ok(PaymentRequirements {
            version,
            scheme: scheme.means("exact").then_some(Scheme::Exact),
            network: network(version, text(members.network)?),
            amount: amount.0.ok_or(AmountError::NotText).and_then(Amount::parse),
            asset: text(members.asset)?,
            pay_to: text(members.pay_to)?,
            max_timeout_seconds: members.max_timeout_seconds.ok_or(RequirementsError::Missing)?,
            extra: members.extra.unwrap_or_default().into(),
        })
    }
}

/// Each version has its own spelling; an entry in the other's is one for somebody else.
fn network(version: ProtocolVersion, text: JsonStr<'_>) -> Option<Network> {
    let text = text.unescape::<{ sizes::NETWORK }>()?;
    match version {
        ProtocolVersion::V1 => Network::from_v1_name(&text),
        ProtocolVersion::V2 => Network::from_caip2(&text),
    }
}

/// The members of an entry as they stand.
#[derive(Default)]
struct Members<'a> {
    scheme: Option<Lenient<'a>>,
    network: Option<Lenient<'a>>,
    amount: Option<Lenient<'a>>,
    max_amount_required: Option<Lenient<'a>>,
    asset: Option<Lenient<'a>>,
    pay_to: Option<Lenient<'a>>,
    max_timeout_seconds: Option<u64>,
    extra: Option<ExtraMembers<'a>>,
}

#[derive(Default)]
struct ExtraMembers<'a> {
    fee_payer: Option<Lenient<'a>>,
    recent_blockhash: Option<Lenient<'a>>,
    memo: Option<Lenient<'a>>,
    name: Option<Lenient<'a>>,
    version: Option<Lenient<'a>>,
    asset_transfer_method: Option<Option<Lenient<'a>>>,
    payment_flow: Option<Option<Lenient<'a>>>,
}

impl<'a> From<ExtraMembers<'a>> for Extra<'a> {
    fn from(members: ExtraMembers<'a>) -> Self {
        let text = |member: Option<Lenient<'a>>| member.and_then(|lenient| lenient.0);
        let way = |member: Option<Option<Lenient<'a>>>| {
            member.flatten().map(|lenient| lenient.0.unwrap_or(UNKNOWN_WAY))
        };
        Extra {
            fee_payer: text(members.fee_payer),
            recent_blockhash: text(members.recent_blockhash),
            memo: text(members.memo),
            name: text(members.name),
            version: text(members.version),
            asset_transfer_method: way(members.asset_transfer_method),
            payment_flow: way(members.payment_flow),
        }
    }
}

/// Stands for a way to pay that is no string.
const UNKNOWN_WAY: JsonStr<'static> = JsonStr::from_raw("");

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry of accepts")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut members = Members::default();
        while let Some(Name(name)) = map.next_key()? {
            match known(name, MEMBERS) {
                Some("scheme") => once(&mut members.scheme, &mut map)?,
                Some("network") => once(&mut members.network, &mut map)?,
                Some("amount") => once(&mut members.amount, &mut map)?,
                Some("maxAmountRequired") => once(&mut members.max_amount_required, &mut map)?,
                Some("asset") => once(&mut members.asset, &mut map)?,
                Some("payTo") => once(&mut members.pay_to, &mut map)?,
                Some("maxTimeoutSeconds") => once(&mut members.max_timeout_seconds, &mut map)?,
                Some("extra") => once(&mut members.extra, &mut map)?,
                _ => ignore(&mut map)?,
            }
        }
        Ok(members)
    }
}

const MEMBERS: &[&str] = &[
    "scheme",
    "network",
    "amount",
    "maxAmountRequired",
    "asset",
    "payTo",
    "maxTimeoutSeconds",
    "extra",
];

impl<'de> Deserialize<'de> for ExtraMembers<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_ignored_any(ExtraVisitor)
    }
}

/// Takes an object, or `null` for an empty one.
struct ExtraVisitor;

impl<'de> Visitor<'de> for ExtraVisitor {
    type Value = ExtraMembers<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("extra")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(ExtraMembers::default())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut members = ExtraMembers::default();
        while let Some(Name(name)) = map.next_key()? {
            match known(name, EXTRA_MEMBERS) {
                Some("feePayer") => once(&mut members.fee_payer, &mut map)?,
                Some("recentBlockhash") => once(&mut members.recent_blockhash, &mut map)?,
                Some("memo") => once(&mut members.memo, &mut map)?,
                Some("name") => once(&mut members.name, &mut map)?,
                Some("version") => once(&mut members.version, &mut map)?,
                Some("assetTransferMethod") => {
                    once(&mut members.asset_transfer_method, &mut map)?;
                }
                Some("paymentFlow") => once(&mut members.payment_flow, &mut map)?,
                _ => ignore(&mut map)?,
            }
        }
        Ok(members)
    }
}

const EXTRA_MEMBERS: &[&str] = &[
    "feePayer",
    "recentBlockhash",
    "memo",
    "name",
    "version",
    "assetTransferMethod",
    "paymentFlow",
];

fn known(name: JsonStr<'_>, names: &'static [&'static str]) -> Option<&'static str> {
    names.iter().find(|candidate| name.means(candidate)).copied()
}

/// Takes a member's value; a second member of that name is refused, since which of the two counts
/// differs between JSON readers.
fn once<'de, T, M>(member: &mut Option<T>, map: &mut M) -> Result<(), M::Error>
where
    T: Deserialize<'de>,
    M: MapAccess<'de>,
{
    if member.is_some() {
        return Err(serde::de::Error::custom("twice"));
    }
    *member = Some(map.next_value()?);
    Ok(())
}

fn ignore<'de, M: MapAccess<'de>>(map: &mut M) -> Result<(), M::Error> {
    map.next_value::<IgnoredAny>().map(drop)
}

/// A member's name, escapes and all.
struct Name<'a>(JsonStr<'a>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&str>::deserialize(deserializer).map(|raw| Name(JsonStr::from_raw(raw)))
    }
}

/// A string, or any other value as if it were missing.
#[derive(Debug, Clone, Copy)]
struct Lenient<'a>(Option<JsonStr<'a>>);

impl<'de> Deserialize<'de> for Lenient<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_ignored_any(LenientVisitor)
    }
}

struct LenientVisitor;

impl<'de> Visitor<'de> for LenientVisitor {
    type Value = Lenient<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, raw: &'de str) -> Result<Self::Value, E> {
        Ok(Lenient(Some(JsonStr::from_raw(raw))))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Lenient(None))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Lenient(None))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Lenient(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = r#"{"scheme":"exact","network":"solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
        "amount":"1000","asset":"4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU","payTo":"to",
        "maxTimeoutSeconds":60,"extra":{"feePayer":"payer","recentBlockhash":null,"memo":"a\u0062",
        "big":1e21,"list":[1,[2,{"x":"]"}],"a\"b"],"o":{"feePayer":"other"}}}"#;

    fn parse(entry: &str) -> Result<PaymentRequirements<'_>, RequirementsError> {
        PaymentRequirements::parse(entry.as_bytes())
    }

    #[test]
    fn reads_version_2() {
        let requirements = parse(ENTRY).unwrap();
        assert_eq!(requirements.version, ProtocolVersion::V2);
        assert_eq!(requirements.scheme, Some(Scheme::Exact));
        assert_eq!(requirements.network, Some(Network::SolanaDevnet));
        assert_eq!(requirements.amount, Ok(Amount(1000)));
        assert_eq!(requirements.pay_to.raw(), "to");
        assert_eq!(requirements.max_timeout_seconds, 60);
        assert!(requirements.extra.fee_payer.unwrap().means("payer"));
        assert!(requirements.extra.memo.unwrap().means("ab"));
        assert!(requirements.extra.recent_blockhash.is_none());
    }

    #[test]
    fn reads_version_1() {
        let entry = r#"{"scheme":"upto","network":"solana-devnet","maxAmountRequired":"8199999.9",
            "resource":"http://x","description":"","mimeType":"","payTo":"a","asset":"b",
            "maxTimeoutSeconds":60,"extra":null}"#;
        let requirements = parse(entry).unwrap();
        assert_eq!(requirements.version, ProtocolVersion::V1);
        assert_eq!(requirements.scheme, None);
        assert_eq!(requirements.network, Some(Network::SolanaDevnet));
        assert_eq!(requirements.amount, Err(AmountError::NotAnInteger));
        assert!(requirements.extra.fee_payer.is_none());
    }

    #[test]
    fn a_network_in_the_other_versions_spelling_is_unknown() {
        let entry = ENTRY.replace("solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1", "solana-devnet");
        assert_eq!(parse(&entry).unwrap().network, None);
    }

    #[test]
    fn names_may_be_escaped() {
        let entry = ENTRY.replace("\"amount\"", r#""\u0061mount""#);
        assert_eq!(parse(&entry).unwrap().amount, Ok(Amount(1000)));
    }

    #[test]
    fn extra_may_be_missing() {
        for extra in ["null", "{}", "7", "true"] {
            let start = ENTRY.split("{\"feePayer\"").next().unwrap();
            let entry = [start, extra, "}"].concat();
            assert!(parse(&entry).unwrap().extra.fee_payer.is_none(), "{extra}");
        }
        for extra in ["[]", "\"x\""] {
            let start = ENTRY.split("{\"feePayer\"").next().unwrap();
            let entry = [start, extra, "}"].concat();
            assert_eq!(parse(&entry).unwrap_err(), RequirementsError::Malformed, "{extra}");
        }
    }

    #[test]
    fn a_way_to_pay_that_is_no_string_is_unknown() {
        let extra = |text: &str| ENTRY.replace("\"list\":", &[text, ",\"list\":"].concat());
        for name in ["assetTransferMethod", "paymentFlow"] {
            for (value, expected) in [
                ("null", None),
                ("\"eip3009\"", Some("eip3009")),
                ("\"\"", Some("")),
                ("7", Some("")),
                ("false", Some("")),
                ("[\"eip3009\"]", Some("")),
                ("{\"a\":1}", Some("")),
            ] {
                let entry = extra(&["\"", name, "\":", value].concat());
                let extra = parse(&entry).unwrap().extra;
                let way = extra.asset_transfer_method.or(extra.payment_flow);
                assert_eq!(way.map(|way| way.raw()), expected, "{name} {value}");
            }
        }
    }

    #[test]
    fn amounts_are_strings() {
        for amount in ["1000", "null", "[\"1\"]", "{\"a\":\"1\"}"] {
            let entry = ENTRY.replace("\"1000\"", amount);
            assert_eq!(parse(&entry).unwrap().amount, Err(AmountError::NotText), "{amount}");
        }
    }

    #[test]
    fn refuses_other_shapes() {
        use RequirementsError::*;
        for (from, to, expected) in [
            ("\"payTo\":\"to\",", "", Missing),
            ("\"amount\":\"1000\",", "", Missing),
            ("\"asset\"", "\"payTo\":\"x\",\"asset\"", Malformed),
            ("\"feePayer\":\"payer\"", "\"feePayer\":\"a\",\"feePayer\":\"b\"", Malformed),
            ("\"amount\"", "\"maxAmountRequired\":\"1\",\"amount\"", BothVersions),
            ("60", "\"60\"", Malformed),
            ("60", "-60", Malformed),
            ("60", "6.0e1", Malformed),
        ] {
            assert_eq!(parse(&ENTRY.replace(from, to)).unwrap_err(), expected, "{to}");
        }
        assert_eq!(parse("[]").unwrap_err(), Malformed);
    }

    #[test]
    fn no_truncation_is_an_entry() {
        (0..ENTRY.len()).for_each(|end| assert!(parse(&ENTRY[..end]).is_err(), "{end}"));
    }
}
