//! How fast the lane is on this machine: one line for each figure.
//!
//! `cargo bench --bench lane` finds the model as the tests do: PLANTERN_TEST_GGUF, else the model folder.
//! THREADS and PLANTERN_KERNELS (portable, avx2, avx-vnni, avx512-vnni, neon, neon-dotprod) narrow what is measured;
//! PLANTERN_DEVICE (cuda, metal) measures a GPU instead.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench speaks by printing")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Device, Module, Tensor};
use plantern::ask::Sampling;
use plantern::expert::Control;
use plantern::expert::candle::cache::Cache;
use plantern::expert::candle::generate::{Job, Rules, Tokens};
use plantern::expert::candle::gguf::GgufFile;
use plantern::expert::candle::kernels::activation::{Block, quantise};
use plantern::expert::candle::kernels::pack::Packed;
use plantern::expert::candle::kernels::{self, Level, Pool, matmul};
use plantern::expert::candle::machine::{Choice, Device as Named};
use plantern::expert::candle::model::LanguageModel;
use plantern::expert::candle::network::{Network, Row};

fn main() {
    let Some(path) = model_path() else {
        eprintln!("SKIPPED: no model; set PLANTERN_TEST_GGUF to a GGUF file");
        return;
    };
    let threads = std::env::var("THREADS").ok().and_then(|text| text.parse().ok());
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let wanted = std::env::var("PLANTERN_KERNELS").ok();
    let level = wanted.as_ref().map_or(Ok(Level::best()), |name| Level::named(name)).expect("kernels");
    let device = Named::of_environment().expect("a device");
    let choice = Choice { level, threads: Some(threads), device };
    if choice.device == Named::Processor {
        limit(level, threads);
        products(level, threads);
    }
    model(&path, choice);
    if wanted.is_none() {
        generations(&path, choice);
    }
}

fn model_path() -> Option<PathBuf> {
    let named = std::env::var_os("PLANTERN_TEST_GGUF").map(PathBuf::from);
    let usual = std::env::var_os("HOME")
        .map(|home| PathBuf::from(home).join(".cache/plantern/models/SmolLM2-135M-Instruct.Q4_1.gguf"));
    named.or(usual).filter(|path| path.exists())
}

/// Seconds of the fastest of some runs: what the machine can do when nobody disturbs it.
fn best(runs: usize, mut work: impl FnMut()) -> f64 {
    work();
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    (0..runs).map(|_| time(&mut work)).fold(f64::INFINITY, f64::min)
}

/// What the processor could do if nothing had to be fetched.
fn limit(level: Level, threads: usize) {
    let pool = Pool::new(threads);
    let mut operations = 0.0;
    let seconds = best(20, || operations = kernels::limit::limit(level, &pool, 20_000));
    println!("int8 limit with {threads} threads: {:.0} Gop/s", operations / seconds / 1e9);
}

/// One product of the model's feed-forward size against candle's own.
fn products(level: Level, threads: usize) {
    let (rows, columns) = (1536, 576);
    let values: Vec<f32> = (0..rows * columns).map(|i| (i as f32 * 0.37).sin()).collect();
    let tensor = Tensor::from_vec(values, (rows, columns), &Device::Cpu).expect("a tensor");
    let pool = Pool::new(threads);
    for (dtype, pack) in [
        (GgmlDType::Q4_1, Packed::from_q4_1 as fn(&[u8], usize) -> Packed),
        (GgmlDType::Q8_0, Packed::from_q8_0),
    ] {
        let quantised = QTensor::quantize(&tensor, dtype).expect("quantised");
        let weights = pack(&quantised.data().expect("bytes"), columns);
        let stock = QMatMul::from_qtensor(quantised).expect("candle's product");
        for count in [1usize, 64] {
            let input: Vec<f32> = (0..count * columns).map(|i| (i as f32 * 0.11).cos()).collect();
            let lhs = Tensor::from_vec(input.clone(), (count, columns), &Device::Cpu).expect("a tensor");
            let candle = best(30, || drop(stock.forward(&lhs).expect("a product")));
            let mut acts = vec![Block::default(); input.len() / 32];
            let mut out = vec![0.0; rows * count];
            let ours = best(200, || {
                for (row, acts) in input.chunks_exact(columns).zip(acts.chunks_exact_mut(columns / 32)) {
                    quantise(level, row, acts);
                }
                matmul::multiply(level, &pool, &weights, &acts, count, &mut out);
            });
            let operations = 2.0 * (rows * columns * count) as f64 / ours / 1e9;
            println!(
                "product {dtype:?} {count:2} rows: {:6.1} times candle's, {operations:7.1} Gop/s",
                candle / ours
            );
        }
    }
}

