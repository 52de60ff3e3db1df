//! `remove_numbers`: a numbered sequence without its numbers, or a text without its digits.

use super::Trouble;
use crate::literal::{Item, Operand, asked, write_list};

pub(super) const PHRASINGS: &str = "Remove the numbers from \"4. bottle, 3. laptop\"., Remove the numbers from \
    [(A, 1), (u, 2)].";

pub(super) fn remove_numbers(question: &str) -> Result<String, Trouble> {
    let lower = question.to_ascii_lowercase();
    let removes = ["remov", "delet", "strip", "drop"].iter().any(|word| lower.contains(word));
    if !removes || !["number", "digit"].iter().any(|word| lower.contains(word)) {
        return Err(Trouble::Unknown);
    }
    let asked = asked(question, &[": ", " from ", " in ", " of "], &[]).ok_or(Trouble::Unknown)?;
    Ok(match &asked.operand {
        Operand::Text(text) => cleaned(text),
        Operand::Pairs(pairs) => write_list(pairs.iter().map(|(item, _)| item)),
        Operand::List(list) => {
            let cleaned: Vec<Item> = list.iter().map(|item| Item::new(cleaned(&item.text))).collect();
            write_list(cleaned.iter().filter(|item| !item.text.is_empty()))
        }
    })
}

/// Without the enumeration (`3. `, `3) `) of its items; when there is none, without all digits.
fn cleaned(text: &str) -> String {
    let parts: Vec<&str> = text.split_inclusive([',', ';', '\n']).collect();
    let enumerated = parts.iter().any(|part| without_mark(part.trim_start()).is_some());
    if enumerated {
        let kept = parts.iter().map(|part| {
            let told = part.trim_start();
            let blank = &part[..part.len() - told.len()];
            format!("{blank}{}", without_mark(told).unwrap_or(told))
        });
        return kept.collect::<String>().trim().to_owned();
    }
    without_digits(text)
}

fn without_mark(item: &str) -> Option<&str> {
    let digits = item.trim_start_matches('(').trim_start_matches(|c: char| c.is_numeric());
    let marked = digits.len() < item.trim_start_matches('(').len();
    let rest = digits.strip_prefix(['.', ')', ':'])?;
    (marked && rest.starts_with(char::is_whitespace)).then(|| rest.trim_start())
}

fn without_digits(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut in_number = false;
    while let Some(letter) = letters.next() {
        let point =
            in_number && matches!(letter, '.' | ',') && letters.peek().is_some_and(|next| next.is_numeric());
        in_number = letter.is_numeric() || point;
        // The blank before a number goes with it.
        if in_number || (letter == ' ' && (kept.is_empty() || kept.ends_with(' '))) {
            continue;
        }
        if matches!(letter, ',' | ';' | '.') && kept.ends_with(' ') {
            kept.pop();
        }
        kept.push(letter);
    }
    kept.trim().to_owned()
}
