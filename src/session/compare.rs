//! Two states beside each other: which task of one is which of the other, and in what they differ.
//!
//! Tasks of one history are told by their ids. Those of different sessions are told by place and words: equal words first,
//! then the most alike among the parts of the same task. A sequence of states has no words: there the order tells.

use super::{Event, Journal, Session};
use crate::{
    ask::{Request, Usage},
    ids::{Seq, TaskId},
    plan::Plan,
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

/// How the tasks of two sessions are told: by their ids when both were made from one beginning.
pub fn matching(one: &Journal, other: &Journal) -> Matching {
    let first = |journal: &Journal| journal.records().first().cloned();
    match first(one).is_some() && first(one) == first(other) {
        true => Matching::Ids,
        false => Matching::Words,
    }
}

/// Who answers the task: the one chosen, or the one named.
pub fn expert(session: &Session, task: TaskId) -> Option<&str> {
    let routed = session.progress(task).routed.as_ref().map(|(_, decision)| decision.chosen.as_str());
    routed.or(session.plan.task(task)?.draft.expert.as_deref())
}

/// Compares two states.
pub fn compare(one: &Session, other: &Session, matching: Matching) -> Comparison {
    let mut comparison = Comparison::default();
    let same = match matching {
        Matching::Ids => by_id(&one.plan, &other.plan),
        Matching::Words => by_words(&one.plan, &other.plan),
        Matching::Order => by_order(&one.plan, &other.plan),
    };
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
        let place = match (mine, its) {
            (Some(mine), Some(its)) => {
                let (above, below) = (one.plan.parent(mine), other.plan.parent(its));
                above.and_then(|above| same.get(&above).copied()) != below
                    && (above.is_some() || below.is_some())
            }
            _ => false,
        };
        let mut differences = differences(one, other, mine, its, place);
        if matching == Matching::Order && mine.is_some() && its.is_some() {
            let answers = mine.and_then(|task| one.answer(task)).zip(its.and_then(|task| other.answer(task)));
            let same = answers.is_none_or(|(one, other)| crate::plan::Compare::default().same(one, other));
            differences.retain(|what| *what == Difference::Answer && !same);
        }
        comparison.pairs.push(Pair { one: mine, other: its, depth, differences });
        let mut below = vec![];
        let parts = mine.map_or(&[][..], |task| one.plan.parts(task));
        let its_parts = its.map_or(&[][..], |task| other.plan.parts(task));
        let mut alone = its_parts.iter().filter(|part| !taken.contains(part)).peekable();
        let at_of: HashMap<TaskId, usize> = its_parts.iter().copied().zip(0..).collect();
        for part in parts {
            let partner = same.get(part).copied();
            // What only the other side has comes before what it stands before there.
            if let Some(at) = partner.and_then(|partner| at_of.get(&partner)) {
                while let Some(early) =
                    alone.next_if(|early| at_of.get(early).is_some_and(|early| early < at))
                {
                    below.push((None, Some(*early), depth + 1));
                }
            }
            below.push((Some(*part), partner, depth + 1));
        }
        below.extend(alone.map(|part| (None, Some(*part), depth + 1)));
        waiting.extend(below.into_iter().rev());
    }
    comparison
}

