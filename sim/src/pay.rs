//! `x402-sim pay`: the device's client as a command, for any seller.
//!
//! It follows the client protocol of the x402 project's end-to-end tests: the same environment
//! variables, and one JSON object as the last line of standard output.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use embedded_x402::client::{Method, Request};
use embedded_x402::wire::SettlementResponse;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::device::{Body, Device, DeviceJournal, Keys, KeysError, OpenJournalError, Purchase};

mod policy;

pub use policy::{PolicyArgs, PolicyError};

/// Buy a resource with the client that runs on devices, within a policy: at most 1 USDC unless
/// flags say otherwise.
///
/// The last line of standard output is one JSON object: success, data, status_code,
/// payment_response, and error if there was one. The exit status is 0 on success, else 1.
#[derive(Clone, Args)]
pub struct PayArgs {
    /// What to buy. Without it: RESOURCE_SERVER_URL and ENDPOINT_PATH from the environment.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,

    /// The seller's address, if --url is not given.
    #[arg(long, value_name = "URL", env = "RESOURCE_SERVER_URL")]
    pub resource_server_url: Option<String>,

    /// The path at the seller, if --url is not given.
    #[arg(long, value_name = "PATH", env = "ENDPOINT_PATH", default_value = "")]
    pub endpoint_path: String,

    /// The Solana wallet: 64 bytes in base58, as solana-keygen and wallets export it. Better given
    /// in the environment, where other users of the machine don't see it.
    #[arg(long, value_name = "BASE58", env = "SVM_PRIVATE_KEY", hide_env_values = true)]
    pub svm_private_key: Option<String>,

    /// The wallet on EVM chains: 32 bytes in hexadecimal, 0x in front. One of the two wallets is
    /// needed; with both, the policy decides which one pays. Better given in the environment too.
    #[arg(long, value_name = "HEX", env = "EVM_PRIVATE_KEY", hide_env_values = true)]
    pub evm_private_key: Option<String>,

    /// The Solana RPC node to ask for a recent blockhash, where the seller supplies none.
    #[arg(long, value_name = "URL", env = "SVM_RPC_URL")]
    pub svm_rpc_url: Option<String>,

    /// The EVM RPC node to ask what became of a payment whose answer was lost, once it has expired;
    /// without one it is booked as spent. Solana's node is asked the same.
    #[arg(long, value_name = "URL", env = "EVM_RPC_URL")]
    pub evm_rpc_url: Option<String>,

    /// Keep payments in flight, and what was spent, in this file: flash of 16 KiB, as on a device. A
    /// payment whose answer got lost, or this process with it, is then sent again by the next run
    /// for the same request; no second one is signed while the first may settle.
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,

    /// Give up if the head of the last answer is not there after so many seconds, fractions allowed:
    /// 300 without this. What was bought may take longer to arrive, if it keeps coming. With
    /// --journal, a payment without an answer is sent again until then, and again by the next run
    /// for the same request.
    #[arg(long, value_name = "SECONDS", value_parser = read_timeout)]
    pub total_timeout: Option<u32>,

    /// What may be paid.
    #[command(flatten)]
    pub policy: PolicyArgs,

    /// The request method.
    #[arg(long, value_enum, value_name = "METHOD", ignore_case = true)]
    pub method: Option<MethodName>,

    /// The request body; the method is then POST unless --method says otherwise.
    #[arg(long, value_name = "TEXT")]
    pub body: Option<String>,

    /// A further header of the request, as "Name: value"; repeatable.
    #[arg(long, value_name = "HEADER")]
    pub header: Vec<String>,

    /// Give the client received bytes this many at a time; 0 gives them as they come.
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    pub fragment: usize,
}

/// A request method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
#[expect(missing_docs, reason = "they are their names, and comments would be printed as help")]
pub enum MethodName {
    Get,
    Post,
    Put,
    Delete,
}

/// Why nothing could be bought.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayError {
    /// Neither a URL nor a seller.
    #[error("what to buy? Give --url, or RESOURCE_SERVER_URL and ENDPOINT_PATH")]
    NoUrl,
    /// A header without a colon.
    #[error("the header {0:?} is not of the form \"Name: value\"")]
    Header(String),
    /// The flags make no policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A budget, and nothing to keep count by.
    #[error("--budget needs --journal, the file that keeps what was spent")]
    BudgetWithoutJournal,
    /// There is no wallet, or it can't be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The journal can't be used.
    #[error(transparent)]
    Journal(#[from] OpenJournalError),
}

