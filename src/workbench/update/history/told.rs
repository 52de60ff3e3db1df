//! Events in words: what happened, in a line.

use crate::{
    engine::estimate::Outturn,
    ids::{Seq, TaskId},
    plan::Edit,
    session::Event,
    workbench::{State, debug::name},
};

/// The number that a task has now, or where it is gone the one that it had then.
fn name_of(state: &State, seq: Seq, task: TaskId) -> String {
    let plan = &state.journal.session().plan;
    if plan.contains(task) {
        return name(plan, task);
    }
    let then = |at: Option<Seq>| state.journal.session_at(at).ok().filter(|then| then.plan.contains(task));
    let before = || state.journal.records().get(seq.0 as usize).and_then(|record| then(record.after));
    then(Some(seq))
        .or_else(before)
        .map_or_else(|| "a task that is gone".to_owned(), |then| name(&then.plan, task))
}

/// What happened, in a line.
pub(super) fn told(state: &State, seq: Seq, event: &Event) -> String {
    let named = |task: &TaskId| name_of(state, seq, *task);
    let edits = |edits: &[Edit]| match edits {
        [edit, others @ ..] if others.iter().all(|other| other == edit) => {
            format!("{} {}", edit.word(), named(&edit.task()))
        }
        edits => format!("{} edits", edits.len()),
    };
    match event {
        Event::Started { title, .. } => title.clone(),
        Event::Configured { settings } => format!("{}, router {}", settings.strategy, settings.router),
        Event::Edited { edits: all, reason, .. } => {
            let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("{}{reason}", edits(all))
        }
        Event::Routed { task, decision, .. } => {
            format!("{} to {} by {}", named(task), decision.chosen, decision.router)
        }
        Event::Asked { task, call, purpose, ask, .. } => {
            format!("{call} {} [{}] for {}", purpose.word(), ask.expert, named(task))
        }
        Event::Answered { call, answer } => format!("{call} → {}", answer.text.trim()),
        Event::Failed { call, why } => format!("{call}: {why}"),
        Event::Stopped { call, partial } => format!("{call}: {}", partial.text.trim()),
        Event::Proposed { task, strategy, edits: all, .. } => {
            format!("{strategy} for {}: {}", named(task), edits(all))
        }
        Event::Solved { task, answer, .. } => format!("{} = {answer}", named(task)),
        Event::Pinned { task, answer, .. } => {
            format!("{} = {}", named(task), answer.as_deref().unwrap_or("the computed answer again"))
        }
        Event::Judged { task, ruling, reason, .. } => {
            let why = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("{} {}{why}", named(task), ruling.map_or("no verdict any more", |ruling| ruling.word()))
        }
        Event::Amended { task, purpose, amendment, .. } => {
            format!("{} for {}: {}", purpose.word(), named(task), amendment.words())
        }
        Event::Cancelled { task, on: true } => format!("{} with all below it", named(task)),
        Event::Cancelled { task, .. } => format!("{} again", named(task)),
        Event::Estimated { calls, output_tokens, seconds } => {
            let plain = format!("{calls} calls, {output_tokens:.0} tokens, {seconds:.1} s");
            let outturn = Outturn::read(&state.journal, state.journal.head(), Some(seq));
            outturn.map_or(plain, |outturn| outturn.told())
        }
        Event::Labelled { name, note, .. } if note.is_empty() => name.clone(),
        Event::Labelled { name, note, .. } => format!("{name}: {note}"),
        Event::Explained { change, reason } => {
            let of = state.journal.records().get(change.0 as usize).map_or("", |record| record.event.word());
            format!("event {} ({of}): {reason}", change.0 + 1)
        }
    }
}
