//! Budgets: what was spent below a task, and which cap one more call would break. They narrow only: a task has what its own
//! budget leaves it and what those above it do, whichever is less.

use crate::{
    ask::Request,
    ids::{CallId, TaskId},
    plan::{Budget, Spent},
    session::{Journal, Outcome},
};
use std::collections::BTreeSet;

/// A cap that is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    /// Whose budget it is; `None` for that of the session.
    pub task: Option<TaskId>,
    pub budget: Budget,
    pub spent: Spent,
    /// The parts that are spent, in words.
    pub part: String,
}

/// What the calls for a task and all below it cost so far; a call under way counts as one.
pub fn spent(journal: &Journal, task: TaskId, running: &BTreeSet<CallId>) -> Spent {
    let plan = &journal.session().plan;
    let mut sum = Spent::default();
    for spender in plan.subtree(task) {
        sum += journal.spent_of(spender);
    }
    let open = running.iter().filter_map(|call| journal.call(*call)).filter(|call| {
        call.outcome == Outcome::Open
            && !matches!(call.ask.request, Request::Compute { .. })
            && plan.is_below(call.task, task)
    });
    sum.calls += open.count() as u32;
    sum
}

/// The nearest cap that one more call for the task would break: its own, or one of a task above.
pub fn reached(journal: &Journal, task: TaskId, running: &BTreeSet<CallId>) -> Option<Reached> {
    let plan = &journal.session().plan;
    std::iter::once(task).chain(plan.ancestors(task)).find_map(|above| {
        let budget = plan.task(above)?.draft.budget?;
        let spent = spent(journal, above, running);
        Some(Reached { task: Some(above), budget, spent, part: budget.broken(spent)? })
    })
}

/// What the task may still cost by its own budget and those above it; `None` when nobody set any.
pub fn left(journal: &Journal, task: TaskId, running: &BTreeSet<CallId>) -> Option<Budget> {
    let plan = &journal.session().plan;
    let all = std::iter::once(task).chain(plan.ancestors(task));
    let left =
        all.filter_map(|above| Some(plan.task(above)?.draft.budget?.left(spent(journal, above, running))));
    left.reduce(Budget::and)
}

/// The cap of the session that one more call would break.
pub fn session_reached(journal: &Journal) -> Option<Reached> {
    let budget = journal.session().settings.as_ref()?.limits.budget();
    let mut spent = journal.spent();
    let open = journal
        .calls()
        .filter(|call| call.outcome == Outcome::Open && !matches!(call.ask.request, Request::Compute { .. }));
    spent.calls += open.count() as u32;
    Some(Reached { task: None, budget, spent, part: budget.broken(spent)? })
}
