//! Calls beside the plan: samples, other ways, the same once more. The plan hears of them only when a person takes one.

use super::{repeat, running, vote, whatif};
use crate::{
    ask::Request,
    engine::{Asking, caps, controller::over_limit},
    ids::TaskId,
    session::{Event, Outcome, Purpose},
    workbench::{
        Effect, Mode, State,
        sheet::{Kind, Sheet},
    },
};

/// The calls that a task would make if these things had happened.
pub(super) fn asks_if(state: &State, task: TaskId, events: &[Event]) -> Vec<Asking> {
    let mut session = state.journal.session().clone();
    if events.iter().try_for_each(|event| session.apply(event)).is_err() {
        return vec![];
    }
    let mut asks = state.survey.asks_in(&state.journal, &session, task);
    asks.retain(|asking| matches!(asking.purpose, Purpose::Propose | Purpose::Answer));
    asks
}

/// Makes a call beside the plan, unless its answer is known or under way. An error says what is missing.
pub(super) fn make(
    state: &mut State,
    task: TaskId,
    purpose: Purpose,
    asking: Asking,
) -> Result<Vec<Effect>, String> {
    if let Some(call) = state.journal.call_for(&asking.key) {
        let known = matches!(call.outcome, Outcome::Answered(_)) || state.live.contains_key(&call.id);
        if known {
            return Ok(vec![]);
        }
    }
    if let Some(why) = running::missing_model(state, &asking.ask) {
        return Err(why);
    }
    if let Some(why) = over_limit(&state.journal, &asking.ask) {
        return Err(format!("{why}; nothing is lost"));
    }
    let running = state.live.keys().copied().collect();
    let capped = caps::reached(&state.journal, task, &running);
    if let Some(cap) = capped.filter(|_| !matches!(asking.ask.request, Request::Compute { .. })) {
        return Err(format!("its budget ({}) is spent: $ gives more", cap.part));
    }
    running::begin_call(state, task, purpose, asking.key, asking.ask).map_err(|error| error.to_string())
}

/// What is shown of such calls follows them.
pub(super) fn heard(state: &mut State) -> Vec<Effect> {
    let effects = repeat::pump(state);
    let Mode::Sheet(sheet) = &state.mode else { return effects };
    match sheet.kind.clone() {
        Kind::Votes(votes) => vote::show(state, &votes.of),
        Kind::WhatIf(whatif) => whatif::show(state, *whatif),
        Kind::Repeat(_) => repeat::show(state),
        _ => {}
    }
    effects
}

/// Shows a sheet in place of the one before it, with the cursor where it was.
pub(super) fn put(state: &mut State, mut sheet: Sheet) {
    if let Mode::Sheet(old) = &state.mode
        && std::mem::discriminant(&old.kind) == std::mem::discriminant(&sheet.kind)
    {
        sheet.cursor = old.cursor.min(sheet.rows.len().saturating_sub(1));
    }
    state.mode = Mode::Sheet(Box::new(sheet));
    super::history::refresh(state);
}

/// An answer in one line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
