//! `reverse`: a sequence, a list, the words of a text or the letters of a word, back to front.

use super::Trouble;
use crate::literal::{Operand, asked, items, tokens, words, write_list, write_pairs};
use unicode_segmentation::UnicodeSegmentation;

pub(super) const PHRASINGS: &str = "Reverse the sequence \"a, b, c\"., Reverse the letters of \"Alan\"., Reverse the \
    words in \"green ideas sleep\"., Reverse [\"a\", \"b\"].";

const LEADS: &[&str] = &[
    ": ",
    "sequence ",
    " list ",
    "letters of ",
    "letters in ",
    "the word ",
    "words in ",
    "words of ",
    "string ",
    "sentence ",
    " of ",
    "reverse ",
];

pub(super) fn reverse(question: &str) -> Result<String, Trouble> {
    let lower = question.to_ascii_lowercase();
    if !["reverse", "backward", "back to front"].iter().any(|word| lower.contains(word)) {
        return Err(Trouble::Unknown);
    }
    let asked = asked(question, LEADS, &[" backwards", " back to front"]).ok_or(Trouble::Unknown)?;
    let text = match &asked.operand {
        Operand::List(list) => return Ok(write_list(list.iter().rev())),
        Operand::Pairs(pairs) => {
            return Ok(write_pairs(
                pairs.iter().rev().map(|(item, label)| (item.text.as_str(), label.clone())),
            ));
        }
        Operand::Text(text) => text,
    };
    let unit = tokens(&asked.words).find_map(|token| match token {
        "letters" | "characters" | "word" | "string" | "text" => Some("letters"),
        "words" => Some("words"),
        "sequence" | "list" | "items" | "elements" => Some("items"),
        _ => None,
    });
    let (parts, joint) = items(text);
    Ok(match unit {
        Some("words") => words(text).into_iter().rev().collect::<Vec<_>>().join(" "),
        Some("letters") => text.graphemes(true).rev().collect(),
        // A sequence of numbers may have blanks only; a single name with a blank is one item.
        Some(_) if parts.len() == 1 && text.split_whitespace().all(|word| word.parse::<f64>().is_ok()) => {
            text.split_whitespace().rev().collect::<Vec<_>>().join(" ")
        }
        None if parts.len() == 1 => text.graphemes(true).rev().collect(),
        _ => parts.into_iter().rev().collect::<Vec<_>>().join(joint),
    })
}
