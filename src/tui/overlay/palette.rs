//! The box in which an action is found by name.

use crate::{
    tui::{
        cache::in_view,
        clean,
        paper::{Paper, middle, row},
        text::{Line, cut_front, width},
        theme::Role,
    },
    workbench::{Place, State, Target, mode::PaletteMode, update::disabled},
};
use ratatui::layout::Rect;

pub(super) fn draw(paper: &mut Paper<'_>, state: &State, mode: &PaletteMode, body: Rect) {
    let found = mode.matches();
    // As high for few matches as for many: the box stays where it is while one types.
    let area = middle(body, body.width.saturating_sub(4).min(84), 18);
    let inner = paper.frame(area, Line::of(Role::Title, "Palette"));
    paper.target(area, Target::Pane(Place::List));
    let (before, after) = mode.buffer.halves();
    let (before, after) = (clean::line(before), clean::line(after));
    let before = cut_front(&before, usize::from(inner.width).saturating_sub(4));
    paper.line(row(inner, 0), Line::of(Role::Key, "› ").and(Role::Text, &before).and(Role::Text, &after));
    if !inner.is_empty() {
        paper.cursor(inner.x + 2 + width(&before) as u16, inner.y);
    }
    let list = Rect { y: inner.y + 2.min(inner.height), height: inner.height.saturating_sub(2), ..inner };
    if found.is_empty() {
        paper.text(list, Role::Dim, "no action has these words: esc goes back");
    }
    let top = in_view(0, mode.cursor, found.len(), usize::from(list.height));
    for (y, (at, action)) in (0..list.height).zip(found.iter().enumerate().skip(top)) {
        let place = row(list, y);
        let why = disabled(state, *action);
        let (role, about) = match &why {
            Some(why) => (Role::Disabled, why.as_str()),
            None => (Role::Text, action.help()),
        };
        let keys = state.keymap.keys(*action).join(" ");
        let line = Line::of(role, action.title())
            .pad(17)
            .and(Role::Key, &keys)
            .pad(28)
            .and(if why.is_some() { Role::Disabled } else { Role::Dim }, about);
        paper.line(Rect { width: place.width.saturating_sub(1), ..place }, line);
        paper.target(place, Target::Entry(at));
        if at == mode.cursor {
            paper.wash(place, Role::Selected);
        }
    }
    paper.bar(list, found.len(), top);
}
