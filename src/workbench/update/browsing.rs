//! Looking around: cursor, folds, tabs, search; `lists` is for what is on top, `mouse` for clicks and the wheel. Nothing here is
//! recorded.

mod lists;
mod mouse;

pub(super) use lists::{in_list, leap};
pub(super) use mouse::{click, scroll};

use super::onward;
use crate::{
    ids::TaskId,
    workbench::{
        Action, Effect, Focus, RowId, State, Tab, TokenCursor, Weight,
        lines::items_of,
        rows::row_of,
        tokens,
        ui::{FOLLOWS, LOG_NEEDS, WIDE},
    },
};

pub(super) fn browse(state: &mut State, action: Action) -> Vec<Effect> {
    let page = (usize::from(state.ui.size.1) / 2).max(1);
    match action {
        Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::First | Action::Last
            if tokens::has_keys(state) =>
        {
            let by = match action {
                Action::Up => -1,
                Action::Down => 1,
                Action::PageUp => -10,
                Action::PageDown => 10,
                Action::First => isize::MIN,
                _ => isize::MAX,
            };
            onward::walk(state, by);
        }
        Action::Left | Action::Right if tokens::has_keys(state) => {
            onward::turn(state, action == Action::Right)
        }
        Action::Enter if tokens::has_keys(state) => return onward::pick(state),
        Action::Up => step(state, -1),
        Action::Down => step(state, 1),
        Action::PageUp => step(state, -(page as isize)),
        Action::PageDown => step(state, page as isize),
        Action::First => step(state, isize::MIN),
        Action::Last => step(state, isize::MAX),
        Action::Left => left(state),
        Action::Right => right(state),
        Action::Fold => fold(state),
        Action::Enter if state.ui.wiring.is_some() => return super::rework::wire(state),
        Action::Enter => state.ui.focus = Focus::Inspector,
        Action::Back => {
            if state.ui.focus == Focus::Tree {
                state.ui.marked.clear();
            }
            state.ui.wiring = None;
            leave_log(state);
            state.ui.focus = Focus::Tree;
            state.notice = None;
        }
        Action::SwitchFocus => {
            state.ui.focus = if state.ui.focus == Focus::Tree { Focus::Inspector } else { Focus::Tree };
        }
        Action::NextTab => show_tab(state, state.ui.tab.turn(1)),
        Action::PreviousTab => show_tab(state, state.ui.tab.turn(Tab::ALL.len() - 1)),
        Action::SearchNext => {
            let search = state.ui.search.clone();
            return self::search(state, &search);
        }
        Action::Copy => return copy(state),
        Action::ToggleLog => {
            state.ui.log_open = !state.ui.log_open;
            leave_log(state);
        }
        Action::ReadLog if state.ui.focus == Focus::Log => leave_log(state),
        Action::ReadLog if state.ui.size.1 < LOG_NEEDS => {
            state.say(Weight::Warning, format!("the lower pane needs a screen of {LOG_NEEDS} rows"));
        }
        Action::ReadLog => {
            state.ui.log_open = true;
            state.ui.focus = Focus::Log;
        }
        Action::NextTheme => {
            state.ui.theme = (state.ui.theme + 1) % state.theme_names.len().max(1);
            let name = state.theme_names.get(state.ui.theme).cloned().unwrap_or_default();
            state.say(Weight::Info, format!("theme {name}"));
        }
        _ => {}
    }
    vec![]
}

/// The keys go back to the tree, and the lower pane follows what comes.
fn leave_log(state: &mut State) {
    state.ui.log_top = None;
    if state.ui.focus == Focus::Log {
        state.ui.focus = Focus::Tree;
    }
}

fn show_tab(state: &mut State, tab: Tab) {
    state.ui.tab = tab;
    state.ui.scroll = 0;
    if state.ui.size.0 < WIDE && state.ui.focus != Focus::Inspector {
        state.say(Weight::Info, format!("tab {}: enter shows it", tab.title()));
    }
}

/// Moves the cursor, or scrolls the inspector while the keys are there.
fn step(state: &mut State, by: isize) {
    if state.ui.focus == Focus::Inspector {
        // The end of the text is known to the drawing alone, which stops there.
        state.ui.scroll =
            state.ui.scroll.saturating_add_signed(by.clamp(-1_000_000, 1_000_000)).min(1_000_000);
        return;
    }
    if state.ui.focus == Focus::Log {
        let by = by.clamp(-(FOLLOWS as isize), FOLLOWS as isize);
        let top = state.log_top().unwrap_or(FOLLOWS).saturating_add_signed(by);
        // At the end it follows again; where that is the drawing alone knows, and `keys` tells.
        let shown = state.live.keys().next().copied();
        state.ui.log_top = (top < FOLLOWS).then_some((shown, top));
        return;
    }
    let Some(last) = state.lines.len().checked_sub(1) else { return };
    let at = state.ui.cursor.and_then(|cursor| state.lines.position(cursor)).unwrap_or(0);
    match (at, by) {
        (0, -1) => state.say(Weight::Info, "this is the first row"),
        (at, 1) if at == last => state.say(Weight::Info, "this is the last row"),
        _ => {}
    }
    if let Some((row, _)) = state.lines.at(at.saturating_add_signed(by).min(last)) {
        select(state, row);
    }
}

