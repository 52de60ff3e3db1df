//! Changes of the plan by the person's hand.

use super::{browsing, change, rework, stale, typing};
use crate::{
    decision::{Candidate, Decision},
    engine::Status,
    ids::TaskId,
    plan::{Draft, Edit, notation, rewritten},
    router, session,
    session::{Actor, Event},
    strategy,
    workbench::{
        Action, Effect, Mode, RowId, State, Weight,
        buffer::Buffer,
        mode::{Purpose, RerouteMode},
    },
};

fn selected(state: &State) -> Option<TaskId> {
    Some(state.ui.cursor?.task)
}

fn edited(edits: Vec<Edit>) -> Event {
    Event::Edited { by: Actor::Person, edits, reason: None }
}

/// The words of a task as they are edited: with both tags, except for the goal.
pub(super) fn as_typed(state: &State, task: TaskId) -> String {
    let plan = &state.journal.session().plan;
    let text = plan.text(task);
    match plan.task(task) {
        Some(found) if plan.root() != Some(task) => {
            let (operator, expert) = (found.draft.operator, found.draft.expert.clone());
            notation::Step { operator, expert, text }.to_string()
        }
        _ => text,
    }
}

pub(super) fn edit_text(state: &mut State, outside: bool) -> Vec<Effect> {
    let Some(task) = selected(state) else { return vec![] };
    let text = as_typed(state, task);
    typing::begin(state, Purpose::EditText(task), Buffer::of(text.clone()));
    if outside { vec![Effect::EditOutside(text)] } else { vec![] }
}

pub(super) fn insert(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(task) = selected(state) else { return vec![] };
    let plan = &state.journal.session().plan;
    let (parent, at) = match plan.parent(task) {
        Some(parent) if action == Action::InsertAfter => (parent, plan.position(task)),
        Some(parent) if action == Action::InsertBefore => (parent, plan.position(task) - 1),
        _ => (task, plan.parts(task).len()),
    };
    typing::begin(state, Purpose::Insert { parent, at }, Buffer::default());
    vec![]
}

/// A typed step becomes a new task, or new words of an old one.
pub(super) fn take_text(state: &mut State, purpose: &Purpose, text: &str) -> Vec<Effect> {
    let text = text.trim();
    if text.is_empty() {
        let words = "a task without text says nothing: nothing was changed";
        return typing::refuse(state, Weight::Warning, words);
    }
    let plan = &state.journal.session().plan;
    let step = notation::read_step(text.strip_prefix("QS: ").unwrap_or(text));
    let known = |name: &String| state.tools.roster.get(name).is_some();
    let unknown = step.expert.clone().filter(|name| !known(name));
    let mut effects = match *purpose {
        Purpose::Insert { parent, at } => {
            let task = state.journal.fresh_task();
            let draft = Draft::of_step(&step, plan, Some(parent));
            let add = Edit::Add { task, parent: Some(parent), at, draft };
            let effects = rework::make(state, Ok(vec![add]), "added");
            if state.journal.session().plan.contains(task) {
                browsing::reveal(state, RowId::task(task));
            }
            effects
        }
        Purpose::EditText(task) if plan.root() == Some(task) => {
            let phrase = crate::plan::Phrase::text(text);
            rework::make(state, Ok(vec![Edit::SetPhrase { task, phrase }]), "changed")
        }
        Purpose::EditText(task) => {
            if !plan.contains(task) {
                return vec![];
            }
            let edits = rewritten(plan, task, &step);
            rework::make(state, Ok(edits), "changed")
        }
        _ => vec![],
    };
    if let Some(name) = unknown {
        state.say(Weight::Warning, format!("no expert is called `{name}`: r chooses one that exists"));
    }
    effects.shrink_to_fit();
    effects
}

