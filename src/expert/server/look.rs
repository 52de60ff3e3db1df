//! Looks whether the addresses of a server answer, and with which models.

use super::{
    Shared,
    call::{Caller, Fault, span},
    ladder::Rung,
    read::MOST_REPLY,
    send::connecting,
    wire::{self, Wire},
};
use crate::expert::Control;
use reqwest::Client;
use serde_json::Value;
use std::time::Duration;

/// Asks every address for its list of models.
pub(super) async fn look(
    shared: &Shared,
    client: &Client,
    wait: Duration,
) -> Vec<(String, Result<String, String>)> {
    let mut found = vec![];
    for url in &shared.settings.urls {
        let control = Control::default();
        let caller = Caller::new(shared, client, &control, &|_| {});
        let mut request = client.get(format!("{}/models", url.trim_end_matches('/')));
        if let Some(key) = &shared.settings.key {
            request = request.bearer_auth(key.reveal());
        }
        let told = match caller.wait(request.send(), wait).await {
            Ok(Ok(response)) => {
                let wire = Wire { path: "models", body: Value::Null, wrapped: false, rung: Rung::Ask };
                match caller.judge(response, &wire).await {
                    Ok(response) => caller.body(response, MOST_REPLY).await.map(|body| names(&body)),
                    Err(fault) => Err(fault),
                }
            }
            Ok(Err(error)) => Err(caller.failed(connecting(&error))),
            Err(_) => Err(caller.failed(format!("gave no answer in {}", span(wait)))),
        };
        let told = told.map_err(|fault| match fault {
            Fault::Failed(why) | Fault::Again { why, .. } => why,
            Fault::Refused(_) | Fault::Unshaped(_) | Fault::Cancelled => "it refuses the request".to_owned(),
        });
        found.push((url.clone(), told));
    }
    found
}

/// The models in a list of models, on a line.
fn names(body: &str) -> String {
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let list = value["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names: Vec<String> =
        list.iter().filter_map(|model| model["id"].as_str()).take(5).map(wire::short).collect();
    match list.len() {
        0 => "answers, but names no model".to_owned(),
        some if names.len() < some => {
            format!("answers, has {} and {} more", names.join(", "), some - names.len())
        }
        _ => format!("answers, has {}", names.join(", ")),
    }
}
