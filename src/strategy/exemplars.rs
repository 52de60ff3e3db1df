//! Few-shot examples: families of worked decompositions, and the family nearest to a task.
//!
//! A whole family is taken, always in the same order, so that all tasks of a kind share one prompt prefix and the model
//! computes it once.

use super::Prompts;
use crate::plan::notation::{self, Exemplar};
use std::collections::BTreeSet;

/// The family used when no word of the task occurs in any.
const GENERAL: &str = "decomposed/families/general";

/// The examples of the family whose goals share the most telling words with the task.
pub fn nearest(prompts: &Prompts, task: &str) -> Vec<Exemplar> {
    let families: Vec<(&str, Vec<Exemplar>)> = prompts
        .under("decomposed/families/")
        .map(|(name, text)| (name, notation::exemplars(&notation::read(text).0)))
        .filter(|(_, exemplars)| !exemplars.is_empty())
        .collect();
    let words: Vec<BTreeSet<String>> = families.iter().map(|(_, family)| goal_words(family)).collect();
    let task = words_of(task);
    let score = |family: &BTreeSet<String>| -> f32 {
        let weight = |word: &String| {
            let known = words.iter().filter(|words| words.contains(word)).count() as f32;
            (1.0 + words.len() as f32 / known).ln()
        };
        task.intersection(family).map(weight).sum()
    };
    let mut best: Option<(f32, &(&str, Vec<Exemplar>))> = None;
    for (family, words) in families.iter().zip(&words) {
        let score = score(words) + if family.0 == GENERAL { 0.1 } else { 0.0 };
        if best.as_ref().is_none_or(|(top, _)| score > *top) {
            best = Some((score, family));
        }
    }
    best.map(|(_, (_, exemplars))| exemplars.clone()).unwrap_or_default()
}

fn goal_words(family: &[Exemplar]) -> BTreeSet<String> {
    family.iter().flat_map(|exemplar| words_of(&exemplar.goal)).collect()
}

/// The words outside quotes, in lower case: what is quoted is data and tells nothing of the kind of task.
fn words_of(text: &str) -> BTreeSet<String> {
    let open = text.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    open.to_lowercase()
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| word.len() > 1)
        .map(str::to_owned)
        .collect()
}
