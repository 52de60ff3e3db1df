//! Brings the models: finds the file, fetches a default one if it must, loads it on the thread that will own it.
//! And the commands about model files.

use super::{
    boot::{Boot, Trouble},
    cli, servers,
};
use crate::{
    engine::{Command, ModelState, ModelStatus, Report, Servers, Which, runner::Engine, shelf::Seat},
    expert::{Expert, roster::Roster, server::ServerSettings},
    headless::{
        Ending,
        list::{self, ModelFact},
    },
    store::models::{self, DefaultModel, Phase, Places, Progress},
};
use std::{
    collections::BTreeSet,
    io::{IsTerminal, Write, stderr, stdin, stdout},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Where models are, whether they may be fetched, and the switch that stops a fetch.
#[derive(Clone, Debug)]
pub(crate) struct Models {
    pub(crate) places: Places,
    pub(crate) servers: Vec<ServerSettings>,
    /// A default model that is missing is fetched.
    pub(crate) fetch: bool,
    /// Set to stop fetching; a later start takes it up where it was.
    pub(crate) stop: Arc<AtomicBool>,
    /// The instructions they use.
    pub(crate) kernels: Kernels,
    /// Bytes that the loaded ones may take together.
    pub(crate) memory: u64,
}

/// What local models may take together: so many GB, or three quarters of what is free now.
pub(crate) fn memory(gigabytes: Option<f32>) -> u64 {
    let free = || {
        let told = std::fs::read_to_string("/proc/meminfo").ok()?;
        let line = told.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes.saturating_mul(1024))
    };
    match gigabytes {
        Some(gigabytes) => (f64::from(gigabytes) * 1e9) as u64,
        // A system that does not tell: the check at each load is all there is.
        None => free().map_or(u64::MAX, |free| free / 4 * 3),
    }
}

#[cfg(feature = "candle")]
pub(crate) use crate::expert::candle::kernels::Level as Kernels;
#[cfg(not(feature = "candle"))]
pub(crate) type Kernels = ();

/// The kernels of that name; without a name the fastest that this processor has.
#[cfg(feature = "candle")]
pub(crate) fn kernels(name: Option<&str>) -> Result<Kernels, String> {
    name.map_or_else(|| Ok(Kernels::best()), Kernels::named)
}

#[cfg(not(feature = "candle"))]
pub(crate) fn kernels(_: Option<&str>) -> Result<Kernels, String> {
    Ok(())
}

/// Progress is told at most this often.
const TOLD: Duration = Duration::from_millis(100);

impl Models {
    /// Starts the thread of a model that is asked when nobody names one, and loads it, now or when it is asked first. Asks
    /// to it wait until it is loaded, and fail with its words if it can not be.
    pub(crate) fn bring(
        &self,
        engine: &mut Engine,
        which: Which,
        name: &str,
        now: bool,
    ) -> std::io::Result<()> {
        if let Some(server) = Servers::named(name).and_then(|name| self.server(name)) {
            // Its threads are there already; no file is loaded.
            let state = ModelState::Ready { name: name.to_owned(), about: servers::about(server) };
            let _ = engine.reports().try_send(Report::Model(ModelStatus { which, state }));
            return Ok(());
        }
        self.seat(engine, which, Some(which), name)?;
        if now {
            engine.command(Command::Load(name.to_owned()));
        }
        Ok(())
    }

    /// Gives a thread to each other model that a card names; it is loaded when it is asked first.
    pub(crate) fn bring_named(
        &self,
        engine: &mut Engine,
        roster: &Roster,
        usual: &str,
    ) -> std::io::Result<()> {
        let named = self.named(roster, usual);
        named.into_iter().try_for_each(|name| self.seat(engine, Which::Language, None, name))
    }

    /// The same for models that calls of a session name, as far as no card does.
    pub(crate) fn bring_asked(
        &self,
        engine: &mut Engine,
        roster: &Roster,
        usual: &str,
        names: &[String],
    ) -> std::io::Result<()> {
        let known = self.named(roster, usual);
        let new: BTreeSet<&String> = names.iter().filter(|name| !known.contains(name)).collect();
        new.into_iter().try_for_each(|name| self.seat(engine, Which::Language, None, name))
    }

