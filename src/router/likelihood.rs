//! Asks the language model how likely each expert's name is behind a few examples of routing.
//!
//! The prompt is the same for every task up to its last lines, so a lane with a prefix cache computes it once. Names
//! differ in length, and a longer name is less likely for that alone: log-probabilities are taken per letter, times
//! the mean length of the names.

use super::{RouteNext, RouteScene, Router, decided, fallback, held_back, reason, shortened};
use crate::ask::{Prompt, Request};
use crate::decision::{Candidate, Decision, ExpertCard};
use crate::figure::fixed;

/// What a person or a plan is set back by, in nats.
const HELD_BACK: f32 = 1.0;
/// No name is less likely than this; keeps figures finite.
const FLOOR: f32 = -1.0e4;

pub(super) struct Likelihood;

impl Router for Likelihood {
    fn name(&self) -> &'static str {
        "likelihood"
    }

    fn about(&self) -> &'static str {
        "asks the language model how likely each expert's name is after a few examples"
    }

    fn route(&self, scene: &RouteScene<'_>) -> RouteNext {
        let Some(reply) = scene.reply else {
            let continuations = scene.cards.iter().map(|card| format!(" {}", card.name)).collect();
            return RouteNext::Ask(Request::Score { prompt: Prompt::Raw(prompt(scene)), continuations });
        };
        let scores = &reply.scores;
        if scores.len() != scene.cards.len() || scores.iter().any(|score| score.is_nan() || *score > 0.01) {
            let why =
                format!("the model gave {} usable scores for {} experts", scores.len(), scene.cards.len());
            return RouteNext::Decide(fallback(self.name(), scene, &why));
        }
        RouteNext::Decide(decide(scene.cards, scores, scene.knowledge.calibration(self.name()).temperature))
    }
}

/// Who there is, one example of each, then the task.
fn prompt(scene: &RouteScene<'_>) -> String {
    let mut text = "Each task goes to the expert who can do it best. The experts are:\n".to_owned();
    for card in scene.cards {
        text.push_str(&format!("{}: {}\n", card.name, shortened(&card.description, 100)));
    }
    text.push('\n');
    for card in scene.cards {
        if let Some(example) = card.examples.first() {
            text.push_str(&format!("Task: {}\nExpert: {}\n\n", shortened(example, 120), card.name));
        }
    }
    text.push_str(&format!("Task: {}\nExpert:", shortened(scene.task, 600)));
    text
}

fn decide(cards: &[ExpertCard], scores: &[f32], temperature: f32) -> Decision {
    // The blank before the name counts, as it is part of what the model scored.
    let lengths: Vec<f32> = cards.iter().map(|card| card.name.len() as f32 + 1.0).collect();
    let mean = lengths.iter().sum::<f32>() / lengths.len().max(1) as f32;
    let weigh = |((card, total), length): ((&ExpertCard, &f32), &f32)| {
        let total = total.max(FLOOR);
        let normal = total / length * mean;
        let score = if held_back(card) { normal - HELD_BACK } else { normal };
        let told = format!(
            "log-probability of the name {}, for a name of mean length {}",
            fixed(total, 2),
            fixed(normal, 2)
        );
        Candidate { expert: card.name.clone(), score, reason: reason(card, told) }
    };
    decided("likelihood", cards.iter().zip(scores).zip(&lengths).map(weigh).collect(), temperature)
}
