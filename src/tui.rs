//! The terminal face: draws the workbench and turns keys and clicks into messages.
//!
//! Drawing reads the state and never changes it; what it has to remember between frames is in a [`Cache`]. The event
//! loop and the terminal itself are the shell's.

mod cache;
pub mod clean;
mod footer;
mod highlight;
mod inspector;
pub mod keys;
mod log;
mod overlay;
mod panes;
mod paper;
mod status;
pub mod svg;
mod text;
pub mod theme;
mod tree;

pub use cache::Cache;
pub use highlight::warm;
pub use keys::message;
pub use paper::Hits;
pub use theme::{Depth, Role, Theme};

use crate::workbench::State;
use paper::{Paper, row};
use ratatui::{Frame, layout::Rect};
use text::Line;

/// Draws one frame and says what is where.
pub fn draw(state: &State, cache: &mut Cache, theme: &Theme, frame: &mut Frame<'_>) -> Hits {
    let area = frame.area();
    let mut paper = Paper::new(frame.buffer_mut(), theme);
    paper.clear(area, Role::Ground);
    if area.width < panes::SMALLEST.0 || area.height < panes::SMALLEST.1 {
        too_small(&mut paper, area);
        return paper.hits;
    }
    let panes = panes::panes(area, state.ui.focus, state.ui.log_open);
    status::header(&mut paper, state, panes.header);
    if state.lines.is_empty() {
        let whole = panes.tree_head.union(panes.tree).union(panes.tabs).union(panes.inspector);
        overlay::welcome(&mut paper, state, whole);
    } else {
        if !panes.tree.is_empty() {
            tree::draw(&mut paper, state, cache, panes.tree_head, panes.tree);
        }
        for y in panes.gap.top()..panes.gap.bottom() {
            paper.text(Rect { y, height: 1, ..panes.gap }, Role::Rule, "│");
        }
        if !panes.inspector.is_empty() {
            inspector::draw(&mut paper, state, cache, panes.tabs, panes.inspector);
        }
    }
    log::draw(&mut paper, state, panes.log_head, panes.log);
    status::status(&mut paper, state, panes.status);
    overlay::draw(&mut paper, state, &panes);
    footer::footer(&mut paper, state, panes.footer);
    let hits = paper.hits;
    if let Some(cursor) = hits.cursor {
        frame.set_cursor_position(cursor);
    }
    hits
}

/// Says what is needed and what is there, in as many lines as that takes; in fewer words where these are too many.
fn too_small(paper: &mut Paper<'_>, area: Rect) {
    let (wide, high) = panes::SMALLEST;
    let needs = format!("needs {wide}x{high}");
    let whole = format!("too small: {needs}, has {}x{}", area.width, area.height);
    let mut lines = Line::of(Role::Text, &whole).wrap(usize::from(area.width), 0);
    if usize::from(area.height) < lines.len() {
        lines = vec![Line::of(Role::Text, &needs)];
    }
    for (n, line) in (0..area.height).zip(lines) {
        paper.line(row(area, n), line);
    }
}
