//! The JSON-RPC 2.0 envelope: one call or a batch in, one answer or a batch out.

use serde_json::{Value, json};

use super::{Node, NodeError, Parameters};

/// Answers a request body. `None`: it holds notifications only, which get no answer.
pub(super) fn answer<N: Node>(node: &N, body: &[u8]) -> Option<Value> {
    match serde_json::from_slice(body) {
        Err(_) => Some(refuse::<N>(N::Error::parse())),
        Ok(Value::Array(batch)) if batch.is_empty() => Some(refuse::<N>(N::Error::empty_batch())),
        Ok(Value::Array(batch)) => answer_batch(node, batch),
        Ok(request) => answer_one(node, request),
    }
}

fn answer_batch<N: Node>(node: &N, batch: Vec<Value>) -> Option<Value> {
    let requests = batch.into_iter();
    let answers: Vec<Value> = requests.filter_map(|request| answer_one(node, request)).collect();
    (!answers.is_empty()).then_some(Value::Array(answers))
}

fn answer_one<N: Node>(node: &N, request: Value) -> Option<Value> {
    let Some(request) = Request::parse(request) else {
        return Some(refuse::<N>(N::Error::invalid_request()));
    };
    let result = Parameters::new(request.parameters)
        .and_then(|parameters| node.call(&request.method, &parameters));
    tracing::debug!(method = request.method, error = ?result.as_ref().err(), "rpc");
    request.id.map(|id| response::<N>(id, result))
}

struct Request {
    method: String,
    parameters: Option<Value>,
    id: Option<Value>,
}

impl Request {
    fn parse(request: Value) -> Option<Self> {
        let Value::Object(mut members) = request else {
            return None;
        };
        if members.get("jsonrpc")? != "2.0" {
            return None;
        }
        let Value::String(method) = members.remove("method")? else {
            return None;
        };
        Some(Self { method, parameters: members.remove("params"), id: members.remove("id") })
    }
}

/// The answer to a request whose id cannot be read.
fn refuse<N: Node>(error: N::Error) -> Value {
    response::<N>(Value::Null, Err(error))
}

fn response<N: Node>(id: Value, result: Result<Value, N::Error>) -> Value {
    let (outcome, content) = match result {
        Ok(result) => ("result", result),
        Err(error) => ("error", error.to_json()),
    };
    if N::ID_FIRST {
        json!({ "jsonrpc": "2.0", "id": id, outcome: content })
    } else {
        json!({ "jsonrpc": "2.0", outcome: content, "id": id })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A node that answers to `ping`.
    #[derive(Clone)]
    struct Echo<const ID_FIRST: bool>;

    #[derive(Debug)]
    struct Code(i64);

    impl<const ID_FIRST: bool> Node for Echo<ID_FIRST> {
        type Error = Code;
        const CONTENT_TYPE: &'static str = "application/json";
        const ID_FIRST: bool = ID_FIRST;

        fn call(&self, method: &str, parameters: &Parameters<Code>) -> Result<Value, Code> {
            match method {
                "ping" => Ok(json!("pong")),
                "add" => Ok(json!(parameters.required::<u8>(0)? + parameters.or_default::<u8>(1)?)),
                _ => Err(Code(-32601)),
            }
        }

        fn block_time(&self) -> Duration {
            Duration::ZERO
        }

        fn add_block(&self) {}
    }

    impl NodeError for Code {
        fn parse() -> Self {
            Self(-32700)
        }

        fn invalid_request() -> Self {
            Self(-32600)
        }

        fn empty_batch() -> Self {
            Self(-32600)
        }

        fn not_positional() -> Self {
            Self(-32602)
        }

        fn missing_parameter(index: usize) -> Self {
            Self(index as i64)
        }

        fn malformed_parameter(index: usize, _: &serde_json::Error) -> Self {
            Self(100 + index as i64)
        }

        fn to_json(&self) -> Value {
            json!({ "code": self.0 })
        }
    }

    fn answered(body: &str) -> Option<Value> {
        answer(&Echo::<true>, body.as_bytes())
    }

    #[test]
    fn a_call_is_answered_under_its_id() {
        let body = r#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#;
        let id_first = answered(body).unwrap().to_string();
        assert_eq!(id_first, r#"{"jsonrpc":"2.0","id":"a","result":"pong"}"#);
        let id_last = answer(&Echo::<false>, body.as_bytes()).unwrap().to_string();
        assert_eq!(id_last, r#"{"jsonrpc":"2.0","result":"pong","id":"a"}"#);
    }

    #[test]
    fn errors_have_the_codes_of_the_specification() {
        let code = |body| answered(body).map(|answer| answer["error"]["code"].clone());
        assert_eq!(code("{"), Some(json!(-32700)));
        assert_eq!(code("[]"), Some(json!(-32600)));
        assert_eq!(code("1"), Some(json!(-32600)));
        assert_eq!(code(r#"{"id":1,"method":"ping"}"#), Some(json!(-32600)));
        let unknown = r#"{"jsonrpc":"2.0","id":1,"method":"pong"}"#;
        assert_eq!(code(unknown), Some(json!(-32601)));
        let named = r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1}}"#;
        assert_eq!(code(named), Some(json!(-32602)));
    }

    #[test]
    fn a_batch_is_answered_in_order_and_notifications_are_not() {
        let answer = answered(
            r#"[{"jsonrpc":"2.0","id":"a","method":"ping"},
                {"jsonrpc":"2.0","method":"ping"},
                {"jsonrpc":"2.0","id":2,"method":"pong"}]"#,
        );
        let answers = answer.as_ref().and_then(Value::as_array).map(Vec::as_slice);
        let Some([first, second]) = answers else {
            panic!("two answers expected: {answer:?}");
        };
        assert_eq!(*first, json!({"jsonrpc": "2.0", "id": "a", "result": "pong"}));
        assert_eq!(second["id"], 2);
        assert_eq!(answered(r#"{"jsonrpc":"2.0","method":"ping"}"#), None);
    }

    #[test]
    fn parameters_are_typed_and_null_is_none() {
        let add = |params| {
            let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"add","params":{params}}}"#);
            let mut answer = answered(&body).unwrap();
            let result = answer["result"].take();
            if result.is_null() { answer["error"]["code"].take() } else { result }
        };
        assert_eq!(add("[1,2]"), 3);
        assert_eq!(add("[1]"), 1);
        assert_eq!(add("[1,null]"), 1);
        assert_eq!(add("[null,1]"), 0, "the first is missing");
        assert_eq!(add("[1,\"2\"]"), 101, "the second is no number");
    }
}
