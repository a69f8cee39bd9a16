//! Each fault, on both chains and in both versions: what a device with a journal is told, what has
//! moved, and what the journal says. No purchase costs more than its price.

use std::sync::Arc;

use embedded_x402::client::Doubt;
use embedded_x402::io::Error;
use embedded_x402_sim::device::Clock;
use embedded_x402_sim::x402::Version;
use futures_util::future::join_all;

use crate::customer::{self, Customer, OnChain, Told, one_for_each};
use crate::shop::{PRICE, Shop};

/// The price, spent.
const PAID: u64 = PRICE;

/// What a customer is told, and has spent.
type Expected = (Told, u64);

/// Everybody buys once at a shop in which this goes wrong.
async fn buy_once(
    seller_faults: &str,
    facilitator_faults: &str,
    expected: impl Fn(&Customer) -> Expected,
) {
    let shop = Shop::faulty(seller_faults, facilitator_faults, customer::routes).await;
    let customers = one_for_each(&shop).await;
    let what = format!("{seller_faults}{facilitator_faults}");
    buy_at(&shop, &customers, &what, expected).await;
}

/// These customers buy once.
async fn buy_at(
    shop: &Shop,
    customers: &[Customer],
    what: &str,
    expected: impl Fn(&Customer) -> Expected,
) {
    let purchases = join_all(customers.iter().map(|customer| customer.buy(shop))).await;
    for (customer, purchase) in customers.iter().zip(&purchases) {
        let (told, spent) = expected(customer);
        let result = &purchase.result;
        assert_eq!(Told::from(purchase), told, "{what} {}: {result:?}", customer.path);
        customer.wait_until_spent(shop, spent).await;
        customer.assert_open(told.standing()).await;
    }
    // Once more, when everything has come to rest.
    for customer in customers {
        assert_eq!(customer.spent(shop), expected(customer).1, "{}", customer.path);
    }
}

async fn at_seller(faults: &str, expected: Expected) {
    buy_once(faults, "", |_| expected).await;
}

async fn at_facilitator(faults: &str, expected: Expected) {
    buy_once("", faults, |_| expected).await;
}

mod of_sellers {
    use super::*;

    #[tokio::test]
    async fn delay() {
        at_seller("delay=1-20,delay-challenge=5", (Told::Settled, PAID)).await;
    }

    /// It settles all the same.
    #[tokio::test]
    async fn delay_beyond_patience() {
        let faults = "delay=600000";
        let shop = Shop::faulty(faults, "", customer::routes).await;
        let mut customers = one_for_each(&shop).await;
        for customer in &mut customers {
            customer.device.timeouts.total = 5_000;
        }
        buy_at(&shop, &customers, faults, |_| (Told::Nothing, PAID)).await;
    }

    /// Nothing is signed before the question is answered.
    #[tokio::test]
    async fn delay_of_the_challenge() {
        let shop = Shop::faulty("delay-challenge=600000", "", customer::routes).await;
        let mut customer = Customer::new(&shop, Version::V2, OnChain::Solana).await;
        customer.device.timeouts.total = 50;
        let purchase = customer.buy(&shop).await;
        assert_eq!(purchase.result.as_ref().err(), Some(&Error::Timeout));
        assert_eq!(customer.spent(&shop), 0);
        customer.assert_open(None).await;
    }

    #[tokio::test]
    async fn reset() {
        at_seller("reset", (Told::Nothing, 0)).await;
    }

    #[tokio::test]
    async fn lose_response() {
        at_seller("lose-response", (Told::Nothing, PAID)).await;
    }

    /// The receipt has come by then.
    #[tokio::test]
    async fn truncate() {
        at_seller("truncate", (Told::Settled, PAID)).await;
    }

    /// What the head says of the money stands, whatever comes of the body.
    #[tokio::test]
    async fn truncate_without_a_receipt() {
        let faults = "no-receipt,truncate";
        let shop = Shop::faulty(faults, "", customer::routes).await;
        for customer in one_for_each(&shop).await {
            let purchase = customer.buy(&shop).await;
            let doubt = Doubt::NoReceipt { status: 200 };
            assert_eq!(Told::from(&purchase), Told::Delivered(doubt), "{}", customer.path);
            assert_eq!(purchase.doubt(), Some(doubt), "{}", customer.path);
            let body = purchase.result.unwrap();
            assert!(body.broken_off.is_some() && !body.bytes.is_empty(), "{body:?}");
            assert_eq!(customer.spent(&shop), PAID, "{}", customer.path);
        }
    }

    #[tokio::test]
    async fn status() {
        at_seller("status=500", (Told::Nothing, PAID)).await;
    }

    /// A success is a delivery, whatever is delivered.
    #[tokio::test]
    async fn status_of_success() {
        let doubt = Doubt::NoReceipt { status: 204 };
        at_seller("status=204", (Told::Delivered(doubt), PAID)).await;
    }