fn differences(
    one: &Session,
    other: &Session,
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
    let words = one.plan.text(mine) != other.plan.text(its);
    note(words || rest(one, mine) != rest(other, its), Difference::Text);
    note(expert(one, mine) != expert(other, its), Difference::Expert);
    note(one.answer(mine) != other.answer(its), Difference::Answer);
    found
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plan::{Edit, read_outline},
        session::{Actor, Event},
    };

    fn session(text: &str, answers: &[(u32, &str)]) -> Session {
        let mut session = Session::default();
        let edits: Vec<Edit> = read_outline(text, 0).edits;
        session.apply(&Event::Edited { by: Actor::Person, edits, reason: None }).unwrap();
        for (task, answer) in answers {
            let (task, answer) = (TaskId(*task), (*answer).to_owned());
            session.apply(&Event::Solved { task, key: String::new(), answer }).unwrap();
        }
        session
    }

    fn check(one: &Session, other: &Session, matching: Matching, expected: &[&str]) {
        let comparison = compare(one, other, matching);
        let name = |task: Option<TaskId>| task.map_or("-".to_owned(), |task| task.to_string());
        let shown: Vec<String> = comparison
            .pairs
            .iter()
            .map(|pair| {
                let words: Vec<&str> = pair.differences.iter().map(|what| what.word()).collect();
                format!(
                    "{}{} {} {}",
                    " ".repeat(pair.depth),
                    name(pair.one),
                    name(pair.other),
                    words.join("+")
                )
            })
            .collect();
        assert_eq!(shown.iter().map(|line| line.trim_end()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn tasks_are_matched_by_words_and_differences_named() {
        let one = session("QC: trip\n  QS: [a] find a hotel\n  QS: pay #1", &[(1, "Ritz")]);
        let other = session("QC: trip\n  QS: ask\n  QS: [b] find a cheap hotel\n  QS: pay #2", &[(2, "Inn")]);
        check(&one, &one, Matching::Words, &["t0 t0", " t1 t1", " t2 t2"]);
        check(
            &one,
            &other,
            Matching::Words,
            &["t0 t0", " - t1 only there", " t1 t2 text+expert+answer", " t2 t3 text"],
        );
    }

    #[test]
    fn tasks_of_one_history_are_matched_by_id() {
        let one = session("QC: trip\n  QS: find\n  QS: pay #1", &[]);
        let mut other = one.clone();
        for edit in [
            Edit::Move { task: TaskId(2), parent: TaskId(1), at: 0 },
            Edit::SetPhrase { task: TaskId(2), phrase: crate::plan::Phrase::text("all else") },
        ]
        .into_iter()
        .rev()
        {
            other.plan.apply(&edit).unwrap();
        }
        check(&one, &other, Matching::Ids, &["t0 t0", " t1 t1", " t2 t2 place+text"]);
    }

    #[test]
    fn the_first_divergent_step_is_the_one_whose_inputs_are_the_same() {
        let check = |one: &Session, other: &Session, matching: Matching, expected: Option<u32>| {
            let comparison = compare(one, other, matching);
            let at = comparison.divergence(one, other);
            assert_eq!(at.and_then(|at| comparison.pairs[at].one), expected.map(TaskId));
        };
        let plan = "QC: trip\n  QS: find\n  QS: choose of #1\n  QS: pay #2";
        let one = session(plan, &[(0, "9"), (1, "a"), (2, "b"), (3, "9")]);
        check(&one, &one, Matching::Words, None);
        check(&one, &session(plan, &[(0, "8"), (1, "a"), (2, "x"), (3, "8")]), Matching::Words, Some(2));
        check(&one, &session(plan, &[(0, "8"), (1, "a"), (2, "b"), (3, "9")]), Matching::Words, Some(0));
        let worded = session(&plan.replace("trip", "way"), &[(0, "9"), (1, "z"), (2, "b"), (3, "9")]);
        check(&one, &worded, Matching::Words, Some(0));
        let states = session(
            "QC: q\n  QS: state 1\n  QS: state 2\n  QS: state 3",
            &[(0, "9"), (1, " \"a\""), (2, "c")],
        );
        check(&one, &states, Matching::Order, Some(2));
        let comparison = compare(&one, &states, Matching::Order);
        assert_eq!(comparison.differing().count(), 1, "what gold says nothing of does not differ");
        // What it was made of stands behind it in reading order.
        let forward = |first: &str, second: &str| {
            let mut made = session("QC: trip\n  QS: find\n  QS: pay", &[(1, first), (2, second)]);
            let phrase = crate::plan::Phrase::of([crate::plan::Piece::Answer { task: TaskId(2) }]);
            made.plan.apply(&Edit::SetPhrase { task: TaskId(1), phrase }).unwrap();
            made
        };
        check(&forward("a", "b"), &forward("x", "y"), Matching::Ids, Some(2));
    }
}
