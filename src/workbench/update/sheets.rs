//! Sheets: opened, walked, left; and what their entries do.

use super::{blame, browsing, caps, dry, history, lineage, repeat, rework, running, vote, whatif};
use crate::{
    engine::Amendments,
    figure::counted,
    ids::TaskId,
    plan::{Redraft, lint},
    workbench::{
        Action, Effect, Mode, RowId, Run, State, Weight,
        sheet::{Kind, Row, Sheet, Tone},
    },
};

pub(super) fn show(state: &mut State, sheet: Sheet) -> Vec<Effect> {
    state.mode = Mode::Sheet(Box::new(sheet));
    vec![]
}

/// Shows what a changed text would do; enter does it.
pub(super) fn confirm(state: &mut State, task: TaskId, redraft: Redraft) {
    if redraft.edits.is_empty() {
        state.say(Weight::Info, "nothing was changed");
        return;
    }
    let told = match redraft.changes.len() {
        1 => "1 change".to_owned(),
        n => format!("{n} changes, taken together"),
    };
    let mut head = vec![(Tone::Strong, told)];
    head.extend(redraft.warnings.iter().map(|warning| (Tone::Bad, warning.what.clone())));
    let rows = rework::told(&redraft);
    let sheet = Sheet {
        kind: Kind::Confirm { edits: redraft.edits, task },
        title: "Change the plan".to_owned(),
        head,
        columns: vec![3, 0],
        rows,
        cursor: 0,
        below: vec![],
        keys: vec![("enter", "take them"), ("esc", "take none")],
    };
    show(state, sheet);
}

/// What is said of a change that no longer applies.
const LAPSED: &str =
    "what its call is made from has changed: it is made as it would be by itself (C-p changes it)";

/// The list of what is suspicious.
pub(super) fn lint(state: &mut State) -> Vec<Effect> {
    let plan = &state.journal.session().plan;
    let depth = state.settings().limits.depth as usize;
    let found = lint::lint(plan, depth);
    let lapsed = state.survey.iter().filter(|(_, look)| look.amended == Amendments::Lapsed);
    let lapsed = lapsed.map(|(task, _)| (task, "amendment", LAPSED.to_owned()));
    let found = found.into_iter().map(|finding| (finding.task, finding.rule.word(), finding.what));
    let found: Vec<(TaskId, &str, String)> = found.chain(lapsed).collect();
    let row = |(task, rule, what): &(TaskId, &str, String)| {
        let number = plan.reference(TaskId(u32::MAX), *task);
        let number = if number == "#" { "goal".to_owned() } else { number };
        Row::new(Tone::Plain, [number, (*rule).to_owned(), what.clone(), plan.text(*task)])
    };
    let rows: Vec<Row> = found.iter().take(10_000).map(row).collect();
    let head = match found.len() {
        0 => "nothing suspicious".to_owned(),
        1 => "1 finding: nothing here stops the plan, it is worth a look".to_owned(),
        n => format!("{n} findings: nothing here stops the plan, all are worth a look"),
    };
    let sheet = Sheet {
        kind: Kind::Lint(found.into_iter().map(|(task, ..)| task).collect()),
        title: "Lint".to_owned(),
        head: vec![(Tone::Strong, head)],
        columns: vec![8, 16, 0, 0],
        rows,
        cursor: 0,
        below: vec![],
        keys: vec![("enter", "go there")],
    };
    show(state, sheet)
}

/// Actions while a sheet is open.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(by) = browsing::leap(state, action) else {
        return if action == Action::Enter { enter(state) } else { special(state, action) };
    };
    let Mode::Sheet(sheet) = &mut state.mode else { return vec![] };
    sheet.cursor = sheet.cursor.saturating_add_signed(by).min(sheet.rows.len().saturating_sub(1));
    history::refresh(state);
    super::models::refresh(state);
    vec![]
}

