//! A small file changed where it hurts: every number of its head found by a walk of its own, then set to something bad.
//!
//! The suite tries a few thousand files. By hand more, with the slowest and the most memory told, and every truncation:
//! `PLANTERN_TEST_MUTATIONS=100000 cargo test --lib mutations -- --nocapture`

use super::super::kernels::{Level, Pool};
use super::super::llama::Llama;
use super::super::network::{Network, Row};
use super::super::template::Template;
use super::super::tiny::Tiny;
use super::super::vocabulary::Vocabulary;
use super::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::time::{Duration, Instant};

/// Place and width of every number in the head: counts, lengths, types, values, sides, offsets.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    numbers: Vec<(usize, usize)>,
}

impl Walk<'_> {
    fn number(&mut self, width: usize) -> u64 {
        let mut raw = [0; 8];
        raw[..width].copy_from_slice(&self.bytes[self.at..][..width]);
        self.numbers.push((self.at, width));
        self.at += width;
        u64::from_le_bytes(raw)
    }

    fn text(&mut self) {
        let length = self.number(8) as usize;
        self.at += length;
    }

    fn value(&mut self, kind: u64) {
        match kind {
            0 | 1 | 7 => _ = self.number(1),
            2 | 3 => _ = self.number(2),
            4..=6 => _ = self.number(4),
            8 => self.text(),
            9 => {
                let (kind, length) = (self.number(4), self.number(8));
                (0..length).for_each(|_| self.value(kind));
            }
            _ => _ = self.number(8),
        }
    }

    fn head(bytes: &[u8]) -> Vec<(usize, usize)> {
        let mut walk = Walk { bytes, at: 0, numbers: Vec::new() };
        walk.number(4);
        walk.number(4);
        let (tensors, keys) = (walk.number(8), walk.number(8));
        for _ in 0..keys {
            walk.text();
            let kind = walk.number(4);
            walk.value(kind);
        }
        for _ in 0..tensors {
            walk.text();
            let sides = walk.number(4);
            (0..sides).for_each(|_| _ = walk.number(8));
            walk.number(4);
            walk.number(8);
        }
        walk.numbers
    }
}

fn mutate(file: &mut Vec<u8>, numbers: &[(usize, usize)], random: &mut ChaCha8Rng) {
    let mut pick = |most: usize| random.next_u64() as usize % most;
    for _ in 0..1 + pick(3) {
        let (at, width) = numbers[pick(numbers.len())];
        if file.len() < at + width {
            continue;
        }
        let mut raw = [0; 8];
        raw[..width].copy_from_slice(&file[at..][..width]);
        let old = u64::from_le_bytes(raw);
        let extremes = [
            0,
            1,
            3,
            31,
            33,
            255,
            1 << 15,
            1 << 24,
            (1 << 31) - 1,
            1 << 31,
            1 << 32,
            1 << 62,
            1 << 63,
            u64::MAX,
        ];
        let new = match pick(6) {
            0 | 1 => extremes[pick(extremes.len())],
            2 => old.wrapping_add(1),
            3 => old.wrapping_sub(1),
            4 => old.wrapping_mul(2),
            _ => old ^ (1 << pick(8 * width)),
        };
        file[at..at + width].copy_from_slice(&new.to_le_bytes()[..width]);
    }
    match pick(8) {
        0 => file.truncate(pick(file.len())),
        1 => {
            // A piece of the head stands somewhere else.
            let head = numbers[numbers.len() - 1].0.min(file.len() - 64);
            let (from, to) = (pick(head), pick(head));
            file.copy_within(from..from + 48, to);
        }
        2 => {
            let (at, byte) = (pick(file.len()), pick(256) as u8);
            file[at] = byte;
        }
        _ => {}
    }
}

/// All that a start does with a file, up to the first tokens.
fn start(bytes: Vec<u8>) -> bool {
    let size = bytes.len();
    let Ok(mut file) = GgufFile::from_bytes(bytes) else { return false };
    assert!(file.header.tensors.iter().map(|tensor| tensor.bytes as usize).sum::<usize>() <= size);
    let Ok(vocabulary) = Vocabulary::from_gguf(&file.content) else { return false };
    if let Ok(template) = Template::from_gguf(&file.content, &vocabulary) {
        let turn = crate::ask::Turn { role: "user".to_owned(), text: "the end of it".to_owned() };
        drop(template.encode(&[turn], true, &vocabulary));
    }
    let loaded = Llama::load(&mut file, Level::best(), Pool::new(1), &mut |_| {});
    let Ok(mut model) = loaded else { return false };
    let mut cache = model.cache();
    let tokens = vocabulary.encode("the end", false);
    let rows: Vec<Row> = tokens.iter().map(|&token| Row { cache: 0, token, logits: true }).collect();
    model.forward(&mut [&mut cache], &rows).is_ok()
}

#[test]
fn changed_files_are_refused_or_harmless() {
    let asked = std::env::var("PLANTERN_TEST_MUTATIONS").ok().and_then(|count| count.parse().ok());
    let files = [
        Tiny::default().bytes(),
        Tiny { architecture: "qwen3moe", experts: 3, rope_factors: true, ..Tiny::default() }.bytes(),
    ];
    let numbers = files.each_ref().map(|file| Walk::head(file));
    assert!(files.iter().all(|file| start(file.clone())));
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut slowest, mut good) = (Duration::ZERO, 0);
    for count in 0..asked.unwrap_or(2000) {
        let which = count % 2;
        let mut file = files[which].clone();
        mutate(&mut file, &numbers[which], &mut random);
        let begin = Instant::now();
        good += usize::from(start(file));
        slowest = slowest.max(begin.elapsed());
    }
    if let Some(asked) = asked {
        let told = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = told.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("no peak known");
        eprintln!("{asked} changed files: {good} still load, the slowest took {slowest:?}, {peak}");
        assert!(slowest < Duration::from_secs(1), "{slowest:?}");
        let file = &files[0];
        for length in 0..file.len() {
            let padding = file.len() - length < 32;
            assert!(padding || GgufFile::from_bytes(file[..length].to_vec()).is_err(), "cut at {length}");
        }
        eprintln!("every truncation of {} bytes is refused", file.len());
    }
}
