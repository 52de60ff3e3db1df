//! What was learned, as lines: the proposed version and whether it passes the gate, else what is in force and where it came
//! from.

use crate::{
    router::{
        gate::{Case, Part},
        knowledge::{Example, Origin},
    },
    tui::{
        text::{Line, cut, width},
        theme::Role,
    },
    workbench::{State, learning::Proposal, lessons::lessons, review::Reviewing},
};

/// The proposed version with its before/after table; else what is known and where it came from.
pub(super) fn learned(state: &State, review: &Reviewing, wide: usize) -> Vec<Line> {
    match &review.proposal {
        Some(proposal) => proposed(proposal, wide),
        None => in_force(state, review, wide),
    }
}

fn proposed(proposal: &Proposal, wide: usize) -> Vec<Line> {
    let gate = &proposal.gate;
    let (role, words) = match gate.passes() {
        true => (Role::Done, "enter takes it, esc leaves everything as it is"),
        false => (Role::Failed, "it can not be taken: esc leaves everything as it is"),
    };
    let mut lines = vec![
        Line::of(role, &format!("version {}: {}", proposal.knowledge.version, gate.words())),
        Line::of(Role::Dim, words),
        Line::default(),
        Line::default().pad(20).and(Role::Dim, "all   before    after"),
    ];
    for (what, count) in
        [("corrected", gate.corrected), ("unseen controls", gate.controls), ("kept from before", gate.kept)]
    {
        let figures = format!("{:>5} {:>8} {:>8}", count.all, count.before, count.after);
        let role = if count.before <= count.after { Role::Text } else { Role::Failed };
        lines.push(Line::of(Role::Dim, what).pad(18).and(role, &figures));
    }
    lines.push(Line::default());
    let cases = &gate.cases;
    // As wide as the longest name, as long as a third of the row is left for the task.
    let widest = |name: fn(&Case) -> &str| cases.iter().map(|case| width(name(case))).max().unwrap_or(0);
    let names = [widest(|case| &case.before), widest(|case| &case.after), widest(|case| &case.right)];
    let most = (wide * 2 / 9).max(9);
    let [before, after, right] = names.map(|name| name.clamp(6, most));
    let (second, third) = (before + after + 9, before + after + right + 11);
    let head = Line::of(Role::Dim, "  before -> after").pad(second).and(Role::Dim, "right").pad(third);
    lines.push(head.and(Role::Dim, "task"));
    for case in cases {
        let (role, mark) = if case.good { (Role::Done, "✓ ") } else { (Role::Failed, "✗ ") };
        let moved = format!("{} -> {}", cut(&case.before, before), cut(&case.after, after));
        let what = match case.part {
            Part::Corrected => String::new(),
            part => format!("{}: ", part.word()),
        };
        lines.push(
            Line::of(role, mark)
                .and(Role::Text, &moved)
                .pad(second)
                .and(Role::Expert, &cut(&case.right, right))
                .pad(third)
                .and(Role::Dim, &format!("{what}{}", case.task))
                .cut(wide),
        );
    }
    lines
}

fn in_force(state: &State, review: &Reviewing, wide: usize) -> Vec<Line> {
    let known = &state.tools.knowledge;
    let mut lines = vec![match known.version {
        0 => Line::of(Role::Dim, "nothing learned is in force: routers go by the cards"),
        version => Line::of(Role::Text, &format!("version {version}: {}", known.note)),
    }];
    if review.learning.is_some() {
        lines.push(Line::of(Role::Running, "learning … esc does not wait for it"));
    }
    let open = lessons(&review.reviews, &review.items, known);
    let corrections = open.iter().filter(|one| one.is_correction()).count();
    let words = format!(
        "{corrections} corrections, {} outcomes wait to be learned: L learns, V goes back",
        open.len() - corrections
    );
    lines.push(Line::of(Role::Dim, &words));
    lines.push(Line::default());
    for example in known.learned() {
        let expert = Line::of(Role::Expert, &cut(&example.expert, 14)).pad(16);
        lines.push(expert.and(Role::Text, &example.text).cut(wide));
        let influenced = influenced(example, review);
        let words = format!("from {}; evidence in {influenced} decisions since", origin(example));
        lines.push(Line::default().pad(16).and(Role::Dim, &words).cut(wide));
    }
    lines
}

/// In how many decisions on other tasks it was what spoke for the chosen one.
fn influenced(example: &Example, review: &Reviewing) -> usize {
    let start: String = example.text.chars().take(40).collect();
    let since = review.items.iter().filter(|item| item.decision.version.is_some_and(|version| 0 < version));
    let others = since.filter(|item| item.text != example.text);
    others
        .filter(|item| item.decision.candidates.first().is_some_and(|one| one.reason.contains(&start)))
        .count()
}

fn origin(example: &Example) -> String {
    match &example.origin {
        Origin::Card => "a card".to_owned(),
        Origin::File => "a file".to_owned(),
        Origin::Correction { session, seq, reason } => {
            let why = if reason.is_empty() { String::new() } else { format!(", {reason}") };
            format!("event {seq} of {session}{why}")
        }
        Origin::Outcome { session, seq } => format!("an outcome, event {seq} of {session}"),
        Origin::Preference { session, seq } => {
            let other = example.outcomes.iter().find(|(_, solved)| !solved);
            let over = other.map_or_else(String::new, |(other, _)| format!(", kept over {other}"));
            format!("a preference, event {seq} of {session}{over}")
        }
    }
}
