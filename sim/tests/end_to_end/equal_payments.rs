//! Two equal payments on one blockhash: Ed25519 signs alike what is alike, so that nothing but the
//! client's care makes them two.

use embedded_x402_sim::chain::genesis;
use embedded_x402_sim::seller::Route;
use embedded_x402_sim::x402::Version;

use crate::payment;
use crate::shop::{PRICE, Shop, weather};

#[tokio::test]
async fn both_settle() {
    for (version, memo) in [
        (Version::V1, None),
        (Version::V1, Some("order 7")),
        (Version::V2, None),
        (Version::V2, Some("order 7")),
    ] {
        let memo = memo.map(str::to_owned);
        let shop = Shop::open(|pay_to| {
            vec![Route { memo: memo.clone(), ..weather(version, "/weather", pay_to) }]
        })
        .await;
        let what = format!("{version:?}, memo {memo:?}");
        let books = shop.open_books(genesis::USDC);
        let first = pay(&shop, &what).await;
        let second = pay(&shop, &what).await;

        assert_ne!(first, second, "{what}");
        let (one, other) = (shop.message(&first), shop.message(&second));
        assert_eq!(one.recent_blockhash(), other.recent_blockhash(), "{what}");
        if memo.is_some() {
            assert_eq!(payment::memo(&one), memo, "{what}");
            assert_eq!(payment::memo(&other), memo, "{what}");
        }
        let moved = books.moved();
        assert_eq!((moved.spent, moved.earned), (2 * PRICE, 2 * PRICE), "{what}");
        assert_eq!(moved.sales.len(), 2, "{what}");
    }
}

/// Answers the transaction's id.
async fn pay(shop: &Shop, what: &str) -> String {
    let trade = shop.get("/weather", genesis::USDC).await;
    trade.assert_settled(PRICE, what);
    trade.receipt().transaction.to_string()
}
