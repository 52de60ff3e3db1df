//! The dialogue that walks from a wrong final answer to the task at fault: asks about one answer at a time, pins the right
//! one on a branch of its own, runs again what depends on it, and ends with the finding. The branch at hand stays as it was.

mod sheet;

pub(super) use sheet::detail;

use super::{browsing, lineage, record_or_say, running, typing, walk};
use crate::{
    decision::Ruling,
    engine::{
        Status,
        blame::{Ancestry, Blame, Next, Said},
    },
    figure::counted,
    ids::{Seq, TaskId},
    session::Event,
    workbench::{
        Action, Effect, Mode, RowId, Run, State, Weight, buffer::Buffer, mode::Purpose, sheet::Kind,
    },
};
use sheet::show;
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
    let stale = |task: &&TaskId| state.survey.look(**task).is_some_and(|look| look.stale);
    let stale = Ancestry::of(state.journal.session(), goal).tasks().iter().filter(stale).count();
    if 0 < stale {
        let are = if stale == 1 { "is" } else { "are" };
        let words = format!(
            "{} {are} stale, and would be blamed for what is no longer so: c runs them first",
            counted(stale as u64, "task")
        );
        state.say(Weight::Warning, words);
        return vec![];
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
