//! Multinomial logistic regression with a penalty on large weights, on a vector and on words.
//!
//! Fitted by "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization" (AdaGrad), one example at a
//! time in an order drawn from a seed, so the same examples give the same weights. One more example is learned in place:
//! a few passes over it, among old ones, so that what was known stays known.

use super::features::Features;
use imbl::OrdMap;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use std::sync::Arc;

/// The embedding counts this much more than its unit length, so that its weights stay small.
const DENSE: f32 = 2.0;
/// Words count this much.
const WORDS: f32 = 1.5;
/// Step of AdaGrad.
const RATE: f32 = 0.3;
/// An error of which each part is smaller than this teaches nothing new.
const LITTLE: f32 = 0.03;
/// What AdaGrad has seen before it begins, so that the first steps are not wild.
const SEEN: f32 = 0.02;

/// Weights for each class: rows of features, in each a figure for every class.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Softmax {
    pub classes: Vec<String>,
    /// How long the vectors are.
    pub width: usize,
    /// `(width + 1) x classes`; the last row is the bias.
    pub dense: Vec<f32>,
    /// Rows by word, shared with the copies of this value: a new version holds what it changed.
    words: OrdMap<u32, Arc<Row>>,
    seen_dense: Vec<f32>,
}

/// A word's weight for each class, and what AdaGrad has seen of each; classes that came later are not in it until the word
/// is seen again, and weigh nothing.
#[derive(Clone, Debug, Default, PartialEq)]
struct Row {
    weights: Vec<f32>,
    seen: Vec<f32>,
}

/// What one example teaches.
#[derive(Clone, Copy, Debug)]
pub struct Lesson<'a> {
    pub features: &'a Features,
    pub aim: Aim<'a>,
    pub weight: f32,
}

/// What is known of an example.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aim<'a> {
    /// Its class.
    Is(usize),
    /// Classes that it is not of ("Learning from Complementary Labels"): which other one is open.
    Not(&'a [usize]),
}

impl Softmax {
    pub fn new(classes: Vec<String>, width: usize) -> Softmax {
        let cells = (width + 1) * classes.len();
        Softmax {
            classes,
            width,
            dense: vec![0.0; cells],
            seen_dense: vec![SEEN; cells],
            ..Softmax::default()
        }
    }

    /// Weights as they were stored; what AdaGrad has seen begins anew.
    pub fn restored(
        classes: Vec<String>,
        width: usize,
        dense: Vec<f32>,
        words: impl IntoIterator<Item = (u32, Vec<f32>)>,
    ) -> Option<Softmax> {
        let count = classes.len();
        let good = |row: &[f32], length: usize| row.len() == length && row.iter().all(|one| one.is_finite());
        let row = |(key, weights): (u32, Vec<f32>)| {
            let seen = vec![1.0; weights.len()];
            let fits = weights.len() <= count && good(&weights, weights.len());
            fits.then(|| (key, Arc::new(Row { weights, seen })))
        };
        let words = words.into_iter().map(row).collect::<Option<OrdMap<_, _>>>()?;
        good(&dense, (width + 1) * count).then(|| {
            let seen_dense = vec![1.0; dense.len()];
            Softmax { classes, width, dense, words, seen_dense }
        })
    }

    /// Words and their weights for each class.
    pub fn rows(&self) -> impl Iterator<Item = (u32, &[f32])> {
        self.words.iter().map(|(key, row)| (*key, row.weights.as_slice()))
    }

