//! The calls of a log, whatever branch made them: found by key and by task, with what they cost.

use super::{Journal, JournalError};
use crate::{
    ask::{Answer, Ask, Request, Usage},
    ids::{CallId, TaskId},
    plan::Spent,
    session::{Event, Purpose},
};
use std::collections::{BTreeMap, HashMap};

/// One request to an expert and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub id: CallId,
    pub task: TaskId,
    pub purpose: Purpose,
    pub key: String,
    pub ask: Ask,
    pub outcome: Outcome,
    pub asked_at: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// No answer in the log: it runs, or the program ended while it ran.
    Open,
    Answered(Answer),
    Failed(String),
    Stopped(Answer),
}

/// All calls, and the sums over them.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    all: BTreeMap<CallId, Call>,
    /// The newest call for each key, whatever became of it.
    by_key: HashMap<String, CallId>,
    /// The calls of each task, oldest first.
    of_task: HashMap<TaskId, Vec<CallId>>,
    /// Every call that was made or ended, in that order, twice for most.
    touched: Vec<CallId>,
    /// What the answered and stopped calls of each task cost, and that of all.
    costs: HashMap<TaskId, Cost>,
    cost: Cost,
    /// What the answered calls of each expert cost, and how many they were.
    rates: HashMap<String, (u32, Usage)>,
    /// The same of all calls but those of functions.
    of_models: (u32, Usage),
}

#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    /// Functions left out.
    calls: u32,
    usage: Usage,
    money: f64,
}

impl Cost {
    fn spent(self) -> Spent {
        let Usage { output_tokens, seconds, .. } = self.usage;
        Spent { calls: self.calls, output_tokens, seconds, cost: self.money }
    }
}

impl Calls {
    /// Takes in what an event says of a call, at `at` milliseconds since 1970.
    pub(super) fn note(&mut self, event: &Event, at: u64) -> Result<(), JournalError> {
        let (id, outcome) = match event {
            Event::Asked { call, task, purpose, key, ask } => {
                let (id, task, purpose, asked_at) = (*call, *task, *purpose, at);
                let (key, ask, outcome) = (key.clone(), ask.clone(), Outcome::Open);
                return self.begun(Call { id, task, purpose, key, ask, outcome, asked_at });
            }
            Event::Answered { call, answer } => (call, Outcome::Answered(answer.clone())),
            Event::Failed { call, why } => (call, Outcome::Failed(why.clone())),
            Event::Stopped { call, partial } => (call, Outcome::Stopped(partial.clone())),
            _ => return Ok(()),
        };
        self.ended(*id, outcome)
    }

    fn begun(&mut self, call: Call) -> Result<(), JournalError> {
        if call.id != self.fresh() {
            return Err(JournalError::Stray(call.id));
        }
        self.by_key.insert(call.key.clone(), call.id);
        self.of_task.entry(call.task).or_default().push(call.id);
        self.touched.push(call.id);
        self.all.insert(call.id, call);
        Ok(())
    }

    fn ended(&mut self, id: CallId, outcome: Outcome) -> Result<(), JournalError> {
        let call = self.all.get_mut(&id).filter(|call| call.outcome == Outcome::Open);
        let call = call.ok_or(JournalError::Stray(id))?;
        if let Outcome::Answered(answer) = &outcome {
            let rate = self.rates.entry(call.ask.expert.clone()).or_default();
            rate.0 += 1;
            rate.1 += answer.usage;
            if !matches!(call.ask.request, Request::Compute { .. }) {
                self.of_models.0 += 1;
                self.of_models.1 += answer.usage;
            }
        }
        if let Outcome::Answered(answer) | Outcome::Stopped(answer) = &outcome {
            let calls = u32::from(!matches!(call.ask.request, Request::Compute { .. }));
            for sum in [self.costs.entry(call.task).or_default(), &mut self.cost] {
                sum.calls += calls;
                sum.usage += answer.usage;
                sum.money += answer.cost;
            }
        }
        call.outcome = outcome;
        self.touched.push(id);
        Ok(())
    }

    fn fresh(&self) -> CallId {
        CallId(self.all.len() as u32)
    }
}

impl Journal {
    /// All calls of all branches, oldest first.
    pub fn calls(&self) -> impl DoubleEndedIterator<Item = &Call> {
        self.calls.all.values()
    }

    pub fn call(&self, call: CallId) -> Option<&Call> {
        self.calls.all.get(&call)
    }

    /// The newest call that was made for this key, on whatever branch.
    pub fn call_for(&self, key: &str) -> Option<&Call> {
        self.calls.all.get(self.calls.by_key.get(key)?)
    }

    /// The calls made for a task on all branches, oldest first.
    pub fn calls_of(&self, task: TaskId) -> impl DoubleEndedIterator<Item = &Call> {
        self.calls.of_task.get(&task).into_iter().flatten().filter_map(|call| self.calls.all.get(call))
    }

    /// The calls that were made or ended, in order; a reader that remembers how far it came sees what is new.
    pub fn touched(&self) -> &[CallId] {
        &self.calls.touched
    }

    /// What all answered and stopped calls of the session cost together, and how many they were, functions left out.
    pub fn usage(&self) -> (u32, Usage) {
        (self.calls.cost.calls, self.calls.cost.usage)
    }

    /// The same for the calls of one task.
    pub fn usage_of(&self, task: TaskId) -> (u32, Usage) {
        let cost = self.calls.costs.get(&task).copied().unwrap_or_default();
        (cost.calls, cost.usage)
    }

    /// What the calls of one task have used of its budget.
    pub fn spent_of(&self, task: TaskId) -> Spent {
        self.calls.costs.get(&task).copied().unwrap_or_default().spent()
    }

    /// What all calls have used of the session's budget.
    pub fn spent(&self) -> Spent {
        self.calls.cost.spent()
    }

    /// What the answered calls of an expert, strategy or router cost together, and how many they were.
    pub fn rate(&self, expert: &str) -> (u32, Usage) {
        self.calls.rates.get(expert).copied().unwrap_or_default()
    }

    /// The same of all experts together but functions, which are free.
    pub fn rate_of_models(&self) -> (u32, Usage) {
        self.calls.of_models
    }

    pub fn fresh_call(&self) -> CallId {
        self.calls.fresh()
    }
}
