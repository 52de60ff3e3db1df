//! Where a run stops by itself: phases when one steps by them, breakpoints, the condition of a run.

use super::{browsing, note};
use crate::{
    condition::Condition,
    engine::{
        Command, Move, Status,
        breakpoint::{Reach, reach, told},
        moment::Moment,
    },
    ids::{CallId, TaskId},
    session::{Aside, Event, Phase},
    workbench::{
        Effect, RowId, Run, State, Tab, Weight,
        debug::{Stop, name, with_moment, written},
    },
};

/// A move is about to be made: `true` when the run stops before it.
pub(super) fn before(state: &mut State, next: &Move, effects: &mut Vec<Effect>) -> bool {
    let (task, key, phase) = match next {
        Move::Ask { task, key, .. } => (*task, key, Phase::Proposed),
        Move::Record(Event::Solved { task, key, .. }) => (*task, key, Phase::Committed),
        // A strategy that needed no call has nothing to look at.
        Move::Record(Event::Proposed { task, key, .. }) if !key.is_empty() => (*task, key, Phase::Committed),
        Move::Record(_) => return false,
    };
    let stop = state.debug.stop.take();
    if stop.is_some_and(|stop| (stop.task, &stop.key, stop.phase) == (task, key, phase)) {
        return false;
    }
    look(state, task, phase, key, Some(next), effects)
}

/// A task has its answer, or a judge has spoken of it: once all have, one can stop before anybody uses it.
pub(super) fn judged(state: &mut State, task: TaskId, effects: &mut Vec<Effect>) -> bool {
    let Some(found) = state.survey.look(task) else { return false };
    let settled = matches!(found.status, Status::Done | Status::Failed(_));
    let (key, verdicts) = (found.key.clone(), found.verdicts.len());
    let stopped = settled && 0 < verdicts && look(state, task, Phase::Judged, &key, None, effects);
    if settled {
        visited(state, task);
    }
    stopped
}

/// The router has just decided.
pub(super) fn routed(state: &mut State, task: TaskId, key: &str, effects: &mut Vec<Effect>) -> bool {
    look(state, task, Phase::Routed, key, None, effects)
}

/// More of an answer has come: a breakpoint pauses what runs.
pub(super) fn answering(state: &mut State, call: CallId) -> Vec<Effect> {
    let mut effects = vec![];
    let Some(live) = state.live.get(&call).filter(|live| !live.is_paused()) else { return effects };
    let (task, first) = (live.task, live.tokens.len());
    let waits = state.run == Run::Into || state.debug.until.is_some();
    if first == 0 || !waits && !state.journal.debugging().breakpoints.iter().any(|breakpoint| breakpoint.on) {
        return effects;
    }
    let key = state.journal.call(call).map(|call| call.key.clone()).unwrap_or_default();
    let here = Stop { task, phase: Phase::Answering, key, why: String::new() };
    // One who went on from here is not stopped here again by the same step.
    if state.run == Run::Into
        && state
            .debug
            .stop
            .as_ref()
            .is_some_and(|stop| stop.phase == Phase::Answering && stop.key == here.key)
    {
        return effects;
    }
    let run = state.run;
    if look(state, task, Phase::Answering, &here.key, None, &mut effects) {
        state.run = run;
        state.live.values_mut().for_each(|live| live.pause(state.now));
        effects.extend(state.live.keys().map(|call| Effect::Engine(Command::Pause(*call))));
    }
    effects
}

/// A call has failed: breakpoints on a state hear of it.
pub(super) fn failed(state: &mut State, task: TaskId) -> Vec<Effect> {
    let mut effects = vec![];
    let run = state.run;
    if run != Run::Into && look(state, task, Phase::Answering, "", None, &mut effects) {
        state.debug.stop = None;
    }
    effects
}

/// A visit of the task is over: its breakpoints wait for the next one.
pub(super) fn visited(state: &mut State, task: TaskId) {
    state.debug.fired.retain(|(_, fired, _)| *fired != task);
}

