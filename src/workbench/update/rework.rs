//! Larger edits by the person's hand, of several tasks and of structure. Those that begin with a text are in `typed`, those
//! that choose from a list in `choices`.

mod choices;
mod typed;

pub(super) use choices::{choose, take_choice};
pub(super) use typed::{ask, just_changed, take};

use super::{browsing, change, typing};
use crate::{
    ids::TaskId,
    plan::{Edit, Plan, Redraft, Reworked},
    session::{Actor, Event},
    workbench::{
        Action, Effect, RowId, State, Weight,
        sheet::{Row, Tone},
    },
};

/// The tasks that an edit is about: the marked ones, else the selected one.
pub(super) fn chosen(state: &State) -> Vec<TaskId> {
    let plan = &state.journal.session().plan;
    let marked: Vec<TaskId> = state.ui.marked.iter().copied().filter(|task| plan.contains(*task)).collect();
    if marked.is_empty() { state.ui.cursor.map(|row| row.task).into_iter().collect() } else { marked }
}

/// Makes the edits as one change. `words` are said when it is done.
pub(super) fn make(state: &mut State, edits: Result<Vec<Edit>, String>, words: &str) -> Vec<Effect> {
    let edits = match edits {
        Ok(edits) if edits.is_empty() => {
            state.say(Weight::Info, "nothing was changed");
            return vec![];
        }
        Ok(edits) => edits,
        Err(why) => {
            let why = super::spoken(&state.journal.session().plan, &why);
            return typing::refuse(state, Weight::Warning, why);
        }
    };
    let before = state.journal.records().len();
    let effects = change(state, Event::Edited { by: Actor::Person, edits, reason: None });
    if before < state.journal.records().len() {
        let cost = super::stale::cost(state);
        state.say(Weight::Info, [words, &cost].concat());
        state.ui.marked.clear();
    }
    effects
}

fn select(state: &mut State, task: TaskId) {
    if state.journal.session().plan.contains(task) {
        browsing::reveal(state, RowId::task(task));
    }
}

/// Edits that need no text.
pub(super) fn rework(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(task) = state.ui.cursor.map(|row| row.task) else { return vec![] };
    let (plan, fresh) = (state.journal.session().plan.clone(), state.journal.fresh_task());
    let chosen = chosen(state);
    let top = plan.topmost(&chosen);
    // Each of several is done on what the one before it left.
    let each = |one: &dyn Fn(&Plan, TaskId) -> Reworked, tasks: &[TaskId]| {
        let (mut grown, mut all) = (plan.clone(), vec![]);
        for task in tasks {
            let edits = one(&grown, *task)?;
            edits.iter().try_for_each(|edit| grown.apply(edit)).map_err(|error| error.to_string())?;
            all.extend(edits);
        }
        Ok(all)
    };
    let effects = match action {
        Action::Indent => make(state, each(&|plan, task| plan.indent(task), &top), "indented"),
        Action::Outdent => {
            let turned: Vec<TaskId> = top.into_iter().rev().collect();
            make(state, each(&|plan, task| plan.outdent(task), &turned), "outdented")
        }
        Action::Duplicate => {
            let effects = make(state, plan.duplicate(task, fresh), "duplicated");
            select(state, fresh);
            return effects;
        }
        Action::DeleteAlone => make(
            state,
            each(&|plan, task| plan.dissolve(task), &top),
            "deleted; its parts are in its place, z brings it back",
        ),
        Action::MoveHere => {
            if state.ui.marked.is_empty() {
                state.say(Weight::Info, "mark what is to be moved with v, select the place, then press m");
                return vec![];
            }
            make(state, plan.bring(&top, task), "moved here")
        }
        Action::Collapse => {
            let on = !plan.task(task).is_some_and(|task| task.collapsed);
            let able = |task: &TaskId| !plan.parts(*task).is_empty() || !on;
            let edits: Vec<Edit> = chosen
                .iter()
                .filter(|task| able(task))
                .map(|task| Edit::Collapse { task: *task, on })
                .collect();
            if edits.is_empty() {
                state.say(Weight::Info, "it has no parts: it is one call already");
                return vec![];
            }
            let words =
                if on { "one direct call answers it; its parts sleep" } else { "its parts answer it" };
            make(state, Ok(edits), words)
        }
        Action::SplitByStrategy => {
            let strategy = state.settings().strategy.clone();
            let leaf = |task: &&TaskId| plan.parts(**task).is_empty();
            let set = |task: &TaskId| Edit::SetStrategy { task: *task, strategy: Some(strategy.clone()) };
            let edits: Vec<Edit> = chosen.iter().filter(leaf).map(set).collect();
            if edits.is_empty() {
                state.say(Weight::Info, "it has parts already: d deletes them, then it can be split again");
                return vec![];
            }
            make(state, Ok(edits), &format!("{strategy} splits it at the next step"))
        }
        _ => vec![],
    };
    browsing::keep_cursor(state);
    effects
}

