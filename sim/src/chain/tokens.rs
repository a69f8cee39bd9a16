//! Mints, token accounts and money from nowhere.
//!
//! Mints are written into the accounts directly; tokens are minted by the real token programs, so
//! the accounts of payers and sellers look exactly as on a cluster (a Token-2022 account carries its
//! `ImmutableOwner` extension).

use solana_account::{Account, ReadableAccount};
use solana_account_decoder::{
    parse_account_data::SplTokenAdditionalDataV2, parse_token::token_amount_to_ui_amount_v3,
};
use solana_address::{Address, address};
use solana_commitment_config::CommitmentLevel;
use solana_instruction::Instruction;
use solana_message::{Message, VersionedMessage};
use solana_program_pack::Pack;
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use solana_transaction_status::TransactionTokenBalance;
use spl_associated_token_account_interface::{
    address::get_associated_token_address_with_program_id,
    instruction::create_associated_token_account_idempotent,
};
use spl_token_2022_interface::{
    extension::StateWithExtensions,
    instruction::mint_to,
    state::{Account as TokenAccount, Mint},
};

use super::{ChainError, execution::unsigned, ledger::Ledger};

/// Address of the program that puts a text into a transaction.
pub const MEMO_PROGRAM: Address = address!("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

/// Which token program owns a mint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenProgram {
    /// SPL Token.
    Classic,
    /// Token-2022, also called Token Extensions.
    Token2022,
}

impl TokenProgram {
    /// Address of the program.
    pub const fn id(self) -> Address {
        match self {
            Self::Classic => address!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"),
            Self::Token2022 => address!("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"),
        }
    }

    /// The program at this address, if it is a token program.
    pub fn from_id(id: &Address) -> Option<Self> {
        [Self::Classic, Self::Token2022].into_iter().find(|program| program.id() == *id)
    }

    /// The owner's associated token account for this mint.
    pub fn associated_account(self, owner: &Address, mint: &Address) -> Address {
        get_associated_token_address_with_program_id(owner, mint, &self.id())
    }
}

/// What a token account says about itself.
pub(super) struct Holding {
    pub(super) mint: Address,
    pub(super) owner: Address,
    pub(super) amount: u64,
    pub(super) program: TokenProgram,
}

impl Holding {
    fn read<A: ReadableAccount>(account: &A) -> Option<Self> {
        let program = TokenProgram::from_id(account.owner())?;
        let state = StateWithExtensions::<TokenAccount>::unpack(account.data()).ok()?;
        Some(Self {
            mint: state.base.mint,
            owner: state.base.owner,
            amount: state.base.amount,
            program,
        })
    }
}

impl Ledger {
    pub(super) fn create_mint(
        &mut self,
        address: &Address,
        decimals: u8,
        program: TokenProgram,
    ) -> Result<(), ChainError> {
        let mint = Mint {
            mint_authority: Some(self.treasury.pubkey()).into(),
            decimals,
            is_initialized: true,
            ..Mint::default()
        };
        let mut account = Account::new(self.rent(Mint::LEN), Mint::LEN, &program.id());
        mint.pack_into_slice(&mut account.data);
        self.set_account(address, account)
    }

    pub(super) fn fund_sol(&mut self, address: &Address, lamports: u64) -> Result<(), ChainError> {
        let mut account = self.account(address).unwrap_or_default();
        account.lamports = account.lamports.saturating_add(lamports);
        self.set_account(address, account)
    }

    pub(super) fn fund_token(
        &mut self,
        owner: &Address,
        mint: &Address,
        amount: u64,
    ) -> Result<(), ChainError> {
        let program = self.mint_program(mint).ok_or(ChainError::NotAMint(*mint))?;
        let instructions = self.funding(owner, mint, program, amount)?;
        let message = Message::new(&instructions, Some(&self.treasury.pubkey()));
        self.svm
            .send_transaction(unsigned(VersionedMessage::Legacy(message)))
            .map_err(|failed| failed.err)?;
        Ok(())
    }

