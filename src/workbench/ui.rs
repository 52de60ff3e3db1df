//! Cursors, focus, folds, scroll: the part of the state that is not recorded.

use super::Action;
use crate::ids::{CallId, TaskId};
use std::collections::BTreeSet;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ui {
    /// The selected row; `None` before there is a plan.
    pub cursor: Option<RowId>,
    /// Where it was in the list of rows, for when its row goes away.
    pub cursor_at: usize,
    pub folded: BTreeSet<TaskId>,
    /// The cursor stays on this task while a run goes on: the person has just changed it.
    pub stays: Option<TaskId>,
    /// Tasks that edits change together.
    pub marked: BTreeSet<TaskId>,
    /// A need of this task is being chosen in the tree.
    pub wiring: Option<TaskId>,
    pub focus: Focus,
    pub tab: Tab,
    /// Lines of the inspector above its upper edge.
    pub scroll: usize,
    /// Where one looks in the tokens of an answer.
    pub token: TokenCursor,
    /// The weak point that was shown last, counted from the weakest.
    pub weak: Option<usize>,
    /// What rows tell beside their answers.
    pub figure: Figure,
    pub log_open: bool,
    /// What the lower pane shows while it does not follow: the call whose text it is, or the log, and the rows above its
    /// upper edge.
    pub log_top: Option<(Option<CallId>, usize)>,
    /// What was searched for last.
    pub search: String,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Place of the chosen theme in the list of themes.
    pub theme: usize,
}

/// A row of the tree: a task, or one item of a projection below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId {
    pub task: TaskId,
    /// 0-based place of the item.
    pub item: Option<usize>,
}

impl RowId {
    pub fn task(task: TaskId) -> RowId {
        RowId { task, item: None }
    }
}

/// A place in the tokens of an answer; `None` is where it is weakest, and the token that was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenCursor {
    /// A call other than that of the row.
    pub call: Option<CallId>,
    pub at: Option<usize>,
    /// Place among what could have stood there.
    pub choice: Option<usize>,
}

/// A figure that every row tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Figure {
    #[default]
    None,
    /// The lowest probability of a token that was free.
    Probability,
    /// By how much the chosen expert led.
    Route,
    /// By how much the largest group of samples led.
    Vote,
    /// Tokens written for the task and all below it.
    Tokens,
    /// Seconds of the calls of the task and all below it.
    Seconds,
    /// What servers took for the task and all below it.
    Cost,
}

impl Figure {
    pub const ALL: [Figure; 7] = [
        Figure::None,
        Figure::Probability,
        Figure::Route,
        Figure::Vote,
        Figure::Tokens,
        Figure::Seconds,
        Figure::Cost,
    ];

    /// The head of its column, at most 7 cells.
    pub fn title(self) -> &'static str {
        match self {
            Figure::None => "",
            Figure::Probability => "low p",
            Figure::Route => "route",
            Figure::Vote => "vote",
            Figure::Tokens => "all tok",
            Figure::Seconds => "all s",
            Figure::Cost => "cost",
        }
    }

    /// What it is, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Figure::None => "rows tell no figure",
            Figure::Probability => "rows tell the lowest probability of a token",
            Figure::Route => "rows tell by how much the chosen expert led",
            Figure::Vote => "rows tell by how much the largest group of samples led",
            Figure::Tokens => "rows tell the tokens written for the task and all below it",
            Figure::Seconds => "rows tell the seconds of the task and all below it",
            Figure::Cost => "rows tell what servers took for the task and all below it",
        }
    }
}

/// Which pane the moving keys move in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    #[default]
    Tree,
    Inspector,
    /// The stream or the log.
    Log,
}

/// From this width on tree and inspector stand side by side.
pub const WIDE: u16 = 100;

/// From this many rows on the screen has room for the lower pane.
pub const LOG_NEEDS: u16 = 14;

/// More rows than any text has: the place from which one scrolls up when the lower pane follows what comes.
pub const FOLLOWS: usize = 1_000_000;

/// The tabs of the inspector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Task,
    Prompt,
    Answer,
    Tokens,
    Route,
    Watch,
    History,
}

impl Tab {
    pub const ALL: [Tab; 7] =
        [Tab::Task, Tab::Prompt, Tab::Answer, Tab::Tokens, Tab::Route, Tab::Watch, Tab::History];

    pub fn title(self) -> &'static str {
        match self {
            Tab::Task => "task",
            Tab::Prompt => "prompt",
            Tab::Answer => "answer",
            Tab::Tokens => "tokens",
            Tab::Route => "route",
            Tab::Watch => "watch",
            Tab::History => "history",
        }
    }

    /// The tab `by` places further, around the end.
    pub fn turn(self, by: usize) -> Tab {
        let at = Tab::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        Tab::ALL[(at + by) % Tab::ALL.len()]
    }
}

/// A place on the screen that scrolls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Tree,
    Inspector,
    Log,
    List,
}

/// What a click can hit. Drawing returns where each target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Row(RowId),
    /// The fold mark of a row.
    Fold(TaskId),
    Tab(Tab),
    /// A hint of the footer.
    Act(Action),
    /// An entry of the list on top: candidates, palette, sessions.
    Entry(usize),
    /// Anywhere else in a pane.
    Pane(Place),
}
