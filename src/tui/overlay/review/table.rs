//! The table of categories, and what a bar costs and brings.

use crate::{
    figure::fixed,
    router::measure::Trade,
    tui::{
        paper::{Paper, gauge, row},
        text::{Line, cut, width},
        theme::Role,
    },
    workbench::{
        Place, State, Target,
        review::{Reviewing, TableDraft},
    },
};
use ratatui::layout::Rect;

/// Who answers each category, and what is uncertain; the row under the cursor can be changed.
pub(super) fn draw(paper: &mut Paper<'_>, state: &State, review: &Reviewing, area: Rect) {
    let known = &state.tools.knowledge;
    if known.table.is_empty() {
        let words =
            "there are no categories yet: L learns from an override, `plantern route train` from files";
        return paper.text(area, Role::Dim, words);
    }
    let mut draft = review.table.clone().unwrap_or_else(|| TableDraft::of(known));
    let changed = draft.changed(known);
    let head = match changed {
        0 => Line::of(Role::Dim, "left and right choose who answers the category under the cursor"),
        count => Line::of(Role::Warning, &format!("{count} changed: enter puts it in force, esc leaves it")),
    };
    paper.line(row(area, 0), head.cut(usize::from(area.width)));
    let names: Vec<String> = draft.table.keys().cloned().collect();
    let first = names.iter().map(|name| width(name)).max().unwrap_or(0).clamp(10, 28);
    let head = Line::of(Role::Dim, "category").pad(first + 2).and(Role::Dim, "expert").pad(first + 20);
    paper.line(row(area, 1), head.and(Role::Dim, "examples"));
    let list = Rect { y: area.y + 2.min(area.height), height: area.height.saturating_sub(2), ..area };
    let count = names.len() + 1;
    let top = crate::tui::cache::in_view(0, review.row, count, usize::from(list.height));
    for (y, at) in (0..list.height).zip(top..count) {
        let expert = draft.expert(at).cloned().unwrap_or_default();
        let (name, was, examples) = match names.get(at) {
            Some(name) => {
                let own = known.examples.iter().filter(|one| one.right().is_some() && one.class() == name);
                (name.as_str(), known.table.get(name).cloned().unwrap_or_default(), own.count().to_string())
            }
            None => ("what is uncertain", known.uncertain.clone(), String::new()),
        };
        let role = if names.get(at).is_some() { Role::Text } else { Role::Dim };
        let mark = if was == expert { "" } else { "  * was " };
        let was = if was == expert { String::new() } else { was };
        let line = Line::of(role, &cut(name, first))
            .pad(first + 2)
            .and(Role::Expert, &cut(&expert, 16))
            .pad(first + 20)
            .and(Role::Dim, &examples)
            .and(Role::Warning, mark)
            .and(Role::Warning, &was);
        paper.line(row(list, y), line.cut(usize::from(area.width)));
        paper.target(row(list, y), Target::Entry(at));
        if at == review.row {
            paper.wash(row(list, y), Role::Selected);
        }
    }
    paper.target(area, Target::Pane(Place::List));
}

/// Two curves of cost against quality: by how sure the router was, and by the cheapest able expert.
pub(super) fn cost(state: &State, review: &Reviewing, wide: usize) -> Vec<Line> {
    if review.measured.decisions == 0 {
        return vec![Line::of(Role::Dim, "nothing was said yet: the curve needs your sayings")];
    }
    let mut lines = vec![Line::of(Role::Dim, "if the least sure came to you, and the rest went on:")];
    lines.extend(curve(&review.curve, "surer than", wide));
    lines.push(Line::default());
    let head = "if the cheapest expert were taken whose predicted success reaches a bar (router `cost`):";
    lines.extend(Line::of(Role::Dim, head).wrap(wide, 0));
    if review.by_cost.is_empty() {
        let words = match state.tools.knowledge.version {
            0 => "nothing learned is in force: L learns from your overrides",
            _ => "the vectors of the reviewed tasks are not known yet: the map asks for them",
        };
        lines.push(Line::of(Role::Dim, words));
    }
    lines.extend(curve(&review.by_cost, "bar", wide));
    lines
}

fn curve(trades: &[Trade], bar: &str, wide: usize) -> Vec<Line> {
    if trades.is_empty() {
        return vec![];
    }
    let head = format!("{bar:>11}  to you   cost  right");
    let room = wide.saturating_sub(40).clamp(6, 40);
    let line = |trade: &Trade| {
        let figures = format!(
            "{:>11} {:>5} % {:>6} ",
            fixed(trade.bar, 2),
            fixed(100.0 * trade.person, 0),
            fixed(trade.cost, 2)
        );
        Line::of(Role::Text, &figures)
            .and(Role::Strong, &format!("{:>4} % ", fixed(100.0 * trade.quality, 0)))
            .join(gauge(trade.quality, room))
    };
    std::iter::once(Line::of(Role::Dim, &head)).chain(trades.iter().map(line)).collect()
}
