//! The rows of the tree: what each task shows in one line. Faces draw them, the cursor walks them.

use super::{Live, RowId, State, figures, lines::items_of};
use crate::{
    ask::{Finish, Token, Usage},
    decision::Ruling,
    engine::{Amendments, Look, Status, caps},
    ids::{CallId, TaskId},
    plan::lint::lint_task,
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
    /// A person changed a call of it.
    pub amended: Amendments,
    /// Edits change it together with the others that are marked.
    pub marked: bool,
    /// One call answers it in place of its parts.
    pub collapsed: bool,
    /// What is left of a budget of its own, in words.
    pub left: Option<String>,
    /// What is said of its answer.
    pub ruling: Option<Ruling>,
    /// Its answer broke off where its tokens were spent.
    pub cut: bool,
    /// A breakpoint stands on it.
    pub breakpoint: bool,
    /// The run has stopped here, in this phase.
    pub stopped: Option<&'static str>,
    /// The first thing that is suspicious about it, in a word.
    pub lint: Option<&'static str>,
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
    /// The figure that rows tell just now, in a few cells.
    pub figure: String,
}

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

/// The rows from one place of the tree on, at most `most`.
pub fn rows(state: &State, from: usize, most: usize) -> Vec<Row> {
    let places = (from..from.saturating_add(most)).map_while(|at| state.lines.at(at));
    places.filter_map(|(id, depth)| make(state, id, depth)).collect()
}

/// One row, be it folded away; `None` when there is no such task or item.
pub fn row_of(state: &State, id: RowId) -> Option<Row> {
    let depth = state.journal.session().plan.depth(id.task) + usize::from(id.item.is_some());
    make(state, id, depth)
}

fn make(state: &State, id: RowId, depth: usize) -> Option<Row> {
    if !state.journal.session().plan.contains(id.task) {
        return None;
    }
    match id.item {
        None => {
            let items = items_of(state.survey.look(id.task));
            Some(row(state, id.task, depth, 0 < items))
        }
        Some(item) => self::item(state, id.task, item, depth),
    }
}

fn row(state: &State, task: TaskId, depth: usize, has_items: bool) -> Row {
    let session = state.journal.session();
    let plan = &session.plan;
    let look = state.survey.look(task);
    let has_parts = has_items || !plan.parts(task).is_empty();
    let live = state.live.values().find(|live| live.task == task && !live.purpose.is_beside());
    let (mut tokens, mut seconds) = (0, 0.0);
    for usage in
        look.iter().flat_map(|look| &look.calls).filter_map(|call| usage_of(state.journal.call(*call)?))
    {
        tokens += usage.output_tokens;
        seconds += usage.seconds;
    }
    if let Some(live) = live {
        tokens += live.tokens.len() as u32;
        seconds += live.seconds(state.now);
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
        amended: look.map(|look| look.amended).unwrap_or_default(),
        marked: state.ui.marked.contains(&task) || state.ui.wiring == Some(task),
        collapsed: plan.task(task).is_some_and(|task| task.collapsed),
        left: plan.task(task).and_then(|task| task.draft.budget).map(|budget| {
            let running = state.live.keys().copied().collect();
            budget.left(caps::spent(&state.journal, task, &running)).rounded().to_string()
        }),
        ruling: look.and_then(Look::ruling),
        cut: is_cut(state, task),
        breakpoint: state.journal.debugging().breakpoints.iter().any(|one| one.on && one.task == Some(task)),
        stopped: state.debug.stop.as_ref().filter(|stop| stop.task == task).map(|stop| stop.phase.word()),
        lint: lint_task(plan, task, state.settings().limits.depth as usize)
            .first()
            .map(|finding| finding.rule.word()),
        by: by.or(tag).unwrap_or_default(),
        composite: look.is_some_and(|look| look.composite),
        number: if depth == 0 { String::new() } else { format!("#{}", plan.position(task)) },
        text: plan.text(task),
        answer,
        tokens,
        seconds,
        figure: figures::written(figures::figure(state, task, state.ui.figure), state.ui.figure),
    }
}

fn word(status: Option<&Status>, live: Option<&Live>) -> &'static str {
    match (status, live) {
        (_, Some(live)) if live.is_paused() => "paused",
        (_, Some(_)) => "running",
        (Some(status), None) => status.word(),
        (None, None) => "waiting",
    }
}

/// The row of one item of a projection that has been asked about or will be.
fn item(state: &State, task: TaskId, at: usize, depth: usize) -> Option<Row> {
    let look = state.survey.look(task).filter(|look| at < items_of(Some(look)))?;
    let question = look.questions.get(at)?;
    let call = look.asked.get(at).copied().flatten().and_then(|call| state.journal.call(call));
    let live = call.and_then(|call| state.live.get(&call.id));
    let usage = call.and_then(usage_of).unwrap_or_default();
    let (word, answer) = match (call.map(|call| &call.outcome), live) {
        (_, Some(live)) => (if live.is_paused() { "paused" } else { "running" }, live.text()),
        (Some(Outcome::Answered(answer)), _) => ("done", answer.text.clone()),
        (Some(Outcome::Failed(_)), _) => ("failed", String::new()),
        (Some(Outcome::Stopped(partial)), _) if partial.finish == Finish::Cut => {
            ("failed", partial.text.clone())
        }
        (Some(Outcome::Stopped(partial)), _) if partial.finish == Finish::Lapsed => {
            ("waiting", String::new())
        }
        (Some(Outcome::Stopped(partial)), _) => ("cancelled", partial.text.clone()),
        (Some(Outcome::Open) | None, _) => ("waiting", String::new()),
    };
    Some(Row {
        id: RowId { task, item: Some(at) },
        depth,
        has_parts: false,
        folded: false,
        state: word,
        stale: false,
        pinned: false,
        amended: Amendments::None,
        marked: false,
        collapsed: false,
        left: None,
        ruling: None,
        cut: call.is_some_and(broke_off),
        breakpoint: false,
        stopped: None,
        lint: None,
        by: look.by.clone(),
        composite: false,
        number: format!("{}", at + 1),
        text: question.clone(),
        answer,
        tokens: usage.output_tokens,
        seconds: usage.seconds,
        figure: String::new(),
    })
}

/// Is the answer of this task one that broke off where its tokens were spent? Of a list, any of its items.
pub fn is_cut(state: &State, task: TaskId) -> bool {
    let look = state.survey.look(task).filter(|look| look.status == Status::Done && !look.pinned);
    let mut calls = look.into_iter().flat_map(|look| &look.calls);
    calls.any(|call| state.journal.call(*call).is_some_and(broke_off))
}

fn broke_off(call: &Call) -> bool {
    matches!(&call.outcome, Outcome::Answered(answer) if answer.finish == Finish::Length)
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
        return look.asked.get(item).copied().flatten();
    }
    let live = state.live.iter().find(|(_, live)| live.task == row.task && !live.purpose.is_beside());
    let live = live.map(|(call, _)| *call);
    let newest = || {
        let mut calls = state.journal.calls_of(row.task).rev();
        calls.find(|call| matches!(call.purpose, Purpose::Propose | Purpose::Answer)).map(|call| call.id)
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
