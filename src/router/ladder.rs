//! One router after the other: the first that is sure decides, and the person at the end of the ladder.
//!
//! The rungs are `tag`, `learned` and `embedding`: what the decomposition named, what was learned, what is near.

use super::{
    RouteNext, RouteScene, Router, embedding::Embedding, learned::Learned, learned::ask_vector, tag::Tag,
};
use crate::decision::Decision;

/// A rung that is this sure decides, where no threshold was learned.
const SURE: f32 = 0.5;

pub(super) struct Ladder;

impl Router for Ladder {
    fn name(&self) -> &'static str {
        "ladder"
    }

    fn about(&self) -> &'static str {
        "tag, then learned, then embedding: the first that is sure decides, else the person"
    }

    fn route(&self, scene: &RouteScene<'_>) -> RouteNext {
        if scene
            .tag
            .is_some_and(|tag| scene.cards.iter().any(|card| card.name.eq_ignore_ascii_case(tag.trim())))
            && let RouteNext::Decide(decision) = Tag.route(scene)
        {
            return RouteNext::Decide(named(decision, "first rung, the tag"));
        }
        if let Err(next) = ask_vector(self.name(), scene) {
            return next;
        }
        let rungs: [(&dyn Router, &str); 2] =
            [(&Learned, "second rung, what was learned"), (&Embedding, "third rung, nearest examples")];
        let mut told = vec![];
        let mut last = None;
        for (router, what) in rungs {
            let RouteNext::Decide(decision) = router.route(scene) else { continue };
            let calibrated = scene.knowledge.calibration(router.name()).threshold;
            let bar = if 0.0 < calibrated { calibrated } else { SURE };
            let person = decision.chosen == scene.knowledge.person;
            if bar <= decision.confidence && !person {
                return RouteNext::Decide(named(decision, what));
            }
            told.push(format!(
                "{} was {:.2} sure of {}",
                router.name(),
                decision.confidence,
                decision.chosen
            ));
            last.get_or_insert(decision);
        }
        let Some(mut decision) = last else {
            return RouteNext::Decide(super::fallback(self.name(), scene, "no rung decided"));
        };
        if let Some(at) = decision.candidates.iter().position(|one| one.expert == scene.knowledge.person) {
            let mut person = decision.candidates.remove(at);
            person.score = person.score.max(decision.candidates.first().map_or(0.0, |next| next.score));
            person.reason = format!("the end of the ladder: {}", told.join(", "));
            decision.confidence = person.score.clamp(0.0, 1.0);
            decision.chosen.clone_from(&person.expert);
            decision.candidates.insert(0, person);
        }
        decision.router = self.name().to_owned();
        RouteNext::Decide(decision)
    }
}

fn named(mut decision: Decision, rung: &str) -> Decision {
    decision.router = "ladder".to_owned();
    if let Some(first) = decision.candidates.first_mut() {
        first.reason = format!("{rung}: {}", first.reason);
    }
    decision
}
