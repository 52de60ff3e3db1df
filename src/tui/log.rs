//! The lower pane: what the running call writes, else what happened.

use super::{
    clean,
    inspector::clock,
    paper::{Paper, after, gauge, row},
    status::rate,
    text::Line,
    theme::Role,
};
use crate::{
    ids::CallId,
    workbench::{Live, Place, State, Target, Weight},
};
use ratatui::layout::Rect;

pub(super) fn draw(paper: &mut Paper<'_>, state: &State, head: Rect, area: Rect) {
    if head.is_empty() {
        return;
    }
    paper.target(head, Target::Pane(Place::Log));
    paper.target(area, Target::Pane(Place::Log));
    paper.rule(head, Role::Rule, '─');
    let name = after(head, 1);
    match state.live.iter().next() {
        Some((call, live)) => {
            let title = stream(paper, state, *call, live, area);
            paper.line(name, Line::of(Role::Text, " ").join(title).and(Role::Text, " "));
        }
        None => {
            paper.line(name, Line::of(Role::Dim, " log "));
            lines(paper, state, area);
        }
    }
}

/// Writes the end of the stream and says what the call is and how far.
fn stream(paper: &mut Paper<'_>, state: &State, call: CallId, live: &Live, area: Rect) -> Line {
    let mut title = Line::of(Role::Running, "stream").and(Role::Symbol, &format!(" {call}"));
    if let Some(call) = state.journal.call(call) {
        title = title
            .and(Role::Dim, &format!(" {} ", call.purpose.word()))
            .and(Role::Expert, &format!("[{}]", call.ask.expert));
    }
    let inner = after(area, 1);
    let wide = usize::from(inner.width).saturating_sub(1);
    if live.tokens.is_empty() {
        let (done, total) = live.prefill.unwrap_or((0, 0));
        let line = match total {
            0 => Line::of(Role::Dim, "waiting for the first token"),
            _ => Line::of(Role::Running, &format!("reading the prompt {done}/{total} "))
                .join(gauge(done as f32 / total as f32, 20)),
        };
        paper.line(inner, line);
    } else {
        // Only the end is seen, and a row takes at most its width in characters.
        let text = live.text();
        let far = usize::from(area.height) * (wide + 1) * 2;
        let from = text.char_indices().rev().nth(far).map_or(0, |(at, _)| at);
        let wrapped: Vec<Line> =
            clean::lines(&text[from..]).flat_map(|line| Line::of(Role::Text, &line).wrap(wide, 0)).collect();
        let skip = wrapped.len().saturating_sub(usize::from(area.height));
        for (y, line) in (0..area.height).zip(wrapped.into_iter().skip(skip)) {
            paper.line(row(inner, y), line);
        }
        title.push(Role::Dim, &format!("  {} tokens", live.tokens.len()));
    }
    match rate(state) {
        _ if live.paused => title.push(Role::Paused, "  ‖ paused"),
        Some(rate) => title.push(Role::Running, &format!("  {rate}")),
        None => {}
    }
    title
}

fn lines(paper: &mut Paper<'_>, state: &State, area: Rect) {
    let inner = after(area, 1);
    let wide = usize::from(inner.width).saturating_sub(1);
    let mut shown: Vec<Line> = vec![];
    for line in state.log.iter().rev().take(usize::from(area.height)) {
        let (role, mark) = match line.weight {
            Weight::Info => (Role::Text, "  "),
            Weight::Warning => (Role::Warning, "! "),
            Weight::Error => (Role::Error, "✗ "),
        };
        let line = Line::of(Role::Dim, &format!("{} ", clock(line.at))).and(role, mark).and(role, &line.text);
        shown.push(line.cut(wide));
    }
    for (y, line) in (0..area.height).zip(shown.into_iter().rev()) {
        paper.line(row(inner, y), line);
    }
}
