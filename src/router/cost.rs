//! The cheapest expert that is likely enough to solve the task.
//!
//! Success is predicted as by `ability`; the bar is the calibrated threshold. When nobody reaches it, the likeliest.

use super::{
    Knowledge, RouteNext, RouteScene, Router,
    ability::sigmoid,
    learned::{ask_vector, by_shares},
    measure::Trade,
};
use crate::decision::{Candidate, ExpertCard};

/// The bar where none was learned.
const BAR: f32 = 0.7;

/// What the cheapest able expert costs and brings at `points + 1` bars from 0 to 1. Each task is its vector and everybody
/// who would be right for it; confidences of `ability` are taken as calibrated.
pub fn curve(
    knowledge: &Knowledge,
    cards: &[ExpertCard],
    tasks: &[(&[f32], Vec<String>)],
    points: usize,
) -> Vec<Trade> {
    let names: Vec<&str> = cards.iter().map(|card| card.name.as_str()).collect();
    let temperature = knowledge.calibration("cost").temperature;
    let success: Vec<Vec<f32>> = tasks
        .iter()
        .map(|(vector, _)| {
            let logits = knowledge.ability.logits(&names, vector);
            logits.into_iter().map(|logit| sigmoid(logit / temperature)).collect()
        })
        .collect();
    let count = tasks.len().max(1) as f32;
    let point = |at: usize| {
        let bar = at as f32 / points.max(1) as f32;
        let mut trade = Trade { bar, person: 0.0, cost: 0.0, quality: 0.0 };
        for ((_, right), success) in tasks.iter().zip(&success) {
            let Some(chosen) = cheapest(cards, success, bar).or_else(|| likeliest(success)) else { continue };
            let person = cards[chosen].name == knowledge.person;
            trade.person += f32::from(u8::from(person)) / count;
            trade.cost += if person { 0.0 } else { cards[chosen].cost / count };
            trade.quality += f32::from(u8::from(right.contains(&cards[chosen].name))) / count;
        }
        trade
    };
    if tasks.is_empty() || knowledge.ability.experts.is_empty() {
        return vec![];
    }
    (0..=points).map(point).collect()
}

/// The place of the cheapest whose chance of success reaches the bar; of equal ones the likeliest.
fn cheapest(cards: &[ExpertCard], success: &[f32], bar: f32) -> Option<usize> {
    let able = cards.iter().zip(success).enumerate().filter(|(_, (_, success))| bar <= **success);
    able.min_by(|(_, (a, p)), (_, (b, q))| a.cost.total_cmp(&b.cost).then(q.total_cmp(p))).map(|(at, _)| at)
}

fn likeliest(success: &[f32]) -> Option<usize> {
    success.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(at, _)| at)
}

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
            Err(next) => return *next,
        };
        let calibration = scene.knowledge.calibration(self.name());
        let bar = if 0.0 < calibration.threshold { calibration.threshold } else { BAR };
        let logits = scene.knowledge.ability.logits(&scene.names(), &features.dense);
        let success: Vec<f32> = logits.iter().map(|logit| sigmoid(logit / calibration.temperature)).collect();
        let cheapest = cheapest(scene.cards, &success, bar);
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
