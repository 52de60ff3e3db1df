//! A task as numbers: the embedding model's vector, and the words and pairs of words as they stand.
//!
//! The vector knows what a text means, the words know how it is said; a linear model on both beats one on either (the
//! table is in docs/routing.md). What stands in quotes or brackets is the material of a task and counts by its shape.

use super::lexical::shape;
use crate::literal::{literals, tokens};

/// A task as the learned routers see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    /// Unit vector of the embedding model; empty when there is none.
    pub dense: Vec<f32>,
    /// Hash and weight of each word and each pair of neighbours; the weights have length 1 together.
    pub words: Vec<(u32, f32)>,
}

impl Features {
    pub fn new(text: &str, dense: &[f32]) -> Features {
        Features { dense: dense.to_vec(), words: words(text) }
    }
}

/// The words and pairs of a text as they are counted, shapes in angle brackets.
pub fn word_terms(text: &str) -> Vec<String> {
    const MOST: usize = 256;
    let mut outside = String::with_capacity(text.len());
    let mut at = 0;
    for literal in literals(text) {
        outside.push_str(&text[at..literal.start]);
        outside.push_str(&format!(" {} ", shape(&literal.operand).trim_matches(['<', '>'])));
        at = literal.end;
    }
    outside.push_str(&text[at..]);
    let lower = outside.to_lowercase();
    let words: Vec<&str> =
        tokens(&lower).map(|word| word.trim_matches(['-', '\''])).filter(|word| !word.is_empty()).collect();
    let words = &words[..words.len().min(MOST)];
    let pairs = words.windows(2).map(|pair| format!("{} {}", pair[0], pair[1]));
    words.iter().map(|word| (*word).to_owned()).chain(pairs).collect()
}

fn words(text: &str) -> Vec<(u32, f32)> {
    let mut counts = std::collections::BTreeMap::<u32, f32>::new();
    for term in word_terms(text) {
        *counts.entry(hash(&term)).or_insert(0.0) += 1.0;
    }
    let weigh = |count: f32| 1.0 + count.ln();
    let length = counts.values().map(|count| weigh(*count).powi(2)).sum::<f32>().sqrt().max(1e-6);
    counts.into_iter().map(|(key, count)| (key, weigh(count) / length)).collect()
}

/// FNV-1a, so that a stored model means the same on every machine.
pub fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Cosine of two unit vectors.
pub fn dot(one: &[f32], other: &[f32]) -> f32 {
    // Eight sums at a time: the compiler makes vector instructions of it.
    let mut sums = [0.0_f32; 8];
    for (a, b) in one.chunks_exact(8).zip(other.chunks_exact(8)) {
        for at in 0..8 {
            sums[at] += a[at] * b[at];
        }
    }
    let whole = one.len().min(other.len()) / 8 * 8;
    let rest: f32 = one[whole..].iter().zip(&other[whole..]).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_pairs_and_shapes_are_counted() {
        let check = |text: &str, expected: &[&str]| assert_eq!(word_terms(text), expected, "{text}");
        check("Reverse it", &["reverse", "it", "reverse it"]);
        check("Join \"Ada King\".", &["join", "phrase", "join phrase"]);
        check("", &[]);
        let same = Features::new("a b", &[]);
        assert!((same.words.iter().map(|(_, w)| w * w).sum::<f32>() - 1.0).abs() < 1e-5);
    }

    #[test]
    fn products_are_whole_at_any_length() {
        for length in [0, 1, 7, 8, 9, 384] {
            let ones = vec![1.0; length];
            assert_eq!(dot(&ones, &ones), length as f32);
        }
    }
}
