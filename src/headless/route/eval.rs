//! `route eval`: every router on a data set: accuracy, calibration, time, what it learns, cost against quality.

use super::{
    Refusal,
    data::{OUT_OF_SCOPE, RouteData, Row},
    reply,
    vectors::Vectors,
};
use crate::{
    ask::{Answer, Ask},
    decision::{ExpertCard, ExpertKind},
    engine::Command,
    headless::{Ending, Hands, Interrupt, json_line, table::table},
    ids::CallId,
    router::{
        self, Knowledge, RouteNext, RouteScene,
        knowledge::{Example, Origin},
        measure::{Measured, Point, Verdict, cost_quality, measure, share},
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

/// One point of the learning curve.
#[derive(Clone, Debug, Serialize)]
struct Learning {
    overrides: usize,
    in_scope: f32,
    out_of_scope: f32,
    milliseconds_each: f64,
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
            ExpertCard {
                name: (*name).to_owned(),
                description: if about.is_empty() { name.replace('_', " ") } else { about },
                examples: rows.iter().step_by(stride).take(examples).map(|row| row.text.clone()).collect(),
                kind: if *name == OUT_OF_SCOPE { ExpertKind::Person } else { ExpertKind::Prompt },
                cost: 1.0 + at as f32,
                permissions: vec![],
                server: None,
                model: None,
                max_tokens: 1,
                stop: vec![],
                schema: None,
                choices: vec![],
                body: String::new(),
                version: String::new(),
                origin: "data set".to_owned(),
            }
        })
        .collect()
}

