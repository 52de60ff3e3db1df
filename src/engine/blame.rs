//! Blame: from a wrong final answer back to the task at fault, by asking about as few answers as possible. Pure: it says
//! whom to ask about and what to run again, and is told what was said and what came out.
//!
//! A wrong answer is made of its inputs. If one of these is wrong, the fault lies there or before it; one that is right
//! clears itself and all that reach the wrong answer only through it. So every question cuts what is left in two, along a
//! chain as a binary search does (the idea of "Algorithmic Program Debugging", divide and query). Where all inputs are
//! right and the answer is wrong, the fault is found; its right answer, pinned, has to mend the goal, else there is one
//! more fault behind it and the search goes on.

use crate::{
    ids::TaskId,
    plan::{Compare, Plan},
    session::Session,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A goal with all that its answer was made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ancestry {
    /// Inputs before what is made of them, the goal last.
    order: Vec<TaskId>,
    /// Places in `order` of what each was made of.
    inputs: Vec<Vec<usize>>,
}

impl Ancestry {
    /// What the answer of `goal` was made of in this state.
    pub fn of(session: &Session, goal: TaskId) -> Ancestry {
        let plan = &session.plan;
        let mut made_of: HashMap<TaskId, Vec<TaskId>> = HashMap::new();
        let mut open = vec![goal];
        while let Some(task) = open.pop() {
            if made_of.contains_key(&task) {
                continue;
            }
            let inputs = inputs(session, plan, goal, task);
            open.extend(&inputs);
            made_of.insert(task, inputs);
        }
        let order = inputs_first(&made_of, goal);
        Ancestry::new(order.into_iter().map(|task| (task, made_of.remove(&task).unwrap_or_default())))
    }

    /// Tasks with what they are made of, inputs first; an input that did not come before is left out.
    pub fn new(tasks: impl IntoIterator<Item = (TaskId, Vec<TaskId>)>) -> Ancestry {
        let mut ancestry = Ancestry::default();
        let mut places: HashMap<TaskId, usize> = HashMap::new();
        for (task, inputs) in tasks {
            ancestry.inputs.push(inputs.iter().filter_map(|input| places.get(input).copied()).collect());
            places.insert(task, ancestry.order.len());
            ancestry.order.push(task);
        }
        ancestry
    }

    /// All tasks, inputs first, the goal last.
    pub fn tasks(&self) -> &[TaskId] {
        &self.order
    }

    /// What the answer of a task was made of.
    pub fn inputs(&self, task: TaskId) -> Vec<TaskId> {
        let at = self.order.iter().position(|it| *it == task);
        at.map(|at| self.inputs[at].iter().map(|input| self.order[*input]).collect()).unwrap_or_default()
    }
}

/// Each task after all it was made of. Does not recurse.
fn inputs_first(made_of: &HashMap<TaskId, Vec<TaskId>>, goal: TaskId) -> Vec<TaskId> {
    let (mut order, mut seen) = (vec![], BTreeSet::from([goal]));
    let mut open = vec![(goal, 0)];
    while let Some((task, next)) = open.last_mut() {
        let input = made_of.get(task).and_then(|inputs| inputs.get(*next)).copied();
        *next += 1;
        match input {
            Some(input) if seen.insert(input) => open.push((input, 0)),
            Some(_) => {}
            None => {
                order.push(*task);
                open.pop();
            }
        }
    }
    order
}

/// The tasks whose answers went into that of `task`: what it refers to, what the tasks above it refer to, and the part
/// whose answer it took over.
fn inputs(session: &Session, plan: &Plan, goal: TaskId, task: TaskId) -> Vec<TaskId> {
    let mut found: BTreeSet<TaskId> = plan.needs(task).into_iter().collect();
    for above in plan.ancestors(task).take_while(|above| *above != goal) {
        found.extend(plan.needs(above));
    }
    let awake = plan.task(task).is_some_and(|task| !task.collapsed);
    match plan.parts(task).last() {
        // Every strategy takes the last answer over; one that does not took something of all.
        Some(last) if awake && session.answer(*last) == session.answer(task) => {
            found.insert(*last);
        }
        Some(_) if awake => found.extend(plan.parts(task)),
        _ => {}
    }
    found.remove(&task);
    found.into_iter().collect()
}

/// What somebody said of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Right,
    Wrong,
    /// It is wrong, and this is what it should be.
    Typed(String),
    /// Nobody can tell.
    Open,
}

