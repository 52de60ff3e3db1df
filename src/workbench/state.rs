//! The state of the workbench and the messages that change it.

use super::{
    Action, Mode, RowId, Target, Ui, buffer::Typing, keymap::Keymap, lines::Lines, mode::TypingMode,
};
use crate::{
    ask::Token,
    engine::{Bound, Held, ModelState, ModelStatus, Report, Survey, Tools, Which},
    ids::{CallId, TaskId},
    session::{Journal, Purpose, Settings},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// Everything the faces show.
#[derive(Clone, Debug)]
pub struct State {
    pub journal: Journal,
    /// How every task stands; always that of the journal.
    pub survey: Survey,
    /// The rows of the tree; always those of the survey.
    pub lines: Lines,
    pub tools: Tools,
    /// What a new session starts with.
    pub defaults: Settings,
    /// Calls under way.
    pub live: BTreeMap<CallId, Live>,
    pub run: Run,
    /// Steps asked for while one was going on.
    pub queued: u8,
    /// Why the last run ended; `None` while one is going or before the first.
    pub ended: Option<Bound>,
    /// The estimate that the run at hand was begun with.
    pub estimated: Option<crate::ids::Seq>,
    /// A person watches: runs pause where a person would want to look.
    pub interactive: bool,
    pub mode: Mode,
    /// The text that was taken last, until the next key: what refuses it gives it back.
    pub typed: Option<TypingMode>,
    pub ui: Ui,
    pub keymap: Keymap,
    pub models: BTreeMap<Which, ModelState>,
    /// All models of this machine, as the engine told them last.
    pub held: Vec<Held>,
    pub file: SessionFile,
    /// Why the last save failed; the work is in memory and is saved again with the next step.
    pub unsaved: Option<String>,
    pub notice: Option<Notice>,
    /// The last lines of what happened, oldest first.
    pub log: Vec<LogLine>,
    pub sessions: Vec<Summary>,
    pub theme_names: Vec<String>,
    /// The search for the task that made the goal's answer wrong.
    pub blame: Option<Box<super::update::blame::Blaming>>,
    /// Where a run has stopped by itself.
    pub debug: super::debug::Debug,
    /// Calls that are made once more to be compared, and whether it was told how they came out.
    pub repeats: Vec<super::update::repeat::Repeated>,
    pub repeats_told: bool,
    /// The review of routing, kept while one looks elsewhere.
    pub review: Option<Box<super::review::Reviewing>>,
    /// Milliseconds since 1970 at the last message.
    pub now: u64,
}

/// A call under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    pub task: TaskId,
    pub purpose: Purpose,
    pub tokens: Vec<Token>,
    /// Prompt tokens computed, of how many.
    pub prefill: Option<(usize, usize)>,
    /// Why nothing is done for it at the moment; empty while something is.
    pub waits: String,
    /// When it began, later by as long as it has been held since.
    pub since: u64,
    /// When the first token came, later by as long as it has been held since; before that the prompt is read.
    pub writing_since: Option<u64>,
    /// Since when it is held: that time is not its own.
    pub paused_at: Option<u64>,
}

impl Live {
    pub fn is_paused(&self) -> bool {
        self.paused_at.is_some()
    }

    pub fn pause(&mut self, now: u64) {
        self.paused_at = self.paused_at.or(Some(now));
    }

    pub fn go_on(&mut self, now: u64) {
        let held = self.paused_at.take().map_or(0, |at| now.saturating_sub(at));
        self.since += held;
        self.writing_since = self.writing_since.map(|since| since + held);
    }

    /// Its own clock: it stands still while the call is held.
    pub fn clock(&self, now: u64) -> u64 {
        self.paused_at.unwrap_or(now)
    }

    /// How long it has worked so far.
    pub fn seconds(&self, now: u64) -> f64 {
        self.clock(now).saturating_sub(self.since) as f64 / 1000.0
    }

    pub fn text(&self) -> String {
        self.tokens.iter().map(|token| token.text.as_str()).collect()
    }
}

/// How far to go by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Run {
    /// Only when told.
    #[default]
    Idle,
    /// To the end of one call.
    Step,
    /// The call of the step has its answer: write down what follows from it. `true` once a result was written.
    Settle(bool),
    /// To the next phase of a call.
    Into,
    /// To the end of the next sub-task.
    Over,
    /// Until this task has its answer.
    Out(TaskId),
    /// Until the condition in `State::debug` holds.
    When,
    /// Until this task is the next.
    Until(TaskId),
    /// Until nothing is stale, and nothing else.
    Stale,
    /// To the end.
    All,
}

/// Where the session lives.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SessionFile {
    /// In memory alone; the first record makes a file.
    #[default]
    None,
    /// Asked for and not there yet.
    Creating,
    At(PathBuf),
    /// A recorded example, or a file somebody else writes: the first change makes a copy.
    ReadOnly {
        /// Where it is, or which example.
        file: String,
        /// Why it can not be written; empty where nobody wants to.
        why: String,
    },
}

/// A line for the person in the status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub weight: Weight,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    Info,
    Warning,
    Error,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    pub at: u64,
    pub weight: Weight,
    pub text: String,
}

/// A session in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub path: PathBuf,
    pub title: String,
    /// When it was last written, in words; or what the example shows.
    pub about: String,
    pub recorded: bool,
}

/// What wakes `update`.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    Action(Action),
    /// A change of the text being typed.
    Typing(Typing),
    Report(Report),
    Stored(Stored),
    Click(Target),
    /// The wheel over a place, in lines, down is positive.
    Scroll(super::Place, i32),
    /// A line break in the text being typed.
    Newline,
    Resized(u16, u16),
    /// Time went by and something on the screen shows it.
    Tick,
}

