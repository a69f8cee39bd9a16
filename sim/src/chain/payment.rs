//! A payment as x402 clients make it, for the tests of the chain: version-0 message, compute budget,
//! `TransferChecked`, memo, and a fee payer who is not the one who pays.

use solana_address::{Address, address};
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{VersionedMessage, v0};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use spl_token_2022_interface::instruction::transfer_checked;

use super::{Chain, ChainConfig, MEMO_PROGRAM, TokenProgram, genesis};

const COMPUTE_BUDGET: Address = address!("ComputeBudget111111111111111111111111111111");

/// Lamports that the fee payer starts with.
pub(super) const PURSE: u64 = 1_000_000_000;

/// Two signatures and one lamport of priority.
pub(super) const FEE: u64 = 10_001;

/// A payer with money, a facilitator with lamports and a seller with an account.
pub(super) struct Payment {
    pub(super) payer: Keypair,
    pub(super) facilitator: Keypair,
    pub(super) seller: Address,
    pub(super) mint: Address,
    pub(super) program: TokenProgram,
    pub(super) amount: u64,
    pub(super) memo: String,
    pub(super) compute_limit: u32,
}

pub(super) fn manual_chain() -> Chain {
    Chain::new(ChainConfig::manual()).unwrap()
}

impl Payment {
    /// 1500 of 5000 atomic units, in USDC.
    pub(super) fn in_usdc(chain: &Chain) -> Self {
        Self::new(chain, genesis::USDC, TokenProgram::Classic)
    }

    pub(super) fn new(chain: &Chain, mint: Address, program: TokenProgram) -> Self {
        let payment = Self {
            payer: Keypair::new(),
            facilitator: Keypair::new(),
            seller: Keypair::new().pubkey(),
            mint,
            program,
            amount: 1500,
            memo: "0123456789abcdef0123456789abcdef".to_owned(),
            compute_limit: 20_000,
        };
        chain.fund_sol(&payment.facilitator.pubkey(), PURSE).unwrap();
        chain.fund_token(&payment.payer.pubkey(), &mint, 5000).unwrap();
        chain.fund_token(&payment.seller, &mint, 0).unwrap();
        payment
    }

    pub(super) fn source(&self) -> Address {
        let payer = self.payer.pubkey();
        self.program.associated_account(&payer, &self.mint)
    }

    pub(super) fn message(&self, blockhash: Hash) -> VersionedMessage {
        let fee_payer = self.facilitator.pubkey();
        let message = v0::Message::try_compile(&fee_payer, &self.instructions(), &[], blockhash);
        VersionedMessage::V0(message.unwrap())
    }

    pub(super) fn sign(&self, blockhash: Hash) -> VersionedTransaction {
        let signers = [&self.facilitator, &self.payer];
        VersionedTransaction::try_new(self.message(blockhash), &signers).unwrap()
    }

    fn instructions(&self) -> [Instruction; 4] {
        let limit = [&[2], &self.compute_limit.to_le_bytes()[..]].concat();
        let price = [&[3], &1u64.to_le_bytes()[..]].concat();
        [
            Instruction::new_with_bytes(COMPUTE_BUDGET, &limit, Vec::new()),
            Instruction::new_with_bytes(COMPUTE_BUDGET, &price, Vec::new()),
            self.transfer(),
            Instruction::new_with_bytes(MEMO_PROGRAM, self.memo.as_bytes(), Vec::new()),
        ]
    }

    fn transfer(&self) -> Instruction {
        transfer_checked(
            &self.program.id(),
            &self.source(),
            &self.mint,
            &self.program.associated_account(&self.seller, &self.mint),
            &self.payer.pubkey(),
            &[],
            self.amount,
            genesis::DECIMALS,
        )
        .unwrap()
    }
}
