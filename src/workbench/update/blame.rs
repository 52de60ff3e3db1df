//! The dialogue that walks from a wrong final answer to the task at fault: asks about one answer at a time, pins the right
//! one on a branch of its own, runs again what depends on it, and ends with the finding. The branch at hand stays as it was.

use super::{browsing, lineage, record_or_say, running, sheets, typing, walk};
use crate::{
    decision::Ruling,
    engine::{
        Status,
        blame::{Ancestry, Blame, Finding, Next, Said},
    },
    ids::{Seq, TaskId},
    session::Event,
    workbench::{
        Action, Effect, Mode, RowId, Run, State, Weight,
        buffer::Buffer,
        mode::Purpose,
        sheet::{Kind, Row, Sheet, Tone},
    },
};
use std::collections::{BTreeMap, HashMap};

/// The name of the branch on which answers are tried.
const BRANCH: &str = "blame";

/// A search under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Blaming {
    pub search: Blame,
    pub goal: TaskId,
    /// Where the person was, and is again at the end.
    home: Option<Seq>,
    /// The last record of the branch on which answers are tried.
    tip: Option<Seq>,
    /// This answer was pinned and what depends on it runs again.
    trying: Option<TaskId>,
    /// Calls to models before, and those that the search has made.
    before: u32,
    pub calls: u32,
    /// Why a rerun came to no end.
    halted: Option<String>,
}

/// Begins the search, or takes up the one that was left.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let plan = &state.journal.session().plan;
    let selected = state.ui.cursor.map(|row| row.task).filter(|task| !plan.parts(*task).is_empty());
    let Some(goal) = selected.or(plan.root()) else { return vec![] };
    let here = state.journal.head();
    let same = |blaming: &Blaming| {
        let over = blaming.halted.is_some() || matches!(blaming.search.next(), Next::Found(_));
        blaming.goal == goal && blaming.home == here && !over
    };
    if state.blame.as_deref().is_some_and(|blaming| blaming.trying.is_some() || same(blaming)) {
        let mut effects = match state.blame.as_deref() {
            Some(Blaming { trying: None, tip: Some(tip), .. }) => walk(state, Some(*tip)),
            _ => vec![],
        };
        effects.extend(go_on(state));
        return effects;
    }
    begin(state, goal, BTreeMap::new())
}

/// Begins the search with right answers that are known beforehand.
pub(super) fn begin(state: &mut State, goal: TaskId, gold: BTreeMap<TaskId, String>) -> Vec<Effect> {
    let session = state.journal.session();
    let ancestry = Ancestry::of(session, goal);
    let mut search = Blame::new(ancestry, answers(state, goal), gold);
    // What was said before is not asked again.
    for task in search.ancestry().tasks().to_vec() {
        let verdicts = state.survey.look(task).map(|look| &look.verdicts[..]).unwrap_or_default();
        let said = verdicts.iter().find_map(|verdict| match (verdict.judge.as_str(), verdict.ruling) {
            ("person", Ruling::Pass) => Some(Said::Right),
            ("person", Ruling::Fail) => Some(Said::Wrong),
            // A rule that is broken speaks against the answer; one that holds says little.
            (judge, Ruling::Fail) if judge != "model" => Some(Said::Wrong),
            _ => None,
        });
        if let (Some(said), None) = (said, search.said(task)) {
            search.say(task, said, false);
        }
    }
    let before = state.journal.usage().0;
    let home = state.journal.head();
    let blaming = Blaming { search, goal, home, tip: None, trying: None, before, calls: 0, halted: None };
    state.blame = Some(Box::new(blaming));
    go_on(state)
}

/// The present answers of all that the goal is made of.
fn answers(state: &State, goal: TaskId) -> HashMap<TaskId, String> {
    let session = state.journal.session();
    let tasks = Ancestry::of(session, goal);
    let answer = |task: &TaskId| Some((*task, session.answer(*task)?.to_owned()));
    tasks.tasks().iter().filter_map(answer).collect()
}

/// Does what comes next and shows how it stands.
fn go_on(state: &mut State) -> Vec<Effect> {
    let Some(blaming) = state.blame.as_deref() else { return vec![] };
    if blaming.trying.is_some() || blaming.halted.is_some() {
        return show(state);
    }
    match blaming.search.next() {
        Next::Rerun(task, answer) => attempt(state, task, answer),
        Next::Found(_) => {
            let effects = go_home(state);
            show(state);
            effects
        }
        Next::Ask(_) | Next::Type(_) => show(state),
    }
}

