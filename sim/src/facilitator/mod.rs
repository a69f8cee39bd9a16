//! The facilitator: /verify, /settle, /supported.
