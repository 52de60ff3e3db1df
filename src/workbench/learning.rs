//! From lessons to a new version of what routers know, with the gate it has to pass. Pure; vectors come in.
//!
//! A version is proposed off the thread of the screen (`Effect::Learn`): learning in place takes milliseconds, fitting anew
//! takes longer and is only tried where learning in place does not pass.

use super::lessons::Lesson;
use crate::{
    decision::{ExpertCard, ExpertKind},
    router::{
        Knowledge,
        gate::{Gate, gate},
        knowledge::{Example, Origin},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A version that waits for the person's word.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    pub knowledge: Knowledge,
    pub gate: Gate,
}

/// What a version is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub cards: Vec<ExpertCard>,
    pub known: Arc<Knowledge>,
    /// The examples to begin with where nothing is known.
    pub base: Vec<Example>,
    pub new: Vec<Example>,
    pub seed: u64,
    /// Number of the new version.
    pub number: u32,
}

/// Above so many examples nothing is fitted anew.
const MANY: usize = 20_000;
/// Up to so many everything is, if that many new ones come together that each has the time for its share: old examples that
/// are seen again and again while others are learned in place count too much where there are few of them.
const FEW: usize = 600;
/// Examples that are fitted anew for each new one, in some 40 ms for ten categories.
const EACH: usize = 120;

/// Who gets what nobody else should: the first person among the cards.
pub fn person(cards: &[ExpertCard]) -> &str {
    cards.iter().find(|card| card.kind == ExpertKind::Person).map_or("", |card| card.name.as_str())
}

/// The texts whose vectors are needed to learn: of the cards while nothing is known, and of the lessons.
pub fn texts(cards: &[ExpertCard], known: &Knowledge, lessons: &[Lesson]) -> Vec<String> {
    let cards = if known.is_empty() { cards } else { &[] };
    let mut texts: Vec<String> = cards.iter().flat_map(card_texts).map(str::to_owned).collect();
    texts.extend(lessons.iter().map(|lesson| lesson.task.clone()));
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
            control: None,
        })
    };
    cards.iter().flat_map(|card| card_texts(card).filter_map(move |text| example(card, text))).collect()
}

/// Learns the new examples, and says what that does to them and to what the judged weights have not seen. The quick way
/// ([`learned`]) comes first; where that does not pass the gate, everything is fitted and calibrated anew.
pub fn propose(job: &Job) -> Proposal {
    let Job { cards, known, base, new, seed, number } = job;
    let person = person(cards).to_owned();
    let fitted;
    let before = match known.is_empty() {
        true => {
            fitted = Knowledge::fit_calibrated(base.clone(), BTreeMap::new(), cards, &person, *seed);
            &fitted
        }
        false => &**known,
    };
    let in_place = finish(job, before, learned(before, cards, new, *seed));
    let count = before.examples.len() + new.len();
    if in_place.gate.passes() || MANY < count {
        return in_place;
    }
    let kept = before.examples.iter().map(|one| &**one).filter(|one| !is_overruled(one, new));
    let all = kept.chain(new).cloned().collect();
    let mut anew = Knowledge::fit_calibrated(all, before.table.clone(), cards, &person, *seed);
    anew.uncertain.clone_from(&before.uncertain);
    let anew = finish(job, before, anew);
    let better = anew.gate.passes() || before.trial.classes.is_empty();
    debug_assert!(*number == anew.knowledge.version);
    if better { anew } else { in_place }
}

/// The version before with the new examples learned: one by one in place, or, where there are few, all of them anew. What was
/// measured of other routers stays.
pub fn learned(before: &Knowledge, cards: &[ExpertCard], new: &[Example], seed: u64) -> Knowledge {
    let mut after = before.clone();
    after.forget(&|one| is_overruled(one, new));
    if after.examples.len() + new.len() <= FEW.min(EACH * new.len()) {
        after = after.refitted(new, seed);
    } else {
        new.iter().for_each(|example| after.learn(example.clone()));
    }
    after.recalibrate(cards);
    after
}

/// Did a person say otherwise since?
fn is_overruled(old: &Example, new: &[Example]) -> bool {
    let taught = !matches!(old.origin, Origin::Card | Origin::File);
    taught
        && new.iter().any(|one| one.text == old.text && (one.expert != old.expert || old.right().is_none()))
}

fn finish(job: &Job, before: &Knowledge, mut after: Knowledge) -> Proposal {
    after.version = job.number;
    after.parent = job.known.version;
    after.note = note(&after, job.new.len());
    let new: BTreeSet<(&str, &str)> =
        job.new.iter().map(|one| (one.text.as_str(), one.expert.as_str())).collect();
    let taught = |one: &Example| !matches!(one.origin, Origin::Card | Origin::File);
    let is_new = |one: &Example| taught(one) && new.contains(&(one.text.as_str(), one.expert.as_str()));
    let gate = gate(&job.cards, before, &after, &is_new);
    Proposal { knowledge: after, gate }
}

/// What a version was made of, in a line.
pub fn note(knowledge: &Knowledge, new: usize) -> String {
    let of_outcomes = knowledge.learned().filter(|one| matches!(one.origin, Origin::Outcome { .. })).count();
    let taught = knowledge.learned().count() - of_outcomes;
    let all = knowledge.examples.len();
    format!("{all} examples, {taught} taught by a person, {of_outcomes} from outcomes, {new} new")
}
