//! A list or table that fills the screen: previews, branches, events, comparisons, conflicts, findings. What its rows say is
//! put together once, when it is opened or changed; faces only draw it.

use crate::{
    ids::{CallId, Seq, TaskId},
    plan::Edit,
    session::{
        Purpose, Session,
        compare::{Comparison, Costs, Matching},
        merge::Merging,
    },
};

#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub kind: Kind,
    pub title: String,
    /// Lines above the table.
    pub head: Vec<(Tone, String)>,
    /// Cells that each column takes; those with 0 share the rest.
    pub columns: Vec<u16>,
    pub rows: Vec<Row>,
    pub cursor: usize,
    /// About the entry under the cursor, below the table.
    pub below: Vec<(Tone, String)>,
    /// What can be pressed, for the footer: keys and title.
    pub keys: Vec<(&'static str, &'static str)>,
}

/// One line of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub tone: Tone,
    pub cells: Vec<String>,
}

/// What a line is, apart from its words, which say the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Dim,
    Strong,
    Added,
    Removed,
    Changed,
    Bad,
}

impl Row {
    pub fn new(tone: Tone, cells: impl IntoIterator<Item = String>) -> Row {
        Row { tone, cells: cells.into_iter().collect() }
    }
}

/// What the sheet is about, with what its entries stand for.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Something is chosen for these tasks.
    Choose {
        what: Choice,
        tasks: Vec<TaskId>,
    },
    /// Edits that wait for a yes; the task is selected afterwards.
    Confirm {
        edits: Vec<Edit>,
        task: TaskId,
    },
    /// What is stale; a row for each of the tasks.
    Preview(Vec<TaskId>),
    Lint(Vec<TaskId>),
    /// Ids of the breakpoints.
    Breakpoints(Vec<u32>),
    /// What is left to do; a row for each of the tasks.
    DryRun(Vec<TaskId>),
    /// A cap is reached: the budget of a task, or of the session; raise it, go on without it, or stop.
    Cap(Option<TaskId>),
    /// The ends of the branches; the sheet leads on to what is done with the chosen one.
    Branches {
        tips: Vec<Seq>,
        compare: bool,
    },
    /// The parts of a prompt, and the task that each came from.
    Why {
        tasks: Vec<Option<TaskId>>,
        parts: Vec<crate::ask::part::Part>,
    },
    /// Samples of one call, by what they say.
    Votes(Votes),
    /// One task in several ways.
    WhatIf(Box<super::update::whatif::WhatIf>),
    /// Calls that are made once more.
    Repeat(Vec<super::update::repeat::Repeated>),
    Timeline(Timeline),
    Compare(Box<Comparing>),
    /// The search for the task at fault, which stands in `State::blame`; a row for each of these.
    Blame(Vec<TaskId>),
    Merge(Box<Merging>),
    /// The models of this machine, in the order of `State::held`.
    Models,
}

/// A name, or none for as it would be otherwise, for each row.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    Strategy(Vec<Option<String>>),
    Router(Vec<Option<String>>),
    Expert(Vec<Option<String>>),
}

/// The call that samples are drawn of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoteOf {
    pub task: TaskId,
    /// It is about one item of a projection.
    pub item: bool,
    pub purpose: Purpose,
    /// Key of the ask as it would be by itself.
    pub key: String,
}

/// Samples of one call; for each row those that say the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Votes {
    pub of: VoteOf,
    pub calls: Vec<Vec<CallId>>,
}

/// The events of a session, and how closely they are listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    pub events: Vec<Seq>,
    pub grain: Grain,
}

/// Which events are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grain {
    #[default]
    Event,
    /// The task that is selected in the tree.
    Task,
    /// Where somebody chose: edits, routes, pins, proposals, forks.
    Decision,
}

/// Two states beside each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparing {
    pub comparison: Comparison,
    /// The other side, for adopting from it.
    pub other: Session,
    pub name: String,
    pub matching: Matching,
    /// The place of the first divergent step.
    pub first: Option<usize>,
    /// Calls, tokens and seconds of each task on both sides.
    pub costs: (Costs, Costs),
}
