//! The past as a list: events to look at without leaving the present, branches to go to, to fork and to name.

use super::{change, running, typing, walk};
use crate::{
    engine::estimate::Outturn,
    ids::{Seq, TaskId},
    session::{
        Event, Record, Session,
        branches::{branches, read_label},
    },
    workbench::{
        Effect, Mode, State, Weight,
        buffer::Buffer,
        mode::Purpose,
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
    let mut effects = running::stop_all(state);
    effects.extend(walk(state, to));
    if state.journal.head() == to {
        let at = to.map_or(0, |seq| seq.0 + 1);
        let words = format!("at event {at} of {}; z goes on back, Z forward", state.journal.records().len());
        state.say(Weight::Info, words);
    }
    effects
}

/// Asks for the name of a new branch.
pub(super) fn fork(state: &mut State) -> Vec<Effect> {
    typing::begin(state, Purpose::Fork, Buffer::default());
    vec![]
}

/// Asks for another name of a branch.
pub(super) fn name(state: &mut State, tip: Seq) -> Vec<Effect> {
    let found = branches(&state.journal).into_iter().find(|branch| branch.tip == tip);
    let text = found.map_or_else(String::new, |branch| match branch.note.is_empty() {
        true => branch.name,
        false => format!("{}: {}", branch.name, branch.note),
    });
    typing::begin(state, Purpose::NameBranch(tip), Buffer::of(text));
    vec![]
}

/// Takes the name that was typed.
pub(super) fn take_name(state: &mut State, purpose: &Purpose, text: &str) -> Vec<Effect> {
    let (name, note) = read_label(text);
    if name.is_empty() {
        state.say(Weight::Warning, "a branch without a name is not found again: nothing was done");
        return vec![];
    }
    let fork = *purpose == Purpose::Fork;
    let mut effects = vec![];
    let back = state.journal.head();
    if let Purpose::NameBranch(tip) = purpose
        && back != Some(*tip)
    {
        effects.extend(go(state, Some(*tip)));
    }
    effects.extend(change(state, Event::Labelled { name: name.clone(), note, fork }));
    if let Purpose::NameBranch(tip) = purpose
        && back != Some(*tip)
    {
        effects.extend(go(state, back));
    }
    let words = match fork {
        true => format!("on the new branch {name}; C-b lists all, the old one stays as it is"),
        false => format!("the branch is called {name}"),
    };
    state.say(Weight::Info, words);
    effects
}

/// The list of branches.
pub(super) fn list(state: &mut State, compare: bool) -> Vec<Effect> {
    let mut all = branches(&state.journal);
    if compare {
        all.retain(|branch| !branch.here || Some(branch.tip) != state.journal.head());
        if all.is_empty() {
            let words =
                "there is one branch only: f forks, = in the list of sessions compares with another one";
            state.say(Weight::Info, words);
            return vec![];
        }
        if let [branch] = &all[..] {
            let tip = branch.tip;
            return super::lineage::compare_with(state, tip);
        }
    }
    let row = |branch: &crate::session::branches::Branch| {
        let here = if branch.here { "here" } else { "" };
        let own = match branch.own {
            0 => "nothing of its own".to_owned(),
            1 => "1 event of its own".to_owned(),
            n => format!("{n} events of its own"),
        };
        let fork = branch.fork.map(|seq| format!(" from event {}", seq.0 + 1)).unwrap_or_default();
        let tone = if branch.here { Tone::Strong } else { Tone::Plain };
        Row::new(
            tone,
            [
                here.to_owned(),
                branch.name.clone(),
                format!("{own}{fork}"),
                clock(branch.at),
                branch.note.clone(),
            ],
        )
    };
    let rows: Vec<Row> = all.iter().map(row).collect();
    let keys = match compare {
        true => vec![("enter", "compare")],
        false => vec![("enter", "go there"), ("e", "name"), ("=", "compare"), ("M", "merge into this")],
    };
    let sheet = Sheet {
        kind: Kind::Branches { tips: all.iter().map(|branch| branch.tip).collect(), compare },
        title: if compare { "Compare with" } else { "Branches" }.to_owned(),
        head: vec![(Tone::Dim, "newest first; nothing is ever overwritten".to_owned())],
        columns: vec![5, 14, 34, 10, 0],
        rows,
        cursor: all.iter().position(|branch| branch.here).unwrap_or(0),
        below: vec![],
        keys,
    };
    super::sheets::show(state, sheet)
}

/// Time of day, UTC.
fn clock(milliseconds: u64) -> String {
    let time = i64::try_from(milliseconds).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    time.map_or_else(String::new, |time| time.strftime("%H:%M:%S").to_string())
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
            [here.to_owned(), number, clock(record.at), word, told(state, record.seq, &record.event)],
        )
    };
    let rows: Vec<Row> = records.iter().map(row).collect();
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
        head: vec![(Tone::Dim, format!("{by}; below, the plan as it was then: looking changes nothing"))],
        columns: vec![5, 7, 10, 11, 0],
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

/// What happened, in a line.
fn told(state: &State, seq: Seq, event: &Event) -> String {
    let edits = |edits: &[crate::plan::Edit]| match edits {
        [edit] => format!("{} {}", edit.word(), edit.task()),
        edits => format!("{} edits", edits.len()),
    };
    match event {
        Event::Started { title, .. } => title.clone(),
        Event::Configured { settings } => format!("{}, router {}", settings.strategy, settings.router),
        Event::Edited { edits: all, reason, .. } => {
            let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("{}{reason}", edits(all))
        }
        Event::Routed { task, decision, .. } => {
            format!("{task} to {} by {}", decision.chosen, decision.router)
        }
        Event::Asked { task, call, purpose, ask, .. } => {
            format!("{call} {} [{}] for {task}", purpose.word(), ask.expert)
        }
        Event::Answered { call, answer } => format!("{call} → {}", answer.text.trim()),
        Event::Failed { call, why } => format!("{call}: {why}"),
        Event::Stopped { call, partial } => format!("{call}: {}", partial.text.trim()),
        Event::Proposed { task, strategy, edits: all, .. } => {
            format!("{strategy} for {task}: {}", edits(all))
        }
        Event::Solved { task, answer, .. } => format!("{task} = {answer}"),
        Event::Pinned { task, answer, .. } => {
            format!("{task} = {}", answer.as_deref().unwrap_or("the computed answer again"))
        }
        Event::Judged { task, ruling, reason, .. } => {
            let why = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("{task} {}{why}", ruling.map_or("no verdict any more", |ruling| ruling.word()))
        }
        Event::Amended { task, purpose, amendment, .. } => {
            format!("{} for {task}: {}", purpose.word(), amendment.words())
        }
        Event::Cancelled { task, on: true } => format!("{task} with all below it"),
        Event::Cancelled { task, .. } => format!("{task} again"),
        Event::Estimated { calls, output_tokens, seconds } => {
            let plain = format!("{calls} calls, {output_tokens:.0} tokens, {seconds:.1} s");
            let outturn = Outturn::read(&state.journal, state.journal.head(), Some(seq));
            outturn.map_or(plain, |outturn| outturn.told())
        }
        Event::Labelled { name, note, .. } if note.is_empty() => name.clone(),
        Event::Labelled { name, note, .. } => format!("{name}: {note}"),
        Event::Explained { change, reason } => {
            let of = state.journal.records().get(change.0 as usize).map_or("", |record| record.event.word());
            format!("event {} ({of}): {reason}", change.0 + 1)
        }
    }
}
