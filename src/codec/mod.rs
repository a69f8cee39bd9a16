//! Text and bytes: no x402 words here.
