//! Tab `answer`: the answer as it stands, or as it comes; JSON written out, code with its colours.

use super::{View, nothing};
use crate::{
    ask::Finish,
    session::Outcome,
    tui::{
        cache::Cache,
        highlight::{Kind, pretty},
        text::Line,
        theme::Role,
    },
    workbench::rows::call_of,
};
use std::sync::Arc;

pub(super) fn lines(view: &View<'_>, cache: &mut Cache) -> Arc<Vec<Line>> {
    let (state, row) = (view.state, view.row);
    let call = call_of(state, row.id).and_then(|call| state.journal.call(call));
    let live = matches!(row.state, "running" | "paused");
    let mut lines = vec![];
    let mut say = |role: Role, words: &str| lines.extend(Line::of(role, words).wrap(view.width, 2));
    let progress = state.journal.session().progress(row.id.task);
    if live {
        say(Role::state(row.state), &format!("{}: {} tokens so far", row.state, row.tokens));
    }
    if row.stale {
        say(Role::Stale, "≠ stale: made from what is no longer so");
    }
    if row.pinned {
        say(Role::Pinned, "⚑ pinned: a person's answer");
        if let Some(solved) = &progress.solved {
            say(Role::Dim, &format!("computed was: {}", solved.answer));
        }
    }
    match call.map(|call| &call.outcome) {
        Some(Outcome::Failed(why)) => say(Role::Failed, &format!("✗ failed: {why}")),
        Some(Outcome::Stopped(partial)) if partial.finish == Finish::Cut => {
            // It broke off, or is whole and not what was asked for: the warnings below say which.
            say(Role::Failed, "✗ this came, and is no answer");
        }
        Some(Outcome::Stopped(partial)) if partial.finish == Finish::Lapsed => {
            say(Role::Cancelled, "⊘ lapsed: what it was asked for changed; this is how far it came");
        }
        Some(Outcome::Stopped(_)) => say(Role::Cancelled, "⊘ cancelled: this is how far it came"),
        _ => {}
    }
    if row.cut {
        let items = if row.id.item.is_none() && row.has_parts { " (of one item or several)" } else { "" };
        say(Role::Warning, &format!("✂ cut{items}: its tokens were spent before it came to an end"));
    }
    if let Some(Outcome::Answered(answer) | Outcome::Stopped(answer)) = call.map(|call| &call.outcome) {
        if !answer.by.is_empty() {
            let cost = if answer.cost == 0.0 { String::new() } else { format!(", cost {:.6}", answer.cost) };
            say(Role::Dim, &format!("answered by {}{cost}", answer.by));
        }
        answer.warnings.iter().for_each(|warning| say(Role::Warning, warning));
    }
    let partial = match call.map(|call| &call.outcome) {
        Some(Outcome::Stopped(partial)) if row.answer.is_empty() => partial.text.as_str(),
        _ => row.answer.as_str(),
    };
    if partial.is_empty() {
        if lines.is_empty() {
            lines = nothing(view, "no answer yet");
        }
        return Arc::new(lines);
    }
    let shown = match pretty(partial) {
        _ if live => cache.lines(partial, Kind::Plain, view.width),
        Some(json) => cache.lines(&json, Kind::Json, view.width),
        None => cache.lines(partial, Kind::of(partial), view.width),
    };
    if lines.is_empty() {
        return shown;
    }
    lines.push(Line::default());
    lines.extend(shown.iter().cloned());
    Arc::new(lines)
}
