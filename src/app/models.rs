//! Brings the two models: finds the file, fetches a default one if it must, loads it on the thread that will own it.

use crate::{
    engine::{ModelState, ModelStatus, Report, Which, runner::Engine},
    expert::{
        Expert,
        candle::{embedding::Embedder, language::LanguageExpert, similar::SimilarityExpert},
    },
    store::models::{self, DefaultModel, Phase, Places, Progress},
};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::mpsc::Sender;

/// Where models are, whether they may be fetched, and the switch that stops a fetch.
#[derive(Clone, Debug)]
pub(crate) struct Models {
    pub(crate) places: Places,
    /// A default model that is missing is fetched.
    pub(crate) fetch: bool,
    /// Set to stop fetching; a later start takes it up where it was.
    pub(crate) stop: Arc<AtomicBool>,
}

/// Progress is told at most this often.
const TOLD: Duration = Duration::from_millis(100);

impl Models {
    /// Starts the thread of a model. Asks to it wait until it is loaded, and fail with its words if it can not be.
    pub(crate) fn bring(&self, engine: &mut Engine, which: Which, name: &str) -> std::io::Result<()> {
        let (models, name, reports) = (self.clone(), name.to_owned(), engine.reports());
        engine.bring(which, move || {
            let teller = Teller { which, reports };
            let made = models.find(&name, &teller).and_then(|path| load(which, &path, &teller));
            match &made {
                Ok((_, state)) => teller.tell(state.clone()),
                Err(why) => teller.tell(ModelState::Missing(why.clone())),
            }
            made.map(|(expert, _)| expert)
        })
    }

    fn find(&self, name: &str, teller: &Teller) -> Result<PathBuf, String> {
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
                teller.tell(match progress.phase {
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

fn load(which: Which, path: &Path, teller: &Teller) -> Result<(Box<dyn Expert>, ModelState), String> {
    teller.tell(ModelState::Loading(0.0));
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(match which {
        Which::Language => {
            let mut loading = |share: f32| teller.tell(ModelState::Loading(share));
            let expert = LanguageExpert::load(path, &mut loading).map_err(|error| error.to_string())?;
            let about = expert.about();
            (Box::new(expert), ModelState::Ready { name, about })
        }
        Which::Embedding => {
            let embedder = Embedder::load(path).map_err(|error| error.to_string())?;
            let about = format!("{} numbers a text", embedder.width());
            (Box::new(SimilarityExpert(embedder)), ModelState::Ready { name, about })
        }
    })
}

/// Says how a model is coming along.
struct Teller {
    which: Which,
    reports: Sender<Report>,
}

impl Teller {
    fn tell(&self, state: ModelState) {
        // Nobody listens any more when the program ends; then nothing is to be done.
        let _ = self.reports.blocking_send(Report::Model(ModelStatus { which: self.which, state }));
    }
}
