//! Two states beside each other: which task of one is which of the other, and in what they differ.
//! `compare/matching.rs` tells which task is which.

mod matching;

pub use matching::{Matching, matching};

use super::{Event, Journal, Session};
use crate::{
    ask::{Request, Usage},
    ids::{Seq, TaskId},
};
use std::collections::{HashMap, HashSet};

/// The tasks of both sides in one reading order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    pub pairs: Vec<Pair>,
}

/// A task of both sides, or of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub one: Option<TaskId>,
    pub other: Option<TaskId>,
    pub depth: usize,
    pub differences: Vec<Difference>,
}

/// In what the two sides of a task differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Only the first side has it.
    OnlyOne,
    /// Only the second side has it.
    OnlyOther,
    /// Words, operator, check, budget or strategy.
    Text,
    Expert,
    Answer,
    /// It stands elsewhere.
    Place,
}

impl Difference {
    pub fn word(self) -> &'static str {
        match self {
            Difference::OnlyOne => "only here",
            Difference::OnlyOther => "only there",
            Difference::Text => "text",
            Difference::Expert => "expert",
            Difference::Answer => "answer",
            Difference::Place => "place",
        }
    }
}

impl Comparison {
    /// The places of the pairs that differ.
    pub fn differing(&self) -> impl DoubleEndedIterator<Item = usize> {
        let differ = |(at, pair): (usize, &Pair)| (!pair.differences.is_empty()).then_some(at);
        self.pairs.iter().enumerate().filter_map(differ)
    }
}

impl Comparison {
    /// The place of the step that went another way first: it differs, and nothing that it was made of does. Words and
    /// experts of a task come before its parts, its answer behind them.
    pub fn divergence(&self, one: &Session, other: &Session) -> Option<usize> {
        let mut open: Vec<usize> = vec![];
        let differs = |at: usize| !self.pairs[at].differences.is_empty();
        let mut first = None;
        for (at, pair) in self.pairs.iter().enumerate() {
            while let Some(ended) = open.pop_if(|above| pair.depth <= self.pairs[*above].depth) {
                first = first.or(differs(ended).then_some(ended));
            }
            let early = pair.differences.iter().any(|what| *what != Difference::Answer);
            first = first.or(early.then_some(at));
            if first.is_some() {
                break;
            }
            open.push(at);
        }
        while let Some(ended) = open.pop().filter(|_| first.is_none()) {
            first = differs(ended).then_some(ended);
        }
        // What it was made of may stand behind it.
        let (mut at, mut seen) = (first?, HashSet::new());
        while seen.insert(at) {
            let pair = &self.pairs[at];
            let mine = pair.one.map(|task| one.plan.needs(task)).unwrap_or_default();
            let its = pair.other.map(|task| other.plan.needs(task)).unwrap_or_default();
            let made_of = |pair: &Pair| {
                !pair.differences.is_empty()
                    && (pair.one.is_some_and(|task| mine.contains(&task))
                        || pair.other.is_some_and(|task| its.contains(&task)))
            };
            match self.pairs.iter().position(made_of) {
                Some(earlier) if !seen.contains(&earlier) => at = earlier,
                _ => break,
            }
        }
        Some(at)
    }
}

/// Calls to models and what they cost, by task.
pub type Costs = HashMap<TaskId, (u32, Usage)>;

/// What the calls on the way to a record cost, by task.
pub fn costs(journal: &Journal, at: Option<Seq>) -> Costs {
    let mut costs = Costs::new();
    for record in journal.path(at).unwrap_or_default() {
        let (Event::Answered { call, answer } | Event::Stopped { call, partial: answer }) = &record.event
        else {
            continue;
        };
        let Some(call) = journal.call(*call) else { continue };
        if !matches!(call.ask.request, Request::Compute { .. }) {
            let sum: &mut (u32, Usage) = costs.entry(call.task).or_default();
            sum.0 += 1;
            sum.1 += answer.usage;
        }
    }
    costs
}

/// Who answers the task: the one chosen, or the one named.
pub fn expert(session: &Session, task: TaskId) -> Option<&str> {
    let routed = session.progress(task).routed.as_ref().map(|(_, decision)| decision.chosen.as_str());
    routed.or(session.plan.task(task)?.draft.expert.as_deref())
}