fn model(path: &Path, choice: Choice) {
    let start = Instant::now();
    let mut file = GgufFile::open(path).expect("a model file");
    let header = start.elapsed().as_secs_f64();
    let machine = choice.open().expect("a machine");
    let mut model = machine.load(&mut file, &[], &mut |_| {}).expect("a model");
    let model = &mut *model;
    println!(
        "{}: header {:.0} ms, weights {:.0} ms, {} MiB",
        model.machine(),
        header * 1e3,
        (start.elapsed().as_secs_f64() - header) * 1e3,
        model.bytes() >> 20
    );
    let slow = if choice.level.name() == "portable" { 8 } else { 1 };
    let tokens: Vec<u32> = (0..1024).map(|i| 1000 + (i * 7919) % 20000).collect();
    for length in [32, 128, 512, 1024 / slow] {
        let seconds = best(3, || read(model, &mut None, &tokens[..length]));
        println!("prefill {length:5}: {:7.0} tokens/s", length as f64 / seconds);
    }
    for depth in [1, 512 / slow, 1024 / slow] {
        let mut cache = None;
        read(model, &mut cache, &tokens[..depth]);
        let steps = 64 / slow;
        let seconds = best(3, || {
            let mut cache = cache.clone();
            for step in 0..steps {
                read(model, &mut cache, &tokens[step..=step]);
            }
        });
        println!("decode at {depth:5}: {:7.1} tokens/s", steps as f64 / seconds);
    }
    contended(model, &tokens[..128 / slow]);
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        status
            .lines()
            .filter(|line| line.starts_with("VmHWM"))
            .for_each(|line| println!("peak memory {line}"));
    }
    for depth in [0, 512 / slow] {
        for count in [1, 2, 4, 8, 16] {
            let mut prefix = model.cache();
            if depth > 0 {
                let mut some = Some(prefix);
                read(model, &mut some, &tokens[..depth]);
                prefix = some.expect("a cache");
            }
            let steps = 32 / slow;
            let seconds = best(2, || {
                let mut caches = vec![prefix.clone(); count];
                for step in 0..steps {
                    let rows: Vec<Row> = (0..count)
                        .map(|cache| Row { cache, token: tokens[step + cache], logits: true })
                        .collect();
                    let mut borrowed: Vec<&mut Cache> = caches.iter_mut().collect();
                    model.forward(&mut borrowed, &rows).expect("a pass");
                }
            });
            let rate = (steps * count) as f64 / seconds;
            println!("decode of {count:2} together over {depth} shared: {rate:7.1} tokens/s in all");
        }
    }
}

/// What is left of the speed when other threads keep cores busy: medians, as the best run may have been undisturbed.
fn contended(model: &mut dyn Network, tokens: &[u32]) {
    let rates = |model: &mut dyn Network| {
        let mut prefill = Vec::new();
        let mut decode = Vec::new();
        for _ in 0..9 {
            let start = Instant::now();
            let mut cache = None;
            read(model, &mut cache, tokens);
            prefill.push(start.elapsed().as_secs_f64());
            let start = Instant::now();
            (0..32).for_each(|step| read(model, &mut cache, &tokens[step % 8..=step % 8]));
            decode.push(start.elapsed().as_secs_f64());
        }
        prefill.sort_by(f64::total_cmp);
        decode.sort_by(f64::total_cmp);
        (prefill[4], decode[4])
    };
    let alone = rates(model);
    for busy in [1, 2] {
        let stop = AtomicBool::new(false);
        let beside = std::thread::scope(|scope| {
            for _ in 0..busy {
                scope.spawn(|| while !std::hint::black_box(stop.load(Ordering::Relaxed)) {});
            }
            let beside = rates(model);
            stop.store(true, Ordering::Relaxed);
            beside
        });
        let (prefill, decode) = (alone.0 / beside.0, alone.1 / beside.1);
        println!(
            "beside {busy} busy threads: {prefill:.2} of the prefill rate, {decode:.2} of the decode rate"
        );
    }
}