/// Does anything stop the run at this phase? Hits are written down either way.
fn look(
    state: &mut State,
    task: TaskId,
    phase: Phase,
    key: &str,
    next: Option<&Move>,
    effects: &mut Vec<Effect>,
) -> bool {
    if !state.interactive {
        return false;
    }
    let mut why = None;
    let debugging = state.journal.debugging();
    let mut met = vec![];
    for breakpoint in &debugging.breakpoints {
        let phased = breakpoint.condition.contains("phase");
        let visit = (breakpoint.id, task, phased.then_some(phase));
        if !breakpoint.on || state.debug.fired.contains(&visit) {
            continue;
        }
        let hits = debugging.hits_of(breakpoint.id);
        let reached = with_moment(state, task, Some(phase), next, |moment| {
            let counted = Moment { hits: Some(hits + 1), ..*moment };
            (reach(breakpoint, moment, hits), told(&breakpoint.condition, &counted))
        });
        let title = format!("breakpoint {}", breakpoint.id);
        match reached {
            (Ok(Reach::Not), _) => {}
            (Ok(reach), note) => met.push((visit, reach == Reach::Counted, breakpoint.log, note, title)),
            (Err(mistake), _) => {
                let text = written(&state.journal.session().plan, breakpoint);
                why = Some((Weight::Error, format!("{title} can not be looked at: {mistake} in `{text}`")));
            }
        }
    }
    let head = state.journal.head();
    for (visit, counted, log, values, title) in met {
        state.debug.fired.insert(visit);
        let hit = Aside::Hit { breakpoint: visit.0, task, phase, head, note: values.clone(), counted };
        effects.extend(note(state, hit));
        let at = format!("{} {}", name(&state.journal.session().plan, task), phase.word());
        let values = if values.is_empty() { String::new() } else { format!(": {values}") };
        if log && !counted {
            state.note(Weight::Info, format!("{title} at {at}{values}"));
        } else if !counted && why.is_none() {
            why = Some((Weight::Info, format!("{title}{values}")));
        }
    }
    if why.is_none() && state.run == Run::When {
        why = until(state, task, phase, next);
    }
    if why.is_none() && state.run == Run::Into {
        why = Some((Weight::Info, about(phase).to_owned()));
    }
    let Some((weight, why)) = why else { return false };
    stand(state, Stop { task, phase, key: key.to_owned(), why }, weight);
    true
}

/// Does what the run goes on until hold?
fn until(state: &State, task: TaskId, phase: Phase, next: Option<&Move>) -> Option<(Weight, String)> {
    let text = state.debug.until.as_ref()?;
    let condition = Condition::new(text).ok()?;
    let (holds, values) = with_moment(state, task, Some(phase), next, |moment| {
        (condition.holds(&|name| moment.fact(name)), told(text, moment))
    });
    match holds {
        Ok(Some(true)) => Some((Weight::Info, format!("it holds now: {values}"))),
        Ok(_) => None,
        Err(mistake) => Some((Weight::Error, format!("the condition can not be looked at: {mistake}"))),
    }
}

/// What one can do in a phase.
fn about(phase: Phase) -> &'static str {
    match phase {
        Phase::Proposed => "nothing is sent yet: C-p changes the prompt",
        Phase::Routed => "the router has decided: r chooses another",
        Phase::Answering => "it is being written: C-x ends it and keeps the text",
        Phase::Judged => "the judges have spoken: ~ overrules them",
        Phase::Committed => "the answer is there, unseen: t writes another",
    }
}

/// The run stands still here; the screen shows why.
fn stand(state: &mut State, stop: Stop, weight: Weight) {
    state.run = Run::Idle;
    state.queued = 0;
    state.ui.tab = match (state.ui.tab, stop.phase) {
        (Tab::Watch, _) => Tab::Watch,
        (_, Phase::Proposed) => Tab::Prompt,
        (_, Phase::Routed) => Tab::Route,
        (_, Phase::Answering | Phase::Judged | Phase::Committed) => Tab::Answer,
    };
    state.ui.scroll = 0;
    browsing::reveal(state, RowId::task(stop.task));
    let at = name(&state.journal.session().plan, stop.task);
    let words = format!("{at} {}: {}", stop.phase.word(), stop.why);
    state.debug.stop = Some(stop);
    state.say(weight, words);
}
