//! Brings the models: finds the file, fetches a default one if it must, loads it on the thread that will own it. `commands`
//! has what a person can say about model files, `file` what they say of themselves.

mod commands;
mod file;

pub(super) use commands::command;
pub(crate) use file::{inspect, inspect_adapted, suits};

use super::{identity, servers};
use crate::{
    engine::{
        Command, EMBEDDING, ModelState, ModelStatus, Report, Servers, Which, runner::Engine, shelf::Seat,
    },
    expert::{Expert, roster::Roster, server::ServerSettings},
    store::models::{self, DefaultModel, Found, Phase, Places, Progress},
};
use std::{
    collections::BTreeSet,
    path::PathBuf,
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
    /// What they compute on.
    pub(crate) machine: Machine,
    /// Bytes that the loaded ones may take together.
    pub(crate) memory: u64,
}

/// What local models may take together: so many GB, or three quarters of what is free now.
pub(crate) fn memory(gigabytes: Option<f32>) -> u64 {
    match gigabytes {
        Some(gigabytes) => (f64::from(gigabytes) * 1e9) as u64,
        // A system that does not tell: the check at each load is all there is.
        None => free().map_or(u64::MAX, |free| free / 4 * 3),
    }
}

#[cfg(feature = "candle")]
pub(crate) use crate::expert::candle::{
    kernels::Level as Kernels,
    machine::{Choice as Machine, Device},
    memory::free,
};
/// A program without candle loads nothing, however much is free.
#[cfg(not(feature = "candle"))]
fn free() -> Option<u64> {
    None
}
/// A program without candle computes nothing and takes every name.
#[cfg(not(feature = "candle"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine;

/// The kernels and the device of these names. Without a name they are the fastest kernels that this processor has, and the
/// first GPU that is there. What is wrong comes with the key of its setting.
#[cfg(feature = "candle")]
pub(crate) fn machine(
    kernels: Option<&str>,
    device: Option<&str>,
) -> Result<Machine, (&'static str, String)> {
    let level =
        kernels.map_or_else(|| Ok(Kernels::best()), Kernels::named).map_err(|why| ("kernels", why))?;
    let device = device.map_or(Ok(Device::Any), Device::named).map_err(|why| ("device", why))?;
    Ok(Machine { level, threads: None, device })
}

