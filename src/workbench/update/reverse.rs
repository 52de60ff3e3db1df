//! Steps and runs backwards: the pointer walks to an earlier place where one could have stopped. No expert is asked.

use super::history;
use crate::{
    engine::{
        breakpoint::{Reach, reach, told},
        moment::Moment,
    },
    ids::{Seq, TaskId},
    session::{Event, Outcome, Phase, Purpose, Record, Session, StepGrain},
    workbench::{
        Effect, RowId, State, Weight,
        debug::{Stop, name},
    },
};

/// A place on the way back: the pointer stands on `at`, and this task is in this phase.
struct Place<'a> {
    at: Seq,
    task: TaskId,
    phase: Phase,
    key: &'a str,
    /// The record that follows, or the one that was just made for a decision.
    record: &'a Record,
}

/// One step back, as far as one forward would have gone.
pub(super) fn step(state: &mut State) -> Vec<Effect> {
    let grain = state.journal.debugging().grain;
    let way = state.journal.path(state.journal.head()).unwrap_or_default();
    let asked = |wanted: TaskId, what: Purpose| {
        way.iter().any(|record| matches!(&record.event, Event::Asked { task, purpose, .. } if *task == wanted && *purpose == what))
    };
    let fits = |place: &Place<'_>| match grain {
        StepGrain::Phase => true,
        // On a way that was gone again the calls stand on the first one: there, where their answers were read.
        StepGrain::Call => match &place.record.event {
            Event::Asked { .. } => true,
            Event::Proposed { task, .. } => !asked(*task, Purpose::Propose),
            Event::Solved { task, .. } => {
                !asked(*task, Purpose::Answer)
                    && state.journal.calls_of(*task).any(|call| call.purpose == Purpose::Answer)
            }
            _ => false,
        },
        StepGrain::Task => {
            let before = way.iter().find(|record| record.seq == place.at);
            matches!(place.record.event, Event::Asked { .. } | Event::Routed { .. })
                && before.is_some_and(|record| {
                    matches!(
                        record.event,
                        Event::Solved { .. } | Event::Proposed { .. } | Event::Edited { .. }
                    )
                })
        }
    };
    let found = places(state, &way).into_iter().rev().find(fits);
    let found = found.map(|place| (place.at, stop(&place, format!("one {} back", grain.word()))));
    match found {
        Some((at, stop)) => go(state, at, stop),
        None => nothing(state),
    }
}

/// Back to the last place where a breakpoint is reached; to the beginning when there is none.
pub(super) fn run(state: &mut State) -> Vec<Effect> {
    let way = state.journal.path(state.journal.head()).unwrap_or_default();
    let places = places(state, &way);
    let on =
        || state.journal.debugging().breakpoints.iter().filter(|breakpoint| breakpoint.on && !breakpoint.log);
    let hit = |place: &Place<'_>| {
        let mine: Vec<_> = on().filter(|one| one.task.is_none_or(|task| task == place.task)).collect();
        if mine.is_empty() {
            return None;
        }
        let session = state.journal.session_at(Some(place.at)).ok()?;
        mine.into_iter().find_map(|breakpoint| {
            let hits = state.journal.debugging().hits_of(breakpoint.id);
            at(state, &session, place, |moment| match reach(breakpoint, moment, hits) {
                Ok(Reach::Hit) => {
                    let values = told(&breakpoint.condition, moment);
                    let values = if values.is_empty() { values } else { format!(": {values}") };
                    Some(format!("breakpoint {}{values}", breakpoint.id))
                }
                _ => None,
            })
        })
    };
    let found = places.iter().rev().find_map(|place| Some((place.at, stop(place, hit(place)?))));
    let first = || {
        places.first().map(|place| (place.at, stop(place, "no breakpoint before: the beginning".to_owned())))
    };
    match found.or_else(first) {
        Some((at, stop)) => go(state, at, stop),
        None => nothing(state),
    }
}

fn stop(place: &Place<'_>, why: String) -> Stop {
    Stop { task: place.task, phase: place.phase, key: place.key.to_owned(), why }
}

fn nothing(state: &mut State) -> Vec<Effect> {
    state.say(Weight::Warning, "this is the beginning: nothing was asked before");
    vec![]
}

/// All places before the pointer where one could have stopped, oldest first.
fn places<'a>(state: &'a State, way: &[&'a Record]) -> Vec<Place<'a>> {
    let mut places = vec![];
    for pair in way.windows(2) {
        let (before, record) = (pair[0], pair[1]);
        let plan = &state.journal.session().plan;
        let mut add = |at: Seq, task: TaskId, phase: Phase, key: &'a str| {
            if plan.contains(task) && Some(at) != state.journal.head() {
                places.push(Place { at, task, phase, key, record });
            }
        };
        match &record.event {
            Event::Asked { task, key, .. } => add(before.seq, *task, Phase::Proposed, key),
            Event::Routed { task, key, .. } => add(record.seq, *task, Phase::Routed, key),
            Event::Answered { call, .. } => {
                if let Some(call) = state.journal.call(*call) {
                    add(before.seq, call.task, Phase::Answering, &call.key);
                }
            }
            Event::Solved { task, key, .. } => add(before.seq, *task, Phase::Committed, key),
            Event::Proposed { task, key, .. } if !key.is_empty() => {
                add(before.seq, *task, Phase::Committed, key);
            }
            _ => {}
        }
    }
    places
}

/// The moment at a place of the past.
fn at<R>(state: &State, session: &Session, place: &Place<'_>, look: impl FnOnce(&Moment<'_>) -> R) -> R {
    let journal = &state.journal;
    let mut moment = Moment::of(journal, session, place.task, "ready");
    (moment.phase, moment.key) = (Some(place.phase), Some(place.key));
    (moment.ask, moment.tokens, moment.answer, moment.seconds, moment.cost) = (None, &[], None, None, None);
    let call = match &place.record.event {
        Event::Asked { purpose, ask, .. } => {
            moment.ask = Some((*purpose, ask));
            None
        }
        Event::Answered { call, .. } => journal.call(*call),
        Event::Proposed { key, .. } => journal.call_for(key),
        Event::Solved { .. } => {
            let mut calls = journal.calls_of(place.task).rev();
            calls.find(|call| call.purpose == Purpose::Answer && call.asked_at <= place.record.at)
        }
        _ => None,
    };
    if let Some(call) = call
        && let Outcome::Answered(answer) = &call.outcome
    {
        moment.state = if place.phase == Phase::Answering { "running" } else { "done" };
        moment.ask = Some((call.purpose, &call.ask));
        (moment.tokens, moment.answer) = (&answer.tokens, Some(answer.text.as_str()));
        (moment.seconds, moment.cost) = (Some(answer.usage.seconds), Some(answer.cost));
    }
    if let Event::Solved { answer, .. } = &place.record.event {
        (moment.answer, moment.state) = (Some(answer.as_str()), "done");
    }
    look(&moment)
}

/// Walks there and says where one stands.
fn go(state: &mut State, at: Seq, stop: Stop) -> Vec<Effect> {
    let effects = history::go(state, Some(at));
    state.debug.fired.clear();
    super::browsing::reveal(state, RowId::task(stop.task));
    let task = name(&state.journal.session().plan, stop.task);
    state.say(Weight::Info, format!("back at {task} {}: {}", stop.phase.word(), stop.why));
    state.debug.stop = Some(stop);
    effects
}
