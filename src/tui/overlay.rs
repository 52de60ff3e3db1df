//! What lies on top of the panes while a mode other than browsing is on: boxes and whole screens.

mod help;
mod home;
mod palette;
mod reroute;
mod review;
mod sheet;
mod typing;

pub(super) use home::welcome;

use super::{panes::Panes, paper::Paper};
use crate::workbench::{Mode, State};
use ratatui::layout::Rect;

/// How wide a box is: on a narrow screen all of it, so that nothing peeps out beside.
fn wide(body: Rect, most: u16) -> u16 {
    if body.width < 100 { body.width } else { most.min(body.width - 4) }
}

pub(super) fn draw(paper: &mut Paper<'_>, state: &State, panes: &Panes) {
    // Header, status and footer stay in sight.
    let body = Rect {
        y: panes.header.y + panes.header.height,
        height: panes.status.y.saturating_sub(panes.header.y + panes.header.height),
        ..panes.header
    };
    match &state.mode {
        Mode::Browse => {}
        Mode::Typing(mode) => typing::draw(paper, state, mode, body),
        Mode::Reroute(mode) => reroute::draw(paper, state, mode, body),
        Mode::Palette(mode) => palette::draw(paper, state, mode, body),
        Mode::Help { scroll } => help::draw(paper, state, *scroll, body),
        Mode::Home { cursor } => home::draw(paper, state, *cursor, body),
        Mode::Sheet(sheet) => sheet::draw(paper, sheet, body),
        Mode::Review => review::draw(paper, state, body),
    }
}