    /// The local models that cards name, beside the usual one.
    pub(crate) fn named<'a>(&self, roster: &'a Roster, usual: &str) -> BTreeSet<&'a String> {
        let names = roster.cards().iter().filter_map(|card| card.model.as_ref());
        names.filter(|name| *name != usual && Servers::named(name).is_none()).collect()
    }

    fn seat(
        &self,
        engine: &mut Engine,
        kind: Which,
        usual: Option<Which>,
        name: &str,
    ) -> std::io::Result<()> {
        let (models, asked) = (self.clone(), name.to_owned());
        engine.bring(name, usual, move |seat| {
            let path = models.find(&asked, seat)?;
            load(kind, &path, models.kernels, seat)
        })
    }

    /// The server of that name.
    pub(crate) fn server(&self, name: &str) -> Option<&ServerSettings> {
        self.servers.iter().find(|server| server.name == name)
    }

    fn find(&self, name: &str, seat: &Seat) -> Result<PathBuf, String> {
        let missing = match models::find(&self.places, name) {
            Ok(path) => return Ok(path),
            Err(missing) => missing,
        };
        let Some(model) = DefaultModel::named(name).filter(|_| self.fetch) else {
            return Err(missing.to_string());
        };
        let started = Instant::now();
        let mut told: Option<Instant> = None;
        let mut progress = |progress: Progress| {
            if told.is_none_or(|told| TOLD <= told.elapsed()) {
                told = Some(Instant::now());
                seat.tell(match progress.phase {
                    Phase::Waiting | Phase::Fetching => {
                        let rate = progress.done as f64 / started.elapsed().as_secs_f64().max(0.001);
                        ModelState::Fetching { done: progress.done, total: progress.total, rate }
                    }
                    Phase::Unpacking => ModelState::Loading(0.0),
                });
            }
        };
        let stopped = || self.stop.load(Ordering::Relaxed);
        models::pull(model, &self.places, &mut progress, &stopped).map_err(|error| match error {
            models::ModelError::Cancelled => {
                format!("fetching was stopped: `plantern models pull {}` takes it up again", model.short())
            }
            other => other.to_string(),
        })
    }
}

#[cfg(feature = "candle")]
fn load(
    which: Which,
    path: &Path,
    kernels: Kernels,
    seat: &Seat,
) -> Result<(Box<dyn Expert>, ModelState), String> {
    use crate::expert::candle::{embedding::Embedder, language::LanguageExpert, similar::SimilarityExpert};
    seat.tell(ModelState::Loading(0.0));
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(match which {
        Which::Language => {
            let mut loading = |share: f32| seat.tell(ModelState::Loading(share));
            let expert = LanguageExpert::load(path, kernels, &|bytes| seat.take(bytes), &mut loading);
            let expert = expert.map_err(|error| error.to_string())?;
            let about = expert.about();
            (Box::new(expert), ModelState::Ready { name, about })
        }
        Which::Embedding => {
            seat.take(models::size(path))?;
            let embedder = Embedder::load(path, kernels).map_err(|error| error.to_string())?;
            let about = format!("{} numbers a text", embedder.width());
            (Box::new(SimilarityExpert(embedder)), ModelState::Ready { name, about })
        }
    })
}

/// A program without candle runs plans of functions and people only.
#[cfg(not(feature = "candle"))]
fn load(_: Which, path: &Path, _: Kernels, _: &Seat) -> Result<(Box<dyn Expert>, ModelState), String> {
    Err(without_candle(path))
}

#[cfg(not(feature = "candle"))]
fn without_candle(path: &Path) -> String {
    format!("{} is there, but this plantern was built without the feature `candle`", path.display())
}

/// What a GGUF file says of itself, in a line; every check of the header is made, nothing is loaded.
#[cfg(not(feature = "candle"))]
pub(crate) fn inspect(path: &Path) -> Result<String, String> {
    Err(without_candle(path))
}

#[cfg(not(feature = "candle"))]
mod file {
    use super::{Path, without_candle};

    pub(super) fn rows(path: &Path) -> Result<Vec<(&'static str, String)>, String> {
        Err(without_candle(path))
    }

    pub(super) fn check(path: &Path) -> Result<(), String> {
        Err(without_candle(path))
    }

