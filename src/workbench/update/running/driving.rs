//! Moves of the controller, one after the other, as far as the person said.

use super::{begin_call, missing_model, refuse};
use crate::{
    ask::Ask,
    engine::{Bound, Move, Status, next_move},
    ids::TaskId,
    session::{Event, Purpose},
    strategy,
    workbench::{
        Effect, RowId, Run, State, Weight,
        update::{browsing, caps, dry, number, record, stale, stops, walk},
    },
};

/// Calls of a run that are under way together.
const TOGETHER: usize = 8;

/// Makes moves until the run is at its goal, a call is under way, or nothing more can be done.
pub(in super::super) fn drive(state: &mut State) -> Vec<Effect> {
    let mut effects = vec![];
    while state.run != Run::Idle {
        let Some(next) = next(state) else { return effects };
        if has_arrived(state, &next) {
            return effects;
        }
        if !(matches!(state.run, Run::Settle(_)) && matches!(next, Move::Ask { .. }))
            && stops::before(state, &next, &mut effects)
        {
            return effects;
        }
        if after_a_result(state) && !matches!(next, Move::Record(Event::Solved { .. })) {
            // Each sub-task of a long run can be undone by itself.
            state.journal.open_turn();
        }
        let goes_on = match next {
            Move::Record(event) => recorded(state, event, &mut effects),
            Move::Ask { .. } if matches!(state.run, Run::Settle(_)) => {
                state.run = Run::Idle;
                true
            }
            Move::Ask { task, purpose, key, ask } => asked(state, (task, purpose), key, ask, &mut effects),
        };
        if !goes_on {
            return effects;
        }
    }
    effects
}

/// The next move of the run; `None` when it waits for what is under way, or is at its end.
fn next(state: &mut State) -> Option<Move> {
    if state.live.len() >= together(state.run) || state.live.values().any(|live| live.is_paused()) {
        return None;
    }
    let next = match state.run {
        Run::Stale => stale::next(state).ok_or(Bound::Finished),
        _ => next_move(&state.journal, &state.survey).map(|next| as_before(state, next)),
    };
    match next {
        Ok(next) => return Some(next),
        // What is under way may change what can be done.
        Err(_) if !state.live.is_empty() => {}
        Err(_) if state.run == Run::Stale => {
            state.run = Run::Idle;
            let words = stale::ended(state);
            state.say(Weight::Info, words);
        }
        Err(bound) => end(state, bound),
    }
    None
}

/// What follows by itself is written down in the order in which it was before, if that can be walked again: answers of calls
/// that were made together come in any order.
fn as_before(state: &State, next: Move) -> Move {
    let journal = &state.journal;
    let again = |next: &Move| matches!(next, Move::Record(event) if journal.ahead(event).is_some());
    if matches!(next, Move::Ask { .. }) || again(&next) {
        return next;
    }
    let there = journal.upcoming().and_then(|record| Move::Record(record.event.clone()).task());
    let mut moves = there.into_iter().flat_map(|task| state.survey.moves(journal, task));
    moves.find(again).unwrap_or(next)
}

/// A run to a task is there, or one out of a task is out: it ends before the move.
fn has_arrived(state: &mut State, next: &Move) -> bool {
    match state.run {
        Run::Until(goal)
            if next.task() == Some(goal) && !matches!(next, Move::Record(Event::Routed { .. })) =>
        {
            state.run = Run::Idle;
            state.say(Weight::Info, "here: the selected task is next");
            true
        }
        Run::Out(task) if state.survey.look(task).is_some_and(|look| look.status == Status::Done) => {
            state.run = Run::Idle;
            state.ui.cursor = Some(RowId::task(task));
            state.say(Weight::Info, "out: the task above has its answer");
            true
        }
        _ => false,
    }
}

/// Writes down what follows by itself; `false` when the run stops there.
fn recorded(state: &mut State, event: Event, effects: &mut Vec<Effect>) -> bool {
    /// What a breakpoint may look at once it is written down.
    enum Written {
        Routed(TaskId, String),
        Solved(TaskId),
        Proposed(TaskId),
        Other,
    }
    let what = match &event {
        Event::Routed { task, key, .. } => Written::Routed(*task, key.clone()),
        Event::Solved { task, .. } => Written::Solved(*task),
        Event::Proposed { task, .. } => Written::Proposed(*task),
        _ => Written::Other,
    };
    let Some(written) = take(state, event) else { return false };
    effects.extend(written);
    match what {
        Written::Proposed(task) => {
            stops::visited(state, task);
            true
        }
        Written::Solved(task) => !stops::judged(state, task, effects),
        Written::Routed(task, key) => !stops::routed(state, task, &key, effects),
        Written::Other => true,
    }
}

/// Makes the call; `false` when it can not be made.
fn asked(
    state: &mut State,
    (task, purpose): (TaskId, Purpose),
    key: String,
    ask: Ask,
    effects: &mut Vec<Effect>,
) -> bool {
    if let Some(why) = missing_model(state, &ask) {
        state.run = Run::Idle;
        state.ended = Some(Bound::Stuck(task, why.clone()));
        state.say(Weight::Warning, why);
        return false;
    }
    match begin_call(state, task, purpose, key, ask) {
        Ok(begun) => effects.extend(begun),
        Err(error) => {
            refuse(state, &error.to_string(), vec![]);
            return false;
        }
    }
    follow(state, task);
    true
}

