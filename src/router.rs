//! Routers: who should answer a task, with all candidates and the reasons.
//!
//! Called by the engine for a task without an expert. A router is pure: it decides from what it sees, or says what
//! to ask a model first and decides when called again with the reply. Adding one means one file and one line here.

pub mod ability;
mod centroid;
pub mod cost;
mod embedding;
mod ensemble;
pub mod features;
pub mod flip;
pub mod gate;
pub mod knowledge;
pub mod ladder;
mod learned;
mod lexical;
mod likelihood;
pub mod measure;
pub mod projection;
pub mod softmax;
mod table;
mod tag;

pub use knowledge::Knowledge;

use crate::ask::{Answer, Request};
use crate::decision::{Candidate, Decision, ExpertCard, ExpertKind};

/// What a router may see.
#[derive(Clone, Copy, Debug)]
pub struct RouteScene<'a> {
    pub task: &'a str,
    /// The expert that the decomposition named for this task.
    pub tag: Option<&'a str>,
    /// Everybody who could be chosen.
    pub cards: &'a [ExpertCard],
    /// The reply to the ask that this router made for this task.
    pub reply: Option<&'a Answer>,
    /// What was learned so far; empty is fine.
    pub knowledge: &'a Knowledge,
}

impl RouteScene<'_> {
    /// The names on the cards, in their order.
    fn names(&self) -> Vec<&str> {
        self.cards.iter().map(|card| card.name.as_str()).collect()
    }
}

/// What a router wants next.
#[derive(Clone, Debug, PartialEq)]
pub enum RouteNext {
    /// This has to be asked first; call again with the reply.
    Ask(Request),
    Decide(Decision),
}

/// Chooses an expert for a task.
pub trait Router: Sync {
    /// A word for settings and screens.
    fn name(&self) -> &'static str;
    /// One sentence on how it decides.
    fn about(&self) -> &'static str;
    /// May it ask a model? One that never does need not be run before it is its task's turn.
    fn asks(&self) -> bool {
        true
    }
    /// The expert that this decision of its own named failed at the task or was unsure of its answer, as `why` says: who is
    /// tried next. `None` where the choice stands.
    fn after(&self, _decision: &Decision, _why: &str, _cards: &[ExpertCard]) -> Option<Decision> {
        None
    }
    /// With a reply in the scene, every router decides; without cards the decision names nobody.
    fn route(&self, scene: &RouteScene<'_>) -> RouteNext;
}

/// All routers; the first is the default.
pub fn routers() -> &'static [&'static dyn Router] {
    &[
        &tag::Tag,
        &lexical::Lexical,
        &embedding::Embedding,
        &likelihood::Likelihood,
        &learned::Learned,
        &table::Table,
        &ability::AbilityRouter,
        &cost::Cost,
        &centroid::Centroid,
        &ladder::Ladder,
        &ensemble::Ensemble,
    ]
}

/// The router of that name.
pub fn router(name: &str) -> Option<&'static dyn Router> {
    routers().iter().copied().find(|router| router.name() == name)
}

/// A decision by words alone, for when the ask of a router failed or its reply is of no use; `why` goes into the
/// reason of the chosen one (`the embedding model is missing`).
pub fn fallback(router: &str, scene: &RouteScene<'_>, why: &str) -> Decision {
    let mut decision = lexical::decide(scene);
    decision.router = router.to_owned();
    if let Some(first) = decision.candidates.first_mut() {
        first.reason = format!("{why}, so by words: {}", first.reason);
    }
    decision
}

/// Orders the candidates and takes the best; confidence is its share of the softmax at this temperature.
fn decided(router: &str, mut candidates: Vec<Candidate>, temperature: f32) -> Decision {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let best = candidates.first().map_or(0.0, |candidate| candidate.score);
    Decision {
        router: router.to_owned(),
        chosen: candidates.first().map(|candidate| candidate.expert.clone()).unwrap_or_default(),
        confidence: shares(&candidates, temperature).first().copied().unwrap_or(0.0),
        margin: candidates.get(1).map_or(0.0, |second| best - second.score),
        candidates,
        reason: None,
        version: None,
        threshold: None,
    }
}

/// The softmax of the scores, in the order of the candidates.
fn shares(candidates: &[Candidate], temperature: f32) -> Vec<f32> {
    let best = candidates.iter().map(|candidate| candidate.score).fold(f32::MIN, f32::max);
    let weights: Vec<f32> = candidates.iter().map(|one| ((one.score - best) / temperature).exp()).collect();
    let total: f32 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}

/// A person's time and a new plan cost more than any call, so these have to be clearly best: their scores are held
/// back by every router.
fn held_back(card: &ExpertCard) -> bool {
    matches!(card.kind, ExpertKind::Person | ExpertKind::Plan)
}

/// Says so in the reason.
fn reason(card: &ExpertCard, told: String) -> String {
    if held_back(card) { format!("{told}; held back, as a {} costs time", card.kind.word()) } else { told }
}

/// The start of a text, for a reason.
fn shortened(text: &str, letters: usize) -> String {
    let mut short: String =
        text.chars().take(letters).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(letters).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests;
