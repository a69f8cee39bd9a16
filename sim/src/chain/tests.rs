//! Payments on the chain itself, without RPC.

use solana_commitment_config::CommitmentLevel::{Confirmed, Finalized, Processed};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;
use solana_transaction_status::TransactionConfirmationStatus as Level;

use super::{
    payment::{FEE, PURSE, Payment, manual_chain},
    *,
};

fn newest(chain: &Chain) -> Hash {
    chain.latest_blockhash(Processed).hash
}

fn outcome(chain: &Chain, signature: &Signature) -> Result<(), TransactionError> {
    let landed = chain.transaction(signature).unwrap();
    landed.transaction.meta.status.clone()
}

fn failing_instruction(error: TransactionError) -> Option<u8> {
    match error {
        TransactionError::InstructionError(index, _) => Some(index),
        _ => None,
    }
}

#[test]
fn a_payment_moves_exactly_its_amount_in_every_standard_mint() {
    let chain = manual_chain();
    for (mint, program) in genesis::MINTS {
        let payment = Payment::new(&chain, mint, program);
        let signature = chain.send(payment.sign(newest(&chain))).unwrap();
        assert_eq!(outcome(&chain, &signature), Ok(()), "{mint}");
        assert_eq!(chain.token_balance(&payment.payer.pubkey(), &mint), 3500);
        assert_eq!(chain.token_balance(&payment.seller, &mint), 1500);
        assert_eq!(chain.balance(&payment.facilitator.pubkey()), PURSE - FEE);
        assert_eq!(chain.balance(&payment.payer.pubkey()), 0);
    }
}

/// The memo program spends about 350 compute units on each byte.
#[test]
fn a_long_memo_needs_more_than_the_usual_compute_limit() {
    let chain = manual_chain();
    let mut payment = Payment::in_usdc(&chain);
    payment.memo = "m".repeat(256);
    let signature = chain.send(payment.sign(newest(&chain))).unwrap();
    let error = outcome(&chain, &signature).unwrap_err();
    assert_eq!(failing_instruction(error), Some(3));
    payment.compute_limit = 100_000;
    let signature = chain.send(payment.sign(newest(&chain))).unwrap();
    assert_eq!(outcome(&chain, &signature), Ok(()));
}

#[test]
fn a_blockhash_is_good_for_150_blocks_and_no_longer() {
    let chain = manual_chain();
    let payment = Payment::in_usdc(&chain);
    let blockhash = chain.latest_blockhash(Processed);
    let transaction = payment.sign(blockhash.hash);
    chain.advance(150);
    assert_eq!(chain.block_height(Processed), blockhash.last_valid_block_height);
    assert!(chain.is_blockhash_valid(&blockhash.hash, Processed));
    let last_moment = chain.send(transaction.clone());
    assert!(last_moment.is_ok());
    chain.advance(1);
    assert!(!chain.is_blockhash_valid(&blockhash.hash, Processed));
    assert_eq!(chain.send(transaction), Err(TransactionError::BlockhashNotFound));
}

#[test]
fn a_simulation_leaves_six_blocks_for_forwarding() {
    let chain = manual_chain();
    let payment = Payment::in_usdc(&chain);
    let request = SimulationRequest {
        transaction: payment.sign(newest(&chain)),
        verify_signatures: true,
        replace_blockhash: false,
        commitment: Processed,
    };
    chain.advance(144);
    assert_eq!(chain.simulate(request.clone()).error, None);
    chain.advance(1);
    let late = chain.simulate(request);
    assert_eq!(late.error, Some(TransactionError::BlockhashNotFound));
}

#[test]
fn a_blockhash_of_another_chain_is_unknown() {
    let chain = manual_chain();
    let payment = Payment::in_usdc(&chain);
    let transaction = payment.sign(Hash::new_from_array([9; 32]));
    assert_eq!(chain.send(transaction), Err(TransactionError::BlockhashNotFound));
}

#[test]
fn the_same_payment_lands_once() {
    let chain = manual_chain();
    let payment = Payment::in_usdc(&chain);
    let transaction = payment.sign(newest(&chain));
    chain.send(transaction.clone()).unwrap();
    chain.advance(3);
    let again = chain.send(transaction.clone());
    assert_eq!(again, Err(TransactionError::AlreadyProcessed));
    let simulation = chain.simulate(SimulationRequest {
        transaction: execution::unsigned(transaction.message),
        verify_signatures: false,
        replace_blockhash: false,
        commitment: Processed,
    });
    assert_eq!(simulation.error, Some(TransactionError::AlreadyProcessed));
    assert_eq!(chain.token_balance(&payment.seller, &payment.mint), 1500);
}

#[test]
fn a_payment_without_funds_lands_as_failed_and_costs_its_fee() {
    let chain = manual_chain();
    let mut payment = Payment::in_usdc(&chain);
    payment.amount = 5001;
    let signature = chain.send(payment.sign(newest(&chain))).unwrap();
    let error = outcome(&chain, &signature).unwrap_err();
    assert_eq!(failing_instruction(error), Some(2));
    assert_eq!(chain.token_balance(&payment.seller, &payment.mint), 0);
    assert_eq!(chain.balance(&payment.facilitator.pubkey()), PURSE - FEE);
}

