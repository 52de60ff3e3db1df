//! Carries commands to lanes and holds the reins of what is under way. The plan is not here: it lives in the session.

use super::{
    Command, ModelState, Report, Which,
    lane::{Lane, Order},
    shelf::{Seat, Shelf},
};
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
    /// By their names.
    models: BTreeMap<String, Lane>,
    /// The names of those that are asked when nobody names one.
    usual: BTreeMap<Which, String>,
    shelf: Shelf,
    servers: BTreeMap<String, Lane>,
    running: HashMap<CallId, Control>,
    reports: Sender<Report>,
}

impl Engine {
    /// An engine that can compute; models are brought with [`Engine::bring`], and take what memory they need.
    pub fn new() -> (Engine, Inbox) {
        Engine::bounded(u64::MAX)
    }

    /// An engine whose loaded models take at most so many bytes together.
    pub fn bounded(bytes: u64) -> (Engine, Inbox) {
        let (reports, inbox) = mpsc::channel(REPORTS);
        let symbolic = || Ok(Box::new(Symbolic) as Box<dyn Expert>);
        let functions = Lane::spawn("functions", reports.clone(), symbolic).ok();
        (
            Engine {
                functions,
                models: BTreeMap::new(),
                usual: BTreeMap::new(),
                shelf: Shelf::new(bytes, reports.clone()),
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

    /// Gives a model its thread, by the name it is asked by. `load` runs there whenever the model is needed and not in
    /// memory, after it has taken its room of the [`Seat`]; asks wait meanwhile. `usual`: it is asked when nobody names a
    /// model of that kind. [`Command::Load`] loads it before it is asked.
    pub fn bring(
        &mut self,
        name: &str,
        usual: Option<Which>,
        load: impl FnMut(&Seat) -> Result<(Box<dyn Expert>, ModelState), String> + Send + 'static,
    ) -> std::io::Result<()> {
        let seat = |orders| self.shelf.seat(name, usual, orders);
        let lane = Lane::tend(name, self.reports.clone(), seat, load)?;
        if let Some(which) = usual {
            self.usual.insert(which, name.to_owned());
        }
        self.models.insert(name.to_owned(), lane);
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
            Command::Unload(name) => drop(self.shelf.order(&name, || Order::Unload)),
            Command::Load(name) => drop(self.shelf.order(&name, || Order::Load)),
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

    fn ask(&mut self, call: CallId, ask: Box<Ask>) -> Option<Report> {
        let model = |which: Which| match &ask.model {
            Some(name) => self.models.get(name),
            None => self.usual.get(&which).and_then(|name| self.models.get(name)),
        };
        let (lane, missing) = match ask.request {
            _ if ask.server.is_some() => (
                ask.server.as_ref().and_then(|name| self.servers.get(name)),
                "this server is not known here: `plantern doctor` lists those of the configuration",
            ),
            Request::Compute { .. } => (self.functions.as_ref(), "the thread for functions is gone"),
            Request::Generate(_) | Request::Score { .. } => (
                model(Which::Language),
                "no language model is loaded: `plantern doctor` tells how to get one",
            ),
            Request::Similar { .. } | Request::Embed { .. } => (
                model(Which::Embedding),
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
