//! The seller over real sockets, with a facilitator that says what it is told to.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::json;
use solana_signer::Signer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::testing::*;
use super::*;
use crate::facilitator::testing::{BLOCKHASH, Bench, ScriptedNode, TOKEN};
use crate::facilitator::{self, Facilitator, SolanaConfig};
use crate::fault::Faults;
use crate::listen::on_loopback;
use crate::x402::SolanaNetwork;
use crate::x402::header::encode;

mod first_contact;
mod payments;
mod refusals;
