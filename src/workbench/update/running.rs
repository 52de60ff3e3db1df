//! Stepping and running: moves of the controller, one after the other, as far as the person said.

use super::{browsing, record};
use crate::{
    ask::{Answer, Ask, Finish},
    engine::{Bound, Command, ModelState, Move, Status, Which, next_move},
    ids::{CallId, TaskId},
    session::{Event, JournalError, Purpose, Settings, StepGrain},
    strategy,
    workbench::{Effect, Live, RowId, Run, State, Weight},
};

/// Calls of a run that are under way together.
const TOGETHER: usize = 8;

/// Begins to run. A cancelled or failed task in the way is asked anew.
pub(super) fn start(state: &mut State, run: Run) -> Vec<Effect> {
    if run != Run::When {
        state.debug.until = None;
    }
    if paused(state) {
        return take_up(state, run);
    }
    state.journal.open_turn();
    state.ended = None;
    let mut effects = with_this_model(state);
    if let Err(Bound::Stuck(task, _)) = next_move(&state.journal, &state.survey)
        && matches!(
            state.survey.look(task).map(|look| &look.status),
            Some(Status::Cancelled | Status::Failed(_))
        )
        && !state.journal.session().progress(task).cancelled
    {
        effects.extend(super::edits::ask_again(state, task));
    }
    state.run = run;
    effects.extend(drive(state));
    effects
}

/// A session that was made with another model says so before it goes on: answers of the other one are stale.
pub(super) fn with_this_model(state: &mut State) -> Vec<Effect> {
    let model = &state.defaults.model;
    let Some(old) = state.journal.session().settings.as_ref().filter(|settings| settings.model != *model)
    else {
        return vec![];
    };
    let words =
        format!("this session was made with {}: what {model} has not answered is asked again", old.model);
    let settings = Settings { model: model.clone(), ..old.clone() };
    state.note(Weight::Warning, words);
    record(state, [Event::Configured { settings }]).unwrap_or_default()
}

/// Is everything that is under way paused?
pub(super) fn paused(state: &State) -> bool {
    !state.live.is_empty() && state.live.values().all(|live| live.paused)
}

/// Goes on with what is paused, as far as this run goes.
fn take_up(state: &mut State, run: Run) -> Vec<Effect> {
    state.run = run;
    state.live.values_mut().for_each(|live| live.paused = false);
    state.say(Weight::Info, "going on");
    let mut effects: Vec<Effect> =
        state.live.keys().map(|call| Effect::Engine(Command::Resume(*call))).collect();
    effects.extend(drive(state));
    effects
}

/// The task above the selected one, if it has no answer yet.
pub(super) fn above(state: &State) -> Option<TaskId> {
    let plan = &state.journal.session().plan;
    let open = |task: &TaskId| state.survey.look(*task).is_some_and(|look| look.status != Status::Done);
    plan.ancestors(state.ui.cursor?.task).find(open)
}

/// Runs until the task above the selected one has its answer.
pub(super) fn out(state: &mut State) -> Vec<Effect> {
    above(state).map(|task| start(state, Run::Out(task))).unwrap_or_default()
}

/// One step more: now, or after the one that is going on; as far as the grain says.
pub(super) fn step(state: &mut State) -> Vec<Effect> {
    match state.journal.debugging().grain {
        StepGrain::Phase => return start(state, Run::Into),
        StepGrain::Task => return start(state, Run::Over),
        StepGrain::Call => {}
    }
    if state.live.is_empty() || state.run == Run::Idle || paused(state) {
        return start(state, Run::Step);
    }
    state.queued = state.queued.saturating_add(1);
    vec![]
}

pub(super) fn until_selected(state: &mut State) -> Vec<Effect> {
    let Some(row) = state.ui.cursor else { return vec![] };
    if state.survey.look(row.task).is_some_and(|look| look.status == Status::Done) {
        state.say(Weight::Warning, "this task is done already: C-r asks it again");
        return vec![];
    }
    start(state, Run::Until(row.task))
}

