//! How long it takes to follow one more override, beside fitting everything anew.
//!
//! `cargo bench --bench route` learns one correction at 5,000 examples (SIZES=… for others), once with an expert for each
//! of ten kinds of task and once with 150 categories, as a vector of 384 figures and a dozen words each.

#![expect(clippy::print_stdout, reason = "a bench speaks by printing")]

use plantern::{
    decision::{ExpertCard, ExpertKind},
    router::{
        Knowledge,
        knowledge::{Example, Origin},
    },
    workbench::learning::{Job, learned, propose},
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use std::{collections::BTreeMap, sync::Arc, time::Instant};

const WIDTH: usize = 384;
const EXPERTS: usize = 10;
const ROUNDS: usize = 20;

fn main() {
    let sizes = std::env::var("SIZES").unwrap_or_else(|_| "500 5000".to_owned());
    println!("examples  categories  learn    with its gate   slowest   copy   from scratch   ratio");
    for size in sizes.split_whitespace().filter_map(|size| size.parse().ok()) {
        for categories in [EXPERTS, 150] {
            measure(size, categories);
        }
    }
}

fn measure(size: usize, categories: usize) {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let centres: Vec<Vec<f32>> = (0..categories).map(|_| vector(&mut random, &[0.0; WIDTH])).collect();
    let examples: Vec<Example> = (0..size).map(|at| example(&mut random, &centres, at)).collect();
    let cards: Vec<ExpertCard> = (0..=EXPERTS).map(card).collect();
    let before = Instant::now();
    let known = Arc::new(Knowledge::fit(examples.clone(), BTreeMap::new(), "person", 7));
    let scratch = before.elapsed().as_secs_f64() * 1000.0;
    let (mut learning, mut proposing, mut copying) = (vec![], vec![], vec![]);
    for round in 0..ROUNDS {
        let mut new = example(&mut random, &centres, size + round);
        new.category = None;
        new.expert = format!("expert{}", (round + 1) % EXPERTS);
        new.origin =
            Origin::Correction { session: "bench".to_owned(), seq: round as u32, reason: String::new() };
        let new = vec![new];
        let before = Instant::now();
        let copy = (*known).clone();
        copying.push(before.elapsed().as_secs_f64() * 1000.0);
        drop(copy);
        let before = Instant::now();
        drop(learned(&known, &cards, &new, 0));
        learning.push(before.elapsed().as_secs_f64() * 1000.0);
        let job =
            Job { cards: cards.clone(), known: Arc::clone(&known), base: vec![], new, seed: 7, number: 2 };
        let after = learned(&known, &cards, &job.new, 0);
        let before = Instant::now();
        let gate = plantern::router::gate::gate(&cards, &known, &after, &|one| one.text == job.new[0].text);
        proposing.push(learning[round] + before.elapsed().as_secs_f64() * 1000.0);
        assert!(0 < gate.controls.all);
        if gate.passes() {
            // The whole way, as the workbench goes it.
            let before = Instant::now();
            drop(propose(&job));
            proposing[round] = before.elapsed().as_secs_f64() * 1000.0;
        }
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let slowest = proposing.iter().copied().fold(0.0, f64::max);
    let (learn, whole, copy) = (median(&mut learning), median(&mut proposing), median(&mut copying));
    println!(
        "{size:>8} {categories:>11} {learn:>6.1} ms {whole:>10.1} ms {slowest:>9.1} {copy:>6.2} {scratch:>11.0} ms {:>6.0} x",
        scratch / whole
    );
}

/// A unit vector around a centre.
fn vector(random: &mut ChaCha8Rng, centre: &[f32]) -> Vec<f32> {
    let mut any = || random.next_u32() as f32 / u32::MAX as f32 - 0.5;
    let raw: Vec<f32> = centre.iter().map(|value| value + any() * 0.12).collect();
    let length = raw.iter().map(|value| value * value).sum::<f32>().sqrt();
    raw.into_iter().map(|value| value / length).collect()
}

fn example(random: &mut ChaCha8Rng, centres: &[Vec<f32>], at: usize) -> Example {
    let category = at % centres.len();
    let expert = category % EXPERTS;
    let words = (0..12).map(|_| match random.next_u32() % 3 {
        0 => format!("kind{category}"),
        _ => format!("word{}", random.next_u32() % 4000),
    });
    Example {
        text: words.collect::<Vec<_>>().join(" "),
        expert: format!("expert{expert}"),
        category: (EXPERTS < centres.len()).then(|| format!("category{category}")),
        vector: vector(random, &centres[category]),
        origin: Origin::File,
        outcomes: vec![],
        control: None,
    }
}

fn card(at: usize) -> ExpertCard {
    match at {
        EXPERTS => ExpertCard::new("person", ExpertKind::Person),
        _ => ExpertCard::new(format!("expert{at}"), ExpertKind::Prompt),
    }
}