    pub(super) fn airdrop(
        &mut self,
        address: &Address,
        lamports: u64,
    ) -> Result<Signature, ChainError> {
        self.airdrops += 1;
        let payer = self.treasury.pubkey();
        let instructions = [
            solana_system_interface::instruction::transfer(&payer, address, lamports),
            numbered_memo(self.airdrops),
        ];
        let blockhash = self.latest_blockhash(CommitmentLevel::Processed).hash;
        let message = Message::new_with_blockhash(&instructions, Some(&payer), &blockhash);
        let transaction =
            VersionedTransaction::try_new(VersionedMessage::Legacy(message), &[&self.treasury])?;
        Ok(self.send(transaction)?)
    }

    pub(super) fn token_balance(&self, owner: &Address, mint: &Address) -> u64 {
        self.mint_program(mint)
            .map(|program| program.associated_account(owner, mint))
            .and_then(|account| self.holding(&account))
            .map_or(0, |holding| holding.amount)
    }

    /// The token account at `address`.
    pub(super) fn holding(&self, address: &Address) -> Option<Holding> {
        Holding::read(self.svm.accounts_db().get_account_ref(address)?)
    }

    /// Every token account of this owner, in the order of addresses.
    pub(super) fn token_accounts_of(
        &self,
        owner: &Address,
    ) -> impl Iterator<Item = (Address, Holding)> {
        let mut accounts: Vec<(Address, Holding)> = self
            .svm
            .accounts_db()
            .inner
            .iter()
            .filter_map(|(address, account)| Some((*address, Holding::read(account)?)))
            .filter(|(_, holding)| holding.owner == *owner)
            .collect();
        accounts.sort_by_key(|(address, _)| *address);
        accounts.into_iter()
    }

    /// Decimals of the mint at `address`.
    pub(super) fn decimals(&self, address: &Address) -> Option<u8> {
        self.mint(address).map(|mint| mint.decimals)
    }

    /// Atomic units that the mint at `address` has issued.
    pub(super) fn supply(&self, address: &Address) -> Option<u64> {
        self.mint(address).map(|mint| mint.supply)
    }

    /// The tokens in the account at `address` as `getTransaction` shows them.
    pub(super) fn token_balance_record(
        &self,
        account_index: u8,
        address: &Address,
    ) -> Option<TransactionTokenBalance> {
        let holding = self.holding(address)?;
        let decimals = self.decimals(&holding.mint)?;
        let additional = SplTokenAdditionalDataV2::with_decimals(decimals);
        Some(TransactionTokenBalance {
            account_index,
            mint: holding.mint.to_string(),
            ui_token_amount: token_amount_to_ui_amount_v3(holding.amount, &additional),
            owner: holding.owner.to_string(),
            program_id: holding.program.id().to_string(),
        })
    }

    /// Lamports that keep an account of this size alive.
    pub(super) fn rent(&self, data_length: usize) -> u64 {
        self.svm.minimum_balance_for_rent_exemption(data_length)
    }

    fn mint(&self, address: &Address) -> Option<Mint> {
        let account = self.svm.accounts_db().get_account_ref(address)?;
        TokenProgram::from_id(account.owner())?;
        let state = StateWithExtensions::<Mint>::unpack(account.data()).ok()?;
        Some(state.base)
    }

    fn mint_program(&self, mint: &Address) -> Option<TokenProgram> {
        self.decimals(mint)?;
        TokenProgram::from_id(&self.account(mint)?.owner)
    }

    fn funding(
        &self,
        owner: &Address,
        mint: &Address,
        program: TokenProgram,
        amount: u64,
    ) -> Result<Vec<Instruction>, TransactionError> {
        let treasury = self.treasury.pubkey();
        let program_id = program.id();
        let account = program.associated_account(owner, mint);
        let create =
            create_associated_token_account_idempotent(&treasury, owner, mint, &program_id);
        let minting = mint_to(&program_id, mint, &account, &treasury, &[], amount)
            .map_err(|_| TransactionError::InvalidProgramForExecution)?;
        Ok(vec![create, minting])
    }

    fn set_account(&mut self, address: &Address, account: Account) -> Result<(), ChainError> {
        self.svm.set_account(*address, account).map_err(|error| ChainError::AccountRefused {
            address: *address,
            reason: error.to_string(),
        })
    }
}

/// Tells apart airdrops of the same amount within one blockhash, which would be one transaction.
fn numbered_memo(number: u64) -> Instruction {
    let text = format!("airdrop {number}");
    Instruction::new_with_bytes(MEMO_PROGRAM, text.as_bytes(), Vec::new())
}
