//! `x402-sim chain`: the chain as a server, funded by flags.

use std::{io, net::SocketAddr, str::FromStr, time::Duration};

use clap::{Args, builder::RangedU64ValueParser};
use solana_address::Address;

use super::{Chain, ChainConfig, ChainError, MAX_BLOCKHASH_AGE, TokenProgram, genesis, rpc};
use crate::amount::{Amount, AmountError};
use crate::listen::{Announcement, ListenError, listen};

/// Decimals of SOL.
const SOL_DECIMALS: u8 = 9;

/// Run a Solana chain with the payment mints of devnet and serve its JSON-RPC.
#[derive(Debug, Clone, Args)]
pub struct ChainArgs {
    /// Address and port to serve JSON-RPC on; port 0 takes a free one. Use 0.0.0.0 so that boards on
    /// the network reach it.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8899")]
    pub listen: SocketAddr,

    /// Milliseconds between slots. A blockhash lives for 150 of them: 60 seconds at the default, as on
    /// mainnet. 0 stops the clock.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 400)]
    pub slot_duration: u64,

    /// Slots until a transaction is confirmed. 0: at once.
    #[arg(long, value_name = "SLOTS", default_value_t = 0, value_parser = slots())]
    pub confirmed_after: u64,

    /// Slots until a transaction is finalized: at least as many as until it is confirmed, and fewer
    /// than the 150 that a blockhash lives for.
    #[arg(long, value_name = "SLOTS", default_value_t = 32, value_parser = slots())]
    pub finalized_after: u64,

    /// Makes blockhashes reproducible from run to run, for debugging. Payments signed for one run are
    /// then valid in the next.
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,

    /// Mints tokens to the owner's associated token account, which is created; repeatable. AMOUNT is
    /// in tokens if it has a decimal point ("2.5"), else in atomic units ("2500000"); 0 just creates
    /// the account, which a seller needs before it can be paid. MINT is USDC, USDG, PYUSD or an
    /// address, USDC if left out.
    #[arg(long, value_name = "OWNER:AMOUNT[:MINT]")]
    pub fund: Vec<TokenFunding>,

    /// Gives SOL; repeatable. AMOUNT is in SOL if it has a decimal point ("1.0"), else in lamports.
    /// A facilitator pays the network fees and needs some; a payer needs none.
    #[arg(long, value_name = "ADDRESS:AMOUNT")]
    pub fund_sol: Vec<SolFunding>,

    /// Creates a mint beside the standard ones; repeatable. DECIMALS is 6 if left out, PROGRAM is
    /// "classic" (default) or "token-2022".
    #[arg(long, value_name = "ADDRESS[:DECIMALS[:PROGRAM]]")]
    pub mint: Vec<NewMint>,
}

/// Why the command ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The chain could not be set up as the flags say.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// Blocks would be finalized before they are confirmed.
    #[error("--confirmed-after {confirmed} is more than --finalized-after {finalized}")]
    FinalizedFirst {
        /// Slots until a transaction is confirmed.
        confirmed: u64,
        /// Slots until it is finalized.
        finalized: u64,
    },
    /// A flag's amount does not fit its mint.
    #[error(transparent)]
    Flag(#[from] FlagError),
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
    /// A part is missing or there is one too many.
    #[error("expected {0}")]
    Form(&'static str),
    /// Not a base58 address of 32 bytes.
    #[error("{0:?} is not a Solana address")]
    Address(String),
    /// Not an amount, or not one of this token.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// Neither token program.
    #[error("{0:?} is neither \"classic\" nor \"token-2022\"")]
    Program(String),
}

/// Runs the server until it fails; never returns otherwise.
pub async fn run(args: ChainArgs, as_json: bool) -> Result<(), CommandError> {
    let chain = args.chain()?;
    let listener = listen(args.listen).await?;
    Announcement::new("chain", &listener, as_json).print();
    for (mint, program) in genesis::MINTS {
        tracing::info!(%mint, ?program, "mint");
    }
    Ok(rpc::serve(listener, chain).await?)
}

impl ChainArgs {
    /// The chain that these flags describe.
    pub fn chain(&self) -> Result<Chain, CommandError> {
        let (confirmed, finalized) = (self.confirmed_after, self.finalized_after);
        if confirmed > finalized {
            return Err(CommandError::FinalizedFirst { confirmed, finalized });
        }
        let chain = Chain::new(self.config())?;
        for mint in &self.mint {
            chain.create_mint(&mint.address, mint.decimals, mint.program)?;
        }
        for funding in &self.fund_sol {
            chain.fund_sol(&funding.address, funding.lamports)?;
        }
        for funding in &self.fund {
            funding.apply(&chain)?;
        }
        Ok(chain)
    }

    fn config(&self) -> ChainConfig {
        ChainConfig {
            slot_duration: Duration::from_millis(self.slot_duration),
            confirmed_after: self.confirmed_after,
            finalized_after: self.finalized_after,
            seed: self.seed,
            ..ChainConfig::default()
        }
    }
}

/// `OWNER:AMOUNT[:MINT]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFunding {
    /// Owner of the token account.
    pub owner: Address,
    /// How much.
    pub amount: Amount,
    /// The token.
    pub mint: Address,
}

/// `ADDRESS:AMOUNT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SolFunding {
    /// Who gets it.
    pub address: Address,
    /// How much.
    pub lamports: u64,
}

/// `ADDRESS[:DECIMALS[:PROGRAM]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMint {
    /// Address of the mint.
    pub address: Address,
    /// Its decimals.
    pub decimals: u8,
    /// Its token program.
    pub program: TokenProgram,
}

