//! The real model against figures that a script of another make computed in full precision: `tests/data/reference/`.
//!
//! The lane rounds activations to bytes and keys and values to f16; the tolerances here are what that may cost.

use crate::weights::models;
use plantern::expert::candle::{
    gguf::GgufFile,
    kernels::Level,
    machine::{Choice, Device},
    network::{Network, Row},
    vocabulary::Vocabulary,
};
use serde::Deserialize;
use std::{fs, path::Path};

#[derive(Deserialize)]
struct Figures {
    file: String,
    logits: Vec<Logits>,
    perplexity: Perplexity,
    greedy: Vec<Greedy>,
}

#[derive(Deserialize)]
struct Logits {
    prompt: String,
    tokens: Vec<u32>,
    logits: Vec<(u32, f32)>,
}

#[derive(Deserialize)]
struct Perplexity {
    text: String,
    windows: usize,
    whole: f64,
    second_half: f64,
}

#[derive(Deserialize)]
struct Greedy {
    prompt: String,
    tokens: Vec<u32>,
    answer: Vec<u32>,
    margins: Vec<f32>,
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/reference"))
}

fn figures() -> Figures {
    serde_json::from_str(&fs::read_to_string(folder().join("smollm2-135m-q4_1.json")).unwrap()).unwrap()
}

/// The lane, or the device that PLANTERN_DEVICE names.
fn open(figures: &Figures) -> Option<(Box<dyn Network>, Vocabulary)> {
    let mut file = GgufFile::open(&models()?.join(&figures.file)).unwrap();
    let vocabulary = Vocabulary::from_gguf(&file.content).unwrap();
    let choice = Choice { device: Device::of_environment().unwrap(), ..Choice::from(Level::best()) };
    let model = choice.open().unwrap().load(&mut file, &[], &mut |_| {}).unwrap();
    Some((model, vocabulary))
}

/// Logits after each of the tokens from place `from` on.
fn logits(model: &mut dyn Network, tokens: &[u32], from: usize) -> Vec<Vec<f32>> {
    let mut cache = model.cache();
    let mut all = Vec::new();
    for (piece, chunk) in tokens.chunks(128).enumerate() {
        let row = |(at, &token): (usize, &u32)| Row { cache: 0, token, logits: from <= piece * 128 + at };
        let rows: Vec<Row> = chunk.iter().enumerate().map(row).collect();
        let pass = model.forward(&mut [&mut cache], &rows).unwrap();
        for row in 0..pass.len() {
            let mut out = Vec::new();
            pass.copy_row(row, &mut out);
            all.push(out);
        }
    }
    all
}

fn best(logits: &[f32]) -> u32 {
    let order = |a: &usize, b: &usize| logits[*a].total_cmp(&logits[*b]);
    (0..logits.len()).max_by(order).unwrap() as u32
}

/// Minus the log-probability of a token, in nats.
fn surprise(logits: &[f32], token: u32) -> f64 {
    let most = logits.iter().copied().fold(f32::MIN, f32::max);
    let total: f64 = logits.iter().map(|logit| f64::from(logit - most).exp()).sum();
    total.ln() - f64::from(logits[token as usize] - most)
}

#[test]
fn logits_are_those_of_the_reference() {
    let figures = figures();
    let Some((mut model, vocabulary)) = open(&figures) else { return };
    for case in &figures.logits {
        assert_eq!(vocabulary.encode(&case.prompt, true), case.tokens, "{:?}", case.prompt);
        let got = logits(&mut *model, &case.tokens, case.tokens.len() - 1).pop().unwrap();
        let off: Vec<f32> =
            case.logits.iter().map(|&(token, logit)| (got[token as usize] - logit).abs()).collect();
        let (mean, most) =
            (off.iter().sum::<f32>() / off.len() as f32, off.iter().copied().fold(0.0, f32::max));
        eprintln!("{:?}: off by {mean:.3} in the mean, {most:.3} at most", case.prompt);
        assert!(mean < 0.25 && most < 0.8, "{:?}: off by {mean} in the mean, {most} at most", case.prompt);
    }
}

