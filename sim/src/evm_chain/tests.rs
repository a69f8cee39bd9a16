//! Payments that settle, and every way in which one is refused: by its words, and nothing moves.

use alloy_consensus::{TxEip1559, TxLegacy};
use alloy_primitives::{Address, B256, Signature, TxKind, U256, keccak256};
use alloy_sol_types::{SolCall, sol};

use super::{
    Call, CallError, EvmChain, EvmChainConfig, LogFilter, TransactionError, genesis,
    payment::{Authorization, MAX_FEE, NOW, ORDER, PURSE, Payment, encode, raw, wallet},
};

/// The words with which the token refuses this data, when simulated; mined it fails, too, and moves
/// nothing.
fn refusal(payment: &Payment, data: alloy_primitives::Bytes) -> String {
    let error = payment.chain.call(&payment.call(data.clone())).unwrap_err();
    assert!(matches!(error, CallError::Reverted(_)), "{error}");
    let before = payment.chain.token_balance(payment.seller);
    assert!(!payment.settle(data));
    assert_eq!(payment.chain.token_balance(payment.seller), before);
    error.to_string()
}

/// The refusal of a payment that was changed in this way before it was signed.
fn refusal_of(change: impl FnOnce(&mut Authorization)) -> String {
    let mut payment = Payment::new();
    change(&mut payment.authorization);
    let message = refusal(&payment, payment.data());
    let Authorization { from, nonce, .. } = payment.authorization;
    assert!(!payment.chain.authorization_used(from, nonce));
    message
}

#[test]
fn the_token_is_base_sepolias_usdc() {
    let payment = Payment::new();
    let read = |signature: &str| payment.chain.call(&payment.call(encode(signature, &[]))).unwrap();
    assert_eq!(read("DOMAIN_SEPARATOR()")[..], genesis::USDC_DOMAIN_SEPARATOR[..]);
    assert_eq!(payment.authorization.domain_separator(), genesis::USDC_DOMAIN_SEPARATOR);
    assert_eq!(U256::from_be_slice(&read("decimals()")), U256::from(genesis::USDC_DECIMALS));
    assert_eq!(U256::from_be_slice(&read("totalSupply()")), U256::from(PURSE));
    let type_hash = "7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267";
    let answer = read("TRANSFER_WITH_AUTHORIZATION_TYPEHASH()");
    assert_eq!(alloy_primitives::hex::encode(answer), type_hash);
    let text = |signature| String::from_utf8(read(signature)[64..].to_vec()).unwrap();
    assert_eq!(text("name()").trim_end_matches('\0'), genesis::USDC_DOMAIN_NAME);
    assert_eq!(text("version()").trim_end_matches('\0'), genesis::USDC_DOMAIN_VERSION);
}

sol! {
    struct Question { address target; bytes callData; }
    struct Answer { bool success; bytes returnData; }
    function tryAggregate(bool requireSuccess, Question[] calls) returns (Answer[] answers);
}

/// One question that the token answers and one that it refuses, as the reference facilitators ask.
#[test]
fn multicall3_asks_several_questions() -> Result<(), Box<dyn std::error::Error>> {
    let payment = Payment::new();
    let known = encode("decimals()", &[]);
    let unknown = encode("authorizationStates()", &[]);
    let question = |data| Question { target: genesis::USDC, callData: data };
    let calls = vec![question(known), question(unknown)];
    let data = tryAggregateCall { requireSuccess: false, calls }.abi_encode().into();
    let call = Call { to: Some(genesis::MULTICALL3), ..payment.call(data) };
    let answers = tryAggregateCall::abi_decode_returns(&payment.chain.call(&call)?)?;
    let successes: Vec<bool> = answers.iter().map(|answer| answer.success).collect();
    assert_eq!(successes, [true, false]);
    let decimals = U256::try_from_be_slice(&answers[0].returnData);
    assert_eq!(decimals, Some(U256::from(genesis::USDC_DECIMALS)));
    Ok(())
}

