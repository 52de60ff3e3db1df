//! The region map: tasks as points of a plane, near ones alike, marked by expert; what a person overrode stands out.

use crate::{
    router::projection::plane,
    tui::{
        paper::{Paper, row},
        text::{Line, cut},
        theme::Role,
    },
    workbench::{ledger::Saying, review::Reviewing},
};
use ratatui::layout::Rect;
use std::collections::BTreeMap;

/// Marks and colours of experts, in the order of their load; both, so that colour is never all there is.
const MARKS: &[(char, Role)] = &[
    ('o', Role::Done),
    ('+', Role::Running),
    ('x', Role::Expert),
    ('#', Role::Paused),
    ('*', Role::Accent),
    ('%', Role::Stale),
    ('=', Role::Number),
    ('&', Role::Pinned),
];

pub(super) fn draw(paper: &mut Paper<'_>, review: &Reviewing, area: Rect) {
    let known: Vec<(usize, &[f32])> = review
        .items
        .iter()
        .enumerate()
        .filter_map(|(at, item)| Some((at, review.vectors.get(&item.text)?.as_slice())))
        .collect();
    if known.len() < 3 {
        let words = match &review.waiting {
            Some(_) => "reading the tasks …",
            None => "the map needs three tasks and the embedding model",
        };
        return paper.text(area, Role::Dim, words);
    }
    let mut load: BTreeMap<&str, usize> = BTreeMap::new();
    known.iter().for_each(|(at, _)| *load.entry(&review.items[*at].decision.chosen).or_default() += 1);
    let mut experts: Vec<(&str, usize)> = load.into_iter().collect();
    experts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mark = |expert: &str| {
        let at = experts.iter().position(|(name, _)| *name == expert).unwrap_or(0);
        MARKS.get(at).copied().unwrap_or(('.', Role::Dim))
    };
    let legend = 2.min(area.height);
    let field = Rect { height: area.height - legend, ..area };
    let (wide, high) = (usize::from(field.width), usize::from(field.height));
    if wide < 3 || high < 3 {
        return;
    }
    let vectors: Vec<&[f32]> = known.iter().map(|(_, vector)| *vector).collect();
    let mut cells: BTreeMap<(usize, usize), (char, Role)> = BTreeMap::new();
    for ((at, _), (x, y)) in known.iter().zip(plane(&vectors)) {
        let item = &review.items[*at];
        let place = |value: f32, size: usize| (((value + 1.0) / 2.0) * (size - 1) as f32).round() as usize;
        let said = review.reviews.iter().rev().find(|one| one.is_of(&item.session, item.seq));
        let wrong = item.overridden.is_some() || said.is_some_and(|one| one.saying == Saying::Override);
        let cell = if wrong { ('!', Role::Failed) } else { mark(&item.decision.chosen) };
        let here = cells.entry((place(y, high), place(x, wide))).or_insert(cell);
        // What was wrong is never hidden by what was right.
        if wrong {
            *here = cell;
        }
    }
    for y in 0..high {
        let mut line = Line::default();
        for x in 0..wide {
            match cells.get(&(y, x)) {
                Some((mark, role)) => line.push(*role, &mark.to_string()),
                None => line.push(Role::Dim, " "),
            }
        }
        paper.line(row(field, y as u16), line);
    }
    let mut words = Line::of(Role::Failed, "! overridden");
    for (name, count) in &experts {
        let (mark, role) = mark(name);
        words = words.and(role, &format!("  {mark} ")).and(Role::Dim, &format!("{} {count}", cut(name, 14)));
    }
    for (at, line) in words.wrap(wide, 0).into_iter().take(usize::from(legend)).enumerate() {
        paper.line(row(area, field.height + at as u16), line);
    }
}