#[cfg(not(feature = "candle"))]
pub(crate) fn machine(_: Option<&str>, _: Option<&str>) -> Result<Machine, (&'static str, String)> {
    Ok(Machine)
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
        let mut file = LoadedFile {
            called: if kind == Which::Embedding { EMBEDDING } else { name }.to_owned(),
            told: identity::known(&self.places, name),
            loads: 0,
            reports: engine.reports(),
        };
        engine.bring(name, usual, move |seat| {
            let found = models.find(&asked, seat)?;
            suits(kind, &found)?;
            file.tell(&models.places, &asked);
            load(kind, &found, models.machine, seat)
        })
    }

    /// The server of that name.
    pub(crate) fn server(&self, name: &str) -> Option<&ServerSettings> {
        self.servers.iter().find(|server| server.name == name)
    }

    fn find(&self, name: &str, seat: &Seat) -> Result<Found, String> {
        let found = || models::find_adapted(&self.places, name).map_err(|missing| missing.to_string());
        let base = name.split(" + ").next().unwrap_or_default().trim();
        match DefaultModel::named(base).filter(|_| self.fetch && models::find(&self.places, base).is_err()) {
            Some(model) => {
                self.pull(model, seat)?;
                found()
            }
            None => found(),
        }
    }

    fn pull(&self, model: DefaultModel, seat: &Seat) -> Result<PathBuf, String> {
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

/// Which file the answers of a model come from, told before they come: the one that was there at the start may have been
/// replaced when the model is loaded, at first or again.
struct LoadedFile {
    /// What the file is filed under.
    called: String,
    /// Its SHA-256 as it was told last, here or at the start.
    told: Option<String>,
    loads: u32,
    reports: tokio::sync::mpsc::Sender<Report>,
}

impl LoadedFile {
    fn tell(&mut self, places: &Places, name: &str) {
        // A file that is new at the start is read through on a thread of its own, and told from there.
        let now = match self.told.is_none() && self.loads == 0 {
            true => identity::known(places, name),
            false => identity::look(places, name),
        };
        self.loads += 1;
        if let Some(sha256) = now.filter(|now| self.told.as_ref() != Some(now)) {
            let report = Report::File { model: self.called.clone(), sha256: sha256.clone() };
            // Nobody listens any more when the program ends.
            let _ = self.reports.blocking_send(report);
            self.told = Some(sha256);
        }
    }
}

#[cfg(feature = "candle")]
fn load(
    which: Which,
    found: &Found,
    machine: Machine,
    seat: &Seat,
) -> Result<(Box<dyn Expert>, ModelState), String> {
    use crate::expert::candle::{embedding::Embedder, language::LanguageExpert, similar::SimilarityExpert};
    let Found { base: path, adapters } = found;
    seat.tell(ModelState::Loading(0.0));
    let names = std::iter::once(path).chain(adapters).filter_map(|path| path.file_name());
    let name = names.map(|name| name.to_string_lossy()).collect::<Vec<_>>().join(" + ");
    Ok(match which {
        Which::Language => {
            let mut loading = |share: f32| seat.tell(ModelState::Loading(share));
            let expert =
                LanguageExpert::load(path, adapters, machine, &|bytes| seat.take(bytes), &mut loading);
            let expert = expert.map_err(|error| error.to_string())?;
            let about = expert.about();
            (Box::new(expert), ModelState::Ready { name, about })
        }
        Which::Embedding => {
            seat.take(models::size(path))?;
            let embedder = Embedder::load(path, machine.level).map_err(|error| error.to_string())?;
            let about = format!("{} numbers a text", embedder.width());
            (Box::new(SimilarityExpert(embedder)), ModelState::Ready { name, about })
        }
    })
}

/// A program without candle runs plans of functions and people only.
#[cfg(not(feature = "candle"))]
fn load(_: Which, found: &Found, _: Machine, _: &Seat) -> Result<(Box<dyn Expert>, ModelState), String> {
    Err(file::without_candle(&found.base))
}

#[cfg(all(test, feature = "candle"))]
mod tests {
    use super::*;
    use crate::expert::candle::tiny::Tiny;

    #[test]
    fn a_file_that_was_replaced_is_told_before_the_answers_that_come_from_it() {
        let folder = tempfile::tempdir().unwrap();
        let put = |seed: u64| {
            // A file of another time and size is another one for the cache of hashes.
            let padding = vec![0; seed as usize];
            let bytes = [Tiny { seed, ..Tiny::default() }.bytes(), padding].concat();
            std::fs::write(folder.path().join("mine.gguf"), bytes).unwrap();
        };
        put(1);
        let places = Places { folder: folder.path().to_owned(), hugging_face: None, pip: vec![] };
        let first = identity::look(&places, "mine").unwrap();
        let models = Models {
            places: places.clone(),
            servers: vec![],
            fetch: false,
            stop: Arc::default(),
            machine: machine(None, Some("cpu")).unwrap(),
            memory: u64::MAX,
        };
        let (mut engine, mut inbox) = Engine::new();
        // It is replaced before it is loaded at first, and once more behind the back of the open program.
        models.bring(&mut engine, Which::Language, "mine", false).unwrap();
        let mut told = vec![first];
        for seed in [2, 3, 3] {
            put(seed);
            engine.command(Command::Load("mine".to_owned()));
            loop {
                match inbox.blocking_recv().unwrap() {
                    Report::File { model, sha256 } => {
                        assert_eq!((model.as_str(), told.contains(&sha256)), ("mine", false));
                        told.push(sha256);
                    }
                    Report::Model(ModelStatus { state: ModelState::Ready { .. }, .. }) => {
                        assert_eq!(told.last(), identity::look(&places, "mine").as_ref());
                        engine.command(Command::Unload("mine".to_owned()));
                    }
                    Report::Model(ModelStatus { state: ModelState::Asleep(_), .. }) => break,
                    Report::Model(ModelStatus { state: ModelState::Missing(why), .. }) => panic!("{why}"),
                    _ => {}
                }
            }
        }
        assert_eq!(told.len(), 3, "the same file is not told again");
    }
}
