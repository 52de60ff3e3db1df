//! `route eval`: every router on a data set: accuracy, calibration, time, what it learns, cost against quality.

mod curve;
mod outcomes;
mod tell;

use super::{
    Refusal,
    data::{OUT_OF_SCOPE, RouteData, Row},
    reply,
    vectors::Vectors,
};
use crate::{
    ask::{Answer, Ask},
    decision::{Decision, ExpertCard, ExpertKind},
    engine::Command,
    headless::{Ending, Hands, Interrupt},
    ids::CallId,
    router::{
        self, Knowledge, RouteNext, RouteScene, Router,
        knowledge::{Example, Origin},
        measure::{Verdict, measure, share},
    },
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    time::Duration,
};

/// What is evaluated and how.
#[derive(Clone, Debug, Default)]
pub struct Job {
    pub data: RouteData,
    /// The part that is decided, `val` if there is one.
    pub part: Option<String>,
    pub routers: Vec<String>,
    /// At most so many rows for a router that asks the language model.
    pub asked: usize,
    /// Simulated overrides after which the learned router is measured; empty for no curve.
    pub curve: Vec<usize>,
    /// So many texts are embedded one by one, to tell what a decision takes whose text was never seen.
    pub cold: usize,
    pub seed: u64,
    pub json: bool,
}

/// One line of the result.
#[derive(Clone, Debug, Serialize)]
struct Scored {
    router: String,
    decisions: usize,
    accuracy: f32,
    in_scope: f32,
    out_of_scope: f32,
    calibration_error: f32,
    temperature: f32,
    threshold: f32,
    microseconds: f64,
}

/// Cards made of the rows to learn from: names, categories as description, some texts as examples.
pub fn cards(rows: &[&Row], examples: usize) -> Vec<ExpertCard> {
    let mut experts: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    rows.iter().for_each(|row| {
        experts.entry(&row.expert).or_default().push(row);
        row.outcomes.iter().for_each(|(expert, _)| {
            experts.entry(expert).or_default();
        });
    });
    experts
        .iter()
        .enumerate()
        .map(|(at, (name, rows))| {
            let categories: BTreeSet<&str> = rows.iter().filter_map(|row| row.category.as_deref()).collect();
            let about = categories.into_iter().collect::<Vec<_>>().join(", ").replace('_', " ");
            let stride = (rows.len() / examples.max(1)).max(1);
            let kind = if *name == OUT_OF_SCOPE { ExpertKind::Person } else { ExpertKind::Prompt };
            ExpertCard {
                description: if about.is_empty() { name.replace('_', " ") } else { about },
                examples: rows.iter().step_by(stride).take(examples).map(|row| row.text.clone()).collect(),
                cost: 1.0 + at as f32,
                origin: "data set".to_owned(),
                ..ExpertCard::new(*name, kind)
            }
        })
        .collect()
}

/// What a row of a data set teaches.
pub(super) fn example(row: &Row, vectors: &Vectors) -> Example {
    Example {
        text: row.text.clone(),
        expert: row.expert.clone(),
        category: row.category.clone(),
        vector: vectors.get(&row.text).to_vec(),
        origin: Origin::File,
        outcomes: row.outcomes.clone(),
        control: None,
    }
}

/// Examples on a card of a data set, for the routers that read cards.
const EXAMPLES: usize = 30;

