//! From a person's reviews to a new version of what routers know, with the gate it has to pass. Pure; vectors come in.

use super::ledger::{Review, Saying};
use crate::{
    decision::{ExpertCard, ExpertKind},
    router::{
        self, Knowledge,
        gate::{Gate, gate},
        knowledge::{Example, Origin},
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// A version that waits for the person's word.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    pub knowledge: Knowledge,
    pub gate: Gate,
}

/// Above so many examples corrections are learned one by one and nothing is fitted anew.
const MANY: usize = 1000;

/// Who gets what nobody else should: the first person among the cards.
pub fn person(cards: &[ExpertCard]) -> &str {
    cards.iter().find(|card| card.kind == ExpertKind::Person).map_or("", |card| card.name.as_str())
}

/// The corrections and preferences among the reviews: the last word on each task, unless it agreed with the router or is
/// known.
pub fn corrections(reviews: &[Review], known: &Knowledge) -> Vec<Review> {
    let mut last: BTreeMap<&str, &Review> = BTreeMap::new();
    for review in reviews.iter().filter(|review| review.saying != Saying::Skip) {
        last.insert(review.task.as_str(), review);
    }
    let learned: BTreeSet<(&str, &str)> =
        known.learned().map(|one| (one.text.as_str(), one.expert.as_str())).collect();
    let mut open: Vec<&Review> = last
        .into_values()
        .filter(|review| matches!(review.saying, Saying::Override | Saying::Preferred))
        .filter(|review| review.expert != review.chosen)
        .filter(|review| !learned.contains(&(review.task.as_str(), review.expert.as_str())))
        .collect();
    open.sort_by_key(|review| review.at);
    open.into_iter().cloned().collect()
}

/// The texts whose vectors are needed to learn: of the cards while nothing is known, and of the corrections.
pub fn texts(cards: &[ExpertCard], known: &Knowledge, corrections: &[Review]) -> Vec<String> {
    let cards = if known.is_empty() { cards } else { &[] };
    let mut texts: Vec<String> = cards.iter().flat_map(card_texts).map(str::to_owned).collect();
    texts.extend(corrections.iter().map(|review| review.task.clone()));
    texts.sort();
    texts.dedup();
    texts
}

/// What a card says of itself, as texts to learn from.
fn card_texts(card: &ExpertCard) -> impl Iterator<Item = &str> {
    std::iter::once(card.description.as_str()).chain(card.examples.iter().map(String::as_str))
}

/// The examples of the cards.
pub fn card_examples(cards: &[ExpertCard], vectors: &BTreeMap<String, Vec<f32>>) -> Vec<Example> {
    let example = |card: &ExpertCard, text: &str| {
        Some(Example {
            text: text.to_owned(),
            expert: card.name.clone(),
            category: None,
            vector: vectors.get(text)?.clone(),
            origin: Origin::Card,
            outcomes: vec![],
        })
    };
    cards.iter().flat_map(|card| card_texts(card).filter_map(move |text| example(card, text))).collect()
}

/// A correction or a preference as an example that says where it came from; a preference tells who did worse, too.
pub fn correction(review: &Review, vectors: &BTreeMap<String, Vec<f32>>) -> Option<Example> {
    let (session, seq, reason) = (review.session.clone(), review.seq, review.reason.clone());
    let preferred = review.saying == Saying::Preferred;
    Some(Example {
        text: review.task.clone(),
        expert: review.expert.clone(),
        category: None,
        vector: vectors.get(&review.task)?.clone(),
        origin: match preferred {
            true => Origin::Preference { session, seq },
            false => Origin::Correction { session, seq, reason },
        },
        outcomes: match preferred {
            true => vec![(review.expert.clone(), true), (review.chosen.clone(), false)],
            false => vec![],
        },
    })
}

/// Learns the examples, and says what that does to them and to all that was known. Of two ways, fitting anew and learning
/// in place, the one that passes the gate is proposed.
pub fn propose(
    cards: &[ExpertCard],
    known: &Knowledge,
    base: Vec<Example>,
    new: Vec<Example>,
    seed: u64,
    number: u32,
) -> Option<Proposal> {
    let router = router::router("learned")?;
    let person = person(cards).to_owned();
    let before = match known.is_empty() {
        true => Knowledge::fit_calibrated(base, BTreeMap::new(), cards, &person, seed),
        false => known.clone(),
    };
    let finish = |mut after: Knowledge| {
        after.version = number;
        after.parent = known.version;
        let learned = after.learned().count();
        after.note =
            format!("{} examples, {learned} learned from a person, {} new", after.examples.len(), new.len());
        let is_new = |one: &Example| new.contains(one);
        let gate = gate(router, cards, &before, &after, &is_new);
        Proposal { knowledge: after, gate }
    };
    let mut proposals = vec![];
    if before.examples.len() + new.len() <= MANY {
        let all = before.examples.iter().chain(&new).cloned().collect();
        let after = Knowledge::fit_calibrated(all, before.table.clone(), cards, &person, seed);
        proposals.push(finish(after));
    }
    if !proposals.iter().any(|proposal| proposal.gate.passes()) {
        let mut after = before.clone();
        for example in &new {
            after.learn(example.clone());
        }
        proposals.push(finish(after));
    }
    let best = proposals.iter().position(|proposal| proposal.gate.passes()).unwrap_or(0);
    Some(proposals.swap_remove(best))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Seq;

    fn review(task: &str, chosen: &str, expert: &str, saying: Saying, at: u64) -> Review {
        Review {
            session: "s".into(),
            seq: 1,
            task: task.into(),
            router: "learned".into(),
            chosen: chosen.into(),
            confidence: 0.5,
            saying,
            expert: expert.into(),
            reason: String::new(),
            blind: false,
            repeat: false,
            took: 1000,
            at,
        }
    }

    #[test]
    fn the_last_word_counts_and_agreement_teaches_nothing() {
        let reviews = [
            review("a", "x", "y", Saying::Override, 1),
            review("a", "x", "z", Saying::Override, 2),
            review("b", "x", "x", Saying::Accept, 3),
            review("c", "x", "y", Saying::Override, 4),
            review("c", "x", "x", Saying::Accept, 5),
            review("d", "x", "y", Saying::BothFine, 6),
        ];
        let open = corrections(&reviews, &Knowledge::default());
        let open: Vec<(&str, &str)> =
            open.iter().map(|one| (one.task.as_str(), one.expert.as_str())).collect();
        assert_eq!(open, [("a", "z")]);
    }

    #[test]
    fn a_preference_is_an_example_and_two_outcomes() {
        let reviews = [
            review("a", "x", "x", Saying::Accept, 1),
            Review::preferred("s", Seq(3), "a", "y", "x", 2),
            Review::preferred("s", Seq(4), "b", "x", "x", 3),
        ];
        let open = corrections(&reviews, &Knowledge::default());
        assert_eq!(open.len(), 1, "one kept over itself says nothing");
        let vectors = [("a".to_owned(), vec![1.0, 0.0])].into_iter().collect();
        let example = correction(&open[0], &vectors).unwrap();
        assert_eq!(example.origin, Origin::Preference { session: "s".into(), seq: 3 });
        assert_eq!(example.outcomes, [("y".to_owned(), true), ("x".to_owned(), false)]);
        let known = Knowledge::fit(vec![example; 6], BTreeMap::new(), "person", 0);
        assert!(corrections(&reviews, &known).is_empty(), "it is known by now");
        let success = known.ability.success(&["x", "y"], &[1.0, 0.0]);
        assert!(success[0] < 0.5 && 0.5 < success[1], "{success:?}");
        assert!(known.nearest("y", &[1.0, 0.0]).is_some(), "an exemplar for the router by examples");
    }
}
