//! The past as a list: events to look at without leaving the present. Branches are in `branching`.

mod branching;
mod told;

pub(super) use branching::{fork, list, name, take_name};

use super::{running, walk};
use crate::{
    ids::{Seq, TaskId},
    session::{Event, Record, Session},
    workbench::{
        Effect, Mode, State, Weight,
        clock::clock,
        sheet::{Grain, Kind, Row, Sheet, Timeline, Tone},
    },
};

/// Rows of an old plan that are shown below the events.
const SHOWN: usize = 200;

/// Walks the pointer there; what runs belongs to the present that is being left.
pub(super) fn go(state: &mut State, to: Option<Seq>) -> Vec<Effect> {
    state.mode = Mode::Browse;
    if state.journal.head() == to {
        state.say(Weight::Info, "this is where you are");
        return vec![];
    }
    let ended = running::ended(state.live.len());
    let mut effects = running::stop_all(state);
    effects.extend(walk(state, to));
    if state.journal.head() == to {
        let at = to.map_or(0, |seq| seq.0 + 1);
        let words =
            format!("at event {at} of {}; z goes on back, Z forward{ended}", state.journal.records().len());
        state.say(Weight::Info, words);
    }
    effects
}

/// The events of this branch, with what lies ahead of the pointer.
pub(super) fn timeline(state: &mut State, grain: Grain) -> Vec<Effect> {
    let mut end = state.journal.head();
    while let Some(next) = state.journal.newest(end) {
        end = Some(next);
    }
    let path = state.journal.path(end).unwrap_or_default();
    let task = state.ui.cursor.map(|row| row.task);
    let listed = |record: &&&Record| match grain {
        Grain::Event => true,
        Grain::Task => task.is_some_and(|task| state.journal.concerns(&record.event, task)),
        Grain::Decision => decision(&record.event),
    };
    let records: Vec<&Record> = path.iter().filter(listed).copied().collect();
    let row = |record: &&Record| {
        let tone = match state.journal.head() {
            Some(head) if record.seq == head => Tone::Strong,
            Some(head) if head < record.seq => Tone::Dim,
            _ => Tone::Plain,
        };
        let here = if tone == Tone::Strong { "here" } else { "" };
        let number = (record.seq.0 + 1).to_string();
        let word = record.event.word().to_owned();
        Row::new(
            tone,
            [
                here.to_owned(),
                number,
                clock(record.at, state.now),
                word,
                told::told(state, record.seq, &record.event),
            ],
        )
    };
    let rows: Vec<Row> = records.iter().map(row).collect();
    let wide = widest(&rows, 2);
    let events: Vec<Seq> = records.iter().map(|record| record.seq).collect();
    let cursor = events.iter().rposition(|seq| Some(*seq) <= state.journal.head()).unwrap_or(0);
    let by = match grain {
        Grain::Event => "every event",
        Grain::Task => "the events of the selected task",
        Grain::Decision => "decisions: edits, routes, proposals, pins, forks",
    };
    let sheet = Sheet {
        kind: Kind::Timeline(Timeline { events, grain }),
        title: "Timeline".to_owned(),
        head: vec![(
            Tone::Dim,
            format!("{by}; times are UTC; below, the plan as it was then: looking changes nothing"),
        )],
        columns: vec![5, 7, wide, 11, 0],
        rows,
        cursor,
        below: vec![],
        keys: vec![("tab", "event, task, decision"), ("enter", "go there"), ("f", "fork there")],
    };
    super::sheets::show(state, sheet);
    refresh(state);
    vec![]
}

pub(super) fn next_grain(state: &mut State) -> Vec<Effect> {
    let Mode::Sheet(sheet) = &state.mode else { return vec![] };
    let Kind::Timeline(old) = &sheet.kind else { return vec![] };
    let (at, grain) = (old.events.get(sheet.cursor).copied(), old.grain);
    timeline(
        state,
        match grain {
            Grain::Event => Grain::Task,
            Grain::Task => Grain::Decision,
            Grain::Decision => Grain::Event,
        },
    );
    // The scrubber stays where it was in time.
    if let Mode::Sheet(sheet) = &mut state.mode
        && let Kind::Timeline(new) = &sheet.kind
    {
        sheet.cursor = new.events.iter().rposition(|seq| Some(*seq) <= at).unwrap_or(0);
    }
    refresh(state);
    vec![]
}

/// What stands below the table belongs to the entry under the cursor.
pub(super) fn refresh(state: &mut State) {
    let Mode::Sheet(sheet) = &state.mode else { return };
    let below = match &sheet.kind {
        Kind::Timeline(timeline) => {
            let seq = timeline.events.get(sheet.cursor).copied();
            seq.and_then(|seq| state.journal.session_at(Some(seq)).ok()).map(|session| outline(&session))
        }
        Kind::Compare(comparing) => {
            Some(super::lineage::detail(state.journal.session(), comparing, sheet.cursor))
        }
        Kind::Blame(tasks) => tasks.get(sheet.cursor).map(|task| super::blame::detail(state, *task)),
        Kind::Votes(votes) => Some(super::vote::below(state, votes, sheet.cursor)),
        Kind::WhatIf(whatif) => Some(super::whatif::below(state, whatif, sheet.cursor)),
        Kind::Repeat(all) => all.get(sheet.cursor).map(|repeated| super::repeat::below(state, repeated)),
        Kind::Why { parts, .. } => parts
            .get(sheet.cursor)
            .map(|part| part.text.split('\n').map(|line| (Tone::Plain, line.to_owned())).collect()),
        Kind::Merge(merging) => Some(super::lineage::sides(merging, sheet.cursor)),
        _ => None,
    };
    if let (Some(below), Mode::Sheet(sheet)) = (below, &mut state.mode) {
        sheet.below = below;
    }
}

/// As wide as a column of these rows has to be.
fn widest(rows: &[Row], column: usize) -> u16 {
    let cells = rows.iter().filter_map(|row| row.cells.get(column));
    cells.map(|cell| cell.chars().count() as u16 + 1).max().unwrap_or(0).clamp(10, 42)
}

fn outline(session: &Session) -> Vec<(Tone, String)> {
    let plan = &session.plan;
    let line = |task: TaskId| {
        let indent = "  ".repeat(plan.depth(task));
        let number =
            if plan.root() == Some(task) { String::new() } else { format!("#{} ", plan.position(task)) };
        let answer = session.answer(task).map(|answer| format!(" → {answer}")).unwrap_or_default();
        (Tone::Plain, format!("{indent}{number}{}{answer}", plan.text(task)))
    };
    let mut lines: Vec<_> = plan.walk().into_iter().take(SHOWN).map(line).collect();
    if SHOWN < plan.len() {
        lines.push((Tone::Dim, format!("and {} more tasks", plan.len() - SHOWN)));
    }
    lines
}

fn decision(event: &Event) -> bool {
    !matches!(
        event,
        Event::Asked { .. } | Event::Answered { .. } | Event::Failed { .. } | Event::Solved { .. }
    )
}
