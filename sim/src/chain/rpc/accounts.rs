//! Methods that read accounts, and the encoding of an account.

use serde::Deserialize;
use serde_json::{Value, json};
use solana_account::ReadableAccount;
use solana_account_decoder::{
    MAX_BASE58_BYTES, UiAccountEncoding, UiDataSliceConfig, encode_ui_account,
    parse_account_data::{AccountAdditionalDataV3, SplTokenAdditionalDataV2},
    parse_token::{get_token_account_mint, token_amount_to_ui_amount_v3},
};
use solana_address::Address;

use super::{
    error::RpcError,
    parameters::{Context, Parameters, at_most, parse},
};
use crate::chain::{Chain, TokenProgram, ledger::Ledger};

/// Accounts that one `getMultipleAccounts` may ask for.
const MAX_ACCOUNTS: usize = 100;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AccountOptions {
    encoding: Option<UiAccountEncoding>,
    data_slice: Option<UiDataSliceConfig>,
    #[serde(flatten)]
    context: Context,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum TokenAccountsFilter {
    Mint(String),
    ProgramId(String),
}

pub(super) fn balance(chain: &Chain, parameters: &Parameters) -> Result<Value, RpcError> {
    let address = parameters.address(0)?;
    let context: Context = parameters.or_default(1)?;
    context.wrap(chain, json!(chain.balance(&address)))
}

pub(super) fn rent_exemption(chain: &Chain, parameters: &Parameters) -> Result<Value, RpcError> {
    /// A node refuses sizes that no account can have.
    const MAX_DATA_LENGTH: u64 = 10 * 1024 * 1024;
    let length: u64 = parameters.required(0)?;
    if length > MAX_DATA_LENGTH {
        return Err(RpcError::Refused("Invalid request"));
    }
    Ok(json!(chain.lock().rent(length as usize)))
}

pub(super) fn account_info(chain: &Chain, parameters: &Parameters) -> Result<Value, RpcError> {
    let address = parameters.address(0)?;
    let options: AccountOptions = parameters.or_default(1)?;
    let encoding = options.encoding.unwrap_or(UiAccountEncoding::Binary);
    let account = {
        let ledger = chain.lock();
        encode_stored(&ledger, &address, encoding, options.data_slice)?
    };
    options.context.wrap(chain, account)
}

pub(super) fn multiple_accounts(chain: &Chain, parameters: &Parameters) -> Result<Value, RpcError> {
    let addresses: Vec<String> = parameters.required(0)?;
    at_most(MAX_ACCOUNTS, &addresses)?;
    let options: AccountOptions = parameters.or_default(1)?;
    let encoding = options.encoding.unwrap_or(UiAccountEncoding::Base64);
    let accounts: Vec<Value> = {
        let ledger = chain.lock();
        addresses
            .iter()
            .map(|address| encode_stored(&ledger, &parse(address)?, encoding, options.data_slice))
            .collect::<Result<_, RpcError>>()?
    };
    options.context.wrap(chain, json!(accounts))
}

pub(super) fn token_account_balance(
    chain: &Chain,
    parameters: &Parameters,
) -> Result<Value, RpcError> {
    let address = parameters.address(0)?;
    let context: Context = parameters.or_default(1)?;
    let amount = {
        let ledger = chain.lock();
        if ledger.account(&address).is_none() {
            return Err(RpcError::invalid("Invalid param: could not find account"));
        }
        let holding = ledger
            .holding(&address)
            .ok_or_else(|| RpcError::invalid("Invalid param: not a Token account"))?;
        token_amount(&ledger, &holding.mint, holding.amount)?
    };
    context.wrap(chain, amount)
}

pub(super) fn token_supply(chain: &Chain, parameters: &Parameters) -> Result<Value, RpcError> {
    let mint = parameters.address(0)?;
    let context: Context = parameters.or_default(1)?;
    let supply = {
        let ledger = chain.lock();
        let supply = ledger
            .supply(&mint)
            .ok_or_else(|| RpcError::invalid("Invalid param: not a Token mint"))?;
        token_amount(&ledger, &mint, supply)?
    };
    context.wrap(chain, supply)
}

pub(super) fn token_accounts_by_owner(
    chain: &Chain,
    parameters: &Parameters,
) -> Result<Value, RpcError> {
    let owner = parameters.address(0)?;
    let filter = WantedTokens::parse(parameters.required(1)?)?;
    let options: AccountOptions = parameters.or_default(2)?;
    let encoding = options.encoding.unwrap_or(UiAccountEncoding::Binary);
    let accounts: Vec<Value> = {
        let ledger = chain.lock();
        ledger
            .token_accounts_of(&owner)
            .filter(|(_, holding)| filter.wants(&holding.mint, holding.program))
            .map(|(address, _)| {
                let account = encode_stored(&ledger, &address, encoding, options.data_slice)?;
                Ok(json!({ "pubkey": address.to_string(), "account": account }))
            })
            .collect::<Result<_, RpcError>>()?
    };
    options.context.wrap(chain, json!(accounts))
}

enum WantedTokens {
    OfMint(Address),
    OfProgram(TokenProgram),
}

impl WantedTokens {
    fn parse(filter: TokenAccountsFilter) -> Result<Self, RpcError> {
        match filter {
            TokenAccountsFilter::Mint(mint) => Ok(Self::OfMint(parse(&mint)?)),
            TokenAccountsFilter::ProgramId(id) => TokenProgram::from_id(&parse(&id)?)
                .map(Self::OfProgram)
                .ok_or_else(|| RpcError::invalid("Invalid param: unrecognized Token program id")),
        }
    }

    fn wants(&self, mint: &Address, program: TokenProgram) -> bool {
        match self {
            Self::OfMint(wanted) => wanted == mint,
            Self::OfProgram(wanted) => *wanted == program,
        }
    }
}

/// Encodes the account at `address`; `null` if there is none.
pub(super) fn encode_stored(
    ledger: &Ledger,
    address: &Address,
    encoding: UiAccountEncoding,
    slice: Option<UiDataSliceConfig>,
) -> Result<Value, RpcError> {
    match ledger.account(address) {
        Some(account) => encode(ledger, address, &account, encoding, slice),
        None => Ok(Value::Null),
    }
}

/// Encodes an account as a node does, with its mint's decimals if it holds tokens.
pub(super) fn encode<A: ReadableAccount>(
    ledger: &Ledger,
    address: &Address,
    account: &A,
    encoding: UiAccountEncoding,
    slice: Option<UiDataSliceConfig>,
) -> Result<Value, RpcError> {
    let base58 = matches!(encoding, UiAccountEncoding::Binary | UiAccountEncoding::Base58);
    if base58 && shown_length(account.data().len(), slice) > MAX_BASE58_BYTES {
        return Err(RpcError::Refused(
            "Encoded binary (base 58) data should be less than 128 bytes, \
             please use Base64 encoding.",
        ));
    }
    let additional = token_decimals(ledger, account);
    let encoded = encode_ui_account(address, account, encoding, additional, slice);
    Ok(serde_json::to_value(encoded)?)
}

fn shown_length(length: usize, slice: Option<UiDataSliceConfig>) -> usize {
    slice.map_or(length, |slice| slice.length.min(length.saturating_sub(slice.offset)))
}

fn token_decimals<A: ReadableAccount>(
    ledger: &Ledger,
    account: &A,
) -> Option<AccountAdditionalDataV3> {
    TokenProgram::from_id(account.owner())?;
    let mint = get_token_account_mint(account.data())?;
    let decimals = ledger.decimals(&mint)?;
    Some(AccountAdditionalDataV3 {
        spl_token_additional_data: Some(SplTokenAdditionalDataV2::with_decimals(decimals)),
    })
}

fn token_amount(ledger: &Ledger, mint: &Address, amount: u64) -> Result<Value, RpcError> {
    let decimals = ledger
        .decimals(mint)
        .ok_or_else(|| RpcError::invalid("Invalid param: could not find mint"))?;
    let additional = SplTokenAdditionalDataV2::with_decimals(decimals);
    let amount = token_amount_to_ui_amount_v3(amount, &additional);
    Ok(serde_json::to_value(amount)?)
}
