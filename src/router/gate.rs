//! The gate before a new version: what was corrected has to get better, nothing else may get worse.
//!
//! Controls are examples that the judged weights never saw: a fifth of all is held back from a second set of weights
//! (`Knowledge::trial`) that learns everything else just as the first does, and the controls are decided with that set as it
//! was before and as it is after. The corrected cases, and what a person taught before, are decided with the weights that
//! would be in force.

use super::{
    features::{Features, dot},
    knowledge::{Example, Knowledge},
    learned::choice,
};
use crate::decision::ExpertCard;
use serde::Serialize;
use std::collections::BTreeSet;

/// At most so many controls are decided: the nearest to what was corrected, and others spread over all there are.
const NEAR: usize = 100;
const SPREAD: usize = 200;

/// Why an example is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// New in this version: a correction, a preference, an outcome.
    Corrected,
    /// Never seen by the weights that decide it.
    Control,
    /// Taught by a person for an earlier version.
    Kept,
}

impl Part {
    pub fn word(self) -> &'static str {
        match self {
            Part::Corrected => "corrected",
            Part::Control => "control",
            Part::Kept => "kept",
        }
    }
}

/// One example before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Case {
    pub task: String,
    /// Who is right; `not NAME` where only that is known.
    pub right: String,
    pub before: String,
    pub after: String,
    pub part: Part,
    /// The choice after is a right one.
    pub good: bool,
}

/// How many, how many right before, how many after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    pub all: usize,
    pub before: usize,
    pub after: usize,
}

impl Count {
    fn is_no_worse(self) -> bool {
        self.before <= self.after
    }

    fn words(self) -> String {
        format!("{} -> {} of {} right", self.before, self.after, self.all)
    }
}

/// The before/after table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Gate {
    /// Cases whose route changed, and all corrected ones.
    pub cases: Vec<Case>,
    pub corrected: Count,
    pub controls: Count,
    pub kept: Count,
}

/// Compares two versions. `new` names the examples that the second has learned and the first has not.
pub fn gate(
    cards: &[ExpertCard],
    before: &Knowledge,
    after: &Knowledge,
    new: &dyn Fn(&Example) -> bool,
) -> Gate {
    let mut gate = Gate::default();
    let corrected: Vec<&Example> = after.examples.iter().map(|one| &**one).filter(|one| new(one)).collect();
    for example in &corrected {
        gate.look(Part::Corrected, cards, example, before, after);
    }
    let kept: Vec<&Example> = after.learned().filter(|one| !new(one)).collect();
    for example in picked(kept, &corrected) {
        gate.look(Part::Kept, cards, example, before, after);
    }
    let (before_trial, after_trial) = (before.as_trial(), after.as_trial());
    // What the weights before were fitted to is no control, whatever it is now.
    let seen: BTreeSet<&str> =
        before.examples.iter().filter(|one| one.control != Some(true)).map(|one| one.text.as_str()).collect();
    let controls = after.examples.iter().map(|one| &**one).filter(|one| {
        one.control == Some(true) && one.right().is_some() && !new(one) && !seen.contains(one.text.as_str())
    });
    for example in picked(controls.collect(), &corrected) {
        gate.look(Part::Control, cards, example, &before_trial, &after_trial);
    }
    gate
}

/// Whom `learned` chooses with this knowledge, and how sure it is.
pub fn decide(knowledge: &Knowledge, cards: &[ExpertCard], text: &str, vector: &[f32]) -> (String, f32) {
    choice(knowledge, cards, &Features::new(text, vector))
}

/// All of a few; of many the nearest to the corrected ones, and some of the rest.
fn picked<'a>(mut all: Vec<&'a Example>, corrected: &[&Example]) -> Vec<&'a Example> {
    if all.len() <= NEAR + SPREAD {
        return all;
    }
    // More corrections than that tell no more of where harm could be done.
    let around: Vec<&&Example> = corrected.iter().take(20).collect();
    let near = |one: &Example| {
        around.iter().map(|other| dot(&one.vector, &other.vector)).fold(f32::NEG_INFINITY, f32::max)
    };
    all.sort_by_cached_key(|one| (near(one) * -1.0e6) as i64);
    let rest = all.split_off(NEAR);
    let stride = rest.len() as f32 / SPREAD as f32;
    all.extend((0..SPREAD).filter_map(|at| rest.get((at as f32 * stride) as usize)));
    all
}

impl Gate {
    fn look(
        &mut self,
        part: Part,
        cards: &[ExpertCard],
        example: &Example,
        before: &Knowledge,
        after: &Knowledge,
    ) {
        let features = Features::new(&example.text, &example.vector);
        let decide = |knowledge: &Knowledge| choice(knowledge, cards, &features).0;
        let (was, is) = (decide(before), decide(after));
        let good = |chosen: &str| match example.right() {
            Some(right) => chosen == right,
            None => chosen != example.expert,
        };
        let count = match part {
            Part::Corrected => &mut self.corrected,
            Part::Control => &mut self.controls,
            Part::Kept => &mut self.kept,
        };
        count.all += 1;
        count.before += usize::from(good(&was));
        count.after += usize::from(good(&is));
        if part == Part::Corrected || was != is {
            let right = example.right().map_or_else(|| format!("not {}", example.expert), str::to_owned);
            let (task, good) = (example.text.clone(), good(&is));
            self.cases.push(Case { task, right, before: was, after: is, part, good });
        }
    }

    /// Nothing is worse, and something is better or there was nothing to mend.
    pub fn passes(&self) -> bool {
        let all = [self.corrected, self.controls, self.kept];
        let better = all.iter().any(|count| count.before < count.after);
        all.iter().all(|count| count.is_no_worse()) && (better || self.corrected.before == self.corrected.all)
    }

    /// The verdict in a line.
    pub fn words(&self) -> String {
        let verdict = if self.passes() { "passes" } else { "does not pass" };
        let kept = match self.kept.all {
            0 => String::new(),
            _ => format!(", kept {}", self.kept.words()),
        };
        format!(
            "{verdict}: corrected {}, unseen controls {}{kept}",
            self.corrected.words(),
            self.controls.words()
        )
    }
}