/// Buys, prints what became of it, and answers whether that is success.
pub async fn run(args: PayArgs, as_json: bool) -> bool {
    let result = match buy(&args).await {
        Ok(purchase) => {
            if !as_json {
                print(&narrate(&purchase));
            }
            result(&purchase)
        }
        Err(error) => failure(&error.to_string()),
    };
    print_result(&result);
    result["success"] == json!(true)
}

/// Prints the result, which is the last line of the output.
pub fn print_result(result: &Value) {
    print(&format!("{result}\n"));
}

/// Money may have moved: an output that is closed is no reason to end otherwise than the purchase
/// did.
fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// The result of a command that could not be begun.
pub fn failure(error: &str) -> Value {
    json!({
        "success": false, "data": null, "status_code": null, "payment_response": null,
        "error": error,
    })
}

async fn buy(args: &PayArgs) -> Result<Purchase, PayError> {
    if args.policy.budget.is_some() && args.journal.is_none() {
        return Err(PayError::BudgetWithoutJournal);
    }
    let url = args.url()?;
    let headers = args.header.iter().map(|header| split_header(header));
    let headers = headers.collect::<Result<Vec<_>, _>>()?;
    let keys = Keys::read(args.svm_private_key.as_deref(), args.evm_private_key.as_deref())?;
    let mut device = Device::new(keys, args.policy.rules()?);
    device.solana_rpc = args.svm_rpc_url.clone();
    device.evm_rpc = args.evm_rpc_url.clone();
    device.fragment = args.fragment;
    if let Some(milliseconds) = args.total_timeout {
        device.timeouts.total = milliseconds;
    }
    if let Some(path) = &args.journal {
        device.journal = Some(Arc::new(Mutex::new(DeviceJournal::open(path).await?)));
    }
    let body = args.body.as_deref().map(str::as_bytes);
    let request = Request { headers: &headers, body, ..Request::new(args.method(), &url) };
    Ok(device.buy(&request).await?)
}

impl PayArgs {
    fn url(&self) -> Result<String, PayError> {
        let of_environment = || {
            let seller = self.resource_server_url.as_ref()?.trim_end_matches('/');
            let path = &self.endpoint_path;
            let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
            Some(format!("{seller}{slash}{path}"))
        };
        self.url.clone().or_else(of_environment).ok_or(PayError::NoUrl)
    }

    fn method(&self) -> Method {
        match (self.method, &self.body) {
            (Some(MethodName::Get), _) | (None, None) => Method::Get,
            (Some(MethodName::Post), _) | (None, Some(_)) => Method::Post,
            (Some(MethodName::Put), _) => Method::Put,
            (Some(MethodName::Delete), _) => Method::Delete,
        }
    }
}

/// Seconds, as milliseconds.
fn read_timeout(text: &str) -> Result<u32, String> {
    let seconds: Option<f64> = text.parse().ok();
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let milliseconds = time.and_then(|time| u32::try_from(time.as_millis()).ok());
    milliseconds.filter(|time| *time > 0).ok_or_else(|| {
        let most = u32::MAX / 1000;
        format!("not a number of seconds from 0.001 to {most}")
    })
}

fn split_header(header: &str) -> Result<(&str, &str), PayError> {
    let (name, value) =
        header.split_once(':').ok_or_else(|| PayError::Header(header.to_owned()))?;
    Ok((name.trim(), value.trim()))
}

