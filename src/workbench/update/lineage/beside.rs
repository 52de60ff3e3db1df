//! Two states beside each other, task by task: what differs, where they first went another way, what each side cost.

use super::name_of;
use crate::{
    figure::counted,
    ids::{Seq, TaskId},
    session::{
        Journal, Session,
        compare::{Costs, Difference, Matching, Pair, compare, costs, expert, matching},
    },
    workbench::{
        Action, Effect, Mode, State, Weight,
        sheet::{Comparing, Kind, Row, Sheet, Tone},
        update::{self, disabled, history, sheets},
    },
};

/// The branch at hand beside another one of this session.
pub(in super::super) fn compare_with(state: &mut State, tip: Seq) -> Vec<Effect> {
    let name = name_of(&state.journal, tip);
    let other = match state.journal.session_at(Some(tip)) {
        Ok(other) => other,
        Err(error) => {
            state.say(Weight::Error, error.to_string());
            return vec![];
        }
    };
    let its = costs(&state.journal, Some(tip));
    open(state, other, name, Matching::Ids, its)
}

/// The session at hand beside another one that was read for it.
pub(in super::super) fn compare_other(state: &mut State, journal: &Journal) -> Vec<Effect> {
    let matching = matching(&state.journal, journal);
    let other = journal.session().clone();
    let name = other.title.clone();
    open(state, other, name, matching, costs(journal, journal.head()))
}

/// Shows both sides, the first divergent step under the cursor.
pub(super) fn open(
    state: &mut State,
    other: Session,
    name: String,
    matching: Matching,
    its: Costs,
) -> Vec<Effect> {
    let mine = state.journal.session();
    let comparison = compare(mine, &other, matching);
    let first = comparison.divergence(mine, &other);
    let costs = (costs(&state.journal, state.journal.head()), its);
    let head = match comparison.differing().count() {
        0 => "both sides are the same".to_owned(),
        1 => "1 task differs".to_owned(),
        n => format!("{n} tasks differ; the step that went another way first is marked `first`"),
    };
    let costs_told = format!("this side {}, the other {}", told(&costs.0), told(&costs.1));
    let pairs = comparison.pairs.iter().enumerate();
    let rows = pairs.map(|(at, pair)| row(mine, &other, pair, first == Some(at))).collect();
    let title = format!("Compare with {name}");
    let comparing = Comparing { comparison, other, name, matching, first, costs };
    let sheet = Sheet {
        kind: Kind::Compare(Box::new(comparing)),
        title,
        head: vec![(Tone::Strong, head), (Tone::Dim, costs_told)],
        columns: vec![0, 23, 0],
        rows,
        cursor: first.unwrap_or(0),
        below: vec![],
        keys: vec![
            ("tab", "next difference"),
            ("a", "adopt task"),
            ("A", "adopt subtree"),
            ("&", "blame by the other side"),
            ("enter", "go there"),
        ],
    };
    sheets::show(state, sheet);
    history::refresh(state);
    vec![]
}

/// What one side cost.
fn told(costs: &Costs) -> String {
    let (mut calls, mut tokens) = (0, 0);
    for (of, usage) in costs.values() {
        calls += of;
        tokens += usage.output_tokens;
    }
    format!("{calls} calls, {tokens} tokens")
}

fn row(mine: &Session, other: &Session, pair: &Pair, first: bool) -> Row {
    let side = |session: &Session, task: Option<TaskId>| {
        let Some(task) = task else { return String::new() };
        let plan = &session.plan;
        let number =
            if plan.root() == Some(task) { String::new() } else { format!("#{} ", plan.position(task)) };
        format!("{}{number}{}", "  ".repeat(pair.depth), plan.text(task))
    };
    let words: Vec<&str> = pair.differences.iter().map(|what| what.word()).collect();
    let tone = match pair.differences.first() {
        None => Tone::Plain,
        Some(Difference::OnlyOne) => Tone::Removed,
        Some(Difference::OnlyOther) => Tone::Added,
        Some(_) => Tone::Changed,
    };
    let mark = if first { "first ≠" } else { "≠" };
    let between = if words.is_empty() { "=".to_owned() } else { format!("{mark} {}", words.join(", ")) };
    Row::new(tone, [side(mine, pair.one), between, side(other, pair.other)])
}

/// Both sides of the pair under the cursor, whole.
pub(in super::super) fn detail(mine: &Session, comparing: &Comparing, at: usize) -> Vec<(Tone, String)> {
    let Some(pair) = comparing.comparison.pairs.get(at) else { return vec![] };
    let mut lines = vec![];
    if comparing.first == Some(at) {
        let words = "the first divergent step: all it was made of is the same on both sides";
        lines.push((Tone::Strong, words.to_owned()));
    }
    let sides = [
        ("here", mine, pair.one, &comparing.costs.0),
        ("there", &comparing.other, pair.other, &comparing.costs.1),
    ];
    for (name, session, task, costs) in sides {
        let Some(task) = task else {
            lines.push((Tone::Dim, format!("{name:<6} not there")));
            continue;
        };
        let tone = if pair.differences.is_empty() { Tone::Plain } else { Tone::Changed };
        let by = expert(session, task).map(|by| format!("[{by}] ")).unwrap_or_default();
        lines.push((tone, format!("{name:<6} {by}{}", session.plan.text(task))));
        if let Some(answer) = session.answer(task) {
            lines.push((tone, format!("{:<6} → {answer}", "")));
        }
        let (calls, usage) = costs.get(&task).copied().unwrap_or_default();
        if 0 < calls {
            let calls = counted(calls, "call");
            let cost = format!("{:<6} {calls}, {} tokens, {:.1} s", "", usage.output_tokens, usage.seconds);
            lines.push((Tone::Dim, cost));
        }
    }
    lines
}

/// The next pair that differs, or the one before.
pub(in super::super) fn next_difference(state: &mut State, forward: bool) -> Vec<Effect> {
    let Mode::Sheet(sheet) = &mut state.mode else { return vec![] };
    let Kind::Compare(comparing) = &sheet.kind else { return vec![] };
    let (at, all) = (sheet.cursor, comparing.comparison.differing().collect::<Vec<_>>());
    let next = match forward {
        true => all.iter().find(|found| at < **found).or(all.first()),
        false => all.iter().rfind(|found| **found < at).or(all.last()),
    };
    match next {
        Some(next) => sheet.cursor = *next,
        None => state.say(Weight::Info, "both sides are the same"),
    }
    history::refresh(state);
    vec![]
}

/// Searches for the task at fault with the answers of the other side as the right ones: nobody is asked about these.
pub(in super::super) fn blame(state: &mut State) -> Vec<Effect> {
    let Mode::Sheet(sheet) = &state.mode else { return vec![] };
    let Kind::Compare(comparing) = &sheet.kind else { return vec![] };
    let right = |pair: &Pair| Some((pair.one?, comparing.other.answer(pair.other?)?.to_owned()));
    let gold = comparing.comparison.pairs.iter().filter_map(right).collect();
    if let Some(why) = disabled(state, Action::Blame) {
        state.say(Weight::Warning, why);
        return vec![];
    }
    let goal = state.journal.session().plan.root();
    goal.map_or_else(Vec::new, |goal| update::blame::begin(state, goal, gold))
}
