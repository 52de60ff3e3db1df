//! `join`: two or more sequences as one.

use super::Trouble;
use crate::literal::{Item, Operand, items, literals, separator, write_list};

pub(super) const PHRASINGS: &str =
    "Join \"a, b\" and \"c, d\"., Join [\"a\"] and [\"b\"]. (each sequence in quotes or brackets)";

pub(super) fn join(question: &str) -> Result<String, Trouble> {
    let lower = question.to_ascii_lowercase();
    let mut literals = literals(question);
    let announced = ["using ", "separated by "].iter().filter_map(|word| lower.find(word)).min();
    let behind = announced.filter(|at| literals.first().is_some_and(|first| *at >= first.end));
    let sign = match behind {
        Some(at) => separator(&question[at..])?,
        None => None,
    };
    literals.retain(|literal| behind.is_none_or(|at| literal.end <= at));
    if literals.len() < 2 {
        return Err(Trouble::Unknown);
    }
    if literals.iter().all(|literal| matches!(literal.operand, Operand::Text(_))) {
        let texts = literals.iter().filter_map(|literal| match &literal.operand {
            Operand::Text(text) if !text.trim().is_empty() => Some(text.trim()),
            _ => None,
        });
        return Ok(texts.collect::<Vec<_>>().join(sign.as_deref().unwrap_or(", ")));
    }
    let all: Vec<Item> = literals.into_iter().flat_map(|literal| elements(literal.operand)).collect();
    match sign {
        Some(sign) => Ok(all.iter().map(|item| item.text.as_str()).collect::<Vec<_>>().join(&sign)),
        None => Ok(write_list(&all)),
    }
}

fn elements(operand: Operand) -> Vec<Item> {
    match operand {
        Operand::Text(text) => items(&text).0.into_iter().map(Item::new).collect(),
        Operand::List(list) => list,
        Operand::Pairs(pairs) => pairs.into_iter().map(|(item, _)| item).collect(),
    }
}