    #[tokio::test]
    async fn error_with_receipt() {
        at_seller("error-with-receipt", (Told::Settled, PAID)).await;
    }

    #[tokio::test]
    async fn no_receipt() {
        let doubt = Doubt::NoReceipt { status: 200 };
        at_seller("no-receipt", (Told::Delivered(doubt), PAID)).await;
    }

    #[tokio::test]
    async fn wrong_receipt() {
        for (field, doubt) in [
            ("network", Doubt::OtherNetwork),
            ("amount", Doubt::OtherAmount),
            ("payer", Doubt::OtherPayer),
        ] {
            let fault = format!("wrong-receipt={field}");
            at_seller(&fault, (Told::Delivered(doubt), PAID)).await;
        }
    }

    /// On Solana the transaction's id is a signature over what was signed.
    #[tokio::test]
    async fn wrong_receipt_of_another_transaction() {
        buy_once("wrong-receipt=transaction", "", |customer| match customer.chain {
            OnChain::Solana => (Told::Delivered(Doubt::OtherTransaction), PAID),
            OnChain::Evm => (Told::Settled, PAID),
        })
        .await;
    }

    /// What is said to those who have not paid refuses nothing.
    #[tokio::test]
    async fn stale_402() {
        at_seller("stale-402", (Told::Nothing, PAID)).await;
    }

    /// The amount stays reserved: a refusal is the seller's word.
    #[tokio::test]
    async fn refuse_and_settle() {
        at_seller("refuse-and-settle", (Told::Refused, PAID)).await;
    }

    #[tokio::test]
    async fn corrective_402() {
        at_seller("corrective-402", (Told::Nothing, 0)).await;
    }

    #[tokio::test]
    async fn other_pay_to() {
        at_seller("other-pay-to", (Told::Nothing, 0)).await;
    }

    /// On Solana nobody can make up a transaction's id.
    #[tokio::test]
    async fn no_settle() {
        buy_once("no-settle", "", |customer| match customer.chain {
            OnChain::Solana => (Told::Delivered(Doubt::OtherTransaction), 0),
            OnChain::Evm => (Told::Settled, 0),
        })
        .await;
    }

    /// The device goes by the earlier of its own clock and the seller's: a seller who lives in the
    /// past gets payments that are over already.
    #[tokio::test]
    async fn wrong_date() {
        at_seller("wrong-date=86400", (Told::Settled, PAID)).await;
        buy_once("wrong-date=-86400", "", |customer| match (customer.chain, customer.version) {
            (OnChain::Solana, _) => (Told::Settled, PAID),
            (OnChain::Evm, Version::V1) => (Told::Nothing, 0),
            (OnChain::Evm, Version::V2) => (Told::Refused, 0),
        })
        .await;
    }

    #[tokio::test]
    async fn wrong_date_where_it_is_the_only_clock() {
        let shop = Shop::faulty("wrong-date=3600", "", customer::routes).await;
        let mut customer = Customer::new(&shop, Version::V2, OnChain::Evm).await;
        customer.device.clock = Arc::new(|| None) as Clock;
        assert_eq!(Told::from(&customer.buy(&shop).await), Told::Settled);
        assert_eq!(customer.spent(&shop), PAID);
        customer.assert_open(None).await;
    }

    /// All of them happen, in the order of the list.
    #[tokio::test]
    async fn many_at_once() {
        at_seller("wrong-date=60,delay=1,no-receipt,lose-response", (Told::Nothing, PAID)).await;
    }

    /// What is lost once is got by sending the payment again.
    #[tokio::test]
    async fn the_first_request_only() {
        let shop = Shop::faulty("reset=1x", "", customer::routes).await;
        let mut customer = Customer::new(&shop, Version::V2, OnChain::Evm).await;
        customer.device.resends = true;
        assert_eq!(Told::from(&customer.buy(&shop).await), Told::Settled);
        assert_eq!(customer.spent(&shop), PAID);
        customer.assert_open(None).await;
    }
}

mod of_facilitators {
    use super::*;

    #[tokio::test]
    async fn delay() {
        at_facilitator("delay=1-5", (Told::Settled, PAID)).await;
    }

    #[tokio::test]
    async fn lose_response() {
        at_facilitator("lose-response", (Told::Nothing, PAID)).await;
    }

    #[tokio::test]
    async fn status() {
        at_facilitator("status=503", (Told::Nothing, PAID)).await;
    }

    #[tokio::test]
    async fn pending() {
        at_facilitator("pending", (Told::Nothing, PAID)).await;
    }

    #[tokio::test]
    async fn settle_late() {
        at_facilitator("settle-late=20", (Told::Nothing, PAID)).await;
    }

    #[tokio::test]
    async fn refuse() {
        at_facilitator("refuse", (Told::Refused, 0)).await;
    }
}
