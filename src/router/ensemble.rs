//! Several routers together: the mean of their shares, each with its weight.
//!
//! The weights are those that make the held-out choices of a person likeliest (`knowledge::calibrate`).

use super::{
    RouteNext, RouteScene, Router,
    features::Features,
    learned::{ask_vector, evidence, settle},
    lexical,
};
use crate::figure::fixed;

/// Who takes part.
pub(super) const MEMBERS: [&str; 5] = ["lexical", "embedding", "centroid", "ability", "learned"];

pub(super) struct Ensemble;

impl Router for Ensemble {
    fn name(&self) -> &'static str {
        "ensemble"
    }

    fn about(&self) -> &'static str {
        "the weighted mean of lexical, embedding, centroid, ability and learned"
    }

    fn route(&self, scene: &RouteScene<'_>) -> RouteNext {
        let features = match ask_vector(self.name(), scene) {
            Ok(features) => features,
            Err(next) => return *next,
        };
        let mut mean = vec![1.0e-6_f32; scene.cards.len()];
        let mut loudest = vec![(0.0_f32, ""); scene.cards.len()];
        let even = 1.0 / MEMBERS.len() as f32;
        for member in MEMBERS {
            let weight = scene.knowledge.mix.get(member).copied().unwrap_or(even);
            if weight < 0.005 {
                continue;
            }
            for (at, share) in member_shares(member, scene, &features).into_iter().enumerate() {
                mean[at] += weight * share;
                if loudest[at].0 < weight * share {
                    loudest[at] = (weight * share, member);
                }
            }
        }
        let logits: Vec<f32> = mean.iter().map(|share| share.ln()).collect();
        let reasons = evidence(scene, &features, &logits)
            .into_iter()
            .zip(loudest)
            .map(|(reason, (share, member))| match member {
                "" => reason,
                member => format!("most from {member} ({}); {reason}", fixed(share, 2)),
            })
            .collect();
        RouteNext::Decide(settle(self.name(), scene, logits, reasons))
    }
}

/// The shares of one member at its own temperature, in the order of the cards.
pub(super) fn member_shares(member: &str, scene: &RouteScene<'_>, features: &Features) -> Vec<f32> {
    let mut logits = member_logits(member, scene, features);
    logits.iter_mut().for_each(|logit| *logit = logit.max(-60.0));
    super::softmax::shares(&mut logits, scene.knowledge.calibration(member).temperature);
    logits
}

/// The log-odds of a router with knowledge, in the order of the cards, before calibration.
pub(super) fn member_logits(member: &str, scene: &RouteScene<'_>, features: &Features) -> Vec<f32> {
    let names = scene.names();
    match member {
        "lexical" => {
            let decision = lexical::decide(scene);
            let score = |name: &&str| decision.candidates.iter().find(|one| one.expert == *name);
            names
                .iter()
                .map(|name| score(name).map_or(-60.0, |one| one.score / lexical::TEMPERATURE))
                .collect()
        }
        "embedding" => scene.knowledge.by_examples(&names, &features.dense),
        "centroid" => scene.knowledge.by_centroid(&names, &features.dense),
        "ability" | "cost" => scene.knowledge.ability.logits(&names, &features.dense),
        _ => scene.knowledge.by_category(&names, features),
    }
}