fn example(row: &Row, vectors: &Vectors) -> Example {
    Example {
        text: row.text.clone(),
        expert: row.expert.clone(),
        category: row.category.clone(),
        vector: vectors.get(&row.text).to_vec(),
        origin: Origin::File,
        outcomes: row.outcomes.clone(),
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
    let all: Vec<&str> = train.iter().chain(&test).map(|row| row.text.as_str()).collect();
    let before = clock();
    let asked = vectors
        .fetch(all, hands, interrupt, &mut |done, of| {
            if 0 < of {
                say(format!("embedding {done} of {of}"));
            }
        })
        .await?;
    let embedding = (clock() - before).as_secs_f64() * 1000.0 / asked.max(1) as f64;
    if 0 < asked {
        say(format!("{asked} texts embedded, {embedding:.2} ms each, in batches"));
    }
    if !train[0].outcomes.is_empty() {
        return Ok(outcomes(job, vectors, out));
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
    let mut results = vec![];
    let mut details = vec![];
    for name in &job.routers {
        let Some(router) = router::router(name) else { continue };
        let mut verdicts = vec![];
        let mut spent = Duration::ZERO;
        let asks = name == "likelihood";
        let stride = if asks { (test.len() / job.asked.max(1)).max(1) } else { 1 };
        for (at, row) in test.iter().enumerate().step_by(stride) {
            if interrupt.came() {
                return Err(Refusal::new(Ending::Interrupted, "interrupted"));
            }
            let reply_vector = Answer { scores: vectors.get(&row.text).to_vec(), ..Answer::default() };
            let empty = Knowledge::default();
            let knows = if asks { &empty } else { &knowledge };
            let mut scene =
                RouteScene { task: &row.text, tag: None, cards: &cards, reply: None, knowledge: knows };
            let before = clock();
            let next = if asks {
                router.route(&scene)
            } else {
                scene.reply = Some(&reply_vector);
                router.route(&scene)
            };
            let answer;
            let next = match next {
                RouteNext::Ask(request) => {
                    let call = CallId(1_000_000 + at as u32);
                    hands.perform(Command::Ask { call, ask: Ask::local(name.as_str(), request) });
                    answer = reply(call, hands, interrupt).await?;
                    scene.reply = Some(&answer);
                    router.route(&scene)
                }
                decided => decided,
            };
            spent += clock() - before;
            if let RouteNext::Decide(decision) = next {
                verdicts.push(Verdict {
                    chosen: decision.chosen,
                    right: vec![row.expert.clone()],
                    confidence: decision.confidence,
                });
            }
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
    let curve =
        if job.curve.is_empty() { vec![] } else { learning(job, &cards, &examples, &test, vectors, clock) };
    Ok(tell(job, &results, &details, &curve, &knowledge, out))
}

/// The learned router begins with a few rows and is told the right expert of one more at a time.
fn learning(
    job: &Job,
    cards: &[ExpertCard],
    examples: &[Example],
    test: &[&Row],
    vectors: &Vectors,
    clock: &dyn Fn() -> Duration,
) -> Vec<Learning> {
    const START: usize = 200;
    let stride = (examples.len() / START).max(1);
    let (start, rest): (Vec<_>, Vec<_>) = examples.iter().enumerate().partition(|(at, _)| at % stride == 0);
    let start = start.into_iter().map(|(_, one)| one.clone()).collect();
    let mut rest: Vec<&Example> = rest.into_iter().map(|(_, one)| one).collect();
    // In an order that has nothing to do with the file's.
    rest.sort_by_key(|one| router::features::hash(&format!("{} {}", job.seed, one.text)));
    let mut knowledge = Knowledge::fit_calibrated(start, BTreeMap::new(), cards, OUT_OF_SCOPE, job.seed);
    let router = router::router("learned");
    let judge = |knowledge: &Knowledge| -> Measured {
        let verdicts: Vec<Verdict> = test
            .iter()
            .filter_map(|row| {
                let reply = Answer { scores: vectors.get(&row.text).to_vec(), ..Answer::default() };
                let scene = RouteScene { task: &row.text, tag: None, cards, reply: Some(&reply), knowledge };
                let RouteNext::Decide(decision) = router?.route(&scene) else { return None };
                let right = vec![row.expert.clone()];
                Some(Verdict { chosen: decision.chosen, right, confidence: decision.confidence })
            })
            .collect();
        measure(&verdicts, OUT_OF_SCOPE)
    };
    let mut curve = vec![];
    let mut tell = |overrides: usize, knowledge: &Knowledge, spent: Duration| {
        let measured = judge(knowledge);
        curve.push(Learning {
            overrides,
            in_scope: share(measured.in_scope),
            out_of_scope: share(measured.out_of_scope),
            milliseconds_each: spent.as_secs_f64() * 1000.0,
        });
    };
    tell(0, &knowledge, Duration::ZERO);
    let mut done = 0;
    for stop in &job.curve {
        let before = clock();
        let from = done;
        while done < *stop && done < rest.len() {
            knowledge.learn(rest[done].clone());
            done += 1;
        }
        tell(done, &knowledge, (clock() - before) / ((done - from).max(1) as u32));
    }
    curve
}

/// Two experts, weak and strong: what each router recovers of the gap between them. Every row is decided by what was
/// fitted to the other four fifths.
fn outcomes(job: &Job, vectors: &Vectors, out: &mut dyn Write) -> io::Result<Ending> {
    const FOLDS: usize = 5;
    const POINTS: usize = 20;
    let rows: Vec<&Row> = job.data.rows.iter().filter(|row| row.outcomes.len() == 2).collect();
    let (weak, strong) = (rows[0].outcomes[0].0.clone(), rows[0].outcomes[1].0.clone());
    let names = [weak.as_str(), strong.as_str()];
    let mut tasks: BTreeMap<&str, Vec<(f32, bool, bool)>> = BTreeMap::new();
    for fold in 0..FOLDS {
        let own = |row: &&&Row| router::features::hash(&row.group) as usize % FOLDS == fold;
        let examples = rows.iter().filter(|row| !own(row)).map(|row| example(row, vectors)).collect();
        let knowledge = Knowledge::fit(examples, BTreeMap::new(), OUT_OF_SCOPE, job.seed);
        for row in rows.iter().filter(own) {
            let vector = vectors.get(&row.text);
            let features = router::features::Features::new(&row.text, vector);
            let gains = [
                ("ability", {
                    let success = knowledge.ability.success(&names, vector);
                    success[1] - success[0]
                }),
                ("ability, weak alone", -knowledge.ability.success(&names, vector)[0]),
                ("learned", {
                    let logits = knowledge.by_category(&names, &features);
                    logits[1] - logits[0]
                }),
                ("embedding", {
                    let logits = knowledge.by_examples(&names, vector);
                    logits[1] - logits[0]
                }),
                ("centroid", {
                    let logits = knowledge.by_centroid(&names, vector);
                    logits[1] - logits[0]
                }),
                ("longest first", row.text.len() as f32),
                ("by chance", router::features::hash(&format!("{}{}", job.seed, row.text)) as f32),
                ("perfect", f32::from(i8::from(row.outcomes[1].1) - i8::from(row.outcomes[0].1))),
            ];
            for (name, gain) in gains {
                tasks.entry(name).or_default().push((gain, row.outcomes[0].1, row.outcomes[1].1));
            }
        }
    }
    let curves: BTreeMap<&str, Vec<Point>> =
        tasks.iter().map(|(name, tasks)| (*name, cost_quality(tasks, POINTS))).collect();
    if job.json {
        writeln!(out, "{}", json_line(&curves))?;
        return Ok(Ending::Done);
    }
    let at = |curve: &[Point], share: usize| curve[POINTS * share / 100];
    let first = curves.values().next().map(Vec::as_slice).unwrap_or_default();
    writeln!(
        out,
        "{} rows; {weak} alone solves {:.1} %, {strong} alone {:.1} %\n",
        rows.len(),
        100.0 * first[0].quality,
        100.0 * first[POINTS].quality
    )?;
    let lines: Vec<_> = curves
        .iter()
        .map(|(name, curve)| {
            let mean = curve.iter().map(|point| point.recovered).sum::<f32>() / curve.len() as f32;
            [
                (*name).to_owned(),
                format!("{:.1} %", 100.0 * at(curve, 25).quality),
                format!("{:.1} %", 100.0 * at(curve, 25).recovered),
                format!("{:.1} %", 100.0 * at(curve, 50).quality),
                format!("{:.1} %", 100.0 * at(curve, 50).recovered),
                format!("{:.3}", mean),
            ]
        })
        .collect();
    let head = ["router", ">solved at 25 %", ">recovered", ">solved at 50 %", ">recovered", ">mean"];
    out.write_all(table(head, &lines).as_bytes())?;
    Ok(Ending::Done)
}

fn tell(
    job: &Job,
    results: &[Scored],
    details: &[(String, Measured)],
    curve: &[Learning],
    knowledge: &Knowledge,
    out: &mut dyn Write,
) -> io::Result<Ending> {
    if job.json {
        for (result, (_, measured)) in results.iter().zip(details) {
            let mut value = serde_json::to_value(result).unwrap_or_default();
            value["bins"] = serde_json::to_value(&measured.bins).unwrap_or_default();
            value["confusion"] = serde_json::to_value(&measured.confusion).unwrap_or_default();
            writeln!(out, "{}", json_line(&value))?;
        }
        curve.iter().try_for_each(|point| writeln!(out, "{}", json_line(point)))?;
        return Ok(Ending::Done);
    }
    let percent = |share: f32| format!("{:.2} %", 100.0 * share);
    let out_of_scope = details.iter().any(|(_, measured)| 0 < measured.out_of_scope.0);
    let rows: Vec<_> = results
        .iter()
        .map(|one| {
            [
                one.router.clone(),
                one.decisions.to_string(),
                percent(one.in_scope),
                if out_of_scope { percent(one.out_of_scope) } else { "-".to_owned() },
                format!("{:.4}", one.calibration_error),
                format!("{:.0}", one.microseconds),
                format!("{:.2}", one.temperature),
                format!("{:.3}", one.threshold),
            ]
        })
        .collect();
    let head = ["router", ">rows", ">in scope", ">out of scope", ">ECE", ">us", ">temperature", ">threshold"];
    out.write_all(table(head, &rows).as_bytes())?;
    let mix: Vec<String> = knowledge.mix.iter().map(|(name, weight)| format!("{name} {weight:.2}")).collect();
    writeln!(out, "\nensemble: {}", mix.join(", "))?;
    if !curve.is_empty() {
        let rows: Vec<_> = curve
            .iter()
            .map(|point| {
                [
                    point.overrides.to_string(),
                    percent(point.in_scope),
                    percent(point.out_of_scope),
                    format!("{:.2}", point.milliseconds_each),
                ]
            })
            .collect();
        writeln!(out)?;
        out.write_all(table(["overrides", ">in scope", ">out of scope", ">ms each"], &rows).as_bytes())?;
    }
    Ok(Ending::Done)
}
