//! The next task that holds all words, in any of what its row shows. Folded tasks are found too.

use crate::{
    ids::TaskId,
    workbench::{
        RowId, State,
        lines::items_of,
        rows::{Row, row_of},
    },
};

/// In plans up to this size the matches are counted.
const COUNTED: usize = 5000;

/// The next row after `from` that holds all `words` (lower case), around the end; and how many there are, in plans where
/// counting takes no time.
pub(super) fn next(state: &State, words: &[String], from: Option<RowId>) -> Option<(RowId, Option<usize>)> {
    let plan = &state.journal.session().plan;
    let root = plan.root()?;
    let start = from.filter(|row| plan.contains(row.task)).unwrap_or(RowId::task(root));
    if plan.len() <= COUNTED {
        let rows: Vec<RowId> = plan.walk().into_iter().flat_map(|task| rows_of(state, task)).collect();
        let found: Vec<usize> = (0..rows.len()).filter(|at| holds(state, rows[*at], words)).collect();
        let at = rows.iter().position(|row| *row == start).unwrap_or(0);
        let next = found.iter().find(|found| at < **found).or(found.first())?;
        return Some((rows[*next], Some(found.len())));
    }
    // The rows behind the start, those of all tasks after it, and around.
    let behind = rows_of(state, start.task).into_iter().skip_while(|row| *row != start).skip(1);
    let mut behind = behind.filter(|row| holds(state, *row, words));
    if let Some(row) = behind.next() {
        return Some((row, None));
    }
    let mut task = start.task;
    loop {
        task = after(state, task).unwrap_or(root);
        if may_hold(state, task, words) {
            let found = rows_of(state, task).into_iter().find(|row| holds(state, *row, words));
            if let Some(row) = found {
                return Some((row, None));
            }
        }
        if task == start.task {
            return None;
        }
    }
}

/// The task after this one in reading order.
fn after(state: &State, task: TaskId) -> Option<TaskId> {
    let plan = &state.journal.session().plan;
    if let Some(first) = plan.parts(task).first() {
        return Some(*first);
    }
    std::iter::once(task).chain(plan.ancestors(task)).find_map(|task| {
        let siblings = plan.parts(plan.parent(task)?);
        siblings.get(plan.position(task)).copied()
    })
}

fn rows_of(state: &State, task: TaskId) -> Vec<RowId> {
    let items = items_of(state.survey.look(task));
    std::iter::once(None).chain((0..items).map(Some)).map(|item| RowId { task, item }).collect()
}

fn holds(state: &State, row: RowId, words: &[String]) -> bool {
    let Some(Row { text, by, state, stale, answer, .. }) = row_of(state, row) else { return false };
    let stale = if stale { "stale" } else { "" };
    let all = format!("{text} {by} {state} {answer} {stale}").to_lowercase();
    words.iter().all(|word| all.contains(word))
}

/// A quick look that spares most tasks the full one: `false` means that it holds them not.
fn may_hold(state: &State, task: TaskId, words: &[String]) -> bool {
    let session = state.journal.session();
    let (Some(found), Some(look)) = (session.plan.task(task), state.survey.look(task)) else { return false };
    // A number, an item or a letter beyond ASCII takes the full look.
    if 1 < look.questions.len() || !words.iter().all(|word| word.is_ascii() && !word.contains('#')) {
        return true;
    }
    let answer = session.answer(task).unwrap_or_default();
    words.iter().all(|word| {
        let pieces = found.draft.phrase.pieces().iter();
        // A word may stand across a reference.
        let mut pieces = pieces.map(|piece| match piece {
            crate::plan::Piece::Text(text) => contains(text, word),
            _ => word.bytes().any(|byte| byte.is_ascii_digit()),
        });
        pieces.any(|holds| holds)
            || contains(answer, word)
            || contains(&look.by, word)
            || contains(found.draft.expert.as_deref().unwrap_or_default(), word)
            || contains(look.status.word(), word)
            || "running paused stale".contains(word.as_str())
    })
}

/// Does the text hold the word (ASCII, lower case), in whatever case?
fn contains(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let Some(first) = word.first() else { return true };
    let most = (text.len() + 1).saturating_sub(word.len());
    (0..most).any(|at| {
        text[at].to_ascii_lowercase() == *first && text[at..at + word.len()].eq_ignore_ascii_case(word)
    })
}
