//! Cuts an expression into signs and numbers, words for them included.

use super::super::numeral::cardinal;
use super::number::{Arithmetic, read_number, whole};
use crate::literal::shortened;
use num_rational::BigRational;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sign {
    Number(BigRational),
    Plus,
    Minus,
    Times,
    Over,
    Modulo,
    Power,
    /// `%`: a percent, or a modulo when a number follows.
    Percent,
    /// `percent` as a word: never a modulo.
    PercentWord,
    Squared,
    Cubed,
    Open,
    Close,
}

/// The signs of a lower-case text, each with the byte it starts at.
pub(super) fn lex(text: &str, arithmetic: &mut Arithmetic) -> Result<Vec<(usize, Sign)>, String> {
    let mut signs = Vec::new();
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        let mut length = letter.len_utf8();
        let sign = match letter {
            _ if letter.is_whitespace() => None,
            '$' | '€' | '£' => None,
            '0'..='9' | '.' => {
                let (number, taken) = read_number(rest, arithmetic)?;
                length = taken;
                Some(Sign::Number(number))
            }
            '+' => Some(Sign::Plus),
            '-' | '−' | '–' => Some(Sign::Minus),
            '*' if rest.starts_with("**") => {
                length = 2;
                Some(Sign::Power)
            }
            '*' | '×' | '·' | '⋅' => Some(Sign::Times),
            '/' | '÷' | ':' => Some(Sign::Over),
            '^' => Some(Sign::Power),
            '²' => Some(Sign::Squared),
            '³' => Some(Sign::Cubed),
            '%' => Some(Sign::Percent),
            '(' | '[' | '{' => Some(Sign::Open),
            ')' | ']' | '}' => Some(Sign::Close),
            ',' => return Err("a comma may only part thousands (1,234); write decimals as 3.5".into()),
            _ if letter.is_alphabetic() => {
                let (sign, taken) = word(rest, matches!(signs.last(), Some((_, Sign::Number(_)))))?;
                length = taken;
                Some(sign)
            }
            other => return Err(format!("`{other}` is no sign of arithmetic")),
        };
        if let Some(sign) = sign {
            signs.push((at, sign));
        }
        at += length;
    }
    Ok(signs)
}

/// A sign or number in words, and its length.
fn word(text: &str, after_number: bool) -> Result<(Sign, usize), String> {
    const PHRASES: &[(&str, Sign)] = &[
        ("multiplied by", Sign::Times),
        ("divided by", Sign::Over),
        ("raised to the power of", Sign::Power),
        ("to the power of", Sign::Power),
        ("to the power", Sign::Power),
        ("per cent of", Sign::PercentWord),
        ("percent of", Sign::PercentWord),
        ("per cent", Sign::PercentWord),
        ("percent", Sign::PercentWord),
        ("modulo", Sign::Modulo),
        ("mod", Sign::Modulo),
        ("squared", Sign::Squared),
        ("cubed", Sign::Cubed),
        ("plus", Sign::Plus),
        ("minus", Sign::Minus),
        ("negative", Sign::Minus),
        ("times", Sign::Times),
        ("over", Sign::Over),
        ("of", Sign::Times),
        ("half", Sign::Over),
        ("x", Sign::Times),
    ];
    let whole_word = |phrase: &str| {
        let rest = text.strip_prefix(phrase)?;
        // `3x4`: the sign may touch a digit.
        (!rest.starts_with(char::is_alphabetic)).then_some(phrase.len())
    };
    for (phrase, sign) in PHRASES.iter().cloned() {
        if let Some(length) = whole_word(phrase) {
            if phrase == "half" {
                return Ok((Sign::Number(BigRational::new(1.into(), 2.into())), length));
            }
            // `percent of` leaves the `of` to be read as the product.
            let length = length - if phrase.ends_with("cent of") { " of".len() } else { 0 };
            return Ok((sign, length));
        }
    }
    if let Some((number, length)) = number_words(text) {
        return Ok((Sign::Number(whole(number)), length));
    }
    let word: String = text.chars().take_while(|c| c.is_alphanumeric()).collect();
    let scale = if after_number { "; write numbers in digits, without units" } else { "" };
    Err(format!("`{}` is no part of a calculation{scale}", shortened(&word)))
}

/// `three hundred and five`, `twenty five`, `two million`.
fn number_words(text: &str) -> Option<(u64, usize)> {
    let (mut total, mut group, mut end) = (0_u64, 0_u64, 0);
    let mut seen = false;
    let mut joined = false;
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let length = rest.find(|c: char| !c.is_alphabetic() && c != '-').unwrap_or(rest.len());
        let word = &rest[..length];
        let scale = match word {
            "thousand" => 1_000,
            "million" => 1_000_000,
            "billion" => 1_000_000_000,
            "trillion" => 1_000_000_000_000,
            _ => 1,
        };
        if scale > 1 && seen {
            total = total.checked_add(group.checked_mul(scale)?)?;
            group = 0;
        } else if word == "hundred" && seen && group < 100 {
            group *= 100;
        } else if word == "and" && seen && !joined && group % 100 == 0 {
            joined = true;
            at += length;
            at += text[at..].len() - text[at..].trim_start_matches(' ').len();
            continue;
        } else {
            let Some(number) = cardinal(word).filter(|_| !word.is_empty()) else { break };
            // `three four` and `twenty zero` are no numbers.
            let fits = match number {
                0 => !seen,
                1..=9 => group % 10 == 0 && group % 100 != 10,
                _ => group % 100 == 0,
            };
            if !fits {
                break;
            }
            group = group.checked_add(number as u64)?;
            seen = true;
        }
        joined = false;
        at += length;
        end = at;
        let gap = text[at..].len() - text[at..].trim_start_matches(' ').len();
        if gap == 0 {
            break;
        }
        at += gap;
    }
    seen.then(|| (total.saturating_add(group), end))
}
