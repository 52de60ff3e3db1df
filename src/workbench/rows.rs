//! The rows of the tree: what each task shows in one line. Faces draw them, the cursor walks them.

use super::{Live, RowId, State};
use crate::{
    ask::{Token, Usage},
    engine::Status,
    ids::{CallId, TaskId},
    session::{Call, Outcome, Purpose},
};

/// One line of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub id: RowId,
    pub depth: usize,
    /// `▸` and `▾` have something to hide.
    pub has_parts: bool,
    pub folded: bool,
    /// The state in one word: waiting, ready, running, paused, needs-person, done, failed, cancelled.
    pub state: &'static str,
    pub stale: bool,
    pub pinned: bool,
    /// The expert, or the strategy of a task with parts.
    pub by: String,
    pub composite: bool,
    /// Its number among its siblings; empty for the goal.
    pub number: String,
    pub text: String,
    /// The answer as it stands, or what has streamed so far.
    pub answer: String,
    /// Tokens written by models for this task alone.
    pub tokens: u32,
    pub seconds: f64,
}

/// Items of a projection beyond this many are not shown one by one.
const ITEMS: usize = 200;

/// The glyph of a state; the word says the same.
pub fn glyph(state: &str) -> &'static str {
    match state {
        "ready" => "○",
        "running" => "◐",
        "paused" => "‖",
        "needs-person" => "?",
        "done" => "●",
        "failed" => "✗",
        "cancelled" => "⊘",
        _ => "·",
    }
}

/// The rows that are not folded away, in order.
pub fn rows(state: &State) -> Vec<Row> {
    let plan = &state.journal.session().plan;
    let mut rows = vec![];
    // Everything below a folded task of this depth is hidden.
    let mut hidden: Option<usize> = None;
    let mut depths: std::collections::HashMap<TaskId, usize> = std::collections::HashMap::new();
    for task in plan.walk() {
        let depth = plan.parent(task).and_then(|parent| depths.get(&parent)).map_or(0, |depth| depth + 1);
        depths.insert(task, depth);
        if hidden.is_some_and(|folded| folded < depth) {
            continue;
        }
        let items = items(state, task, depth + 1);
        let row = row(state, task, depth, !items.is_empty());
        hidden = row.folded.then_some(depth);
        let folded = row.folded;
        rows.push(row);
        if !folded {
            rows.extend(items);
        }
    }
    rows
}

fn row(state: &State, task: TaskId, depth: usize, has_items: bool) -> Row {
    let session = state.journal.session();
    let plan = &session.plan;
    let look = state.survey.look(task);
    let has_parts = has_items || !plan.parts(task).is_empty();
    let live = state.live.values().find(|live| live.task == task);
    let (mut tokens, mut seconds) = (0, 0.0);
    for usage in
        look.iter().flat_map(|look| &look.calls).filter_map(|call| usage_of(state.journal.call(*call)?))
    {
        tokens += usage.output_tokens;
        seconds += usage.seconds;
    }
    if let Some(live) = live {
        tokens += live.tokens.len() as u32;
        seconds += state.now.saturating_sub(live.since) as f64 / 1000.0;
    }
    let answer = match live {
        Some(live) => live.text(),
        None => session.answer(task).unwrap_or_default().to_owned(),
    };
    let by = look.map(|look| look.by.clone()).filter(|by| !by.is_empty());
    let tag = plan.task(task).and_then(|task| task.draft.expert.clone());
    Row {
        id: RowId::task(task),
        depth,
        has_parts,
        folded: has_parts && state.ui.folded.contains(&task),
        state: word(look.map(|look| &look.status), live),
        stale: look.is_some_and(|look| look.stale),
        pinned: look.is_some_and(|look| look.pinned),
        by: by.or(tag).unwrap_or_default(),
        composite: look.is_some_and(|look| look.composite),
        number: if depth == 0 { String::new() } else { format!("#{}", plan.position(task)) },
        text: plan.text(task),
        answer,
        tokens,
        seconds,
    }
}

fn word(status: Option<&Status>, live: Option<&Live>) -> &'static str {
    match (status, live) {
        (_, Some(live)) if live.paused => "paused",
        (_, Some(_)) => "running",
        (Some(status), None) => status.word(),
        (None, None) => "waiting",
    }
}

/// One row for each item of a projection that has been asked about or will be.
fn items(state: &State, task: TaskId, depth: usize) -> Vec<Row> {
    let Some(look) = state.survey.look(task).filter(|look| !look.composite && 1 < look.questions.len())
    else {
        return vec![];
    };
    let call_of = |question: &str| {
        let calls = look.calls.iter().filter_map(|call| state.journal.call(*call));
        calls.into_iter().find(|call| asks(call, question))
    };
    let item = |(at, question): (usize, &String)| {
        let call = call_of(question);
        let live = call.and_then(|call| state.live.get(&call.id));
        let usage = call.and_then(usage_of).unwrap_or_default();
        let (word, answer) = match (call.map(|call| &call.outcome), live) {
            (_, Some(live)) => (if live.paused { "paused" } else { "running" }, live.text()),
            (Some(Outcome::Answered(answer)), _) => ("done", answer.text.clone()),
            (Some(Outcome::Failed(_)), _) => ("failed", String::new()),
            (Some(Outcome::Stopped(partial)), _) => ("cancelled", partial.text.clone()),
            (Some(Outcome::Open) | None, _) => ("waiting", String::new()),
        };
        Row {
            id: RowId { task, item: Some(at) },
            depth,
            has_parts: false,
            folded: false,
            state: word,
            stale: false,
            pinned: false,
            by: look.by.clone(),
            composite: false,
            number: format!("{}", at + 1),
            text: question.clone(),
            answer,
            tokens: usage.output_tokens,
            seconds: usage.seconds,
        }
    };
    look.questions.iter().take(ITEMS).enumerate().map(item).collect()
}

/// Does this call ask that question?
fn asks(call: &Call, question: &str) -> bool {
    use crate::ask::Request;
    match &call.ask.request {
        Request::Compute { question: asked } | Request::Person { question: asked } => asked == question,
        Request::Generate(generate) => generate.prompt.text().contains(question),
        Request::Score { .. } | Request::Similar { .. } | Request::Embed { .. } => false,
    }
}

fn usage_of(call: &Call) -> Option<Usage> {
    match &call.outcome {
        Outcome::Answered(answer) | Outcome::Stopped(answer) => Some(answer.usage),
        Outcome::Open | Outcome::Failed(_) => None,
    }
}

/// The call that the row is about: of its item, else the running one, else the newest.
pub fn call_of(state: &State, row: RowId) -> Option<CallId> {
    let look = state.survey.look(row.task)?;
    if let Some(item) = row.item {
        let question = look.questions.get(item)?;
        let calls = look.calls.iter().filter_map(|call| state.journal.call(*call));
        return calls.into_iter().find(|call| asks(call, question)).map(|call| call.id);
    }
    let live = state.live.iter().find(|(_, live)| live.task == row.task).map(|(call, _)| *call);
    let newest = || {
        let mut calls = state.journal.calls().rev();
        calls.find(|call| call.task == row.task && call.purpose != Purpose::Route).map(|call| call.id)
    };
    live.or(look.calls.last().copied()).or_else(newest)
}

/// The tokens that a call has written so far.
pub fn tokens_of(state: &State, call: CallId) -> &[Token] {
    if let Some(live) = state.live.get(&call) {
        return &live.tokens;
    }
    match state.journal.call(call).map(|call| &call.outcome) {
        Some(Outcome::Answered(answer) | Outcome::Stopped(answer)) => &answer.tokens,
        _ => &[],
    }
}
