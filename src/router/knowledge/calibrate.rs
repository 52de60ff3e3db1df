//! How far to trust each router: temperature, threshold and share in the ensemble, fitted on examples held out.
//!
//! The examples are dealt to folds; each fold is decided by what was fitted to the others. Temperatures minimise the
//! log-loss of those decisions ("On Calibration of Modern Neural Networks"); the threshold is the largest that still
//! costs few tasks in scope; the mixture is found by expectation maximisation. No other data is looked at.

use super::{Calibration, Example, Knowledge};
use crate::{
    decision::ExpertCard,
    router::{
        RouteScene,
        ensemble::{MEMBERS, member_logits},
        features::Features,
        softmax::shares,
    },
};
use std::collections::BTreeMap;

/// Folds that the examples are dealt to.
const FOLDS: usize = 4;
/// Fewer examples tell nothing of held-out ones.
const FEWEST: usize = 24;
/// Controls that are enough to calibrate on, in place.
const JUDGED: usize = 256;
/// Of the tasks in scope that were right, so many may be lost to the person for the sake of those that are out.
const LOST: f32 = 0.012;
/// Of those out of scope so many should be noticed; a threshold above that would only cost.
const NOTICED: f32 = 0.96;

/// Held-out log-odds of one router: a row for each example, and which place is right.
struct HeldOut {
    rows: Vec<Vec<f32>>,
    right: Vec<usize>,
}

impl Knowledge {
    /// Fits, then measures on held-out folds how far to trust each router. `cards` are who can be chosen.
    pub fn fit_calibrated(
        examples: Vec<Example>,
        table: BTreeMap<String, String>,
        cards: &[ExpertCard],
        person: &str,
        seed: u64,
    ) -> Knowledge {
        let mut knowledge = Knowledge::fit(examples, table, person, seed);
        knowledge.calibrate(cards, seed);
        knowledge
    }

    fn calibrate(&mut self, cards: &[ExpertCard], seed: u64) {
        if self.examples.len() < FEWEST {
            return;
        }
        let routers: Vec<&str> = MEMBERS.into_iter().chain(["table"]).collect();
        let mut held: BTreeMap<&str, HeldOut> = BTreeMap::new();
        for fold in 0..FOLDS {
            // Dealt by number: examples of a class stand together, so each fold gets some of each.
            let (inside, outside): (Vec<_>, Vec<_>) =
                self.examples.iter().enumerate().partition(|(at, _)| at % FOLDS != fold);
            // Nothing is held back from a fold: no trial is fitted beside it.
            let inside =
                inside.into_iter().map(|(_, one)| Example { control: Some(false), ..(**one).clone() });
            let fitted = Knowledge::fit(inside.collect(), self.table.clone(), &self.person, seed);
            for (_, example) in outside.into_iter().filter(|(_, one)| one.right().is_some()) {
                let features = Features::new(&example.text, &example.vector);
                let Some(right) = cards.iter().position(|card| card.name == example.expert) else { continue };
                let scene =
                    RouteScene { task: &example.text, tag: None, cards, reply: None, knowledge: &fitted };
                for router in &routers {
                    // Words of cards are the same in every fold, and slow on long cards.
                    if *router == "lexical"
                        && cards.iter().map(|card| card.examples.len()).sum::<usize>() > 400
                    {
                        continue;
                    }
                    let row = match *router {
                        "table" => by_best_category(&fitted, cards, &features),
                        router => member_logits(router, &scene, &features),
                    };
                    let held = held.entry(router).or_insert(HeldOut { rows: vec![], right: vec![] });
                    held.rows.push(row.into_iter().map(|logit| logit.max(-60.0)).collect());
                    held.right.push(right);
                }
            }
        }
        let person = cards.iter().position(|card| card.name == self.person);
        for (router, held) in &held {
            let temperature = temperature(held);
            let threshold = threshold(held, temperature, person);
            self.calibration.insert((*router).to_owned(), Calibration { temperature, threshold });
        }
        if let Some(ability) = self.calibration.get("ability").copied() {
            self.calibration.insert("cost".to_owned(), Calibration { threshold: 0.0, ..ability });
        }
        self.mixture(&held, person);
    }

    /// Fits temperature and threshold of `learned` to the controls, which `trial` has not seen: what learning in place
    /// asks for, and quick. Few controls leave both as they are.
    pub fn recalibrate(&mut self, cards: &[ExpertCard]) {
        let names: Vec<&str> = cards.iter().map(|card| card.name.as_str()).collect();
        let controls =
            || self.examples.iter().filter(|one| one.control == Some(true) && one.right().is_some());
        let stride = (controls().count() / JUDGED).max(1);
        let trial = self.as_trial();
        let mut held = HeldOut { rows: vec![], right: vec![] };
        for example in controls().step_by(stride) {
            let Some(right) = names.iter().position(|name| *name == example.expert) else { continue };
            let logits = trial.by_category(&names, &Features::new(&example.text, &example.vector));
            held.rows.push(logits.into_iter().map(|logit| logit.max(-60.0)).collect());
            held.right.push(right);
        }
        if held.right.len() < FEWEST || self.trial.classes.is_empty() {
            return;
        }
        let person = names.iter().position(|name| *name == self.person);
        let temperature = temperature(&held);
        let threshold = threshold(&held, temperature, person);
        self.calibration.insert("learned".to_owned(), Calibration { temperature, threshold });
    }

