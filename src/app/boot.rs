//! The start: configuration, experts, prompts, places and settings, put together before any face opens.

use super::{
    cli::Global,
    models::{self, Models},
    servers,
};
use crate::{
    engine::{EMBEDDING, Tools},
    expert::{roster::Roster, server::ServerSettings},
    headless::{
        Ending,
        names::{Overrides, router_name, strategy_name},
    },
    session::Settings,
    store::{
        config::{self, Config},
        disk::{Disk, RealDisk},
        models::{DefaultModel, Places as ModelPlaces},
        places::Places,
    },
    strategy::Prompts,
    workbench::{State, Weight, keymap::Keymap},
};
use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

/// Why the program ends without doing what was asked: the exit status, and words for the person.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) ending: Ending,
    pub(crate) words: String,
}

impl Trouble {
    pub(crate) fn usage(words: impl std::fmt::Display) -> Trouble {
        Trouble { ending: Ending::Usage, words: words.to_string() }
    }
}

/// Everything that faces and commands are made of.
pub(crate) struct Boot {
    pub(crate) places: Places,
    pub(crate) config: Config,
    pub(crate) tools: Tools,
    pub(crate) settings: Settings,
    /// What the command line said of them, for sessions that have settings of their own.
    pub(crate) asked: Overrides,
    pub(crate) keymap: Keymap,
    pub(crate) models: Models,
    /// Name or path of the embedding model.
    pub(crate) embedding: String,
    pub(crate) disk: Arc<dyn Disk>,
    /// The configuration file that was read, or would be if it were there.
    pub(crate) config_file: PathBuf,
    /// What was strange and is not in the way.
    pub(crate) warnings: Warnings,
}

/// What was strange at the start, by what it is about.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    pub(crate) servers: Vec<String>,
    pub(crate) experts: Vec<String>,
    /// What is to be known of cards that work: which built-in one they stand for.
    pub(crate) cards: Vec<String>,
    pub(crate) prompts: Vec<String>,
    pub(crate) routing: Vec<String>,
}

impl Warnings {
    pub(crate) fn all(&self) -> impl Iterator<Item = &String> {
        [&self.servers, &self.routing, &self.cards, &self.experts, &self.prompts].into_iter().flatten()
    }
}

impl Boot {
    /// Reads what the person has set, the command line above the file above the defaults.
    pub(crate) fn new(global: &Global) -> Result<Boot, Trouble> {
        let places = Places::find().map_err(Trouble::usage)?;
        let file = global.config.clone().unwrap_or_else(|| places.config_file());
        if global.config.is_some() && !file.exists() {
            return Err(Trouble::usage(format!("there is no configuration file {}", file.display())));
        }
        let config = Config::read(&file).map_err(Trouble::usage)?;
        Boot::with(global, places, file, config)
    }

    /// The same as if the configuration file said nothing.
    pub(crate) fn without_config(global: &Global) -> Result<Boot, Trouble> {
        let places = Places::find().map_err(Trouble::usage)?;
        let file = global.config.clone().unwrap_or_else(|| places.config_file());
        Boot::with(global, places, file, Config::default())
    }

