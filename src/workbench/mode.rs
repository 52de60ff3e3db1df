//! What the keys mean just now. Each mode carries its own data; there are no booleans beside it.

use super::{Action, buffer::Buffer, sheet::Sheet};
use crate::{
    decision::Candidate,
    ids::{Seq, TaskId},
};

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Mode {
    /// The plan: keys are actions.
    #[default]
    Browse,
    /// A text is being typed.
    Typing(TypingMode),
    /// An expert is being chosen for a task.
    Reroute(RerouteMode),
    /// An action is being looked for by name.
    Palette(PaletteMode),
    /// The keys are being read; `scroll` lines from the top.
    Help { scroll: usize },
    /// Sessions are being looked at; the entry under the cursor.
    Home { cursor: usize },
    /// A list or table fills the screen.
    Sheet(Box<Sheet>),
    /// Routing is being reviewed; what is shown stands in `State::review`.
    Review,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TypingMode {
    pub purpose: Purpose,
    pub buffer: Buffer,
}

/// What the typed text is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Purpose {
    NewTask,
    EditText(TaskId),
    /// A new task below `parent` at place `at`.
    Insert {
        parent: TaskId,
        at: usize,
    },
    /// The answer of a task, from the person.
    Answer(TaskId),
    /// Why the person chose this expert; may stay empty.
    Reason {
        task: TaskId,
        expert: String,
    },
    /// One task for each line, in place of this one.
    Split(TaskId),
    /// The words of one task in place of these.
    Merge(Vec<TaskId>),
    /// A rule for the answers of these.
    Check(Vec<TaskId>),
    /// A verdict on the answers of these.
    Judge(Vec<TaskId>),
    /// What the answer of this task should be, in the search for a fault.
    Blame(TaskId),
    /// What these may cost.
    Budget(Vec<TaskId>),
    /// The task and all below it as an outline.
    Outline(TaskId),
    /// Why the change that this record holds was made.
    Explain(Seq),
    /// What a call sends: the one of this task and purpose that has this key by itself.
    Prompt {
        task: TaskId,
        purpose: crate::session::Purpose,
        key: String,
    },
    /// How the answer of this call is to begin.
    GoOn {
        task: TaskId,
        call: crate::ids::CallId,
    },
    /// How many samples of a call, and at which temperature.
    Samples(super::sheet::VoteOf),
    /// The text that one way of a task wants.
    Way(Box<super::update::whatif::WhatIf>, usize),
    /// Name of a new branch, a note behind a colon; it leaves from this record, else from where one is.
    Fork(Option<Seq>),
    /// Name and note of the branch that ends here.
    NameBranch(Seq),
    /// A breakpoint: a new one, or the one with this id.
    Breakpoint(Option<u32>),
    /// What a run goes on until.
    RunWhen,
    /// Expressions, one a line.
    Watches,
    Search,
    Open,
    SaveAs,
    /// Where a regression case goes, and what has to come out.
    WriteCase,
    /// Why the next saying of the review is as it is.
    ReviewReason,
}

