//! The list of sessions, and what greets a person where there is no plan yet.

use crate::{
    tui::{
        cache::in_view,
        clean,
        paper::{Paper, middle, row},
        text::{Line, cut, width},
        theme::Role,
    },
    workbench::{Action, Place, SessionFile, State, Target, state::Summary},
};
use ratatui::layout::Rect;

pub(super) fn draw(paper: &mut Paper<'_>, state: &State, cursor: usize, body: Rect) {
    paper.clear(body, Role::Ground);
    paper.target(body, Target::Pane(Place::List));
    let recorded = state.sessions.iter().filter(|session| session.recorded).count();
    let own = state.sessions.len() - recorded;
    let head = Line::of(Role::Text, " ")
        .and(Role::Accent, "sessions")
        .and(Role::Dim, &format!("  {own} of yours, {recorded} recorded examples"));
    paper.line(row(body, 0), head);
    let list = Rect { y: body.y + 2.min(body.height), height: body.height.saturating_sub(2), ..body };
    if state.sessions.is_empty() {
        return welcome(paper, state, list);
    }
    let top = in_view(0, cursor, state.sessions.len(), usize::from(list.height));
    let wide = usize::from(list.width).saturating_sub(3);
    for (y, (at, session)) in (0..list.height).zip(state.sessions.iter().enumerate().skip(top)) {
        let place = row(list, y);
        let open = matches!(&state.file, SessionFile::At(path) if *path == session.path);
        let mark = match (session.recorded, open) {
            (true, _) => "◉ recorded  ",
            (_, true) => "● open      ",
            _ => "            ",
        };
        let (title, about) = (clean::line(&session.title), clean::line(&session.about));
        let room = wide.saturating_sub(width(mark));
        let about = cut(&about, room / 2);
        let room = room.saturating_sub(width(&about) + 2);
        // Where titles are the same, the names of the files tell them apart.
        let same = |other: &Summary| other.path != session.path && other.title == session.title;
        let name = match state.sessions.iter().any(same) {
            true => format!("  {}", session.path.file_name().unwrap_or_default().to_string_lossy()),
            false => String::new(),
        };
        let name = Line::of(Role::Dim, &name).cut(room / 2);
        let title = Line::of(Role::Text, &title).cut(room.saturating_sub(name.width()));
        paper.line(place, Line::of(Role::Pinned, &format!(" {mark}")).join(title).join(name));
        let right = Rect { width: place.width.saturating_sub(2), ..place };
        paper.right(right, Line::of(Role::Dim, &about));
        paper.target(place, Target::Entry(at));
        if at == cursor {
            paper.wash(place, Role::Selected);
        }
    }
    paper.bar(list, state.sessions.len(), top);
}

/// What to press where there is nothing yet.
pub(crate) fn welcome(paper: &mut Paper<'_>, state: &State, area: Rect) {
    let key = |action: Action| state.keymap.keys(action).first().cloned().unwrap_or_default();
    let mut lines = vec![
        Line::of(Role::Accent, "plantern"),
        Line::of(Role::Dim, "plans made by language models, one step at a time"),
        Line::default(),
    ];
    for (action, words) in [
        (Action::New, "type a task"),
        (Action::Home, "your sessions and recorded examples"),
        (Action::Open, "open a session file"),
        (Action::Help, "all keys"),
        (Action::Quit, "leave"),
    ] {
        lines.push(Line::of(Role::Key, &key(action)).pad(4).and(Role::Text, words));
    }
    let wide = lines.iter().map(Line::width).max().unwrap_or(0) as u16;
    let place = middle(area, wide, lines.len() as u16);
    for (y, line) in (0..place.height).zip(lines) {
        paper.line(row(place, y), line);
    }
}
