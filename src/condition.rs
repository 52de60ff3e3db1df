//! Conditions: the small language of breakpoints, watches and runs until something holds.
//!
//! ```text
//! margin < 0.1 and not expert = "person"
//! phase = "committed" and answer ~ "(?i)sorry"
//! hits >= 3 or words(answer) > 20
//! ```
//!
//! Words and values: numbers, texts in quotes, `true`, `false`, and the facts of [`FACTS`]. Operators, loosest first: `or`,
//! `and`, `not`, one of `= != < <= > >= ~` (`~` searches a regular expression), `+ -`, `* /`. What is not known yet (the
//! margin of a task that was not routed) makes a comparison unknown, which neither holds nor fails: `unknown or true` holds.
//! Kinds are checked when a condition is read, so most mistakes are found, with their place, while it is typed.

mod evaluate;
mod facts;
mod lex;
mod parse;
mod pattern;

pub use facts::{FACTS, Fact, completions};
pub use pattern::pattern;

use std::fmt;

/// A condition or an expression that was read, ready to be looked at many times.
#[derive(Clone, Debug)]
pub struct Condition {
    text: String,
    tree: parse::Node,
    kind: Kind,
}

/// What an expression amounts to.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(f64),
    Text(String),
    Truth(bool),
}

/// What an expression can amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Number,
    Text,
    Truth,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Number => "a number",
            Kind::Text => "a text",
            Kind::Truth => "true or false",
        }
    }
}

/// What is wrong in a condition, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {}: {what}", at + 1)]
pub struct Mistake {
    /// 0-based place of the character in the text.
    pub at: usize,
    pub what: String,
}

impl Condition {
    /// Reads any expression: what a watch shows.
    pub fn expression(text: &str) -> Result<Condition, Mistake> {
        let (tree, kind) = parse::parse(text)?;
        Ok(Condition { text: text.trim().to_owned(), tree, kind })
    }

    /// Reads an expression that holds or does not: what a breakpoint waits for.
    pub fn new(text: &str) -> Result<Condition, Mistake> {
        let condition = Condition::expression(text)?;
        match condition.kind {
            Kind::Truth => Ok(condition),
            kind => {
                let what =
                    format!("this is {}, not a condition: compare it, as in `tokens > 20`", kind.word());
                Err(Mistake { at: 0, what })
            }
        }
    }

    /// The facts it speaks of.
    pub fn mentions(&self, fact: &str) -> bool {
        self.tree.mentions(fact)
    }

    /// What it amounts to when the facts are as `known` says; `None` while too little is known.
    pub fn value(&self, known: &dyn Fn(&str) -> Option<Value>) -> Result<Option<Value>, Mistake> {
        evaluate::value(&self.tree, known)
    }

    /// Does it hold? `None` while too little is known.
    pub fn holds(&self, known: &dyn Fn(&str) -> Option<Value>) -> Result<Option<bool>, Mistake> {
        Ok(match self.value(known)? {
            Some(Value::Truth(truth)) => Some(truth),
            _ => None,
        })
    }

    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => write!(f, "{number:.0}"),
            Value::Number(number) if number.abs() < 0.001 => write!(f, "{number:.2e}"),
            Value::Number(number) => write!(f, "{number:.3}"),
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Truth(truth) => write!(f, "{truth}"),
        }
    }
}

#[cfg(test)]
mod tests;