#[test]
fn a_compute_limit_that_is_too_low_fails_the_payment() {
    let chain = manual_chain();
    let mut payment = Payment::in_usdc(&chain);
    payment.compute_limit = 400;
    let signature = chain.send(payment.sign(newest(&chain))).unwrap();
    assert!(outcome(&chain, &signature).is_err());
}

#[test]
fn a_seller_without_an_account_cannot_be_paid() {
    let chain = manual_chain();
    let mut payment = Payment::in_usdc(&chain);
    payment.seller = Address::new_from_array([5; 32]);
    let signature = chain.send(payment.sign(newest(&chain))).unwrap();
    let error = outcome(&chain, &signature).unwrap_err();
    assert_eq!(failing_instruction(error), Some(2));
}

#[test]
fn a_wrong_signature_never_lands() {
    let chain = manual_chain();
    let payment = Payment::in_usdc(&chain);
    let mut transaction = payment.sign(newest(&chain));
    transaction.signatures[1] = Signature::from([3; 64]);
    assert_eq!(chain.send(transaction), Err(TransactionError::SignatureFailure));
    assert_eq!(chain.balance(&payment.facilitator.pubkey()), PURSE);
}

#[test]
fn a_fee_payer_without_lamports_cannot_land_anything() {
    let chain = manual_chain();
    let mut payment = Payment::in_usdc(&chain);
    payment.facilitator = solana_keypair::Keypair::new();
    let refused = chain.send(payment.sign(newest(&chain)));
    assert_eq!(refused, Err(TransactionError::AccountNotFound));
}

#[test]
fn an_account_named_twice_is_refused() {
    let chain = manual_chain();
    let payment = Payment::in_usdc(&chain);
    let VersionedMessage::V0(mut message) = payment.message(newest(&chain)) else {
        unreachable!("payments are version 0");
    };
    message.account_keys[3] = message.account_keys[2];
    let signers = [&payment.facilitator, &payment.payer];
    let transaction =
        VersionedTransaction::try_new(VersionedMessage::V0(message), &signers).unwrap();
    assert_eq!(chain.send(transaction), Err(TransactionError::AccountLoadedTwice));
}

#[test]
fn confirmation_follows_the_slots() {
    let chain =
        Chain::new(ChainConfig { confirmed_after: 2, finalized_after: 5, ..ChainConfig::manual() })
            .unwrap();
    let payment = Payment::in_usdc(&chain);
    let signature = chain.send(payment.sign(newest(&chain))).unwrap();
    let slot = chain.transaction(&signature).unwrap().slot;
    let level = || chain.standing(slot).level;
    assert_eq!(level(), Level::Processed);
    chain.advance(2);
    assert_eq!(level(), Level::Confirmed);
    assert_eq!(chain.standing(slot).confirmations, Some(2));
    chain.advance(3);
    assert_eq!(level(), Level::Finalized);
    assert_eq!(chain.standing(slot).confirmations, None);
    assert_eq!(chain.slot(Processed) - chain.slot(Confirmed), 2);
    assert_eq!(chain.slot(Processed) - chain.slot(Finalized), 5);
}

#[test]
fn funding_adds_up_and_airdrops_are_separate_transactions() {
    let chain = manual_chain();
    let owner = Address::new_from_array([8; 32]);
    chain.fund_token(&owner, &genesis::PYUSD, 40).unwrap();
    chain.fund_token(&owner, &genesis::PYUSD, 2).unwrap();
    assert_eq!(chain.token_balance(&owner, &genesis::PYUSD), 42);
    assert_eq!(chain.token_balance(&owner, &genesis::USDC), 0);
    let first = chain.airdrop(&owner, PURSE).unwrap();
    let second = chain.airdrop(&owner, PURSE).unwrap();
    assert_ne!(first, second);
    assert_eq!(chain.balance(&owner), 2 * PURSE);
}

#[test]
fn a_mint_can_be_created_at_any_address() {
    let chain = manual_chain();
    let mint = Address::new_from_array([4; 32]);
    let owner = Address::new_from_array([8; 32]);
    let missing = chain.fund_token(&owner, &mint, 1);
    assert!(matches!(missing, Err(ChainError::NotAMint(_))));
    chain.create_mint(&mint, 2, TokenProgram::Token2022).unwrap();
    assert_eq!(chain.decimals(&mint), Some(2));
    chain.fund_token(&owner, &mint, 7).unwrap();
    let account = TokenProgram::Token2022.associated_account(&owner, &mint);
    // Token-2022 adds the ImmutableOwner extension to the 165 bytes of a token account.
    assert_eq!(chain.account(&account).unwrap().data.len(), 170);
}

#[test]
fn chains_with_a_seed_repeat_and_others_do_not() {
    let chain = |seed| Chain::new(ChainConfig { seed, ..ChainConfig::manual() }).unwrap();
    assert_eq!(newest(&chain(Some(1))), newest(&chain(Some(1))));
    assert_ne!(newest(&chain(Some(1))), newest(&chain(Some(2))));
    assert_ne!(newest(&chain(None)), newest(&chain(None)));
}
