//! What the engine says. A report about a call that nobody waits for is dropped by its id.

use super::{record, running};
use crate::{
    ask::{Answer, Finish},
    engine::{EMBEDDING, ModelState, ModelStatus, Report, Which},
    ids::CallId,
    session::{Call, Event, Outcome, Purpose},
    workbench::{Effect, Run, State, Weight},
};

pub(super) fn report(state: &mut State, report: Report) -> Vec<Effect> {
    if let Some(effects) = super::review::heard(state, &report) {
        return effects;
    }
    match report {
        Report::Prefill { call, done, total } => {
            state.live.get_mut(&call).map(|live| live.prefill = Some((done, total))).unwrap_or_default();
            super::models::refresh(state);
            vec![]
        }
        Report::Waits { call, why } => {
            let Some(live) = state.live.get_mut(&call) else { return vec![] };
            live.waits.clone_from(&why);
            let task = live.task;
            if !why.is_empty() {
                let number = super::number(state, task);
                state.note(Weight::Warning, format!("{number} waits: {why}"));
            }
            vec![]
        }
        Report::Tokens { call, tokens } => {
            let Some(live) = state.live.get_mut(&call) else { return super::stops::answering(state, call) };
            live.writing_since = live.writing_since.or(Some(live.clock(state.now)));
            live.tokens.extend(tokens);
            let (task, beside) = (live.task, live.purpose.is_beside());
            let mut effects = if beside { vec![] } else { super::stops::answering(state, call) };
            effects.extend(super::caps::watch(state, task));
            effects
        }
        Report::Done { call, answer } => match state.live.remove(&call) {
            None => vec![],
            Some(live) if answer.finish == Finish::Cancelled && !live.purpose.is_beside() => {
                let effects = ended(state, Event::Stopped { call, partial: answer });
                state.run = Run::Idle;
                effects
            }
            // No answer, but what had come is not lost.
            Some(_) if matches!(answer.finish, Finish::Cut | Finish::Cancelled) => {
                ended(state, Event::Stopped { call, partial: answer })
            }
            Some(live) => {
                // It was whole before the lane heard of the pause: nothing follows until the person goes on.
                let beside = live.purpose.is_beside();
                let halted = !beside && live.is_paused() && state.live.is_empty() && state.run != Run::Idle;
                if halted {
                    state.run = Run::Idle;
                    let held = "the answer was whole before it could be held; s or c goes on from here";
                    let why =
                        state.debug.stop.as_ref().map(|stop| format!("{}; ", stop.why)).unwrap_or_default();
                    state.say(Weight::Info, format!("paused: {why}{held}"));
                }
                ended(state, Event::Answered { call, answer })
            }
        },
        Report::Failed { call, why } => match state.live.remove(&call) {
            None => vec![],
            Some(live) => {
                let mut effects = ended(state, Event::Failed { call, why });
                if !live.purpose.is_beside() {
                    effects.extend(super::stops::failed(state, live.task));
                }
                effects
            }
        },
        Report::Held(held) => {
            super::models::heard(state, held);
            vec![]
        }
        Report::Model(status) => {
            model(state, status);
            vec![]
        }
        Report::File { model, sha256 } => {
            let learned = (model == EMBEDDING)
                .then(|| state.tools.knowledge.is_of_another_model(Some(&sha256)))
                .flatten();
            state.tools.files.insert(model, sha256);
            state.look();
            compare_files(state);
            if let Some(why) = learned {
                state.note(Weight::Warning, why);
            }
            vec![]
        }
    }
}

/// Says so if the session has answers of another file than the model has now.
pub(super) fn compare_files(state: &mut State) {
    let Some(model) = state.journal.session().settings.as_ref().map(|settings| &settings.model) else {
        return;
    };
    let Some(now) = state.tools.files.get(model) else { return };
    let of_another = |call: &&Call| match &call.outcome {
        Outcome::Answered(answer)
            if call.ask.model.is_none() && Which::kind(&call.ask) == Some(Which::Language) =>
        {
            !answer.file.is_empty() && answer.file != *now
        }
        _ => false,
    };
    let count = state.journal.calls().filter(of_another).count();
    if 0 < count {
        let told = format!(
            "the file of the model {model} is another one now: {count} answers of this session are of a file before, and hold no longer"
        );
        state.note(Weight::Warning, told);
    }
}

/// Notes on an answer which model file gave it.
fn signed(state: &State, call: CallId, mut answer: Answer) -> Answer {
    let Some(ask) = state.journal.call(call).map(|call| &call.ask) else { return answer };
    let usual = state.journal.session().settings.as_ref().map(|settings| &settings.model);
    let model = ask.model.as_ref().or(usual).map_or("", String::as_str);
    if let Some(file) = state.tools.file_for(ask, model) {
        answer.file = file.to_owned();
    }
    answer
}

fn ended(state: &mut State, event: Event) -> Vec<Effect> {
    let event = match event {
        Event::Answered { call, answer } => Event::Answered { call, answer: signed(state, call, answer) },
        Event::Stopped { call, partial } => Event::Stopped { call, partial: signed(state, call, partial) },
        event => event,
    };
    let call = match &event {
        Event::Answered { call, .. } | Event::Failed { call, .. } | Event::Stopped { call, .. } => {
            state.journal.call(*call)
        }
        _ => None,
    };
    let beside = call.is_some_and(|call| call.purpose.is_beside());
    let judge = call.filter(|call| matches!(event, Event::Answered { .. }) && call.purpose == Purpose::Judge);
    let judged = judge.map(|call| call.task);
    // While others go on nobody says how this one ended: the end of the run does where it was the last.
    let failed = match &event {
        Event::Failed { why, .. } => Some(why),
        Event::Stopped { partial, .. } if partial.finish == Finish::Cut => partial.warnings.first(),
        _ => None,
    };
    if let (Some(why), Some(call), false) = (failed, call, beside || state.live.is_empty()) {
        let words = format!("{} failed: {why}", super::number(state, call.task));
        state.mention(Weight::Warning, words);
    }
    match record(state, [event]) {
        Ok(mut effects) => {
            if let Some(task) = judged {
                super::stops::judged(state, task, &mut effects);
            }
            effects.extend(if beside { running::drive(state) } else { running::answered(state) });
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
            state.mention(Weight::Warning, format!("no {which}: {why}"));
        }
        _ => {}
    }
    state.models.insert(status.which, status.state);
}
