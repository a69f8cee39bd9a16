//! A payer's authorization and a facilitator's transaction, for tests. The hashes are made here from
//! their definitions, so that the contract is checked against something that is not itself.

use alloy_consensus::{SignableTransaction, Signed, TxEip1559, TxEnvelope};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, hex, keccak256};

use super::{Call, EvmChain, EvmChainConfig, TransactionError, Wallet, genesis};

/// Where the tests' clock stands.
pub(crate) const NOW: u64 = 1_800_000_000;

/// The order of secp256k1: what a signature's `s` and its twin add up to.
pub(crate) const ORDER: U256 =
    U256::from_be_bytes(hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));

/// Atomic units that the payer has.
pub(crate) const PURSE: u64 = 5_000;

/// Wei per gas that the facilitator pays at most.
pub(crate) const MAX_FEE: u128 = 3_000_000;

/// A payment of 1500 atomic units, and who takes part in it.
pub(crate) struct Payment {
    pub(crate) chain: EvmChain,
    pub(crate) payer: Wallet,
    pub(crate) facilitator: Wallet,
    pub(crate) seller: Address,
    pub(crate) authorization: Authorization,
}

/// The fields that the payer signs, with those of the domain.
#[derive(Debug, Clone)]
pub(crate) struct Authorization {
    pub(crate) type_name: &'static str,
    pub(crate) domain_name: &'static str,
    pub(crate) domain_version: &'static str,
    pub(crate) chain_id: u64,
    pub(crate) token: Address,
    pub(crate) from: Address,
    pub(crate) to: Address,
    pub(crate) value: U256,
    pub(crate) valid_after: U256,
    pub(crate) valid_before: U256,
    pub(crate) nonce: B256,
}

impl Payment {
    /// The payer has the token, the facilitator ether, the seller nothing.
    pub(crate) fn new() -> Self {
        let chain = EvmChain::new(EvmChainConfig::manual(NOW));
        let (payer, facilitator) = (wallet(1), wallet(2));
        let seller = Address::repeat_byte(0x55);
        chain.fund_token(payer.address(), U256::from(PURSE)).unwrap();
        chain.fund_eth(facilitator.address(), U256::from(10u128.pow(18)));
        let authorization = Authorization {
            type_name: "TransferWithAuthorization",
            domain_name: "USDC",
            domain_version: "2",
            chain_id: 84_532,
            token: genesis::USDC,
            from: payer.address(),
            to: seller,
            value: U256::from(1500),
            valid_after: U256::ZERO,
            valid_before: U256::from(NOW + 60),
            nonce: B256::repeat_byte(0x77),
        };
        Self { chain, payer, facilitator, seller, authorization }
    }

    /// Data of the call that settles the payment.
    pub(crate) fn data(&self) -> Bytes {
        self.authorization.transfer(self.signature())
    }

    pub(crate) fn signature(&self) -> Signature {
        self.payer.sign(self.authorization.digest()).unwrap()
    }

    /// The call that a facilitator simulates.
    pub(crate) fn call(&self, data: Bytes) -> Call {
        Call { from: self.facilitator.address(), to: Some(genesis::USDC), data, ..Call::default() }
    }

    /// The facilitator's transaction.
    pub(crate) fn transaction(&self, data: Bytes) -> TxEip1559 {
        TxEip1559 {
            chain_id: 84_532,
            nonce: self.chain.transaction_count(self.facilitator.address()),
            gas_limit: 200_000,
            max_fee_per_gas: MAX_FEE,
            max_priority_fee_per_gas: 1_000_000,
            to: TxKind::Call(genesis::USDC),
            input: data,
            ..TxEip1559::default()
        }
    }

    pub(crate) fn send(&self, transaction: TxEip1559) -> Result<B256, TransactionError> {
        self.chain.send_raw_transaction(&raw(&self.facilitator, transaction))
    }

    /// Settles the payment whatever becomes of it; tells whether it succeeded.
    pub(crate) fn settle(&self, data: Bytes) -> bool {
        let hash = self.send(self.transaction(data)).unwrap();
        let block = self.chain.transaction(hash).unwrap();
        block.mined.as_ref().unwrap().receipt.status()
    }
}

impl Authorization {
    /// What the payer signs.
    pub(crate) fn digest(&self) -> B256 {
        let start = [0x19, 0x01];
        let hash = keccak256(words(&[
            keccak256(format!(
                "{}(address from,address to,uint256 value,uint256 validAfter,\
                 uint256 validBefore,bytes32 nonce)",
                self.type_name
            )),
            self.from.into_word(),
            self.to.into_word(),
            self.value.into(),
            self.valid_after.into(),
            self.valid_before.into(),
            self.nonce,
        ]));
        keccak256([&start, self.domain_separator().as_slice(), hash.as_slice()].concat())
    }

    pub(crate) fn domain_separator(&self) -> B256 {
        keccak256(words(&[
            keccak256(
                "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
            ),
            keccak256(self.domain_name),
            keccak256(self.domain_version),
            U256::from(self.chain_id).into(),
            self.token.into_word(),
        ]))
    }

    /// `transferWithAuthorization` with v, r and s.
    pub(crate) fn transfer(&self, signature: Signature) -> Bytes {
        self.call("transferWithAuthorization", signature, 27 + u8::from(signature.v()))
    }

    /// A function that takes an authorization with v, r and s.
    pub(crate) fn call(&self, function: &str, signature: Signature, v: u8) -> Bytes {
        let types = "address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32";
        let split = [U256::from(v).into(), signature.r().into(), signature.s().into()];
        encode(&format!("{function}({types})"), &[&self.fields()[..], &split].concat())
    }

    /// `transferWithAuthorization` with the signature as bytes.
    pub(crate) fn transfer_with_bytes(&self, signature: &[u8]) -> Bytes {
        let types = "address,address,uint256,uint256,uint256,bytes32,bytes";
        let dynamic = [U256::from(7 * 32).into(), U256::from(signature.len()).into()];
        let head = encode(
            &format!("transferWithAuthorization({types})"),
            &[&self.fields()[..], &dynamic].concat(),
        );
        let padding = vec![0; signature.len().next_multiple_of(32) - signature.len()];
        [&head, signature, &padding].concat().into()
    }

    fn fields(&self) -> [B256; 6] {
        [
            self.from.into_word(),
            self.to.into_word(),
            self.value.into(),
            self.valid_after.into(),
            self.valid_before.into(),
            self.nonce,
        ]
    }
}

/// A wallet that is the same in each run.
pub(crate) fn wallet(secret: u8) -> Wallet {
    Wallet::from_bytes(&[secret; 32]).unwrap()
}

/// The network bytes of a transaction, signed.
pub(crate) fn raw<T: SignableTransaction<Signature>>(wallet: &Wallet, transaction: T) -> Bytes
where
    Signed<T>: Into<TxEnvelope>,
{
    wallet.sign_transaction(transaction).unwrap().0
}

/// The data of a call whose arguments are whole words.
pub(crate) fn encode(signature: &str, arguments: &[B256]) -> Bytes {
    [&keccak256(signature)[..4], &words(arguments)].concat().into()
}

fn words(words: &[B256]) -> Vec<u8> {
    words.iter().flat_map(|word| word.0).collect()
}