#[test]
fn perplexity_is_within_one_percent_of_the_reference() {
    let figures = figures();
    let Some((mut model, vocabulary)) = open(&figures) else { return };
    let text = fs::read_to_string(folder().join(&figures.perplexity.text)).unwrap();
    let tokens = vocabulary.encode(&text, false);
    let (mut whole, mut half) = (Vec::new(), Vec::new());
    for window in tokens.chunks_exact(512) {
        let given = logits(&mut *model, &window[..511], 0);
        let losses: Vec<f64> =
            given.iter().zip(&window[1..]).map(|(logits, &token)| surprise(logits, token)).collect();
        half.extend_from_slice(&losses[256..]);
        whole.extend(losses);
    }
    assert_eq!(whole.len(), figures.perplexity.windows * 511);
    for (losses, expected) in [(whole, figures.perplexity.whole), (half, figures.perplexity.second_half)] {
        let perplexity = (losses.iter().sum::<f64>() / losses.len() as f64).exp();
        eprintln!("perplexity {perplexity:.4}, reference {expected:.4}");
        assert!((perplexity / expected - 1.0).abs() < 0.01, "{perplexity} for {expected}");
    }
}

/// Two tokens whose logits in the reference are nearer than this may change places.
const NEAR: f32 = 0.2;

#[test]
fn greedy_tokens_are_those_of_the_reference_but_for_near_ties() {
    let figures = figures();
    let Some((mut model, vocabulary)) = open(&figures) else { return };
    let (mut all, mut ties) = (0, Vec::new());
    for case in &figures.greedy {
        assert_eq!(vocabulary.encode(&case.prompt, true), case.tokens, "{:?}", case.prompt);
        // Fed with the tokens of the reference, so that one tie does not hide all that comes after it.
        let fed = [&case.tokens[..], &case.answer[..case.answer.len() - 1]].concat();
        let given = logits(&mut *model, &fed, case.tokens.len() - 1);
        assert_eq!(given.len(), case.answer.len());
        all += given.len();
        for (at, (logits, (&token, &margin))) in
            given.iter().zip(case.answer.iter().zip(&case.margins)).enumerate()
        {
            let ours = best(logits);
            if ours != token {
                assert!(margin < NEAR, "{:?}, token {at}: a margin of {margin} was turned", case.prompt);
                let words = [token, ours].map(|token| vocabulary.decode(&[token]));
                ties.push(format!(
                    "{:?}, token {at}: {:?} or {:?}, margin {margin}",
                    case.prompt, words[0], words[1]
                ));
            }
        }
    }
    eprintln!("{} of {all} tokens are near ties that fell the other way:\n{}", ties.len(), ties.join("\n"));
    assert!(ties.len() * 20 <= all, "{} of {all} tokens differ", ties.len());
}

/// The pinned sample, and every line of the file that `PLANTERN_TEST_TOKENS` names.
#[test]
fn tokens_are_those_of_the_reference_and_give_the_text_back() {
    let figures = figures();
    let Some(folder_of_models) = models() else { return };
    let file = GgufFile::open(&folder_of_models.join(&figures.file)).unwrap();
    let vocabulary = Vocabulary::from_gguf(&file.content).unwrap();
    let more = std::env::var_os("PLANTERN_TEST_TOKENS").map(std::path::PathBuf::from);
    for path in [Some(folder().join("tokens.jsonl")), more].into_iter().flatten() {
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines() {
            let (text, expected): (String, Vec<u32>) = serde_json::from_str(line).unwrap();
            let tokens = vocabulary.encode(&text, false);
            assert_eq!(tokens, expected, "{text:?}");
            let bytes: Vec<u8> = tokens.iter().flat_map(|&token| vocabulary.bytes(token)).copied().collect();
            assert_eq!(bytes, text.as_bytes(), "{text:?}");
        }
        eprintln!("{}: {} lines are the same", path.display(), text.lines().count());
        assert!(400 < text.lines().count());
    }
}