/// Pins the answer on the branch for it and runs again what depends on it.
fn attempt(state: &mut State, task: TaskId, answer: String) -> Vec<Effect> {
    let Some(blaming) = state.blame.as_deref_mut() else { return vec![] };
    blaming.trying = Some(task);
    let mut effects = vec![];
    let mut events = vec![];
    match blaming.tip {
        // A question in between was asked at home.
        Some(tip) => effects.extend(walk(state, Some(tip))),
        None => {
            let note = "right answers, tried one after the other".to_owned();
            events.push(Event::Labelled { name: BRANCH.to_owned(), note, fork: true });
        }
    }
    let reason = Some("blame: the right answer".to_owned());
    events.push(Event::Pinned { task, answer: Some(answer), reason });
    let Some(written) = record_or_say(state, events) else {
        state.blame = None;
        return effects;
    };
    effects.extend(written);
    if 0 < state.survey.tally().stale {
        effects.extend(running::start(state, Run::Stale));
    }
    effects.extend(show(state));
    effects
}

/// Called after every message: has what was tried come to its end?
pub(super) fn wake(state: &mut State) -> Vec<Effect> {
    let trying = state.blame.as_deref().and_then(|blaming| Some((blaming.trying?, blaming.goal)));
    let Some((task, goal)) = trying else { return vec![] };
    if state.run != Run::Idle || !state.live.is_empty() {
        return vec![];
    }
    let (now, calls, tip) = (answers(state, goal), state.journal.usage().0, state.journal.head());
    let halted = match state.survey.look(goal).map(|look| &look.status) {
        Some(Status::Done) => None,
        Some(status) => Some(status.why().unwrap_or(status.word()).to_owned()),
        None => Some("the goal is gone".to_owned()),
    };
    if let Some(blaming) = state.blame.as_deref_mut() {
        blaming.trying = None;
        blaming.calls = calls.saturating_sub(blaming.before);
        blaming.tip = tip;
        blaming.halted = halted;
        blaming.search.ran(task, now);
    }
    let shown = matches!(&state.mode, Mode::Sheet(sheet) if matches!(sheet.kind, Kind::Blame(_)));
    if shown { go_on(state) } else { vec![] }
}

fn go_home(state: &mut State) -> Vec<Effect> {
    match state.blame.as_deref() {
        Some(Blaming { home, tip: Some(_), .. }) => walk(state, *home),
        _ => vec![],
    }
}

/// The person leaves the dialogue: back to their branch; `&` takes it up again.
pub(super) fn leave(state: &mut State) -> Vec<Effect> {
    let Some(blaming) = state.blame.as_deref() else { return vec![] };
    if blaming.trying.is_some() {
        return vec![];
    }
    let over = blaming.halted.is_some() || matches!(blaming.search.next(), Next::Found(_));
    let effects = go_home(state);
    if !over {
        state.say(Weight::Info, "the search waits: & takes it up again");
    }
    effects
}

/// Keys while the dialogue is open.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let (Mode::Sheet(sheet), Some(blaming)) = (&state.mode, state.blame.as_deref()) else { return vec![] };
    let Kind::Blame(tasks) = &sheet.kind else { return vec![] };
    let Some(task) = tasks.get(sheet.cursor).copied() else { return vec![] };
    if blaming.trying.is_some() {
        state.say(Weight::Info, "what depends on it runs again: wait for the end, or C-x cancels");
        return vec![];
    }
    let over = matches!(blaming.search.next(), Next::Found(_)) || blaming.halted.is_some();
    match action {
        Action::Compare => match blaming.tip {
            Some(tip) => {
                let mut effects = go_home(state);
                effects.extend(lineage::compare_with(state, tip));
                return effects;
            }
            None => state.say(Weight::Info, "no answer was tried yet: there is nothing to compare with"),
        },
        _ if over => state.say(Weight::Info, "the search is over: enter goes to the task, esc leaves"),
        Action::Copy => return said(state, task, Said::Right),
        Action::New => return said(state, task, Said::Wrong),
        Action::Fold => return said(state, task, Said::Open),
        Action::TypeAnswer => {
            let answer = blaming.search.answer(task).unwrap_or_default().to_owned();
            typing::begin(state, Purpose::Blame(task), Buffer::of(answer));
        }
        _ => {
            state.say(Weight::Info, "y right, n wrong, t types the right one, space can not tell, esc leaves")
        }
    }
    vec![]
}

