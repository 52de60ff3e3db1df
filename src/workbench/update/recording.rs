//! Writing down: events, what stands beside the history, moves of the pointer; and how they reach the disk.

use super::{browsing, spoken, typing};
use crate::{
    ids::Seq,
    session::{Aside, Entry, Event, JournalError},
    workbench::{Effect, SessionFile, State, Weight},
};

/// Writes events down, in a turn of their own, and says how they reach the disk.
pub(super) fn record_turn(
    state: &mut State,
    events: impl IntoIterator<Item = Event>,
) -> Result<Vec<Effect>, JournalError> {
    state.journal.open_turn();
    record(state, events)
}

/// The same; where it is refused that is said, and there are no effects.
pub(super) fn record_or_say(
    state: &mut State,
    events: impl IntoIterator<Item = Event>,
) -> Option<Vec<Effect>> {
    match record_turn(state, events) {
        Ok(effects) => Some(effects),
        Err(error) => {
            state.say(Weight::Error, error.to_string());
            None
        }
    }
}

/// Writes events down in the turn at hand.
pub(super) fn record(
    state: &mut State,
    events: impl IntoIterator<Item = Event>,
) -> Result<Vec<Effect>, JournalError> {
    let mut entries = vec![];
    let mut refused = None;
    for event in events {
        match state.journal.record(event, state.now) {
            Ok(entry) => entries.push(entry),
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    let effects = store(state, entries);
    state.look();
    match refused {
        None => Ok(effects),
        Some(error) => Err(error),
    }
}

/// How new entries reach the disk: by a file of their own when there is none yet.
pub(super) fn store(state: &mut State, entries: Vec<Entry>) -> Vec<Effect> {
    if entries.is_empty() {
        return vec![];
    }
    match &state.file {
        SessionFile::At(_) | SessionFile::Creating => vec![Effect::Append { entries }],
        SessionFile::None | SessionFile::ReadOnly { .. } => {
            if let SessionFile::ReadOnly { file, .. } = &state.file {
                let words = format!("your changes go to a session of their own; as it was stays {file}");
                state.note(Weight::Info, words);
            }
            state.file = SessionFile::Creating;
            let title = state.journal.session().title.clone();
            vec![Effect::Create { title, entries: state.journal.entries() }]
        }
    }
}

/// Writes down what stands beside the history. What is only shown is not written; a copy has it.
pub(super) fn note(state: &mut State, aside: Aside) -> Vec<Effect> {
    let entry = state.journal.note(aside, state.now);
    match &state.file {
        SessionFile::ReadOnly { .. } => vec![],
        _ => store(state, vec![entry]),
    }
}

/// Walks the pointer there, unless it is there, and writes that down.
pub(super) fn walk(state: &mut State, to: Option<Seq>) -> Vec<Effect> {
    if state.journal.head() == to {
        return vec![];
    }
    let entry = match state.journal.go(to, state.now) {
        Ok(entry) => entry,
        Err(error) => {
            state.say(Weight::Error, error.to_string());
            return vec![];
        }
    };
    let effects = match state.file {
        SessionFile::ReadOnly { .. } => vec![],
        _ => store(state, vec![entry]),
    };
    state.look();
    state.ended = None;
    browsing::keep_cursor(state);
    effects
}

/// Does an edit of the person, or says why it can not be done.
pub(super) fn change(state: &mut State, event: Event) -> Vec<Effect> {
    match record_turn(state, [event]) {
        Ok(effects) => {
            browsing::keep_cursor(state);
            effects
        }
        Err(error) => {
            let why = match &error {
                JournalError::Plan(why) => spoken(&state.journal.session().plan, &why.to_string()),
                other => other.to_string(),
            };
            typing::refuse(state, Weight::Error, why)
        }
    }
}
