//! All keys, by group, as they are bound now.

use super::wide;
use crate::{
    tui::{
        paper::{Paper, middle},
        text::Line,
        theme::Role,
    },
    workbench::{Action, Place, State, Target, action::Group, update::disabled},
};
use ratatui::layout::Rect;

pub(super) fn draw(paper: &mut Paper<'_>, state: &State, scroll: usize, body: Rect) {
    let area = middle(body, wide(body, 104), body.height);
    let inner = paper.frame(area, Line::of(Role::Title, "Help"));
    paper.target(area, Target::Pane(Place::List));
    let lines = lines(state, usize::from(inner.width).saturating_sub(1));
    let end = lines.len().saturating_sub(usize::from(inner.height));
    paper.hits.scroll_end = end;
    paper.lines(inner, &lines, scroll.min(end));
}

fn lines(state: &State, wide: usize) -> Vec<Line> {
    const KEYS: usize = 12;
    const TITLE: usize = 18;
    let mut lines = vec![];
    for group in Group::ALL {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::of(Role::Heading, group.title()));
        for action in Action::all().filter(|action| action.group() == group) {
            let why = disabled(state, action);
            let role = if why.is_some() { Role::Disabled } else { Role::Text };
            let keys = state.keymap.keys(action).join(" ");
            let keys = if keys.is_empty() { "no key".to_owned() } else { keys };
            let about = match why {
                Some(why) => format!("{} (now: {why})", action.help()),
                None => action.help().to_owned(),
            };
            let line = Line::of(Role::Key, &format!("  {keys}"))
                .pad(2 + KEYS)
                .and(role, action.title())
                .pad(2 + KEYS + TITLE)
                .and(if role == Role::Text { Role::Dim } else { role }, &about);
            lines.extend(line.wrap(wide, 2 + KEYS + TITLE));
        }
    }
    lines.push(Line::default());
    lines.push(Line::of(Role::Heading, "While a text is typed"));
    for (keys, about) in TYPING {
        let line = Line::of(Role::Key, &format!("  {keys}")).pad(2 + KEYS + TITLE).and(Role::Dim, about);
        lines.extend(line.wrap(wide, 2 + KEYS + TITLE));
    }
    lines
}

/// The keys that edit a text; `tui::keys` reads them.
const TYPING: [(&str, &str); 15] = [
    ("enter", "take the text"),
    ("esc", "leave it; nothing is changed"),
    ("A-enter C-j", "a line break"),
    ("left right C-b C-f", "a character"),
    ("A-b A-f C-left C-right", "a word"),
    ("home end C-a C-e", "to the start or end"),
    ("backspace del C-h C-d", "delete a character"),
    ("C-w A-backspace", "delete the word before"),
    ("C-u", "delete to the start"),
    ("up down C-p C-n", "the line above or below; in the palette: choose"),
    ("S-arrows S-home S-end", "select; what is typed then takes its place"),
    ("A-a", "select all"),
    ("A-c", "copy what is selected, or all"),
    ("A-z A-Z", "undo, redo"),
    ("C-o", "go on in your own editor"),
];