    fn with(global: &Global, places: Places, config_file: PathBuf, config: Config) -> Result<Boot, Trouble> {
        let mut warnings = Warnings::default();
        let servers = servers::read(&config, &mut warnings.servers);
        let embedding = config.embedding.clone().unwrap_or_else(|| DefaultModel::MiniLm.short().to_owned());
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let knowledge = super::ledger::knowledge(&*disk, &places.routing()).unwrap_or_else(|why| {
            warnings.routing.push(why);
            Default::default()
        });
        let mut tools = Tools {
            roster: roster(&places, &config, &servers, &mut warnings),
            prompts: prompts(&places, &config, &mut warnings.prompts),
            servers: servers::known(&servers, &embedding),
            knowledge: Arc::new(knowledge),
            files: Default::default(),
        };
        warnings.servers.extend(servers::hidden(&servers, &tools.roster));
        let keymap = keymap(&config)?;
        let at = |key: &str| config.origin(key).map(|place| format!("{place}: ")).unwrap_or_default();
        let settings = config.over(defaults());
        strategy_name(&settings.strategy)
            .map_err(|why| Trouble::usage(format!("{}{why}", at("strategy"))))?;
        router_name(&settings.router).map_err(|why| Trouble::usage(format!("{}{why}", at("router"))))?;
        let asked = Overrides {
            strategy: global.strategy.first().cloned(),
            router: global.router.clone(),
            model: global.model().map(str::to_owned),
            seed: global.seed,
            temperature: global.temperature,
            ..Overrides::default()
        };
        let settings = asked.over(&settings).map_err(Trouble::usage)?;
        servers::check(&settings.model, &servers)?;
        servers::check(&embedding, &servers)?;
        let mut model_places = ModelPlaces::of_user().map_err(Trouble::usage)?;
        if std::env::var_os("PLANTERN_MODELS").is_none_or(|folder| folder.is_empty()) {
            model_places.folder.clone_from(&places.models);
        }
        let named = tools.roster.cards().iter().filter_map(|card| card.model.clone());
        for name in named.chain([settings.model.clone()]).collect::<BTreeSet<String>>() {
            let sha256 = super::identity::known(&model_places, &name);
            tools.files.extend(sha256.map(|sha256| (name, sha256)));
        }
        let sha256 = super::identity::known(&model_places, &embedding);
        tools.files.extend(sha256.map(|sha256| (EMBEDDING.to_owned(), sha256)));
        warnings.routing.extend(tools.knowledge.is_of_another_model(tools.files.get(EMBEDDING)));
        let stop = Arc::new(AtomicBool::new(false));
        let (kernels, device) = (global.kernels(), global.device());
        let machine =
            models::machine(kernels.or(config.kernels.as_deref()), device.or(config.device.as_deref()))
                .map_err(|(key, why)| {
                    let origin = match key {
                        "kernels" if kernels.is_some() => "PLANTERN_KERNELS or --kernels: ".to_owned(),
                        "device" if device.is_some() => "PLANTERN_DEVICE or --device: ".to_owned(),
                        key => at(key),
                    };
                    Trouble::usage(format!("{origin}{why}"))
                })?;
        let memory = models::memory(config.models_memory);
        let models = Models { places: model_places, servers, fetch: fetching(), stop, machine, memory };
        Ok(Boot {
            places,
            config,
            tools,
            settings,
            asked,
            keymap,
            models,
            embedding,
            disk,
            config_file,
            warnings,
        })
    }

    /// A workbench with all this in it and no session.
    pub(crate) fn state(&self) -> State {
        let mut state = State::new(self.tools.clone(), self.settings.clone());
        state.keymap = self.keymap.clone();
        state.now = super::effects::now();
        for warning in self.warnings.all() {
            state.log.push(crate::workbench::state::LogLine {
                at: state.now,
                weight: Weight::Warning,
                text: warning.clone(),
            });
        }
        state
    }
}

/// `PLANTERN_OFFLINE=1` keeps the program from fetching anything.
fn fetching() -> bool {
    std::env::var_os("PLANTERN_OFFLINE").is_none_or(|value| value.is_empty() || value == "0")
}

fn defaults() -> Settings {
    Settings::new("decomposed", "tag", DefaultModel::SmolLm2.short())
}

fn roster(places: &Places, config: &Config, servers: &[ServerSettings], warnings: &mut Warnings) -> Roster {
    let folders = std::iter::once(places.experts()).chain(config.experts.iter().cloned());
    let mut cards = vec![];
    for folder in folders {
        let (found, faults) = config::experts(&folder);
        cards.extend(found);
        warnings.experts.extend(faults.iter().map(ToString::to_string));
    }
    let load = |cards: &[(String, String)]| {
        Roster::load(cards.iter().map(|(text, origin)| (text.as_str(), origin.as_str())))
    };
    cards.extend(servers::cards(servers, &load(&cards).0));
    let (roster, noted, errors) = load(&cards);
    for card in roster.cards() {
        if let Some(name) =
            card.server.as_ref().filter(|name| servers.iter().all(|server| server.name != **name))
        {
            let why = format!("{}: no server is called `{name}` in the configuration", card.origin);
            warnings.experts.push(why);
        }
    }
    warnings.cards.extend(noted);
    warnings.experts.extend(errors.iter().map(ToString::to_string));
    roster
}

fn prompts(places: &Places, config: &Config, warnings: &mut Vec<String>) -> Prompts {
    let mut prompts = Prompts::shipped();
    let folder = config.prompts.clone().unwrap_or_else(|| places.prompts());
    let (found, faults) = config::prompts(&folder);
    found.into_iter().for_each(|(name, text)| prompts.set(&name, text));
    warnings.extend(faults.iter().map(ToString::to_string));
    prompts
}

fn keymap(config: &Config) -> Result<Keymap, Trouble> {
    let mut keymap = Keymap::default();
    for (action, keys) in &config.keys {
        keymap.remap(action, keys).map_err(|why| {
            let place = config
                .origin(&format!("keys.{action}"))
                .map(|place| format!("{place}: "))
                .unwrap_or_default();
            Trouble::usage(format!("{place}{why}"))
        })?;
    }
    Ok(keymap)
}
