//! The inspector: everything about the selected task, in tabs. Each tab makes lines; here they are scrolled.

mod answer;
mod history;
mod prompt;
mod route;
mod task;
mod tokens;
mod watch;

use super::{
    cache::{Cache, in_view},
    paper::{Paper, after},
    text::Line,
    theme::Role,
    tree::spinner,
};
use crate::workbench::{
    Focus, Place, State, Tab, Target,
    rows::{Row, row_of},
};
use ratatui::layout::Rect;
use std::{ops::Range, sync::Arc};

pub(super) use route::{candidates, candidates_head};

/// What a tab may look at.
struct View<'a> {
    state: &'a State,
    row: &'a Row,
    width: usize,
}

pub(super) fn draw(paper: &mut Paper<'_>, state: &State, cache: &mut Cache, tabs: Rect, area: Rect) {
    paper.target(tabs, Target::Pane(Place::Inspector));
    paper.target(area, Target::Pane(Place::Inspector));
    let row = state.ui.cursor.and_then(|cursor| row_of(state, cursor));
    heading(paper, state, tabs, row.as_ref());
    let Some(row) = &row else {
        return paper.text(after(area, 1), Role::Dim, "no task is selected");
    };
    let inner = after(area, 1);
    let width = usize::from(inner.width).saturating_sub(1);
    let view = View { state, row, width };
    if state.ui.tab == Tab::Tokens {
        return with_head(paper, state, cache, tokens::lines(&view), inner);
    }
    let lines: Arc<Vec<Line>> = match state.ui.tab {
        Tab::Task => Arc::new(task::lines(&view)),
        Tab::Prompt => prompt::lines(&view, cache),
        Tab::Answer => answer::lines(&view, cache),
        Tab::Route | Tab::Tokens => Arc::new(route::lines(&view)),
        Tab::Watch => Arc::new(watch::lines(&view)),
        Tab::History => Arc::new(history::lines(&view)),
    };
    let end = lines.len().saturating_sub(usize::from(inner.height));
    paper.hits.scroll_end = end;
    paper.lines(inner, &lines, state.ui.scroll.min(end));
}

/// Lines that scroll below others that stay, as long as there is room for both; a cursor among them is kept in sight.
fn with_head(paper: &mut Paper<'_>, state: &State, cache: &mut Cache, tab: tokens::Tokens, inner: Rect) {
    let fixed = tab.head.len().min(usize::from(inner.height) * 2 / 3) as u16;
    let above = Rect { height: fixed, ..inner };
    let below = Rect { y: inner.y + fixed, height: inner.height - fixed, ..inner };
    paper.lines(above, &tab.head, 0);
    let height = usize::from(below.height);
    let end = tab.body.len().saturating_sub(height);
    paper.hits.scroll_end = end;
    cache.tokens_top = match tab.at {
        Some(at) => in_view(cache.tokens_top, at + 1, tab.body.len(), height),
        None => state.ui.scroll.min(end),
    };
    paper.lines(below, &tab.body, cache.tokens_top);
}

/// The tabs, and which task they are about where there is room to say it.
fn heading(paper: &mut Paper<'_>, state: &State, area: Rect, row: Option<&Row>) {
    let focused = state.ui.focus == Focus::Inspector;
    let mut x = 1;
    let shown = shown_tabs(usize::from(area.width).saturating_sub(1), state.ui.tab);
    if shown.start != 0 {
        paper.text(after(area, x), Role::Dim, "…");
        x += MORE;
    }
    let last = shown.end == Tab::ALL.len();
    for tab in Tab::ALL.into_iter().take(shown.end).skip(shown.start) {
        let wide = tab.title().len();
        let place = after(area, x);
        let place = Rect { width: place.width.min(wide as u16), ..place };
        let chosen = tab == state.ui.tab;
        let role = match (chosen, focused) {
            (true, true) => Role::Tab,
            (true, false) => Role::TabIdle,
            _ => Role::Dim,
        };
        paper.text(place, role, tab.title());
        paper.target(place, Target::Tab(tab));
        x += wide + GAP;
    }
    if !last {
        paper.text(after(area, x), Role::Dim, "…");
    }
    let Some(row) = row else { return };
    let by = if row.by.is_empty() { String::new() } else { format!("[{}] ", row.by) };
    let name = if row.number.is_empty() { "goal" } else { &row.number };
    let line = Line::of(Role::Number, &format!("{name} "))
        .and(Role::Expert, &by)
        .and(Role::state(row.state), spinner(row.state, state.now))
        .and(Role::state(row.state), &format!(" {} ", row.state));
    let place = after(area, x + 2);
    if line.width() <= usize::from(place.width) {
        paper.right(place, line);
    }
}

/// Columns between two tabs, and of a mark that there are more, with what follows it.
const GAP: usize = 2;
const MORE: usize = 2;

/// The tabs that a row has room for, places in `Tab::ALL`: as many from the first on as let the chosen one be seen whole.
fn shown_tabs(room: usize, chosen: Tab) -> Range<usize> {
    let all = Tab::ALL.map(|tab| tab.title().len());
    let wide = |tabs: Range<usize>| {
        let marks = MORE * usize::from(tabs.start != 0) + usize::from(tabs.end != all.len()) * (GAP + 1);
        let gaps = GAP * tabs.len().saturating_sub(1);
        all[tabs].iter().sum::<usize>() + gaps + marks
    };
    let chosen = Tab::ALL.iter().position(|tab| *tab == chosen).unwrap_or(0);
    let first = (0..chosen).find(|first| wide(*first..chosen + 1) <= room).unwrap_or(chosen);
    let end = (chosen + 1..=all.len()).rev().find(|end| wide(first..*end) <= room).unwrap_or(chosen + 1);
    first..end
}

/// A line of a name and what there is to say, wrapped under itself.
fn field(lines: &mut Vec<Line>, width: usize, name: &str, value: Line) {
    const NAMES: usize = 10;
    let line = Line::of(Role::Dim, &format!("{name:<NAMES$} ")).join(value);
    lines.extend(line.wrap(width, NAMES + 1));
}

/// A dim sentence in place of what is not there yet.
fn nothing(view: &View<'_>, words: &str) -> Vec<Line> {
    Line::of(Role::Dim, words).wrap(view.width, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_tab_is_always_seen() {
        let check = |room: usize, chosen: Tab, expected: &str| {
            let tabs = Tab::ALL[shown_tabs(room, chosen)].iter().map(|tab| tab.title());
            assert_eq!(tabs.collect::<Vec<_>>().join(" "), expected, "{room}");
        };
        check(80, Tab::History, "task prompt answer tokens route watch history");
        check(51, Tab::Task, "task prompt answer tokens route watch history");
        check(50, Tab::Task, "task prompt answer tokens route watch");
        check(50, Tab::Watch, "task prompt answer tokens route watch");
        check(50, Tab::History, "prompt answer tokens route watch history");
        check(20, Tab::Answer, "prompt answer");
        check(3, Tab::Answer, "answer");
        for room in 0..90 {
            for (at, tab) in Tab::ALL.into_iter().enumerate() {
                assert!(shown_tabs(room, tab).contains(&at), "{room}");
            }
        }
    }
}
