//! How able each expert is, how hard each task: predicted success for every pair of them, from what went well so far.
//!
//! After "Learning Compact Representations of LLM Abilities via Item Response Theory": the chance that expert m solves
//! task q is `sigmoid(a_q . theta_m - b_q)`. Here `a_q` is the task's embedding, `b_q` a linear function of it, and
//! `theta_m` is fitted online, one outcome at a time.

use super::{
    RouteNext, RouteScene, Router,
    knowledge::Example,
    learned::{ask_vector, settle},
};
use crate::figure::fixed;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

/// The embedding counts this much more than its unit length.
const SCALE: f32 = 3.0;
const RATE: f32 = 0.15;
const SEEN: f32 = 0.05;
const EPOCHS: usize = 8;

pub(super) struct AbilityRouter;

impl Router for AbilityRouter {
    fn name(&self) -> &'static str {
        "ability"
    }

    fn about(&self) -> &'static str {
        "predicts for each expert how likely it solves the task, from outcomes so far (item response theory)"
    }

    fn route(&self, scene: &RouteScene<'_>) -> RouteNext {
        let features = match ask_vector(self.name(), scene) {
            Ok(features) => features,
            Err(next) => return *next,
        };
        let names = scene.names();
        let ability = &scene.knowledge.ability;
        let logits = ability.logits(&names, &features.dense);
        let hard = ability.difficulty(&features.dense);
        let reasons = logits
            .iter()
            .map(|logit| match logit.is_finite() {
                true => format!(
                    "predicted success {}; difficulty of the task {}",
                    fixed(sigmoid(*logit), 2),
                    fixed(hard, 2)
                ),
                false => "was never seen at work".to_owned(),
            })
            .collect();
        RouteNext::Decide(settle(self.name(), scene, logits, reasons))
    }
}

/// Abilities of experts and what makes a task hard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ability {
    pub experts: Vec<String>,
    pub width: usize,
    /// A row of `width + 1` for each expert; the last figure is the constant.
    pub theta: Vec<Vec<f32>>,
    /// One row of `width + 1`.
    pub hard: Vec<f32>,
    seen: Vec<Vec<f32>>,
    seen_hard: Vec<f32>,
}

impl Ability {
    /// Fits to all outcomes: those told, and where none are, that the right expert would have solved it and no other.
    pub fn fit(examples: &[Example], width: usize, seed: u64) -> Ability {
        let mut ability = Ability {
            width,
            hard: vec![0.0; width + 1],
            seen_hard: vec![SEEN; width + 1],
            ..Ability::default()
        };
        for example in examples {
            ability.expert(&example.expert);
            example.outcomes.iter().for_each(|(expert, _)| {
                ability.expert(expert);
            });
        }
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut order: Vec<usize> = (0..examples.len()).collect();
        for epoch in 0..EPOCHS {
            for at in (1..order.len()).rev() {
                order.swap(at, (random.next_u64() % (at as u64 + 1)) as usize);
            }
            let rate = RATE * (1.0 - 0.7 * epoch as f32 / EPOCHS as f32);
            order.iter().for_each(|at| ability.take(&examples[*at], rate));
        }
        ability
    }

    /// Weights as they were stored.
    pub fn restored(
        experts: Vec<String>,
        width: usize,
        theta: Vec<Vec<f32>>,
        hard: Vec<f32>,
    ) -> Option<Ability> {
        let fits = theta.len() == experts.len() && hard.len() == width + 1;
        let rows = theta
            .iter()
            .chain([&hard])
            .all(|row| row.len() == width + 1 && row.iter().all(|w| w.is_finite()));
        let (seen, seen_hard) = (vec![vec![1.0; width + 1]; theta.len()], vec![1.0; hard.len()]);
        (fits && rows).then_some(Ability { experts, width, theta, hard, seen, seen_hard })
    }

    /// One more outcome.
    pub fn learn(&mut self, example: &Example) {
        if self.hard.is_empty() {
            self.width = example.vector.len();
            self.hard = vec![0.0; self.width + 1];
            self.seen_hard = vec![SEEN; self.width + 1];
        }
        self.expert(&example.expert);
        (0..4).for_each(|_| self.take(example, RATE));
    }