impl Purpose {
    /// What the box is called.
    pub fn title(&self) -> &'static str {
        match self {
            Purpose::NewTask => "New task",
            Purpose::EditText(_) => "Edit text",
            Purpose::Insert { .. } => "Insert task",
            Purpose::Answer(_) => "Your answer",
            Purpose::Reason { .. } => "Why this expert? (may stay empty)",
            Purpose::Split(_) => "Split: one task a line",
            Purpose::Merge(_) => "Merge into one task",
            Purpose::Check(_) => "Check of the answer",
            Purpose::Judge(_) => "Your verdict",
            Purpose::Blame(_) => "What should the answer be?",
            Purpose::Budget(_) => "Budget",
            Purpose::Outline(_) => "Plan as text",
            Purpose::Explain(_) => "Why was this changed?",
            Purpose::Prompt { .. } => "Prompt of the next call",
            Purpose::GoOn { .. } => "The answer begins like this",
            Purpose::Samples(_) => "Vote: how many samples",
            Purpose::Way(whatif, at) if whatif.wants_answer(*at) => "What if: the right answer",
            Purpose::Way(..) => "What if: the prompt",
            Purpose::Fork(_) => "Fork: name of the new branch",
            Purpose::NameBranch(_) => "Name of the branch",
            Purpose::Breakpoint(None) => "New breakpoint",
            Purpose::Breakpoint(Some(_)) => "Breakpoint",
            Purpose::RunWhen => "Run until this holds",
            Purpose::Watches => "Watch these, one a line",
            Purpose::Search => "Search",
            Purpose::Open => "Open session file",
            Purpose::SaveAs => "Save session as",
            Purpose::WriteCase => "Session to test: path, and what has to come out",
            Purpose::ReviewReason => "Why? (goes with your next saying)",
        }
    }

    /// What can be written there, in a line.
    pub fn hint(&self) -> &'static str {
        match self {
            Purpose::NewTask => "a question or task in plain words; enter starts it",
            Purpose::EditText(_) => "#n is the answer of task n; enter takes the text",
            Purpose::Insert { .. } => "(operator) [expert] question with #n; both tags may be left out",
            Purpose::Answer(_) => "enter takes it as the task's answer; empty takes yours back",
            Purpose::Reason { .. } => "kept with the decision; enter re-routes",
            Purpose::Split(_) => "#n counts as it will be; A-enter is a new line, enter splits",
            Purpose::Merge(_) => "the words of the one task; enter merges, its users follow",
            Purpose::Check(_) => crate::plan::CHECKS,
            Purpose::Judge(_) => "pass, fail or unsure, and a reason behind it; empty takes yours back",
            Purpose::Blame(_) => "it is pinned on a branch of its own; enter goes on with the search",
            Purpose::Budget(_) => {
                "3 calls, 200 tokens, 30 s, 0.05 money, or some of them; empty takes it away"
            }
            Purpose::Outline(_) => "deeper lines are parts; enter shows what would change, C-o your editor",
            Purpose::Explain(_) => "kept in the log beside the change",
            Purpose::Prompt { .. } => {
                "A-enter is a new line, C-o your editor; enter takes it, empty takes yours back"
            }
            Purpose::GoOn { .. } => {
                "the model goes on where your text ends; A-enter is a new line, enter goes on"
            }
            Purpose::Samples(_) => {
                "5 at 0.8: five samples at that temperature; known ones are not drawn again"
            }
            Purpose::Way(..) => "A-enter is a new line, C-o your editor; enter tries it beside the plan",
            Purpose::Fork(_) => "a word, and a note behind a colon if you like; enter forks here",
            Purpose::NameBranch(_) => "a word, and a note behind a colon if you like",
            Purpose::Breakpoint(_) => {
                "[log] [#2] [condition], as in #2 margin < 0.1; tab completes, log goes on"
            }
            Purpose::RunWhen => "as in probability < 0.2 or state = \"failed\"; tab completes",
            Purpose::Watches => "[#2] expression, as in margin or #2 words(answer); A-enter is a new line",
            Purpose::Search => "words, an expert, a state; enter jumps, N goes on",
            Purpose::ReviewReason => "kept in the ledger of reviews and with an override",
            Purpose::WriteCase => {
                "a line `expected:` for each answer that counts, none takes every answer; A-enter is a new line"
            }
            Purpose::Open | Purpose::SaveAs => "a path; ~ is your home folder",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct RerouteMode {
    pub task: TaskId,
    /// All experts, those the router weighed first with their scores.
    pub candidates: Vec<Candidate>,
    pub cursor: usize,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct PaletteMode {
    pub buffer: Buffer,
    pub cursor: usize,
}

impl PaletteMode {
    /// The actions whose title, id or help holds all typed words; titles first.
    pub fn matches(&self) -> Vec<Action> {
        let typed = self.buffer.text().to_lowercase();
        let words: Vec<&str> = typed.split_whitespace().collect();
        let holds = |text: &str| words.iter().all(|word| text.to_lowercase().contains(word));
        let mut found: Vec<Action> = Action::all()
            .filter(|action| holds(&format!("{} {} {}", action.title(), action.id(), action.help())))
            .collect();
        found.sort_by_key(|action| !holds(action.title()));
        found
    }
}
