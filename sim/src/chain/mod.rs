//! A Solana JSON-RPC server on LiteSVM.
