//! One router after the other, then one expert after the other, and the person at the end of the ladder.
//!
//! The first router that is sure decides: `tag`, `learned`, `embedding`, which is what the decomposition named, what was
//! learned, what is near. Then the chosen expert is asked. When its call fails or its server can not be reached, when its
//! answer is empty, breaks the task's check, or the model was unsure of it, the next best expert is tried.

use super::{
    RouteNext, RouteScene, Router, embedding::Embedding, learned::Learned, learned::ask_vector, tag::Tag,
};
use crate::decision::{Candidate, Decision, ExpertCard, ExpertKind};

/// A rung that is this sure decides, where no threshold was learned.
const SURE: f32 = 0.5;
/// An answer of which the model was less sure than this is tried elsewhere ([`crate::ask::Answer::certainty`]).
pub const SURE_ANSWER: f32 = 0.35;
/// So many experts are tried before the person.
const RUNGS: usize = 3;
/// How the reason of a candidate begins that was tried.
const TRIED: &str = "tried: ";

pub(super) struct Ladder;

impl Router for Ladder {
    fn name(&self) -> &'static str {
        "ladder"
    }

    fn about(&self) -> &'static str {
        "tag, learned, embedding: the first that is sure decides; the next expert is tried when one fails or is unsure"
    }

    /// The next best expert that was not tried; after a few of them the person.
    fn after(&self, decision: &Decision, why: &str, cards: &[ExpertCard]) -> Option<Decision> {
        let kind = |one: &Candidate| cards.iter().find(|card| card.name == one.expert).map(|card| card.kind);
        let is_person = |one: &Candidate| kind(one) == Some(ExpertKind::Person);
        let mut next = decision.clone();
        let at = next.candidates.iter().position(|one| one.expert == next.chosen)?;
        let mut failed = next.candidates.remove(at);
        failed.reason = format!("{TRIED}{}; {}", why.trim(), failed.reason);
        let tried = |one: &Candidate| one.reason.starts_with(TRIED);
        let rungs = next.candidates.iter().filter(|one| tried(one)).count() + 1;
        let able = |one: &Candidate| {
            rungs < RUNGS
                && !tried(one)
                && !matches!(kind(one), None | Some(ExpertKind::Person | ExpertKind::Plan))
        };
        let place = next.candidates.iter().position(able);
        let place = place.or_else(|| next.candidates.iter().position(|one| is_person(one) && !tried(one)))?;
        let mut first = next.candidates.remove(place);
        let person = is_person(&first);
        let words = if person { "the end of the ladder" } else { "the next rung" };
        first.reason = format!("{words}, as {} {}: {}", failed.expert, why.trim(), first.reason);
        next.chosen.clone_from(&first.expert);
        next.confidence = if person { 1.0 } else { first.score.clamp(0.0, 1.0).max(f32::MIN_POSITIVE) };
        next.margin = next.candidates.first().map_or(0.0, |second| first.score - second.score);
        next.candidates.insert(0, first);
        next.candidates.push(failed);
        Some(next)
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
            return *next;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_best_is_tried_and_the_person_is_last() {
        let roster = crate::expert::roster::Roster::default();
        let cards = roster.cards();
        let candidate = |expert: &str, score: f32| Candidate {
            expert: expert.to_owned(),
            score,
            reason: "by words".to_owned(),
        };
        let first = Decision {
            router: "ladder".to_owned(),
            chosen: "split".to_owned(),
            candidates: vec![
                candidate("split", 0.6),
                candidate("person", 0.2),
                candidate("count", 0.1),
                candidate("merge", 0.06),
                candidate("sort", 0.04),
            ],
            confidence: 0.6,
            margin: 0.4,
            reason: None,
            version: None,
            threshold: None,
        };
        let mut decision = first.clone();
        let mut chosen = vec![];
        while let Some(next) = Ladder.after(&decision, "failed: no words", cards) {
            assert_eq!(next.candidates.len(), 5);
            assert_eq!(next.candidates[0].expert, next.chosen);
            assert!(next.candidates.last().unwrap().reason.starts_with("tried: failed: no words; "));
            chosen.push(next.chosen.clone());
            decision = next;
        }
        assert_eq!(chosen, ["count", "merge", "person"]);
        assert!(
            decision.candidates[0].reason.starts_with("the end of the ladder, as merge failed: no words")
        );
        let alone = Decision { candidates: vec![candidate("split", 0.6)], ..first };
        assert_eq!(Ladder.after(&alone, "failed", cards), None);
    }
}
