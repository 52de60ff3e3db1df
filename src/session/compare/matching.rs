//! Which task of one side is which of the other.
//!
//! Tasks of one history are told by their ids. Those of different sessions are told by place and words: equal words first,
//! then the most alike among the parts of the same task. A sequence of states has no words: there the order tells.

use crate::{ids::TaskId, plan::Plan, session::Journal};
use std::collections::HashMap;

/// How the tasks of one side are told from those of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// Both are of one history: ids mean the same.
    Ids,
    /// By place and words.
    Words,
    /// The other side is a sequence of states: the first belongs to the first task, whatever it is called. Only answers
    /// are compared.
    Order,
}

impl Matching {
    /// The tasks of the other side by those of the first.
    pub(super) fn same(self, one: &Plan, other: &Plan) -> HashMap<TaskId, TaskId> {
        match self {
            Matching::Ids => by_id(one, other),
            Matching::Words => by_words(one, other),
            Matching::Order => by_order(one, other),
        }
    }
}

/// How the tasks of two sessions are told: by their ids when both were made from one beginning.
pub fn matching(one: &Journal, other: &Journal) -> Matching {
    let first = |journal: &Journal| journal.records().first().cloned();
    match first(one).is_some() && first(one) == first(other) {
        true => Matching::Ids,
        false => Matching::Words,
    }
}

fn by_id(one: &Plan, other: &Plan) -> HashMap<TaskId, TaskId> {
    one.tasks().map(|task| task.id).filter(|task| other.contains(*task)).map(|task| (task, task)).collect()
}

/// Goal to goal, first part to first part.
fn by_order(one: &Plan, other: &Plan) -> HashMap<TaskId, TaskId> {
    let Some((mine, its)) = one.root().zip(other.root()) else { return HashMap::new() };
    let parts = one.parts(mine).iter().copied().zip(other.parts(its).iter().copied());
    parts.chain([(mine, its)]).collect()
}

fn by_words(one: &Plan, other: &Plan) -> HashMap<TaskId, TaskId> {
    let mut same = HashMap::new();
    let mut open: Vec<(TaskId, TaskId)> = one.root().zip(other.root()).into_iter().collect();
    while let Some((mine, its)) = open.pop() {
        same.insert(mine, its);
        let mut left: Vec<(TaskId, String)> =
            other.parts(its).iter().map(|part| (*part, other.text(*part))).collect();
        let mut alike: Vec<(TaskId, String)> = vec![];
        for part in one.parts(mine) {
            let text = one.text(*part);
            match left.iter().position(|(_, other)| *other == text) {
                Some(at) => open.push((*part, left.remove(at).0)),
                None => alike.push((*part, text)),
            }
        }
        for (part, text) in alike {
            // Long lists are looked through near their beginning only.
            let likeness = left.iter().take(200).map(|(_, other)| likeness(&text, other)).enumerate();
            let best = likeness.max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)));
            if let Some((at, _)) = best.filter(|(_, likeness)| 0.5 <= *likeness) {
                open.push((part, left.remove(at).0));
            }
        }
    }
    same
}

/// Share of the words that two texts have in common (Dice coefficient), 0 to 1.
fn likeness(one: &str, other: &str) -> f64 {
    let words = |text: &str| text.to_lowercase().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let (one, mut other) = (words(one), words(other));
    let all = one.len() + other.len();
    let found = |word: &&String| other.iter().position(|it| it == *word).map(|at| other.swap_remove(at));
    let mut found = found;
    2.0 * one.iter().filter(|word| found(word).is_some()).count() as f64 / all.max(1) as f64
}