#[test]
fn an_authorization_settles() {
    let payment = Payment::new();
    let Authorization { from, nonce, .. } = payment.authorization;
    assert!(!payment.chain.authorization_used(from, nonce));
    assert!(payment.chain.call(&payment.call(payment.data())).is_ok());
    assert!(payment.settle(payment.data()));
    assert_eq!(payment.chain.token_balance(payment.seller), U256::from(1500));
    assert_eq!(payment.chain.token_balance(from), U256::from(PURSE - 1500));
    assert!(payment.chain.authorization_used(from, nonce));
    assert_eq!(payment.chain.block_number(), 1);
}

#[test]
fn the_signature_may_come_as_bytes() {
    let payment = Payment::new();
    let signature = payment.signature().as_bytes();
    assert!(payment.settle(payment.authorization.transfer_with_bytes(&signature)));
    assert_eq!(payment.chain.token_balance(payment.seller), U256::from(1500));
}

#[test]
fn a_settlement_is_logged_and_its_gas_paid_by_the_facilitator() {
    let payment = Payment::new();
    let purse = payment.chain.balance(payment.facilitator.address());
    assert!(payment.settle(payment.data()));
    let block = payment.chain.block(1).unwrap();
    let mined = block.mined.as_ref().unwrap();
    let Authorization { from, nonce, .. } = payment.authorization;
    let [used, transfer] = mined.receipt.logs() else { panic!("two logs expected") };
    let used_topic = keccak256("AuthorizationUsed(address,bytes32)");
    assert_eq!(used.topics(), [used_topic, from.into_word(), nonce]);
    let transfer_topic = keccak256("Transfer(address,address,uint256)");
    let parties = [from.into_word(), payment.seller.into_word()];
    assert_eq!(transfer.topics(), [transfer_topic, parties[0], parties[1]]);
    assert_eq!(U256::from_be_slice(&transfer.data.data), U256::from(1500));
    assert_eq!(mined.effective_gas_price, 2_000_000);
    let fee = U256::from(block.header.gas_used) * U256::from(2_000_000);
    assert_eq!(payment.chain.balance(payment.facilitator.address()), purse - fee);
}

#[test]
fn logs_are_found_by_contract_and_topics() {
    let payment = Payment::new();
    assert!(payment.settle(payment.data()));
    let find = |topics: &[&[B256]], address: Address| {
        let topics = topics.iter().map(|position| position.to_vec()).collect();
        let filter = LogFilter { blocks: 0..=9, addresses: vec![address], topics };
        payment.chain.logs(&filter).len()
    };
    let transfer = keccak256("Transfer(address,address,uint256)");
    let seller = payment.seller.into_word();
    assert_eq!(find(&[], genesis::USDC), 2);
    assert_eq!(find(&[], payment.seller), 0);
    assert_eq!(find(&[&[transfer]], genesis::USDC), 1);
    assert_eq!(find(&[&[transfer], &[], &[seller, B256::ZERO]], genesis::USDC), 1);
    assert_eq!(find(&[&[transfer], &[seller]], genesis::USDC), 0);
    assert_eq!(find(&[&[], &[], &[], &[]], genesis::USDC), 0);
}

#[test]
fn a_nonce_is_good_once() {
    let payment = Payment::new();
    assert!(payment.settle(payment.data()));
    let message = refusal(&payment, payment.data());
    assert_eq!(message, "execution reverted: FiatTokenV2: authorization is used or canceled");
}

#[test]
fn an_authorization_is_good_between_its_times() {
    let early = "execution reverted: FiatTokenV2: authorization is not yet valid";
    let late = "execution reverted: FiatTokenV2: authorization is expired";
    assert_eq!(refusal_of(|fields| fields.valid_after = U256::from(NOW)), early);
    assert_eq!(refusal_of(|fields| fields.valid_before = U256::from(NOW)), late);

    let mut payment = Payment::new();
    payment.authorization.valid_after = U256::from(NOW);
    assert!(payment.chain.call(&payment.call(payment.data())).is_err());
    payment.chain.advance_time(1);
    assert!(payment.chain.call(&payment.call(payment.data())).is_ok());
    payment.chain.set_timestamp(NOW + 60);
    assert_eq!(refusal(&payment, payment.data()), late);
}

