//! Tab `route`: who could have answered, how the router weighed them, who was chosen and by whom.

use super::{View, field, nothing};
use crate::{
    decision::{Candidate, Decision},
    figure::fixed,
    router::flip::{flip, flipped_too},
    tui::{
        paper::gauge,
        text::{Line, cut, width},
        theme::Role,
    },
    workbench::{
        decisions::{decisions, track_records},
        learning,
    },
};

pub(super) fn lines(view: &View<'_>) -> Vec<Line> {
    let task = view.row.id.task;
    let Some((_, decision)) = &view.state.journal.session().progress(task).routed else {
        let composite = view.state.survey.look(task).is_some_and(|look| look.composite);
        return nothing(
            view,
            if composite {
                "a task with parts is not routed: its strategy decides how it is answered"
            } else {
                "not routed yet: the router chooses when it is this task's turn"
            },
        );
    };
    let mut lines = vec![];
    let mut add = |name: &str, value: Line| field(&mut lines, view.width, name, value);
    add("chosen", Line::of(Role::Expert, &decision.chosen).and(Role::Dim, &format!("  by {}", by(decision))));
    if decision.router != "person" {
        let share = Line::of(Role::Text, &format!("{:>4.0} % ", 100.0 * decision.confidence.clamp(0.0, 1.0)));
        add("confidence", share.join(gauge(decision.confidence, 10)));
        add("margin", Line::of(Role::Text, &figure(decision.margin)).and(Role::Dim, "  ahead of the next"));
    }
    if let Some(threshold) = decision.threshold {
        add(
            "threshold",
            Line::of(Role::Text, &figure(threshold)).and(Role::Dim, "  below it goes elsewhere"),
        );
    }
    if let Some(version) = decision.version {
        let words =
            if version == 0 { "nothing learned yet".to_owned() } else { format!("version {version}") };
        add("learned", Line::of(Role::Text, &words));
    }
    if let Some(flip) = flip(decision, learning::person(view.state.tools.roster.cards()))
        && decision.router != "person"
    {
        let past = decisions("", &view.state.journal);
        let others = past.iter().filter(|one| one.task != task).map(|one| ((), &one.decision));
        let too =
            flipped_too(&flip, decision, learning::person(view.state.tools.roster.cards()), others).len();
        let with = match too {
            0 => String::new(),
            1 => "; 1 other of this plan with it".to_owned(),
            too => format!("; {too} others of this plan with it"),
        };
        add("flips to", Line::of(Role::Text, &flip.to).and(Role::Dim, &format!("  if {}{with}", flip.what)));
    }
    let record = track_records(&view.state.journal).get(&decision.chosen).copied().unwrap_or_default();
    if let Some(card) = view.state.tools.roster.get(&decision.chosen) {
        let seconds = match record.calls {
            0 => String::new(),
            1 => format!("; 1 call, {:.2} s", record.seconds),
            calls => format!("; {calls} calls of {:.2} s", record.seconds / f64::from(calls)),
        };
        let failed = if record.failed == 0 { String::new() } else { format!(", {} failed", record.failed) };
        add(
            "cost",
            Line::of(Role::Text, &card.cost.to_string()).and(Role::Dim, &format!("{seconds}{failed}")),
        );
    }
    if let Some(reason) = &decision.reason {
        add("reason", Line::of(Role::Text, reason));
    }
    lines.push(Line::default());
    if decision.candidates.is_empty() {
        lines.extend(nothing(view, "no candidates were weighed"));
    } else {
        lines.push(candidates_head(&decision.candidates, view.width));
    }
    lines.extend(candidates(&decision.candidates, &decision.chosen, None, view.width));
    lines
}

fn by(decision: &Decision) -> String {
    match decision.router.as_str() {
        "person" => "you".to_owned(),
        router => format!("the router {router}"),
    }
}

/// A table of candidates: mark, name, score, bar, reason. `cursor` is left to the caller to paint.
pub(crate) fn candidates(all: &[Candidate], chosen: &str, weighed: Option<usize>, wide: usize) -> Vec<Line> {
    let weighed = weighed.unwrap_or(all.len()).min(all.len());
    let scores = all[..weighed].iter().map(|candidate| candidate.score).filter(|score| score.is_finite());
    let most = scores.clone().fold(f32::NEG_INFINITY, f32::max);
    // Scores below zero (log-probabilities) are shown from the worst up.
    let least = scores.fold(0.0_f32, f32::min);
    let share = |score: f32| if least < most { (score - least) / (most - least) } else { 0.0 };
    let (names, bar) = (names(all), bar(wide));
    let one = |(at, candidate): (usize, &Candidate)| {
        let mine = candidate.expert == chosen;
        let mark = if mine { "● " } else { "  " };
        let name = Line::of(Role::Accent, mark)
            .and(if mine { Role::Strong } else { Role::Text }, &cut(&candidate.expert, names))
            .pad(2 + names + 1);
        let scored = match at < weighed {
            true => name
                .and(Role::Dim, &format!("{:>7} ", figure(candidate.score)))
                .join(gauge(share(candidate.score), bar)),
            false => name.and(Role::Dim, &format!("{:>7} ", "·")).and(Role::Text, &" ".repeat(bar)),
        };
        scored.and(Role::Dim, &format!(" {}", candidate.reason)).cut(wide)
    };
    all.iter().enumerate().map(one).collect()
}

/// The names of the columns.
pub(crate) fn candidates_head(all: &[Candidate], wide: usize) -> Line {
    Line::of(Role::Dim, "  expert")
        .pad(2 + names(all) + 1 + 2)
        .and(Role::Dim, "score")
        .pad(2 + names(all) + 1 + 8 + bar(wide) + 1)
        .and(Role::Dim, "reason")
        .cut(wide)
}

fn names(all: &[Candidate]) -> usize {
    all.iter().map(|candidate| width(&candidate.expert)).max().unwrap_or(0).clamp(6, 16)
}

fn bar(wide: usize) -> usize {
    if wide < 50 { 5 } else { 8 }
}

/// A score in at most seven cells.
fn figure(score: f32) -> String {
    match score {
        s if !s.is_finite() => "?".to_owned(),
        s if s.abs() >= 10_000.0 => format!("{s:.0e}"),
        s if s.abs() >= 100.0 => fixed(s, 0),
        s => fixed(s, 2),
    }
}
