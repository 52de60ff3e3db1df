//! Two lines of history beside each other: compared, taken over task by task, merged.

mod adopt;
mod beside;
mod merge;

pub(super) use adopt::adopt;
pub(super) use beside::{blame, compare_other, compare_with, detail, next_difference};
pub(super) use merge::{decide, finish, merge_with, sides};

use crate::{
    ids::{Seq, TaskId},
    session::{Amended, Amendment, Event, Journal, Session, branches::branches},
};

/// What a branch is called.
fn name_of(journal: &Journal, tip: Seq) -> String {
    let named = branches(journal).into_iter().find(|branch| branch.tip == tip);
    named.map_or_else(|| tip.to_string(), |branch| branch.name)
}

/// How far the other side is with the task, as events of this one. Answers hold where their keys are the same here.
fn progress(other: &Session, its: TaskId, task: TaskId, mine: &Session) -> Vec<Event> {
    let (there, here) = (other.progress(its), mine.progress(task));
    let mut events = vec![];
    if let Some((key, decision)) = there.routed.clone().filter(|_| there.routed != here.routed) {
        events.push(Event::Routed { task, key, decision });
    }
    if there.complete && !here.complete {
        let strategy = other.plan.task(its).and_then(|task| task.draft.strategy.clone());
        let strategy = strategy.or(other.settings.as_ref().map(|settings| settings.strategy.clone()));
        let (strategy, key) = (strategy.unwrap_or_default(), String::new());
        events.push(Event::Proposed { task, strategy, key, edits: vec![], complete: true, warnings: vec![] });
    }
    if let Some(solved) = there.solved.clone().filter(|_| there.solved != here.solved) {
        events.push(Event::Solved { task, key: solved.key, answer: solved.answer });
    }
    events.extend(amended(&there.amended, &here.amended, task));
    if there.pinned != here.pinned {
        events.push(Event::Pinned { task, answer: there.pinned.clone(), reason: None });
    }
    events
}

/// What changes the amendments of a task into those of another state.
fn amended(there: &[Amended], here: &[Amended], task: TaskId) -> Vec<Event> {
    let of = |one: &Amended, amendment| Event::Amended {
        task,
        purpose: one.purpose,
        key: one.key.clone(),
        amendment,
    };
    let same = |one: &Amended, other: &Amended| (one.purpose, &one.key) == (other.purpose, &other.key);
    let gone = here.iter().filter(|one| !there.iter().any(|other| same(one, other)));
    let gone = gone.map(|one| of(one, Amendment::default()));
    let held = |one: &&Amended| here.iter().any(|other| same(one, other) && one.amendment == other.amendment);
    let new = there.iter().filter(|one| !held(one)).map(|one| of(one, one.amendment.clone()));
    gone.chain(new).collect()
}
