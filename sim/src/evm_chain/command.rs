//! `x402-sim evm-chain`: the chain as a server, funded by flags.

use std::{io, net::SocketAddr, str::FromStr, time::Duration};

use clap::Args;

use super::{Address, EvmChain, EvmChainConfig, FundingError, U256, genesis, rpc};
use crate::amount::{Amount, AmountError};
use crate::listen::{Announcement, ListenError, listen};

/// Decimals of ether.
const ETHER_DECIMALS: u8 = 18;

/// Run an EVM chain with Base Sepolia's chain id and USDC and serve its JSON-RPC.
#[derive(Debug, Clone, Args)]
pub struct EvmChainArgs {
    /// Address and port to serve JSON-RPC on; port 0 takes a free one. Use 0.0.0.0 so that boards on
    /// the network reach it.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8545")]
    pub listen: SocketAddr,

    /// Milliseconds between empty blocks, 2 seconds as on Base. Transactions do not wait for them:
    /// each is mined at once. 0: no empty blocks.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 2000)]
    pub block_time: u64,

    /// Mints USDC; repeatable. AMOUNT is in USDC if it has a decimal point ("2.5"), else in atomic
    /// units ("2500000").
    #[arg(long, value_name = "ADDRESS:AMOUNT", value_parser = Funding::parse_usdc)]
    pub fund: Vec<Funding>,

    /// Gives ether; repeatable. AMOUNT is in ether if it has a decimal point ("1.0"), else in wei. A
    /// facilitator pays the network fees and needs some; a payer needs none.
    #[arg(long, value_name = "ADDRESS:AMOUNT", value_parser = Funding::parse_ether)]
    pub fund_eth: Vec<Funding>,
}

/// Why the command ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// Tokens could not be minted as the flags say.
    #[error(transparent)]
    Funding(#[from] FundingError),
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Serving failed.
    #[error("serving JSON-RPC: {0}")]
    Io(#[from] io::Error),
}

/// Why the text of a flag is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlagError {
    /// No colon.
    #[error("expected ADDRESS:AMOUNT")]
    Form,
    /// Not 0x and 40 hexadecimal digits.
    #[error("{0:?} is not an Ethereum address")]
    Address(String),
    /// Not an amount, or not one of this token.
    #[error(transparent)]
    Amount(#[from] AmountError),
}

/// `ADDRESS:AMOUNT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Funding {
    /// Who gets it.
    pub address: Address,
    /// How much, in atomic units.
    pub amount: U256,
}

/// Runs the server until it fails; never returns otherwise.
pub async fn run(args: EvmChainArgs, as_json: bool) -> Result<(), CommandError> {
    let chain = args.chain()?;
    let listener = listen(args.listen).await?;
    Announcement::new("evm-chain", &listener, as_json).print();
    tracing::info!(chain_id = chain.chain_id(), usdc = %genesis::USDC, "genesis");
    Ok(rpc::serve(listener, chain).await?)
}

impl EvmChainArgs {
    /// The chain that these flags describe.
    pub fn chain(&self) -> Result<EvmChain, CommandError> {
        let chain = EvmChain::new(self.config());
        for funding in &self.fund_eth {
            chain.fund_eth(funding.address, funding.amount);
        }
        for funding in &self.fund {
            chain.fund_token(funding.address, funding.amount)?;
        }
        Ok(chain)
    }

    fn config(&self) -> EvmChainConfig {
        EvmChainConfig {
            block_time: Duration::from_millis(self.block_time),
            ..EvmChainConfig::default()
        }
    }
}

impl Funding {
    fn parse_usdc(text: &str) -> Result<Self, FlagError> {
        Self::parse(text, genesis::USDC_DECIMALS)
    }

    fn parse_ether(text: &str) -> Result<Self, FlagError> {
        Self::parse(text, ETHER_DECIMALS)
    }

    fn parse(text: &str, decimals: u8) -> Result<Self, FlagError> {
        let (address, amount) = text.split_once(':').ok_or(FlagError::Form)?;
        let amount = amount.parse::<Amount>()?.atomic(decimals)?;
        Ok(Self { address: parse_address(address)?, amount })
    }
}

/// Reads an address as flags have it: with `0x`, in any case.
pub(crate) fn parse_address(text: &str) -> Result<Address, FlagError> {
    let refused = || FlagError::Address(text.to_owned());
    if !text.starts_with("0x") {
        return Err(refused());
    }
    Address::from_str(text).map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    const PAYER: &str = "0x857b06519E91e3A54538791bDbb0E22373e36b66";

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: EvmChainArgs,
    }

    fn parse(flags: &[&str]) -> Result<EvmChainArgs, clap::Error> {
        let arguments = ["evm-chain"].iter().chain(flags);
        Command::try_parse_from(arguments).map(|command| command.args)
    }

    #[test]
    fn flags_fund_the_chain() -> Result<(), Box<dyn std::error::Error>> {
        let args = parse(&[
            "--fund",
            &format!("{PAYER}:2.5"),
            "--fund",
            &format!("{PAYER}:70"),
            "--fund-eth",
            &format!("{PAYER}:100.0"),
        ])?;
        let chain = args.chain()?;
        let payer = PAYER.parse()?;
        assert_eq!(chain.token_balance(payer), U256::from(2_500_070));
        assert_eq!(chain.balance(payer), U256::from(10u128.pow(20)));
        Ok(())
    }

    #[test]
    fn malformed_flags_are_refused() {
        for amount in ["", ".", "1.", ".5", "-1", "+1", "1e6", "1.2.3", "1_0", "0.0000001"] {
            assert!(parse(&["--fund", &format!("{PAYER}:{amount}")]).is_err(), "{amount}");
        }
        let too_fine = parse(&["--fund", &format!("{PAYER}:0.0000001")]).unwrap_err();
        assert!(too_fine.to_string().contains("0.0000001 has more than 6 decimals"), "{too_fine}");
        assert!(parse(&["--fund", PAYER]).is_err());
        assert!(parse(&["--fund", &format!("{}:1", &PAYER[2..])]).is_err());
        assert!(parse(&["--fund-eth", "0x12:1"]).is_err());
        let too_much = "9".repeat(79);
        assert!(parse(&["--fund", &format!("{PAYER}:{too_much}")]).is_err());
        assert!(parse(&["--fund", &format!("{PAYER}:{too_much}.0")]).is_err());
    }
}