    pub(super) fn bench(path: &Path, _: super::Kernels) -> Result<String, String> {
        Err(without_candle(path))
    }
}

#[cfg(feature = "candle")]
mod file {
    use super::Path;
    use crate::expert::candle::inspect;
    pub(super) use crate::expert::candle::inspect::{check, rows};

    /// What was measured, in a line.
    pub(super) fn bench(path: &Path, kernels: super::Kernels) -> Result<String, String> {
        let pace = inspect::pace(path, kernels, &mut |_| {})?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(format!(
            "prefill {:.0} tokens/s, decode {:.0} tokens/s: {name} ({}), {} on {} threads",
            pace.prefill, pace.decode, pace.quantisation, pace.kernels, pace.threads
        ))
    }
}

/// What a GGUF file says of itself, in a line; every check of the header is made, nothing is loaded.
#[cfg(feature = "candle")]
pub(crate) fn inspect(path: &Path) -> Result<String, String> {
    if path.is_dir() {
        return Ok("a folder of an embedding model".to_owned());
    }
    let file = crate::expert::candle::gguf::GgufFile::open(path)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let header = &file.header;
    Ok(format!(
        "{} {}, {} M weights, {} layers, context {}, vocabulary {}, needs about {} MB",
        header.architecture,
        header.quantisation,
        header.parameters / 1_000_000,
        header.layers,
        header.context_length,
        header.vocabulary,
        header.memory_estimate() / 1_000_000
    ))
}

/// `models`: what is there, what can be had.
pub(crate) fn command(boot: &Boot, asked: &cli::Models, json: bool) -> Result<Ending, Trouble> {
    let places = &boot.models.places;
    let missing =
        |error: &dyn std::fmt::Display| Trouble { ending: Ending::NoModel, words: error.to_string() };
    match asked {
        cli::Models::List { contact } => {
            let facts = facts(boot, *contact);
            return Ok(list::models(&facts, json, &mut stdout().lock())?);
        }
        cli::Models::Path { name } => {
            let path = models::find(places, name).map_err(|error| missing(&error))?;
            writeln!(stdout(), "{}", path.display())?;
        }
        cli::Models::Inspect { file } => {
            let path = models::find(places, &file.to_string_lossy()).map_err(|error| missing(&error))?;
            let named = |why: String| missing(&format!("{}: {why}", path.display()));
            let mut rows = vec![("path", path.display().to_string())];
            match path.is_dir() {
                true => rows.push(("kind", "a folder of an embedding model".to_owned())),
                false => {
                    rows.extend(file::rows(&path).map_err(named)?);
                    let name = path.display().to_string();
                    let digits = with_bar(&name, |told| models::fingerprint(&path, places, told));
                    rows.push(("sha256", digits.map_err(|error| missing(&error))?));
                }
            }
            return Ok(list::facts_of(&rows, json, &mut stdout().lock())?);
        }
        cli::Models::Add { file, link } => {
            let path = with_bar(&file.display().to_string(), |told| {
                models::add(file, *link, places, &file::check, told)
            });
            writeln!(stdout(), "{}", path.map_err(|error| missing(&error))?.display())?;
        }
        cli::Models::Remove { name, yes } => return remove(boot, name, *yes),
        cli::Models::Bench { name } => {
            let name = name.as_ref().unwrap_or(&boot.settings.model);
            let path = models::find(places, name).map_err(|error| missing(&error))?;
            let told = match path.is_dir() {
                true => Err("only language models, GGUF files, can be measured".to_owned()),
                false => file::bench(&path, boot.models.kernels),
            };
            let told = told.map_err(|why| missing(&format!("{}: {why}", path.display())))?;
            writeln!(stdout(), "{}", crate::visible::visible_line(&told))?;
        }
        cli::Models::Pull { name } => {
            let path = pull(boot, name).map_err(|error| missing(&error))?;
            writeln!(stdout(), "{}", path.display())?;
        }
    }
    Ok(Ending::Done)
}

