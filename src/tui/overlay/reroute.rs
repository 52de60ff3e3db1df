//! The box in which another expert is chosen.

use crate::{
    tui::{
        cache::in_view,
        clean,
        inspector::candidates,
        paper::{Paper, middle, row},
        text::{Line, cut},
        theme::Role,
    },
    workbench::{Place, State, Target, mode::RerouteMode},
};
use ratatui::layout::Rect;

pub(super) fn draw(paper: &mut Paper<'_>, state: &State, mode: &RerouteMode, body: Rect) {
    let session = state.journal.session();
    let wide = body.width.saturating_sub(4).min(110);
    let high = (mode.candidates.len() as u16).saturating_add(4).min(body.height);
    let area = middle(body, wide, high);
    let inner = paper.frame(area, Line::of(Role::Title, "Re-route"));
    paper.target(area, Target::Pane(Place::List));
    let text = session.plan.text(mode.task);
    let text = clean::line(&text);
    paper.text(row(inner, 0), Role::Text, &cut(&text, usize::from(inner.width)));
    let list = Rect { y: inner.y + 2.min(inner.height), height: inner.height.saturating_sub(2), ..inner };
    let weighed =
        session.progress(mode.task).routed.as_ref().map_or(0, |(_, decision)| decision.candidates.len());
    let chosen = state.survey.look(mode.task).map_or("", |look| look.by.as_str());
    let lines =
        candidates(&mode.candidates, chosen, Some(weighed), usize::from(list.width).saturating_sub(1));
    let top = in_view(0, mode.cursor, lines.len(), usize::from(list.height));
    paper.lines(list, &lines, top);
    for (y, at) in (0..list.height).zip(top..lines.len()) {
        paper.target(row(list, y), Target::Entry(at));
        if at == mode.cursor {
            paper.wash(row(list, y), Role::Selected);
        }
    }
}
