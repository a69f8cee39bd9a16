//! A facilitator that settles and whose answer gets lost: the money has moved, and all that the
//! seller knows is that something went wrong.

use embedded_x402::client::{Doubt, Outcome};
use embedded_x402::wire::Reason;
use embedded_x402_sim::chain::genesis;

use crate::books::Trade;
use crate::shop::{PRICE, Shop, VERSIONS, weather};

/// A shop whose seller hears of every settlement that it failed within.
async fn shop() -> Shop {
    Shop::faulty("", "status=500", |payees| {
        VERSIONS
            .map(|version| weather(version, &format!("/v{}", u8::from(version)), payees.solana))
            .into()
    })
    .await
}

#[tokio::test]
async fn version_2_answers_502() {
    let shop = shop().await;
    let trade = shop.get("/v2", genesis::USDC).await;
    let body = trade.purchase.result.as_ref().unwrap();
    assert_eq!(body.outcome, Outcome::Unknown(Doubt::NoReceipt { status: 502 }));
    assert_paid_without_sale(&trade);
}

/// The seller answers as if the payment had been refused, but without a reason.
#[tokio::test]
async fn version_1_asks_for_the_payment_again() {
    let shop = shop().await;
    let trade = shop.get("/v1", genesis::USDC).await;
    assert_eq!(trade.purchase.doubt(), Some(Doubt::Failed(Reason::EMPTY)));
    assert_paid_without_sale(&trade);
}

fn assert_paid_without_sale(trade: &Trade<'_>) {
    let moved = trade.books.moved();
    assert_eq!((moved.spent, moved.earned), (PRICE, PRICE));
    assert_eq!(moved.sales, []);
}
