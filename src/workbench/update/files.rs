//! Sessions as files: new, opened, saved, listed; and what the shell says of them.

use super::{browsing, record_turn, reports, running, typing};
use crate::{
    figure::counted,
    ids::TaskId,
    plan::{Draft, Edit},
    session::{Actor, Event, Journal},
    workbench::{Effect, Mode, RowId, SessionFile, State, Stored, Weight, state::Opened},
};

/// The longest task that is taken, in bytes. Longer texts belong into a file that an expert reads.
pub const TASK_BYTES: usize = 100_000;

/// Starts a session of its own for a task.
pub fn new_task(state: &mut State, text: &str) -> Vec<Effect> {
    let text = text.trim();
    if text.is_empty() {
        let words = "an empty task can not be worked on: type a question or task in plain words";
        return typing::refuse(state, Weight::Warning, words);
    }
    if TASK_BYTES < text.len() {
        let words = format!("the task has {} bytes, {TASK_BYTES} are taken: shorten it", text.len());
        return typing::refuse(state, Weight::Error, words);
    }
    let mut effects = running::stop_all(state);
    state.journal = Journal::default();
    state.ui.marked.clear();
    state.ui.wiring = None;
    state.ui.folded.clear();
    state.look_afresh();
    state.file = SessionFile::None;
    state.unsaved = None;
    state.ended = None;
    let title: String = text.lines().next().unwrap_or_default().chars().take(80).collect();
    let settings = state.defaults.clone();
    let goal = Edit::Add { task: TaskId(0), parent: None, at: 0, draft: Draft::text(text) };
    let goal = Event::Edited { by: Actor::Person, edits: vec![goal], reason: None };
    match record_turn(state, [Event::Started { title, settings }, goal]) {
        Ok(written) => effects.extend(written),
        Err(error) => state.say(Weight::Error, error.to_string()),
    }
    state.mode = Mode::Browse;
    state.ui.folded.clear();
    state.ui.scroll = 0;
    state.ui.cursor = Some(RowId::task(TaskId(0)));
    state.say(Weight::Info, "s steps, c runs it all, e changes the words");
    effects
}

pub(super) fn home(state: &mut State) -> Vec<Effect> {
    state.mode = Mode::Home { cursor: 0 };
    vec![Effect::ListSessions]
}

pub(super) fn stored(state: &mut State, stored: Stored) -> Vec<Effect> {
    match stored {
        Stored::Saved => {
            if state.unsaved.take().is_some() {
                state.say(Weight::Info, "saved again: nothing was lost");
            }
        }
        Stored::Created(path) => {
            state.note(Weight::Info, format!("saved in {}", path.display()));
            state.file = SessionFile::At(path);
        }
        Stored::Trouble { why, again } => {
            let again = if again { " and is tried again every few seconds" } else { " alone" };
            state.say(Weight::Error, format!("not saved: {why}; the work goes on in memory{again}"));
            state.unsaved = Some(why);
        }
        Stored::Opened(opened) => return open(state, *opened),
        Stored::Other(opened) => return super::lineage::compare_other(state, &opened.journal),
        Stored::NotOpened(why) => return typing::refuse(state, Weight::Error, why),
        Stored::CaseTaken { proposed, free } => super::cases::rename(state, &proposed, &free),
        Stored::Sessions(sessions) => {
            state.sessions = sessions;
            if let Mode::Home { cursor } = &mut state.mode {
                *cursor = (*cursor).min(state.sessions.len().saturating_sub(1));
            }
        }
        Stored::Edited(text) => {
            if let Some(text) = text
                && let Mode::Typing(mode) = &mut state.mode
            {
                mode.buffer = crate::workbench::buffer::Buffer::of(text.trim_end());
                return typing::finish(state);
            }
            state.mode = Mode::Browse;
            return typing::refuse(state, Weight::Info, "nothing was changed");
        }
        Stored::Said(weight, words) => state.say(weight, words),
        Stored::Fetching(status) => reports::model(state, status),
        Stored::Gathered(found) => return super::review::gathered(state, *found),
        Stored::Learned(proposal) => super::review::learned(state, *proposal),
        Stored::Knows(knowledge) => return super::review::knows(state, *knowledge),
    }
    vec![]
}

fn open(state: &mut State, opened: Opened) -> Vec<Effect> {
    // What runs ends in its own file; only then the other one is taken up.
    let left = state.live.len();
    let mut effects = running::stop_all(state);
    effects.push(Effect::TakeUp);
    state.journal = opened.journal;
    state.file = opened.file;
    state.unsaved = None;
    state.ended = None;
    state.mode = Mode::Browse;
    state.ui.folded.clear();
    state.ui.marked.clear();
    state.ui.wiring = None;
    state.ui.scroll = 0;
    state.ui.cursor = None;
    state.look_afresh();
    browsing::keep_cursor(state);
    let words = match &state.file {
        SessionFile::ReadOnly { file, why } if why.is_empty() => {
            format!("read only, any change makes a copy; [ and ] walk through it: {file}")
        }
        SessionFile::ReadOnly { file, why } => {
            format!("read only, any change makes a copy: {why}; the file is {file}")
        }
        _ => format!("opened where you left it: {}", state.journal.session().title),
    };
    let ended = match left {
        0 => String::new(),
        left => format!("; {} of the session before ended: c in it asks again", counted(left as u64, "call")),
    };
    state.say(Weight::Info, words + &ended);
    if let Some(warning) = opened.warning {
        state.say(Weight::Warning, warning);
    }
    super::reports::compare_files(state);
    effects
}
