//! `split`: the words, letters, items, sentences or lines of a text, alone or with their positions.

use super::Trouble;
use crate::literal::{
    Operand, asked, items, letters, literals, tokens, words, write_list, write_pairs, write_texts,
};
use unicode_segmentation::UnicodeSegmentation;

pub(super) const PHRASINGS: &str = "What are the words in \"Alan Mathison Turing\"?, What are the letters and their \
    positions in \"Mathison\"?, What are the items in \"a, b, c\"? (also characters, sentences, lines), \
    Split \"a-b\" by \"-\".";

pub(super) fn split(question: &str) -> Result<String, Trouble> {
    let tails = [" into "];
    let asked =
        asked(question, &[": ", " in ", " of ", "split up ", "split "], &tails).ok_or(Trouble::Unknown)?;
    let with_positions = asked.words.contains("position");
    let text = match &asked.operand {
        Operand::Text(text) => text,
        // What is split already is only numbered.
        Operand::List(list) if with_positions => {
            return Ok(numbered(list.iter().map(|item| item.text.as_str())));
        }
        Operand::List(list) => return Ok(write_list(list)),
        Operand::Pairs(pairs) => return Ok(write_list(pairs.iter().map(|(item, _)| item))),
    };
    let parts = match unit(&asked.words) {
        Some(unit) => parts(text, unit),
        None => by_separator(question, text)?,
    };
    if with_positions { Ok(numbered(parts.into_iter())) } else { Ok(write_texts(parts)) }
}

#[derive(Clone, Copy)]
enum Unit {
    Words,
    Letters,
    Characters,
    Items,
    Sentences,
    Lines,
}

/// The unit said behind `into`, else the first one said.
fn unit(said: &str) -> Option<Unit> {
    let said = said.rsplit_once(" into ").map_or(said, |(_, after)| after);
    tokens(said).find_map(|token| match token {
        "words" => Some(Unit::Words),
        "letters" => Some(Unit::Letters),
        "characters" => Some(Unit::Characters),
        "items" | "elements" | "parts" | "names" | "entries" => Some(Unit::Items),
        "sentences" => Some(Unit::Sentences),
        "lines" => Some(Unit::Lines),
        _ => None,
    })
}

fn parts(text: &str, unit: Unit) -> Vec<&str> {
    match unit {
        Unit::Words => words(text),
        Unit::Letters => letters(text),
        Unit::Characters => text.graphemes(true).collect(),
        Unit::Items => items(text).0,
        Unit::Sentences => text.unicode_sentences().map(str::trim).collect(),
        Unit::Lines => text.lines().map(str::trim).filter(|line| !line.is_empty()).collect(),
    }
}

fn by_separator<'a>(question: &str, text: &'a str) -> Result<Vec<&'a str>, Trouble> {
    let literals = literals(question);
    let behind = literals.first().map_or("", |first| &question[first.end..]);
    if !tokens(&question.to_ascii_lowercase()).any(|token| token == "split") {
        return Err(Trouble::Unknown);
    }
    let behind = behind.replacen(" at ", " by ", 1).replacen(" on ", " by ", 1);
    match crate::literal::separator(&behind)? {
        Some(sign) if sign.is_empty() => Err("an empty separator splits nothing; ask for the letters".into()),
        Some(sign) => Ok(text.split(sign.as_str()).map(str::trim).filter(|part| !part.is_empty()).collect()),
        None => Err(Trouble::Unknown),
    }
}

fn numbered<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    write_pairs(parts.enumerate().map(|(at, part)| (part, (at + 1).to_string())))
}
