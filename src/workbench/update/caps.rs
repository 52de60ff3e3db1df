//! What happens at a cap: the plan pauses and asks, and what was done is kept.

use super::{change, running, sheets};
use crate::{
    engine::{
        Bound, Command,
        caps::{self, Reached},
        estimate,
    },
    ids::{CallId, TaskId},
    plan::{Budget, Edit, Spent},
    session::{Actor, Event, Settings},
    workbench::{
        Effect, Run, State, Weight,
        sheet::{Kind, Row, Sheet, Tone},
    },
};
use std::collections::BTreeSet;

fn running_calls(state: &State) -> BTreeSet<CallId> {
    state.live.keys().copied().collect()
}

/// How a budget stands, that of a task or that of the session, what is being written included.
fn standing(state: &State, owner: Option<TaskId>) -> Option<Reached> {
    let budget = match owner {
        Some(task) => state.journal.session().plan.task(task)?.draft.budget?,
        None => state.settings().limits.budget(),
    };
    let mut spent = match owner {
        Some(task) => caps::spent(&state.journal, task, &running_calls(state)),
        None => state.journal.spent(),
    };
    spent += writing(state, owner);
    let part = budget.broken(spent).unwrap_or_default();
    Some(Reached { task: owner, budget, spent, part })
}

/// What calls under way have used so far, below a task or in all.
fn writing(state: &State, below: Option<TaskId>) -> Spent {
    let plan = &state.journal.session().plan;
    let mut sum = Spent::default();
    for live in state.live.values().filter(|live| below.is_none_or(|above| plan.is_below(live.task, above))) {
        sum.output_tokens += live.tokens.len() as u32;
        sum.seconds += live.seconds(state.now);
    }
    sum
}

/// A budget as far as the tasks above leave room for it: a cap can not be wider than what they have left.
pub(super) fn narrowed(state: &State, task: TaskId, budget: Budget) -> Budget {
    let (journal, running) = (&state.journal, running_calls(state));
    let spent = caps::spent(journal, task, &running);
    let above = journal.session().plan.parent(task);
    let left = above.and_then(|above| caps::left(journal, above, &running));
    left.map_or(budget, |left| budget.within(left.beyond(spent)))
}

/// A call for this task, or any, would go beyond a cap: asks the person how it goes on. Without one nothing is asked.
pub(super) fn ask(state: &mut State, task: Option<TaskId>) {
    let owner = task.and_then(|task| caps::reached(&state.journal, task, &running_calls(state))?.task);
    if state.interactive && owner.is_some() == task.is_some() {
        ask_of(state, owner);
    }
}

fn ask_of(state: &mut State, owner: Option<TaskId>) {
    let Some(cap) = standing(state, owner) else { return };
    let plan = &state.journal.session().plan;
    let whose = match cap.task {
        None => "the session".to_owned(),
        Some(task) if plan.root() == Some(task) => "the goal".to_owned(),
        Some(task) => plan.reference(TaskId(u32::MAX), task),
    };
    let (raised, lifted) = (wider(state, &cap, cap.budget.raised(cap.spent)), cap.budget.lifted(cap.spent));
    let (_, rest) = estimate::left(&state.journal, &state.survey);
    let live = state.live.values().filter(|live| live.is_paused()).count();
    let mut head = vec![(Tone::Strong, format!("the budget of {whose} is spent: {}", cap.part))];
    if 0 < live {
        head.push((Tone::Plain, "what is being written is paused, and kept whatever you choose".to_owned()));
    }
    head.push((
        Tone::Dim,
        format!("left to do, as far as the plan goes: {}", super::stale::told(&rest.sum())),
    ));
    let rows = [
        ("raise", format!("to {raised}, and go on")),
        (
            "go on",
            match lifted {
                Some(left) => format!("without that cap; what stays is {left}"),
                None => "without that cap".to_owned(),
            },
        ),
        ("stop", "keep what is there; nothing is lost".to_owned()),
    ];
    let sheet = Sheet {
        kind: Kind::Cap(cap.task),
        title: "At the cap".to_owned(),
        head,
        columns: vec![8, 0],
        rows: rows.map(|(word, about)| Row::new(Tone::Plain, [word.to_owned(), about])).into(),
        cursor: 0,
        below: vec![],
        keys: vec![("enter", "take"), ("$", "another budget")],
    };
    sheets::show(state, sheet);
}

/// A wider budget, as far as the tasks above leave room.
fn wider(state: &State, cap: &Reached, budget: Budget) -> Budget {
    cap.task.map_or(budget, |task| narrowed(state, task, budget))
}

/// Takes the answer.
pub(super) fn take(state: &mut State, task: Option<TaskId>, at: usize) -> Vec<Effect> {
    let Some(cap) = standing(state, task) else { return vec![] };
    let budget = match at {
        0 => Some(wider(state, &cap, cap.budget.raised(cap.spent))),
        1 => cap.budget.lifted(cap.spent),
        _ => {
            let effects = running::stop_all(state);
            state.say(Weight::Info, "stopped at the cap; everything is kept");
            return effects;
        }
    };
    let event = match cap.task {
        Some(task) => {
            let edits = vec![Edit::SetBudget { task, budget }];
            Event::Edited { by: Actor::Person, edits, reason: Some("the cap was reached".to_owned()) }
        }
        None => {
            let old = state.settings().clone();
            let limits = old.limits.with(budget.unwrap_or_default());
            Event::Configured { settings: Settings { limits, ..old } }
        }
    };
    let paused: Vec<CallId> =
        state.live.iter().filter(|(_, live)| live.is_paused()).map(|(call, _)| *call).collect();
    let mut effects = change(state, event);
    match paused.is_empty() {
        true => effects.extend(running::start(state, Run::All)),
        false => {
            state.live.values_mut().for_each(|live| live.go_on(state.now));
            effects.extend(paused.into_iter().map(|call| Effect::Engine(Command::Resume(call))));
            state.say(Weight::Info, "going on");
        }
    }
    effects
}

/// Called as tokens come: pauses what would go beyond a cap of tokens or seconds.
pub(super) fn watch(state: &mut State, task: TaskId) -> Vec<Effect> {
    let Some((owner, part)) = overrun(state, task) else { return vec![] };
    if !state.interactive {
        let effects = running::stop_all(state);
        let words = format!("the budget ({part}) is spent; what was written is kept");
        state.say(Weight::Warning, words.clone());
        state.ended = Some(owner.map_or(Bound::Limit(words.clone()), |task| Bound::Cap(task, words.clone())));
        return effects;
    }
    if state.live.values().any(|live| live.is_paused()) {
        return vec![];
    }
    state.live.values_mut().for_each(|live| live.pause(state.now));
    let effects = state.live.keys().map(|call| Effect::Engine(Command::Pause(*call))).collect();
    state.say(Weight::Warning, format!("paused: the budget ({part}) is spent; what was written is kept"));
    ask_of(state, owner);
    effects
}

/// The budget that what is being written breaks, and its part. The number of calls is looked at before each call.
fn overrun(state: &State, task: TaskId) -> Option<(Option<TaskId>, String)> {
    let plan = &state.journal.session().plan;
    let above = std::iter::once(task).chain(plan.ancestors(task));
    let owners = above.filter(|above| plan.task(*above).is_some_and(|task| task.draft.budget.is_some()));
    owners.map(Some).chain([None]).find_map(|owner| {
        let cap = standing(state, owner)?;
        let part = Budget { calls: None, ..cap.budget }.broken(cap.spent)?;
        Some((owner, part))
    })
}
