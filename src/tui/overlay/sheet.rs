//! A table that fills the screen, with what is to be said about the entry under the cursor below it.

use crate::{
    tui::{
        cache::in_view,
        clean,
        paper::{Paper, after, row},
        text::{Line, cut},
        theme::Role,
    },
    workbench::{
        Place, Target,
        sheet::{Sheet, Tone},
    },
};
use ratatui::layout::Rect;

pub(super) fn draw(paper: &mut Paper<'_>, sheet: &Sheet, body: Rect) {
    paper.clear(body, Role::Ground);
    paper.target(body, Target::Pane(Place::List));
    let title = clean::line(&sheet.title);
    paper.line(row(body, 0), Line::of(Role::Text, " ").and(Role::Accent, &title));
    let mut y = 1;
    for (tone, words) in &sheet.head {
        let lines =
            Line::of(role(*tone), &clean::line(words)).wrap(usize::from(body.width).saturating_sub(2), 2);
        for line in lines.into_iter().take(3) {
            paper.line(after(row(body, y), 1), line);
            y += 1;
        }
    }
    let rest = usize::from(body.height).saturating_sub(usize::from(y) + 1);
    let below = if sheet.below.is_empty() { 0 } else { (sheet.below.len() + 1).min(rest / 2).max(rest / 3) };
    let list = Rect { y: body.y + (y + 1).min(body.height), height: (rest - below) as u16, ..body };
    table(paper, sheet, list);
    if 0 < below && list.bottom() < body.bottom() {
        let rule = Rect { y: list.bottom(), height: 1, ..body };
        paper.rule(rule, Role::Rule, '─');
        let room = Rect { y: rule.y + 1, height: body.bottom().saturating_sub(rule.y + 1), ..body };
        let wide = usize::from(body.width).saturating_sub(2);
        let lines: Vec<Line> = sheet
            .below
            .iter()
            .flat_map(|(tone, words)| Line::of(role(*tone), &clean::line(words)).wrap(wide, 7))
            .collect();
        for (y, line) in (0..room.height).zip(lines) {
            paper.line(after(row(room, y), 1), line);
        }
    }
}

fn table(paper: &mut Paper<'_>, sheet: &Sheet, list: Rect) {
    let wide = usize::from(list.width).saturating_sub(3);
    let fixed: usize = sheet.columns.iter().map(|cells| usize::from(*cells)).sum();
    let flexible = sheet.columns.iter().filter(|cells| **cells == 0).count().max(1);
    let share = wide.saturating_sub(fixed) / flexible;
    let top = in_view(0, sheet.cursor, sheet.rows.len(), usize::from(list.height));
    for (y, (at, entry)) in (0..list.height).zip(sheet.rows.iter().enumerate().skip(top)) {
        let place = row(list, y);
        let mut line = Line::of(Role::Text, " ");
        let mut end = 1;
        for (cell, cells) in entry.cells.iter().zip(&sheet.columns) {
            let own = if *cells == 0 { share } else { usize::from(*cells) };
            end += own;
            let text = clean::line(cell);
            line = line.and(role(entry.tone), &cut(&text, own.saturating_sub(1))).pad(end);
        }
        paper.line(place, line);
        paper.target(place, Target::Entry(at));
        if at == sheet.cursor {
            paper.wash(place, Role::Selected);
        }
    }
    paper.bar(list, sheet.rows.len(), top);
}

fn role(tone: Tone) -> Role {
    match tone {
        Tone::Plain => Role::Text,
        Tone::Dim => Role::Dim,
        Tone::Strong => Role::Strong,
        Tone::Added => Role::Done,
        Tone::Removed | Tone::Bad => Role::Failed,
        Tone::Changed => Role::Stale,
    }
}
