//! The cheapest expert that is likely enough to solve the task.
//!
//! Success is predicted as by `ability`; the bar is the calibrated threshold. When nobody reaches it, the likeliest.

use super::{
    RouteNext, RouteScene, Router,
    ability::sigmoid,
    learned::{ask_vector, by_shares},
};
use crate::decision::Candidate;

/// The bar where none was learned.
const BAR: f32 = 0.7;

pub(super) struct Cost;

impl Router for Cost {
    fn name(&self) -> &'static str {
        "cost"
    }

    fn about(&self) -> &'static str {
        "takes the cheapest expert whose predicted success passes a bar"
    }

    fn route(&self, scene: &RouteScene<'_>) -> RouteNext {
        let features = match ask_vector(self.name(), scene) {
            Ok(features) => features,
            Err(next) => return next,
        };
        let calibration = scene.knowledge.calibration(self.name());
        let bar = if 0.0 < calibration.threshold { calibration.threshold } else { BAR };
        let logits = scene.knowledge.ability.logits(&scene.names(), &features.dense);
        let success: Vec<f32> = logits.iter().map(|logit| sigmoid(logit / calibration.temperature)).collect();
        let cheapest = scene
            .cards
            .iter()
            .zip(&success)
            .enumerate()
            .filter(|(_, (_, success))| bar <= **success)
            .min_by(|(_, (a, p)), (_, (b, q))| a.cost.total_cmp(&b.cost).then(q.total_cmp(p)))
            .map(|(at, _)| at);
        let candidates: Vec<Candidate> = scene
            .cards
            .iter()
            .zip(&success)
            .map(|(card, success)| Candidate {
                expert: card.name.clone(),
                score: *success,
                reason: format!("predicted success {success:.2} at cost {}", card.cost),
            })
            .collect();
        let chosen = cheapest.map(|at| (candidates[at].expert.clone(), candidates[at].score));
        let mut decision = by_shares(self.name(), scene, candidates, 0.0);
        if let Some((name, success)) = chosen
            && let Some(at) = decision.candidates.iter().position(|one| one.expert == name)
        {
            let mut first = decision.candidates.remove(at);
            // The order is that of the choice: a dearer one that is likelier still stands below the cheap one.
            first.reason.push_str(&format!(", the cheapest that reaches {bar:.2}"));
            first.score = first.score.max(decision.candidates.first().map_or(0.0, |next| next.score));
            decision.margin = success - bar;
            decision.chosen = name;
            decision.confidence = success;
            decision.candidates.insert(0, first);
        }
        decision.threshold = Some(bar);
        RouteNext::Decide(decision)
    }
}
