//! Where the plan is least sure of itself: one key away, and as a figure in the rows.

use super::browsing;
use crate::{
    figure::fixed,
    ids::TaskId,
    workbench::{
        Effect, Figure, State, Tab, TokenCursor, Weight,
        tokens::{Kind, Weak, weak_points},
    },
};

/// Goes to the weakest point, or from there to the next weakest: by turns of tokens, routes and votes.
pub(super) fn next(state: &mut State) -> Vec<Effect> {
    let points = weak_points(state);
    if points.is_empty() {
        let words = "nothing is weak yet: no model has written, no router has chosen, no samples were drawn";
        state.say(Weight::Info, words);
        return vec![];
    }
    // One who has gone elsewhere begins with the weakest again.
    let there = |rank: &usize| points.get(*rank).is_some_and(|point| state.ui.cursor == Some(point.row));
    let rank = state.ui.weak.filter(there).map_or(0, |rank| rank + 1) % points.len();
    let point = points[rank].clone();
    browsing::reveal(state, point.row);
    state.ui.weak = Some(rank);
    let tab = match point.kind {
        Kind::Token => Some(Tab::Tokens),
        Kind::Route => Some(Tab::Route),
        Kind::Vote => None,
    };
    if let Some(tab) = tab {
        state.ui.tab = tab;
        state.ui.scroll = 0;
    }
    if let Some((call, at)) = point.token {
        state.ui.token = TokenCursor { call: Some(call), at: Some(at), choice: None };
    }
    let words = told(state, &point, rank, points.len());
    state.say(Weight::Info, words);
    vec![]
}

fn told(state: &State, point: &Weak, rank: usize, of: usize) -> String {
    let task: TaskId = point.row.task;
    let number = super::number(state, task);
    let what = match (point.kind, point.token) {
        (Kind::Token, Some((call, at))) => {
            let tokens = crate::workbench::rows::tokens_of(state, call);
            let text = tokens.get(at).map(|token| token.text.clone()).unwrap_or_default();
            format!("token {} {text:?} of {number} at {} %", at + 1, fixed(100.0 * point.figure, 1))
        }
        (Kind::Token, None) => String::new(),
        (Kind::Route, _) => {
            let by = state.survey.look(task).map(|look| look.by.clone()).unwrap_or_default();
            format!("route of {number}: {by} led by {}", fixed(point.figure, 3))
        }
        (Kind::Vote, _) => {
            format!("vote on {number}: the largest group led by {} %", fixed(100.0 * point.figure, 0))
        }
    };
    format!("weak point {} of {of}: {what}; ! goes on", rank + 1)
}

/// Another figure in the rows; kinds that no row has are passed over.
pub(super) fn next_figure(state: &mut State) -> Vec<Effect> {
    let at = Figure::ALL.iter().position(|figure| *figure == state.ui.figure).unwrap_or(0);
    let all = Figure::ALL.iter().cycle().skip(at + 1).take(Figure::ALL.len());
    let root = state.journal.session().plan.root();
    let known = |figure: &Figure| match figure {
        Figure::None | Figure::Tokens | Figure::Seconds => true,
        Figure::Cost => {
            root.is_some_and(|root| crate::workbench::figures::figure(state, root, *figure).is_some())
        }
        _ => state
            .survey
            .iter()
            .any(|(task, _)| crate::workbench::figures::figure(state, task, *figure).is_some()),
    };
    state.ui.figure = all.copied().find(known).unwrap_or_default();
    state.say(Weight::Info, state.ui.figure.about());
    vec![]
}
