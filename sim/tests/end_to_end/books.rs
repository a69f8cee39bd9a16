//! The books of a trade: what moved, by everybody's account.

use embedded_x402::client::Outcome;
use embedded_x402::wire::SettlementResponse;
use embedded_x402_sim::chain::Landed;
use embedded_x402_sim::device::{Body, Purchase};
use embedded_x402_sim::seller::Sale;
use solana_address::Address;
use solana_message::VersionedMessage;
use solana_signature::Signature;

use crate::shop::Shop;

/// The books at one moment, in one token.
pub(crate) struct Books<'s> {
    shop: &'s Shop,
    mint: Address,
    payer: u64,
    payee: u64,
    fee_payer: u64,
    sales: usize,
}

/// What has changed since.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) spent: u64,
    pub(crate) earned: u64,
    /// Lamports that the fee payer paid.
    pub(crate) fees: u64,
    pub(crate) sales: Vec<Sale>,
}

/// One purchase and the books that were opened before it.
pub(crate) struct Trade<'s> {
    pub(crate) books: Books<'s>,
    pub(crate) purchase: Purchase,
}

impl Shop {
    /// Notes what everybody has of `mint`.
    pub(crate) fn open_books(&self, mint: Address) -> Books<'_> {
        let chain = &self.market.chain;
        Books {
            shop: self,
            mint,
            payer: chain.token_balance(&self.payer, &mint),
            payee: chain.token_balance(&self.market.pay_to, &mint),
            fee_payer: chain.balance(&self.market.fee_payer),
            sales: self.market.seller.sales().len(),
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
        let now = self.shop.open_books(self.mint);
        Moved {
            spent: self.payer - now.payer,
            earned: now.payee - self.payee,
            fees: self.fee_payer - now.fee_payer,
            sales: self.shop.market.seller.sales().split_off(self.sales),
        }
    }

    /// Nobody has paid anything, not even the network's fee.
    pub(crate) fn assert_nothing_moved(&self, what: &str) {
        let nothing = Moved { spent: 0, earned: 0, fees: 0, sales: Vec::new() };
        assert_eq!(self.moved(), nothing, "{what}");
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
        expect("status", &body.status, &200)?;
        expect("what the payer spent", &moved.spent, &price)?;
        expect("what the payee earned", &moved.earned, &price)?;
        expect("that the fee payer paid", &(moved.fees > 0), &true)?;
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
        let payer = self.books.shop.payer.to_string();
        expect("the receipt's success", &receipt.success, &true)?;
        let named = receipt.payer.as_ref().map(|payer| payer.as_str());
        expect("the receipt's payer", &named, &Some(payer.as_str()))?;
        let network = receipt.network.map(|network| network.to_string());
        expect("the receipt's network", &network.as_deref(), &Some("solana-devnet"))?;
        let landed = self.books.shop.landed(&receipt.transaction);
        let landed = landed.ok_or("the receipt's transaction is not on the chain")?;
        expect("the transaction's status", &landed.transaction.meta.status, &Ok(()))
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
        let shop = self.books.shop;
        expect("the sale's amount", &sale.amount, &price.to_string())?;
        expect("the sale's asset", &sale.asset, &self.books.mint.to_string())?;
        expect("the sale's payer", &sale.payer, &Some(shop.payer.to_string()))?;
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
