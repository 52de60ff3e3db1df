//! `calculate`: exact arithmetic on fractions of any length, said in signs or in words.
//!
//! This file reads the phrasing; `lex` and `evaluate` the expression; `number` keeps every step small enough.

mod evaluate;
mod lex;
mod number;

use super::Trouble;
use crate::literal::{Operand, bracket};
use evaluate::evaluate;
use num_rational::BigRational;
use num_traits::FromPrimitive;
use number::Arithmetic;

pub(super) use number::plain_number;

pub(super) const PHRASINGS: &str = "What is (3 + 4) * 2?, Calculate 15% of 80., 12 divided by 5, What is the sum of 3, 4 \
    and 5? (also product, difference, quotient, average, largest, smallest), Subtract 3 from 10.";

pub(super) fn calculate(question: &str) -> Result<String, Trouble> {
    let text = question.replace(['"', '“', '”', '`'], " ").to_lowercase();
    let text = without_frame(&text);
    if text.is_empty() {
        return Err(Trouble::Unknown);
    }
    let mut arithmetic = Arithmetic::default();
    let value = match of_several(text, &mut arithmetic) {
        Some(value) => value?,
        None => evaluate(text, &mut arithmetic)?,
    };
    Ok(arithmetic.write(&value)?)
}

/// Without `what is` before and `= ?` behind.
fn without_frame(text: &str) -> &str {
    const FRONT: &[&str] = &[
        "what's",
        "what",
        "is",
        "are",
        "how",
        "much",
        "calculate",
        "compute",
        "evaluate",
        "solve",
        "find",
        "work",
        "out",
        "the",
        "result",
        "value",
        "answer",
        "please",
        "of",
        "to",
        "expression",
    ];
    let mut text = text.trim_start();
    while let Some(word) =
        text.split(|c: char| !c.is_alphabetic() && c != '\'').next().filter(|word| FRONT.contains(word))
    {
        text = text[word.len()..].trim_start_matches([' ', ':', '\n', '\t']);
    }
    let mut text = text.trim_start_matches(['=', ':', ' ']);
    loop {
        let shorter = text.trim_end_matches(['=', '?', '.', '!', ':', ' ', '\n', '\t']);
        let shorter = ["equals", "equal to", "is"]
            .iter()
            .find_map(|word| shorter.strip_suffix(word))
            .unwrap_or(shorter);
        if shorter.len() == text.len() {
            return text;
        }
        text = shorter;
    }
}

/// `sum of 3, 4 and 5`, `largest of [3, 4]`, `subtract 3 from 10`; `None` when the text is an expression.
fn of_several(text: &str, arithmetic: &mut Arithmetic) -> Option<Result<BigRational, Trouble>> {
    let (head, rest) = text.split_at(text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len()));
    let rest = rest.trim_start();
    let rest = ["number in ", "number of ", "value in ", "value of ", "of ", "between ", "in ", "among "]
        .iter()
        .find_map(|word| rest.strip_prefix(word))
        .unwrap_or(rest);
    let (name, parts) = match head {
        "sum" | "total" => ("sum", several(rest, &[" and "])),
        "product" => ("product", several(rest, &[" and "])),
        "difference" => ("difference", several(rest, &[" and "])),
        "quotient" => ("quotient", several(rest, &[" and "])),
        "average" | "mean" => ("average", several(rest, &[" and "])),
        "largest" | "greatest" | "biggest" | "maximum" | "highest" => ("largest", several(rest, &[" and "])),
        "smallest" | "least" | "minimum" | "lowest" => ("smallest", several(rest, &[" and "])),
        "add" => ("sum", several(rest, &[" and ", " to "])),
        "multiply" => ("product", several(rest, &[" and ", " by "])),
        "divide" => ("quotient", several(rest, &[" by "])),
        "subtract" => ("difference", several(rest, &[" from "]).into_iter().rev().collect()),
        _ => return None,
    };
    Some(combined(name, &parts, arithmetic))
}

fn combined(name: &str, parts: &[String], arithmetic: &mut Arithmetic) -> Result<BigRational, Trouble> {
    let mut values = Vec::with_capacity(parts.len());
    for part in parts {
        values.push(evaluate(part, arithmetic)?);
    }
    if values.len() != 2 && matches!(name, "difference" | "quotient") {
        return Err(format!("a {name} needs two numbers, there are {}", values.len()).into());
    }
    let count = values.len();
    let mut values = values.into_iter();
    let Some(mut value) = values.next() else {
        return Err(format!("there are no numbers to take the {name} of").into());
    };
    for next in values {
        value = match name {
            "product" => arithmetic.multiply(&value, &next)?,
            "difference" => arithmetic.subtract(&value, &next)?,
            "quotient" => arithmetic.divide(&value, &next)?,
            "largest" => value.max(next),
            "smallest" => value.min(next),
            _ => arithmetic.add(&value, &next)?,
        };
    }
    if name == "average" {
        let count = BigRational::from_usize(count).ok_or("too many numbers")?;
        value = arithmetic.divide(&value, &count)?;
    }
    Ok(value)
}

/// The parts of a list in brackets, or of a text between commas and the given words.
fn several(text: &str, words: &[&str]) -> Vec<String> {
    if text.starts_with('[')
        && let Some((operand, _)) = bracket(text)
    {
        return match operand {
            Operand::List(list) => list.into_iter().map(|item| item.text).collect(),
            Operand::Pairs(pairs) => pairs.into_iter().map(|(item, _)| item.text).collect(),
            Operand::Text(text) => vec![text],
        };
    }
    let mut text = text.replace([';', '\n'], ", ");
    for word in words {
        text = text.replace(word, ", ");
    }
    // A comma before a blank parts numbers; one between digits may stand in a number, unless all are such.
    let mut parts: Vec<&str> = text.split(", ").collect();
    if parts.len() == 1 {
        parts = text.split(',').collect();
    }
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
