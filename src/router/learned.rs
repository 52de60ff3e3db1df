//! Logistic regression on what a task means and says, fitted to cards, corrections and outcomes; and the way from
//! figures to a decision that all routers with knowledge share.

use super::{Knowledge, RouteNext, RouteScene, Router, fallback, features::Features, shortened};
use crate::{
    ask::Request,
    decision::{Candidate, Decision, ExpertCard},
    figure::fixed,
    router::features::word_terms,
};

pub(super) struct Learned;

impl Router for Learned {
    fn name(&self) -> &'static str {
        "learned"
    }

    fn about(&self) -> &'static str {
        "logistic regression on meaning and words, fitted to cards and your corrections (`plantern route train`)"
    }

    fn route(&self, scene: &RouteScene<'_>) -> RouteNext {
        let features = match ask_vector(self.name(), scene) {
            Ok(features) => features,
            Err(next) => return *next,
        };
        let logits = scene.knowledge.by_category(&scene.names(), &features);
        let reasons = evidence(scene, &features, &logits);
        RouteNext::Decide(settle(self.name(), scene, logits, reasons))
    }
}

/// The features of the task, from the vector in the reply; or what to do while it is not there.
pub(super) fn ask_vector(router: &str, scene: &RouteScene<'_>) -> Result<Features, Box<RouteNext>> {
    if scene.knowledge.is_empty() {
        let why = "nothing was learned yet (`plantern route train` begins with the cards)";
        return Err(Box::new(RouteNext::Decide(fallback(router, scene, why))));
    }
    let Some(reply) = scene.reply else {
        return Err(Box::new(RouteNext::Ask(Request::Embed { texts: vec![scene.task.to_owned()] })));
    };
    let width = scene.knowledge.softmax.width;
    let vector = &reply.scores;
    if vector.len() != width || !vector.iter().all(|value| value.is_finite()) {
        let why = format!("the embedding model gave {} usable scores for {width}", vector.len());
        return Err(Box::new(RouteNext::Decide(fallback(router, scene, &why))));
    }
    Ok(Features::new(scene.task, vector))
}

/// For the three best the nearest example and the words that pushed; for others that nothing speaks for them.
pub(super) fn evidence(scene: &RouteScene<'_>, features: &Features, logits: &[f32]) -> Vec<String> {
    let knowledge = scene.knowledge;
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]));
    let terms = word_terms(scene.task);
    let mut reasons = vec!["little speaks for it".to_owned(); logits.len()];
    for at in order.into_iter().take(3) {
        let expert = &scene.cards[at].name;
        let mut told = vec![];
        if let Some((example, cosine)) = knowledge.nearest(expert, &features.dense) {
            told.push(format!("nearest example, at {}: {}", fixed(cosine, 2), shortened(&example.text, 60)));
            let class = knowledge.softmax.classes.iter().position(|class| class == example.class());
            let pushing = class.map(|class| knowledge.softmax.pushing(&terms, class)).unwrap_or_default();
            let words: Vec<String> = pushing
                .iter()
                .filter(|(_, push)| 0.05 < *push)
                .take(3)
                .map(|(word, push)| format!("{word} +{push:.1}"))
                .collect();
            if !words.is_empty() {
                told.push(format!("pushed by {}", words.join(", ")));
            }
        }
        if !told.is_empty() {
            reasons[at] = told.join("; ");
        }
    }
    reasons
}

/// From log-odds for each card to a decision: shares at the calibrated temperature, and to the person what is below the
/// threshold. The scores of the candidates are their shares.
pub(super) fn settle(
    router: &str,
    scene: &RouteScene<'_>,
    mut logits: Vec<f32>,
    reasons: Vec<String>,
) -> Decision {
    let knowledge = scene.knowledge;
    let calibration = knowledge.calibration(router);
    logits.iter_mut().for_each(|logit| *logit = logit.max(-60.0));
    super::softmax::shares(&mut logits, calibration.temperature);
    let candidates = scene
        .cards
        .iter()
        .zip(logits)
        .zip(reasons)
        .map(|((card, score), reason)| Candidate { expert: card.name.clone(), score, reason })
        .collect();
    by_shares(router, scene, candidates, calibration.threshold)
}

/// Whom `learned` chooses and how sure it is: the same as its decision, without the evidence, which takes longer.
pub(super) fn choice(knowledge: &Knowledge, cards: &[ExpertCard], features: &Features) -> (String, f32) {
    let names: Vec<&str> = cards.iter().map(|card| card.name.as_str()).collect();
    let calibration = knowledge.calibration("learned");
    let mut logits = knowledge.by_category(&names, features);
    logits.iter_mut().for_each(|logit| *logit = logit.max(-60.0));
    super::softmax::shares(&mut logits, calibration.temperature);
    let person = knowledge.person.as_str();
    let in_scope = names.iter().zip(&logits).filter(|(name, _)| **name != person).map(|(_, share)| *share);
    let best = in_scope.fold(0.0_f32, f32::max);
    if best < calibration.threshold
        && let Some(at) = names.iter().position(|name| *name == person)
    {
        return (person.to_owned(), logits[at].max(1.0 - best).max(best).clamp(0.0, 1.0));
    }
    let first = names.iter().zip(logits).max_by(|a, b| {
        // Of equal ones the first, as when they are sorted; a person wins a tie.
        a.1.total_cmp(&b.1).then((*a.0 == person).cmp(&(*b.0 == person))).then(std::cmp::Ordering::Greater)
    });
    first.map_or_else(Default::default, |(name, share)| ((*name).to_owned(), share.clamp(0.0, 1.0)))
}

/// A decision from shares, with the threshold kept in it.
pub(super) fn by_shares(
    router: &str,
    scene: &RouteScene<'_>,
    mut candidates: Vec<Candidate>,
    threshold: f32,
) -> Decision {
    let person = scene.knowledge.person.as_str();
    let in_scope = candidates.iter().filter(|one| one.expert != person).map(|one| one.score);
    let best = in_scope.fold(0.0_f32, f32::max);
    if let Some(out) = candidates.iter_mut().find(|one| one.expert == person)
        && best < threshold
    {
        let own = out.score;
        out.score = own.max(1.0 - best).max(best);
        let why = format!("out of scope: no share reaches the threshold {}", fixed(threshold, 2));
        out.reason = match best <= own {
            true => format!("{}; {why}", out.reason),
            false => format!("{why}, own share {}", fixed(own, 2)),
        };
    }
    candidates.sort_by(|a, b| {
        // The person wins a tie, which only a threshold makes.
        b.score.total_cmp(&a.score).then_with(|| (b.expert == person).cmp(&(a.expert == person)))
    });
    let score = |at: usize| candidates.get(at).map_or(0.0, |one: &Candidate| one.score);
    Decision {
        router: router.to_owned(),
        chosen: candidates.first().map(|one| one.expert.clone()).unwrap_or_default(),
        confidence: score(0).clamp(0.0, 1.0),
        margin: if 1 < candidates.len() { score(0) - score(1) } else { 0.0 },
        candidates,
        reason: None,
        version: Some(scene.knowledge.version),
        threshold: (0.0 < threshold).then_some(threshold),
    }
}