fn select(state: &mut State, row: RowId) {
    if state.ui.cursor != Some(row) {
        state.ui.cursor = Some(row);
        state.ui.scroll = 0;
        state.ui.token = TokenCursor::default();
        state.ui.weak = None;
    }
}

/// Has it something to fold away?
fn parts(state: &State, task: TaskId) -> bool {
    !state.journal.session().plan.parts(task).is_empty() || 0 < items_of(state.survey.look(task))
}

/// Hides or shows what is below a task.
fn set_folded(state: &mut State, task: TaskId, folded: bool) {
    let changed = if folded { state.ui.folded.insert(task) } else { state.ui.folded.remove(&task) };
    if changed {
        state.lines.mend(task, &state.journal.session().plan, &state.survey, &state.ui.folded);
    }
}

/// Shows a row that may be folded away, and goes there.
pub(super) fn reveal(state: &mut State, row: RowId) {
    let above: Vec<TaskId> = state.journal.session().plan.ancestors(row.task).collect();
    for task in above.into_iter().rev() {
        set_folded(state, task, false);
    }
    if row.item.is_some() {
        set_folded(state, row.task, false);
    }
    select(state, row);
}

fn fold(state: &mut State) {
    let Some(row) = state.ui.cursor else { return };
    if !parts(state, row.task) {
        state.say(Weight::Info, "it has no parts to fold");
    } else if state.ui.folded.contains(&row.task) {
        set_folded(state, row.task, false);
    } else {
        set_folded(state, row.task, true);
        select(state, RowId::task(row.task));
    }
}

fn left(state: &mut State) {
    let Some(row) = state.ui.cursor else { return };
    let parent = state.journal.session().plan.parent(row.task);
    if row.item.is_some() {
        select(state, RowId::task(row.task));
    } else if parts(state, row.task) && !state.ui.folded.contains(&row.task) {
        set_folded(state, row.task, true);
    } else if let Some(parent) = parent {
        select(state, RowId::task(parent));
    } else {
        state.say(Weight::Info, "no task stands above the goal");
    }
}

fn right(state: &mut State) {
    let Some(row) = state.ui.cursor else { return };
    if state.ui.folded.contains(&row.task) {
        set_folded(state, row.task, false);
    } else if parts(state, row.task) && row.item.is_none() {
        step(state, 1);
    } else {
        state.say(Weight::Info, "nothing stands below it");
    }
}

/// The cursor stays on its row, or goes to the nearest that is left.
pub(super) fn keep_cursor(state: &mut State) {
    let plan = &state.journal.session().plan;
    let Some(cursor) = state.ui.cursor else {
        state.ui.cursor = plan.root().map(RowId::task);
        return;
    };
    if let Some(at) = state.lines.position(cursor) {
        state.ui.cursor_at = at;
        return;
    }
    // A folded-away row gives the cursor to the ancestor that is shown; a row that is gone to the one in its place.
    let shown = |task: &TaskId| state.lines.position(RowId::task(*task)).is_some();
    let above = std::iter::successors(Some(cursor.task), |task| plan.parent(*task)).find(shown);
    let near = state.lines.len().checked_sub(1).and_then(|last| state.lines.at(state.ui.cursor_at.min(last)));
    state.ui.cursor = above.map(RowId::task).or(near.map(|(row, _)| row));
}

/// The next row that holds all the words, in any of what it shows.
pub(super) fn search(state: &mut State, text: &str) -> Vec<Effect> {
    state.ui.search = text.trim().to_owned();
    let words: Vec<String> = state.ui.search.to_lowercase().split_whitespace().map(str::to_owned).collect();
    if words.is_empty() {
        return vec![];
    }
    let from = state.ui.cursor;
    match super::search::next(state, &words, from) {
        None => state.say(Weight::Warning, format!("no task holds `{}`", state.ui.search)),
        Some((row, count)) => {
            reveal(state, row);
            let found = count.map_or("found".to_owned(), |count| format!("{count} found"));
            state.say(Weight::Info, format!("{found}; N goes to the next"));
        }
    }
    vec![]
}

fn copy(state: &mut State) -> Vec<Effect> {
    let Some(cursor) = state.ui.cursor else { return vec![] };
    let row = row_of(state, cursor);
    let text = row.map(|row| if row.answer.is_empty() { row.text } else { row.answer }).unwrap_or_default();
    state.say(Weight::Info, format!("copied: {text}"));
    vec![Effect::Copy(text)]
}