/// How many calls may be under way: a person who steps sees one at a time, a run makes all that are ready.
fn together(run: Run) -> usize {
    match run {
        Run::All | Run::Stale | Run::Until(_) | Run::Out(_) | Run::When => TOGETHER,
        Run::Idle | Run::Step | Run::Settle(_) | Run::Into | Run::Over => 1,
    }
}

/// Has a sub-task just ended, or a proposal been taken?
fn after_a_result(state: &State) -> bool {
    let head = state.journal.head().and_then(|head| state.journal.records().get(head.0 as usize));
    head.is_some_and(|record| matches!(record.event, Event::Solved { .. } | Event::Proposed { .. }))
}

/// Writes down what follows by itself; `None` when the run ends before it.
fn take(state: &mut State, event: Event) -> Option<Vec<Effect>> {
    let leaf = |task: TaskId| state.survey.look(task).is_some_and(|look| !look.composite);
    let (result, plans_first, leaf_done) = match &event {
        Event::Proposed { strategy, .. } => {
            (true, strategy::strategy(strategy).is_some_and(|strategy| strategy.plans_first()), false)
        }
        Event::Solved { task, .. } => (leaf(*task), false, leaf(*task)),
        _ => (false, false, false),
    };
    if result && state.run == Run::Settle(true) {
        state.run = Run::Idle;
        return None;
    }
    let about = match &event {
        Event::Solved { task, .. } | Event::Proposed { task, .. } => Some(*task),
        _ => None,
    };
    let written = match state.journal.ahead(&event) {
        Some(there) => Ok(walk(state, Some(there))),
        None => record(state, [event]),
    };
    let written = match written {
        Ok(written) => written,
        Err(error) => {
            refuse(state, &error.to_string(), vec![]);
            return None;
        }
    };
    if let Some(task) = about {
        for warning in state.journal.session().progress(task).warnings.clone() {
            state.note(Weight::Warning, warning);
        }
    }
    state.run = match state.run {
        Run::Step | Run::Settle(_) if result => Run::Settle(true),
        Run::Over if leaf_done => Run::Settle(true),
        run => run,
    };
    if plans_first && state.interactive && !matches!(state.run, Run::Settle(_)) {
        state.run = Run::Idle;
        state.say(Weight::Info, "the plan is proposed: change it as you like, c goes on");
    }
    Some(written)
}

/// Nothing more can be done: why, and what the person can do.
fn end(state: &mut State, bound: Bound) {
    state.run = Run::Idle;
    match &bound {
        Bound::Finished => {
            let session = state.journal.session();
            let answer = session.plan.root().and_then(|root| session.answer(root)).unwrap_or_default();
            let answer = format!("done: {answer}");
            state.say(Weight::Info, answer);
        }
        Bound::Person(task) => {
            state.ui.cursor = Some(RowId::task(*task));
            state.say(Weight::Info, "this task waits for you: t types its answer");
        }
        Bound::Stuck(task, why) => {
            state.ui.cursor = Some(RowId::task(*task));
            let too = if state.interactive { failed_too(state, *task) } else { vec![] };
            for (number, why) in &too {
                state.note(Weight::Error, format!("{number} failed: {why}"));
            }
            let numbers: Vec<&str> = too.iter().map(|(number, _)| number.as_str()).collect();
            let too =
                if too.is_empty() { String::new() } else { format!("; failed too: {}", numbers.join(", ")) };
            state.say(Weight::Error, format!("{why}{too}"));
        }
        Bound::Limit(why) => {
            state.say(Weight::Warning, format!("{why}; nothing is lost"));
            caps::ask(state, None);
        }
        Bound::Cap(task, why) => {
            state.ui.cursor = Some(RowId::task(*task));
            state.say(Weight::Warning, format!("{why}; nothing is lost"));
            caps::ask(state, Some(*task));
        }
        Bound::Empty => state.say(Weight::Warning, "there is no task yet: n types one"),
        Bound::Running => {}
    }
    state.ended = Some(bound);
    dry::tell(state);
}

/// The tasks that failed besides this one, by number, and why; not those of which only a part failed.
fn failed_too(state: &State, but: TaskId) -> Vec<(String, String)> {
    let failed = state.survey.iter().filter_map(|(task, look)| match &look.status {
        Status::Failed(why) | Status::Stuck(why) if task != but && !look.composite => {
            Some((number(state, task), why.clone()))
        }
        _ => None,
    });
    failed.collect()
}

/// The cursor goes with the run while it is on something that has ended, unless the person has just changed that.
fn follow(state: &mut State, task: TaskId) {
    let cursor = state.ui.cursor.map(|row| row.task);
    let done = |task: TaskId| state.survey.look(task).is_none_or(|look| look.status == Status::Done);
    if cursor.is_none_or(done) && (cursor.is_none() || cursor != state.ui.stays) {
        state.ui.cursor = Some(RowId::task(task));
    }
    browsing::keep_cursor(state);
}
