//! The survey: for every task of the plan, how it stands and what it wants next. Pure; every screen and the controller
//! read it.
//!
//! Freshness is decided here: a task is done when the key of its stored answer equals the key computed now. So an edit
//! makes exactly its dependents stale, undoing it makes the old answers good again, and a call whose key was answered
//! before, on whatever branch, is not made twice.
//!
//! Here stand the words of it: how a task stands. `surveyor` looks at one task, as a `leaf` or as a `composite`, and what it
//! would ask is looked up by `hearing`; `rehearsal` goes on as far as can be told without a call; `upkeep` keeps the looks and looks again only at what a change can reach.

mod again;
mod asking;
mod composite;
mod hearing;
mod leaf;
mod rehearsal;
mod routing;
mod servers;
mod surveyor;
mod tally;
mod upkeep;
mod verdicts;

pub use asking::{Amendments, Asking};
pub use rehearsal::Prospect;
pub use servers::Servers;
pub use tally::Tally;
pub use upkeep::{Changes, Survey, survey};

use crate::{decision::Verdict, expert::roster::Roster, ids::CallId, router::Knowledge, strategy::Prompts};
use std::{collections::BTreeMap, sync::Arc};

/// What deciding needs besides the session: who is there and what they are told.
#[derive(Clone, Debug, PartialEq)]
pub struct Tools {
    pub roster: Roster,
    pub prompts: Prompts,
    pub servers: Servers,
    /// What routers have learned.
    pub knowledge: Arc<Knowledge>,
    /// SHA-256 of the file of each language model of this machine, by the name it is asked by, as far as they are known;
    /// that of the embedding model under [`EMBEDDING`].
    pub files: BTreeMap<String, String>,
}

impl Default for Tools {
    /// The built-in experts and prompts: no server, nothing learned, no file known.
    fn default() -> Tools {
        Tools {
            roster: Roster::default(),
            prompts: Prompts::shipped(),
            servers: Servers::default(),
            knowledge: Arc::default(),
            files: BTreeMap::new(),
        }
    }
}

/// What the file of the embedding model is filed under, whatever it is called: nobody asks for it by name.
pub const EMBEDDING: &str = "the embedding model";

/// How one task stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    pub status: Status,
    /// A call could be made while another one of this task is under way.
    pub also: bool,
    /// It has an answer, made from what is no longer so.
    pub stale: bool,
    /// A person's answer stands above the computed one.
    pub pinned: bool,
    /// Who answers it: the expert, or for a task with parts the strategy.
    pub by: String,
    /// It is (to be) decomposed.
    pub composite: bool,
    /// The questions as asked, one for each item of a projection; empty while an input is missing.
    pub questions: Vec<String>,
    /// The calls made for this task's present questions, in their order.
    pub calls: Vec<CallId>,
    /// The call of each question, in their order; `None` where it was not made yet.
    pub asked: Vec<Option<CallId>>,
    /// Key of the present questions; a person's typed answer is stored under it.
    pub key: String,
    /// Whether a person changed a call of it, and whether the change still holds.
    pub amended: Amendments,
    /// What is said of its present answer: a person's verdict first, then those of the judges of its check.
    pub verdicts: Vec<Verdict>,
}

impl Look {
    /// Something can be done for it now.
    pub fn can_go(&self) -> bool {
        self.also || self.status == Status::Ready
    }

    /// Of a task that nobody has looked at.
    fn unseen() -> Look {
        Look {
            status: Status::Done,
            also: false,
            stale: false,
            pinned: false,
            by: String::new(),
            composite: false,
            questions: vec![],
            calls: vec![],
            asked: vec![],
            key: String::new(),
            amended: Amendments::None,
            verdicts: vec![],
        }
    }
}

/// Where a task is in its life.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// For what it waits, in words.
    Waiting(String),
    /// It can go on; [`Survey::moves`] tells how.
    Ready,
    Running(CallId),
    /// The person at the screen is asked.
    NeedsPerson,
    Done,
    Failed(String),
    Cancelled,
    /// A person has to change something; the words say what.
    Stuck(String),
    /// A budget is spent: it pauses there, and a person says how it goes on.
    Capped(String),
}

impl Status {
    /// The state in one word, as other agents' tools name it.
    pub fn word(&self) -> &'static str {
        match self {
            Status::Waiting(_) => "waiting",
            Status::Ready => "ready",
            Status::Running(_) => "running",
            Status::NeedsPerson => "needs-person",
            Status::Done => "done",
            Status::Failed(_) | Status::Stuck(_) => "failed",
            Status::Cancelled => "cancelled",
            Status::Capped(_) => "paused",
        }
    }

    /// Why it stands still, if it does.
    pub fn why(&self) -> Option<&str> {
        match self {
            Status::Waiting(why) | Status::Failed(why) | Status::Stuck(why) | Status::Capped(why) => {
                Some(why)
            }
            _ => None,
        }
    }
}
