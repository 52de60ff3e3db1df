//! Finds the quoted texts, lists and objects of a question, however they are quoted and nested.

use super::{Item, Literal, Operand};
use unicode_segmentation::UnicodeSegmentation;

/// All quoted texts, lists and objects of a question in their order.
pub(crate) fn literals(question: &str) -> Vec<Literal> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut dead_quotes: Vec<char> = Vec::new();
    let mut bad_brackets = 0;
    let mut before = ' ';
    while let Some(letter) = question[at..].chars().next() {
        let taken = match letter {
            // A bracket that never closes costs a look at the whole rest, so there is a limit to trying.
            '[' | '{' if bad_brackets < 8 => {
                let taken = bracket(&question[at..]);
                bad_brackets += usize::from(taken.is_none());
                taken
            }
            _ if closing(letter).is_some() && !before.is_alphanumeric() && !dead_quotes.contains(&letter) => {
                let taken = quoted(&question[at..], letter);
                if taken.is_none() {
                    dead_quotes.push(letter);
                }
                taken
            }
            _ => None,
        };
        let length = match taken {
            Some((operand, length)) => {
                found.push(Literal { start: at, end: at + length, operand });
                length
            }
            None => letter.len_utf8(),
        };
        at += length;
        before = question[..at].chars().next_back().unwrap_or(' ');
    }
    found
}

/// The quote that closes what this one opens; `None` for what is no opening quote.
pub(crate) fn closing(quote: char) -> Option<char> {
    match quote {
        '"' => Some('"'),
        '\'' => Some('\''),
        '`' => Some('`'),
        '“' => Some('”'),
        '‘' => Some('’'),
        '«' => Some('»'),
        _ => None,
    }
}

/// A quoted text or list at the start of `text`, and its length with quotes.
fn quoted(text: &str, quote: char) -> Option<(Operand, usize)> {
    let close = closing(quote)?;
    let open = quote.len_utf8();
    let inside = &text[open..];
    let gap = inside.len() - inside.trim_start().len();
    if inside[gap..].starts_with('[')
        && let Some((list, length)) = bracket(&inside[gap..])
    {
        let end = open + gap + length;
        let rest = &text[end..];
        let blank = rest.len() - rest.trim_start().len();
        let closes = rest[blank..].starts_with(close);
        return Some((list, if closes { end + blank + close.len_utf8() } else { end }));
    }
    let text_of = |at: usize| (Operand::Text(unescaped(&inside[..at])), open + at + close.len_utf8());
    let mut depth = 1_usize;
    let mut first_close = None;
    let (mut before, mut escaped) = (quote, false);
    for (at, letter) in inside.char_indices() {
        let next = inside[at + letter.len_utf8()..].chars().next().unwrap_or(' ');
        // An apostrophe inside a word closes nothing; a quote between a blank and a word opens a quote in the quote.
        let in_word = matches!(letter, '\'' | '’') && next.is_alphanumeric() && !before.is_whitespace();
        let opens = letter == quote && (quote != close || before.is_whitespace() && next.is_alphanumeric());
        if opens && !escaped {
            depth += 1;
        } else if letter == close && !escaped && !in_word {
            first_close = first_close.or(Some(at));
            depth -= 1;
            if depth == 0 {
                return Some(text_of(at));
            }
        }
        escaped = letter == '\\' && !escaped;
        before = letter;
    }
    first_close.map(text_of)
}

/// The text between two quotes: as JSON writes it if it does, else with `\"` for a quote.
fn unescaped(inside: &str) -> String {
    let escapes = ["\\\"", "\\\\", "\\u005b"];
    let read = escapes.iter().any(|escape| inside.contains(escape)).then(|| format!("\"{inside}\""));
    let read = read.and_then(|told| serde_json::from_str(&told).ok());
    read.unwrap_or_else(|| inside.replace("\\\"", "\""))
}

/// A list or object at the start of `text`, and its length. An object comes back as the text it is.
pub(crate) fn bracket(text: &str) -> Option<(Operand, usize)> {
    if text.starts_with('{') {
        let length = balanced(text)?;
        return Some((Operand::Text(text[..length].to_owned()), length));
    }
    let mut items: Vec<(Item, Option<String>)> = Vec::new();
    let mut at = 1;
    loop {
        at += text[at..].len() - text[at..].trim_start_matches([' ', '\t', '\r', '\n', ',']).len();
        let rest = &text[at..];
        match rest.chars().next()? {
            ']' => {
                at += 1;
                break;
            }
            '(' => {
                let (item, length) = single(&rest[1..]).or_else(|| element(&rest[1..], ')'))?;
                let inner = &rest[1 + length..];
                let end = inner.find(')')?;
                let label = inner[..end].trim_start_matches([',', ' ']).trim();
                items.push((item, Some(label.to_owned())));
                at += 1 + length + end + 1;
            }
            _ => {
                let (item, length) = element(rest, ']')?;
                items.push((item, None));
                at += length;
            }
        }
    }
    let pairs = !items.is_empty() && items.iter().all(|(_, label)| label.is_some());
    let operand = if pairs {
        Operand::Pairs(items.into_iter().map(|(item, label)| (item, label.unwrap_or_default())).collect())
    } else {
        Operand::List(items.into_iter().map(|(item, _)| item).collect())
    };
    Some((operand, at))
}

/// One sign and a comma: the sign is the element, even if it is a comma, a bracket or a quote.
fn single(text: &str) -> Option<(Item, usize)> {
    let letter = text.graphemes(true).next().filter(|letter| text[letter.len()..].starts_with(','))?;
    Some((Item::bare(letter), letter.len()))
}

/// One element up to a comma or `close`, and its length.
fn element(text: &str, close: char) -> Option<(Item, usize)> {
    let ends = |rest: &str| {
        let rest = rest.trim_start();
        rest.is_empty() || rest.starts_with([',', close])
    };
    match text.chars().next()? {
        quote @ ('"' | '\'') => {
            let mut escaped = false;
            for (at, letter) in text.char_indices().skip(1) {
                if letter == quote && !escaped && ends(&text[at + 1..]) {
                    let told = &text[..=at];
                    let inner = &text[1..at];
                    let read = serde_json::from_str::<String>(told).unwrap_or_else(|_| inner.to_owned());
                    return Some((Item::new(read), at + 1));
                }
                escaped = letter == '\\' && !escaped;
            }
            None
        }
        '[' | '{' => {
            let length = balanced(text)?;
            Some((Item::bare(&text[..length]), length))
        }
        _ => {
            let end = text.find([',', close])?;
            Some((Item::bare(text[..end].trim()), end))
        }
    }
}

/// Length of the bracketed text at the start, its closing bracket included; brackets in strings do not count.
fn balanced(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '"' if !escaped => in_string = !in_string,
            '[' | '{' if !in_string => depth += 1,
            ']' | '}' if !in_string => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
    }
    None
}
