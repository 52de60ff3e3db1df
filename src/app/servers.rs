//! The servers of the configuration: made ready to be asked, and listed. Nobody is contacted before a call is made, or
//! before a person asks whether they answer.

use super::{boot::Trouble, input::read_bytes};
use crate::{
    engine::{self, runner::Engine},
    expert::{
        Expert,
        roster::Roster,
        server::{Price, Secret, Server, ServerSettings, Structured, Trusted, Waits},
    },
    store::config::{Config, ServerConfig},
};
use std::{path::Path, time::Duration};

/// How long `doctor` waits for an address.
const LOOK: Duration = Duration::from_secs(5);

/// The servers as they stand in the configuration, with their keys out of the environment.
pub(crate) fn read(config: &Config, warnings: &mut Vec<String>) -> Vec<ServerSettings> {
    config
        .servers
        .iter()
        .map(|(name, server)| {
            let key = server.key_env.as_ref().and_then(|variable| {
                let value = std::env::var(variable).ok().filter(|value| !value.trim().is_empty());
                if value.is_none() {
                    warnings
                        .push(format!("the server `{name}` has no key: the variable {variable} is not set"));
                }
                value.map(|value| Secret::new(value.trim()))
            });
            let trusted = server.ca_file.as_ref().and_then(|file| {
                let read = read_bytes(Path::new(file));
                let read = read.and_then(|pem| Trusted::read(&pem));
                read.map_err(|why| {
                    warnings.push(format!(
                        "the server `{name}`: the certificates in {file} can not be used: {why}"
                    ));
                })
                .ok()
            });
            settings(name, server, key, trusted)
        })
        .collect()
}

fn settings(
    name: &str,
    server: &ServerConfig,
    key: Option<Secret>,
    trusted: Option<Trusted>,
) -> ServerSettings {
    let usual = Waits::default();
    let wait = |name: &str, usual: Duration| {
        server.timeouts.get(name).map_or(usual, |seconds| Duration::from_secs_f32(*seconds))
    };
    let price = |name: &str| server.price.get(name).map_or(0.0, |price| f64::from(*price));
    ServerSettings {
        name: name.to_owned(),
        urls: server.urls.clone(),
        model: server.model.clone(),
        key,
        trusted,
        parallel: server.parallel.unwrap_or(2) as usize,
        waits: Waits {
            connect: wait("connect", usual.connect),
            first: wait("first", usual.first),
            idle: wait("idle", usual.idle),
            total: wait("total", usual.total),
        },
        structured: match server.structured.as_deref() {
            Some("json_schema") => Structured::JsonSchema,
            Some("json_object") => Structured::JsonObject,
            Some("tool") => Structured::Tool,
            Some("grammar") => Structured::Grammar,
            Some("regex") => Structured::Regex,
            Some("ask") => Structured::Ask,
            _ => Structured::Auto,
        },
        completions: server.completions.unwrap_or(false),
        price: Price { input: price("input"), output: price("output") },
    }
}

/// What deciding needs to know of them.
pub(crate) fn known(servers: &[ServerSettings], embedding: &str) -> engine::Servers {
    engine::Servers {
        models: servers.iter().map(|server| (server.name.clone(), server.model.clone())).collect(),
        embedding: engine::Servers::named(embedding).map(str::to_owned),
    }
}

/// A model setting `server:NAME` has to name a server that is there.
pub(crate) fn check(model: &str, servers: &[ServerSettings]) -> Result<(), Trouble> {
    let Some(name) = engine::Servers::named(model) else { return Ok(()) };
    let names = servers.iter().map(|server| server.name.as_str());
    crate::headless::names::known("server", name, names).map(drop).map_err(Trouble::usage)
}

/// Servers whose name is that of an expert who does not ask them, in words for a person.
pub(crate) fn hidden(servers: &[ServerSettings], roster: &Roster) -> Vec<String> {
    let other = |server: &ServerSettings| {
        let card = roster.get(&server.name).filter(|card| card.server.as_ref() != Some(&server.name))?;
        Some(format!(
            "the server `{}` has the name of an expert ({}), so no task can be given to it by that name: call it otherwise",
            server.name, card.origin
        ))
    };
    servers.iter().filter_map(other).collect()
}

/// A card for each server, so that a task can be given to it, but where its name is taken; text and origin.
pub(crate) fn cards(servers: &[ServerSettings], roster: &Roster) -> Vec<(String, String)> {
    let free = |server: &&ServerSettings| roster.get(&server.name).is_none();
    let card = |server: &ServerSettings| {
        let Price { input, output } = server.price;
        let cost = if input + output == 0.0 { 1.0 } else { 1.0 + input + output };
        let model: String = server.model.chars().filter(|c| !c.is_control()).take(80).collect();
        let about = format!("Answers any question in a few words, with the model {model} on a server.");
        // Quoted as the front matter quotes: `'` twice.
        let about = about.replace('\'', "''");
        let name = &server.name;
        let text = format!(
            "---\nname: {name}\ndescription: '{about}'\nserver: {name}\ncost: {cost}\nmax_tokens: 400\n---\n\
             ## system\nAnswer the question. Write the answer alone, without explanation.\n## user\n{{{{ question }}}}\n"
        );
        (text, format!("[servers.{name}] of the configuration"))
    };
    servers.iter().filter(free).map(card).collect()
}

/// Gives each server its threads.
pub(crate) fn bring(servers: &[ServerSettings], engine: &mut Engine) -> std::io::Result<()> {
    for settings in servers {
        // Two programs that are told to come back shall not come back together.
        let server = Server::new(settings.clone(), u64::from(std::process::id()));
        let make = {
            let server = server.clone();
            move || Ok(Box::new(server.clone()) as Box<dyn Expert>)
        };
        engine.bring_server(&settings.name, server.parallel(), make)?;
    }
    Ok(())
}

/// What is known of a server without asking it, in a line.
pub(crate) fn about(server: &ServerSettings) -> String {
    let calls = if server.parallel == 1 { "1 call".to_owned() } else { format!("{} calls", server.parallel) };
    let key = if server.key.is_some() { ", with a key" } else { "" };
    format!("{} at {}, {calls} at a time{key}", server.model, server.urls.join(", "))
}

/// Asks each address of a server whether it answers.
pub(crate) fn look(server: &ServerSettings) -> Vec<(String, Result<String, String>)> {
    Server::new(server.clone(), 0).look(LOOK)
}
