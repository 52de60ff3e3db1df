//! `replay --again`: every call of a session made once more with its seed, and held against the answer in the log. The same
//! comparison as `A-v` in the workbench; nothing is recorded.

mod tell;

use super::{
    Ending, Hands, Interrupt,
    hands::{Heard, listen},
};
use crate::{
    ask::{Answer, Ask, Finish},
    engine::{Command, ModelState, Report, Tools, Which},
    ids::{CallId, Seq},
    session::{Call, Event, Journal, Outcome, Purpose},
    visible::visible_line,
    workbench::update::repeat::{Came, TOGETHER, decided, repeatable},
};
use std::{
    collections::HashMap,
    io::{self, Write},
};
use tell::{Sum, Teller};

/// The calls of a session that are made once more, and those that are not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Repetition {
    /// In the order in which they were made.
    pub calls: Vec<Call>,
    /// How many calls are left out, and why, in words.
    pub left_out: Vec<(usize, String)>,
}

/// Everything of all branches that was answered whole by a function or a model. Answers of persons can not be asked for
/// again, repetitions would repeat others, and what another model than `model` answered gives other tokens.
pub fn repetition(journal: &Journal, model: &str) -> Repetition {
    let mut left_out: Vec<(usize, String)> = vec![];
    let models = models(journal);
    let reason = |call: &Call| match &call.outcome {
        Outcome::Open => Some("that never came to an end".to_owned()),
        Outcome::Failed(_) => Some("that failed".to_owned()),
        Outcome::Stopped(_) => Some("that stopped before the end".to_owned()),
        Outcome::Answered(_) if call.purpose == Purpose::Repeat => Some("that repeated others".to_owned()),
        Outcome::Answered(_) if !repeatable(call) => Some("of a person".to_owned()),
        Outcome::Answered(_) => {
            let then = models.get(&call.id).filter(|then| **then != model);
            then.filter(|_| usual(&call.ask)).map(|then| format!("made with {then}"))
        }
    };
    let mut calls = vec![];
    for call in journal.calls() {
        match reason(call) {
            None => calls.push(call.clone()),
            Some(why) => match left_out.iter_mut().find(|(_, known)| *known == why) {
                Some((count, _)) => *count += 1,
                None => left_out.push((1, why)),
            },
        }
    }
    Repetition { calls, left_out }
}

/// Is it the model of the settings that answers?
fn usual(ask: &Ask) -> bool {
    Which::serving(ask) == Some(Which::Language)
}

/// The language model of the settings under which each call was made.
fn models(journal: &Journal) -> HashMap<CallId, &str> {
    let mut before: HashMap<Seq, &str> = HashMap::new();
    let mut of_calls = HashMap::new();
    for record in journal.records() {
        let above = record.after.and_then(|after| before.get(&after).copied());
        let now = match &record.event {
            Event::Started { settings, .. } | Event::Configured { settings } => Some(settings.model.as_str()),
            Event::Asked { call, .. } => {
                of_calls.extend(above.map(|model| (*call, model)));
                above
            }
            _ => above,
        };
        before.extend(now.map(|model| (record.seq, model)));
    }
    of_calls
}

/// Which models have to be there: the language model, the embedding model, and those that asks name themselves.
pub fn needed(repetition: &Repetition) -> (bool, bool, Vec<String>) {
    let kind = |which: Which| repetition.calls.iter().any(|call| Which::serving(&call.ask) == Some(which));
    let own = repetition.calls.iter().filter(|call| call.ask.server.is_none());
    let mut named: Vec<String> = own.filter_map(|call| call.ask.model.clone()).collect();
    named.sort();
    named.dedup();
    (kind(Which::Language), kind(Which::Embedding), named)
}

