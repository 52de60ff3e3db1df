//! Compares the meaning of a task with the examples of each card, by the embedding model.
//!
//! A card's score is the mean of its two nearest examples, so that one lucky example does not decide. Once something was
//! learned (`plantern route train`), the examples of the knowledge take the place of the cards' own, and all near ones
//! count.

use super::{
    RouteNext, RouteScene, Router, decided, fallback, held_back,
    learned::{ask_vector, evidence, settle},
    reason, shortened,
};
use crate::ask::Request;
use crate::decision::{Candidate, Decision, ExpertCard};
use crate::figure::fixed;

/// What a person or a plan is set back by, in cosine.
const HELD_BACK: f32 = 0.15;
/// Of the softmax for the confidence: a lead of 0.1 in cosine is worth e to the 2.
const TEMPERATURE: f32 = 0.05;

pub(super) struct Embedding;

impl Router for Embedding {
    fn name(&self) -> &'static str {
        "embedding"
    }

    fn about(&self) -> &'static str {
        "compares the meaning of the task with the examples of each card; needs the embedding model"
    }

    fn route(&self, scene: &RouteScene<'_>) -> RouteNext {
        if !scene.knowledge.is_empty() {
            let features = match ask_vector(self.name(), scene) {
                Ok(features) => features,
                Err(next) => return *next,
            };
            let logits = scene.knowledge.by_examples(&scene.names(), &features.dense);
            let reasons = evidence(scene, &features, &logits);
            return RouteNext::Decide(settle(self.name(), scene, logits, reasons));
        }
        let texts: Vec<&[String]> = scene.cards.iter().map(compared).collect();
        let count: usize = texts.iter().map(|texts| texts.len()).sum();
        let Some(reply) = scene.reply else {
            let examples = texts.concat();
            return RouteNext::Ask(Request::Similar { text: scene.task.to_owned(), examples });
        };
        let scores = &reply.scores;
        if scores.len() != count || !scores.iter().all(|score| score.is_finite()) {
            let usable = scores.iter().filter(|score| score.is_finite()).count();
            let why = format!("the embedding model gave {usable} usable scores for {count} examples");
            return RouteNext::Decide(fallback(self.name(), scene, &why));
        }
        RouteNext::Decide(decide(scene.cards, &texts, scores))
    }
}

/// The examples of a card; its description when it has none.
fn compared(card: &ExpertCard) -> &[String] {
    if card.examples.is_empty() { std::slice::from_ref(&card.description) } else { &card.examples }
}

fn decide(cards: &[ExpertCard], texts: &[&[String]], scores: &[f32]) -> Decision {
    let mut rest = scores;
    let mut candidates = Vec::with_capacity(cards.len());
    for (card, texts) in cards.iter().zip(texts) {
        let (own, others) = rest.split_at(texts.len());
        rest = others;
        let mut ranked: Vec<(f32, &String)> = own.iter().copied().zip(texts.iter()).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let nearest = &ranked[..ranked.len().min(2)];
        let mean = nearest.iter().map(|(score, _)| score).sum::<f32>() / nearest.len().max(1) as f32;
        let told = nearest.first().map_or_else(String::new, |(score, text)| {
            format!("nearest example, at {}: {}", fixed(*score, 2), shortened(text, 70))
        });
        let score = if held_back(card) { mean - HELD_BACK } else { mean };
        candidates.push(Candidate { expert: card.name.clone(), score, reason: reason(card, told) });
    }
    decided("embedding", candidates, TEMPERATURE)
}
