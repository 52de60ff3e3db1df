//! Edits that begin with a text: tasks split and merged, checks, budgets, the plan itself, a reason for a change.

use super::{chosen, make};
use crate::{
    ids::{Seq, TaskId},
    judge,
    plan::{Budget, Check, Edit, Plan, notation, outline_of, redraft},
    session::{Actor, Event},
    workbench::{
        Action, Effect, State, Weight,
        buffer::Buffer,
        mode::Purpose,
        update::{browsing, caps, change, edits, sheets, spoken, typing},
    },
};

/// Edits that begin with a text.
pub(in super::super) fn ask(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(task) = state.ui.cursor.map(|row| row.task) else { return vec![] };
    let plan = &state.journal.session().plan;
    let chosen = chosen(state);
    let draft = |task: &TaskId| plan.task(*task).map(|task| task.draft.clone()).unwrap_or_default();
    let (purpose, text) = match action {
        Action::Split => (Purpose::Split(task), edits::as_typed(state, task)),
        Action::Merge => {
            let mut tasks = plan.topmost(&chosen);
            if tasks.len() < 2 {
                let parts = plan.parent(task).map_or(&[][..], |parent| plan.parts(parent));
                tasks = parts.iter().copied().skip(plan.position(task) - 1).take(2).collect();
            }
            if tasks.len() < 2 {
                state.say(Weight::Warning, "there is no task below it to merge with: mark others with v");
                return vec![];
            }
            let words = plan.merged_text(&tasks);
            (Purpose::Merge(tasks), words)
        }
        Action::Check => {
            let now = chosen.first().and_then(|task| draft(task).check);
            (Purpose::Check(chosen), now.map(|check| check.to_string()).unwrap_or_default())
        }
        Action::Budget => {
            let now = chosen.first().and_then(|task| draft(task).budget);
            (Purpose::Budget(chosen), now.map(|budget| budget.to_string()).unwrap_or_default())
        }
        Action::AsText => (Purpose::Outline(task), outline_of(plan, task)),
        Action::Explain => {
            let Some(change) = last_by_hand(state) else {
                state.say(Weight::Info, "nothing was changed by hand yet");
                return vec![];
            };
            (Purpose::Explain(change), String::new())
        }
        _ => return vec![],
    };
    typing::begin(state, purpose, Buffer::of(text));
    vec![]
}

/// The last record by which the person changed something.
fn last_by_hand(state: &State) -> Option<Seq> {
    let by_person = |event: &Event| match event {
        Event::Edited { by, .. } => *by == Actor::Person,
        Event::Routed { key, .. } => key.is_empty(),
        Event::Pinned { .. } | Event::Judged { .. } | Event::Amended { .. } | Event::Configured { .. } => {
            true
        }
        _ => false,
    };
    let path = state.journal.path(state.journal.head()).unwrap_or_default();
    path.into_iter().rev().find(|record| by_person(&record.event)).map(|record| record.seq)
}

/// Was a change of this task by hand the last thing that happened?
pub(in super::super) fn just_changed(state: &State, task: TaskId) -> bool {
    let last = state.journal.head().filter(|head| last_by_hand(state) == Some(*head));
    let record = last.and_then(|head| state.journal.records().get(head.0 as usize));
    record.is_some_and(|record| state.journal.concerns(&record.event, task))
}

/// Takes what was typed.
pub(in super::super) fn take(state: &mut State, purpose: &Purpose, text: &str) -> Vec<Effect> {
    let plan = state.journal.session().plan.clone();
    let steps = || {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(|line| notation::read_step(line.strip_prefix("QS: ").unwrap_or(line))).collect::<Vec<_>>()
    };
    match purpose {
        Purpose::Split(task) => {
            let fresh = state.journal.fresh_task();
            make(state, plan.split(*task, &steps(), fresh), "split; who used its answer uses the last one's")
        }
        Purpose::Merge(tasks) => merge(state, &plan, tasks, text),
        Purpose::Check(tasks) => match check(text) {
            Ok(check) => {
                let other = |task: &&TaskId| plan.task(**task).is_some_and(|task| task.draft.check != check);
                let set = |task: &TaskId| Edit::SetCheck { task: *task, check: check.clone() };
                let edits = tasks.iter().filter(other).map(set).collect();
                let words = if check.is_some() { "checked from now on" } else { "no check any more" };
                make(state, Ok(edits), words)
            }
            Err(why) => typing::refuse(state, Weight::Warning, why),
        },
        Purpose::Budget(tasks) => match text.trim() {
            "" => set_budget(state, tasks, None),
            text => match text.parse::<Budget>() {
                Ok(budget) => set_budget(state, tasks, Some(budget)),
                Err(why) => typing::refuse(state, Weight::Warning, why),
            },
        },
        Purpose::Outline(task) => match redraft(&plan, *task, text, state.journal.fresh_task()) {
            Ok(redraft) => {
                sheets::confirm(state, *task, redraft);
                vec![]
            }
            Err(why) => typing::refuse(state, Weight::Warning, spoken(&plan, &why)),
        },
        Purpose::Explain(of) => {
            let reason = text.trim().to_owned();
            if reason.is_empty() {
                return vec![];
            }
            let effects = change(state, Event::Explained { change: *of, reason });
            state.say(Weight::Info, "kept with the change");
            effects
        }
        _ => vec![],
    }
}

fn merge(state: &mut State, plan: &Plan, tasks: &[TaskId], text: &str) -> Vec<Effect> {
    let one = text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ");
    let step = notation::read_step(one.trim());
    if step.text.trim().is_empty() {
        let words = "a task without text says nothing: nothing was changed";
        return typing::refuse(state, Weight::Warning, words);
    }
    let merged = plan.merge(tasks, &step);
    let effects = make(state, merged, "merged; who used their answers uses this one's");
    browsing::keep_cursor(state);
    effects
}

/// The check that was typed; `None` takes it away.
fn check(text: &str) -> Result<Option<Check>, String> {
    match text.trim() {
        "" => Ok(None),
        text => {
            let check = text.parse::<Check>()?;
            judge::fault(&check).map_or(Ok(Some(check)), Err)
        }
    }
}

/// Sets a budget, as wide as what is left above allows.
fn set_budget(state: &mut State, tasks: &[TaskId], budget: Option<Budget>) -> Vec<Effect> {
    let set = |task: &TaskId| {
        let budget = budget.map(|budget| caps::narrowed(state, *task, budget));
        Edit::SetBudget { task: *task, budget }
    };
    let plan = &state.journal.session().plan;
    let mut edits: Vec<Edit> = tasks.iter().map(set).collect();
    let narrower = edits.iter().find_map(|edit| match edit {
        Edit::SetBudget { budget: set, .. } if *set != budget => set.map(|set| set.to_string()),
        _ => None,
    });
    let words = match narrower {
        Some(set) => format!("budget set to {set}: more is not left above it"),
        None if budget.is_none() => "no budget any more".to_owned(),
        None => "budget set".to_owned(),
    };
    edits.retain(|edit| match edit {
        Edit::SetBudget { task, budget } => plan.task(*task).is_some_and(|task| task.draft.budget != *budget),
        _ => true,
    });
    make(state, Ok(edits), &words)
}
