//! Agreement, confusion, load and calibration, as lines.

use super::names_width;
use crate::{
    figure::fixed,
    router::measure::{names, share},
    tui::{
        paper::gauge,
        text::{Line, cut},
        theme::Role,
    },
    workbench::{State, ledger::Saying, review::Reviewing},
};

/// How often the person agreed, who is mistaken for whom, and what each expert got.
pub(super) fn agreement(review: &Reviewing, wide: usize) -> Vec<Line> {
    let measured = &review.measured;
    if measured.decisions == 0 {
        return vec![Line::of(Role::Dim, "nothing was said yet: a accepts, o overrides")];
    }
    let count = |saying: Saying| review.reviews.iter().filter(|one| one.saying == saying).count();
    let (twice, same) = review.consistency();
    let mut lines = vec![
        Line::of(Role::Dim, "agreement ")
            .and(Role::Text, &format!("{:>4.0} % ", 100.0 * measured.accuracy()))
            .join(gauge(measured.accuracy(), 12))
            .and(Role::Dim, &format!(" of {} decisions", measured.decisions)),
        Line::of(
            Role::Dim,
            &format!(
                "accepted {}, overridden {}, both fine {}, skipped {}, preferred {}",
                count(Saying::Accept),
                count(Saying::Override),
                count(Saying::BothFine),
                count(Saying::Skip),
                count(Saying::Preferred)
            ),
        ),
    ];
    if 0 < twice {
        let words = format!("your own consistency: {same} of {twice} shown twice got the same expert");
        lines.push(Line::of(Role::Dim, &words));
    }
    lines.push(Line::default());
    let all = names(measured);
    let first = names_width(all.iter());
    lines.push(Line::of(Role::Dim, "expert").pad(first + 2).and(Role::Dim, "got  right  precision"));
    for name in &all {
        let load = measured.experts.get(name).copied().unwrap_or_default();
        let precision = share((load.chosen, load.right));
        let line = Line::of(Role::Expert, &cut(name, first)).pad(first + 1);
        let figures = format!("{:>4} {:>6} ", load.chosen, load.right);
        lines.push(match load.chosen {
            0 => line.and(Role::Text, &figures).and(Role::Dim, &format!("  -  ({} were its own)", load.own)),
            _ => line
                .and(Role::Text, &figures)
                .and(Role::Text, &format!("{:>5.0} % ", 100.0 * precision))
                .join(gauge(precision, 8)),
        });
    }
    lines.push(Line::default());
    lines
        .push(Line::of(Role::Dim, "confusion: a row for what you chose, a column for what the router chose"));
    let column = 4;
    let room = wide.saturating_sub(first + 1) / column;
    let shown: Vec<&String> = all.iter().take(room).collect();
    let mut head = Line::default().pad(first + 1);
    for name in &shown {
        head = head.and(Role::Dim, &format!("{:>3} ", cut(name, 3)));
    }
    lines.push(head);
    for right in &all {
        let Some(row) = measured.confusion.get(right) else { continue };
        let mut line = Line::of(Role::Expert, &cut(right, first)).pad(first + 1);
        for chosen in &shown {
            let count = row.get(*chosen).copied().unwrap_or(0);
            let role = match (count, *chosen == right) {
                (0, _) => Role::Dim,
                (_, true) => Role::Done,
                (_, false) => Role::Failed,
            };
            let cell = if count == 0 { "·".to_owned() } else { count.to_string() };
            line = line.and(role, &format!("{cell:>3} "));
        }
        lines.push(line);
    }
    lines
}

/// The reliability diagram with its error, and what another threshold would do.
pub(super) fn calibration(state: &State, review: &Reviewing, wide: usize) -> Vec<Line> {
    let measured = &review.measured;
    if measured.decisions == 0 {
        return vec![Line::of(Role::Dim, "nothing was said yet: calibration needs your sayings")];
    }
    let bar = wide.saturating_sub(34).clamp(8, 40);
    let mut lines = vec![
        Line::of(Role::Dim, "expected calibration error ")
            .and(Role::Text, &fixed(measured.calibration_error, 3))
            .and(Role::Dim, &format!(" over {} decisions", measured.decisions)),
        Line::default(),
        Line::of(Role::Dim, "  sure   count  right       "),
    ];
    for (at, bin) in measured.bins.iter().enumerate().rev() {
        let range = format!("{:>3}-{:<3} % ", at * 10, (at + 1) * 10);
        let line = Line::of(Role::Dim, &range);
        lines.push(match bin.count {
            0 => line.and(Role::Dim, "   ·"),
            count => line
                .and(Role::Text, &format!("{count:>4} {:>6.0} % ", 100.0 * bin.right))
                .join(gauge(bin.right, bar))
                .and(Role::Dim, &format!(" said {:.0} %", 100.0 * bin.confidence)),
        });
    }
    lines.push(Line::default());
    lines.push(Line::of(Role::Dim, "if only decisions this sure went on, and the rest came to you:"));
    let verdicts = review.verdicts();
    for bar in [0.5_f32, 0.7, 0.9] {
        let sure: Vec<_> = verdicts.iter().filter(|one| bar <= one.confidence).collect();
        let right = sure.iter().filter(|one| one.is_right()).count();
        let words = format!(
            "  threshold {}: {} of {} go on, {} % of them right",
            fixed(bar, 1),
            sure.len(),
            verdicts.len(),
            fixed(100.0 * share((sure.len(), right)), 0)
        );
        lines.push(Line::of(Role::Text, &words));
    }
    let mut fitted: Vec<_> = state.tools.knowledge.calibration.iter().collect();
    fitted.sort_by(|a, b| a.0.cmp(b.0));
    if !fitted.is_empty() {
        lines.push(Line::default());
        lines.push(Line::of(Role::Dim, "learned on held-out examples:  temperature  threshold"));
    }
    for (router, calibration) in fitted {
        let figures =
            format!("{:>12} {:>10}", fixed(calibration.temperature, 2), fixed(calibration.threshold, 2));
        lines.push(Line::of(Role::Expert, &format!("  {router}")).pad(28).and(Role::Text, &figures));
    }
    lines
}
