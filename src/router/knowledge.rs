//! What routers have learned: examples with where each came from, the weights fitted to them, how far to trust what.
//!
//! A value like any other: routers read it through their scene and change nothing. [`Knowledge::fit`] makes one from
//! examples, [`Knowledge::learn`] takes one more in place; [`stored`] writes it as text. Versions are kept by `store`. A copy
//! shares examples and words with the original, so a version that learned one thing more is cheap.

pub mod calibrate;
mod fit;
mod index;
pub mod stored;

use super::{
    ability::Ability,
    features::{Features, dot},
    softmax::Softmax,
};
use index::Index;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// Examples in the order in which they came, shared between versions.
pub type Examples = imbl::Vector<Arc<Example>>;

/// Everything learned for routing; empty until something is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Knowledge {
    /// 0 while nothing was learned; stored versions count from 1.
    pub version: u32,
    /// The version that this one was made from.
    pub parent: u32,
    /// What it was made of, in a line.
    pub note: String,
    /// SHA-256 of the embedding model's file that the vectors came from; empty where it is not known.
    pub embedding: String,
    pub examples: Examples,
    /// Who answers a category. An expert without finer categories is one himself.
    pub table: BTreeMap<String, String>,
    /// Who gets what is out of scope.
    pub person: String,
    /// Who gets a task whose category is uncertain (router `table`).
    pub uncertain: String,
    /// Tells the categories apart.
    pub softmax: Softmax,
    /// The same, but fitted without the controls: says how well it does on what it has not seen.
    pub trial: Softmax,
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
    /// Held back from `trial`; `None` until it is dealt to one side, and then for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<bool>,
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
    /// A call that failed, a check that was kept or broken, an answer that was kept, accepted or typed over.
    Outcome { session: String, seq: u32 },
    /// Two experts were run and one was kept.
    Preference { session: String, seq: u32 },
}

impl Example {
    /// Its category, the expert's name when it has none.
    pub fn class(&self) -> &str {
        self.category.as_deref().unwrap_or(&self.expert)
    }

    /// Who is right for it; `None` when all that is known is that its expert failed.
    pub fn right(&self) -> Option<&str> {
        let failed = |(expert, solved): &(String, bool)| *expert == self.expert && !solved;
        let only_failed = matches!(self.origin, Origin::Outcome { .. }) && self.outcomes.iter().any(failed);
        (!only_failed).then_some(self.expert.as_str())
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

impl Knowledge {
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }

    /// Why its vectors say nothing of those that the embedding model of this file makes, if they do not.
    pub fn is_of_another_model(&self, file: Option<&String>) -> Option<String> {
        let now = file.filter(|now| !self.embedding.is_empty() && **now != self.embedding)?;
        let short = |file: &str| file.chars().take(8).collect::<String>();
        Some(format!(
            "version {} of what routers learned is of another embedding model ({}, now {}): `plantern route train` learns it anew",
            self.version,
            short(&self.embedding),
            short(now)
        ))
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
        near.map(|(at, cosine)| (&*self.examples[at], cosine))
    }

    /// What decides with the weights that never saw a control.
    pub fn as_trial(&self) -> Knowledge {
        Knowledge { softmax: self.trial.clone(), ..self.clone() }
    }

    /// The examples that sessions and a person's decisions gave.
    pub fn learned(&self) -> impl Iterator<Item = &Example> {
        let all = self.examples.iter().map(|one| &**one);
        all.filter(|one| !matches!(one.origin, Origin::Card | Origin::File))
    }
}

/// A lead of 0.05 in cosine is worth e.
const NARROW: f32 = 0.05;
/// What an expert has that has no example near.
const FAR: f32 = 1.0;

#[cfg(test)]
mod tests;