    fn expert(&mut self, name: &str) -> usize {
        self.experts.iter().position(|known| known == name).unwrap_or_else(|| {
            self.experts.push(name.to_owned());
            self.theta.push(vec![0.0; self.width + 1]);
            self.seen.push(vec![SEEN; self.width + 1]);
            self.experts.len() - 1
        })
    }

    fn take(&mut self, example: &Example, rate: f32) {
        if example.outcomes.is_empty() {
            for at in 0..self.experts.len() {
                let solved = self.experts[at] == example.expert;
                self.step(at, &example.vector, solved, rate);
            }
            return;
        }
        for (expert, solved) in &example.outcomes {
            let at = self.expert(expert);
            self.step(at, &example.vector, *solved, rate);
        }
    }

    fn step(&mut self, at: usize, vector: &[f32], solved: bool, rate: f32) {
        const PENALTY: f32 = 1.0e-4;
        let error = sigmoid(self.logit(at, vector)) - f32::from(u8::from(solved));
        let values = vector.iter().map(|value| value * SCALE).chain([1.0]);
        let able = self.theta[at].iter_mut().zip(&mut self.seen[at]);
        let hard = self.hard.iter_mut().zip(&mut self.seen_hard);
        for ((value, (theta, seen)), (hard, seen_hard)) in values.zip(able).zip(hard) {
            let slope = error * value + PENALTY * *theta;
            *seen += slope * slope;
            *theta -= rate * slope / seen.sqrt();
            // What all experts share is the task's difficulty: it moves against them, more slowly.
            let slope = -error * value + PENALTY * *hard;
            *seen_hard += slope * slope;
            *hard -= 0.2 * rate * slope / seen_hard.sqrt();
        }
    }

    fn logit(&self, at: usize, vector: &[f32]) -> f32 {
        let sum = |row: &[f32]| {
            SCALE * super::features::dot(&row[..self.width.min(row.len())], vector)
                + row.get(self.width).copied().unwrap_or(0.0)
        };
        sum(&self.theta[at]) - sum(&self.hard)
    }

    /// Log-odds of success for each expert; `NEG_INFINITY` for one never seen.
    pub fn logits(&self, experts: &[&str], vector: &[f32]) -> Vec<f32> {
        let place = |name: &&str| self.experts.iter().position(|known| known == name);
        experts
            .iter()
            .map(|name| place(name).map_or(f32::NEG_INFINITY, |at| self.logit(at, vector)))
            .collect()
    }

    /// Chance of success of each expert, 0 for one never seen.
    pub fn success(&self, experts: &[&str], vector: &[f32]) -> Vec<f32> {
        self.logits(experts, vector).into_iter().map(sigmoid).collect()
    }

    /// How hard the task is, on the scale of log-odds; 0 is a task like any other.
    pub fn difficulty(&self, vector: &[f32]) -> f32 {
        let Some(bias) = self.hard.get(self.width) else { return 0.0 };
        SCALE * super::features::dot(&self.hard[..self.width], vector) + bias
    }
}

pub(super) fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::knowledge::Origin;

    #[test]
    fn outcomes_move_abilities() {
        let example = |vector: [f32; 2], good: bool| Example {
            text: String::new(),
            expert: "strong".to_owned(),
            category: None,
            vector: vector.to_vec(),
            origin: Origin::File,
            outcomes: vec![("strong".to_owned(), true), ("weak".to_owned(), good)],
            control: None,
        };
        let examples: Vec<Example> = (0..40)
            .map(|at| if at % 2 == 0 { example([1.0, 0.0], true) } else { example([0.0, 1.0], false) })
            .collect();
        let mut ability = Ability::fit(&examples, 2, 0);
        let chance = |ability: &Ability, vector: &[f32]| ability.success(&["weak", "strong"], vector);
        let (easy, hard) = (chance(&ability, &[1.0, 0.0]), chance(&ability, &[0.0, 1.0]));
        assert!(easy[0] > 0.8 && hard[0] < 0.2 && hard[1] > 0.8, "{easy:?} {hard:?}");
        assert!(ability.difficulty(&[0.0, 1.0]) > ability.difficulty(&[1.0, 0.0]));
        let before = chance(&ability, &[0.0, 1.0])[0];
        (0..10).for_each(|_| ability.learn(&example([0.0, 1.0], true)));
        assert!(chance(&ability, &[0.0, 1.0])[0] > before);
        assert_eq!(ability.success(&["nobody"], &[1.0, 0.0]), [0.0]);
    }
}