/// Makes moves until the run is at its goal, a call is under way, or nothing more can be done.
pub(super) fn drive(state: &mut State) -> Vec<Effect> {
    let mut effects = vec![];
    while state.run != Run::Idle {
        if state.live.len() >= together(state.run) || state.live.values().any(|live| live.paused) {
            return effects;
        }
        if state.run == Run::Stale && state.live.is_empty() && super::stale::next(state).is_none() {
            state.run = Run::Idle;
            let words = super::stale::ended(state);
            state.say(Weight::Info, words);
            return effects;
        }
        let next = match state.run {
            Run::Stale => super::stale::next(state).ok_or(Bound::Finished),
            _ => next_move(&state.journal, &state.survey),
        };
        let next = match next {
            Ok(next) => next,
            // What is under way may change what can be done.
            Err(_) if !state.live.is_empty() => return effects,
            Err(bound) => {
                end(state, bound);
                return effects;
            }
        };
        if let Run::Until(goal) = state.run
            && next.task() == Some(goal)
            && !matches!(next, Move::Record(Event::Routed { .. }))
        {
            state.run = Run::Idle;
            state.say(Weight::Info, "here: the selected task is next");
            return effects;
        }
        if let Run::Out(task) = state.run
            && state.survey.look(task).is_some_and(|look| look.status == Status::Done)
        {
            state.run = Run::Idle;
            state.ui.cursor = Some(RowId::task(task));
            state.say(Weight::Info, "out: the task above has its answer");
            return effects;
        }
        if !(matches!(state.run, Run::Settle(_)) && matches!(next, Move::Ask { .. }))
            && super::stops::before(state, &next, &mut effects)
        {
            return effects;
        }
        if after_a_result(state) && !matches!(next, Move::Record(Event::Solved { .. })) {
            // Each sub-task of a long run can be undone by itself.
            state.journal.open_turn();
        }
        match next {
            Move::Record(event) => {
                let (routed, solved, proposed) = match &event {
                    Event::Routed { task, key, .. } => (Some((*task, key.clone())), None, None),
                    Event::Solved { task, .. } => (None, Some(*task), None),
                    Event::Proposed { task, .. } => (None, None, Some(*task)),
                    _ => (None, None, None),
                };
                match take(state, event) {
                    Some(written) => effects.extend(written),
                    None => return effects,
                }
                if let Some(task) = proposed {
                    super::stops::visited(state, task);
                }
                if let Some(task) = solved
                    && super::stops::judged(state, task, &mut effects)
                {
                    return effects;
                }
                if let Some((task, key)) = routed
                    && super::stops::routed(state, task, &key, &mut effects)
                {
                    return effects;
                }
            }
            Move::Ask { .. } if matches!(state.run, Run::Settle(_)) => state.run = Run::Idle,
            Move::Ask { task, purpose, key, ask } => {
                if let Some(why) = missing_model(state, &ask) {
                    state.run = Run::Idle;
                    state.ended = Some(Bound::Stuck(task, why.clone()));
                    state.say(Weight::Warning, why);
                    return effects;
                }
                match begin_call(state, task, purpose, key, ask) {
                    Ok(begun) => effects.extend(begun),
                    Err(error) => return refuse(state, &error.to_string(), effects),
                }
                follow(state, task);
            }
        }
    }
    effects
}

/// Writes down that a call is made, and makes it.
pub(super) fn begin_call(
    state: &mut State,
    task: TaskId,
    purpose: Purpose,
    key: String,
    ask: Ask,
) -> Result<Vec<Effect>, JournalError> {
    let call = state.journal.fresh_call();
    let live = Live {
        task,
        purpose,
        tokens: vec![],
        prefill: None,
        since: state.now,
        writing_since: None,
        paused: false,
    };
    state.live.insert(call, live);
    let mut effects = record(state, [Event::Asked { call, task, purpose, key, ask: ask.clone() }])?;
    effects.push(Effect::Engine(Command::Ask { call, ask: Box::new(ask) }));
    Ok(effects)
}

/// Makes this very call of a task and what follows from it, as a step does, whatever else is ready.
pub(super) fn run_call(state: &mut State, task: TaskId, key: &str) -> Vec<Effect> {
    state.ended = None;
    let mut effects = vec![];
    let mut moves = state.survey.moves(&state.journal, task).into_iter();
    let wanted = moves.find(|next| matches!(next, Move::Ask { key: made, .. } if made == key));
    let idle = state.run == Run::Idle;
    if let Some(Move::Ask { task, purpose, key, ask }) = wanted {
        if let Some(why) = missing_model(state, &ask) {
            state.say(Weight::Warning, why);
            return effects;
        }
        state.run = if idle { Run::Step } else { state.run };
        match begin_call(state, task, purpose, key, ask) {
            Ok(begun) => effects.extend(begun),
            Err(error) => return refuse(state, &error.to_string(), effects),
        }
    } else {
        // It was answered before: what follows is written down.
        state.run = if idle { Run::Settle(false) } else { state.run };
    }
    effects.extend(drive(state));
    effects
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
    let written = match record(state, [event]) {
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

/// A call has its answer: a step is over but for what follows from it.
pub(super) fn answered(state: &mut State) -> Vec<Effect> {
    if state.run == Run::Step {
        state.run = Run::Settle(false);
    }
    let mut effects = drive(state);
    if state.run == Run::Idle && 0 < state.queued {
        state.queued -= 1;
        if state.ended.is_none() {
            effects.extend(start(state, Run::Step));
        }
    }
    effects
}

/// What is missing to make this call, if anything.
pub(super) fn missing_model(state: &State, ask: &Ask) -> Option<String> {
    let which = Which::serving(ask)?;
    match state.model(which) {
        ModelState::Ready { .. } | ModelState::Loading(_) | ModelState::Asleep(_) => None,
        ModelState::Fetching { done, total, .. } => {
            let share = 100 * done / (*total).max(1);
            Some(format!("the {} is on its way ({share} %): try again when it is there", which.word()))
        }
        ModelState::Missing(why) => Some(format!("there is no {}: {why}", which.word())),
        ModelState::Unknown => {
            Some(format!("there is no {}: `plantern doctor` tells how to get one", which.word()))
        }
    }
}

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
            state.say(Weight::Error, why.clone());
        }
        Bound::Limit(why) => {
            state.say(Weight::Warning, format!("{why}; nothing is lost"));
            super::caps::ask(state, None);
        }
        Bound::Cap(task, why) => {
            state.ui.cursor = Some(RowId::task(*task));
            state.say(Weight::Warning, format!("{why}; nothing is lost"));
            super::caps::ask(state, Some(*task));
        }
        Bound::Empty => state.say(Weight::Warning, "there is no task yet: n types one"),
        Bound::Running => {}
    }
    state.ended = Some(bound);
    super::dry::tell(state);
}