/// Makes the calls of a session once more, several together, and tells how each came out, in their order.
///
/// What a router was told is held against what it chooses by it, with these tools. Ends with `Done` when all are identical or
/// decide the same, `NotMet` when one differs or fails, `NoModel` when a model is not there.
///
/// # Errors
/// `out` can not be written; what is under way is cancelled.
pub async fn again(
    (file, journal, tools): (&str, &Journal, &Tools),
    repetition: &Repetition,
    hands: &mut impl Hands,
    interrupt: &mut Interrupt,
    json: bool,
    out: &mut dyn Write,
    narration: &mut dyn Write,
) -> io::Result<Ending> {
    let calls = &repetition.calls;
    let mut teller = Teller { file, json, out };
    let mut came: Vec<Option<(Came, bool)>> = vec![None; calls.len()];
    let (mut begun, mut told, mut sum, mut missing) = (0, 0, Sum::default(), false);
    // Calls of their own numbers: a person's session is not written.
    let place = |call: CallId| call.0 as usize;
    let ending = loop {
        let under_way = came[..begun].iter().filter(|came| came.is_none()).count();
        if begun < calls.len() && under_way < TOGETHER {
            let ask = calls[begun].ask.clone();
            hands.perform(Command::Ask { call: CallId(begun as u32), ask: Box::new(ask) });
            begun += 1;
            continue;
        }
        if under_way == 0 {
            break None;
        }
        match listen(hands, interrupt).await {
            Heard::Report(Report::Done { call, answer }) if place(call) < begun => {
                came[place(call)] = Some(held_against(tools, journal, &calls[place(call)], &answer));
            }
            Heard::Report(Report::Failed { call, why }) if place(call) < begun => {
                came[place(call)] = Some((Came::Failed(why), false));
            }
            Heard::Report(Report::Model(status)) => match status.state {
                ModelState::Missing(_) => missing = true,
                ModelState::Ready { name, about } => {
                    let (word, name, about) =
                        (status.which.word(), visible_line(&name), visible_line(&about));
                    let _ = writeln!(narration, "{word}: {name} ({about})");
                }
                _ => {}
            },
            Heard::Report(_) => {}
            Heard::Interrupt => break Some(Ending::Interrupted),
            Heard::Nothing => break Some(Ending::NotMet),
        }
        while let Some((came, other_file)) = came.get(told).and_then(Option::as_ref) {
            sum.add(came, *other_file);
            if let Err(error) = teller.call(journal, &calls[told], came) {
                stop(hands, begun);
                return Err(error);
            }
            told += 1;
        }
    };
    if ending.is_some() {
        stop(hands, begun);
        let _ = writeln!(narration, "stopped: {told} of {} calls were made again", calls.len());
    }
    let ending = ending.unwrap_or(match sum {
        Sum { failed, .. } if 0 < failed && missing => Ending::NoModel,
        Sum { differs: 0, failed: 0, .. } => Ending::Done,
        _ => Ending::NotMet,
    });
    teller.sum(sum, repetition)?;
    if 0 < sum.other_file {
        let words = "answered by another model file than then: `plantern doctor` lists the files";
        let _ = writeln!(narration, "warning: {}: {} calls were {words}", visible_line(file), sum.other_file);
    }
    Ok(ending)
}

fn stop(hands: &mut impl Hands, begun: usize) {
    (0..begun).for_each(|at| hands.perform(Command::Cancel(CallId(at as u32))));
}

/// What the repetition of a call came to, and whether another file answered.
fn held_against(tools: &Tools, journal: &Journal, call: &Call, again: &Answer) -> (Came, bool) {
    let Outcome::Answered(then) = &call.outcome else { return (Came::Waiting, false) };
    if matches!(again.finish, Finish::Cut | Finish::Cancelled) {
        let why = again.warnings.first().map_or("it broke off", String::as_str);
        return (Came::Failed(why.to_owned()), false);
    }
    let other_file = !then.file.is_empty() && !again.file.is_empty() && then.file != again.file;
    (decided(tools, &journal.session().plan, call, then, again), other_file)
}

#[cfg(test)]
mod tests;
