//! The tiny files of every architecture; every type of weights against the reference; the choice of experts.

use super::super::gates::Gate;
use super::super::gguf::GgmlDType;
use super::super::tiny::Tiny;
use super::tests::{fresh, load};
use super::*;
use std::sync::{Arc, Mutex};

/// Root mean square of the differences, as a part of that of the logits.
pub(in super::super) fn distance(got: &[Vec<f32>], expected: &[Vec<f32>]) -> f32 {
    let square = |values: &mut dyn Iterator<Item = f32>| values.map(|value| value * value).sum::<f32>();
    let pairs = || got.iter().flatten().zip(expected.iter().flatten());
    (square(&mut pairs().map(|(a, b)| a - b)) / square(&mut pairs().map(|(_, b)| *b))).sqrt()
}

/// What rounding activations to bytes, and keys and values to f16, may cost: measured 0.018 to 0.036.
pub(in super::super) const BYTES: f32 = 0.05;

pub(in super::super) fn tokens() -> Vec<u32> {
    (0..40).map(|i| (i * 37 + 5) % 300).collect()
}

pub(in super::super) fn architectures() -> Vec<(&'static str, Tiny)> {
    let plain = Tiny { dtype: GgmlDType::F16, ..Tiny::default() };
    let of = |architecture| Tiny { architecture, ..plain.clone() };
    vec![
        ("llama", plain.clone()),
        ("llama with an output of its own", Tiny { own_output: true, ..plain.clone() }),
        ("llama 3.1", Tiny { rope_factors: true, own_output: true, ..plain.clone() }),
        ("qwen2", of("qwen2")),
        ("qwen3", of("qwen3")),
        ("qwen3 with wide heads", Tiny { head: Some(48), ..of("qwen3") }),
        ("mixtral", Tiny { experts: 4, ..plain.clone() }),
        ("an old mixtral", Tiny { experts: 4, experts_apart: true, ..plain }),
        ("qwen3moe", Tiny { experts: 8, head: Some(32), ..of("qwen3moe") }),
    ]
}

/// The logits of the lane, with the experts that the reference chose: a near tie of two experts falls either way and
/// changes everything after it. `the_experts_of_a_network_can_be_seen_and_changed` counts those.
pub(in super::super) fn routed(tiny: &Tiny, level: Level, chosen: reference::Chosen) -> Vec<Vec<f32>> {
    let mut model = load(tiny, level);
    model.watch_gates(Some(gates(chosen)));
    fresh(&mut model, &tokens(), &[])
}

/// Sends each row to the experts that were chosen for it.
pub(in super::super) fn gates(chosen: reference::Chosen) -> GateHook {
    Box::new(move |layer, row, gates| {
        for (gate, &(expert, weight)) in gates.iter_mut().zip(&chosen[layer][row]) {
            *gate = Gate { expert, weight };
        }
    })
}

#[test]
fn every_type_of_weights_gives_the_logits_of_the_reference() {
    let exact = [GgmlDType::Q4_0, GgmlDType::Q4_1, GgmlDType::Q8_0];
    let widened = [
        GgmlDType::Q5_0,
        GgmlDType::Q5_1,
        GgmlDType::Q2K,
        GgmlDType::Q3K,
        GgmlDType::Q4K,
        GgmlDType::Q5K,
        GgmlDType::Q6K,
        GgmlDType::F16,
        GgmlDType::BF16,
        GgmlDType::F32,
    ];
    for dtype in exact.into_iter().chain(widened) {
        let tiny = Tiny { dtype, ..Tiny::default() };
        let (expected, _) = reference::logits(tiny.bytes(), &tokens());
        let got = fresh(&mut load(&tiny, Level::best()), &tokens(), &[]);
        let distance = distance(&got, &expected);
        assert!(distance < BYTES, "{dtype:?}: off by {distance}");
    }
}

