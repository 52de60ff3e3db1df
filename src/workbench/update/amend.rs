//! Changes of one call by the person's hand: the prompt that it sends, the text that its answer begins with.

use super::{browsing, change, record, typing};
use crate::{
    ask::{Prompt, Request},
    engine::{Asking, Move},
    ids::TaskId,
    session::{
        Amendment, Event, Outcome, Purpose,
        amend::{read_prompt, write_prompt},
    },
    workbench::{Effect, RowId, State, Weight, buffer::Buffer, mode},
};

/// The calls of a task that a person can amend: its answers, and what its strategy asks.
pub(super) fn asks(state: &State, task: TaskId) -> Vec<Asking> {
    let mut asks = state.survey.asks(&state.journal, task);
    asks.retain(|asking| matches!(asking.purpose, Purpose::Propose | Purpose::Answer));
    asks
}

/// The call that the row is about: of its item, else the one that comes next, else the last. An error says why there is
/// none.
pub(super) fn asking_of(state: &State, row: RowId) -> Result<Asking, String> {
    let mut asks = asks(state, row.task);
    let answered = |asking: &Asking| {
        let call = state.journal.call_for(&asking.key);
        call.is_some_and(|call| matches!(call.outcome, Outcome::Answered(_)))
    };
    let at = match row.item {
        Some(item) => item,
        None => asks.iter().position(|asking| !answered(asking)).unwrap_or(asks.len().saturating_sub(1)),
    };
    if at < asks.len() {
        return Ok(asks.swap_remove(at));
    }
    let look = state.survey.look(row.task);
    Err(match look {
        Some(look) if look.status.why().is_some() => {
            format!("it makes no call yet: {}", look.status.why().unwrap_or_default())
        }
        Some(look) if look.composite => {
            "its plan is made and nothing is asked for it any more: go back in time (@), or select a part"
                .to_owned()
        }
        _ => "it makes no call".to_owned(),
    })
}

/// A task that nobody has routed yet is routed first, if that asks nobody.
pub(super) fn route_first(state: &mut State, task: TaskId) -> Vec<Effect> {
    let next = state.survey.moves(&state.journal, task).into_iter().next();
    match next {
        Some(Move::Record(event @ Event::Routed { .. })) => {
            state.journal.open_turn();
            record(state, [event]).unwrap_or_default()
        }
        _ => vec![],
    }
}

/// Opens the prompt of the selected task's next call, or of its last one.
pub(super) fn edit_prompt(state: &mut State) -> Vec<Effect> {
    let Some(row) = state.ui.cursor else { return vec![] };
    let effects = route_first(state, row.task);
    let asking = match asking_of(state, row) {
        Ok(asking) => asking,
        Err(why) => {
            state.say(Weight::Warning, why);
            return effects;
        }
    };
    let Some(prompt) = prompt_of(&asking.ask.request) else {
        state.say(
            Weight::Warning,
            "this call sends no prompt that could be edited: e changes the task's words",
        );
        return effects;
    };
    let purpose = mode::Purpose::Prompt { task: row.task, purpose: asking.purpose, key: asking.natural };
    typing::begin(state, purpose, Buffer::of(write_prompt(&prompt)));
    effects
}

/// What a request lets be edited as its prompt: of a function its question.
pub(super) fn prompt_of(request: &Request) -> Option<Prompt> {
    match request {
        Request::Generate(generate) => Some(generate.prompt.clone()),
        Request::Score { prompt, .. } => Some(prompt.clone()),
        Request::Compute { question } => Some(Prompt::Raw(question.clone())),
        Request::Similar { .. } | Request::Embed { .. } | Request::Person { .. } => None,
    }
}

/// The typed prompt takes the place of the one that the call would send; an empty one takes every change back.
pub(super) fn take_prompt(
    state: &mut State,
    task: TaskId,
    purpose: Purpose,
    natural: &str,
    text: &str,
) -> Vec<Effect> {
    let Some(asking) = find(state, task, purpose, natural) else {
        let words = "the call is another one by now: nothing was changed";
        return typing::refuse(state, Weight::Warning, words);
    };
    let Some(own) = prompt_of(&asking.unchanged.request) else { return vec![] };
    let old = asking.amendment.clone().unwrap_or_default();
    if text.trim().is_empty() {
        return amend(state, task, &asking, Amendment::default(), "the call is as it was by itself");
    }
    let prompt = Some(read_prompt(text, &own)).filter(|prompt| *prompt != own);
    let words = match &prompt {
        Some(_) => "the next call of this task sends your prompt: s asks, z takes it back",
        None => "the prompt is as it was by itself",
    };
    amend(state, task, &asking, Amendment { prompt, ..old }, words)
}

/// The call of the task that has this key by itself.
pub(super) fn find(state: &State, task: TaskId, purpose: Purpose, natural: &str) -> Option<Asking> {
    let asks = state.survey.asks(&state.journal, task);
    asks.into_iter().find(|asking| asking.purpose == purpose && asking.natural == natural)
}

/// Writes an amendment down, in a turn of its own, if it is another than before.
pub(super) fn amend(
    state: &mut State,
    task: TaskId,
    asking: &Asking,
    amendment: Amendment,
    words: &str,
) -> Vec<Effect> {
    if asking.amendment.clone().unwrap_or_default() == amendment {
        state.say(Weight::Info, "nothing was changed");
        return vec![];
    }
    let (purpose, key) = (asking.purpose, asking.natural.clone());
    let before = state.journal.records().len();
    let effects = change(state, Event::Amended { task, purpose, key, amendment });
    if before < state.journal.records().len() {
        browsing::keep_cursor(state);
        let cost = super::stale::cost(state);
        state.say(Weight::Info, format!("{words}{cost}"));
    }
    effects
}
