//! What the facilitator's tests share: a good payment to change, and a node that says what it is
//! told to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Json, State};
use axum::routing::{Router, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use solana_address::Address;
use solana_hash::Hash;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::{VersionedMessage, v0};
use solana_sdk_ids::compute_budget;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use super::exact_solana::associated_token_account;
use crate::chain::{MEMO_PROGRAM, TokenProgram};
use crate::listen::on_loopback;
use crate::x402::{FacilitatorRequest, SolanaNetwork, Version};

pub(crate) const REQUIRED_AMOUNT: u64 = 1000;
pub(crate) const TOKEN: Address = TokenProgram::Classic.id();

/// Everybody who takes part in a payment.
pub(crate) struct Bench {
    pub(crate) client: Keypair,
    pub(crate) fee_payer: Keypair,
    pub(crate) pay_to: Address,
    pub(crate) mint: Address,
    pub(crate) blockhash: Hash,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            client: Keypair::new(),
            fee_payer: Keypair::new(),
            pay_to: Address::new_unique(),
            mint: Address::new_unique(),
            blockhash: Hash::new_from_array([7; 32]),
        }
    }

    /// The instructions that the reference client writes.
    pub(crate) fn instructions(&self, token_program: Address) -> Vec<Instruction> {
        let account = |owner| associated_token_account(owner, &self.mint, &token_program).unwrap();
        let mut data = vec![12];
        data.extend(REQUIRED_AMOUNT.to_le_bytes());
        data.push(6);
        let accounts = vec![
            AccountMeta::new(account(&self.client.pubkey()), false),
            AccountMeta::new_readonly(self.mint, false),
            AccountMeta::new(account(&self.pay_to), false),
            AccountMeta::new_readonly(self.client.pubkey(), true),
        ];
        vec![
            Instruction::new_with_bytes(compute_budget::ID, &[2, 0x20, 0x4e, 0, 0], vec![]),
            Instruction::new_with_bytes(compute_budget::ID, &[3, 1, 0, 0, 0, 0, 0, 0, 0], vec![]),
            Instruction::new_with_bytes(token_program, &data, accounts),
            Instruction::new_with_bytes(MEMO_PROGRAM, b"0123456789abcdef", vec![]),
        ]
    }

    /// A good v2 request with the classic token program.
    pub(crate) fn good_request(&self) -> FacilitatorRequest {
        self.request(self.transaction(&self.instructions(TOKEN)))
    }

    pub(crate) fn transaction(&self, instructions: &[Instruction]) -> String {
        base64(&serialized(&self.signed(instructions)))
    }

    pub(crate) fn signed(&self, instructions: &[Instruction]) -> VersionedTransaction {
        let fee_payer = self.fee_payer.pubkey();
        let message = v0::Message::try_compile(&fee_payer, instructions, &[], self.blockhash);
        self.sign(VersionedMessage::V0(message.unwrap()))
    }

    /// Signs as a client does: the fee payer's slot stays empty.
    pub(crate) fn sign(&self, message: VersionedMessage) -> VersionedTransaction {
        let bytes = message.serialize();
        let count = usize::from(message.header().num_required_signatures);
        let mut signatures = vec![solana_signature::Signature::default(); count];
        let client = self.client.pubkey();
        let keys = message.static_account_keys().iter();
        for (slot, _) in keys.take(count).enumerate().filter(|(_, key)| **key == client) {
            signatures[slot] = self.client.sign_message(&bytes);
        }
        VersionedTransaction { signatures, message }
    }

    pub(crate) fn request(&self, transaction: String) -> FacilitatorRequest {
        self.request_of(Version::V2, transaction)
    }

    pub(crate) fn request_of(&self, version: Version, transaction: String) -> FacilitatorRequest {
        let requirements = self.requirements(version);
        let payload = json!({"transaction": transaction});
        let payment_payload = match version {
            Version::V1 => json!({
                "x402Version": 1, "scheme": "exact", "network": requirements["network"],
                "payload": payload,
            }),
            Version::V2 => json!({
                "x402Version": 2, "accepted": requirements, "payload": payload,
            }),
        };
        FacilitatorRequest {
            x402_version: version.into(),
            payment_payload,
            payment_requirements: requirements,
        }
    }

    fn requirements(&self, version: Version) -> Value {
        let (network, amount) = match version {
            Version::V1 => (SolanaNetwork::Devnet.v1_name(), "maxAmountRequired"),
            Version::V2 => (SolanaNetwork::Devnet.caip2(), "amount"),
        };
        json!({
            "scheme": "exact", "network": network, amount: REQUIRED_AMOUNT.to_string(),
            "asset": self.mint.to_string(), "payTo": self.pay_to.to_string(),
            "maxTimeoutSeconds": 60, "extra": {"feePayer": self.fee_payer.pubkey().to_string()},
        })
    }
}