/// Marks for edits of several tasks.
pub(super) fn mark(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(task) = state.ui.cursor.map(|row| row.task) else { return vec![] };
    if action == Action::Mark {
        if !state.ui.marked.remove(&task) {
            state.ui.marked.insert(task);
        }
        browsing::browse(state, Action::Down);
    } else {
        let all = state.journal.session().plan.subtree(task);
        let off = all.iter().all(|task| state.ui.marked.contains(task));
        for task in all {
            if off {
                state.ui.marked.remove(&task)
            } else {
                state.ui.marked.insert(task)
            };
        }
    }
    let words = match state.ui.marked.len() {
        0 => "nothing is marked".to_owned(),
        1 => "1 task is marked: edits change it; esc unmarks".to_owned(),
        n => format!("{n} tasks are marked: edits change them all; esc unmarks"),
    };
    state.say(Weight::Info, words);
    vec![]
}

/// The first press chooses who needs, the second on another task whose answer.
pub(super) fn wire(state: &mut State) -> Vec<Effect> {
    let Some(task) = state.ui.cursor.map(|row| row.task) else { return vec![] };
    match state.ui.wiring.take() {
        None => {
            state.ui.wiring = Some(task);
            state.say(Weight::Info, "go to the task whose answer it uses: # wires or unwires it, esc leaves");
            vec![]
        }
        Some(user) => {
            let plan = state.journal.session().plan.clone();
            let wired = plan.needs(user).contains(&task);
            let words =
                if wired { "unwired" } else { "wired; e changes where in the words the answer stands" };
            let effects = make(state, plan.wire(user, task), words);
            select(state, user);
            effects
        }
    }
}

/// Keeps the answer that the task has against whatever changes above, or lets it go.
pub(super) fn pin(state: &mut State) -> Vec<Effect> {
    let session = state.journal.session();
    let tasks = chosen(state);
    let pinned = |task: &TaskId| session.progress(*task).pinned.is_some();
    let release = tasks.iter().any(pinned);
    let events: Vec<Event> = tasks
        .iter()
        .filter_map(|task| {
            let answer = if release { None } else { Some(session.answer(*task)?.to_owned()) };
            (pinned(task) == release).then_some(Event::Pinned { task: *task, answer, reason: None })
        })
        .collect();
    if events.is_empty() {
        state.say(Weight::Info, "it has no answer to keep yet: t types one");
        return vec![];
    }
    let effects = super::record_turn(state, events).unwrap_or_default();
    let words = match release {
        true => "unpinned: the computed answer counts again",
        false => "pinned: it stands whatever changes above, P lets it go",
    };
    let cost = super::stale::cost(state);
    state.say(Weight::Info, [words, &cost].concat());
    browsing::keep_cursor(state);
    effects
}

/// Makes the edits of a sheet that was agreed to.
pub(super) fn take_redraft(state: &mut State, edits: Vec<Edit>, task: TaskId) -> Vec<Effect> {
    let effects = make(state, Ok(edits), "taken as one change");
    select(state, task);
    effects
}

/// What a changed text means, as lines.
pub(super) fn told(redraft: &Redraft) -> Vec<Row> {
    use crate::plan::Changed;
    let row = |changed: &Changed| match changed {
        Changed::Added(line) => vec![Row::new(Tone::Added, ["+".to_owned(), line.clone()])],
        Changed::Removed(line) => vec![Row::new(Tone::Removed, ["-".to_owned(), line.clone()])],
        Changed::Moved(line) => vec![Row::new(Tone::Changed, [">".to_owned(), line.clone()])],
        Changed::Reworded(from, to) => vec![
            Row::new(Tone::Removed, ["-".to_owned(), from.clone()]),
            Row::new(Tone::Added, ["+".to_owned(), to.clone()]),
        ],
    };
    redraft.changes.iter().flat_map(row).collect()
}
