//! Carries commands to lanes and holds the reins of what is under way. The plan is not here: it lives in the session.

use super::{Command, Report, Which, lane::Lane};
use crate::{
    ask::{Ask, Request},
    expert::{Control, Expert, symbolic::Symbolic},
    ids::CallId,
};
use std::collections::{BTreeMap, HashMap};
use tokio::sync::mpsc::{self, Receiver, Sender};

/// Reports that may wait before a lane is slowed down.
const REPORTS: usize = 256;

/// Where the reports of an engine arrive.
pub type Inbox = Receiver<Report>;

/// The threads behind a workbench.
#[derive(Debug)]
pub struct Engine {
    functions: Option<Lane>,
    models: BTreeMap<Which, Lane>,
    servers: BTreeMap<String, Lane>,
    running: HashMap<CallId, Control>,
    reports: Sender<Report>,
}

impl Engine {
    /// An engine that can compute; models are brought with [`Engine::bring`].
    pub fn new() -> (Engine, Inbox) {
        let (reports, inbox) = mpsc::channel(REPORTS);
        let symbolic = || Ok(Box::new(Symbolic) as Box<dyn Expert>);
        let functions = Lane::spawn("functions", reports.clone(), symbolic).ok();
        (
            Engine {
                functions,
                models: BTreeMap::new(),
                servers: BTreeMap::new(),
                running: HashMap::new(),
                reports,
            },
            inbox,
        )
    }

    /// The way back to the workbench, for work that is not a call: loading, fetching.
    pub fn reports(&self) -> Sender<Report> {
        self.reports.clone()
    }

    /// Gives a model its thread. `make` loads it there; asks wait meanwhile.
    pub fn bring(
        &mut self,
        which: Which,
        make: impl FnOnce() -> Result<Box<dyn Expert>, String> + Send + 'static,
    ) -> std::io::Result<()> {
        let lane = Lane::spawn(which.word(), self.reports.clone(), make)?;
        self.models.insert(which, lane);
        Ok(())
    }

    /// Gives a server as many threads as it may have calls at a time.
    pub fn bring_server(
        &mut self,
        name: &str,
        parallel: usize,
        make: impl Fn() -> Result<Box<dyn Expert>, String> + Clone + Send + 'static,
    ) -> std::io::Result<()> {
        let lane = Lane::spawn_many(name, parallel, &self.reports, make)?;
        self.servers.insert(name.to_owned(), lane);
        Ok(())
    }

    /// Does what the workbench says. What can not be done comes back as a `Failed` report, handed to the caller.
    pub fn command(&mut self, command: Command) -> Option<Report> {
        match command {
            Command::Ask { call, ask } => return self.ask(call, ask),
            Command::Pause(call) => self.with(call, Control::pause),
            Command::Resume(call) => self.with(call, Control::resume),
            Command::Cancel(call) => self.with(call, Control::cancel),
        }
        None
    }

    /// Forgets the rein of a call that has ended.
    pub fn ended(&mut self, call: CallId) {
        self.running.remove(&call);
    }

    fn with(&self, call: CallId, pull: impl Fn(&Control)) {
        self.running.get(&call).map(pull).unwrap_or_default();
    }

    fn ask(&mut self, call: CallId, ask: Ask) -> Option<Report> {
        let (lane, missing) = match ask.request {
            _ if ask.server.is_some() => (
                ask.server.as_ref().and_then(|name| self.servers.get(name)),
                "this server is not known here: `plantern doctor` lists those of the configuration",
            ),
            Request::Compute { .. } => (self.functions.as_ref(), "the thread for functions is gone"),
            Request::Generate(_) | Request::Score { .. } => (
                self.models.get(&Which::Language),
                "no language model is loaded: `plantern doctor` tells how to get one",
            ),
            Request::Similar { .. } | Request::Embed { .. } => (
                self.models.get(&Which::Embedding),
                "no embedding model is loaded: `plantern doctor` tells how to get one",
            ),
            Request::Person { .. } => (None, "a person's answer is not asked by the engine"),
        };
        let control = Control::default();
        if lane.is_some_and(|lane| lane.ask(call, ask, control.clone())) {
            self.running.insert(call, control);
            return None;
        }
        Some(Report::Failed { call, why: missing.to_owned() })
    }
}

/// A workbench that goes away leaves nothing running.
impl Drop for Engine {
    fn drop(&mut self) {
        self.running.values().for_each(Control::cancel);
    }
}