pub(crate) fn serialized(transaction: &VersionedTransaction) -> Vec<u8> {
    bincode::serialize(transaction).unwrap()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A node that answers methods with the results it was told, and keeps the calls.
#[derive(Clone)]
pub(crate) struct ScriptedNode {
    pub(crate) url: String,
    /// Another node, which answers what this one was not told about.
    upstream: String,
    script: Arc<Mutex<Script>>,
}

#[derive(Default)]
struct Script {
    results: HashMap<String, Value>,
    calls: Vec<(String, Value)>,
}

impl ScriptedNode {
    /// A node that passes everything on to another one, until it is told what to answer.
    pub(crate) async fn in_front_of(upstream: String) -> Self {
        let (listener, url) = on_loopback().await.unwrap();
        let node = Self { url, upstream, script: Arc::default() };
        let router = Router::new().route("/", post(call)).with_state(node.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        node
    }

    /// A node of Solana on which every payment succeeds.
    pub(crate) async fn start() -> Self {
        let node = Self::in_front_of(String::new()).await;
        node.answer("simulateTransaction", json!({"value": {"err": null}}));
        node.answer("sendTransaction", json!("signature"));
        node.answer("getAccountInfo", json!({"value": {"lamports": 1}}));
        node.status(json!({"err": null, "confirmationStatus": "confirmed"}));
        let latest = json!({"blockhash": BLOCKHASH, "lastValidBlockHeight": 291470237});
        node.answer("getLatestBlockhash", json!({"value": latest}));
        node
    }

    /// From now on, what a method answers. An object with `code` is an error.
    pub(crate) fn answer(&self, method: &str, result: Value) {
        let mut script = self.script.lock().unwrap();
        script.results.insert(method.to_owned(), result);
    }

    /// From now on, the other node answers a method.
    pub(crate) fn pass_on(&self, method: &str) {
        self.script.lock().unwrap().results.remove(method);
    }

    /// From now on, what the node knows about any transaction.
    pub(crate) fn status(&self, status: Value) {
        self.answer("getSignatureStatuses", json!({"value": [status]}));
    }

    /// Keeps a call; the answer, if this node has one.
    fn note(&self, request: &Value) -> Option<Value> {
        let mut script = self.script.lock().unwrap();
        let method = request["method"].as_str().unwrap().to_owned();
        let result = script.results.get(&method).cloned();
        script.calls.push((method, request["params"].clone()));
        result
    }

    /// The parameters of all calls of a method so far.
    pub(crate) fn calls(&self, method: &str) -> Vec<Value> {
        let script = self.script.lock().unwrap();
        let calls = script.calls.iter();
        calls.filter(|(called, _)| called == method).map(|(_, params)| params.clone()).collect()
    }
}

async fn call(State(node): State<ScriptedNode>, Json(request): Json<Value>) -> Json<Value> {
    let Some(result) = node.note(&request) else {
        let post = reqwest::Client::new().post(&node.upstream).json(&request);
        return Json(post.send().await.unwrap().json().await.unwrap());
    };
    let outcome = match result.get("code") {
        Some(_) => "error",
        None => "result",
    };
    Json(json!({"jsonrpc": "2.0", "id": request["id"], outcome: result}))
}

pub(crate) const BLOCKHASH: &str = "EZ3rST5dvHmbanh75jc4PuLfV96vp9fEYBVeNk4FfM1k";
