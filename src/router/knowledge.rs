//! What routers have learned: examples with where each came from, the weights fitted to them, how far to trust what.
//!
//! A value like any other: routers read it through their scene and change nothing. [`Knowledge::fit`] makes one from
//! examples, [`Knowledge::learn`] takes one more in place; [`stored`] writes it as text. Versions are kept by `store`.

pub mod calibrate;
mod index;
pub mod stored;

use super::{
    ability::Ability,
    features::{Features, dot},
    softmax::{Lesson, Softmax},
};
use index::Index;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Everything learned for routing; empty until something is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Knowledge {
    /// 0 while nothing was learned; stored versions count from 1.
    pub version: u32,
    /// The version that this one was made from.
    pub parent: u32,
    /// What it was made of, in a line.
    pub note: String,
    pub examples: Vec<Example>,
    /// Who answers a category. An expert without finer categories is one himself.
    pub table: BTreeMap<String, String>,
    /// Who gets what is out of scope.
    pub person: String,
    /// Who gets a task whose category is uncertain (router `table`).
    pub uncertain: String,
    /// Tells the categories apart.
    pub softmax: Softmax,
    pub ability: Ability,
    pub calibration: BTreeMap<String, Calibration>,
    /// How much each router counts in the `ensemble`; together 1.
    pub mix: BTreeMap<String, f32>,
    index: Index,
}

/// A task of which the right expert is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Example {
    pub text: String,
    pub expert: String,
    /// Finer than the expert, when the data says so: an intent of a domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Unit vector of the embedding model.
    #[serde(with = "stored::vector")]
    pub vector: Vec<f32>,
    pub origin: Origin,
    /// Who was tried on it, and whether it went well; beyond the expert above.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<(String, bool)>,
}

/// Where an example came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    /// An example on an expert's card.
    Card,
    /// A row of a file that the person named.
    File,
    /// A person's choice against a router: the session, the record, and why if it was said.
    Correction { session: String, seq: u32, reason: String },
    /// An answer that went well, or was typed over.
    Outcome { session: String, seq: u32 },
    /// Two experts were run and one was kept.
    Preference { session: String, seq: u32 },
}

impl Example {
    /// Its category, the expert's name when it has none.
    pub fn class(&self) -> &str {
        self.category.as_deref().unwrap_or(&self.expert)
    }
}

/// How the figures of a router become trust.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Log-odds are divided by this before they become shares ("On Calibration of Modern Neural Networks").
    pub temperature: f32,
    /// A best share below this goes to the person.
    pub threshold: f32,
}

/// Passes over the examples: enough that accuracy on held-out folds stops growing.
const EPOCHS: usize = 14;
/// Old examples that are seen again while one is learned.
const REPLAYED: usize = 96;
/// Passes over the one that is learned.
const REPEATS: usize = 8;