/// What the shell says of files and the outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Stored {
    /// Everything handed over so far is on disk.
    Saved,
    /// The session now lives here.
    Created(PathBuf),
    /// It could not be written; why, and whether that is tried again without anybody doing anything.
    Trouble {
        why: String,
        again: bool,
    },
    /// A session was read.
    Opened(Box<Opened>),
    /// A session was read to be compared with.
    Other(Box<Opened>),
    /// A file could not be read or made; what, where, what to do. What was typed is in its box again.
    NotOpened(String),
    /// A file has the name that was proposed for a case; none has the other one.
    CaseTaken {
        proposed: String,
        free: String,
    },
    Sessions(Vec<Summary>),
    /// The text came back from the editor outside; `None` when nothing was changed.
    Edited(Option<String>),
    /// Something for the person to read.
    Said(Weight, String),
    Fetching(ModelStatus),
    /// Decisions of other sessions and all reviews.
    Gathered(Box<super::update::review::Gathered>),
    /// A new version, with the gate it has to pass.
    Learned(Box<super::learning::Proposal>),
    /// What routers know from here on.
    Knows(Box<crate::router::Knowledge>),
}

/// A session that was read from a file.
#[derive(Clone, Debug)]
pub struct Opened {
    pub journal: Journal,
    pub file: SessionFile,
    /// What was lost or strange, if anything.
    pub warning: Option<String>,
}

impl PartialEq for Opened {
    fn eq(&self, other: &Opened) -> bool {
        self.file == other.file && self.journal.records() == other.journal.records()
    }
}

/// Lines of log that are kept.
const LOG_LINES: usize = 1000;

impl State {
    /// An empty workbench.
    pub fn new(tools: Tools, defaults: Settings) -> State {
        State {
            journal: Journal::default(),
            survey: Survey::default(),
            lines: Lines::default(),
            tools,
            defaults,
            live: BTreeMap::new(),
            run: Run::Idle,
            queued: 0,
            ended: None,
            estimated: None,
            interactive: true,
            mode: Mode::Browse,
            typed: None,
            ui: Ui { log_open: true, size: (80, 24), ..Ui::default() },
            keymap: Keymap::default(),
            models: BTreeMap::new(),
            held: vec![],
            file: SessionFile::None,
            unsaved: None,
            notice: None,
            log: vec![],
            sessions: vec![],
            theme_names: vec![],
            blame: None,
            debug: super::debug::Debug::default(),
            repeats: vec![],
            repeats_told: false,
            review: None,
            now: 0,
        }
    }

    /// The settings in force: the session's, or those a new one would get.
    pub fn settings(&self) -> &Settings {
        self.journal.session().settings.as_ref().unwrap_or(&self.defaults)
    }

    /// Rows above the upper edge of the lower pane; `None` while it follows what comes.
    pub fn log_top(&self) -> Option<usize> {
        self.ui.log_top.filter(|(call, _)| *call == self.live.keys().next().copied()).map(|(_, top)| top)
    }

    pub fn selected(&self) -> Option<RowId> {
        self.ui.cursor
    }

    /// Looks again at what has changed; called after every change of the journal or of what runs.
    pub fn look(&mut self) {
        let running: BTreeSet<CallId> = self.live.keys().copied().collect();
        self.survey.update(&self.journal, &self.tools, &running);
        self.lines.update(&self.journal.session().plan, &self.survey, &self.ui.folded);
    }

    /// Another session is on the desk: nothing of what was seen holds.
    pub(super) fn look_afresh(&mut self) {
        self.survey = Survey::default();
        (self.blame, self.estimated) = (None, None);
        self.look();
    }

    pub(super) fn say(&mut self, weight: Weight, text: impl Into<String>) {
        let text = text.into();
        self.note(weight, text.clone());
        self.notice = Some(Notice { weight, text });
    }

    /// What came by itself: it covers nothing that weighs as much, so that the answer to a key is not missed.
    pub(super) fn mention(&mut self, weight: Weight, text: impl Into<String>) {
        match &self.notice {
            Some(notice) if weight <= notice.weight => self.note(weight, text),
            _ => self.say(weight, text),
        }
    }

    /// A line for the log alone.
    pub(super) fn note(&mut self, weight: Weight, text: impl Into<String>) {
        self.log.push(LogLine { at: self.now, weight, text: text.into() });
        if LOG_LINES < self.log.len() {
            self.log.drain(..LOG_LINES / 10);
        }
    }

    pub fn model(&self, which: Which) -> &ModelState {
        self.models.get(&which).unwrap_or(&ModelState::Unknown)
    }

    /// The call under way that is shown: that of the selected row, else one of a task below it, else the first.
    pub fn shown_live(&self) -> Option<(CallId, &Live)> {
        let plan = &self.journal.session().plan;
        let row = self.ui.cursor;
        let own =
            row.and_then(|row| super::rows::call_of(self, row)).filter(|call| self.live.contains_key(call));
        let below = || {
            let task = row?.task;
            self.live.iter().find(|(_, live)| plan.is_below(live.task, task)).map(|(call, _)| *call)
        };
        let call = own.or_else(below).or_else(|| self.live.keys().next().copied())?;
        Some((call, self.live.get(&call)?))
    }

    /// Does something on the screen change by itself?
    pub fn moves(&self) -> bool {
        let busy = |state: &ModelState| matches!(state, ModelState::Fetching { .. } | ModelState::Loading(_));
        self.live.values().any(|live| !live.is_paused())
            || self.models.values().any(busy)
            || self.held.iter().any(|held| busy(&held.state))
    }
}
