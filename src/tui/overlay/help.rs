//! All keys, by group, as they are bound now.

use crate::{
    tui::{paper::Paper, text::Line, theme::Role},
    workbench::{Action, Place, State, Target, action::Group, update::disabled},
};
use ratatui::layout::Rect;

pub(super) fn draw(paper: &mut Paper<'_>, state: &State, scroll: usize, body: Rect) {
    let area = Rect { x: body.x + 1, width: body.width.saturating_sub(2).min(100), ..body };
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
    lines
}
