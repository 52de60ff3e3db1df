//! What can have happened, in past tense. The log holds these and nothing else changes a session.

use super::Amendment;
use crate::{
    ask::{Answer, Ask, Sampling},
    decision::{Decision, Ruling},
    ids::{CallId, TaskId},
    plan::{Budget, Edit},
};
use serde::{Deserialize, Serialize};

/// One fact of a session, complete with everything random or timed that it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The first event: how this session works.
    Started {
        title: String,
        settings: Settings,
    },
    /// Settings were changed; what was answered under the old ones may be stale now.
    Configured {
        settings: Settings,
    },
    /// The plan was changed.
    Edited {
        by: Actor,
        edits: Vec<Edit>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// An expert was chosen for the task. `key` says for which text and tag; empty for a person's choice, which stays.
    Routed {
        task: TaskId,
        key: String,
        decision: Decision,
    },
    /// A call was made. Calls belong to the log, not to a branch: an undo does not unmake them.
    Asked {
        call: CallId,
        task: TaskId,
        purpose: Purpose,
        key: String,
        ask: Ask,
    },
    Answered {
        call: CallId,
        answer: Answer,
    },
    Failed {
        call: CallId,
        why: String,
    },
    /// A person cancelled the call; the answer is what was there by then.
    Stopped {
        call: CallId,
        partial: Answer,
    },
    /// The strategy read an answer and changed the plan below the task; `complete` when it has nothing more to say.
    Proposed {
        task: TaskId,
        strategy: String,
        /// Key of the call that was read, empty when the strategy needed none.
        key: String,
        edits: Vec<Edit>,
        complete: bool,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<String>,
    },
    /// The task has an answer, good as long as its key stays the same.
    Solved {
        task: TaskId,
        key: String,
        answer: String,
    },
    /// A person gave the answer (`Some`) against whatever the plan says, or took theirs back (`None`).
    Pinned {
        task: TaskId,
        answer: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A person said whether this answer of the task is right (`Some`), or took that back (`None`). It holds while the task
    /// has that answer.
    Judged {
        task: TaskId,
        answer: String,
        ruling: Option<Ruling>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A person changed one call of the task: that of this purpose whose ask has this key by itself. An empty amendment
    /// takes the change back.
    Amended {
        task: TaskId,
        purpose: Purpose,
        key: String,
        amendment: Amendment,
    },
    /// A person cancelled the task with all below it (`on`), or took that back: nothing of it runs until then.
    Cancelled {
        task: TaskId,
        on: bool,
    },
    /// What was left to do was expected to take this much.
    Estimated {
        calls: u32,
        output_tokens: f64,
        seconds: f64,
    },
    /// The branch from here on has this name and note. `fork` when it leaves another branch here, which goes on by itself.
    Labelled {
        name: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
        fork: bool,
    },
    /// Why the change in that record was made, said afterwards.
    Explained {
        change: crate::ids::Seq,
        reason: String,
    },
}

impl Event {
    /// The kind in one word, for history and messages.
    pub fn word(&self) -> &'static str {
        match self {
            Event::Started { .. } => "started",
            Event::Configured { .. } => "configured",
            Event::Edited { .. } => "edited",
            Event::Routed { .. } => "routed",
            Event::Asked { .. } => "asked",
            Event::Answered { .. } => "answered",
            Event::Failed { .. } => "failed",
            Event::Stopped { .. } => "stopped",
            Event::Proposed { .. } => "proposed",
            Event::Solved { .. } => "solved",
            Event::Pinned { .. } => "pinned",
            Event::Judged { .. } => "judged",
            Event::Amended { .. } => "amended",
            Event::Cancelled { on: true, .. } => "cancelled",
            Event::Cancelled { .. } => "taken up",
            Event::Estimated { .. } => "estimated",
            Event::Labelled { fork: true, .. } => "forked",
            Event::Labelled { .. } => "named",
            Event::Explained { .. } => "explained",
        }
    }
}

/// Who changed the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    Person,
    Strategy,
}

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The strategy asks how to go on.
    Propose,
    /// The router asks for scores.
    Route,
    /// The expert answers the task.
    Answer,
    /// A judge asks about the answer.
    Judge,
    /// The same ask once more, to see whether it gives the same tokens. The plan does not hear it.
    Repeat,
    /// One of several samples of an answer. The plan hears it only if a person adopts it.
    Sample,
    /// An ask made in another way beside the plan. The plan hears it only if a person keeps it.
    Trial,
}

impl Purpose {
    /// Made beside the plan: no run waits for it.
    pub fn is_beside(self) -> bool {
        matches!(self, Purpose::Repeat | Purpose::Sample | Purpose::Trial)
    }

    pub fn word(self) -> &'static str {
        match self {
            Purpose::Propose => "propose",
            Purpose::Route => "route",
            Purpose::Answer => "answer",
            Purpose::Judge => "judge",
            Purpose::Repeat => "repeat",
            Purpose::Sample => "sample",
            Purpose::Trial => "trial",
        }
    }
}

/// How a session works: all that a person can set, recorded so that a replay needs no configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Name of the strategy of the goal.
    pub strategy: String,
    /// Name of the router.
    pub router: String,
    /// The language model: a name or path as the person gave it.
    pub model: String,
    pub sampling: Sampling,
    #[serde(default)]
    pub limits: Limits,
}

impl Settings {
    /// Sampling and limits as they are where nobody has set them.
    pub fn new(strategy: &str, router: &str, model: &str) -> Settings {
        Settings {
            strategy: strategy.to_owned(),
            router: router.to_owned(),
            model: model.to_owned(),
            sampling: Sampling::default(),
            limits: Limits::default(),
        }
    }
}

/// Bounds that stop a plan before it runs away. They pause and ask; nothing is lost at a bound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Calls to experts in the whole session, functions not counted.
    pub calls: u32,
    /// Tokens written by models in the whole session.
    pub output_tokens: u32,
    /// Sub-tasks of one task.
    pub parts: u32,
    /// Levels below the goal.
    pub depth: u32,
    /// Seconds that all calls may take, added up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// What all calls may cost, in the currency of the configured prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
}

impl Limits {
    /// What the whole session may cost.
    pub fn budget(&self) -> Budget {
        let (calls, output_tokens) = (Some(self.calls), Some(self.output_tokens));
        Budget { calls, output_tokens, seconds: self.seconds, cost: self.cost }
    }

    /// The same limits with this budget; a part that it has not is as wide as can be.
    pub fn with(&self, budget: Budget) -> Limits {
        let calls = budget.calls.unwrap_or(u32::MAX);
        let output_tokens = budget.output_tokens.unwrap_or(u32::MAX);
        Limits { calls, output_tokens, seconds: budget.seconds, cost: budget.cost, ..*self }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { calls: 1000, output_tokens: 100_000, parts: 24, depth: 8, seconds: None, cost: None }
    }
}