/// What has to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Say whether the answer of this task is right.
    Ask(TaskId),
    /// This one is at fault: say what its answer should be.
    Type(TaskId),
    /// Pin this answer and run again what depends on it, then call [`Blame::ran`].
    Rerun(TaskId, String),
    Found(Finding),
}

/// What it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The goal's answer is right: nobody is to blame.
    Nobody,
    /// The right answer of the last of these mends the goal, once those before it are right.
    Mended(Vec<TaskId>),
    /// Everything the goal is made of is right: the way it is decomposed is at fault.
    Decomposition,
    /// One of these, as nobody could tell more.
    Among(Vec<TaskId>),
}

/// The search.
#[derive(Clone, Debug, PartialEq)]
pub struct Blame {
    ancestry: Ancestry,
    /// The present answers.
    answers: HashMap<TaskId, String>,
    /// What was said of an answer of a task; of another answer it says nothing.
    said: HashMap<(TaskId, String), Said>,
    /// Right answers that are known beforehand: nobody is asked about these.
    gold: BTreeMap<TaskId, String>,
    /// Answers that were replaced, in that order.
    pinned: Vec<TaskId>,
    /// How often somebody was asked.
    pub questions: u32,
}

impl Blame {
    /// A search with the present answers and those that are known to be right.
    pub fn new(
        ancestry: Ancestry,
        answers: HashMap<TaskId, String>,
        gold: BTreeMap<TaskId, String>,
    ) -> Blame {
        let mut blame = Blame { ancestry, answers, said: HashMap::new(), gold, pinned: vec![], questions: 0 };
        blame.ask_gold();
        blame
    }

    pub fn ancestry(&self) -> &Ancestry {
        &self.ancestry
    }

    pub fn answer(&self, task: TaskId) -> Option<&str> {
        self.answers.get(&task).map(String::as_str)
    }

    /// The right answer of a task, if somebody said it or it was known beforehand.
    pub fn right(&self, task: TaskId) -> Option<&str> {
        match self.said(task) {
            Some(Said::Right) => self.answer(task),
            _ => self.gold.get(&task).map(String::as_str),
        }
    }

    /// What was said of the present answer of a task.
    pub fn said(&self, task: TaskId) -> Option<&Said> {
        self.said.get(&(task, self.answers.get(&task)?.clone()))
    }

    /// The answers that were replaced so far.
    pub fn pinned(&self) -> &[TaskId] {
        &self.pinned
    }

    /// Takes in what was said of the present answer of a task, asked for or not; `counts` when somebody was asked.
    pub fn say(&mut self, task: TaskId, said: Said, counts: bool) {
        let Some(answer) = self.answers.get(&task).cloned() else { return };
        self.questions += u32::from(counts);
        if let Said::Typed(right) = &said {
            self.gold.insert(task, right.clone());
        }
        let said = match said {
            Said::Typed(typed) if Compare::default().same(&typed, &answer) => Said::Right,
            said => said,
        };
        self.said.insert((task, answer), said);
    }

    /// Takes in the answers after a replacement was pinned and what depends on it ran again.
    pub fn ran(&mut self, pinned: TaskId, answers: HashMap<TaskId, String>) {
        self.answers = answers;
        self.pinned.push(pinned);
        self.say(pinned, Said::Right, false);
        self.ask_gold();
    }

    /// Compares every answer with the one known to be right.
    fn ask_gold(&mut self) {
        for (task, gold) in self.gold.clone() {
            self.say(task, Said::Typed(gold), false);
        }
    }