fn said(state: &mut State, task: TaskId, said: Said) -> Vec<Effect> {
    if let Some(blaming) = state.blame.as_deref_mut() {
        // That the goal is wrong is where it begins, and no question of the search.
        let opening = task == blaming.goal && blaming.search.said(task).is_none();
        blaming.search.say(task, said, !opening);
    }
    go_on(state)
}

/// Takes the right answer that was typed.
pub(super) fn take(state: &mut State, task: TaskId, text: &str) -> Vec<Effect> {
    let answer = text.trim().to_owned();
    if answer.is_empty() {
        state.say(Weight::Warning, "an empty text says nothing: n says that it is wrong");
        return show(state);
    }
    said(state, task, Said::Typed(answer))
}

/// Enter: goes to the task under the cursor.
pub(super) fn enter(state: &mut State, task: Option<TaskId>) -> Vec<Effect> {
    let over = state
        .blame
        .as_deref()
        .is_some_and(|blaming| blaming.trying.is_none() && matches!(blaming.search.next(), Next::Found(_)));
    let effects = if over { go_home(state) } else { vec![] };
    if let Some(task) = task.filter(|task| state.journal.session().plan.contains(*task)) {
        browsing::reveal(state, RowId::task(task));
    }
    effects
}

/// `#2`, or `the goal`.
fn name(state: &State, task: TaskId) -> String {
    match state.journal.session().plan.root() == Some(task) {
        true => "the goal".to_owned(),
        false => state.journal.session().plan.reference(TaskId(u32::MAX), task),
    }
}

