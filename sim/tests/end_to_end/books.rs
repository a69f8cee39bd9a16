//! The books of a trade: what moved, by everybody's account.

use alloy_primitives::keccak256;
use embedded_x402::client::Outcome;
use embedded_x402::wire::SettlementResponse;
use embedded_x402_sim::chain::Landed;
use embedded_x402_sim::device::{Body, Purchase};
use embedded_x402_sim::evm_chain::{self, LogFilter};
use embedded_x402_sim::seller::Sale;
use solana_address::Address;
use solana_message::VersionedMessage;
use solana_signature::Signature;

use crate::shop::Shop;

/// What is paid in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// A token on Solana, by its mint.
    Solana(Address),
    /// USDC on the EVM chain.
    EvmUsdc,
}

/// The books at one moment, in one token.
pub(crate) struct Books<'s> {
    shop: &'s Shop,
    token: Token,
    holdings: Holdings,
    sales: usize,
}

/// What everybody has.
struct Holdings {
    payer: u64,
    payee: u64,
    /// Lamports or wei of whoever pays the network's fees.
    fee_payer: u128,
    /// On the EVM chain: how many authorizations were ever used, by anybody.
    authorizations: usize,
}

/// What has changed since.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) spent: u64,
    pub(crate) earned: u64,
    /// Lamports or wei that the fee payer paid.
    pub(crate) fees: u128,
    /// On the EVM chain: how many authorizations were used.
    pub(crate) authorizations: usize,
    pub(crate) sales: Vec<Sale>,
}

/// One purchase and the books that were opened before it.
pub(crate) struct Trade<'s> {
    pub(crate) books: Books<'s>,
    pub(crate) purchase: Purchase,
}

impl Shop {
    /// Notes what everybody has of `token`.
    pub(crate) fn open_books(&self, token: impl Into<Token>) -> Books<'_> {
        let token = token.into();
        let holdings = match token {
            Token::Solana(mint) => self.solana_holdings(&mint),
            Token::EvmUsdc => self.evm_holdings(),
        };
        Books { shop: self, token, holdings, sales: self.market.seller.sales().len() }
    }

    fn solana_holdings(&self, mint: &Address) -> Holdings {
        let chain = &self.market.chain;
        Holdings {
            payer: chain.token_balance(&self.payer, mint),
            payee: chain.token_balance(&self.market.pay_to, mint),
            fee_payer: chain.balance(&self.market.fee_payer).into(),
            authorizations: 0,
        }
    }

    fn evm_holdings(&self) -> Holdings {
        let chain = &self.market.evm_chain;
        let used = vec![keccak256("AuthorizationUsed(address,bytes32)")];
        let addresses = vec![evm_chain::genesis::USDC];
        let filter = LogFilter { blocks: 0..=u64::MAX, addresses, topics: vec![used] };
        Holdings {
            payer: chain.token_balance(self.evm_payer).to(),
            payee: chain.token_balance(self.market.evm_pay_to).to(),
            fee_payer: chain.balance(self.market.evm_fee_payer).to(),
            authorizations: chain.logs(&filter).len(),
        }
    }

    /// The transaction with this id.
    pub(crate) fn landed(&self, transaction: &str) -> Option<Landed> {
        let signature: Signature = transaction.parse().ok()?;
        self.market.chain.transaction(&signature)
    }

    /// What was signed in the transaction with this id.
    pub(crate) fn message(&self, transaction: &str) -> VersionedMessage {
        let landed = self.landed(transaction).unwrap();
        landed.transaction.transaction.message.clone()
    }
}

impl Books<'_> {
    pub(crate) fn moved(&self) -> Moved {
        let (then, now) = (&self.holdings, self.shop.open_books(self.token).holdings);
        Moved {
            spent: then.payer - now.payer,
            earned: now.payee - then.payee,
            fees: then.fee_payer - now.fee_payer,
            authorizations: now.authorizations - then.authorizations,
            sales: self.shop.market.seller.sales().split_off(self.sales),
        }
    }

    /// Nobody has paid anything, not even the network's fee, and no authorization was used.
    pub(crate) fn assert_nothing_moved(&self, what: &str) {
        let nothing = Moved { spent: 0, earned: 0, fees: 0, authorizations: 0, sales: Vec::new() };
        assert_eq!(self.moved(), nothing, "{what}");
    }
}

