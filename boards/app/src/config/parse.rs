//! What the macros of the configuration compute while a board is compiled.

use embedded_x402::policy::{Asset, Budget, Rule, assets};
use embedded_x402::wire::Amount;

use super::KeySource;

/// A rule, under a name that the macro knows in every board.
pub type RuleOf = Rule<'static>;

/// A budget, likewise.
pub type BudgetOf = Budget;

/// A whole number.
pub const fn integer(text: &str) -> Option<u64> {
    match u64::from_str_radix(text, 10) {
        Ok(value) => Some(value),
        Err(_) => None,
    }
}

/// So many units in so many seconds, none of them zero.
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
    use embedded_x402::policy::Allowed;

    use super::*;

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
            assert_eq!(rule.pay_to, Allowed::Only(&["alice"]));
            assert_eq!(rule.origins, Allowed::Only(&["http://a.lan"]));
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
}