/// Compares two states.
pub fn compare(one: &Session, other: &Session, matching: Matching) -> Comparison {
    let mut comparison = Comparison::default();
    let same = matching.same(&one.plan, &other.plan);
    let taken: HashSet<TaskId> = same.values().copied().collect();
    // (side of the first, of the second, depth)
    let mut waiting = vec![(one.plan.root(), other.plan.root(), 0)];
    if let (Some(root), Some(its)) = (one.plan.root(), other.plan.root())
        && same.get(&root) != Some(&its)
    {
        waiting = vec![(None, Some(its), 0), (Some(root), None, 0)];
    }
    while let Some((mine, its, depth)) = waiting.pop() {
        if mine.is_none() && its.is_none() {
            continue;
        }
        let place = mine.zip(its).is_some_and(|(mine, its)| {
            let (above, below) = (one.plan.parent(mine), other.plan.parent(its));
            above.and_then(|above| same.get(&above).copied()) != below && (above.is_some() || below.is_some())
        });
        let mut differences = differences(one, other, &same, mine, its, place);
        if matching == Matching::Order && mine.is_some() && its.is_some() {
            let answers = mine.and_then(|task| one.answer(task)).zip(its.and_then(|task| other.answer(task)));
            let same = answers.is_none_or(|(one, other)| crate::plan::Compare::default().same(one, other));
            differences.retain(|what| *what == Difference::Answer && !same);
        }
        comparison.pairs.push(Pair { one: mine, other: its, depth, differences });
        let parts = mine.map_or(&[][..], |task| one.plan.parts(task));
        let its_parts = its.map_or(&[][..], |task| other.plan.parts(task));
        let below = woven(parts, its_parts, &same, &taken).into_iter().rev();
        waiting.extend(below.map(|(mine, its)| (mine, its, depth + 1)));
    }
    comparison
}

/// The parts of both sides in one order: what only the other side has comes before what it stands before there.
fn woven(
    parts: &[TaskId],
    its_parts: &[TaskId],
    same: &HashMap<TaskId, TaskId>,
    taken: &HashSet<TaskId>,
) -> Vec<(Option<TaskId>, Option<TaskId>)> {
    let mut woven = vec![];
    let mut alone = its_parts.iter().filter(|part| !taken.contains(part)).peekable();
    let at_of: HashMap<TaskId, usize> = its_parts.iter().copied().zip(0..).collect();
    for part in parts {
        let partner = same.get(part).copied();
        if let Some(at) = partner.and_then(|partner| at_of.get(&partner)) {
            while let Some(early) = alone.next_if(|early| at_of.get(early).is_some_and(|early| early < at)) {
                woven.push((None, Some(*early)));
            }
        }
        woven.push((Some(*part), partner));
    }
    woven.extend(alone.map(|part| (None, Some(*part))));
    woven
}

fn differences(
    one: &Session,
    other: &Session,
    same: &HashMap<TaskId, TaskId>,
    mine: Option<TaskId>,
    its: Option<TaskId>,
    place: bool,
) -> Vec<Difference> {
    let (Some(mine), Some(its)) = (mine, its) else {
        return vec![if mine.is_some() { Difference::OnlyOne } else { Difference::OnlyOther }];
    };
    let rest = |session: &Session, task| {
        let found = session.plan.task(task)?;
        let draft = found.draft.clone();
        Some((draft.operator, draft.strategy, draft.router, draft.check, draft.budget, found.collapsed))
    };
    let mut found = vec![];
    let mut note = |differs: bool, what| found.extend(differs.then_some(what));
    note(place, Difference::Place);
    // A reference is the task that it means: its number is another one when its place is.
    let partner =
        |to: TaskId| same.get(&to).map_or_else(|| format!("#only here {to}"), |to| format!("#{to}"));
    let text = |session: &Session, task, name: &dyn Fn(TaskId) -> String| {
        session.plan.task(task).map(|found| found.draft.phrase.show(name))
    };
    let words = text(one, mine, &partner) != text(other, its, &|to| format!("#{to}"));
    note(words || rest(one, mine) != rest(other, its), Difference::Text);
    note(expert(one, mine) != expert(other, its), Difference::Expert);
    note(one.answer(mine) != other.answer(its), Difference::Answer);
    found
}

#[cfg(test)]
mod tests;
