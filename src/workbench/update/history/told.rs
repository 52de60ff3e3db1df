//! Events in words: what happened, in a line.

use crate::{engine::estimate::Outturn, ids::Seq, plan::Edit, session::Event, workbench::State};

/// What happened, in a line.
pub(super) fn told(state: &State, seq: Seq, event: &Event) -> String {
    let edits = |edits: &[Edit]| match edits {
        [edit] => format!("{} {}", edit.word(), edit.task()),
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
            format!("{task} to {} by {}", decision.chosen, decision.router)
        }
        Event::Asked { task, call, purpose, ask, .. } => {
            format!("{call} {} [{}] for {task}", purpose.word(), ask.expert)
        }
        Event::Answered { call, answer } => format!("{call} → {}", answer.text.trim()),
        Event::Failed { call, why } => format!("{call}: {why}"),
        Event::Stopped { call, partial } => format!("{call}: {}", partial.text.trim()),
        Event::Proposed { task, strategy, edits: all, .. } => {
            format!("{strategy} for {task}: {}", edits(all))
        }
        Event::Solved { task, answer, .. } => format!("{task} = {answer}"),
        Event::Pinned { task, answer, .. } => {
            format!("{task} = {}", answer.as_deref().unwrap_or("the computed answer again"))
        }
        Event::Judged { task, ruling, reason, .. } => {
            let why = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("{task} {}{why}", ruling.map_or("no verdict any more", |ruling| ruling.word()))
        }
        Event::Amended { task, purpose, amendment, .. } => {
            format!("{} for {task}: {}", purpose.word(), amendment.words())
        }
        Event::Cancelled { task, on: true } => format!("{task} with all below it"),
        Event::Cancelled { task, .. } => format!("{task} again"),
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
