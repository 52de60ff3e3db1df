//! Takes the expert that the decomposition names: `[split] What are the words in ...`.

use super::{RouteNext, RouteScene, Router, fallback, lexical};
use crate::decision::{Candidate, Decision};

pub(super) struct Tag;

impl Router for Tag {
    fn name(&self) -> &'static str {
        "tag"
    }

    fn about(&self) -> &'static str {
        "takes the expert that the decomposition names, and goes by words when it names none"
    }

    fn asks(&self) -> bool {
        false
    }

    fn route(&self, scene: &RouteScene<'_>) -> RouteNext {
        let Some(tag) = scene.tag.map(str::trim).filter(|tag| !tag.is_empty()) else {
            return RouteNext::Decide(fallback(self.name(), scene, "the decomposition names no expert"));
        };
        let exact = scene.cards.iter().find(|card| card.name == tag);
        let plain = |name: &str| name.to_lowercase().replace(['-', ' '], "_");
        match exact.or_else(|| scene.cards.iter().find(|card| plain(&card.name) == plain(tag))) {
            Some(card) => RouteNext::Decide(named(&card.name, scene)),
            None => {
                let why =
                    format!("the decomposition names `{}`, which is no expert", super::shortened(tag, 40));
                let mut decision = fallback(self.name(), scene, &why);
                // A person should look: what the plan meant is not known.
                decision.confidence = 0.0;
                RouteNext::Decide(decision)
            }
        }
    }
}

/// The named one scores 1; the others keep their share by words, as evidence for a person who doubts.
fn named(name: &str, scene: &RouteScene<'_>) -> Decision {
    let by_words = lexical::decide(scene);
    let shares = super::shares(&by_words.candidates, lexical::TEMPERATURE);
    let mut candidates: Vec<Candidate> = by_words
        .candidates
        .into_iter()
        .zip(shares)
        .map(|(candidate, share)| Candidate { score: share.min(0.99), ..candidate })
        .collect();
    if let Some(at) = candidates.iter().position(|candidate| candidate.expert == name) {
        let mut chosen = candidates.remove(at);
        chosen.score = 1.0;
        chosen.reason = format!("named by the decomposition; by words: {}", chosen.reason);
        candidates.insert(0, chosen);
    }
    let margin = candidates.get(1).map_or(0.0, |second| 1.0 - second.score);
    Decision {
        router: "tag".to_owned(),
        chosen: name.to_owned(),
        candidates,
        confidence: 1.0,
        margin,
        reason: None,
        version: None,
        threshold: None,
    }
}