    /// Weights of the ensemble by expectation maximisation over the members' held-out shares.
    fn mixture(&mut self, held: &BTreeMap<&str, HeldOut>, person: Option<usize>) {
        let members: Vec<(&str, Vec<Vec<f32>>)> = MEMBERS
            .iter()
            .filter_map(|member| {
                let held = held.get(member)?;
                Some((*member, at_temperature(held, self.calibration(member).temperature)))
            })
            .collect();
        let Some(right) = held.values().next().map(|held| held.right.clone()) else { return };
        if members.is_empty() {
            return;
        }
        let mut weights = vec![1.0 / members.len() as f32; members.len()];
        for _ in 0..40 {
            let mut sums = vec![0.0_f32; members.len()];
            for (at, right) in right.iter().enumerate() {
                let own: Vec<f32> = members
                    .iter()
                    .zip(&weights)
                    .map(|((_, rows), w)| w * rows[at][*right].max(1e-6))
                    .collect();
                let total: f32 = own.iter().sum();
                sums.iter_mut().zip(own).for_each(|(sum, own)| *sum += own / total);
            }
            weights = sums.into_iter().map(|sum| sum / right.len().max(1) as f32).collect();
        }
        self.mix = members.iter().zip(&weights).map(|((name, _), w)| ((*name).to_owned(), *w)).collect();
        for member in MEMBERS {
            self.mix.entry(member.to_owned()).or_insert(0.0);
        }
        let mixed = |at: usize| -> Vec<f32> {
            let count = members[0].1[at].len();
            (0..count)
                .map(|place| {
                    let sum: f32 =
                        members.iter().zip(&weights).map(|((_, rows), w)| w * rows[at][place]).sum();
                    (sum + 1.0e-6).ln()
                })
                .collect()
        };
        let held = HeldOut { rows: (0..right.len()).map(mixed).collect(), right };
        let temperature = temperature(&held);
        let threshold = threshold(&held, temperature, person);
        self.calibration.insert("ensemble".to_owned(), Calibration { temperature, threshold });
    }
}

/// For each card the log-odds of the best category it answers.
fn by_best_category(knowledge: &Knowledge, cards: &[ExpertCard], features: &Features) -> Vec<f32> {
    let logits = knowledge.softmax.logits(features);
    let mut best = vec![-60.0_f32; cards.len()];
    for (class, logit) in knowledge.softmax.classes.iter().zip(logits) {
        let expert = knowledge.table.get(class).unwrap_or(class);
        if let Some(at) = cards.iter().position(|card| card.name == *expert) {
            best[at] = best[at].max(logit);
        }
    }
    best
}

fn at_temperature(held: &HeldOut, temperature: f32) -> Vec<Vec<f32>> {
    let mut rows = held.rows.clone();
    rows.iter_mut().for_each(|row| shares(row, temperature));
    rows
}

/// The temperature at which the held-out decisions are likeliest, 0.2 to 8.
fn temperature(held: &HeldOut) -> f32 {
    let loss = |temperature: f32| -> f32 {
        let rows = at_temperature(held, temperature);
        rows.iter().zip(&held.right).map(|(row, right)| -row[*right].max(1e-7).ln()).sum()
    };
    // Evenly over the logarithm, then finer around the best.
    let mut best = (f32::INFINITY, 1.0);
    for step in -8..=10 {
        let temperature = (0.2 * step as f32).exp();
        best = [best, (loss(temperature), temperature)]
            .into_iter()
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .unwrap_or(best);
    }
    let middle = best.1;
    for step in -4..=4 {
        let temperature = middle * (0.04 * step as f32).exp();
        best = [best, (loss(temperature), temperature)]
            .into_iter()
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .unwrap_or(best);
    }
    best.1
}

/// Below which best share a task goes to the person: the largest that loses few of those in scope, but no larger than
/// what notices nearly all that are out of it.
fn threshold(held: &HeldOut, temperature: f32, person: Option<usize>) -> f32 {
    let Some(person) = person else { return 0.0 };
    let rows = at_temperature(held, temperature);
    let best = |row: &[f32]| {
        row.iter()
            .enumerate()
            .filter(|(at, _)| *at != person)
            .map(|(at, share)| (*share, at))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .unwrap_or((0.0, person))
    };
    let mut kept: Vec<f32> = vec![];
    let mut out: Vec<f32> = vec![];
    for (row, right) in rows.iter().zip(&held.right) {
        let (share, at) = best(row);
        match *right == person {
            true => out.push(share),
            false if at == *right && row[person] <= share => kept.push(share),
            false => {}
        }
    }
    if kept.is_empty() {
        return 0.0;
    }
    kept.sort_by(f32::total_cmp);
    out.sort_by(f32::total_cmp);
    let cheap = kept[((kept.len() as f32 * LOST) as usize).min(kept.len() - 1)];
    let enough = out.get((out.len() as f32 * NOTICED) as usize).copied().unwrap_or(f32::INFINITY);
    cheap.min(enough + 1e-4).clamp(0.0, 0.95)
}
