//! The resource server that asks for payment.
