//! The lower pane: what the running call writes, else what happened.

use super::{
    clean,
    paper::{Paper, after, gauge, row},
    status::rate,
    text::{Line, width},
    theme::Role,
};
use crate::{
    ids::CallId,
    workbench::{Focus, Live, Place, State, Target, Weight, clock::clock, debug::name, ui::FOLLOWS},
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
    match state.shown_live() {
        Some((call, live)) => {
            let title = stream(paper, state, call, live, area);
            paper.line(name, Line::of(Role::Text, " ").join(title).and(Role::Text, " "));
        }
        None => {
            let (role, utc) = match state.ui.focus {
                Focus::Log => (Role::Accent, "times are UTC "),
                _ => (Role::Dim, ""),
            };
            paper.line(name, Line::of(role, " log ").and(Role::Dim, utc));
            lines(paper, state, area);
        }
    }
}

/// Writes the end of the stream and says what the call is and how far.
fn stream(paper: &mut Paper<'_>, state: &State, call: CallId, live: &Live, area: Rect) -> Line {
    let role = if state.ui.focus == Focus::Log { Role::Accent } else { Role::Running };
    let number = name(&state.journal.session().plan, live.task);
    let mut title = Line::of(role, "stream").and(Role::Symbol, &format!(" {number}"));
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
            0 if live.waits.is_empty() => Line::of(Role::Dim, "waiting for the first token"),
            0 => Line::of(Role::Warning, &clean::line(&live.waits)),
            _ => Line::of(Role::Running, &format!("reading the prompt {done}/{total} "))
                .join(gauge(done as f32 / total as f32, 20)),
        };
        paper.line(inner, line);
    } else {
        let text = live.text();
        // While it follows only the end is seen, and a row takes at most its width in characters.
        let far = if reads(state) { usize::MAX } else { usize::from(area.height) * (wide + 1) * 2 };
        let from = text.char_indices().rev().nth(far).map_or(0, |(at, _)| at);
        let wrapped: Vec<Line> =
            clean::lines(&text[from..]).flat_map(|line| Line::of(Role::Text, &line).wrap(wide, 0)).collect();
        show(paper, state, area, &wrapped, 0 < from);
        title.push(Role::Dim, &format!("  {} tokens", live.tokens.len()));
    }
    match rate(state) {
        _ if live.is_paused() => title.push(Role::Paused, "  ‖ paused"),
        Some(rate) => title.push(Role::Running, &format!("  {rate}")),
        None => {}
    }
    if 1 < state.live.len() {
        title.push(Role::Dim, &format!("  and {} more: select a task to see its own", state.live.len() - 1));
    }
    title
}

/// Is somebody reading up in it?
fn reads(state: &State) -> bool {
    state.ui.focus == Focus::Log || state.log_top().is_some()
}

/// The rows from where the person has scrolled to, else the last ones. `more`: what stands above them was left out.
fn show(paper: &mut Paper<'_>, state: &State, area: Rect, rows: &[Line], more: bool) {
    let end = rows.len().saturating_sub(usize::from(area.height));
    // How far up it goes is known with the first turn of the wheel.
    paper.hits.log_end = if more { FOLLOWS - 1 } else { end };
    let top = state.log_top().unwrap_or(end).min(end);
    let inner = after(area, 1);
    for (y, line) in (0..area.height).zip(rows.iter().skip(top)) {
        paper.line(row(inner, y), line.clone());
    }
    if reads(state) {
        paper.bar(area, rows.len(), top);
    }
}

/// The log; its lines are cut at the edge, or told whole to somebody who reads it. Told whole is also what was said last,
/// if the status line has no room for it.
fn lines(paper: &mut Paper<'_>, state: &State, area: Rect) {
    let wide = usize::from(area.width).saturating_sub(2);
    let reads = reads(state);
    let count = if reads { usize::MAX } else { usize::from(area.height) };
    let said_last = state.notice.as_ref().map(|notice| clean::line(&notice.text)).unwrap_or_default();
    let said = state
        .log
        .iter()
        .rposition(|line| state.notice.as_ref().is_some_and(|notice| notice.text == line.text));
    let mut shown: Vec<Line> = vec![];
    for (at, line) in state.log.iter().enumerate().skip(state.log.len().saturating_sub(count)) {
        let (role, mark) = match line.weight {
            Weight::Info => (Role::Text, "  "),
            Weight::Warning => (Role::Warning, "! "),
            Weight::Error => (Role::Error, "✗ "),
        };
        let line = Line::of(Role::Dim, &format!("{} ", clock(line.at, state.now)))
            .and(role, mark)
            .and(role, &line.text);
        match reads {
            true => shown.extend(line.wrap(wide, 11)),
            false if Some(at) == said && wide < width(&said_last) + 2 => {
                // Of a very long one the beginning.
                shown.extend(line.wrap(wide, 11).into_iter().take(usize::from(area.height)));
            }
            false => shown.push(line.cut(wide)),
        }
    }
    show(paper, state, area, &shown, count < state.log.len());
}
