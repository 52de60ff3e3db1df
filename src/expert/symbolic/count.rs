//! `count`: how many words, letters, items, sentences or lines, or how often one thing occurs.

use super::Trouble;
use crate::literal::{Asked, Literal, Operand, asked, items, letters, literals, tokens, words};
use unicode_segmentation::UnicodeSegmentation;

pub(super) const PHRASINGS: &str = "How many words are in \"green ideas\"?, How many letters are in \"Alan\"?, How many \
    items are in [\"a\", \"b\"]?, How many times does \"a\" occur in \"banana\"?";

pub(super) fn count(question: &str) -> Result<String, Trouble> {
    let lower = question.to_ascii_lowercase();
    let counts = ["how many", "how often", "count", "number of", "length of", "how long"];
    if !counts.iter().any(|word| lower.contains(word)) {
        return Err(Trouble::Unknown);
    }
    let number = match occurrences(question, &lower) {
        Some(number) => number,
        None => {
            let leads =
                [": ", " in the word ", " in the sentence ", " in the list ", " in ", " of ", " does "];
            let asked = asked(question, &leads, &[" have", " has", " contain"]).ok_or(Trouble::Unknown)?;
            of_units(&asked)?
        }
    };
    Ok(number.to_string())
}

/// `"a" occurs in "banana"`, `how many r's are in strawberry`.
fn occurrences(question: &str, lower: &str) -> Option<usize> {
    let literals = literals(question);
    match literals.as_slice() {
        [Literal { operand: Operand::Text(first), .. }, second] => {
            // `In "banana", how often does "a" occur?` has them the other way round.
            let swapped = tokens(lower).next() == Some("in");
            match (&second.operand, swapped) {
                (Operand::Text(second), true) => Some(times(second, first)),
                (Operand::Text(second), false) => Some(times(first, second)),
                (Operand::List(list), _) => Some(list.iter().filter(|item| same(&item.text, first)).count()),
                (Operand::Pairs(pairs), _) => {
                    Some(pairs.iter().filter(|(item, _)| same(&item.text, first)).count())
                }
            }
        }
        [_, ..] if literals.len() > 1 => None,
        _ => {
            let said =
                tokens(lower).skip_while(|token| !matches!(*token, "many" | "often" | "count")).skip(1);
            let one = said
                .take(4)
                .find_map(|token| token.strip_suffix("'s").filter(|one| one.chars().count() == 1))?;
            let asked = asked(question, &[" in the word ", " in ", " does "], &[" have", " contain"])?;
            match &asked.operand {
                Operand::Text(text) => Some(text.to_lowercase().matches(one).count()),
                _ => None,
            }
        }
    }
}

/// A single letter is counted everywhere, a longer text as a whole word if it occurs as one, else anywhere.
fn times(what: &str, text: &str) -> usize {
    let (what, text) = (what.trim().to_lowercase(), text.to_lowercase());
    if what.is_empty() {
        return 0;
    }
    let as_word =
        words(&text).into_iter().map(|word| word.trim_end_matches('.')).filter(|word| *word == what).count();
    if as_word > 0 && what.chars().count() > 1 { as_word } else { text.matches(&what).count() }
}

fn same(item: &str, what: &str) -> bool {
    item.trim().to_lowercase() == what.trim().to_lowercase()
}

fn of_units(asked: &Asked) -> Result<usize, Trouble> {
    let unit = tokens(&asked.words).find_map(|token| match token {
        "letter" | "letters" => Some("letters"),
        "character" | "characters" | "length" | "long" => Some("characters"),
        "digit" | "digits" => Some("digits"),
        "vowels" => Some("vowels"),
        "word" | "words" => Some("words"),
        "sentence" | "sentences" => Some("sentences"),
        "line" | "lines" => Some("lines"),
        "item" | "items" | "element" | "elements" | "entries" | "names" | "things" | "objects" => {
            Some("items")
        }
        _ => None,
    });
    let text = match &asked.operand {
        Operand::List(list) => return Ok(list.len()),
        Operand::Pairs(pairs) => return Ok(pairs.len()),
        Operand::Text(text) => text,
    };
    Ok(match unit.ok_or(Trouble::Unknown)? {
        "letters" => letters(text).iter().filter(|letter| letter.chars().any(char::is_alphabetic)).count(),
        "characters" => text.graphemes(true).count(),
        "digits" => text.chars().filter(|c| c.is_numeric()).count(),
        "vowels" => text.to_lowercase().chars().filter(|c| "aeiou".contains(*c)).count(),
        "words" => words(text).len(),
        "sentences" => text.unicode_sentences().count(),
        "lines" => text.lines().filter(|line| !line.trim().is_empty()).count(),
        _ => items(text).0.len(),
    })
}