impl Knowledge {
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }

    /// Fits everything but calibration and mixture to the examples. `person` gets what is out of scope.
    pub fn fit(
        examples: Vec<Example>,
        table: BTreeMap<String, String>,
        person: &str,
        seed: u64,
    ) -> Knowledge {
        let mut knowledge = Knowledge { table, person: person.to_owned(), examples, ..Knowledge::default() };
        knowledge.uncertain = knowledge.person.clone();
        for example in &knowledge.examples {
            knowledge.table.entry(example.class().to_owned()).or_insert_with(|| example.expert.clone());
        }
        let classes: BTreeSet<&str> = knowledge.examples.iter().map(Example::class).collect();
        let classes: Vec<String> = classes.into_iter().map(str::to_owned).collect();
        let width = knowledge.examples.iter().map(|example| example.vector.len()).max().unwrap_or(0);
        let features: Vec<Features> =
            knowledge.examples.iter().map(|one| Features::new(&one.text, &one.vector)).collect();
        let place: BTreeMap<&str, usize> =
            classes.iter().enumerate().map(|(at, class)| (class.as_str(), at)).collect();
        let mut counts = vec![0.0_f32; classes.len()];
        let at: Vec<usize> = knowledge.examples.iter().map(|one| place[one.class()]).collect();
        at.iter().for_each(|at| counts[*at] += 1.0);
        let lessons: Vec<Lesson<'_>> = features
            .iter()
            .zip(&at)
            .map(|(features, at)| {
                // What is out of scope can be anything: its few examples count more.
                let weight = if classes[*at] == person { 3.0 } else { 1.0 };
                Lesson { features, class: *at, weight }
            })
            .collect();
        let mut softmax = Softmax::new(classes.clone(), width);
        softmax.fit(&lessons, EPOCHS, seed);
        knowledge.softmax = softmax;
        knowledge.ability = Ability::fit(&knowledge.examples, width, seed);
        knowledge.index = Index::of(&knowledge.examples);
        knowledge
    }

    /// Takes one more example in without forgetting: it is seen a few times, old ones between. Calibration stays.
    pub fn learn(&mut self, example: Example) {
        let class = example.class().to_owned();
        if self.softmax.classes.is_empty() {
            self.softmax = Softmax::new(vec![], example.vector.len());
        }
        self.table.insert(class.clone(), example.expert.clone());
        let at = self.softmax.class(&class);
        let features = Features::new(&example.text, &example.vector);
        // Old examples spread over all there are, others each time.
        let count = self.examples.len();
        let stride = (count / REPLAYED).max(1);
        let first = count.wrapping_mul(31) % stride;
        let old: Vec<(Features, usize)> = self
            .examples
            .iter()
            .skip(first)
            .step_by(stride)
            .filter_map(|one| {
                let at = self.softmax.classes.iter().position(|class| class == one.class())?;
                Some((Features::new(&one.text, &one.vector), at))
            })
            .collect();
        let new = Lesson { features: &features, class: at, weight: 1.0 };
        let mut lessons = vec![new; REPEATS];
        lessons.extend(old.iter().map(|(features, class)| Lesson { features, class: *class, weight: 1.0 }));
        self.softmax.fit(&lessons, 1, count as u64);
        self.ability.learn(&example);
        self.index.add(self.examples.len(), &example);
        self.examples.push(example);
    }

    /// Trust in a router's figures; what was never measured is taken as it is.
    pub fn calibration(&self, router: &str) -> Calibration {
        self.calibration.get(router).copied().unwrap_or(Calibration { temperature: 1.0, threshold: 0.0 })
    }

    /// Log of each expert's share of the categories.
    pub fn by_category(&self, experts: &[&str], features: &Features) -> Vec<f32> {
        let mut shares = self.softmax.logits(features);
        super::softmax::shares(&mut shares, 1.0);
        let mut sums = vec![1.0e-6_f32; experts.len()];
        for (class, share) in self.softmax.classes.iter().zip(shares) {
            let expert = self.table.get(class).unwrap_or(class);
            if let Some(at) = experts.iter().position(|name| name == expert) {
                sums[at] += share;
            }
        }
        sums.into_iter().map(f32::ln).collect()
    }

    /// The category with the largest share, and that share.
    pub fn category(&self, features: &Features) -> Option<(&str, f32)> {
        let mut shares = self.softmax.logits(features);
        super::softmax::shares(&mut shares, 1.0);
        let best = shares.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
        Some((&self.softmax.classes[best.0], *best.1))
    }

    /// For each expert the log of how near its examples are: a sum over them that falls fast with distance.
    pub fn by_examples(&self, experts: &[&str], vector: &[f32]) -> Vec<f32> {
        let mut sums = vec![FAR; experts.len()];
        for (at, cosine) in self.index.near(&self.examples, vector) {
            if let Some(place) = experts.iter().position(|name| *name == self.examples[at].expert) {
                sums[place] += (cosine / NARROW).exp();
            }
        }
        sums.into_iter().map(f32::ln).collect()
    }

    /// For each expert how near the nearest centre of its categories is, on the scale of log-odds.
    pub fn by_centroid(&self, experts: &[&str], vector: &[f32]) -> Vec<f32> {
        let mut best = vec![-1.0_f32; experts.len()];
        for (expert, centre) in self.index.centres() {
            if let Some(place) = experts.iter().position(|name| *name == expert) {
                best[place] = best[place].max(dot(vector, centre));
            }
        }
        best.into_iter().map(|cosine| cosine / NARROW).collect()
    }

    /// The example of the expert that is nearest, with its cosine.
    pub fn nearest(&self, expert: &str, vector: &[f32]) -> Option<(&Example, f32)> {
        let near = self.index.of_expert(&self.examples, expert, vector);
        near.map(|(at, cosine)| (&self.examples[at], cosine))
    }

    /// The most alike examples of all experts, nearest first.
    pub fn most_alike(&self, vector: &[f32], count: usize) -> Vec<(&Example, f32)> {
        let mut near = self.index.near(&self.examples, vector);
        near.sort_by(|a, b| b.1.total_cmp(&a.1));
        near.truncate(count);
        near.into_iter().map(|(at, cosine)| (&self.examples[at], cosine)).collect()
    }

    /// The examples that a person's decisions gave.
    pub fn learned(&self) -> impl Iterator<Item = &Example> {
        self.examples.iter().filter(|one| !matches!(one.origin, Origin::Card | Origin::File))
    }
}

/// A lead of 0.05 in cosine is worth e.
const NARROW: f32 = 0.05;
/// What an expert has that has no example near.
const FAR: f32 = 1.0;