fn refuse(state: &mut State, why: &str, effects: Vec<Effect>) -> Vec<Effect> {
    state.run = Run::Idle;
    state.live.clear();
    state.look();
    state.say(Weight::Error, why);
    effects
}

/// The cursor goes with the run while it is on something that has ended.
fn follow(state: &mut State, task: TaskId) {
    let cursor = state.ui.cursor.map(|row| row.task);
    let done = |task: TaskId| state.survey.look(task).is_none_or(|look| look.status == Status::Done);
    if cursor.is_none_or(done) {
        state.ui.cursor = Some(RowId::task(task));
    }
    browsing::keep_cursor(state);
}

pub(super) fn pause_or_resume(state: &mut State) -> Vec<Effect> {
    let pause = state.live.values().any(|live| !live.paused);
    state.live.values_mut().for_each(|live| live.paused = pause);
    let words = if pause {
        "paused: p goes on, A-e edits the text and goes on, C-x cancels and keeps it"
    } else {
        "going on"
    };
    state.say(Weight::Info, words);
    let command = if pause { Command::Pause } else { Command::Resume };
    state.live.keys().map(|call| Effect::Engine(command(*call))).collect()
}

pub(super) fn cancel(state: &mut State) -> Vec<Effect> {
    let effects = stop_all(state);
    state.say(Weight::Info, "cancelled; s asks again");
    effects
}

/// Ends every call now, keeping what it wrote; whatever it still says is dropped by its id.
pub(super) fn stop_all(state: &mut State) -> Vec<Effect> {
    state.run = Run::Idle;
    state.debug.stop = None;
    state.queued = 0;
    let live = std::mem::take(&mut state.live);
    end_calls(state, live)
}

/// Cancels the selected task with all below it, or takes that back: its calls end, and nothing of it runs until then.
pub(super) fn cancel_task(state: &mut State) -> Vec<Effect> {
    let Some(task) = state.ui.cursor.map(|row| row.task) else { return vec![] };
    let plan = &state.journal.session().plan;
    let on = !state.journal.session().progress(task).cancelled;
    let all = std::mem::take(&mut state.live);
    let (live, others) = all.into_iter().partition(|(_, live)| on && plan.is_below(live.task, task));
    state.live = others;
    let below = plan.subtree(task).len();
    let whole = plan.root() == Some(task);
    state.journal.open_turn();
    let mut effects = end_calls(state, live);
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

/// Ends these calls and keeps what they wrote.
fn end_calls(state: &mut State, live: std::collections::BTreeMap<CallId, Live>) -> Vec<Effect> {
    let mut effects: Vec<Effect> = live.keys().map(|call| Effect::Engine(Command::Cancel(*call))).collect();
    let stopped: Vec<Event> = live.into_iter().map(|(call, live)| stopped(call, live, state.now)).collect();
    effects.extend(record(state, stopped).unwrap_or_default());
    effects
}

/// Ends one call now, keeping what it wrote.
pub(super) fn stop(state: &mut State, call: CallId) -> Vec<Effect> {
    let Some(live) = state.live.remove(&call) else { return vec![] };
    let event = stopped(call, live, state.now);
    let mut effects = vec![Effect::Engine(Command::Cancel(call))];
    effects.extend(record(state, [event]).unwrap_or_default());
    effects
}

fn stopped(call: CallId, live: Live, now: u64) -> Event {
    let usage = crate::ask::Usage {
        output_tokens: live.tokens.len() as u32,
        prompt_tokens: live.prefill.map_or(0, |(done, _)| done as u32),
        seconds: now.saturating_sub(live.since) as f64 / 1000.0,
        ..Default::default()
    };
    let text = live.text();
    let partial = Answer { text, tokens: live.tokens, usage, finish: Finish::Cancelled, ..Answer::default() };
    Event::Stopped { call, partial }
}
