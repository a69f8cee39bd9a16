//! Accounts in every encoding.

use super::*;

#[tokio::test]
async fn a_mint_is_read_in_every_encoding() {
    let node = Node::start().await;
    let usdc = genesis::USDC.to_string();
    let ask = async |options: Value| node.value("getAccountInfo", json!([usdc, options])).await;
    let account = ask(json!({"encoding": "base64"})).await;
    assert_eq!(account["owner"], "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
    assert_eq!(account["space"], 82);
    assert_eq!(account["executable"], false);
    assert_eq!(account["data"][1], "base64");
    let data = BASE64_STANDARD.decode(account["data"][0].as_str().unwrap()).unwrap();
    assert_eq!(data[44], 6); // decimals, where embedded clients look for them
    let parsed = ask(json!({"encoding": "jsonParsed"})).await;
    assert_eq!(parsed["data"]["program"], "spl-token");
    assert_eq!(parsed["data"]["parsed"]["type"], "mint");
    assert_eq!(parsed["data"]["parsed"]["info"]["decimals"], 6);
    assert!(ask(json!(null)).await["data"].is_string());
    assert_eq!(ask(json!({"encoding": "base58"})).await["data"][1], "base58");
    let slice = json!({"encoding": "base64", "dataSlice": {"offset": 44, "length": 1}});
    assert_eq!(ask(slice).await["data"][0], BASE64_STANDARD.encode([6]));
    let beyond = json!({"encoding": "base64", "dataSlice": {"offset": 90, "length": 9}});
    assert_eq!(ask(beyond).await["data"][0], "");
}

#[tokio::test]
async fn token_accounts_are_parsed_and_found_by_owner() {
    let node = Node::start().await;
    let owner = solana_address::Address::new_from_array([8; 32]);
    node.chain.fund_token(&owner, &genesis::PYUSD, 1_250_000).unwrap();
    let token = crate::chain::TokenProgram::Token2022;
    let address = token.associated_account(&owner, &genesis::PYUSD).to_string();
    let missing = solana_address::Address::new_from_array([1; 32]).to_string();
    let parsed = json!({"encoding": "jsonParsed"});
    let accounts = json!([[address, missing], parsed]);
    let accounts = node.value("getMultipleAccounts", accounts).await;
    let info = &accounts[0]["data"]["parsed"]["info"];
    assert_eq!(info["tokenAmount"]["uiAmountString"], "1.25");
    assert_eq!(info["owner"], owner.to_string());
    assert_eq!(accounts[0]["data"]["program"], "spl-token-2022");
    assert_eq!(accounts[1], Value::Null);
    let base58 = node.error("getAccountInfo", json!([address])).await;
    assert_eq!(base58["code"], -32600);
    let by_owner = async |filter: Value| {
        let parameters = json!([owner.to_string(), filter, parsed]);
        node.value("getTokenAccountsByOwner", parameters).await
    };
    let found = by_owner(json!({"mint": genesis::PYUSD.to_string()})).await;
    assert_eq!(found[0]["pubkey"], address);
    assert_eq!(found[0]["account"], accounts[0]);
    let classic = crate::chain::TokenProgram::Classic.id().to_string();
    assert_eq!(by_owner(json!({"programId": classic})).await, json!([]));
    let supply = node.value("getTokenSupply", json!([genesis::PYUSD.to_string()])).await;
    assert_eq!(supply["amount"], "1250000");
}

#[tokio::test]
async fn balances_of_what_is_not_there() {
    let node = Node::start().await;
    let nobody = solana_address::Address::new_from_array([1; 32]).to_string();
    assert_eq!(node.value("getBalance", json!([nobody])).await, 0);
    let encoding = json!({"encoding": "base64"});
    let account = node.value("getAccountInfo", json!([nobody, encoding])).await;
    assert_eq!(account, Value::Null);
    let error = node.error("getTokenAccountBalance", json!([nobody])).await;
    assert_eq!(error["message"], "Invalid param: could not find account");
    let mint = json!([genesis::USDC.to_string()]);
    let error = node.error("getTokenAccountBalance", mint).await;
    assert_eq!(error["message"], "Invalid param: not a Token account");
}
