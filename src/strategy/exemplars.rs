//! Few-shot examples: families of worked decompositions, and the family nearest to a task.
//!
//! A whole family is taken, always in the same order, so that all tasks of a kind share one prompt prefix and the model
//! computes it once.

use super::Prompts;
use crate::plan::notation::{self, Exemplar, Line};
use std::collections::BTreeSet;

/// The family used when no word of the task occurs in any.
const GENERAL: &str = "decomposed/families/general";

/// Worked decompositions of one kind of task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Family {
    pub exemplars: Vec<Exemplar>,
    /// Steps use only words of the task and words that the steps here bring with them. For kinds of task where a step
    /// that says anything else is a slip of a small model.
    pub closed: bool,
}

/// The line above the examples that closes a family.
const CLOSED: &str = "words: closed";

impl Family {
    fn read(text: &str) -> Family {
        let (lines, _) = notation::read(text);
        let closed = lines.iter().any(|line| *line == Line::Text(CLOSED.to_owned()));
        Family { exemplars: notation::exemplars(&lines), closed }
    }

    /// Steps that a decomposition of this kind has at the least: a closed family ends none before its shortest example.
    pub fn least_steps(&self) -> usize {
        let shortest = self.exemplars.iter().map(|exemplar| exemplar.steps.len()).min();
        shortest.filter(|_| self.closed).unwrap_or(1).max(1)
    }

    /// The words that a step for this task may have, if the family is closed: those of the task, and those that steps
    /// of the examples have without having them from their own task.
    pub fn words(&self, task: &str) -> Option<BTreeSet<String>> {
        let mut words: BTreeSet<String> = bare_words(task).collect();
        for exemplar in self.exemplars.iter().filter(|_| self.closed) {
            let goal: BTreeSet<String> = bare_words(&exemplar.goal).collect();
            let steps = exemplar.steps.iter().flat_map(|(step, _)| bare_words(&step.text));
            words.extend(steps.filter(|word| !goal.contains(word) && !word.contains('#')));
        }
        self.closed.then_some(words)
    }
}

/// The words outside quotes as they stand, punctuation around them taken off.
fn bare_words(text: &str) -> impl Iterator<Item = String> {
    let open = text.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    let words: Vec<String> = open
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| c.is_ascii_punctuation() && c != '#').to_owned())
        .filter(|word| !word.is_empty())
        .collect();
    words.into_iter()
}

/// The family whose goals share the most telling words with the task.
pub fn nearest(prompts: &Prompts, task: &str) -> Family {
    nearest_named(prompts, task).1
}

/// The same with the name of its prompt file.
pub fn nearest_named(prompts: &Prompts, task: &str) -> (String, Family) {
    let families: Vec<(&str, Family)> = prompts
        .under("decomposed/families/")
        .map(|(name, text)| (name, Family::read(text)))
        .filter(|(_, family)| !family.exemplars.is_empty())
        .collect();
    let words: Vec<BTreeSet<String>> =
        families.iter().map(|(_, family)| goal_words(&family.exemplars)).collect();
    let task = words_of(task);
    let score = |family: &BTreeSet<String>| -> f32 {
        let weight = |word: &String| {
            let known = words.iter().filter(|words| words.contains(word)).count() as f32;
            (1.0 + words.len() as f32 / known).ln()
        };
        task.intersection(family).map(weight).sum()
    };
    let mut best: Option<(f32, &str, &Family)> = None;
    for ((name, family), words) in families.iter().zip(&words) {
        let score = score(words) + if *name == GENERAL { 0.1 } else { 0.0 };
        if best.is_none_or(|(top, ..)| score > top) {
            best = Some((score, name, family));
        }
    }
    best.map(|(_, name, family)| (name.to_owned(), family.clone())).unwrap_or_default()
}

fn goal_words(family: &[Exemplar]) -> BTreeSet<String> {
    family.iter().flat_map(|exemplar| words_of(&exemplar.goal)).collect()
}

/// Words that stand in tasks of every kind.
const SILENT: &str = "a an and are as at be by did do does each for from has have he her his how in is it its of on or she that \
                      the their them then they this to was were what when where which who with";

/// The telling words outside quotes, in lower case: what is quoted is data and tells nothing of the kind of task.
fn words_of(text: &str) -> BTreeSet<String> {
    let open = text.split('"').step_by(2).collect::<Vec<_>>().join(" ").to_lowercase();
    let silent: BTreeSet<&str> = SILENT.split_whitespace().collect();
    let words = open.split(|c: char| !c.is_alphabetic());
    words.filter(|word| word.len() > 1 && !silent.contains(word)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_finds_the_family_of_its_kind() {
        let check = |task: &str, expected: &str| {
            let prompts = Prompts::shipped();
            let found = nearest(&prompts, task);
            let family = Family::read(prompts.get(&format!("decomposed/families/{expected}")));
            assert!(!family.exemplars.is_empty(), "{expected}");
            assert_eq!(found, family, "{task}");
        };
        check(
            "Take the last letters of the words in \"A B\" and concatenate them using a hyphen.",
            "letters_at_ends",
        );
        check(
            "Take the letters at position 3 of the words in \"A B\" and concatenate them.",
            "letters_at_positions",
        );
        check("Reverse the sequence \"radio, umbrella\".", "sequences");
        check("How many items are in the list \"a, b\"?", "counting");
        check("How many days lie between 2024-01-01 and 2025-01-01?", "dates");
        check("What is 3 percent of 18?", "arithmetic");
        check("Who wrote Hamlet and in which country was he born?", "general");
    }

    #[test]
    fn a_closed_family_knows_its_words() {
        let family = Family::read(
            "words: closed\n\nQC: Join \"a b\" by a dot.\nQS: [merge] Now glue \"a b\" by a dot.\nA: \"a.b\"\nQS: [EOQ]",
        );
        let words = family.words("Join \"x y\" by a comma.").unwrap();
        assert_eq!(words.into_iter().collect::<Vec<_>>(), ["Join", "Now", "a", "by", "comma", "glue"]);
        assert_eq!(family.least_steps(), 1);
        assert_eq!(Family::read("QC: a\nQS: b\nQS: [EOQ]").words("c"), None);
    }
}
