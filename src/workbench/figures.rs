//! The figure that a row tells beside its answer.

use super::{Figure, State, tokens, votes};
use crate::{
    ask::Usage,
    figure::fixed,
    ids::TaskId,
    session::{Call, Outcome},
};

/// The figure of one task; `None` where it has none.
pub fn figure(state: &State, task: TaskId, figure: Figure) -> Option<f64> {
    match figure {
        Figure::None => None,
        Figure::Probability => tokens::weakest_token(state, task).map(|(_, _, p)| f64::from(p)),
        Figure::Route => tokens::route_margin(state, task).map(f64::from),
        Figure::Vote => votes::margin(state, task).map(f64::from),
        Figure::Tokens => below(state, task, |usage, _| f64::from(usage.output_tokens)),
        Figure::Seconds => below(state, task, |usage, _| usage.seconds),
        Figure::Cost => below(state, task, |_, cost| cost),
    }
}

/// A sum over the calls of a task and all below it; `None` when it is nothing.
fn below(state: &State, task: TaskId, of: impl Fn(&Usage, f64) -> f64) -> Option<f64> {
    let spent = |call: &Call| match &call.outcome {
        Outcome::Answered(answer) | Outcome::Stopped(answer) => of(&answer.usage, answer.cost),
        Outcome::Open | Outcome::Failed(_) => 0.0,
    };
    let tasks = state.journal.session().plan.subtree(task);
    let sum: f64 = tasks.iter().flat_map(|task| state.journal.calls_of(*task)).map(spent).sum();
    (0.0 < sum).then_some(sum)
}

/// The figure in at most seven cells; nothing where there is none.
pub fn written(value: Option<f64>, figure: Figure) -> String {
    let Some(value) = value.filter(|value| value.is_finite()) else { return String::new() };
    match figure {
        Figure::None => String::new(),
        Figure::Probability | Figure::Vote if value < 0.0995 => format!("{} %", fixed(100.0 * value, 1)),
        Figure::Probability | Figure::Vote => format!("{} %", fixed(100.0 * value, 0)),
        Figure::Route if value.abs() < 100.0 => fixed(value, 2),
        Figure::Route => fixed(value, 0),
        Figure::Tokens => fixed(value, 0),
        Figure::Seconds if value < 100.0 => fixed(value, 1),
        Figure::Seconds => fixed(value, 0),
        Figure::Cost if value < 0.01 => fixed(value, 5),
        Figure::Cost => fixed(value, 2),
    }
}
