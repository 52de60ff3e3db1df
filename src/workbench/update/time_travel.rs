//! Undo, redo, one event back or forward: the pointer walks, the log grows, nothing is lost.

use super::{browsing, running, store};
use crate::{
    ids::Seq,
    session::JournalError,
    workbench::{Action, Effect, SessionFile, State, Weight},
};

/// Looks at an event without writing that down: for faces that only show.
pub fn visit(state: &mut State, at: Seq) -> Result<(), JournalError> {
    state.journal.go(Some(at), state.now)?;
    state.look();
    browsing::keep_cursor(state);
    Ok(())
}

pub(super) fn travel(state: &mut State, action: Action) -> Vec<Effect> {
    // What runs belongs to the present that is being left.
    let ended = running::ended(state.live.len());
    let mut effects = running::stop_all(state);
    let before = state.journal.head().and_then(|head| state.journal.records().get(head.0 as usize));
    let before = before.and_then(|record| record.after);
    let target: Option<Option<Seq>> = match action {
        Action::Undo => state.journal.undo_target(),
        Action::Redo => state.journal.redo_target(),
        Action::BackInTime => before.map(Some),
        _ => state.journal.next().map(Some),
    };
    let Some(target) = target else { return effects };
    match state.journal.go(target, state.now) {
        Ok(entry) => {
            // Walking through what is only shown writes nothing; the copy that a change makes has the walk in it.
            if !matches!(state.file, SessionFile::ReadOnly { .. }) {
                effects.extend(store(state, vec![entry]));
            }
            state.look();
            state.ended = None;
            state.debug.fired.clear();
            browsing::keep_cursor(state);
            let at = target.map_or(0, |seq| seq.0 + 1);
            let of = state.journal.records().len();
            let words = match action {
                Action::Undo => "undone: Z does it again",
                Action::Redo => "done again",
                _ => "moved in time",
            };
            state.say(Weight::Info, format!("{words} (event {at} of {of}){ended}"));
        }
        Err(error) => state.say(Weight::Error, error.to_string()),
    }
    effects
}