#[test]
fn the_experts_of_a_network_can_be_seen_and_changed() {
    let tiny = Tiny { architecture: "qwen3moe", experts: 8, dtype: GgmlDType::F16, ..Tiny::default() };
    let (_, chosen) = reference::logits(tiny.bytes(), &tokens());
    let mut model = load(&tiny, Level::best());
    let seen: Arc<Mutex<Vec<Vec<Vec<Gate>>>>> = Arc::default();
    let sees = seen.clone();
    model.watch_gates(Some(Box::new(move |layer, row, gates| {
        let mut seen = sees.lock().unwrap();
        let layers = seen.len().max(layer + 1);
        seen.resize(layers, Vec::new());
        assert_eq!(seen[layer].len(), row);
        seen[layer].push(gates.to_vec());
    })));
    let plain = fresh(&mut model, &tokens(), &[]);
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    let (mut same, mut all) = (0, 0);
    for (gates, chosen) in seen.iter().flatten().zip(chosen.iter().flatten()) {
        assert!((gates.iter().map(|gate| gate.weight).sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(gates[1].weight <= gates[0].weight);
        all += 1;
        same += usize::from(gates.iter().map(|gate| gate.expert).eq(chosen.iter().map(|chosen| chosen.0)));
    }
    assert_eq!(all, 2 * tokens().len());
    // Measured 76 of 80: the rest are near ties of the second expert.
    assert!(all * 9 <= same * 10, "{same} of {all} rows go to the experts of the reference");
    // The same gates written back change nothing; others change what comes out; none at all leaves the rest.
    model.watch_gates(Some(Box::new(move |layer, row, gates| gates.copy_from_slice(&seen[layer][row]))));
    assert_eq!(fresh(&mut model, &tokens(), &[]), plain);
    for expert in [3, 99] {
        model.watch_gates(Some(Box::new(move |_, _, gates| {
            gates.iter_mut().for_each(|gate| gate.expert = expert);
        })));
        let other = fresh(&mut model, &tokens(), &[]);
        assert!(distance(&other, &plain) > 0.05 && other.iter().flatten().all(|logit| logit.is_finite()));
    }
    model.watch_gates(None);
    assert_eq!(fresh(&mut model, &tokens(), &[]), plain);
}

/// Writes every architecture as a file, and tells the perplexity that the reference gives a text, counted as
/// llama-perplexity counts: windows of 64 tokens, each judged in its second half. For a look at the reference itself:
///
/// ```sh
/// PLANTERN_TEST_WRITE=/some/folder cargo test --lib another_program -- --nocapture
/// llama-perplexity -m /some/folder/qwen3.gguf -f tests/data/reference/alice.txt -c 64
/// ```
///
/// What came out is in `tests/data/reference/README.md`.
#[test]
fn files_for_another_program() {
    let Some(folder) = std::env::var_os("PLANTERN_TEST_WRITE").map(std::path::PathBuf::from) else { return };
    let text = include_str!("../../../../tests/data/reference/alice.txt");
    for (name, tiny) in architectures() {
        let bytes = tiny.bytes();
        std::fs::write(folder.join(format!("{}.gguf", name.replace(' ', "-"))), &bytes).unwrap();
        let file = GgufFile::from_bytes(bytes.clone()).unwrap();
        let vocabulary = super::super::vocabulary::Vocabulary::from_gguf(&file.content).unwrap();
        let mut losses = Vec::new();
        for window in vocabulary.encode(text, false).chunks_exact(64).take(20) {
            let (given, _) = reference::logits(bytes.clone(), window);
            for (logits, &token) in given.iter().zip(&window[1..]).skip(32) {
                let most = logits.iter().copied().fold(f32::MIN, f32::max);
                let total: f64 = logits.iter().map(|logit| f64::from(logit - most).exp()).sum();
                losses.push(total.ln() - f64::from(logits[token as usize] - most));
            }
        }
        let mean = losses.iter().sum::<f64>() / losses.len() as f64;
        eprintln!("{name}: perplexity {:.4} over {} tokens", mean.exp(), losses.len());
    }
}
