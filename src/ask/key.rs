//! Keys: a hash over everything an answer depends on. Equal keys mean equal calls.

use super::{Ask, Request};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The key of one call: the whole ask (prompt, sampling, seed, grammar), the expert's version, the model, the attempt.
///
/// As in build systems (Bazel, Shake) an answer is fresh while its stored key equals the key computed now.
pub fn call_key(ask: &Ask, version: &str, model: &str, attempt: u32) -> String {
    let model = match ask.request {
        _ if ask.server.is_some() => model,
        Request::Generate(_) | Request::Score { .. } => model,
        Request::Similar { .. }
        | Request::Embed { .. }
        | Request::Compute { .. }
        | Request::Person { .. } => "",
    };
    let ask = serde_json::to_string(ask).unwrap_or_default();
    key_of(&[&ask, version, model, &attempt.to_string()])
}

/// A key over parts; their borders count.
pub fn key_of(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize()[..12].iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