impl Token {
    /// Who pays in it, as receipts write it.
    fn payer(self, shop: &Shop) -> String {
        match self {
            Self::Solana(_) => shop.payer.to_string(),
            Self::EvmUsdc => format!("{:?}", shop.evm_payer),
        }
    }

    fn network(self) -> &'static str {
        match self {
            Self::Solana(_) => "solana-devnet",
            Self::EvmUsdc => "base-sepolia",
        }
    }

    fn asset(self) -> String {
        match self {
            Self::Solana(mint) => mint.to_string(),
            Self::EvmUsdc => evm_chain::genesis::USDC.to_string(),
        }
    }

    /// Whether the transaction with this id is on the chain, and succeeded there.
    fn succeeded(self, shop: &Shop, transaction: &str) -> Option<bool> {
        match self {
            Self::Solana(_) => Some(shop.landed(transaction)?.transaction.meta.status == Ok(())),
            Self::EvmUsdc => {
                let block = shop.market.evm_chain.transaction(transaction.parse().ok()?)?;
                Some(block.mined.as_ref()?.receipt.status())
            }
        }
    }
}

impl From<Address> for Token {
    fn from(mint: Address) -> Self {
        Self::Solana(mint)
    }
}

impl Trade<'_> {
    /// The resource, if the payment settled for exactly this price and every account of it agrees.
    pub(crate) fn settled_for(&self, price: u64) -> Result<&Body, String> {
        let body = self.purchase.result.as_ref().map_err(|error| error.to_string())?;
        let Outcome::Settled(receipt) = &body.outcome else {
            return Err(format!("status {}: {:?}", body.status, body.outcome));
        };
        let moved = self.books.moved();
        expect("why the answer broke off", &body.broken_off, &None)?;
        expect("status", &body.status, &200)?;
        expect("what the payer spent", &moved.spent, &price)?;
        expect("what the payee earned", &moved.earned, &price)?;
        expect("that the fee payer paid", &(moved.fees > 0), &true)?;
        let authorizations = usize::from(self.books.token == Token::EvmUsdc);
        expect("how many authorizations were used", &moved.authorizations, &authorizations)?;
        self.check_receipt(receipt)?;
        self.check_sale(&moved.sales, receipt, price)?;
        Ok(body)
    }

    /// [`settled_for`](Self::settled_for), for when nothing else is expected.
    pub(crate) fn assert_settled(&self, price: u64, what: &str) -> &Body {
        self.settled_for(price).unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    /// The receipt of a payment that settled.
    pub(crate) fn receipt(&self) -> &SettlementResponse {
        self.purchase.receipt().expect("a receipt")
    }

    fn check_receipt(&self, receipt: &SettlementResponse) -> Result<(), String> {
        let (shop, token) = (self.books.shop, self.books.token);
        let payer = token.payer(shop);
        expect("the receipt's success", &receipt.success, &true)?;
        let named = receipt.payer.as_ref().map(|payer| payer.as_str());
        expect("the receipt's payer", &named, &Some(payer.as_str()))?;
        let network = receipt.network.map(|network| network.to_string());
        expect("the receipt's network", &network.as_deref(), &Some(token.network()))?;
        let succeeded = token.succeeded(shop, &receipt.transaction);
        expect("that the transaction is there and succeeded", &succeeded, &Some(true))
    }

    fn check_sale(
        &self,
        sales: &[Sale],
        receipt: &SettlementResponse,
        price: u64,
    ) -> Result<(), String> {
        let [sale] = sales else {
            return Err(format!("{} sales were recorded", sales.len()));
        };
        let (shop, token) = (self.books.shop, self.books.token);
        expect("the sale's amount", &sale.amount, &price.to_string())?;
        expect("the sale's asset", &sale.asset, &token.asset())?;
        expect("the sale's payer", &sale.payer, &Some(token.payer(shop)))?;
        expect("the sale's transaction", &sale.transaction.as_str(), &receipt.transaction.as_str())
    }
}

fn expect<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &T,
    expected: &T,
) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what} is {found:?}, not {expected:?}")) }
}
