//! Looking around: cursor, folds, tabs, lists, search. Nothing here is recorded.

use super::{act_from_outside, typing};
use crate::{
    ids::TaskId,
    workbench::{
        Action, Effect, Focus, Mode, Place, RowId, State, Tab, Target, Weight,
        buffer::Buffer,
        mode::{Purpose, RerouteMode},
        rows::rows,
    },
};

pub(super) fn browse(state: &mut State, action: Action) -> Vec<Effect> {
    let page = (usize::from(state.ui.size.1) / 2).max(1);
    match action {
        Action::Up => step(state, -1),
        Action::Down => step(state, 1),
        Action::PageUp => step(state, -(page as isize)),
        Action::PageDown => step(state, page as isize),
        Action::First => step(state, isize::MIN),
        Action::Last => step(state, isize::MAX),
        Action::Left => left(state),
        Action::Right => right(state),
        Action::Fold => fold(state),
        Action::Enter => state.ui.focus = Focus::Inspector,
        Action::Back => {
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
        Action::ToggleLog => state.ui.log_open = !state.ui.log_open,
        Action::NextTheme => {
            state.ui.theme = (state.ui.theme + 1) % state.theme_names.len().max(1);
            let name = state.theme_names.get(state.ui.theme).cloned().unwrap_or_default();
            state.say(Weight::Info, format!("theme {name}"));
        }
        _ => {}
    }
    vec![]
}

fn show_tab(state: &mut State, tab: Tab) {
    state.ui.tab = tab;
    state.ui.scroll = 0;
}

/// Moves the cursor, or scrolls the inspector while the keys are there.
fn step(state: &mut State, by: isize) {
    if state.ui.focus == Focus::Inspector {
        // The end of the text is known to the drawing alone, which stops there.
        state.ui.scroll =
            state.ui.scroll.saturating_add_signed(by.clamp(-1_000_000, 1_000_000)).min(1_000_000);
        return;
    }
    let rows: Vec<RowId> = rows(state).iter().map(|row| row.id).collect();
    let Some(last) = rows.len().checked_sub(1) else { return };
    let at = state.ui.cursor.and_then(|cursor| rows.iter().position(|row| *row == cursor)).unwrap_or(0);
    select(state, rows[at.saturating_add_signed(by).min(last)]);
}

fn select(state: &mut State, row: RowId) {
    if state.ui.cursor != Some(row) {
        state.ui.cursor = Some(row);
        state.ui.scroll = 0;
    }
}

fn parts(state: &State, task: TaskId) -> bool {
    rows(state).iter().any(|row| row.id == RowId::task(task) && row.has_parts)
}

fn fold(state: &mut State) {
    let Some(row) = state.ui.cursor else { return };
    if !parts(state, row.task) {
        state.say(Weight::Info, "it has no parts to fold");
    } else if !state.ui.folded.remove(&row.task) {
        state.ui.folded.insert(row.task);
        select(state, RowId::task(row.task));
    }
}

fn left(state: &mut State) {
    let Some(row) = state.ui.cursor else { return };
    let parent = state.journal.session().plan.parent(row.task);
    if row.item.is_some() {
        select(state, RowId::task(row.task));
    } else if parts(state, row.task) && !state.ui.folded.contains(&row.task) {
        state.ui.folded.insert(row.task);
    } else if let Some(parent) = parent {
        select(state, RowId::task(parent));
    }
}

fn right(state: &mut State) {
    let Some(row) = state.ui.cursor else { return };
    if !state.ui.folded.remove(&row.task) && parts(state, row.task) && row.item.is_none() {
        step(state, 1);
    }
}

/// The cursor stays on its row, or goes to the nearest that is left.
pub(super) fn keep_cursor(state: &mut State) {
    let plan = &state.journal.session().plan;
    let rows = rows(state);
    let Some(cursor) = state.ui.cursor else {
        state.ui.cursor = plan.root().map(RowId::task);
        return;
    };
    if rows.iter().any(|row| row.id == cursor) {
        return;
    }
    // A folded-away row gives the cursor to the ancestor that is shown; a row that is gone to its neighbour.
    let shown = |task: &TaskId| rows.iter().any(|row| row.id == RowId::task(*task));
    let above = std::iter::successors(Some(cursor.task), |task| plan.parent(*task)).find(shown);
    let near = rows.iter().rev().map(|row| row.id).find(|row| *row <= cursor);
    state.ui.cursor = above.map(RowId::task).or(near).or(plan.root().map(RowId::task));
}

/// The next row that holds all the words, in any of what it shows.
pub(super) fn search(state: &mut State, text: &str) -> Vec<Effect> {
    state.ui.search = text.trim().to_owned();
    let words: Vec<String> = state.ui.search.to_lowercase().split_whitespace().map(str::to_owned).collect();
    if words.is_empty() {
        return vec![];
    }
    let folded = std::mem::take(&mut state.ui.folded);
    let rows = rows(state);
    let holds = |row: &crate::workbench::rows::Row| {
        let stale = if row.stale { "stale" } else { "" };
        let all = format!("{} {} {} {} {stale}", row.text, row.by, row.state, row.answer).to_lowercase();
        words.iter().all(|word| all.contains(word))
    };
    let at = state.ui.cursor.and_then(|cursor| rows.iter().position(|row| row.id == cursor)).unwrap_or(0);
    let count = rows.iter().filter(|row| holds(row)).count();
    let found =
        (1..=rows.len()).map(|by| &rows[(at + by) % rows.len()]).find(|row| holds(row)).map(|row| row.id);
    state.ui.folded = folded;
    match found {
        None => state.say(Weight::Warning, format!("no task holds `{}`", state.ui.search)),
        Some(row) => {
            let plan = &state.journal.session().plan;
            let above: Vec<TaskId> =
                std::iter::successors(plan.parent(row.task), |task| plan.parent(*task)).collect();
            above.iter().for_each(|task| {
                state.ui.folded.remove(task);
            });
            if row.item.is_some() {
                state.ui.folded.remove(&row.task);
            }
            select(state, row);
            state.say(Weight::Info, format!("{count} found; N goes to the next"));
        }
    }
    vec![]
}

fn copy(state: &mut State) -> Vec<Effect> {
    let Some(cursor) = state.ui.cursor else { return vec![] };
    let row = rows(state).into_iter().find(|row| row.id == cursor);
    let text = row.map(|row| if row.answer.is_empty() { row.text } else { row.answer }).unwrap_or_default();
    state.say(Weight::Info, format!("copied: {text}"));
    vec![Effect::Copy(text)]
}

/// Actions while a list, a text or the help is on top.
pub(super) fn in_list(state: &mut State, action: Action) -> Vec<Effect> {
    let length = match &state.mode {
        Mode::Reroute(mode) => mode.candidates.len(),
        Mode::Palette(mode) => mode.matches().len(),
        Mode::Home { .. } => state.sessions.len(),
        Mode::Help { .. } => 10_000,
        Mode::Typing(_) | Mode::Browse | Mode::Review => 1,
    };
    let page = (usize::from(state.ui.size.1) / 2).max(1) as isize;
    let by = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -page,
        Action::PageDown => page,
        Action::First => isize::MIN,
        Action::Last => isize::MAX,
        Action::Enter => return enter(state),
        Action::New | Action::Open if matches!(state.mode, Mode::Home { .. }) => {
            return act_from_outside(state, action);
        }
        Action::Help if matches!(state.mode, Mode::Help { .. }) => {
            state.mode = Mode::Browse;
            return vec![];
        }
        _ => {
            state.say(Weight::Info, format!("`{}` does nothing here: esc goes back", action.title()));
            return vec![];
        }
    };
    let cursor = match &mut state.mode {
        Mode::Reroute(mode) => &mut mode.cursor,
        Mode::Palette(mode) => &mut mode.cursor,
        Mode::Home { cursor } => cursor,
        Mode::Help { scroll } => scroll,
        Mode::Typing(_) | Mode::Browse | Mode::Review => return vec![],
    };
    *cursor = cursor.saturating_add_signed(by).min(length.saturating_sub(1));
    vec![]
}

