//! What deciding needs to know of the servers.

use crate::ask::Request;
use std::collections::BTreeMap;

/// The servers that can be asked, as far as deciding needs to know them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Servers {
    /// Name of each server and of the model it is asked for.
    pub models: BTreeMap<String, String>,
    /// The server that compares texts, if it is not the local embedding model.
    pub embedding: Option<String>,
}

impl Servers {
    /// The server that a model setting names: `server:NAME`.
    pub fn named(model: &str) -> Option<&str> {
        model.strip_prefix("server:").map(str::trim).filter(|name| !name.is_empty())
    }

    /// The server that a request goes to when its expert names none.
    pub fn usual(&self, request: &Request, model: &str) -> Option<String> {
        match request {
            Request::Generate(_) | Request::Score { .. } => Servers::named(model).map(str::to_owned),
            Request::Similar { .. } => self.embedding.clone(),
            // What is learned of vectors holds for one model alone: the local one.
            Request::Embed { .. } | Request::Compute { .. } | Request::Person { .. } => None,
        }
    }
}
