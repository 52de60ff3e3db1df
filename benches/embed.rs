//! Sentences a second of the embedding model, side by side with onnxruntime on the same weights.
//!
//! `ONNX_PYTHON=path/to/python cargo bench --bench embed`, where that Python has onnx, onnxruntime, tokenizers and
//! safetensors; without it Plantern is measured alone. PLANTERN_TEST_MINILM names the model's folder.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench speaks by printing")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use plantern::expert::candle::{embedding::Embedder, kernels::Level};

const RUNS: usize = 5;

fn main() {
    let Some(folder) = folder() else {
        eprintln!("SKIPPED: no embedding model; set PLANTERN_TEST_MINILM to the folder of all-MiniLM-L6-v2");
        return;
    };
    let mut embedder = Embedder::load(&folder, Level::best()).expect("a model");
    // Nothing is computed twice: each run has its own number in every sentence.
    let mut run = 0;
    let mut best = |singly: bool| {
        let mut least = f64::INFINITY;
        for _ in 0..=RUNS {
            run += 1;
            let texts = sentences(run);
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let start = Instant::now();
            match singly {
                true => texts.iter().for_each(|text| drop(embedder.embed(&[text]).expect("a vector"))),
                false => drop(embedder.embed(&texts).expect("vectors")),
            }
            least = least.min(start.elapsed().as_secs_f64());
        }
        least
    };
    let rate = |seconds: f64| 64.0 / seconds;
    let ours = [best(true), best(false)];
    println!("one by one: {:.0} sentences/s; 64 together: {:.0}", rate(ours[0]), rate(ours[1]));
    let Some(python) = std::env::var_os("ONNX_PYTHON") else { return };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).to_string();
    let mut other = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/minilm_onnx.py"))
        .arg(&folder)
        .arg(threads)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let texts = sentences(0);
    other.stdin.take().expect("a pipe").write_all(texts.join("\n").as_bytes()).expect("python reads");
    let told = other.wait_with_output().expect("python ends");
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("figures");
    let vector = embedder.embed(&[&texts[0]]).expect("a vector");
    for (at, ours) in vector[0].iter().take(4).enumerate() {
        let theirs = told["first"][at].as_f64().expect("a number");
        assert!((f64::from(*ours) - theirs).abs() < 1e-3, "both compute the same: {ours} and {theirs}");
    }
    for (name, key, ours) in [("one by one", "singly", ours[0]), ("64 together", "together", ours[1])] {
        let theirs = told[key].as_f64().expect("seconds");
        println!(
            "onnxruntime, {name}: {:.0} sentences/s; ours is {:.2} times that",
            rate(theirs),
            theirs / ours
        );
    }
}

fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("PLANTERN_TEST_MINILM").map(PathBuf::from);
    let usual = std::env::var_os("HOME")
        .map(|home| PathBuf::from(home).join(".cache/plantern/models/all-MiniLM-L6-v2"));
    named.or(usual).filter(|path| path.exists())
}

/// Sixty-four requests as they are routed: eight to sixteen words.
fn sentences(run: usize) -> Vec<String> {
    let start = [
        "please find out",
        "what is",
        "tell me about",
        "could you compute",
        "i want to know",
        "look up",
        "who knows",
        "how do i get",
    ];
    let end = [
        "the last letters of the words in a long name",
        "my bank balance before the end of the month",
        "a cheap flight from lisbon to oslo on friday",
        "the weather in the mountains tomorrow morning",
        "the square of the sum of these numbers",
        "a recipe for soup with beans and a little ginger",
        "the director of that movie with the two brothers",
        "to the station when there is snow on the road",
    ];
    let pair = |at: usize| format!("{} {} {run}", start[at % 8], end[at / 8]);
    (0..64).map(pair).collect()
}