    /// Takes the lessons in, `epochs` times each.
    pub fn fit(&mut self, lessons: &[Lesson<'_>], epochs: usize, seed: u64) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut order: Vec<usize> = (0..lessons.len()).collect();
        for epoch in 0..epochs {
            for at in (1..order.len()).rev() {
                order.swap(at, (random.next_u64() % (at as u64 + 1)) as usize);
            }
            let rate = RATE * (1.0 - 0.7 * epoch as f32 / epochs.max(1) as f32);
            for at in &order {
                self.step(&lessons[*at], rate, 0.0);
            }
        }
    }

    /// One more lesson, `times` over, among old ones: what is right already with little doubt is left alone.
    pub fn add(&mut self, new: &Lesson<'_>, times: usize, old: &[Lesson<'_>], seed: u64) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut order: Vec<&Lesson<'_>> = std::iter::repeat_n(new, times).chain(old).collect();
        for at in (1..order.len()).rev() {
            order.swap(at, (random.next_u64() % (at as u64 + 1)) as usize);
        }
        order.into_iter().for_each(|lesson| self.step(lesson, RATE, LITTLE));
    }

    /// One more class, with weights of zero.
    pub fn class(&mut self, name: &str) -> usize {
        if let Some(at) = self.classes.iter().position(|class| class == name) {
            return at;
        }
        let count = self.classes.len();
        let widen = |row: &[f32], with: f32| {
            row.chunks(count.max(1)).flat_map(|row| [row, &[with]].concat()).collect()
        };
        if count == 0 {
            self.dense = vec![0.0; self.width + 1];
            self.seen_dense = vec![SEEN; self.width + 1];
        } else {
            self.dense = widen(&self.dense, 0.0);
            self.seen_dense = widen(&self.seen_dense, SEEN);
        }
        self.classes.push(name.to_owned());
        count
    }

    fn step(&mut self, lesson: &Lesson<'_>, rate: f32, least: f32) {
        let mut error = self.logits(lesson.features);
        shares(&mut error, 1.0);
        match lesson.aim {
            Aim::Is(class) => error[class] -= 1.0,
            Aim::Not(classes) => away(&mut error, classes),
        }
        if error.iter().all(|error| error.abs() < least) {
            return;
        }
        error.iter_mut().for_each(|error| *error *= lesson.weight);
        let count = self.classes.len();
        let dense = lesson.features.dense.iter().map(|value| value * DENSE).chain([1.0]);
        let rows = self.dense.chunks_exact_mut(count).zip(self.seen_dense.chunks_exact_mut(count));
        for ((weights, seen), value) in rows.zip(dense) {
            descend(weights, seen, &error, value, rate);
        }
        for (key, value) in &lesson.features.words {
            let new = || Arc::new(Row { weights: vec![0.0; count], seen: vec![SEEN; count] });
            let row = Arc::make_mut(self.words.entry(*key).or_insert_with(new));
            row.weights.resize(count, 0.0);
            row.seen.resize(count, SEEN);
            descend(&mut row.weights, &mut row.seen, &error, value * WORDS, rate);
        }
    }

    /// Log-odds of every class.
    pub fn logits(&self, features: &Features) -> Vec<f32> {
        let count = self.classes.len();
        let mut sums = vec![0.0_f32; count];
        if count == 0 {
            return sums;
        }
        let mut rows = self.dense.chunks_exact(count);
        for (row, value) in (&mut rows).take(self.width).zip(&features.dense) {
            add(&mut sums, row, value * DENSE);
        }
        if let Some(bias) = self.dense.chunks_exact(count).nth(self.width) {
            add(&mut sums, bias, 1.0);
        }
        for (key, value) in &features.words {
            if let Some(row) = self.words.get(key) {
                add(&mut sums, &row.weights, value * WORDS);
            }
        }
        sums
    }

    /// How much each of the words speaks for the class, against the mean of all classes; the loudest first.
    pub fn pushing<'a>(&self, terms: &'a [String], class: usize) -> Vec<(&'a str, f32)> {
        let mut found: Vec<(&str, f32)> = terms
            .iter()
            .filter_map(|term| {
                let row = &self.words.get(&super::features::hash(term))?.weights;
                let mean = row.iter().sum::<f32>() / self.classes.len().max(1) as f32;
                Some((term.as_str(), row.get(class).copied().unwrap_or(0.0) - mean))
            })
            .collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found.dedup_by(|a, b| a.0 == b.0);
        found
    }
}

/// From shares to the slope of `-ln(1 - what those classes have)`: away from them, towards all others as they stand.
fn away(shares: &mut [f32], classes: &[usize]) {
    let held: f32 = classes.iter().filter_map(|class| shares.get(*class)).sum();
    let rest = (1.0 - held).max(1e-3);
    for (class, share) in shares.iter_mut().enumerate() {
        *share *= if classes.contains(&class) { 1.0 } else { -held / rest };
    }
}

fn add(sums: &mut [f32], row: &[f32], times: f32) {
    for (sum, weight) in sums.iter_mut().zip(row) {
        *sum += weight * times;
    }
}

/// One step downhill; a small penalty keeps weights from growing without need.
fn descend(weights: &mut [f32], seen: &mut [f32], error: &[f32], value: f32, rate: f32) {
    const PENALTY: f32 = 2.0e-5;
    for ((weight, seen), error) in weights.iter_mut().zip(seen).zip(error) {
        let slope = error * value + PENALTY * *weight;
        *seen += slope * slope;
        *weight -= rate * slope / seen.sqrt();
    }
}

/// Log-odds at a temperature, as shares of 1, in place.
pub fn shares(logits: &mut [f32], temperature: f32) {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut total = 0.0;
    for logit in logits.iter_mut() {
        *logit = ((*logit - most) / temperature).exp();
        total += *logit;
    }
    logits.iter_mut().for_each(|logit| *logit /= total);
}
