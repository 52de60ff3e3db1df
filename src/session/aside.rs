//! What is kept beside the history: breakpoints, watches, how far a step goes, and where a breakpoint was reached.
//!
//! It belongs to the log and to no branch: undo does not take a breakpoint back, and to set one at an old state does not
//! fork.

use crate::ids::{Seq, TaskId};
use serde::{Deserialize, Serialize};

/// One change beside the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Aside {
    /// A breakpoint was set, or changed when its id was there.
    Set { breakpoint: Breakpoint },
    /// A breakpoint was taken away.
    Cleared { breakpoint: u32 },
    /// A breakpoint was reached at this task and phase, with `head` the last record. `note` holds the values that a log
    /// point writes down; `counted` when it only counted, because `hits` was not there yet.
    Hit {
        breakpoint: u32,
        task: TaskId,
        phase: Phase,
        head: Option<Seq>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        counted: bool,
    },
    /// The expressions that are watched, all of them.
    Watched { watches: Vec<Watch> },
    /// How far a step goes from here on.
    Grained { grain: StepGrain },
}

/// Where a run stops, or what it writes down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakpoint {
    /// 1, 2, … in the order they were set; never given again.
    pub id: u32,
    /// Only at this task; at any one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// When it holds (see `crate::condition`); always when empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub condition: String,
    pub on: bool,
    /// It writes the values down and does not stop.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub log: bool,
}

/// An expression whose value is shown: of one task, or of the selected one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    pub expression: String,
}

/// A place in the life of a call where one can stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It is known what would be asked; nothing was sent.
    Proposed,
    /// The router has decided; the decision can be overridden.
    Routed,
    /// The answer is being written.
    Answering,
    /// The answer is there and nobody has seen it yet.
    Committed,
    /// The judges have spoken of the answer; no other task has used it yet.
    Judged,
}

impl Phase {
    pub fn word(self) -> &'static str {
        match self {
            Phase::Proposed => "proposed",
            Phase::Routed => "routed",
            Phase::Answering => "answering",
            Phase::Judged => "judged",
            Phase::Committed => "committed",
        }
    }
}

/// How far one press of `step` goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepGrain {
    Phase,
    #[default]
    Call,
    Task,
}

impl StepGrain {
    pub fn word(self) -> &'static str {
        match self {
            StepGrain::Phase => "phase",
            StepGrain::Call => "call",
            StepGrain::Task => "task",
        }
    }

    /// The next coarser one, then the finest.
    pub fn next(self) -> StepGrain {
        match self {
            StepGrain::Phase => StepGrain::Call,
            StepGrain::Call => StepGrain::Task,
            StepGrain::Task => StepGrain::Phase,
        }
    }
}

/// What all asides amount to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Debugging {
    pub breakpoints: Vec<Breakpoint>,
    pub watches: Vec<Watch>,
    pub grain: StepGrain,
    /// Every time a breakpoint was reached, oldest first.
    pub hits: Vec<Hit>,
    next: u32,
}

/// One time that a breakpoint was reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    pub breakpoint: u32,
    pub task: TaskId,
    pub phase: Phase,
    pub head: Option<Seq>,
    pub note: String,
    pub counted: bool,
}

impl Debugging {
    pub(super) fn apply(&mut self, aside: &Aside) {
        match aside {
            Aside::Set { breakpoint } => {
                self.next = self.next.max(breakpoint.id);
                match self.breakpoints.iter_mut().find(|old| old.id == breakpoint.id) {
                    Some(old) => old.clone_from(breakpoint),
                    None => self.breakpoints.push(breakpoint.clone()),
                }
            }
            Aside::Cleared { breakpoint } => self.breakpoints.retain(|old| old.id != *breakpoint),
            Aside::Hit { breakpoint, task, phase, head, note, counted } => self.hits.push(Hit {
                breakpoint: *breakpoint,
                task: *task,
                phase: *phase,
                head: *head,
                note: note.clone(),
                counted: *counted,
            }),
            Aside::Watched { watches } => self.watches.clone_from(watches),
            Aside::Grained { grain } => self.grain = *grain,
        }
    }

    /// The id of the next new breakpoint.
    pub fn fresh(&self) -> u32 {
        self.next.saturating_add(1)
    }

    pub fn breakpoint(&self, id: u32) -> Option<&Breakpoint> {
        self.breakpoints.iter().find(|breakpoint| breakpoint.id == id)
    }

    /// How often that one was reached, counted only ones included.
    pub fn hits_of(&self, id: u32) -> usize {
        self.hits.iter().filter(|hit| hit.breakpoint == id).count()
    }
}