#[test]
fn another_domain_is_another_signature() {
    let invalid = "execution reverted: FiatTokenV2: invalid signature";
    assert_eq!(refusal_of(|fields| fields.domain_name = "USD Coin"), invalid);
    assert_eq!(refusal_of(|fields| fields.domain_version = "1"), invalid);
    assert_eq!(refusal_of(|fields| fields.chain_id = 8453), invalid);
    assert_eq!(refusal_of(|fields| fields.from = Address::repeat_byte(9)), invalid);
}

#[test]
fn a_changed_field_is_an_invalid_signature() {
    let payment = Payment::new();
    let changed = Authorization { to: Address::repeat_byte(9), ..payment.authorization.clone() };
    let message = refusal(&payment, changed.transfer(payment.signature()));
    assert_eq!(message, "execution reverted: FiatTokenV2: invalid signature");
}

#[test]
fn nobody_pays_more_than_he_has() {
    let message = refusal_of(|fields| fields.value = U256::from(PURSE + 1));
    assert_eq!(message, "execution reverted: ERC20: transfer amount exceeds balance");
    let message = refusal_of(|fields| fields.to = Address::ZERO);
    assert_eq!(message, "execution reverted: ERC20: transfer to the zero address");
}

#[test]
fn only_one_form_of_a_signature_is_taken() {
    let payment = Payment::new();
    let signature = payment.signature();
    let high = Signature::new(signature.r(), ORDER - signature.s(), !signature.v());
    let message = refusal(&payment, payment.authorization.transfer(high));
    assert_eq!(message, "execution reverted: ECRecover: invalid signature 's' value");
    for v in [0, 1, 26, 29] {
        let data = payment.authorization.call("transferWithAuthorization", signature, v);
        let message = refusal(&payment, data);
        assert_eq!(message, "execution reverted: ECRecover: invalid signature 'v' value");
    }
    let nobody = Signature::new(U256::ZERO, U256::ZERO, false);
    let message = refusal(&payment, payment.authorization.transfer(nobody));
    assert_eq!(message, "execution reverted: ECRecover: invalid signature");
    let compact = &signature.as_bytes()[..64];
    let message = refusal(&payment, payment.authorization.transfer_with_bytes(compact));
    assert_eq!(message, "execution reverted: ECRecover: invalid signature length");
    assert!(payment.settle(payment.data()));
}

#[test]
fn only_the_payee_receives() {
    let mut payment = Payment::new();
    payment.authorization.type_name = "ReceiveWithAuthorization";
    let function = "receiveWithAuthorization";
    let receive = |payment: &Payment| {
        let signature = payment.signature();
        payment.authorization.call(function, signature, 27 + u8::from(signature.v()))
    };
    let message = refusal(&payment, receive(&payment));
    assert_eq!(message, "execution reverted: FiatTokenV2: caller must be the payee");
    payment.authorization.to = payment.facilitator.address();
    assert!(payment.settle(receive(&payment)));
    assert_eq!(payment.chain.token_balance(payment.authorization.to), U256::from(1500));
}

#[test]
fn a_canceled_authorization_moves_nothing() {
    let payment = Payment::new();
    let Authorization { from, nonce, .. } = payment.authorization;
    let type_hash = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
    let fields = [type_hash, from.into_word(), nonce].map(|word| word.0).concat();
    let separator = genesis::USDC_DOMAIN_SEPARATOR;
    let digest = [&[0x19, 0x01], separator.as_slice(), keccak256(fields).as_slice()].concat();
    let signature = payment.payer.sign(keccak256(digest)).unwrap();
    let v = U256::from(27 + u8::from(signature.v()));
    let cancel = encode(
        "cancelAuthorization(address,bytes32,uint8,bytes32,bytes32)",
        &[from.into_word(), nonce, v.into(), signature.r().into(), signature.s().into()],
    );
    assert!(payment.settle(cancel));
    assert!(payment.chain.authorization_used(from, nonce));
    let message = refusal(&payment, payment.data());
    assert_eq!(message, "execution reverted: FiatTokenV2: authorization is used or canceled");
}