fn facts(boot: &Boot, contact: bool) -> Vec<ModelFact> {
    let there = models::list(&boot.models.places);
    let chosen =
        [&boot.settings.model, &boot.embedding].map(|name| models::find(&boot.models.places, name).ok());
    let kind = |path: &Path| if path.is_dir() { "embedding" } else { "language" }.to_owned();
    let mut facts: Vec<ModelFact> = there
        .iter()
        .map(|file| ModelFact {
            name: file.name.clone(),
            about: inspect(&file.path).unwrap_or_else(|why| why),
            kind: kind(&file.path),
            path: Some(file.path.display().to_string()),
            bytes: Some(file.bytes),
            default: chosen.iter().flatten().any(|path| *path == file.path),
        })
        .collect();
    let absent = DefaultModel::ALL
        .into_iter()
        .filter(|model| models::find(&boot.models.places, model.short()).is_err());
    facts.extend(absent.map(|model| ModelFact {
        name: model.short().to_owned(),
        about: format!("fetched at the first start, or by `plantern models pull {}`", model.short()),
        kind: if model == DefaultModel::MiniLm { "embedding" } else { "language" }.to_owned(),
        path: None,
        bytes: Some(model.bytes()),
        default: true,
    }));
    facts.extend(boot.models.servers.iter().map(|server| {
        let name = format!("server:{}", server.name);
        let about = match contact {
            false => servers::about(server),
            true => {
                let told = |(url, found): (String, Result<String, String>)| {
                    format!("{url} {}", found.unwrap_or_else(|why| why))
                };
                servers::look(server).into_iter().map(told).collect::<Vec<_>>().join("; ")
            }
        };
        ModelFact {
            default: [&boot.settings.model, &boot.embedding].contains(&&name),
            name,
            kind: "server".to_owned(),
            path: Some(server.urls.join(", ")),
            bytes: None,
            about,
        }
    }));
    facts
}

/// Takes a model out of the folder: not the one in use, and not unasked.
fn remove(boot: &Boot, name: &str, yes: bool) -> Result<Ending, Trouble> {
    let places = &boot.models.places;
    let (path, bytes) = models::removable(name, places)
        .map_err(|error| Trouble { ending: Ending::NoModel, words: error.to_string() })?;
    for (what, chosen) in [("model", &boot.settings.model), ("embedding", &boot.embedding)] {
        if models::find(places, chosen).is_ok_and(|chosen| chosen == path) {
            return Err(Trouble::usage(format!(
                "{name} is the {what} in use ({chosen}): choose another with `{what} = \"…\"` in the configuration first"
            )));
        }
    }
    if !yes {
        if !stdin().is_terminal() {
            return Err(Trouble::usage(format!(
                "nobody can be asked here: `plantern models remove {name} --yes`"
            )));
        }
        write!(
            stderr(),
            "Remove {} ({})? [y/N] ",
            crate::visible::visible_line(&path.display().to_string()),
            crate::headless::progress::bytes(bytes)
        )?;
        stderr().flush()?;
        let mut answer = String::new();
        stdin().read_line(&mut answer)?;
        if !matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
            writeln!(stdout(), "nothing was removed")?;
            return Ok(Ending::NotMet);
        }
    }
    models::remove(&path).map_err(|error| Trouble { ending: Ending::NotMet, words: error.to_string() })?;
    writeln!(stdout(), "removed {}", crate::visible::visible_line(&path.display().to_string()))?;
    Ok(Ending::Done)
}

fn pull(boot: &Boot, name: &str) -> Result<PathBuf, models::ModelError> {
    with_bar(name, |told| match DefaultModel::named(name) {
        Some(model) => models::pull(model, &boot.models.places, told, &|| false),
        None => models::pull_from_hub(name, &models::Hub::of_user(), &boot.models.places, told, &|| false),
    })
}

/// Does something that takes a while, with a bar on stderr.
fn with_bar<T>(name: &str, work: impl FnOnce(&mut dyn FnMut(Progress)) -> T) -> T {
    let started = Instant::now();
    let mut bar = crate::headless::progress::Progress::new(stderr().is_terminal());
    let mut told = |progress: Progress| {
        let rate = progress.done as f64 / started.elapsed().as_secs_f64().max(0.001);
        let words = crate::headless::progress::fetched(progress.done, progress.total, rate);
        bar.show(progress.done, progress.total, &format!("{name}: {words}"), &mut stderr());
    };
    let done = work(&mut told);
    bar.clear(&mut stderr());
    done
}