pub(super) fn delete(state: &mut State) -> Vec<Effect> {
    let plan = &state.journal.session().plan;
    let top = plan.topmost(&rework::chosen(state));
    if top.iter().any(|task| plan.root() == Some(*task)) {
        state.say(Weight::Warning, "the goal itself stays where it is: n starts another");
        return vec![];
    }
    let gone: std::collections::HashSet<TaskId> = top.iter().flat_map(|task| plan.subtree(*task)).collect();
    let used = gone.iter().any(|task| plan.feeds(*task).iter().any(|user| !gone.contains(user)));
    let mut words = match gone.len() {
        1 => "deleted; z brings it back".to_owned(),
        count => format!("{count} tasks deleted; z brings them back"),
    };
    if used {
        words.push_str("; what used its answer is marked #?");
    }
    let effects =
        rework::make(state, Ok(top.into_iter().map(|task| Edit::Remove { task }).collect()), &words);
    browsing::keep_cursor(state);
    effects
}

pub(super) fn shift(state: &mut State, down: bool) -> Vec<Effect> {
    let Some(task) = selected(state) else { return vec![] };
    let plan = &state.journal.session().plan;
    let Some(parent) = plan.parent(task) else { return vec![] };
    let at = plan.position(task) - 1;
    let to = if down { at + 1 } else { at.wrapping_sub(1) };
    if plan.parts(parent).len() <= to {
        state.say(Weight::Warning, "it is at the end of its row already");
        return vec![];
    }
    rework::make(state, Ok(vec![Edit::Move { task, parent, at: to }]), "moved")
}

/// Is there nothing that the selected task itself would ask anew, because its parts answer it?
pub(super) fn has_its_parts(state: &State) -> bool {
    let Some(task) = selected(state) else { return false };
    let plan = &state.journal.session().plan;
    let collapsed = plan.task(task).is_some_and(|task| task.collapsed);
    if plan.parts(task).is_empty() || collapsed {
        return false;
    }
    state.survey.asks(&state.journal, task).is_empty()
}

/// Does an answer of the person's own stand above whatever the selected task would be answered?
pub(super) fn is_pinned(state: &State) -> bool {
    selected(state).is_some_and(|task| state.journal.session().progress(task).pinned.is_some())
}

/// Asks a task anew although its answer is known.
pub(super) fn again(state: &mut State) -> Vec<Effect> {
    let Some(task) = selected(state) else { return vec![] };
    let effects = ask_again(state, &[task]);
    state.say(Weight::Info, "it will be asked again: s steps");
    effects
}

pub(super) fn ask_again(state: &mut State, tasks: &[TaskId]) -> Vec<Effect> {
    let edits = state.survey.again(&state.journal, tasks);
    if edits.is_empty() { vec![] } else { change(state, edited(edits)) }
}

/// Opens the list of experts: those the router weighed with their scores, then all others.
pub(super) fn reroute(state: &mut State) -> Vec<Effect> {
    let Some(task) = selected(state) else { return vec![] };
    if state.survey.look(task).is_some_and(|look| look.composite)
        && !state.journal.session().plan.parts(task).is_empty()
    {
        state.say(Weight::Warning, "a task with parts is answered by its parts: select one of them");
        return vec![];
    }
    let routed = state.journal.session().progress(task).routed.as_ref();
    let mut candidates: Vec<Candidate> =
        routed.map(|(_, decision)| decision.candidates.clone()).unwrap_or_default();
    for card in state.tools.roster.cards() {
        if !candidates.iter().any(|candidate| candidate.expert == card.name) {
            let reason = card.description.clone();
            candidates.push(Candidate { expert: card.name.clone(), score: 0.0, reason });
        }
    }
    for candidate in &mut candidates {
        let card = state.tools.roster.get(&candidate.expert);
        if let Some(server) = card.and_then(|card| card.server.as_ref()) {
            candidate.reason = format!("at {server}: {}", candidate.reason);
        }
    }
    let chosen = state.survey.look(task).map(|look| look.by.clone()).unwrap_or_default();
    let cursor = candidates.iter().position(|candidate| candidate.expert == chosen).unwrap_or(0);
    state.mode = Mode::Reroute(RerouteMode { task, candidates, cursor });
    vec![]
}