#[test]
fn nobody_mints() {
    let payment = Payment::new();
    let seller = payment.seller.into_word();
    let mint = encode("mint(address,uint256)", &[seller, U256::from(1).into()]);
    let message = refusal(&payment, mint);
    assert_eq!(message, "execution reverted: FiatToken: caller is not a minter");
    let overflow = payment.chain.fund_token(payment.seller, U256::MAX).unwrap_err();
    assert_eq!(overflow.to_string(), "minting: execution reverted: panic code 0x11");
}

#[test]
fn tokens_move_by_the_older_ways_too() {
    let payment = Payment::new();
    let [payer, seller] = [payment.payer.address(), payment.seller].map(|it| it.into_word());
    let amount = U256::from(100).into();
    payment.chain.fund_eth(payment.payer.address(), U256::from(10u128.pow(18)));
    let spender = payment.facilitator.address().into_word();
    for (nonce, data) in [
        encode("transfer(address,uint256)", &[seller, amount]),
        encode("approve(address,uint256)", &[spender, amount]),
    ]
    .into_iter()
    .enumerate()
    {
        let transaction = TxEip1559 { nonce: nonce as u64, ..payment.transaction(data) };
        payment.chain.send_raw_transaction(&raw(&payment.payer, transaction)).unwrap();
    }
    let spend = encode("transferFrom(address,address,uint256)", &[payer, seller, amount]);
    assert!(payment.settle(spend.clone()));
    assert_eq!(payment.chain.token_balance(payment.seller), U256::from(200));
    let message = refusal(&payment, spend);
    assert_eq!(message, "execution reverted: ERC20: transfer amount exceeds allowance");
}

#[test]
fn an_estimate_suffices_and_is_close() {
    let payment = Payment::new();
    let call = payment.call(payment.data());
    let estimate = payment.chain.estimate_gas(&call).unwrap();
    assert!((60_000..120_000).contains(&estimate), "{estimate}");
    let transaction = TxEip1559 { gas_limit: estimate, ..payment.transaction(payment.data()) };
    payment.send(transaction).unwrap();
    assert_eq!(payment.chain.token_balance(payment.seller), U256::from(1500));
    let used = payment.chain.block(1).unwrap().header.gas_used;
    assert!(estimate < used + used / 20, "{estimate} for {used}");
    let again = payment.chain.estimate_gas(&call).unwrap_err();
    assert!(matches!(again, CallError::Reverted(_)));
}

#[test]
fn an_estimate_is_limited_by_the_purse() {
    let mut payment = Payment::new();
    payment.facilitator = wallet(3);
    let mut call = payment.call(payment.data());
    assert!(payment.chain.estimate_gas(&call).is_ok());
    call.max_fee = MAX_FEE;
    assert_eq!(payment.chain.estimate_gas(&call), Err(CallError::Allowance(0)));
    payment.chain.fund_eth(call.from, U256::from(MAX_FEE * 40_000));
    assert_eq!(payment.chain.estimate_gas(&call), Err(CallError::Allowance(40_000)));
    payment.chain.fund_eth(call.from, U256::from(MAX_FEE * 100_000));
    assert!(payment.chain.estimate_gas(&call).is_ok());
}

#[test]
fn an_address_without_code_answers_nothing() {
    let payment = Payment::new();
    let mut call = payment.call(payment.data());
    call.to = Some(payment.seller);
    assert_eq!(payment.chain.call(&call).unwrap().len(), 0);
    assert!(payment.chain.code(payment.seller).is_empty());
    assert!(!payment.chain.code(genesis::USDC).is_empty());
}

