//! Looks at the machine for `doctor`; judging is `headless`' work.

use super::{
    boot::{Boot, Trouble},
    cli::Global,
};
use crate::{
    engine::{ModelState, Servers, Which},
    expert::server::ServerSettings,
    headless::{
        Ending,
        list::doctor::{self, Facts, Looked, Place, ServerFact, Source},
    },
    store::models::{self, DefaultModel},
    tui::theme::Depth,
};
use std::{
    io::{IsTerminal, stdout},
    path::Path,
    process::{Command, Stdio},
};

/// The configuration is at fault if it could not be used; then the rest was put together without it.
pub(crate) fn doctor(boot: &Boot, at_fault: Option<String>, json: bool) -> Result<Ending, Trouble> {
    let checks = doctor::checks(&facts(boot, at_fault));
    Ok(doctor::doctor(&checks, json, &mut stdout().lock())?)
}

/// A start that failed, looked into: without its configuration it may well go. If not, something else is at fault.
pub(crate) fn without_config(global: &Global, trouble: Trouble, json: bool) -> Result<Ending, Trouble> {
    match Boot::without_config(global) {
        Ok(boot) => doctor(&boot, Some(trouble.words), json),
        Err(_) => Err(trouble),
    }
}

fn facts(boot: &Boot, at_fault: Option<String>) -> Facts {
    let variable = |name: &str| std::env::var(name).ok();
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| variable(name))
        .find(|value| !value.is_empty());
    let locale = locale.unwrap_or_default().to_lowercase().replace('-', "");
    let config = boot.config_file.display().to_string();
    let config = match at_fault {
        Some(why) => Some((config, Err(why))),
        // A theme is looked for with the screen.
        None => boot.config_file.exists().then(|| {
            let theme = super::desk::themes(boot.config.theme.as_deref());
            (config, theme.map(drop).map_err(|trouble| trouble.words))
        }),
    };
    let place = |what: &str, path: &Path| Place {
        what: what.to_owned(),
        path: path.display().to_string(),
        trouble: trouble_with(path),
    };
    Facts {
        program: version(),
        terminal: stdout().is_terminal().then(crossterm::terminal::size).and_then(Result::ok),
        term: variable("TERM"),
        colours: match Depth::detect(variable) {
            Depth::Full => 16_777_216,
            Depth::Indexed => 256,
            Depth::Sixteen => 16,
            Depth::None => 0,
        },
        utf8: locale.contains("utf8"),
        places: vec![
            place("sessions", &boot.places.sessions),
            place("models", &boot.models.places.folder),
            place("configuration folder", &boot.places.config),
        ],
        config,
        language_model: model(boot, Which::Language, &boot.settings.model),
        embedding_model: model(boot, Which::Embedding, &boot.embedding),
        card_models: boot
            .models
            .named(&boot.tools.roster, &boot.settings.model)
            .into_iter()
            .map(|name| (name.clone(), model(boot, Which::Language, name)))
            .collect(),
        python: version_of("python3", &["--version"]),
        pip: version_of("python3", &["-m", "pip", "--version"]),
        servers: servers(boot),
        bad_servers: boot.warnings.servers.clone(),
        bad_routing: boot.warnings.routing.clone(),
        bad_experts: boot.warnings.experts.clone(),
        noted_experts: boot.warnings.cards.clone(),
        bad_prompts: boot.warnings.prompts.clone(),
        experts: boot.tools.roster.cards().len(),
    }
}

/// Version, and what was built in.
pub(crate) fn version() -> String {
    let features = [
        ("candle", cfg!(feature = "candle")),
        ("tls", cfg!(feature = "tls")),
        ("cuda", cfg!(feature = "cuda")),
        ("metal", cfg!(feature = "metal")),
    ];
    let built: Vec<&str> = features.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect();
    format!("plantern {} ({})", env!("CARGO_PKG_VERSION"), built.join(", "))
}

/// Asks every server whether it answers, unless nothing is to be fetched.
fn servers(boot: &Boot) -> Vec<ServerFact> {
    let fact = |server: &ServerSettings| ServerFact {
        name: server.name.clone(),
        about: super::servers::about(server),
        addresses: if boot.models.fetch { super::servers::look(server) } else { vec![] },
    };
    boot.models.servers.iter().map(fact).collect()
}

/// Is the model there, and what does its file say of itself? Nothing is loaded.
fn model(boot: &Boot, which: Which, name: &str) -> Looked {
    let places = &boot.models.places;
    let looked = |state| Looked { state, source: Source::Nowhere };
    if let Some(server) = Servers::named(name).and_then(|name| boot.models.server(name)) {
        let about = super::servers::about(server);
        return looked(ModelState::Ready { name: name.to_owned(), about });
    }
    let found = match models::find_adapted(places, name) {
        Ok(found) => found,
        Err(error) => {
            let base = name.split(" + ").next().unwrap_or_default().trim();
            let absent =
                DefaultModel::named(base).filter(|model| models::find(places, model.short()).is_err());
            let source = match absent {
                Some(model) if boot.models.fetch => Source::Fetched(model.short()),
                Some(model) => Source::Offline(model.short()),
                None => Source::Nowhere,
            };
            return Looked { state: ModelState::Missing(error.to_string()), source };
        }
    };
    let about = super::models::suits(which, &found).and_then(|()| super::models::inspect_adapted(&found));
    looked(match about {
        Err(why) => ModelState::Missing(why),
        Ok(about) => ModelState::Ready { name: found.base.display().to_string(), about },
    })
}

/// Can the folder, or the nearest one above it that is there, be written?
fn trouble_with(folder: &Path) -> Option<String> {
    let there = folder.ancestors().find(|folder| folder.exists())?;
    if !there.is_dir() {
        return Some(format!("{} is not a folder", there.display()));
    }
    let error = tempfile::Builder::new().prefix(".plantern-probe").tempfile_in(there).err()?;
    // The name of the probe helps nobody, and that of the folder is said already.
    let error = error.to_string();
    let why = error.split(" at path ").next().unwrap_or_default();
    Some(match there == folder {
        true => format!("it can not be written: {why}"),
        false => format!("it is not there, and {} can not be written: {why}", there.display()),
    })
}

/// The version in the first line that a program prints, behind its name, if it is there and ends well.
fn version_of(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    let line = String::from_utf8_lossy(&output.stdout).lines().next()?.trim().to_owned();
    let version = line.split_whitespace().nth(1).unwrap_or(&line).to_owned();
    output.status.success().then_some(version)
}