    /// How many tasks could be at fault, the wrong one that is looked at included.
    pub fn suspects(&self) -> Vec<TaskId> {
        let Some((_, left)) = self.narrowed() else { return vec![] };
        left.into_iter().map(|at| self.ancestry.order[at]).collect()
    }

    /// The nearest wrong answer, and the places of all that could have made it wrong, itself included and last.
    fn narrowed(&self) -> Option<(usize, Vec<usize>)> {
        let mut wrong = self.ancestry.order.len().checked_sub(1)?;
        loop {
            let left = self.behind(wrong, None);
            let nearer = left.iter().find(|at| {
                let said = self.said(self.ancestry.order[**at]);
                **at != wrong && matches!(said, Some(Said::Wrong | Said::Typed(_)))
            });
            match nearer {
                Some(nearer) => wrong = *nearer,
                None => return Some((wrong, left)),
            }
        }
    }

    /// What could have made an answer wrong, itself included: its inputs and theirs, but none behind a right answer, nor
    /// behind `cleared`. In order.
    fn behind(&self, wrong: usize, cleared: Option<usize>) -> Vec<usize> {
        let mut seen = vec![false; wrong + 1];
        let mut open = vec![wrong];
        seen[wrong] = true;
        while let Some(at) = open.pop() {
            for input in &self.ancestry.inputs[at] {
                let right = self.said(self.ancestry.order[*input]) == Some(&Said::Right);
                if !seen[*input] && !right && cleared != Some(*input) {
                    seen[*input] = true;
                    open.push(*input);
                }
            }
        }
        seen.iter().enumerate().filter(|(_, seen)| **seen).map(|(at, _)| at).collect()
    }

    /// What has to be done next.
    pub fn next(&self) -> Next {
        let Some(goal) = self.ancestry.order.last().copied() else { return Next::Found(Finding::Nobody) };
        match self.said(goal) {
            Some(Said::Right) if self.pinned.is_empty() => return Next::Found(Finding::Nobody),
            Some(Said::Right) => return Next::Found(Finding::Mended(self.pinned.clone())),
            Some(Said::Wrong | Said::Typed(_)) => {}
            Some(Said::Open) | None => return Next::Ask(goal),
        }
        let Some((wrong, left)) = self.narrowed() else { return Next::Found(Finding::Nobody) };
        if let Some(ask) = self.middle(wrong, &left) {
            return Next::Ask(self.ancestry.order[ask]);
        }
        let fault = self.ancestry.order[wrong];
        if 1 < left.len() {
            return Next::Found(Finding::Among(left.iter().map(|at| self.ancestry.order[*at]).collect()));
        }
        if fault == goal {
            return Next::Found(match self.ancestry.inputs[wrong].is_empty() {
                // It was made of nothing else: it has itself to blame.
                true => Finding::Mended(vec![goal]),
                false => Finding::Decomposition,
            });
        }
        match self.said(fault) {
            Some(Said::Typed(right)) => Next::Rerun(fault, right.clone()),
            _ => Next::Type(fault),
        }
    }

    /// The place whose answer cuts what is left most evenly; `None` when nobody can be asked any more.
    fn middle(&self, wrong: usize, left: &[usize]) -> Option<usize> {
        let unknown = |at: &&usize| **at != wrong && self.said(self.ancestry.order[**at]).is_none();
        let open: Vec<usize> = left.iter().filter(unknown).copied().collect();
        // Of very many a few are tried: the cut is hardly less even.
        let stride = open.len().div_ceil(TRIED).max(1);
        let worst = |at: &usize| {
            let if_wrong = self.behind(*at, None).len();
            let if_right = self.behind(wrong, Some(*at)).len();
            if_wrong.max(if_right)
        };
        open.into_iter().step_by(stride).min_by_key(worst)
    }
}

/// So many answers are weighed for one question.
const TRIED: usize = 256;

#[cfg(test)]
mod tests;
