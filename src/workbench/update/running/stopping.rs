//! Pausing, and ending calls early: what they wrote is kept.

use super::drive;
use crate::{
    ask::{Answer, Finish, Usage},
    engine::Command,
    ids::CallId,
    session::Event,
    workbench::{Effect, Live, Run, State, Weight, update::record},
};
use std::collections::BTreeMap;

pub(in super::super) fn pause_or_resume(state: &mut State) -> Vec<Effect> {
    let (pause, now) = (state.live.values().any(|live| !live.is_paused()), state.now);
    for live in state.live.values_mut() {
        if pause { live.pause(now) } else { live.go_on(now) }
    }
    let words = if pause {
        "paused: p goes on, A-e edits the text and goes on, C-x cancels and keeps it"
    } else {
        "going on"
    };
    state.say(Weight::Info, words);
    let command = if pause { Command::Pause } else { Command::Resume };
    state.live.keys().map(|call| Effect::Engine(command(*call))).collect()
}

pub(in super::super) fn cancel(state: &mut State) -> Vec<Effect> {
    let effects = stop_all(state);
    state.say(Weight::Info, "cancelled; c asks again, s the selected task");
    effects
}

/// Ends every call now, keeping what it wrote; whatever it still says is dropped by its id.
pub(in super::super) fn stop_all(state: &mut State) -> Vec<Effect> {
    state.run = Run::Idle;
    state.debug.stop = None;
    state.queued = 0;
    let live = std::mem::take(&mut state.live);
    end_calls(state, live, Finish::Cancelled)
}

/// What is said of calls that were ended by something else than a wish to end them.
pub(in super::super) fn ended(calls: usize) -> String {
    match calls {
        0 => String::new(),
        1 => "; the call under way was ended, c asks again".to_owned(),
        _ => format!("; {calls} calls under way were ended, c asks them again"),
    }
}

/// Cancels the selected task with all below it, or takes that back: its calls end, and nothing of it runs until then.
pub(in super::super) fn cancel_task(state: &mut State) -> Vec<Effect> {
    let Some(task) = state.ui.cursor.map(|row| row.task) else { return vec![] };
    let plan = &state.journal.session().plan;
    let on = !state.journal.session().progress(task).cancelled;
    let all = std::mem::take(&mut state.live);
    let (live, others) = all.into_iter().partition(|(_, live)| on && plan.is_below(live.task, task));
    state.live = others;
    let below = plan.subtree(task).len();
    let whole = plan.root() == Some(task);
    state.journal.open_turn();
    let mut effects = end_calls(state, live, Finish::Cancelled);
    effects.extend(record(state, [Event::Cancelled { task, on }]).unwrap_or_default());
    if on && whole {
        (state.run, state.queued) = (Run::Idle, 0);
    }
    let words = match (on, below) {
        (false, _) => "taken up again: s steps, c runs".to_owned(),
        (true, 1) => "cancelled: it does not run until A-k takes it up again".to_owned(),
        (true, n) => format!(
            "cancelled with the {} tasks below it: nothing of it runs until A-k takes it up again",
            n - 1
        ),
    };
    state.say(Weight::Info, words);
    effects.extend(drive(state));
    effects
}

/// Ends the calls that no task would make any more, since what they were asked for has changed, and goes on without them.
/// What was paused waits for the person.
pub(in super::super) fn end_lapsed(state: &mut State) -> Vec<Effect> {
    let lapsed = |call: CallId, live: &Live| {
        !live.purpose.is_beside() && state.journal.call(call).is_some_and(|call| !state.survey.wants(call))
    };
    if !state.live.iter().any(|(call, live)| lapsed(*call, live)) {
        return vec![];
    }
    let (ended, live): (BTreeMap<_, _>, _) =
        std::mem::take(&mut state.live).into_iter().partition(|(call, live)| lapsed(*call, live));
    state.live = live;
    let waits =
        ended.values().any(|live| live.is_paused()) && !state.live.values().any(|live| live.is_paused());
    let mut words = match ended.len() {
        1 => "the call under way is ended".to_owned(),
        n => format!("{n} calls under way are ended"),
    };
    if waits && state.run != Run::Idle {
        state.run = Run::Idle;
        words.push_str(": c goes on");
    }
    let stop = state.debug.stop.as_ref().map(|stop| &stop.key);
    if ended.keys().any(|call| state.journal.call(*call).map(|call| &call.key) == stop) {
        state.debug.stop = None;
    }
    state.note(Weight::Info, words.clone());
    if let Some(notice) = &mut state.notice {
        notice.text = format!("{}; {words}", notice.text);
    }
    let mut effects = end_calls(state, ended, Finish::Lapsed);
    effects.extend(drive(state));
    effects
}

/// Ends these calls and keeps what they wrote.
fn end_calls(state: &mut State, live: BTreeMap<CallId, Live>, finish: Finish) -> Vec<Effect> {
    let mut effects: Vec<Effect> = live.keys().map(|call| Effect::Engine(Command::Cancel(*call))).collect();
    let stopped: Vec<Event> =
        live.into_iter().map(|(call, live)| stopped(call, live, finish, state.now)).collect();
    effects.extend(record(state, stopped).unwrap_or_default());
    effects
}

/// Ends one call now, keeping what it wrote.
pub(in super::super) fn stop(state: &mut State, call: CallId) -> Vec<Effect> {
    let Some(live) = state.live.remove(&call) else { return vec![] };
    let event = stopped(call, live, Finish::Cancelled, state.now);
    let mut effects = vec![Effect::Engine(Command::Cancel(call))];
    effects.extend(record(state, [event]).unwrap_or_default());
    effects
}

fn stopped(call: CallId, live: Live, finish: Finish, now: u64) -> Event {
    let usage = Usage {
        output_tokens: live.tokens.len() as u32,
        prompt_tokens: live.prefill.map_or(0, |(done, _)| done as u32),
        seconds: live.seconds(now),
        ..Default::default()
    };
    let text = live.text();
    // A server that gives no probabilities sends pieces of text, which are no tokens to be looked at.
    let weighed = live.tokens.iter().all(|token| token.probability.is_finite());
    let tokens = if weighed { live.tokens } else { vec![] };
    let partial = Answer { text, tokens, usage, finish, ..Answer::default() };
    Event::Stopped { call, partial }
}
