//! Compares the words of a task with those of each card, without a model.
//!
//! BM25 over name, description and examples ("The Probabilistic Relevance Framework: BM25 and Beyond"). What stands
//! in quotes or brackets is the material of a task, not its kind: it counts by its shape only (`terms`).

mod terms;

pub(crate) use terms::shape;

use super::{RouteNext, RouteScene, Router, decided, held_back, reason};
use crate::decision::{Candidate, Decision, ExpertCard, ExpertKind};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};
use terms::terms;

/// How soon more of the same word stops to matter, and how much long cards are held to their length.
const K1: f32 = 1.2;
const B: f32 = 0.75;
/// What a person or a plan keeps of its score.
const HELD_BACK: f32 = 0.75;
/// What a function keeps on a task that asks for two things.
const ONE_STEP: f32 = 0.6;
/// Of the softmax for the confidence; set so that it agrees with how often the choice is right (see the tests).
pub(super) const TEMPERATURE: f32 = 3.0;

pub(super) struct Lexical;

impl Router for Lexical {
    fn name(&self) -> &'static str {
        "lexical"
    }

    fn about(&self) -> &'static str {
        "compares the words of the task with those of each card (BM25); needs no model"
    }

    fn asks(&self) -> bool {
        false
    }

    fn route(&self, scene: &RouteScene<'_>) -> RouteNext {
        RouteNext::Decide(decide(scene))
    }
}

/// The decision by words.
pub(super) fn decide(scene: &RouteScene<'_>) -> Decision {
    let cards = counted(scene.cards);
    let average = cards.iter().map(|card| card.length).sum::<f32>() / (cards.len().max(1) as f32);
    let rarity = |term: &str| {
        let with = cards.iter().filter(|card| card.counts.contains_key(term)).count() as f32;
        (1.0 + (cards.len() as f32 - with + 0.5) / (with + 0.5)).ln()
    };
    let asked: BTreeMap<String, String> =
        terms(scene.task).into_iter().map(|term| (term.key, term.shown)).collect();
    let asked: Vec<(String, String, f32)> = asked
        .into_iter()
        .map(|(key, shown)| {
            // A word comes twice, as form and as stem; a shape says as much.
            let rarity = if key.starts_with('<') { 2.0 * rarity(&key) } else { rarity(&key) };
            (key, shown, rarity)
        })
        .collect();
    let two_steps = asked.iter().any(|(key, ..)| key == terms::TWO_STEPS);
    let weigh = |(card, counted): (&ExpertCard, &Counted)| {
        let mut common: BTreeMap<&str, f32> = BTreeMap::new();
        for (key, shown, rarity) in &asked {
            if let Some(count) = counted.counts.get(key) {
                let length = 1.0 - B + B * counted.length / average;
                *common.entry(shown).or_insert(0.0) += rarity * count * (K1 + 1.0) / (count + K1 * length);
            }
        }
        // From 0 on: the sum of no numbers would be -0.
        let sum = common.values().fold(0.0, |sum: f32, weight| sum + weight);
        let mut common: Vec<(&str, f32)> = common.into_iter().collect();
        common.sort_by(|a, b| b.1.total_cmp(&a.1));
        let words = common.iter().take(4).map(|(shown, _)| *shown).collect::<Vec<_>>().join(", ");
        let told = if words.is_empty() {
            "no words in common".to_owned()
        } else {
            format!("words in common: {words}")
        };
        let score = if held_back(card) { sum * HELD_BACK } else { sum };
        if card.kind == ExpertKind::Symbolic && two_steps {
            let reason =
                format!("{told}; held back, as a function answers one question and this task has two steps");
            return Candidate { expert: card.name.clone(), score: score * ONE_STEP, reason };
        }
        Candidate { expert: card.name.clone(), score, reason: reason(card, told) }
    };
    let candidates = scene.cards.iter().zip(&*cards).map(weigh).collect();
    let mut decision =
        decided("lexical", candidates, TEMPERATURE * scene.knowledge.calibration("lexical").temperature);
    if decision.margin == 0.0 && decision.candidates.first().is_some_and(|first| first.score == 0.0) {
        without_evidence(&mut decision, scene.cards);
    }
    decision
}

/// No card knows a word of it: the first prompt can at least try.
fn without_evidence(decision: &mut Decision, cards: &[ExpertCard]) {
    let general = cards.iter().find(|card| card.kind == ExpertKind::Prompt);
    let Some(at) =
        general.and_then(|card| decision.candidates.iter().position(|one| one.expert == card.name))
    else {
        return;
    };
    let mut first = decision.candidates.remove(at);
    first.reason = "no card has words in common with the task; this one answers general questions".to_owned();
    decision.chosen = first.expert.clone();
    decision.candidates.insert(0, first);
}

/// The cards as BM25 sees them. All tasks of a plan are weighed against the same ones, so the last are kept: to count them
/// takes far longer than to weigh a task.
fn counted(cards: &[ExpertCard]) -> Rc<[Counted]> {
    thread_local! {
        static LAST: RefCell<(Vec<ExpertCard>, Rc<[Counted]>)> = RefCell::new((vec![], [].into()));
    }
    LAST.with_borrow_mut(|(last, counted)| {
        if last != cards {
            (*last, *counted) = (cards.to_vec(), cards.iter().map(Counted::new).collect());
        }
        Rc::clone(counted)
    })
}

/// A card as BM25 sees it.
struct Counted {
    counts: BTreeMap<String, f32>,
    length: f32,
}

impl Counted {
    fn new(card: &ExpertCard) -> Counted {
        let mut counts = BTreeMap::new();
        let mut length = 0.0;
        let name = card.name.replace(['_', '-'], " ");
        for text in [&name, &card.description].into_iter().chain(&card.examples) {
            for term in terms(text) {
                *counts.entry(term.key).or_insert(0.0) += 1.0;
                length += 1.0;
            }
        }
        Counted { counts, length }
    }
}
