//! Verdicts by the person at the screen, and the way from one answer in doubt to the next.

use super::{browsing, change, rework, typing};
use crate::{
    decision::Ruling,
    engine::{Look, Status},
    ids::TaskId,
    session::Event,
    workbench::{Effect, RowId, State, Weight, buffer::Buffer, mode::Purpose},
};

/// Asks for a verdict on the marked tasks, or the selected one.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    let session = state.journal.session();
    let tasks: Vec<TaskId> =
        rework::chosen(state).into_iter().filter(|task| session.answer(*task).is_some()).collect();
    let said = tasks.first().and_then(|task| session.judged(*task));
    let text = said.map(|said| {
        let reason = said.reason.as_ref().map(|reason| format!(" {reason}")).unwrap_or_default();
        format!("{}{reason}", said.ruling.word())
    });
    typing::begin(state, Purpose::Judge(tasks), Buffer::of(text.unwrap_or_default()));
    vec![]
}

/// `fail it is the first letter` in parts; the first letter of the word is enough.
fn read(text: &str) -> Result<Option<(Ruling, Option<String>)>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let (word, reason) = text.split_once(|c: char| c.is_whitespace() || c == ':').unwrap_or((text, ""));
    let ruling = match word.to_lowercase().as_str() {
        "p" | "pass" | "right" | "yes" | "y" => Ruling::Pass,
        "f" | "fail" | "wrong" | "no" | "n" => Ruling::Fail,
        "u" | "unsure" => Ruling::Unsure,
        word => return Err(format!("`{word}` is no verdict: begin with pass, fail or unsure")),
    };
    let reason = reason.trim_matches(|c: char| c.is_whitespace() || c == ':').to_owned();
    Ok(Some((ruling, Some(reason).filter(|reason| !reason.is_empty()))))
}

/// Takes the verdict that was typed.
pub(super) fn take(state: &mut State, tasks: &[TaskId], text: &str) -> Vec<Effect> {
    let said = match read(text) {
        Ok(said) => said,
        Err(why) => return typing::refuse(state, Weight::Warning, why),
    };
    let (ruling, reason) = said.map_or((None, None), |(ruling, reason)| (Some(ruling), reason));
    let mut effects = vec![];
    for (at, task) in tasks.iter().enumerate() {
        let Some(answer) = state.journal.session().answer(*task).map(str::to_owned) else { continue };
        let event = Event::Judged { task: *task, answer, ruling, reason: reason.clone() };
        // One press of a key is one turn.
        effects.extend(match at {
            0 => change(state, event),
            _ => super::record(state, [event]).unwrap_or_default(),
        });
    }
    state.ui.marked.clear();
    let words = match ruling {
        Some(ruling) => format!("your verdict: {}; it holds for this answer", ruling.word()),
        None => "your verdict is taken back".to_owned(),
    };
    state.say(Weight::Info, words);
    effects
}

/// Why somebody should look at the task; most urgent first.
fn doubt(state: &State, task: TaskId, look: &Look) -> Option<(u8, &'static str)> {
    match (look.ruling(), &look.status) {
        (Some(Ruling::Fail), _) => Some((0, "failed")),
        (Some(Ruling::Unsure), _) => Some((1, "unsure")),
        (Some(Ruling::Pass), _) => None,
        // A parent of a failed part only passes it on.
        (None, Status::Failed(_) | Status::Stuck(_)) if !look.composite => Some((0, "failed")),
        (None, Status::Done) if state.journal.session().answer(task).is_some() => Some((2, "unreviewed")),
        _ => None,
    }
}

/// Goes to the next task in doubt: failed ones first, then unsure, then unreviewed, and around.
pub(super) fn next(state: &mut State, forward: bool) -> Vec<Effect> {
    let mut all: Vec<(u8, &'static str, TaskId)> = vec![];
    for (task, look) in state.survey.iter() {
        all.extend(doubt(state, task, look).map(|(urgency, word)| (urgency, word, task)));
    }
    all.sort_by_key(|(urgency, ..)| *urgency);
    let of = all.len();
    let here = state.ui.cursor.and_then(|row| all.iter().position(|(.., task)| *task == row.task));
    let at = match (here, forward) {
        (Some(at), true) => (at + 1) % of,
        (Some(at), false) => (at + of - 1) % of,
        (None, true) => 0,
        (None, false) => of.saturating_sub(1),
    };
    let Some((_, word, task)) = all.get(at).copied() else {
        state.say(Weight::Info, "no task is in doubt: every answer has passed");
        return vec![];
    };
    browsing::reveal(state, RowId::task(task));
    let same: Vec<TaskId> = all.iter().filter(|(_, its, _)| *its == word).map(|(.., task)| *task).collect();
    let nth = same.iter().position(|other| *other == task).map_or(0, |at| at + 1);
    let others: Vec<String> = ["failed", "unsure", "unreviewed"]
        .into_iter()
        .filter(|other| *other != word)
        .map(|other| (other, all.iter().filter(|(_, its, _)| *its == other).count()))
        .filter(|(_, count)| 0 < *count)
        .map(|(other, count)| format!("{count} {other}"))
        .collect();
    let others = if others.is_empty() { String::new() } else { format!("; also {}", others.join(", ")) };
    state.say(Weight::Info, format!("{word} {nth} of {}{others}", same.len()));
    vec![]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_a_word_with_a_reason() {
        let check = |text: &str, ruling: Option<Ruling>, reason: Option<&str>| {
            let expected = ruling.map(|ruling| (ruling, reason.map(str::to_owned)));
            assert_eq!(read(text), Ok(expected), "{text}");
        };
        check("pass", Some(Ruling::Pass), None);
        check("f: it is the first letter", Some(Ruling::Fail), Some("it is the first letter"));
        check("Wrong  list", Some(Ruling::Fail), Some("list"));
        check("u", Some(Ruling::Unsure), None);
        check(" ", None, None);
        assert!(read("maybe").is_err_and(|why| why.contains("begin with pass")));
    }
}
