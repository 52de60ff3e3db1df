//! What the learned router makes of one override after the other, each batch through the gate, as in the workbench.

use super::{
    super::{
        data::{OUT_OF_SCOPE, Row},
        vectors::Vectors,
    },
    Job,
};
use crate::{
    decision::ExpertCard,
    router::{
        Knowledge,
        features::hash,
        gate::{decide, gate},
        knowledge::Example,
        measure::{Measured, Verdict, measure, share},
    },
    workbench::learning::learned,
};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// One point of the learning curve.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Learning {
    pub(super) overrides: usize,
    pub(super) in_scope: f32,
    pub(super) out_of_scope: f32,
    pub(super) calibration_error: f32,
    /// An override with its share of calibration and gate.
    pub(super) milliseconds_each: f64,
    /// Batches since the point before: taken, refused by the gate.
    pub(super) taken: usize,
    pub(super) refused: usize,
    /// The largest loss that a taken batch brought on the rows that are decided, in points of accuracy.
    pub(super) worst: f32,
}

/// Rows that the router begins with.
const START: usize = 200;
/// Overrides that are learned together.
const BATCH: usize = 20;

/// The router begins with a few rows and is told the right expert of others, some at a time. What the gate refuses comes
/// again with the next batch, as a person's corrections would.
pub(super) fn learning(
    job: &Job,
    cards: &[ExpertCard],
    examples: &[Example],
    test: &[&Row],
    vectors: &Vectors,
    clock: &dyn Fn() -> Duration,
) -> Vec<Learning> {
    let stride = (examples.len() / START).max(1);
    let (start, rest): (Vec<_>, Vec<_>) = examples.iter().enumerate().partition(|(at, _)| at % stride == 0);
    let start = start.into_iter().map(|(_, one)| one.clone()).collect();
    let mut rest: Vec<&Example> = rest.into_iter().map(|(_, one)| one).collect();
    // In an order that has nothing to do with the file's.
    rest.sort_by_key(|one| hash(&format!("{} {}", job.seed, one.text)));
    let mut knowledge = Knowledge::fit_calibrated(start, BTreeMap::new(), cards, OUT_OF_SCOPE, job.seed);
    let judge = |knowledge: &Knowledge| -> Measured {
        let verdict = |row: &&Row| {
            let (chosen, confidence) = decide(knowledge, cards, &row.text, vectors.get(&row.text));
            Verdict { chosen, right: vec![row.expert.clone()], confidence }
        };
        measure(&test.iter().map(verdict).collect::<Vec<_>>(), OUT_OF_SCOPE)
    };
    let point = |overrides: usize, measured: &Measured| Learning {
        overrides,
        in_scope: share(measured.in_scope),
        out_of_scope: share(measured.out_of_scope),
        calibration_error: measured.calibration_error,
        milliseconds_each: 0.0,
        taken: 0,
        refused: 0,
        worst: 0.0,
    };
    let mut measured = judge(&knowledge);
    let mut curve = vec![point(0, &measured)];
    let (mut done, mut waiting) = (0, vec![]);
    for stop in &job.curve {
        let (from, mut spent) = (done, Duration::ZERO);
        let (mut taken, mut refused, mut worst) = (0, 0, 0.0_f32);
        while done < *stop && done < rest.len() {
            let until = (done + BATCH).min(*stop).min(rest.len());
            waiting.extend(rest[done..until].iter().map(|one| (*one).clone()));
            done = until;
            let before = clock();
            let after = learned(&knowledge, cards, &waiting, job.seed);
            let fresh: Vec<&str> = waiting.iter().map(|one: &Example| one.text.as_str()).collect();
            let passes = gate(cards, &knowledge, &after, &|one| fresh.contains(&one.text.as_str())).passes();
            spent += clock() - before;
            if !passes {
                refused += 1;
                continue;
            }
            (knowledge, taken) = (after, taken + 1);
            waiting.clear();
            let now = judge(&knowledge);
            worst = worst.max(100.0 * (measured.accuracy() - now.accuracy()));
            measured = now;
        }
        let milliseconds_each = spent.as_secs_f64() * 1000.0 / (done - from).max(1) as f64;
        curve.push(Learning { milliseconds_each, taken, refused, worst, ..point(done, &measured) });
    }
    curve
}