/// Runs the evaluation and writes its tables.
///
/// # Errors
/// Too little data, a missing model, an interrupt; the output can not be written.
pub async fn evaluate(
    job: &Job,
    vectors: &mut Vectors,
    hands: &mut impl Hands,
    interrupt: &mut Interrupt,
    clock: &dyn Fn() -> Duration,
    out: &mut dyn Write,
    narration: &mut dyn Write,
) -> Result<io::Result<Ending>, Refusal> {
    let (train, test) = job.data.split(job.part.as_deref());
    if train.len() < 10 || test.is_empty() {
        let why = format!("{} rows to learn from and {} to decide are too few", train.len(), test.len());
        return Err(Refusal::new(Ending::Usage, why));
    }
    let mut say = |words: String| drop(writeln!(narration, "{words}"));
    say(format!("{} rows to learn from, {} to decide", train.len(), test.len()));
    for fault in job.data.faults.iter().take(5) {
        say(format!("left out: {fault}"));
    }
    let mut bench = Bench { hands, interrupt, clock };
    bench.embed(train.iter().chain(&test), vectors, &mut say).await?;
    if let Some(stride) = test.len().checked_div(job.cold) {
        let sample = test.iter().step_by(stride.max(1)).take(job.cold);
        bench.embed_alone(sample, &mut say).await?;
    }
    if !train[0].outcomes.is_empty() {
        return Ok(outcomes::outcomes(job, vectors, out));
    }
    let cards = cards(&train, EXAMPLES);
    let examples: Vec<Example> = train.iter().map(|row| example(row, vectors)).collect();
    let before = clock();
    let knowledge =
        Knowledge::fit_calibrated(examples.clone(), BTreeMap::new(), &cards, OUT_OF_SCOPE, job.seed);
    say(format!(
        "fitted and calibrated on the rows to learn from in {:.1} s",
        (clock() - before).as_secs_f64()
    ));
    let nothing = Knowledge::default();
    let (mut results, mut details) = (vec![], vec![]);
    for name in &job.routers {
        let Some(router) = router::router(name) else { continue };
        let asks = name == "likelihood";
        let stride = if asks { (test.len() / job.asked.max(1)).max(1) } else { 1 };
        let (mut verdicts, mut spent) = (vec![], Duration::ZERO);
        for (at, row) in test.iter().enumerate().step_by(stride) {
            let call = CallId(1_000_000 + at as u32);
            let vector = (!asks).then(|| vectors.get(&row.text).to_vec());
            let knows = if asks { &nothing } else { &knowledge };
            let scene =
                RouteScene { task: &row.text, tag: None, cards: &cards, reply: None, knowledge: knows };
            let (decision, took) = bench.decide(router, scene, vector, call).await?;
            spent += took;
            verdicts.extend(decision.map(|decision| Verdict {
                chosen: decision.chosen,
                right: vec![row.expert.clone()],
                confidence: decision.confidence,
            }));
        }
        let measured = measure(&verdicts, OUT_OF_SCOPE);
        let calibration = knowledge.calibration(name);
        results.push(Scored {
            router: name.clone(),
            decisions: measured.decisions,
            accuracy: measured.accuracy(),
            in_scope: share(measured.in_scope),
            out_of_scope: share(measured.out_of_scope),
            calibration_error: measured.calibration_error,
            temperature: calibration.temperature,
            threshold: calibration.threshold,
            microseconds: spent.as_secs_f64() * 1e6 / verdicts.len().max(1) as f64,
        });
        details.push((name.clone(), measured));
    }
    let curve = if job.curve.is_empty() {
        vec![]
    } else {
        curve::learning(job, &cards, &examples, &test, vectors, clock)
    };
    Ok(tell::tell(job, &results, &details, &curve, &knowledge, out))
}

/// What is timed: the experts that are asked, and the clock.
struct Bench<'a, H> {
    hands: &'a mut H,
    interrupt: &'a mut Interrupt,
    clock: &'a dyn Fn() -> Duration,
}

impl<H: Hands> Bench<'_, H> {
    /// Has the texts embedded that are not known yet, in batches.
    async fn embed<'r>(
        &mut self,
        rows: impl Iterator<Item = &'r &'r Row>,
        vectors: &mut Vectors,
        say: &mut impl FnMut(String),
    ) -> Result<(), Refusal> {
        let before = (self.clock)();
        let texts: Vec<&str> = rows.map(|row| row.text.as_str()).collect();
        let asked = vectors
            .fetch(texts, self.hands, self.interrupt, &mut |done, of| {
                if 0 < of {
                    say(format!("embedding {done} of {of}"));
                }
            })
            .await?;
        if 0 < asked {
            let each = ((self.clock)() - before).as_secs_f64() * 1000.0 / asked as f64;
            say(format!("{asked} texts embedded, {each:.2} ms each, in batches"));
        }
        Ok(())
    }

    /// Has each of these texts embedded by itself, as if it was never seen.
    async fn embed_alone<'r>(
        &mut self,
        rows: impl Iterator<Item = &'r &'r Row>,
        say: &mut impl FnMut(String),
    ) -> Result<(), Refusal> {
        let (mut alone, mut took) = (Vectors::default(), vec![]);
        for row in rows {
            let before = (self.clock)();
            alone.fetch([row.text.as_str()], self.hands, self.interrupt, &mut |_, _| {}).await?;
            took.push(((self.clock)() - before).as_secs_f64() * 1000.0);
        }
        took.sort_by(f64::total_cmp);
        let at = |share: usize| took[(took.len() * share / 100).min(took.len() - 1)];
        let (half, most) = (at(50), at(99));
        say(format!(
            "{} texts embedded one by one: {half:.2} ms, at the 99th percentile {most:.2} ms",
            took.len()
        ));
        Ok(())
    }

    /// One decision and how long it took. `vector` is at hand for routers that want one; what else is wanted is asked.
    async fn decide(
        &mut self,
        router: &dyn Router,
        mut scene: RouteScene<'_>,
        vector: Option<Vec<f32>>,
        call: CallId,
    ) -> Result<(Option<Decision>, Duration), Refusal> {
        if self.interrupt.came() {
            return Err(Refusal::new(Ending::Interrupted, "interrupted"));
        }
        let known = vector.map(|scores| Answer { scores, ..Answer::default() });
        let before = (self.clock)();
        scene.reply = known.as_ref();
        let mut next = router.route(&scene);
        let answer;
        if let RouteNext::Ask(request) = next {
            let ask = Box::new(Ask::local(router.name(), request));
            self.hands.perform(Command::Ask { call, ask });
            answer = reply(call, self.hands, self.interrupt).await?;
            scene.reply = Some(&answer);
            next = router.route(&scene);
        }
        let took = (self.clock)() - before;
        Ok(match next {
            RouteNext::Decide(decision) => (Some(decision), took),
            RouteNext::Ask(_) => (None, took),
        })
    }
}
