//! Regular expressions for the notation: what a model may write as a step, given what exists.
//!
//! A step can name only experts of the roster, refer only to steps above it, and quote only what the task quotes. So a
//! model of any size writes a step that can be run.

use crate::{
    decision::ExpertCard,
    plan::{Operator, notation::END},
};
use std::fmt::Write;

/// The longest quoted span that a step may copy, in bytes, and the most spans; beyond them the grammar would explode.
const SPAN_BYTES: usize = 400;
const SPANS: usize = 12;

/// What may follow `QS:` when `done` steps stand above: one step or the end, with its line feed.
pub fn step(task: &str, done: usize, cards: &[ExpertCard]) -> String {
    let step = line(task, done, cards);
    match done {
        0 => format!(" {step}\n"),
        _ => format!(" (?:{}|{step})\n", escape(END)),
    }
}

/// What may follow the first `QS:` of a whole plan of at most `steps` lines.
pub fn plan(task: &str, steps: usize, cards: &[ExpertCard]) -> String {
    // From the last line outwards: each line is followed by the end or by the next line.
    let end = format!("QS: {}\n\n?", escape(END));
    let mut rest = end.clone();
    for done in (1..steps).rev() {
        rest = format!("(?:{end}|QS: {}\n{rest})", line(task, done, cards));
    }
    format!(" {}\n{rest}", line(task, 0, cards))
}

fn line(task: &str, done: usize, cards: &[ExpertCard]) -> String {
    let experts = cards.iter().map(|card| escape(&card.name)).collect::<Vec<_>>().join("|");
    let references = (1..=done).rev().map(|n| n.to_string()).collect::<Vec<_>>().join("|");
    let mut quoted: Vec<String> = spans(task).iter().map(|span| escape(span)).collect();
    if done > 0 {
        quoted.push(format!("#(?:{references})"));
    }
    let mut loose = String::from("[^\"#\\n\\[\\]]");
    if !quoted.is_empty() {
        let _ = write!(loose, "|\"(?:{})\"", quoted.join("|"));
    }
    if done == 0 {
        return format!("\\[(?:{experts})\\] [^\"#\\n\\[\\] ](?:{loose})*");
    }
    let operators = Operator::ALL.map(|operator| operator.to_string());
    let project =
        operators.iter().filter(|name| *name != "select").map(|name| escape(name)).collect::<Vec<_>>();
    let reference = format!("\"#(?:{references})\"|#(?:{references})");
    let any = format!("{loose}|{reference}");
    // A projection has something to be projected over.
    format!(
        "(?:(?:\\(select\\) )?\\[(?:{experts})\\] [^\\s](?:{any})*|\\((?:{})\\) \\[(?:{experts})\\] (?:{loose})*(?:{reference})(?:{any})*)",
        project.join("|")
    )
}

/// What stands in quotes in the task, each once.
fn spans(task: &str) -> Vec<&str> {
    let mut spans: Vec<&str> = vec![];
    for span in task.split('"').skip(1).step_by(2) {
        if !span.is_empty() && span.len() <= SPAN_BYTES && !span.contains('\n') && !spans.contains(&span) {
            spans.push(span);
        }
    }
    // An odd quote at the end opens nothing.
    if task.matches('"').count() % 2 == 1 {
        spans.pop();
    }
    spans.truncate(SPANS);
    spans
}

/// The text as a literal of the `regex` syntax.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
