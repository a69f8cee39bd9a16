//! Solana: keys, accounts, messages, transactions: no x402 words here.