impl TokenFunding {
    fn apply(&self, chain: &Chain) -> Result<(), CommandError> {
        let decimals = chain.decimals(&self.mint).ok_or(ChainError::NotAMint(self.mint))?;
        let amount = self.amount.atomic(decimals).map_err(FlagError::from)?;
        Ok(chain.fund_token(&self.owner, &self.mint, amount)?)
    }
}

impl FromStr for TokenFunding {
    type Err = FlagError;

    fn from_str(text: &str) -> Result<Self, FlagError> {
        let (owner, amount, mint) = match *text.split(':').collect::<Vec<_>>() {
            [owner, amount] => (owner, amount, "USDC"),
            [owner, amount, mint] => (owner, amount, mint),
            _ => return Err(FlagError::Form("OWNER:AMOUNT[:MINT]")),
        };
        Ok(Self { owner: parse_address(owner)?, amount: amount.parse()?, mint: parse_mint(mint)? })
    }
}

impl FromStr for SolFunding {
    type Err = FlagError;

    fn from_str(text: &str) -> Result<Self, FlagError> {
        let (address, amount) = text.split_once(':').ok_or(FlagError::Form("ADDRESS:AMOUNT"))?;
        Ok(Self {
            address: parse_address(address)?,
            lamports: amount.parse::<Amount>()?.atomic(SOL_DECIMALS)?,
        })
    }
}

impl FromStr for NewMint {
    type Err = FlagError;

    fn from_str(text: &str) -> Result<Self, FlagError> {
        let (address, decimals, program) = match *text.split(':').collect::<Vec<_>>() {
            [address] => (address, "6", "classic"),
            [address, decimals] => (address, decimals, "classic"),
            [address, decimals, program] => (address, decimals, program),
            _ => return Err(FlagError::Form("ADDRESS[:DECIMALS[:PROGRAM]]")),
        };
        Ok(Self {
            address: parse_address(address)?,
            decimals: decimals.parse().map_err(|_| FlagError::Form("DECIMALS from 0 to 255"))?,
            program: parse_program(program)?,
        })
    }
}

/// A blockhash that is finalized later than it dies would be of no use.
fn slots() -> RangedU64ValueParser {
    RangedU64ValueParser::new().range(..MAX_BLOCKHASH_AGE)
}

fn parse_address(text: &str) -> Result<Address, FlagError> {
    text.parse().map_err(|_| FlagError::Address(text.to_owned()))
}

fn parse_mint(text: &str) -> Result<Address, FlagError> {
    match text {
        "USDC" => Ok(genesis::USDC),
        "USDG" => Ok(genesis::USDG),
        "PYUSD" => Ok(genesis::PYUSD),
        address => parse_address(address),
    }
}

fn parse_program(text: &str) -> Result<TokenProgram, FlagError> {
    match text {
        "classic" => Ok(TokenProgram::Classic),
        "token-2022" => Ok(TokenProgram::Token2022),
        other => Err(FlagError::Program(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    const OWNER: &str = "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU";

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: ChainArgs,
    }

    fn parse(flags: &[&str]) -> Result<ChainArgs, clap::Error> {
        let arguments = ["chain"].iter().chain(flags);
        Command::try_parse_from(arguments).map(|command| command.args)
    }

    #[test]
    fn flags_fund_the_chain() -> Result<(), Box<dyn std::error::Error>> {
        let mint = "So11111111111111111111111111111111111111112";
        let new_mint = format!("{mint}:2:token-2022");
        let args = parse(&[
            "--fund",
            &format!("{OWNER}:2.5"),
            "--fund",
            &format!("{OWNER}:70:PYUSD"),
            "--fund",
            &format!("{OWNER}:1.25:{mint}"),
            "--fund-sol",
            &format!("{OWNER}:1.5"),
            "--mint",
            &new_mint,
        ])?;
        let chain = args.chain()?;
        let owner = OWNER.parse()?;
        assert_eq!(chain.balance(&owner), 1_500_000_000);
        assert_eq!(chain.token_balance(&owner, &genesis::USDC), 2_500_000);
        assert_eq!(chain.token_balance(&owner, &genesis::PYUSD), 70);
        assert_eq!(chain.token_balance(&owner, &mint.parse()?), 125);
        Ok(())
    }

    #[test]
    fn an_amount_finer_than_its_mint_is_refused() -> Result<(), clap::Error> {
        let args = parse(&["--fund", &format!("{OWNER}:0.0000001")])?;
        assert!(matches!(args.chain(), Err(CommandError::Flag(_))));
        Ok(())
    }

    #[test]
    fn blocks_are_confirmed_first_and_finalized_while_their_blockhash_lives() {
        for (flags, is_right) in [
            (["--confirmed-after", "0", "--finalized-after", "0"], true),
            (["--confirmed-after", "149", "--finalized-after", "149"], true),
            (["--confirmed-after", "2", "--finalized-after", "1"], false),
        ] {
            assert_eq!(parse(&flags).unwrap().chain().is_ok(), is_right, "{flags:?}");
        }
        for flag in ["--confirmed-after", "--finalized-after"] {
            for slots in ["150", "18446744073709551615"] {
                assert!(parse(&[flag, slots]).is_err(), "{flag} {slots}");
            }
        }
    }

    #[test]
    fn malformed_flags_are_refused() {
        let owner_only = OWNER.to_owned();
        for value in ["", "x:1", &owner_only, &format!("{OWNER}:1:USDC:1")] {
            assert!(parse(&["--fund", value]).is_err(), "{value}");
        }
        assert!(parse(&["--mint", &format!("{OWNER}:6:other")]).is_err());
        assert!(parse(&["--fund-sol", &format!("{OWNER}:much")]).is_err());
    }
}
