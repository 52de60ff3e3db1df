//! `str_position` and `arr_position`: what stands at a place of a text or of a list.

use super::Trouble;
use super::numeral::{Place, at_place, place};
use crate::literal::{Asked, Item, Operand, asked, items, letters, tokens, words, write_list, write_texts};

pub(super) const TEXT_PHRASINGS: &str = "What is the letter at position 1 of the word \"Augusta\"?, What is the last \
    letter in \"Augusta\"?, What is the word at the position 4 in \"Colorless green ideas sleep\"?";
pub(super) const LIST_PHRASINGS: &str = "What is at position 4 in \"[(a, 1), (b, 2)]\"?, What is at the last position \
    in [\"a\", \"b\"]?, What is the third item in \"a, b, c\"?";

const LEADS: [&str; 6] = [": ", " of the word ", " in the word ", " in ", " of ", " from "];

/// A letter or word of a text; a list of words gives the list of their letters.
pub(super) fn in_text(question: &str) -> Result<String, Trouble> {
    let (asked, place) = understood(question)?;
    match &asked.operand {
        Operand::Text(text)
            if asked.words.contains("of the words") || asked.words.contains("of each word") =>
        {
            of_each(words(text).into_iter(), place)
        }
        Operand::Text(text) => match unit(&asked.words) {
            Some("word") => Ok(at_place(&words(text), place, "words")?.join(" ")),
            Some("item") => Ok(at_place(&items(text).0, place, "items")?.join(", ")),
            _ => Ok(at_place(&letters(text), place, "letters")?.concat()),
        },
        Operand::List(list) if list.iter().any(|item| letters(&item.text).len() > 1) => {
            of_each(list.iter().map(|item| item.text.as_str()), place)
        }
        _ => element(&asked, place),
    }
}

/// An element of a list, of numbered pairs, or of a text with commas.
pub(super) fn in_list(question: &str) -> Result<String, Trouble> {
    let (asked, place) = understood(question)?;
    element(&asked, place)
}

fn understood(question: &str) -> Result<(Asked, Place), Trouble> {
    let asked = asked(question, &LEADS, &[]).ok_or(Trouble::Unknown)?;
    if asked.has_any(&["concatenate", "join", "reverse", "count"]) {
        return Err("this asks for two steps; decompose it and ask for one".into());
    }
    let place = place(&asked.words)?.ok_or(Trouble::Unknown)?;
    Ok((asked, place))
}

fn of_each<'a>(texts: impl Iterator<Item = &'a str>, place: Place) -> Result<String, Trouble> {
    let mut found = Vec::new();
    for text in texts {
        let letters = letters(text);
        let these = at_place(&letters, place, "letters").map_err(|why| format!("in \"{text}\" {why}"))?;
        found.push(these.concat());
    }
    Ok(write_texts(found.iter().map(String::as_str)))
}

fn element(asked: &Asked, place: Place) -> Result<String, Trouble> {
    match &asked.operand {
        Operand::List(list) => Ok(written(at_place(list, place, "items")?, place)),
        Operand::Pairs(pairs) => {
            // The numbers that stand there win over the order, when each is a number.
            let numbers: Option<Vec<usize>> = pairs.iter().map(|(_, label)| label.parse().ok()).collect();
            let labelled = match (place, numbers) {
                (Place::At(nth), Some(numbers)) => numbers.iter().position(|number| *number == nth),
                _ => None,
            };
            let found = match labelled {
                Some(at) => &pairs[at..=at],
                None => at_place(pairs, place, "items")?,
            };
            Ok(written(&found.iter().map(|(item, _)| item.clone()).collect::<Vec<_>>(), place))
        }
        Operand::Text(text) => {
            let (parts, joint) = items(text);
            if parts.len() > 1 {
                return Ok(at_place(&parts, place, "items")?.join(joint));
            }
            match unit(&asked.words) {
                Some("letter") => Ok(at_place(&letters(text), place, "letters")?.concat()),
                _ => Ok(at_place(&words(text), place, "words")?.join(" ")),
            }
        }
    }
}

fn written(found: &[Item], place: Place) -> String {
    match (place, found) {
        (Place::At(_) | Place::FromEnd(_), [one]) => one.text.clone(),
        _ => write_list(found),
    }
}

/// What is asked for is said first: `the letter ... of the word`.
fn unit(said: &str) -> Option<&'static str> {
    tokens(said).find_map(|token| match token {
        "letter" | "letters" | "character" | "characters" => Some("letter"),
        "word" | "words" => Some("word"),
        "item" | "items" | "element" | "elements" => Some("item"),
        _ => None,
    })
}
