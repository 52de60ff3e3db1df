//! Regular expressions for the notation: what a model may write as a step, given what exists.
//!
//! A step can name only experts of the roster, refer only to steps above it, and quote only what the task quotes. So a
//! model of any size writes a step that can be run.

use crate::{
    decision::ExpertCard,
    plan::{Operator, notation::END},
};
use std::collections::BTreeSet;

/// The longest quoted span that a step may copy, in bytes, and the most spans; beyond them the grammar would explode.
const SPAN_BYTES: usize = 400;
const SPANS: usize = 12;

/// What a step may be made of.
pub struct Bounds<'a> {
    pub task: &'a str,
    /// The experts that may be named.
    pub cards: &'a [ExpertCard],
    /// The words that may be used, if they are bounded.
    pub words: Option<&'a BTreeSet<String>>,
    /// No decomposition ends with fewer steps.
    pub least: usize,
}

/// What may follow `QS:` when `done` steps stand above: one step or the end, with its line feed.
pub fn step(bounds: &Bounds<'_>, done: usize) -> String {
    let step = line(bounds, done);
    if done < bounds.least {
        return format!(" {step}\n");
    }
    format!(" (?:{}|{step})\n", escape(END))
}

/// What may follow the first `QS:` of a whole plan of at most `steps` lines.
pub fn plan(bounds: &Bounds<'_>, steps: usize) -> String {
    // From the last line outwards: each line is followed by the end or by the next line.
    let end = format!("QS: {}\n\n?", escape(END));
    let mut rest = end.clone();
    for done in (1..steps.max(bounds.least)).rev() {
        let next = format!("QS: {}\n{rest}", line(bounds, done));
        rest = if done < bounds.least { next } else { format!("(?:{end}|{next})") };
    }
    format!(" {}\n{rest}", line(bounds, 0))
}

fn line(bounds: &Bounds<'_>, done: usize) -> String {
    let Bounds { task, cards, words, .. } = *bounds;
    let experts = cards.iter().map(|card| escape(&card.name)).collect::<Vec<_>>().join("|");
    let reference = (1..=done).rev().map(|n| n.to_string()).collect::<Vec<_>>().join("|");
    let mut quoted: Vec<String> = spans(task).iter().map(|span| escape(span)).collect();
    if done > 0 {
        quoted.push(format!("#(?:{reference})"));
    }
    // What a text is made of: words of a closed list, or anything but marks with a meaning; and what may be quoted.
    let (start, more, between) = match words {
        Some(words) => {
            let words = words.iter().map(|word| escape(word)).collect::<Vec<_>>().join("|");
            (format!("(?:{words})"), format!("(?:{words})"), "[ ,;]{1,2}")
        }
        None => (String::from("[^\"#\\n\\[\\] ]"), String::from("[^\"#\\n\\[\\]]"), ""),
    };
    let quotes = if quoted.is_empty() { String::new() } else { format!("|\"(?:{})\"", quoted.join("|")) };
    let run = |first: &str, any: &str| match words {
        Some(_) => format!("(?:{first})(?:{between}(?:{any}))*[.?]?"),
        None => format!("(?:{first})(?:{any})*"),
    };
    if done == 0 {
        return format!(
            "\\[(?:{experts})\\] {}",
            run(&format!("{start}{quotes}"), &format!("{more}{quotes}"))
        );
    }
    let bound = format!("#(?:{reference})");
    let (first, any) = (format!("{start}{quotes}|{bound}"), format!("{more}{quotes}|{bound}"));
    let operators = Operator::ALL.map(|operator| operator.to_string());
    let project =
        operators.iter().filter(|name| *name != "select").map(|name| escape(name)).collect::<Vec<_>>();
    // A projection has something to be projected over.
    let over = format!("\"{bound}\"|{bound}");
    let projected = match words {
        Some(_) => format!("(?:(?:{start}{quotes}){between})*(?:{over})(?:{between}(?:{any}))*[.?]?"),
        None => format!("(?:{more}{quotes})*(?:{over})(?:{any})*"),
    };
    format!(
        "(?:(?:\\(select\\) )?\\[(?:{experts})\\] {}|\\((?:{})\\) \\[(?:{experts})\\] {projected})",
        run(&first, &any),
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
