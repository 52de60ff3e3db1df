//! The gate before a new version: what was corrected has to get better, what was right has to stay so.

use super::{
    RouteNext, RouteScene, Router,
    knowledge::{Example, Knowledge},
};
use crate::{ask::Answer, decision::ExpertCard};
use serde::Serialize;

/// One example before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Case {
    pub task: String,
    pub right: String,
    pub before: String,
    pub after: String,
    /// A person's correction; else an untouched control.
    pub corrected: bool,
}

/// The before/after table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Gate {
    /// Cases whose route changed, and all corrected ones.
    pub cases: Vec<Case>,
    /// Corrected cases: how many, right before, right after.
    pub corrected: (usize, usize, usize),
    /// Controls: how many, right before, right after.
    pub controls: (usize, usize, usize),
}

/// Decides every example of `after` with both and compares. Those that `new` names are the corrected cases, all others
/// are controls.
pub fn gate(
    router: &dyn Router,
    cards: &[ExpertCard],
    before: &Knowledge,
    after: &Knowledge,
    new: &dyn Fn(&Example) -> bool,
) -> Gate {
    let mut gate = Gate::default();
    for example in &after.examples {
        let corrected = new(example);
        let (was, is) = (decide(router, cards, before, example), decide(router, cards, after, example));
        let tally = if corrected { &mut gate.corrected } else { &mut gate.controls };
        tally.0 += 1;
        tally.1 += usize::from(was == example.expert);
        tally.2 += usize::from(is == example.expert);
        if corrected || was != is {
            let (task, right) = (example.text.clone(), example.expert.clone());
            gate.cases.push(Case { task, right, before: was, after: is, corrected });
        }
    }
    gate
}

/// Whom the router chooses for an example, as the knowledge stands.
pub fn decide(router: &dyn Router, cards: &[ExpertCard], knowledge: &Knowledge, example: &Example) -> String {
    let reply = Answer { scores: example.vector.clone(), ..Answer::default() };
    let scene = RouteScene { task: &example.text, tag: None, cards, reply: Some(&reply), knowledge };
    match router.route(&scene) {
        RouteNext::Decide(decision) => decision.chosen,
        RouteNext::Ask(_) => String::new(),
    }
}

impl Gate {
    /// The corrected cases are no worse, the controls are no worse, and something is better.
    pub fn passes(&self) -> bool {
        self.corrected.1 <= self.corrected.2
            && self.controls.1 <= self.controls.2
            && self.corrected.1 + self.controls.1 < self.corrected.2 + self.controls.2
    }

    /// The verdict in a line.
    pub fn words(&self) -> String {
        let (c, k) = (self.corrected, self.controls);
        format!(
            "{}: corrected {} -> {} of {} right, controls {} -> {} of {}",
            if self.passes() { "passes" } else { "does not pass" },
            c.1,
            c.2,
            c.0,
            k.1,
            k.2,
            k.0
        )
    }
}
