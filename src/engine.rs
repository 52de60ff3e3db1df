//! The engine: what to do next (pure), and the threads that do it.
//!
//! [`survey`] and [`controller`] compute; [`runner`] and [`lane`] carry asks to the threads that own the experts.
//! [`Command`] goes in and [`Report`] comes out, plain data both.

pub mod blame;
pub mod breakpoint;
pub mod caps;
pub mod controller;
pub mod estimate;
pub mod lane;
pub mod moment;
pub mod runner;
pub mod shelf;
pub mod survey;

pub use controller::{Bound, Move, next_move};
pub use shelf::Held;
pub use survey::{
    Amendments, Asking, Changes, EMBEDDING, Look, Prospect, Servers, Status, Survey, Tally, Tools, survey,
};

use crate::{
    ask::{Answer, Ask, Request, Token},
    ids::CallId,
};

/// What the engine is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Ask {
        call: CallId,
        ask: Box<Ask>,
    },
    /// Stop after the token at hand and keep everything; `Resume` goes on from there.
    Pause(CallId),
    Resume(CallId),
    Cancel(CallId),
    /// Take a model out of memory, between two calls; the next call brings it back.
    Unload(String),
    /// Load a model, or try again.
    Load(String),
}

/// What the engine says. A report about a call that nobody waits for any more is dropped by its id.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// Prompt tokens computed so far, of how many.
    Prefill {
        call: CallId,
        done: usize,
        total: usize,
    },
    Tokens {
        call: CallId,
        tokens: Vec<Token>,
    },
    /// Nothing is done for the call at the moment, and why; empty when that is over.
    Waits {
        call: CallId,
        why: String,
    },
    Done {
        call: CallId,
        answer: Answer,
    },
    Failed {
        call: CallId,
        why: String,
    },
    /// A model's state changed.
    Model(ModelStatus),
    /// The file of the model that is asked by this name, by its SHA-256.
    File {
        model: String,
        sha256: String,
    },
    /// All models of this machine, as they are now.
    Held(Vec<Held>),
}

/// How far a model is on its way to answering.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelStatus {
    pub which: Which,
    pub state: ModelState,
}

/// The two models a workbench holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    /// The language model: decomposes, answers, scores.
    Language,
    /// The embedding model: routing by nearest example.
    Embedding,
}

impl Which {
    pub fn word(self) -> &'static str {
        match self {
            Which::Language => "language model",
            Which::Embedding => "embedding model",
        }
    }

    /// The model of the settings that an ask needs; functions, people and servers need none, and an ask that names its
    /// model needs that.
    pub fn serving(ask: &Ask) -> Option<Which> {
        Which::kind(ask).filter(|_| ask.model.is_none())
    }

    /// What kind of model of this machine an ask needs, whichever it is.
    pub fn kind(ask: &Ask) -> Option<Which> {
        match &ask.request {
            _ if ask.server.is_some() => None,
            Request::Generate(_) | Request::Score { .. } => Some(Which::Language),
            Request::Similar { .. } | Request::Embed { .. } => Some(Which::Embedding),
            Request::Compute { .. } | Request::Person { .. } => None,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum ModelState {
    /// Nobody has looked for it yet.
    #[default]
    Unknown,
    /// Bytes fetched, of how many, and bytes a second.
    Fetching { done: u64, total: u64, rate: f64 },
    /// Share of the file that is read, 0 to 1.
    Loading(f32),
    /// Not in memory, by that name: the next call loads it.
    Asleep(String),
    /// Name, and what it is in a line.
    Ready { name: String, about: String },
    /// What is missing and how to get it.
    Missing(String),
}