fn plural(n: u32, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

/// What was found, in words.
fn told(state: &State, blaming: &Blaming, finding: &Finding) -> Vec<(Tone, String)> {
    let cost =
        format!("{} and {}", plural(blaming.search.questions, "question"), plural(blaming.calls, "call"));
    let list = |tasks: &[TaskId]| tasks.iter().map(|task| name(state, *task)).collect::<Vec<_>>().join(", ");
    let function = |task: TaskId| {
        let card = state.survey.look(task).and_then(|look| state.tools.roster.get(&look.by));
        card.is_some_and(|card| card.kind == crate::decision::ExpertKind::Symbolic)
    };
    let head = match finding {
        Finding::Nobody => "the answer is right: there is nobody to blame".to_owned(),
        Finding::Mended(tasks) => match &tasks[..] {
            [.., last] => {
                let own = if *last == blaming.goal { "has" } else { "is the first whose right answer mends" };
                let rest = if *last == blaming.goal {
                    "nothing before it to blame: its own answer is wrong"
                } else {
                    "the goal"
                };
                format!("{} {own} {rest} ({cost})", name(state, *last))
            }
            [] => "the answer is right now".to_owned(),
        },
        Finding::Decomposition => format!(
            "every part of {} is right: how it is decomposed is at fault ({cost})",
            name(state, blaming.goal)
        ),
        Finding::Among(tasks) => {
            format!("it is one of {}; nobody could tell more ({cost})", list(tasks))
        }
    };
    let mut lines = vec![(Tone::Strong, head)];
    if let Finding::Mended(tasks) = finding
        && let [before @ .., last] = &tasks[..]
    {
        if !before.is_empty() {
            lines.push((Tone::Changed, format!("{} had to be right as well", list(before))));
        }
        if function(*last) {
            let words =
                "a function computed it exactly: its question is at fault, not its answer; e changes it";
            lines.push((Tone::Plain, words.to_owned()));
        }
    }
    if blaming.tip.is_some() {
        let words =
            format!("this branch is as it was; the mended plan is on the branch `{BRANCH}`: = compares");
        lines.push((Tone::Dim, words));
    }
    lines
}

/// The sheet of the dialogue, as it stands.
fn show(state: &mut State) -> Vec<Effect> {
    let Some(blaming) = state.blame.as_deref() else { return vec![] };
    let search = &blaming.search;
    let next = search.next();
    let suspects = search.suspects();
    let over = matches!(next, Next::Found(_));
    let asked = match &next {
        Next::Ask(task) | Next::Type(task) | Next::Rerun(task, _) => Some(*task),
        Next::Found(Finding::Mended(tasks)) => tasks.last().copied(),
        Next::Found(Finding::Among(tasks)) => tasks.first().copied(),
        Next::Found(Finding::Decomposition) => Some(blaming.goal),
        Next::Found(Finding::Nobody) => None,
    };
    let mut head = match &next {
        _ if blaming.trying.is_some() => {
            vec![(Tone::Strong, "the right answer is pinned: what depends on it runs again".to_owned())]
        }
        _ if blaming.halted.is_some() => {
            let why = blaming.halted.as_deref().unwrap_or_default();
            vec![(
                Tone::Bad,
                format!("what was run again came to no end: {why}; it is on the branch `{BRANCH}`"),
            )]
        }
        Next::Found(finding) => told(state, blaming, finding),
        Next::Type(task) => {
            let words = format!(
                "{} is at fault: what it was made of is right. t types what its answer should be",
                name(state, *task)
            );
            vec![(Tone::Strong, words)]
        }
        Next::Ask(task) if *task == blaming.goal && search.pinned().is_empty() => {
            let words =
                format!("{} has this answer. n: it is wrong; t: you type the right one", name(state, *task));
            vec![(Tone::Strong, words)]
        }
        Next::Ask(task) if *task == blaming.goal => {
            vec![(Tone::Strong, "it ran again: is the goal's answer right now?".to_owned())]
        }
        Next::Ask(task) | Next::Rerun(task, _) => {
            vec![(Tone::Strong, format!("is the answer of {} as it should be?", name(state, *task)))]
        }
    };
    if !over && 1 < suspects.len() && blaming.trying.is_none() && search.said(blaming.goal).is_some() {
        let more = (suspects.len() as f64).log2().ceil() as u32;
        let words = format!(
            "{} of {} could be at fault: about {} to come; {} made so far",
            suspects.len(),
            search.ancestry().tasks().len(),
            plural(more, "question"),
            plural(blaming.calls, "call")
        );
        head.push((Tone::Dim, words));
    }
    let plan = &state.journal.session().plan;
    let row = |task: &TaskId| {
        let (how, tone) = match search.said(*task) {
            _ if over && Some(*task) == asked => ("at fault", Tone::Bad),
            _ if !over && Some(*task) == asked => ("asked now", Tone::Strong),
            _ if search.pinned().contains(task) => ("replaced", Tone::Changed),
            Some(Said::Right) => ("right", Tone::Added),
            Some(Said::Wrong | Said::Typed(_)) => ("wrong", Tone::Bad),
            Some(Said::Open) => ("open", Tone::Dim),
            None if suspects.contains(task) => ("suspect", Tone::Plain),
            None => ("cleared", Tone::Dim),
        };
        let number = if plan.root() == Some(*task) { "goal".to_owned() } else { name(state, *task) };
        let answer = search.answer(*task).unwrap_or_default().to_owned();
        Row::new(tone, [how.to_owned(), number, plan.text(*task), answer])
    };
    let tasks = search.ancestry().tasks().to_vec();
    let rows: Vec<Row> = tasks.iter().take(10_000).map(row).collect();
    let cursor =
        asked.and_then(|asked| tasks.iter().position(|task| *task == asked)).unwrap_or(rows.len() - 1);
    let keys = match over {
        true => vec![("enter", "go there"), ("=", "compare")],
        false => vec![("y", "right"), ("n", "wrong"), ("t", "type the right one"), ("space", "can not tell")],
    };
    let sheet = Sheet {
        kind: Kind::Blame(tasks),
        title: "Blame".to_owned(),
        head,
        columns: vec![11, 8, 0, 0],
        rows,
        cursor,
        below: vec![],
        keys,
    };
    let effects = sheets::show(state, sheet);
    super::history::refresh(state);
    effects
}

/// About the task under the cursor: what was asked, who answered, what it was made of.
pub(super) fn detail(state: &State, task: TaskId) -> Vec<(Tone, String)> {
    let Some(blaming) = state.blame.as_deref() else { return vec![] };
    let (plan, look) = (&state.journal.session().plan, state.survey.look(task));
    let by = look.map(|look| format!("[{}] ", look.by)).unwrap_or_default();
    let mut lines = vec![(Tone::Strong, format!("{}  {by}{}", name(state, task), plan.text(task)))];
    for question in look.iter().flat_map(|look| &look.questions).take(8) {
        if *question != plan.text(task) {
            lines.push((Tone::Dim, format!("       asked as {question}")));
        }
    }
    lines.push((Tone::Plain, format!("       → {}", blaming.search.answer(task).unwrap_or_default())));
    if let Some(Said::Typed(right)) = blaming.search.said(task) {
        lines.push((Tone::Added, format!("       should be {right}")));
    }
    for input in blaming.search.ancestry().inputs(task) {
        let answer = blaming.search.answer(input).unwrap_or_default();
        lines.push((Tone::Dim, format!("       made of {} → {answer}", name(state, input))));
    }
    lines
}