/// For people.
fn narrate(purchase: &Purchase) -> String {
    let mut lines = Vec::new();
    if let Some(offer) = &purchase.offer {
        let name = if offer.symbol.is_empty() { &offer.asset } else { &offer.symbol };
        lines.push(format!("asked     {} units of {name} on {}", offer.amount, offer.network));
        lines.push(format!("payee     {}", offer.pay_to));
    }
    match &purchase.result {
        Ok(body) => {
            lines.push(format!("answered  {} with {} bytes", body.status, body.bytes.len()))
        }
        Err(error) => lines.push(format!("failed    {error}")),
    }
    if let Ok(Body { broken_off: Some(error), .. }) = &purchase.result {
        lines.push(format!("BROKEN    the answer broke off: {error}"));
    }
    if let Some(receipt) = purchase.receipt() {
        lines.push(format!("settled   {}", receipt.transaction));
    }
    if let Some(doubt) = purchase.doubt() {
        lines.push(format!("UNKNOWN   whether money moved: {doubt}"));
    }
    let traffic = purchase.traffic;
    lines.push(format!(
        "traffic   {} B sent, {} B received, {} connections, {} ms\n",
        traffic.sent,
        traffic.received,
        traffic.connections,
        purchase.elapsed.as_millis()
    ));
    lines.join("\n")
}

/// For programs.
fn result(purchase: &Purchase) -> Value {
    let mut result = match &purchase.result {
        Ok(body) => json!({
            "success": false,
            "data": data(body),
            "status_code": body.status,
            "payment_response": purchase.receipt().map(receipt_json),
        }),
        Err(error) => json!({
            "success": false, "data": null, "status_code": refused_status(error),
            "payment_response": null,
        }),
    };
    match trouble(purchase) {
        Some(trouble) => result["error"] = json!(trouble),
        None => result["success"] = json!(true),
    }
    result
}

/// Why a purchase is no success, if it is none.
fn trouble(purchase: &Purchase) -> Option<String> {
    let body = match &purchase.result {
        Ok(body) => body,
        Err(error) => return Some(error.to_string()),
    };
    let doubt = purchase.doubt().map(|doubt| format!("paid or not, that is unknown: {doubt}"));
    let status = (!is_success(body)).then(|| format!("status {}", body.status));
    let broken_off = body.broken_off.map(|error| format!("the answer broke off: {error}"));
    let troubles: Vec<_> = [doubt.or(status), broken_off].into_iter().flatten().collect();
    (!troubles.is_empty()).then(|| troubles.join("; "))
}

fn is_success(body: &Body) -> bool {
    (200..300).contains(&body.status)
}

/// What is refused, by either side, is refused in a 402.
fn refused_status(error: &embedded_x402::io::Error) -> Option<u16> {
    use embedded_x402::client::{Doubt, Error as ClientError};
    use embedded_x402::io::Error;
    match error {
        Error::Exchange(
            ClientError::Refused(_)
            | ClientError::Policy(_)
            | ClientError::Scheme(_)
            | ClientError::Unknown(Doubt::Failed(_)),
        ) => Some(402),
        _ => None,
    }
}

/// The resource: JSON as it is, anything else as text.
fn data(body: &Body) -> Value {
    serde_json::from_slice(&body.bytes)
        .unwrap_or_else(|_| json!(String::from_utf8_lossy(&body.bytes)))
}

fn receipt_json(receipt: &SettlementResponse) -> Value {
    json!({
        "success": receipt.success,
        "transaction": receipt.transaction.as_str(),
        "network": receipt.network.map(|network| network.to_string()),
        "payer": receipt.payer.as_ref().map(|payer| payer.as_str()),
        "amount": receipt.amount.map(|amount| amount.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: PayArgs,
    }

    #[test]
    fn the_sellers_address_and_the_path_are_joined_by_one_slash() {
        for (seller, path, url) in [
            ("http://shop.com", "/weather", "http://shop.com/weather"),
            ("http://shop.com/", "/weather", "http://shop.com/weather"),
            ("http://shop.com", "weather", "http://shop.com/weather"),
            ("http://shop.com/", "weather", "http://shop.com/weather"),
            ("http://shop.com/", "", "http://shop.com"),
        ] {
            let flags = ["pay", "--resource-server-url", seller, "--endpoint-path", path];
            let args = Command::try_parse_from(flags).unwrap().args;
            assert_eq!(args.url().unwrap(), url, "{seller} {path}");
        }
    }

    #[test]
    fn timeouts_are_seconds() {
        assert_eq!(read_timeout("5"), Ok(5_000));
        assert_eq!(read_timeout("0.25"), Ok(250));
        for wrong in ["0", "-1", "0.0001", "nan", "1e99", "4294968", "5s", ""] {
            assert!(read_timeout(wrong).is_err(), "{wrong}");
        }
    }
}
