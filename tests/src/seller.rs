//! Sellers as scripts: what they answer to which request.

use crate::sent::{Payment, SentRequest};

/// Answers requests.
pub trait Seller {
    /// The response to a request: bytes, after which the connection closes.
    fn answer(&mut self, request: &SentRequest) -> Vec<u8>;
}

impl<F: FnMut(&SentRequest) -> Vec<u8>> Seller for F {
    fn answer(&mut self, request: &SentRequest) -> Vec<u8> {
        self(request)
    }
}

/// A seller that says this whatever it is asked; the device must not come with a payment.
pub fn says(response: Vec<u8>) -> impl Seller + Clone {
    move |request: &SentRequest| {
        assert!(request.payment().is_none(), "nothing is to be paid");
        response.clone()
    }
}

/// A seller that asks for payment in these words, and answers to the payment.
pub fn sells<A>(challenge: Vec<u8>, answer: A) -> impl Seller + Clone
where
    A: Fn(&Payment) -> Vec<u8> + Clone,
{
    move |request: &SentRequest| match request.payment() {
        None => challenge.clone(),
        Some(payment) => answer(&payment),
    }
}