/// Tokens without text: what is measured is everything but the vocabulary.
struct Silent;

impl Tokens for Silent {
    fn count(&self) -> usize {
        usize::MAX
    }
    fn bytes(&self, _: u32) -> &[u8] {
        b"x"
    }
    fn end_tokens(&self) -> &[u32] {
        &[]
    }
}

/// Whole generations: sampling, probabilities and alternatives included.
fn generations(path: &Path, choice: Choice) {
    let mut file = GgufFile::open(path).expect("a model file");
    let machine = choice.open().expect("a machine");
    let mut model = LanguageModel::from_file(&mut file, &[], &machine, &mut |_| {}).expect("a model");
    let control = Control::default();
    let prompt: Vec<u32> = (0..700).map(|i| 1000 + (i * 7919) % 20000).collect();
    for (name, temperature, top_p) in [("greedy", 0.0, 1.0), ("sampled", 0.8, 1.0), ("nucleus", 0.8, 0.95)] {
        let rules =
            Rules { sampling: Sampling { temperature, top_p, seed: 1 }, max_tokens: 64, stop: vec![] };
        let mut generate = |prompt: &[u32]| {
            let (prompt, rules, control) = (prompt.to_vec(), rules.clone(), control.clone());
            let job = Job { prompt, start: vec![], rules, constraint: None, sink: Box::new(()), control };
            model.generate(job, &Silent).expect("an answer");
        };
        let seconds = best(3, || generate(&prompt[..2]));
        println!("generate, {name}: {:.1} tokens/s", 64.0 / seconds);
    }
    let rules = Rules { sampling: Sampling::default(), max_tokens: 1, stop: vec![] };
    let first = |known: bool, model: &mut LanguageModel| {
        if !known {
            model.limit_prefixes(256 << 20);
        }
        let (prompt, rules, control) = (prompt.clone(), rules.clone(), control.clone());
        let job = Job { prompt, start: vec![], rules, constraint: None, sink: Box::new(()), control };
        model.generate(job, &Silent).expect("an answer");
    };
    let fresh = best(2, || first(false, &mut model));
    let known = best(5, || first(true, &mut model));
    println!("first token after 700: {:.0} ms, {:.1} ms when the prompt is known", fresh * 1e3, known * 1e3);
    for count in [2, 4, 8, 16] {
        let seconds = best(2, || {
            let job = || Job {
                prompt: prompt.clone(),
                start: vec![],
                rules: Rules { max_tokens: 32, ..rules.clone() },
                constraint: None,
                sink: Box::new(()),
                control: control.clone(),
            };
            model.generate_all((0..count).map(|_| job()).collect(), &Silent);
        });
        println!(
            "{count} answers over one known prompt of 700: {:.0} tokens/s in all",
            (32 * count) as f64 / seconds
        );
    }
}

/// Feeds tokens in chunks, wanting the last one's logits.
fn read(model: &mut dyn Network, cache: &mut Option<Cache>, tokens: &[u32]) {
    let cache = cache.get_or_insert_with(|| model.cache());
    let chunk = std::env::var("CHUNK").ok().and_then(|c| c.parse().ok()).unwrap_or(model.chunk());
    let mut left = tokens.len();
    for chunk in tokens.chunks(chunk) {
        left -= chunk.len();
        let rows: Vec<Row> = chunk
            .iter()
            .enumerate()
            .map(|(i, &token)| Row { cache: 0, token, logits: left == 0 && i + 1 == chunk.len() })
            .collect();
        model.forward(&mut [&mut *cache], &rows).expect("a pass");
    }
}
