//! `merge`: the elements of a list as one text, with a separator between them.

use super::Trouble;
use crate::literal::{Operand, items, literals, separator};

pub(super) const PHRASINGS: &str = "Concatenate [\"A\", \"l\", \"a\", \"n\"]., Concatenate [\"b\", \"x\"] using a space. \
    (also a comma, a semi-colon, a hyphen, nothing, \"quoted\")";

pub(super) fn merge(question: &str) -> Result<String, Trouble> {
    let lower = question.to_ascii_lowercase();
    let said = ["concatenate", "merge", "join", "combine", "glue", "put together"];
    if !said.iter().any(|word| lower.contains(word)) {
        return Err(Trouble::Unknown);
    }
    let literals = literals(question);
    let first = literals.first().ok_or(Trouble::Unknown)?;
    let (parts, behind): (Vec<&str>, usize) = match &first.operand {
        Operand::List(list) => (list.iter().map(|item| item.text.as_str()).collect(), first.end),
        Operand::Pairs(pairs) => (pairs.iter().map(|(item, _)| item.text.as_str()).collect(), first.end),
        Operand::Text(text) => {
            // `"a", "b" and "c" using "-"`: the texts before the word that announces the separator.
            let limit = ["using ", "separated by", "with ", "without "]
                .iter()
                .filter_map(|word| lower[first.end..].find(word))
                .min()
                .map_or(question.len(), |at| first.end + at);
            let texts: Vec<(&str, usize)> = literals
                .iter()
                .filter(|literal| literal.end <= limit)
                .filter_map(|literal| match &literal.operand {
                    Operand::Text(text) => Some((text.as_str(), literal.end)),
                    _ => None,
                })
                .collect();
            match texts.as_slice() {
                [_] => (items(text).0, first.end),
                _ => (texts.iter().map(|(text, _)| *text).collect(), texts.last().map_or(0, |(_, end)| *end)),
            }
        }
    };
    let sign = separator(&question[behind..])?.unwrap_or_default();
    Ok(parts.join(&sign))
}