#[test]
fn a_transaction_must_be_in_order() {
    let payment = Payment::new();
    let good = payment.transaction(payment.data());
    let refused = |change: fn(&mut TxEip1559)| {
        let mut transaction = good.clone();
        change(&mut transaction);
        payment.send(transaction).unwrap_err().to_string()
    };
    assert_eq!(refused(|it| it.nonce = 7), "nonce too high: next nonce 0, tx nonce 7");
    assert_eq!(
        refused(|it| it.chain_id = 1),
        "invalid sender: invalid chain id for signer: have 1 want 84532"
    );
    assert!(refused(|it| it.gas_limit = 21_000).starts_with("intrinsic gas too low: gas 21000"));
    assert_eq!(refused(|it| it.gas_limit = 30_000_001), "exceeds block gas limit");
    assert_eq!(
        refused(|it| it.max_priority_fee_per_gas = MAX_FEE + 1),
        "max priority fee per gas higher than max fee per gas"
    );
    let underpriced = refused(|it| (it.max_fee_per_gas, it.max_priority_fee_per_gas) = (1, 1));
    assert!(underpriced.starts_with("transaction underpriced"), "{underpriced}");
    let poor = refused(|it| it.value = U256::from(10u128.pow(18)));
    assert!(poor.starts_with("insufficient funds for gas * price + value"), "{poor}");
    assert_eq!(payment.chain.block_number(), 0);

    let raw = raw(&payment.facilitator, good);
    payment.chain.send_raw_transaction(&raw).unwrap();
    assert_eq!(payment.chain.send_raw_transaction(&raw), Err(TransactionError::AlreadyKnown));
    let mut late = payment.transaction(payment.data());
    late.nonce = 0;
    late.gas_limit = 150_000;
    assert_eq!(payment.send(late), Err(TransactionError::NonceTooLow { next: 1, tx: 0 }));
}

#[test]
fn a_transaction_without_enough_gas_fails_and_pays() {
    let payment = Payment::new();
    let transaction = TxEip1559 { gas_limit: 40_000, ..payment.transaction(payment.data()) };
    let hash = payment.send(transaction).unwrap();
    let block = payment.chain.transaction(hash).unwrap();
    assert_eq!(block.header.gas_used, 40_000);
    assert!(block.logs().next().is_none());
    assert_eq!(payment.chain.token_balance(payment.seller), U256::ZERO);
    assert_eq!(payment.chain.transaction_count(payment.facilitator.address()), 1);
}

#[test]
fn legacy_transactions_must_name_the_chain() {
    let payment = Payment::new();
    let transaction = TxLegacy {
        chain_id: Some(84_532),
        nonce: 0,
        gas_price: MAX_FEE,
        gas_limit: 200_000,
        to: TxKind::Call(genesis::USDC),
        value: U256::ZERO,
        input: payment.data(),
    };
    let bare = TxLegacy { chain_id: None, ..transaction.clone() };
    let send =
        |transaction| payment.chain.send_raw_transaction(&raw(&payment.facilitator, transaction));
    assert_eq!(send(bare), Err(TransactionError::Unprotected));
    send(transaction).unwrap();
    assert_eq!(payment.chain.token_balance(payment.seller), U256::from(1500));
}

#[test]
fn garbage_is_no_transaction() {
    let payment = Payment::new();
    let raw = raw(&payment.facilitator, payment.transaction(payment.data()));
    for length in 0..raw.len() {
        let refused = payment.chain.send_raw_transaction(&raw[..length]);
        assert!(matches!(refused, Err(TransactionError::Malformed(_))), "{length}: {refused:?}");
    }
    for at in 0..raw.len() {
        let mut damaged = raw.to_vec();
        damaged[at] ^= 0x11;
        assert!(payment.chain.send_raw_transaction(&damaged).is_err(), "{at}");
    }
    assert_eq!(payment.chain.block_number(), 0);
}

#[test]
fn blocks_follow_each_other_and_the_clock() {
    let chain = EvmChain::new(EvmChainConfig::manual(NOW));
    chain.advance_time(12);
    chain.mine();
    chain.set_timestamp(NOW - 5);
    chain.mine();
    let [genesis, first, second] = [0, 1, 2].map(|number| chain.block(number).unwrap());
    assert_eq!(
        [&genesis, &first, &second].map(|block| block.header.timestamp),
        [NOW, NOW + 12, NOW + 12]
    );
    assert_eq!(first.header.parent_hash, genesis.hash);
    assert_eq!(second.header.parent_hash, first.hash);
    assert_eq!(chain.timestamp(), NOW + 12);
    assert!(chain.block(3).is_none());
    assert_eq!(chain.block_by_hash(first.hash).unwrap().header.number, 1);
}
