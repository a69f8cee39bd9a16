//! A node over a real socket, asked with a plain HTTP client.

use std::io;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{Node, serve};
use crate::listen::on_loopback;

/// A node behind its server on a free port. The server ends when this is dropped.
pub(crate) struct Served {
    pub(crate) url: String,
    pub(crate) client: reqwest::Client,
    server: JoinHandle<io::Result<()>>,
}

impl Served {
    pub(crate) async fn start(node: impl Node) -> Self {
        let (listener, url) = on_loopback().await.unwrap();
        let server = tokio::spawn(serve(listener, node));
        Self { url, client: reqwest::Client::new(), server }
    }

    pub(crate) async fn post(&self, body: &Value) -> Value {
        let request = self.client.post(&self.url).json(body);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// The whole answer to a call.
    pub(crate) async fn ask(&self, method: &str, parameters: Value) -> Value {
        let call = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": parameters});
        let answer = self.post(&call).await;
        assert_eq!(answer["id"], 7);
        answer
    }

    /// What a call that succeeds answers.
    pub(crate) async fn result(&self, method: &str, parameters: Value) -> Value {
        let mut answer = self.ask(method, parameters).await;
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    /// Why a call is refused.
    pub(crate) async fn error(&self, method: &str, parameters: Value) -> Value {
        let mut answer = self.ask(method, parameters).await;
        assert!(answer.get("result").is_none(), "{method}: {answer}");
        answer["error"].take()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}
