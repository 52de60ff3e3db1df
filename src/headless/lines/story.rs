//! From events of the journal to lines.

use super::{Line, milli};
use crate::{
    ask::Request,
    ids::TaskId,
    plan::Edit,
    session::{Event, Journal},
    workbench::State,
};

/// The place of a task as numbers from the goal: `0` is the goal, `1.2` the second part of its first part.
pub(in crate::headless) fn number(journal: &Journal, task: TaskId) -> String {
    let plan = &journal.session().plan;
    match plan.parent(task) {
        None => "0".to_owned(),
        Some(_) => {
            let above = std::iter::successors(Some(task), |task| plan.parent(*task));
            let mut path: Vec<String> = above
                .filter(|task| plan.parent(*task).is_some())
                .map(|task| plan.position(task).to_string())
                .collect();
            path.reverse();
            path.join(".")
        }
    }
}

pub(super) fn task_line(journal: &Journal, task: TaskId) -> Option<Line> {
    let plan = &journal.session().plan;
    let draft = &plan.task(task)?.draft;
    Some(Line::Task {
        task: task.to_string(),
        number: number(journal, task),
        text: plan.text(task),
        operator: draft.operator.map(|operator| operator.to_string()),
        expert: draft.expert.clone(),
    })
}

/// The lines of one event; a proposal has one for each task it added.
pub(super) fn lines(event: &Event, state: &State) -> Vec<Line> {
    let journal = &state.journal;
    let at = |task: TaskId| (task.to_string(), number(journal, task));
    let added = |edits: &[Edit]| -> Vec<Line> {
        let line = |edit: &Edit| match edit {
            Edit::Add { task, .. } => task_line(journal, *task),
            other => {
                let (task, number) = at(other.task());
                Some(Line::Edited { task, number, what: other.word().to_owned() })
            }
        };
        edits.iter().filter_map(line).collect()
    };
    // Every answer belongs to a call of the journal.
    let called = |call| {
        let found = journal.call(call)?;
        let (task, number) = at(found.task);
        Some((task, number, found.id.to_string(), found.ask.expert.clone()))
    };
    match event {
        Event::Started { title, settings } => vec![Line::Session {
            title: title.clone(),
            strategy: settings.strategy.clone(),
            router: settings.router.clone(),
            model: settings.model.clone(),
            seed: settings.sampling.seed,
            temperature: settings.sampling.temperature,
        }],
        Event::Configured { .. }
        | Event::Labelled { .. }
        | Event::Explained { .. }
        | Event::Cancelled { .. }
        | Event::Estimated { .. } => vec![],
        Event::Edited { edits, .. } => added(edits),
        Event::Proposed { task, strategy, edits, complete, warnings, .. } => {
            let ((task, number), parts) = (at(*task), edits.len());
            let (strategy, complete, warnings) = (strategy.clone(), *complete, warnings.clone());
            let mut lines = vec![Line::Proposed { task, number, strategy, parts, complete, warnings }];
            lines.extend(added(edits));
            lines
        }
        Event::Routed { task, decision, .. } => {
            let (task, number) = at(*task);
            vec![Line::Routed {
                task,
                number,
                router: decision.router.clone(),
                expert: decision.chosen.clone(),
                confidence: decision.confidence,
                margin: decision.margin,
                candidates: decision.candidates.clone(),
            }]
        }
        Event::Asked { call, task, purpose, ask, .. } => {
            let (task, number) = at(*task);
            let question = match &ask.request {
                Request::Compute { question } | Request::Person { question } => Some(question.clone()),
                Request::Similar { text, .. } => Some(text.clone()),
                Request::Embed { texts } => texts.first().cloned(),
                Request::Generate(_) | Request::Score { .. } => None,
            };
            let (call, purpose) = (call.to_string(), purpose.word().to_owned());
            vec![Line::Asked { task, number, call, purpose, expert: ask.expert.clone(), question }]
        }
        Event::Answered { call, answer } => called(*call)
            .map(|(task, number, call, expert)| Line::Answered {
                task,
                number,
                call,
                expert,
                answer: answer.text.clone(),
                finish: answer.finish,
                prompt_tokens: answer.usage.prompt_tokens,
                cached_tokens: answer.usage.cached_tokens,
                output_tokens: answer.usage.output_tokens,
                seconds: milli(answer.usage.seconds),
            })
            .into_iter()
            .collect(),
        Event::Failed { call, why } => called(*call)
            .map(|(task, number, call, expert)| Line::Failed { task, number, call, expert, why: why.clone() })
            .into_iter()
            .collect(),
        Event::Stopped { call, partial } => called(*call)
            .map(|(task, number, call, expert)| {
                let (answer, finish, why) = (partial.text.clone(), partial.finish, partial.warnings.first());
                Line::Stopped { task, number, call, expert, answer, finish, why: why.cloned() }
            })
            .into_iter()
            .collect(),
        Event::Solved { task, answer, .. } => {
            let expert = state.survey.look(*task).map(|look| look.by.clone()).unwrap_or_default();
            let text = journal.session().plan.text(*task);
            let (task, number) = at(*task);
            vec![Line::Solved { task, number, text, expert, answer: answer.clone() }]
        }
        Event::Pinned { task, answer, .. } => {
            let (task, number) = at(*task);
            vec![Line::Pinned { task, number, answer: answer.clone() }]
        }
        Event::Amended { task, purpose, amendment, .. } => {
            let (task, number) = at(*task);
            vec![Line::Amended { task, number, purpose: purpose.word().to_owned(), what: amendment.words() }]
        }
        Event::Judged { task, ruling, reason, .. } => {
            let ((task, number), reason) = (at(*task), reason.clone());
            vec![Line::Judged { task, number, ruling: *ruling, reason }]
        }
    }
}
