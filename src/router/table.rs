//! Two steps: to which category a task belongs, then who answers that category; the table between can be edited.
//!
//! After "Composition of Experts: A Modular Compound AI System Leveraging Large Language Models". An uncertain category
//! goes to the expert that is named for it.

use super::{
    RouteNext, RouteScene, Router,
    learned::{ask_vector, by_shares},
};
use crate::decision::Candidate;

pub(super) struct Table;

impl Router for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn about(&self) -> &'static str {
        "finds the category of the task, then looks the expert up in a table that you can edit"
    }

    fn route(&self, scene: &RouteScene<'_>) -> RouteNext {
        let features = match ask_vector(self.name(), scene) {
            Ok(features) => features,
            Err(next) => return *next,
        };
        let knowledge = scene.knowledge;
        let calibration = knowledge.calibration(self.name());
        let mut shares = knowledge.softmax.logits(&features);
        super::softmax::shares(&mut shares, calibration.temperature);
        let mut best: Vec<(f32, &str)> = vec![(0.0, ""); scene.cards.len()];
        for (class, share) in knowledge.softmax.classes.iter().zip(shares) {
            let expert = knowledge.table.get(class).unwrap_or(class);
            if let Some(at) = scene.cards.iter().position(|card| card.name == *expert)
                && best[at].0 < share
            {
                best[at] = (share, class);
            }
        }
        let candidates: Vec<Candidate> = scene
            .cards
            .iter()
            .zip(&best)
            .map(|(card, (share, class))| Candidate {
                expert: card.name.clone(),
                score: *share,
                reason: match class.is_empty() {
                    true => "no category is its own".to_owned(),
                    false => format!("answers the category {class}, of which the share is {share:.2}"),
                },
            })
            .collect();
        let uncertain = &knowledge.uncertain;
        let in_scope = candidates.iter().filter(|one| one.expert != knowledge.person).map(|one| one.score);
        let unsure = in_scope.fold(0.0_f32, f32::max) < calibration.threshold;
        let mut decision = by_shares(self.name(), scene, candidates, calibration.threshold);
        if unsure
            && uncertain != &knowledge.person
            && let Some(at) = decision.candidates.iter().position(|one| one.expert == *uncertain)
        {
            let mut first = decision.candidates.remove(at);
            first.score = decision.confidence;
            first.reason = "the category is uncertain: it answers those".to_owned();
            decision.chosen.clone_from(&first.expert);
            decision.candidates.insert(0, first);
        }
        RouteNext::Decide(decision)
    }
}
