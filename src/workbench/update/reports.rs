//! What the engine says. A report about a call that nobody waits for is dropped by its id.

use super::{record, running};
use crate::{
    ask::Finish,
    engine::{ModelState, ModelStatus, Report},
    session::{Event, Purpose},
    workbench::{Effect, State, Weight},
};

pub(super) fn report(state: &mut State, report: Report) -> Vec<Effect> {
    if let Some(effects) = super::review::heard(state, &report) {
        return effects;
    }
    match report {
        Report::Prefill { call, done, total } => {
            state.live.get_mut(&call).map(|live| live.prefill = Some((done, total))).unwrap_or_default();
            vec![]
        }
        Report::Tokens { call, tokens } => {
            if let Some(live) = state.live.get_mut(&call) {
                live.writing_since = live.writing_since.or(Some(state.now));
                live.tokens.extend(tokens);
            }
            super::stops::answering(state, call)
        }
        Report::Done { call, answer } => match state.live.remove(&call) {
            None => vec![],
            Some(_) if answer.finish == Finish::Cancelled => {
                let effects = ended(state, Event::Stopped { call, partial: answer });
                state.run = crate::workbench::Run::Idle;
                effects
            }
            // No answer, but what had come is not lost.
            Some(_) if answer.finish == Finish::Cut => ended(state, Event::Stopped { call, partial: answer }),
            Some(_) => ended(state, Event::Answered { call, answer }),
        },
        Report::Failed { call, why } => match state.live.remove(&call) {
            None => vec![],
            Some(live) => {
                let mut effects = ended(state, Event::Failed { call, why });
                effects.extend(super::stops::failed(state, live.task));
                effects
            }
        },
        Report::Model(status) => {
            model(state, status);
            vec![]
        }
    }
}

fn ended(state: &mut State, event: Event) -> Vec<Effect> {
    let judge = match &event {
        Event::Answered { call, .. } => {
            state.journal.call(*call).filter(|call| call.purpose == Purpose::Judge)
        }
        _ => None,
    };
    let judged = judge.map(|call| call.task);
    match record(state, [event]) {
        Ok(mut effects) => {
            if let Some(task) = judged {
                super::stops::judged(state, task, &mut effects);
            }
            effects.extend(running::answered(state));
            effects
        }
        Err(error) => {
            state.say(Weight::Error, error.to_string());
            vec![]
        }
    }
}

pub(super) fn model(state: &mut State, status: ModelStatus) {
    let which = status.which.word();
    match (&status.state, state.model(status.which)) {
        (ModelState::Ready { name, about }, _) => {
            state.note(Weight::Info, format!("{which} ready: {name} ({about})"))
        }
        (ModelState::Missing(why), old) if *old != status.state => {
            state.say(Weight::Warning, format!("no {which}: {why}"));
        }
        _ => {}
    }
    state.models.insert(status.which, status.state);
}
