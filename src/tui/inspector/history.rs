//! Tab `history`: what happened to the task on the way to here, newest first, and every call that was made for it.

use super::{View, nothing};
use crate::{
    ask::{Ask, Finish},
    figure::counted,
    ids::TaskId,
    session::{Actor, Call, Event, Outcome, Record},
    tui::{text::Line, theme::Role},
    workbench::{State, clock::clock},
};

pub(super) fn lines(view: &View<'_>) -> Vec<Line> {
    let (state, task) = (view.state, view.row.id.task);
    let path = state.journal.path(state.journal.head()).unwrap_or_default();
    let mut lines = vec![];
    for record in path.into_iter().rev() {
        if state.journal.concerns(&record.event, task) {
            lines.extend(entry(state, record, task).wrap(view.width, 21));
        }
    }
    let calls: Vec<&Call> = state.journal.calls_of(task).rev().collect();
    if !calls.is_empty() {
        lines.push(Line::default());
        lines.push(
            Line::of(Role::Turn, "calls").and(Role::Dim, "  on all branches, newest first; times are UTC"),
        );
        for call in calls {
            lines.extend(called(call, state.now).wrap(view.width, 21));
        }
    }
    if lines.is_empty() { nothing(view, "nothing happened to it yet") } else { lines }
}

fn entry(state: &State, record: &Record, task: TaskId) -> Line {
    let role = match &record.event {
        Event::Failed { .. } => Role::Failed,
        Event::Solved { .. } | Event::Answered { .. } => Role::Done,
        Event::Pinned { .. } => Role::Pinned,
        Event::Stopped { .. } => Role::Cancelled,
        _ => Role::Text,
    };
    let line = Line::of(Role::Dim, &clock(record.at, state.now))
        .and(role, &format!("  {:<10} ", record.event.word()));
    match &record.event {
        Event::Started { .. }
        | Event::Configured { .. }
        | Event::Estimated { .. }
        | Event::Cancelled { .. }
        | Event::Labelled { .. } => line,
        Event::Explained { reason, .. } => line.and(Role::Text, reason),
        Event::Edited { by, edits, reason } => {
            let mut words: Vec<&str> =
                edits.iter().filter(|edit| edit.task() == task).map(|edit| edit.word()).collect();
            words.dedup();
            let who = if *by == Actor::Person { "you" } else { "strategy" };
            let why = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            line.and(Role::Text, &words.join(", ")).and(Role::Dim, &format!("  by {who}{why}"))
        }
        Event::Routed { decision, .. } => {
            line.and(Role::Expert, &decision.chosen).and(Role::Dim, &format!("  by {}", decision.router))
        }
        Event::Asked { call, purpose, ask, .. } => line
            .and(Role::Symbol, &call.to_string())
            .and(Role::Dim, &format!(" {} ", purpose.word()))
            .and(Role::Expert, &format!("[{}]", who(ask))),
        Event::Answered { call, .. } | Event::Failed { call, .. } | Event::Stopped { call, .. } => {
            let line = line.and(Role::Symbol, &format!("{call} "));
            match state.journal.call(*call) {
                Some(call) => line.join(outcome(call)),
                None => line,
            }
        }
        Event::Proposed { task: about, strategy, edits, complete, .. } if *about == task => {
            let end = if *complete { ", nothing more to come" } else { "" };
            let edits = counted(edits.len() as u64, "edit");
            line.and(Role::Expert, strategy).and(Role::Dim, &format!("  {edits}{end}"))
        }
        Event::Proposed { strategy, .. } => line.and(Role::Dim, &format!("as a part, by {strategy}")),
        Event::Solved { answer, .. } => line.and(Role::Answer, answer.trim()),
        Event::Judged { ruling, reason, .. } => {
            let why = reason.as_ref().map(|reason| format!("  {reason}")).unwrap_or_default();
            line.and(Role::Text, ruling.map_or("taken back", |ruling| ruling.word())).and(Role::Dim, &why)
        }
        Event::Amended { purpose, amendment, .. } => {
            line.and(Role::Dim, &format!("{}: ", purpose.word())).and(Role::Text, &amendment.words())
        }
        Event::Pinned { answer, .. } => match answer {
            Some(answer) => line.and(Role::Answer, answer.trim()),
            None => line.and(Role::Dim, "taken back"),
        },
    }
}

/// The expert, and the server that answers for it.
fn who(ask: &Ask) -> String {
    match &ask.server {
        Some(server) => format!("{} at {server}", ask.expert),
        None => ask.expert.clone(),
    }
}

fn called(call: &Call, now: u64) -> Line {
    Line::of(Role::Dim, &clock(call.asked_at, now))
        .and(Role::Symbol, &format!("  {:<4} ", call.id.to_string()))
        .and(Role::Dim, &format!("{:<8} ", call.purpose.word()))
        .and(Role::Expert, &format!("[{}] ", who(&call.ask)))
        .join(outcome(call))
}

fn outcome(call: &Call) -> Line {
    let cost = |usage: &crate::ask::Usage| match usage.output_tokens {
        0 => String::new(),
        tokens => format!("  {tokens} tokens {:.1} s", usage.seconds),
    };
    match &call.outcome {
        Outcome::Open => Line::of(Role::Running, "open"),
        Outcome::Answered(answer) => Line::of(Role::Done, "→ ")
            .and(Role::Answer, answer.text.trim())
            .and(Role::Warning, if answer.finish == Finish::Length { "  ✂ cut" } else { "" })
            .and(Role::Dim, &cost(&answer.usage)),
        Outcome::Failed(why) => Line::of(Role::Failed, &format!("✗ {why}")),
        Outcome::Stopped(partial) => Line::of(Role::Cancelled, "⊘ ")
            .and(Role::Dim, partial.text.trim())
            .and(Role::Dim, &cost(&partial.usage)),
    }
}
