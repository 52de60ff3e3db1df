//! `config`: what is in force and where each value comes from. The keys of servers stay where they are: told is the name of
//! the variable, and whether it is set.

use super::{
    boot::{Boot, Trouble},
    cli::{self, Global},
    commands::Done,
    desk, ledger,
    models::Machine,
};
use crate::{
    figure::counted,
    headless::{
        Ending,
        list::settings::{FileFact, SettingFact, settings},
    },
    store::config,
};
use std::{
    io::{Write, stdout},
    path::{Path, PathBuf},
};

pub(crate) fn config(boot: &Boot, global: &Global, asked: Option<&cli::Config>, json: bool) -> Done {
    let (out, path) = (&mut stdout().lock(), &boot.config_file);
    match asked.unwrap_or(&cli::Config::Show) {
        cli::Config::Path => writeln!(out, "{}", path.display())?,
        cli::Config::Init => {
            config::write_default(path).map_err(Trouble::usage)?;
            writeln!(out, "{}", path.display())?;
        }
        cli::Config::Show => {
            boot.warnings.all().for_each(|warning| super::complain(warning));
            return Ok(settings(&files(boot, path), &facts(boot, global), json, out)?);
        }
    }
    Ok(Ending::Done)
}

/// Where the program looks, and what is there.
fn files(boot: &Boot, path: &Path) -> Vec<FileFact> {
    let there =
        |path: &Path, found: &str| if path.exists() { found.to_owned() } else { "not there".to_owned() };
    let fact = |what: &str, path: &Path, found: String| FileFact {
        what: what.to_owned(),
        path: path.display().to_string(),
        found,
    };
    let count = |path: &Path, count: usize, what: &str| there(path, &counted(count as u64, what));
    let mut files = vec![fact("configuration", path, there(path, "read"))];
    for folder in std::iter::once(boot.places.experts()).chain(boot.config.experts.iter().cloned()) {
        let cards = config::experts(&folder).0.len();
        files.push(fact("expert cards", &folder, count(&folder, cards, "card")));
    }
    let prompts: PathBuf = boot.config.prompts.clone().unwrap_or_else(|| boot.places.prompts());
    let own = config::prompts(&prompts).0.len();
    files.push(fact("prompts", &prompts, count(&prompts, own, "prompt")));
    for (name, server) in &boot.config.servers {
        if let Some(file) = &server.ca_file {
            files.push(fact(
                &format!("certificates of {name}"),
                Path::new(file),
                there(Path::new(file), "read"),
            ));
        }
    }
    let reviews = boot.places.routing().reviews_file();
    let said = ledger::reviews(&*boot.disk, &boot.places.routing()).map_or(0, |(reviews, _)| reviews.len());
    files.push(fact("reviews of routing", &reviews, count(&reviews, said, "review")));
    let sessions = &boot.places.sessions;
    files.push(fact("sessions", sessions, there(sessions, "there")));
    let models = &boot.models.places.folder;
    files.push(fact("models", models, there(models, "there")));
    files
}

/// Kernels and device.
#[cfg(feature = "candle")]
fn named(machine: Machine) -> [String; 2] {
    [machine.level.name().to_owned(), machine.device.name()]
}

#[cfg(not(feature = "candle"))]
fn named(_: Machine) -> [String; 2] {
    ["none: this program was built without candle", "none"].map(str::to_owned)
}

/// Every setting, in the order of the file that `config init` writes.
fn facts(boot: &Boot, global: &Global) -> Vec<SettingFact> {
    let (set, told) = (&boot.settings, &boot.config);
    let fact = |key: &str, value: String, option: Option<&str>| {
        let origin = option.map(str::to_owned).or_else(|| told.origin(key));
        SettingFact { key: key.to_owned(), value, origin: origin.unwrap_or_else(|| "default".to_owned()) }
    };
    let option = |given: bool, name: &'static str| given.then_some(name);
    let none = |most: Option<f64>| most.map_or_else(|| "none".to_owned(), |most| most.to_string());
    let own = |text: Option<&String>, usual: &str| text.map_or(usual, String::as_str).to_owned();
    let [kernels, device] = named(boot.models.machine);
    let memory = told.models_memory.map_or_else(
        || format!("{:.1}, three quarters of what is free", boot.models.memory as f64 / 1e9),
        |gigabytes| gigabytes.to_string(),
    );
    let theme = desk::themes(global.theme.as_deref().or(told.theme.as_deref()));
    let theme = theme.ok().and_then(|all| Some(all.first()?.name.clone())).unwrap_or_default();
    let mut all = vec![
        fact("strategy", set.strategy.clone(), option(!global.strategy.is_empty(), "--strategy")),
        fact("router", set.router.clone(), option(global.router.is_some(), "--router")),
        fact("model", set.model.clone(), option(global.model().is_some(), "--model or PLANTERN_MODEL")),
        fact("embedding", boot.embedding.clone(), None),
        fact("models_memory", memory, None),
        fact("kernels", kernels, option(global.kernels().is_some(), "--kernels or PLANTERN_KERNELS")),
        fact("device", device, option(global.device().is_some(), "--device or PLANTERN_DEVICE")),
        fact("theme", theme, option(global.theme.is_some(), "--theme")),
        fact("mouse", told.mouse.unwrap_or(true).to_string(), None),
    ];
    let folders = |folders: &[PathBuf]| {
        let all: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
        if all.is_empty() { "none".to_owned() } else { all.join(", ") }
    };
    let prompts = told.prompts.clone().unwrap_or_else(|| boot.places.prompts());
    all.extend([
        fact("experts", folders(&told.experts), None),
        fact("prompts", folders(&[prompts]), None),
        fact(
            "sampling.temperature",
            set.sampling.temperature.to_string(),
            option(global.temperature.is_some(), "--temperature"),
        ),
        fact("sampling.top_p", set.sampling.top_p.to_string(), None),
        fact("sampling.seed", set.sampling.seed.to_string(), option(global.seed.is_some(), "--seed")),
        fact("limits.calls", set.limits.calls.to_string(), None),
        fact("limits.output_tokens", set.limits.output_tokens.to_string(), None),
        fact("limits.parts", set.limits.parts.to_string(), None),
        fact("limits.depth", set.limits.depth.to_string(), None),
        fact("limits.seconds", none(set.limits.seconds), None),
        fact("limits.cost", none(set.limits.cost), None),
    ]);
    for (action, keys) in &told.keys {
        all.push(fact(&format!("keys.{action}"), keys.join(" "), None));
    }
    for (name, server) in &told.servers {
        let key = |key: &str| format!("servers.{name}.{key}");
        all.push(fact(&key("urls"), server.urls.join(", "), None));
        all.push(fact(&key("model"), server.model.clone(), None));
        if let Some(variable) = &server.key_env {
            let set = std::env::var_os(variable).is_some_and(|value| !value.is_empty());
            let state = if set { "set" } else { "not set" };
            all.push(fact(&key("key_env"), format!("{variable}, which is {state}"), None));
        }
        all.push(fact(&key("parallel"), server.parallel.unwrap_or(2).to_string(), None));
        all.push(fact(&key("structured"), own(server.structured.as_ref(), "auto"), None));
        all.push(fact(&key("completions"), server.completions.unwrap_or(false).to_string(), None));
        for (table, values) in [("timeouts", &server.timeouts), ("price", &server.price)] {
            for (what, value) in values {
                all.push(fact(&key(&format!("{table}.{what}")), value.to_string(), None));
            }
        }
    }
    all
}
