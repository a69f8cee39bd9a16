//! The JSON-RPC 2.0 envelope: one call or a batch in, one answer or a batch out.

use serde_json::{Value, json};

use super::{error::RpcError, parameters::Parameters};

/// Answers a request body. `None`: it holds notifications only, which get no answer.
pub(super) fn answer(
    body: &[u8],
    call: impl Fn(&str, &Parameters) -> Result<Value, RpcError>,
) -> Option<Value> {
    match serde_json::from_slice(body) {
        Err(_) => Some(response(Value::Null, Err(RpcError::Parse))),
        Ok(Value::Array(batch)) if batch.is_empty() => {
            Some(response(Value::Null, Err(RpcError::InvalidRequest("empty batch"))))
        }
        Ok(Value::Array(batch)) => {
            let answers: Vec<Value> =
                batch.into_iter().filter_map(|request| answer_one(request, &call)).collect();
            (!answers.is_empty()).then_some(Value::Array(answers))
        }
        Ok(request) => answer_one(request, &call),
    }
}

fn answer_one(
    request: Value,
    call: &impl Fn(&str, &Parameters) -> Result<Value, RpcError>,
) -> Option<Value> {
    let Some(request) = Request::parse(request) else {
        return Some(response(Value::Null, Err(RpcError::InvalidRequest("invalid request"))));
    };
    let result = Parameters::new(request.parameters)
        .and_then(|parameters| call(&request.method, &parameters));
    request.id.map(|id| response(id, result))
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

fn response(id: Value, result: Result<Value, RpcError>) -> Value {
    match result {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(error) => json!({ "jsonrpc": "2.0", "id": id, "error": error.to_json() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(body: &str) -> Option<Value> {
        answer(body.as_bytes(), |method, _| match method {
            "ping" => Ok(json!("pong")),
            _ => Err(RpcError::MethodNotFound(method.to_owned())),
        })
    }

    #[test]
    fn errors_have_the_codes_of_the_specification() {
        let code = |body| answered(body).map(|answer| answer["error"]["code"].clone());
        assert_eq!(code("{"), Some(json!(-32700)));
        assert_eq!(code("[]"), Some(json!(-32600)));
        assert_eq!(code("1"), Some(json!(-32600)));
        assert_eq!(code(r#"{"id":1,"method":"ping"}"#), Some(json!(-32600)));
        assert_eq!(code(r#"{"jsonrpc":"2.0","id":1,"method":"pong"}"#), Some(json!(-32601)));
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
}