fn enter(state: &mut State) -> Vec<Effect> {
    match &state.mode {
        Mode::Typing(_) => typing::finish(state),
        Mode::Reroute(RerouteMode { task, candidates, cursor }) => {
            let (task, expert) = (*task, candidates.get(*cursor).map(|candidate| candidate.expert.clone()));
            match expert {
                Some(expert) => typing::begin(state, Purpose::Reason { task, expert }, Buffer::default()),
                None => state.mode = Mode::Browse,
            }
            vec![]
        }
        Mode::Palette(mode) => match mode.matches().get(mode.cursor) {
            Some(action) => act_from_outside(state, *action),
            None => vec![],
        },
        Mode::Home { cursor } => match state.sessions.get(*cursor) {
            Some(session) => vec![Effect::OpenListed(session.path.clone())],
            None => vec![],
        },
        Mode::Review => super::review::act(state, Action::Enter),
        Mode::Help { .. } | Mode::Browse => {
            state.mode = Mode::Browse;
            vec![]
        }
    }
}

pub(super) fn click(state: &mut State, target: Target) -> Vec<Effect> {
    match target {
        Target::Act(action) if state.mode == Mode::Review => return super::review::act(state, action),
        Target::Act(action) => return act_from_outside(state, action),
        Target::Entry(at) if state.mode == Mode::Review => {
            if let Some(review) = &mut state.review {
                review.cursor = at;
            }
        }
        Target::Entry(at) => {
            match &mut state.mode {
                Mode::Reroute(mode) => mode.cursor = at,
                Mode::Palette(mode) => mode.cursor = at,
                Mode::Home { cursor } => *cursor = at,
                _ => return vec![],
            }
            return enter(state);
        }
        // While something is on top, the panes below are not to be hit.
        _ if state.mode != Mode::Browse => {}
        Target::Row(row) => {
            state.ui.focus = Focus::Tree;
            select(state, row);
        }
        Target::Fold(task) => {
            select(state, RowId::task(task));
            fold(state);
        }
        Target::Tab(tab) => show_tab(state, tab),
        Target::Pane(Place::Inspector) => state.ui.focus = Focus::Inspector,
        Target::Pane(_) => state.ui.focus = Focus::Tree,
    }
    vec![]
}

pub(super) fn scroll(state: &mut State, place: Place, lines: i32) -> Vec<Effect> {
    let lines = lines as isize;
    match (&state.mode, place) {
        (Mode::Browse, Place::Inspector) => {
            state.ui.scroll = state.ui.scroll.saturating_add_signed(lines).min(1_000_000);
        }
        (Mode::Help { scroll }, _) => {
            let scroll = scroll.saturating_add_signed(lines).min(10_000);
            state.mode = Mode::Help { scroll };
        }
        (Mode::Browse, _) => {
            let focus = std::mem::replace(&mut state.ui.focus, Focus::Tree);
            step(state, lines);
            state.ui.focus = focus;
        }
        _ => {
            let action = if lines < 0 { Action::Up } else { Action::Down };
            if state.mode == Mode::Review {
                return super::review::act(state, action);
            }
            return in_list(state, action);
        }
    }
    vec![]
}