/// The person's choice stands until the person changes it.
pub(super) fn take_route(state: &mut State, task: TaskId, expert: &str, reason: &str) -> Vec<Effect> {
    let routed = state.journal.session().progress(task).routed.as_ref();
    let by_hand = routed.is_some_and(|(key, decision)| key.is_empty() && decision.chosen == expert);
    if by_hand && reason.trim().is_empty() {
        state.say(Weight::Info, format!("it is {expert} by your choice already: nothing was changed"));
        return vec![];
    }
    let stays = routed.is_some_and(|(_, decision)| decision.chosen == expert);
    let candidates = routed.map(|(_, decision)| decision.candidates.clone()).unwrap_or_default();
    let reason = Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    let decision = Decision {
        router: "person".to_owned(),
        chosen: expert.to_owned(),
        candidates,
        confidence: 1.0,
        margin: 0.0,
        reason,
        version: None,
        threshold: None,
    };
    let effects = change(state, Event::Routed { task, key: String::new(), decision });
    let words = if stays {
        format!("it stays with {expert}, by your choice now")
    } else {
        format!("re-routed to {expert}")
    };
    let cost = stale::cost(state);
    state.say(Weight::Info, [words, cost].concat());
    effects
}

pub(super) fn type_answer(state: &mut State) -> Vec<Effect> {
    let Some(task) = selected(state) else { return vec![] };
    let answer = state.journal.session().answer(task).unwrap_or_default().to_owned();
    typing::begin(state, Purpose::Answer(task), Buffer::of(answer));
    vec![]
}

/// The person's answer: to a question that waited for it, or against the computed one.
pub(super) fn take_answer(state: &mut State, task: TaskId, text: &str) -> Vec<Effect> {
    let answer = text.trim().to_owned();
    let asked = state.survey.look(task).filter(|look| look.status == Status::NeedsPerson && !look.composite);
    let pinned = state.journal.session().progress(task).pinned.is_some();
    if answer.is_empty() && !pinned {
        state.say(Weight::Info, "no answer was typed, and there is none of yours to take back");
        return vec![];
    }
    let event = match asked {
        Some(look) if !answer.is_empty() => Event::Solved { task, key: look.key.clone(), answer },
        _ => Event::Pinned { task, answer: Some(answer).filter(|answer| !answer.is_empty()), reason: None },
    };
    let words = match &event {
        Event::Pinned { answer: Some(_), .. } => "pinned: your answer stands until you take it back",
        Event::Pinned { .. } => match state.journal.session().progress(task).solved {
            Some(_) => "taken back: the computed answer stands",
            None => "taken back: there is no computed answer yet",
        },
        _ => "taken",
    };
    let effects = change(state, event);
    state.say(Weight::Info, words);
    effects
}

pub(super) fn next_setting(state: &mut State, action: Action) -> Vec<Effect> {
    let mut settings: session::Settings = state.settings().clone();
    let after = |names: Vec<&str>, now: &str| {
        let at = names.iter().position(|name| *name == now).map_or(0, |at| at + 1);
        names[at % names.len()].to_owned()
    };
    let words = if action == Action::NextStrategy {
        let names = strategy::strategies().iter().map(|strategy| strategy.name()).collect();
        settings.strategy = after(names, &settings.strategy);
        let about = strategy::strategy(&settings.strategy).map_or("", |strategy| strategy.about());
        format!("strategy {}: {about}", settings.strategy)
    } else {
        let names = router::routers().iter().map(|router| router.name()).collect();
        settings.router = after(names, &settings.router);
        let about = router::router(&settings.router).map_or("", |router| router.about());
        format!("router {}: {about}", settings.router)
    };
    state.defaults = settings.clone();
    let effects = configure(state, settings);
    let cost = stale::cost(state);
    state.say(Weight::Info, [words, cost].concat());
    effects
}

/// These settings hold from now on in the session that is open, if one is and has others.
pub fn configure(state: &mut State, settings: session::Settings) -> Vec<Effect> {
    let others = state.journal.session().settings.as_ref().is_some_and(|old| *old != settings);
    if others { change(state, Event::Configured { settings }) } else { vec![] }
}
