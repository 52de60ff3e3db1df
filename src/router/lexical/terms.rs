//! What a text looks like to word-counting: stems of its words, and the shape of what it is about.

use crate::literal::{Operand, literals, tokens};

/// Words that say nothing of the kind of a task.
const SILENT: &[&str] = &[
    "the", "a", "an", "of", "is", "are", "was", "were", "be", "been", "to", "and", "or", "in", "it", "its",
    "on", "at", "by", "for", "from", "with", "that", "this", "these", "those", "as", "i", "you", "do",
    "does", "did", "has", "have", "had", "there", "them", "me", "would", "could", "should", "can", "will",
    "like", "not",
];

/// The shape of a task that one question will not answer.
pub(super) const TWO_STEPS: &str = "<two steps>";

/// One thing that a text has in common with another, or not.
pub(super) struct Term {
    pub(super) key: String,
    /// As it stands in the text, for a reason.
    pub(super) shown: String,
}

/// The terms of a text: each word twice, as it stands and as a stem, so that the same form counts more than a related
/// one; and shapes in angle brackets: `<list>`, `<pairs>`, `<sequence>`, `<number>`.
pub(super) fn terms(text: &str) -> Vec<Term> {
    let mut found = Vec::new();
    let mut outside = String::with_capacity(text.len());
    let mut at = 0;
    let mut texts = 0;
    let shaped = |shape: &str| Term { key: shape.to_owned(), shown: shape.to_owned() };
    for literal in literals(text) {
        outside.push_str(&text[at..literal.start]);
        outside.push(' ');
        at = literal.end;
        texts += usize::from(matches!(literal.operand, Operand::Text(_)));
        found.push(shaped(shape(&literal.operand)));
    }
    outside.push_str(&text[at..]);
    let lower = outside.to_lowercase();
    let words: Vec<&str> = tokens(&lower).map(|token| token.trim_matches(['-', '\''])).collect();
    for word in words.iter().filter(|word| !word.is_empty() && !SILENT.contains(word)) {
        match *word {
            _ if word.bytes().all(|byte| byte.is_ascii_digit()) => found.push(shaped("<number>")),
            _ if iso_date(word) => found.push(shaped("<date>")),
            _ => {
                found.push(Term { key: (*word).to_owned(), shown: (*word).to_owned() });
                found.push(Term { key: format!("~{}", stem(word)), shown: (*word).to_owned() });
            }
        }
    }
    let shapes = [
        ("<two texts>", texts > 1),
        (TWO_STEPS, two_steps(&words)),
        ("<story>", story(&outside, words.len())),
        ("<calculation>", calculates(&lower)),
        ("<percent>", lower.contains('%')),
        ("<date>", slashed_date(&lower)),
    ];
    found.extend(shapes.iter().filter(|(_, there)| *there).map(|(name, _)| shaped(name)));
    found
}

/// `... and concatenate them`, `... and then send it`.
fn two_steps(words: &[&str]) -> bool {
    words.contains(&"then")
        || words.windows(3).any(|three| three[0] == "and" && matches!(three[2], "them" | "it"))
}

/// Sentences that tell something, and a question about them.
fn story(outside: &str, words: usize) -> bool {
    let told = outside.find(". ").is_some_and(|at| outside[at..].contains('?'));
    told && words > 10
}

fn iso_date(word: &str) -> bool {
    word.len() == 10 && word.bytes().filter(|byte| *byte == b'-').count() == 2
}

pub(crate) fn shape(operand: &Operand) -> &'static str {
    match operand {
        Operand::List(_) => "<list>",
        Operand::Pairs(_) => "<pairs>",
        Operand::Text(text) if text.starts_with('{') => "<object>",
        Operand::Text(text)
            if text.starts_with("1. ") || text.contains(", 1. ") || text.contains(", 2. ") =>
        {
            "<numbered sequence>"
        }
        Operand::Text(text) if text.contains([',', ';', '\n']) => "<sequence>",
        Operand::Text(text) if text.trim().contains(' ') => "<phrase>",
        Operand::Text(_) => "<word>",
    }
}

/// A plain English stem: enough that `letters` meets `letter` and `reversed` meets `reverse`.
fn stem(word: &str) -> &str {
    let cut = |end: &str| word.strip_suffix(end).filter(|rest| rest.chars().count() >= 4);
    if let Some(rest) = cut("ing").or_else(|| cut("ed")) {
        return rest.strip_suffix('e').unwrap_or(rest);
    }
    let singular = match word {
        _ if word.ends_with("ss") || word.chars().count() < 4 => word,
        _ => word.strip_suffix("'s").or_else(|| word.strip_suffix('s')).unwrap_or(word),
    };
    // `reverse` and `reversed` meet without their e.
    singular.strip_suffix('e').filter(|rest| rest.chars().count() >= 4).unwrap_or(singular)
}

/// An operator between numbers: `3 * 4`, `(1 + 2) / 3`, but not the signs inside a date or a hyphen.
fn calculates(text: &str) -> bool {
    let dated = slashed_date(text);
    let (mut number, mut operator, mut before) = (false, false, ' ');
    for letter in text.chars() {
        match letter {
            '0'..='9' if operator => return true,
            '0'..='9' | '%' => number = true,
            '-' => operator = operator || number && matches!(before, ' ' | ')'),
            '/' if dated => {}
            '+' | '*' | '/' | '^' | '×' | '÷' => operator = number,
            ' ' | '(' | ')' => {}
            _ => (number, operator) = (false, false),
        }
        before = letter;
    }
    false
}

fn slashed_date(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_digit() && c != '/');
    words.any(|word| {
        let parts: Vec<&str> = word.split('/').take(4).collect();
        matches!(parts.as_slice(), [a, b, c] if (1..=4).contains(&a.len()) && (1..=2).contains(&b.len()) && c.len() >= 2)
    })
}
