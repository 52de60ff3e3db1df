//! Lines as labelled text: no escapes, no box drawing, nothing that only colour says. For pipes, logs and screen readers.

use super::lines::Line;
use crate::{
    ask::Finish,
    figure::{self, counted},
    ids::TaskId,
    plan::notation::{self, Step},
    redact::redact,
    visible::visible_line,
    workbench::{State, rows::is_cut},
};
use std::fmt::Write;

/// Texts longer than this are cut in the course of a run, in characters; the plan at the end has them whole.
const LONG: usize = 160;

/// One line without its line feed. Why a call `failed` was told just before and is not told again as the end.
pub(super) fn line(line: &Line, failed: &str) -> String {
    let short = |text: &str| -> String {
        // First of all, so that no piece of a secret is left.
        let text = redact(text);
        let text = visible_line(&text);
        match text.char_indices().nth(LONG) {
            Some((cut, _)) => format!("{}… ({} characters)", &text[..cut], text.chars().count()),
            None => text.into_owned(),
        }
    };
    match line {
        Line::Session { title, strategy, router, model, seed, temperature } => format!(
            "session: {}\nstrategy: {}, router: {}, model: {}, seed: {seed}, temperature: {temperature}",
            short(title),
            short(strategy),
            short(router),
            short(model),
        ),
        Line::Task { number, text, operator, expert, .. } => {
            let operator = operator.as_ref().map(|name| format!("({name}) ")).unwrap_or_default();
            let expert = expert.as_ref().map(|name| format!("[{}] ", short(name))).unwrap_or_default();
            format!("task {number}: {operator}{expert}{}", short(text))
        }
        Line::Edited { number, what, .. } => format!("edited: {what} {number}"),
        Line::Proposed { number, strategy, parts, complete, warnings, .. } => {
            let end = if *complete { ", and no more will come" } else { "" };
            let parts = counted(*parts as u64, "sub-task");
            let mut told = format!("proposed for {number} by {strategy}: {parts}{end}");
            for warning in warnings {
                let _ = write!(told, "\nwarning for {number}: {}", short(warning));
            }
            told
        }
        Line::Routed { number, router, expert, confidence, candidates, .. } => {
            let reason = candidates.iter().find(|candidate| candidate.expert == *expert);
            let reason = reason.map(|found| short(&found.reason)).filter(|reason| !reason.is_empty());
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            let percent = (confidence * 100.0).round();
            format!("routed {number}: to {} by {router}, {percent} % sure{reason}", short(expert))
        }
        Line::Asked { number, purpose, expert, question, .. } => {
            let question = question.as_ref().map(|text| format!(": {}", short(text))).unwrap_or_default();
            format!("asked for {number} ({purpose}): {}{question}", short(expert))
        }
        Line::Answered { number, expert, answer, finish, output_tokens, seconds, .. } => {
            let cut = if *finish == Finish::Length { ", cut: its tokens were spent" } else { "" };
            let cost = match output_tokens {
                0 => String::new(),
                tokens => format!(" ({tokens} tokens, {seconds:.1} s{cut})"),
            };
            format!("answered for {number} by {}{cost}: {}", short(expert), short(answer))
        }
        Line::Failed { number, expert, why, .. } => {
            format!("failed {number} at {}: {}", short(expert), short(why))
        }
        Line::Stopped { number, expert, answer, why, .. } => {
            let why = why.as_ref().map(|why| format!(": {};", short(why))).unwrap_or_else(|| ",".to_owned());
            format!("stopped {number} at {}{why} by then: {}", short(expert), short(answer))
        }
        Line::Solved { number, answer, .. } => format!("solved {number}: {}", short(answer)),
        Line::Pinned { number, answer, .. } => match answer {
            Some(answer) => format!("answered for {number} by a person: {}", short(answer)),
            None => format!("a person took the answer of {number} back"),
        },
        Line::Judged { number, ruling, reason, .. } => {
            let why = reason.as_ref().map(|why| format!(": {}", short(why))).unwrap_or_default();
            let ruling = ruling.map_or("no verdict any more", |ruling| ruling.word());
            format!("a person's verdict on {number}: {ruling}{why}")
        }
        Line::Amended { number, purpose, what, .. } => {
            format!("a person amended {purpose} of {number}: {}", short(what))
        }
        Line::Ended { state, number, why, .. } => {
            let at = number.as_ref().map(|number| format!(" at {number}")).unwrap_or_default();
            match why == failed {
                true => format!("ended{at} ({state})"),
                false => format!("ended{at} ({state}): {}", visible_line(&redact(why))),
            }
        }
        Line::Result { state, answer, calls, prompt_tokens, output_tokens, seconds, cost } => {
            let answer = answer.as_ref().map(|answer| format!("\nanswer: {}", visible_line(&redact(answer))));
            format!(
                "result: {state}{}\ncost: {}, {}, {}, {seconds:.1} s{}",
                answer.unwrap_or_default(),
                counted(*calls, "call"),
                counted(*prompt_tokens, "prompt token"),
                counted(*output_tokens, "output token"),
                cost.map(|cost| format!(", {} money", figure::short(cost))).unwrap_or_default(),
            )
        }
    }
}

/// What is to be known of a task at the end.
pub(super) fn warning(number: &str, what: &str) -> String {
    format!("warning for {number}: {}", visible_line(&redact(what)))
}

/// The plan in the notation with each answer below its question; that of a task with parts stands below its parts. An
/// answer that was cut is marked.
pub fn answers(state: &State) -> String {
    let session = state.journal.session();
    let plan = &session.plan;
    let mut text = String::new();
    let mut open: Vec<(usize, TaskId)> = vec![];
    let close = |text: &mut String, depth: usize, task: TaskId| {
        if let Some(answer) = session.answer(task) {
            let answer = visible_line(answer).into_owned();
            let mark = if is_cut(state, task) { notation::Line::Cut } else { notation::Line::Answer };
            let _ = writeln!(text, "{}{}", "  ".repeat(depth), mark(answer));
        }
    };
    for task in plan.walk() {
        let depth = plan.depth(task);
        while let Some((above, done)) = open.pop_if(|(above, _)| depth <= *above) {
            close(&mut text, above, done);
        }
        let question = visible_line(&plan.text(task)).into_owned();
        let draft = plan.task(task).map(|task| task.draft.clone()).unwrap_or_default();
        let line = match depth {
            0 => notation::Line::Goal(question),
            _ => {
                let expert = draft.expert.map(|name| visible_line(&name).into_owned());
                notation::Line::Step(Step { operator: draft.operator, expert, text: question })
            }
        };
        let _ = writeln!(text, "{}{line}", "  ".repeat(depth));
        open.push((depth, task));
    }
    while let Some((depth, task)) = open.pop() {
        close(&mut text, depth, task);
    }
    redact(&text).into_owned()
}
