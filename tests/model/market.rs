//! A market in memory, as plain as can be: the reference that histories are held against.

use embedded_x402::evm::Address;
use embedded_x402_tests::histories::troubles::roll;
use embedded_x402_tests::histories::{Answer, Coin, Market, Nodes, Payment, Question, Settlement};
use embedded_x402_tests::mutation::Dice;
use embedded_x402_tests::sent::SentRequest;

use crate::World;
use crate::chain::Chain;
use crate::seller::Seller;
use crate::wallet::Key;

/// A seller and both chains.
pub(crate) struct InMemory {
    pub(crate) seller: Seller,
    pub(crate) chain: Chain,
}

impl InMemory {
    /// Nothing goes wrong.
    pub(crate) fn honest() -> Self {
        let payer = Address::from_public_key(&[3; 64]).to_hex().as_str().to_owned();
        InMemory { seller: Seller::honest(payer), chain: Chain::default() }
    }
}

impl Market for InMemory {
    type Wallet<'w> = (Key<'w>, Key<'w>);

    fn wallet(world: &World) -> (Key<'_>, Key<'_>) {
        (Key(world), Key(world))
    }

    fn nodes(&self) -> Nodes {
        Nodes::default()
    }

    fn set_out(&mut self, dice: &mut Dice) -> String {
        let seller = &mut self.seller;
        seller.misconduct = roll(dice, 90);
        seller.price = [1000, 1500, 2000][dice.below(3)];
        seller.remembers = dice.below(2) == 0;
        seller.offers_identifier = dice.below(3) == 0;
        seller.is_v1 = dice.below(6) == 0;
        seller.date = [Some(0), Some(0), None, Some(-300), Some(300), Some(900)][dice.below(6)];
        seller.coins = match dice.below(3) {
            0 => vec![Coin::Solana],
            1 => vec![Coin::Evm],
            _ => vec![Coin::Evm, Coin::Solana],
        };
        if seller.is_v1 {
            seller.coins = vec![Coin::Solana];
        }
        format!("misconduct {}", seller.misconduct)
    }

    fn behave(&mut self) {
        (self.seller.misconduct, self.seller.date) = (0, Some(0));
    }

    fn pass(&mut self, now: u64) {
        self.seller.settle_due(&mut self.chain, now);
    }

    fn payment(&self, request: &SentRequest) -> Option<Payment> {
        self.chain.payment(request)
    }

    fn answer(&mut self, question: Question<'_>, now: u64, dice: &mut Dice) -> Answer {
        let (what, reply) = match question.payment {
            None => self.seller.ask(&mut self.chain, now, dice),
            Some(payment) => self.seller.paid(payment, &mut self.chain, now, dice),
        };
        Answer::new(what, reply)
    }

    fn settlements(&self) -> &[Settlement] {
        &self.chain.settlements
    }

    fn moved(&self, coin: Coin) -> u64 {
        self.chain.moved(coin)
    }
}
