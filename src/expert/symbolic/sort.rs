//! `sort`: words, items or list elements by alphabet, number or length.

use super::Trouble;
use crate::literal::{Asked, Item, Operand, asked, items, letters, words, write_list, write_pairs};
use std::cmp::Reverse;

pub(super) const PHRASINGS: &str = "Sort the words alphabetically: \"b a c\"., Sort [3, 1, 2] numerically in descending \
    order., Sort \"pear, fig\" by length.";

pub(super) fn sort(question: &str) -> Result<String, Trouble> {
    let lower = question.to_ascii_lowercase();
    if !["sort", "order", "arrange", "rank", "alphabeti"].iter().any(|word| lower.contains(word)) {
        return Err(Trouble::Unknown);
    }
    let leads = [
        "list: ",
        ": ",
        "the words ",
        "the items ",
        "the list ",
        "the numbers ",
        "sort ",
        "order ",
        "arrange ",
        "alphabetise ",
        "alphabetize ",
        "rank ",
        "put ",
    ];
    let tails = [
        " alphabetically",
        " numerically",
        " by length",
        " by value",
        " by size",
        " by number",
        " in alphabetical",
        " into alphabetical",
        " in order",
        " into order",
        " in numerical",
        " in reverse",
        " in descending",
        " in ascending",
        " from longest",
        " from shortest",
        " from largest",
        " from smallest",
        " from highest",
        " from lowest",
        " from a to z",
        " from z to a",
        " descending",
        " ascending",
    ];
    let asked = asked(question, &leads, &tails).ok_or(Trouble::Unknown)?;
    Ok(match &asked.operand {
        Operand::List(list) => write_list(&sorted(list.clone(), |item| &item.text, &asked)?),
        Operand::Pairs(pairs) => {
            let pairs = sorted(pairs.clone(), |(item, _)| &item.text, &asked)?;
            write_pairs(pairs.iter().map(|(item, label)| (item.text.as_str(), label.clone())))
        }
        Operand::Text(text) => {
            let (parts, joint) = items(text);
            let (parts, joint) = if parts.len() > 1 { (parts, joint) } else { (words(text), " ") };
            let items: Vec<Item> = parts.into_iter().map(Item::new).collect();
            let items = sorted(items, |item| &item.text, &asked)?;
            items.iter().map(|item| item.text.as_str()).collect::<Vec<_>>().join(joint)
        }
    })
}

fn sorted<T>(list: Vec<T>, text: fn(&T) -> &String, asked: &Asked) -> Result<Vec<T>, Trouble> {
    let said = &asked.words;
    let descending = [
        "descend",
        "reverse",
        "decreas",
        "largest to",
        "highest to",
        "longest to",
        "longest first",
        "largest first",
        "highest first",
        "biggest first",
        "biggest to",
        "greatest to",
        "z to a",
    ]
    .iter()
    .any(|word| said.contains(word));
    let by_number = [
        "numer",
        "number",
        "by value",
        "smallest",
        "largest",
        "biggest",
        "greatest",
        "lowest",
        "highest",
        "increasing",
    ]
    .iter()
    .any(|word| said.contains(word));
    let numbers: Option<Vec<_>> = match said.contains("alphabet") {
        true => None,
        false => list.iter().map(|item| super::calculate::plain_number(text(item).trim())).collect(),
    };
    if said.contains("length") || said.contains("longest") || said.contains("shortest") {
        return Ok(by_key(list, |item| letters(text(item)).len(), descending));
    }
    match numbers {
        Some(numbers) => {
            let numbered = numbers.into_iter().zip(list).collect();
            Ok(by_key(numbered, |(number, _)| number.clone(), descending)
                .into_iter()
                .map(|(_, item)| item)
                .collect())
        }
        None if by_number => Err("not every item is a number; sort alphabetically or by length".into()),
        None => Ok(by_key(list, |item| (text(item).to_lowercase(), text(item).clone()), descending)),
    }
}

/// Stable in both directions: items of one key keep their order.
fn by_key<T, K: Ord>(mut list: Vec<T>, key: impl Fn(&T) -> K, descending: bool) -> Vec<T> {
    if descending {
        list.sort_by_cached_key(|item| Reverse(key(item)));
    } else {
        list.sort_by_cached_key(key);
    }
    list
}
