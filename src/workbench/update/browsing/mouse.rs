//! Clicks on what was drawn, and the wheel.

use super::{fold, in_list, lists::enter, select, show_tab, step};
use crate::workbench::{
    Action, Effect, Focus, Mode, Place, RowId, State, Target,
    update::{act_from_outside, history, review},
};

pub(in super::super) fn click(state: &mut State, target: Target) -> Vec<Effect> {
    match target {
        Target::Act(action) if state.mode == Mode::Review => return review::act(state, action),
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
                // A second click on an entry takes it, the first one looks at it.
                Mode::Sheet(sheet) if sheet.cursor != at => {
                    sheet.cursor = at;
                    history::refresh(state);
                    return vec![];
                }
                Mode::Sheet(_) => {}
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
        Target::Pane(Place::Log) => state.ui.focus = Focus::Log,
        Target::Pane(_) => state.ui.focus = Focus::Tree,
    }
    vec![]
}

pub(in super::super) fn scroll(state: &mut State, place: Place, lines: i32) -> Vec<Effect> {
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
            let there = if place == Place::Log { Focus::Log } else { Focus::Tree };
            let focus = std::mem::replace(&mut state.ui.focus, there);
            step(state, lines);
            state.ui.focus = focus;
        }
        _ => {
            let action = if lines < 0 { Action::Up } else { Action::Down };
            if state.mode == Mode::Review {
                return review::act(state, action);
            }
            return in_list(state, action);
        }
    }
    vec![]
}