/// What a kind of sheet knows beyond walking.
fn special(state: &mut State, action: Action) -> Vec<Effect> {
    let Mode::Sheet(sheet) = &state.mode else { return vec![] };
    let at = sheet.cursor;
    match (&sheet.kind, action) {
        (Kind::DryRun(_), Action::Continue | Action::DryRun) => return enter(state),
        (Kind::Cap(Some(task)), Action::Budget) => {
            state.ui.cursor = Some(RowId::task(*task));
            state.mode = Mode::Browse;
            return rework::ask(state, action);
        }
        (Kind::Preview(_), Action::RunStale | Action::Continue) => return enter(state),
        (Kind::Branches { tips, .. }, Action::Edit | Action::Compare | Action::Merge) => {
            if let Some(tip) = tips.get(at).copied() {
                return match action {
                    Action::Edit => history::name(state, tip),
                    Action::Compare => lineage::compare_with(state, tip),
                    _ => lineage::merge_with(state, tip),
                };
            }
        }
        (Kind::Breakpoints(ids), Action::InsertAfter | Action::Edit | Action::Fold | Action::Delete) => {
            let id = ids.get(at).copied();
            return super::breakpoints::act(state, action, id);
        }
        (Kind::Timeline(_), Action::NextTab | Action::PreviousTab) => return history::next_grain(state),
        (Kind::Timeline(timeline), Action::Fork) => {
            if let Some(seq) = timeline.events.get(at).copied() {
                return history::fork(state, Some(seq));
            }
        }
        (Kind::Compare(_), Action::NextTab | Action::SearchNext) => {
            return lineage::next_difference(state, true);
        }
        (Kind::Compare(_), Action::PreviousTab) => return lineage::next_difference(state, false),
        (Kind::Compare(_), Action::InsertAfter | Action::InsertBelow) => {
            return lineage::adopt(state, action == Action::InsertBelow);
        }
        (Kind::Compare(_), Action::Blame) => return lineage::blame(state),
        (Kind::Blame(_), Action::Cancel) if !state.live.is_empty() => return running::cancel(state),
        (Kind::Votes(votes), Action::Pin) => {
            let votes = votes.clone();
            return vote::adopt(state, &votes, at, true);
        }
        (Kind::Votes(votes), Action::Samples) => {
            let of = votes.of.clone();
            return vote::more(state, of);
        }
        (Kind::WhatIf(whatif), Action::Fold) => {
            let whatif = (**whatif).clone();
            return whatif::try_out(state, whatif, at);
        }
        (Kind::Repeat(_), Action::Cancel) if !state.live.is_empty() => return repeat::cancel(state),
        (Kind::Votes(_) | Kind::WhatIf(_), Action::Cancel) if !state.live.is_empty() => {
            let effects = running::cancel(state);
            super::beside::heard(state);
            return effects;
        }
        (Kind::Blame(_), action) => return blame::act(state, action),
        (Kind::Models, Action::Delete) => return super::models::act(state, action),
        (Kind::Merge(_), Action::Left | Action::Right | Action::Fold) => {
            return lineage::decide(state, action);
        }
        _ => {}
    }
    state.say(Weight::Info, format!("`{}` does nothing here: esc goes back", action.title()));
    vec![]
}

pub(super) fn enter(state: &mut State) -> Vec<Effect> {
    if matches!(&state.mode, Mode::Sheet(sheet) if sheet.kind == Kind::Models) {
        return super::models::act(state, Action::Enter);
    }
    let Mode::Sheet(sheet) = std::mem::take(&mut state.mode) else { return vec![] };
    let at = sheet.cursor;
    match sheet.kind {
        Kind::Choose { what, tasks } => rework::take_choice(state, &what, &tasks, at),
        Kind::Confirm { edits, task } => rework::take_redraft(state, edits, task),
        Kind::Preview(tasks) if state.survey.tally().stale == 0 => go_to(state, tasks.get(at)),
        Kind::Preview(_) => running::start(state, Run::Stale),
        Kind::Lint(tasks) => go_to(state, tasks.get(at)),
        Kind::Votes(votes) => vote::adopt(state, &votes, at, false),
        Kind::WhatIf(whatif) => whatif::keep(state, &whatif, at),
        Kind::Repeat(all) => {
            let call = all.get(at).and_then(|repeated| state.journal.call(repeated.original));
            go_to(state, call.map(|call| call.task).as_ref())
        }
        Kind::Why { tasks, .. } => go_to(state, tasks.get(at).and_then(Option::as_ref)),
        Kind::Breakpoints(ids) => super::breakpoints::act(state, Action::Enter, ids.get(at).copied()),
        Kind::DryRun(_) => dry::run(state),
        Kind::Cap(task) => caps::take(state, task, at),
        Kind::Branches { tips, compare: true } => match tips.get(at) {
            Some(tip) => lineage::compare_with(state, *tip),
            None => vec![],
        },
        Kind::Branches { tips, compare: false } => match tips.get(at) {
            Some(tip) => history::go(state, Some(*tip)),
            None => vec![],
        },
        Kind::Timeline(timeline) => match timeline.events.get(at) {
            Some(seq) => history::go(state, Some(*seq)),
            None => vec![],
        },
        Kind::Compare(comparing) => {
            let task = comparing.comparison.pairs.get(at).and_then(|pair| pair.one);
            go_to(state, task.as_ref())
        }
        Kind::Blame(tasks) => blame::enter(state, tasks.get(at).copied()),
        Kind::Merge(merging) if 0 < merging.open() => {
            let next = merging.conflicts.iter().position(|conflict| conflict.choice.is_none());
            let conflicts = counted(merging.open() as u64, "conflict");
            let words = format!("still to decide: {conflicts}; h takes yours, l theirs, space the base");
            let (kind, cursor) = (Kind::Merge(merging), next.unwrap_or(0));
            state.mode = Mode::Sheet(Box::new(Sheet { kind, cursor, ..*sheet }));
            history::refresh(state);
            state.say(Weight::Warning, words);
            vec![]
        }
        Kind::Merge(merging) => lineage::finish(state, &merging),
        Kind::Models => vec![],
    }
}

fn go_to(state: &mut State, task: Option<&TaskId>) -> Vec<Effect> {
    if let Some(task) = task.filter(|task| state.journal.session().plan.contains(**task)) {
        browsing::reveal(state, RowId::task(*task));
    }
    vec![]
}
