//! Stepping and running: begun, taken up, one call made; `driving` goes on from move to move, `stopping` pauses and cancels.

mod driving;
mod stopping;

pub(super) use driving::drive;
pub(super) use stopping::{cancel, cancel_task, end_lapsed, ended, pause_or_resume, stop, stop_all};

use super::{edits, record, rework};
use crate::{
    ask::Ask,
    engine::{Bound, Command, ModelState, Move, Status, Which, next_move},
    ids::TaskId,
    session::{Event, JournalError, Purpose, Settings, StepGrain},
    workbench::{Effect, Live, Run, State, Weight},
};

/// Begins to run. What failed or was ended before is asked anew: all of it by a run, one task by a step.
pub(super) fn start(state: &mut State, run: Run) -> Vec<Effect> {
    if run != Run::When {
        state.debug.until = None;
    }
    if paused(state) {
        return take_up(state, run);
    }
    state.ui.stays = state.ui.cursor.map(|row| row.task).filter(|task| rework::just_changed(state, *task));
    state.journal.open_turn();
    state.ended = None;
    let mut effects = with_this_model(state);
    let mut failed = state.survey.in_the_way(&state.journal);
    let selected = state.ui.cursor.map(|row| row.task).filter(|task| failed.contains(task));
    if matches!(run, Run::Step | Run::Into | Run::Over | Run::Stale) {
        let stuck = || matches!(next_move(&state.journal, &state.survey), Err(Bound::Stuck(..)));
        let first = || failed.first().copied().filter(|_| stuck());
        let one = selected.filter(|_| run != Run::Stale).or_else(first);
        failed = one.into_iter().collect();
    }
    effects.extend(edits::ask_again(state, &failed));
    if run == Run::Step
        && let Some(task) = selected
        && let Some(Move::Ask { key, .. }) = state.survey.moves(&state.journal, task).into_iter().next()
    {
        // This one, even if another one comes before it.
        effects.extend(run_call(state, task, &key));
        return effects;
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
    !state.live.is_empty() && state.live.values().all(|live| live.is_paused())
}

/// Goes on with what is paused, as far as this run goes.
fn take_up(state: &mut State, run: Run) -> Vec<Effect> {
    state.run = run;
    state.live.values_mut().for_each(|live| live.go_on(state.now));
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
        waits: String::new(),
        since: state.now,
        writing_since: None,
        paused_at: None,
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

/// The log did not take something: nothing goes on.
fn refuse(state: &mut State, why: &str, effects: Vec<Effect>) -> Vec<Effect> {
    state.run = Run::Idle;
    state.live.clear();
    state.look();
    state.say(Weight::Error, why);
    effects
}
