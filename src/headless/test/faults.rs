//! What is not as a case says: answers, checks and the tasks themselves, the step that went wrong first on top.

use super::task_at;
use crate::{
    decision::Ruling,
    headless::{Outcome, cases::Compare},
    ids::TaskId,
    judge,
    workbench::{
        State,
        case::{Case, Step, place},
    },
};
use serde::Serialize;

/// Something that is not as the case says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// The place of the task; `0` is the goal.
    pub at: String,
    pub text: String,
    pub expected: Vec<String>,
    pub got: Option<String>,
    /// In words, when it is no answer that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Everything that is not as the case says, in the order in which the plan runs.
pub(super) fn faults(state: &State, case: &Case, outcome: &Outcome) -> Vec<Fault> {
    let (session, same) =
        (state.journal.session(), Compare { ignore_case: case.ignore_case, any_order: case.any_order });
    let plan = &session.plan;
    let mut found: Vec<(TaskId, Fault)> = vec![];
    let mut missing = vec![];
    let root = plan.root().unwrap_or(TaskId(0));
    let fault = |task: TaskId, expected: Vec<String>, why: Option<String>| Fault {
        at: place(session, task),
        text: plan.text(task),
        expected,
        got: session.answer(task).map(str::to_owned),
        why,
    };
    for step in &case.steps {
        let Some(task) = task_at(plan, &step.at) else {
            let (at, text) = (step.at.clone(), step.text.clone());
            let why = Some("there is no such task in the plan".to_owned());
            missing.push(Fault { at, text, expected: step.answer.iter().cloned().collect(), got: None, why });
            continue;
        };
        found.extend(step_fault(state, step, task, same, &fault).map(|fault| (task, fault)));
    }
    let right = |answer: &String| case.expected.iter().any(|expected| same.same(answer, expected));
    match &outcome.answer {
        Some(answer) if case.expected.is_empty() || right(answer) => {}
        Some(_) => found.push((root, fault(root, case.expected.clone(), None))),
        None => {
            let why = outcome.why.clone().unwrap_or_else(|| outcome.ending.word().to_owned());
            found.push((root, fault(root, case.expected.clone(), Some(why))));
        }
    }
    let order = plan.dependencies_first();
    let rank = |task: &TaskId| order.iter().position(|other| other == task).unwrap_or(usize::MAX);
    found.sort_by_key(|(task, _)| rank(task));
    let mut faults: Vec<Fault> = found.into_iter().map(|(_, fault)| fault).collect();
    faults.extend(missing);
    faults
}

/// What is wrong at one step, if anything.
fn step_fault(
    state: &State,
    step: &Step,
    task: TaskId,
    same: Compare,
    fault: &dyn Fn(TaskId, Vec<String>, Option<String>) -> Fault,
) -> Option<Fault> {
    let session = state.journal.session();
    let expected: Vec<String> = step.answer.iter().cloned().collect();
    if !step.text.is_empty() && step.text != session.plan.text(task) {
        return Some(fault(task, expected, Some(format!("the task was: {}", step.text))));
    }
    let answer = session.answer(task)?;
    if let Some(wanted) = &step.answer
        && !same.same(answer, wanted)
    {
        return Some(fault(task, expected, None));
    }
    let look = state.survey.look(task)?;
    let draft = &session.plan.task(task)?.draft;
    let known = |task: TaskId| session.answer(task).map(str::to_owned);
    step.check.iter().flat_map(|check| check.rules()).find_map(|(rule, must)| {
        let questions = &judge::judged_by(rule, draft, &look.questions, known);
        let scene = judge::Scene { rule, questions, operator: draft.operator, answer, reply: None };
        match judge::judge(&scene).1 {
            judge::Next::Says(verdict) if must && verdict.ruling == Ruling::Fail => {
                Some(fault(task, vec![], Some(verdict.evidence)))
            }
            _ => None,
        }
    })
}
