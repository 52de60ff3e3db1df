//! Strategies: how a task becomes sub-tasks, or an answer.
//!
//! A strategy never asks anybody. It sees a [`Scene`] and says what should be asked ([`Next::Ask`]); the controller has
//! it asked, recorded and counted, and calls the strategy again with the reply. It keeps no state of its own, so it can
//! be replayed, and one strategy can take over from another in the middle of a plan.
//!
//! To add one: a file in `strategy/` with a unit struct, its prompts in `strategy/prompts/`, a line in [`strategies`].

pub mod decomposed;
pub mod direct;
pub mod exemplars;
pub mod grammar;
pub mod plan_and_solve;
pub mod prompts;

pub use prompts::Prompts;

use crate::{
    ask::{Answer, Request, Sampling, part::Part},
    decision::ExpertCard,
    plan::notation::Step,
};

/// What a strategy may see of one task.
pub struct Scene<'a> {
    /// The question, its references replaced by answers.
    pub task: &'a str,
    /// The sub-tasks there are, in order, each with its answer.
    pub steps: &'a [Done],
    /// The experts that a step may name.
    pub cards: &'a [ExpertCard],
    pub prompts: &'a Prompts,
    pub sampling: Sampling,
    /// The strategy or a person has said that there are no more steps to come.
    pub complete: bool,
    /// The reply to what the strategy asked for in this very scene.
    pub reply: Option<&'a Answer>,
}

/// A sub-task with its answer, in the notation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub step: Step,
    pub answer: String,
}

/// What a strategy wants next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Ask the model, then call again with the reply.
    Ask(Request),
    /// Add these sub-tasks after the ones there are; references count from 1 over all of them.
    Split {
        steps: Vec<Step>,
        /// No more will come.
        complete: bool,
        /// What could not be read, for the person.
        warnings: Vec<String>,
    },
    /// The answer of the task.
    Solve(String),
    /// It can not go on; the words say why and what could help.
    Stop(String),
}

/// A way to decompose. Implementations are unit structs.
pub trait Strategy: Sync {
    /// The name on the command line, in settings and in the log.
    fn name(&self) -> &'static str;
    /// What it does, in a sentence for help and palette.
    fn about(&self) -> &'static str;
    fn next(&self, scene: &Scene<'_>) -> Next;
    /// Where the words of the prompt came from that it asks with in this scene: joined, the parts are that prompt.
    fn parts(&self, _scene: &Scene<'_>) -> Vec<Part> {
        vec![]
    }
    /// Pause a continuous run when its proposal has come, so that a person can edit it first.
    fn plans_first(&self) -> bool {
        false
    }
}

/// All strategies, the default first.
pub fn strategies() -> &'static [&'static dyn Strategy] {
    &[&decomposed::Decomposed, &plan_and_solve::PlanAndSolve, &direct::Direct]
}

/// The strategy of that name.
pub fn strategy(name: &str) -> Option<&'static dyn Strategy> {
    strategies().iter().copied().find(|strategy| strategy.name() == name)
}

/// The answer of a task whose steps are all done: that of the last step.
fn conclude(scene: &Scene<'_>) -> Next {
    match scene.steps.last() {
        Some(last) => Next::Solve(last.answer.clone()),
        None => Next::Stop(
            "the decomposition ended without a step: insert one, or choose another strategy".to_owned(),
        ),
    }
}

/// An answer as it stands after `A: ` in a prompt: lists as JSON, text in quotes.
fn written(answer: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(answer.trim()) {
        Ok(serde_json::Value::Array(_) | serde_json::Value::Object(_) | serde_json::Value::Number(_)) => {
            answer.to_owned()
        }
        _ => serde_json::Value::String(answer.to_owned()).to_string(),
    }
}

#[cfg(test)]
mod tests;
