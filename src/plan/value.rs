//! Answers as values: how `#n` enters a question, how a projection is taken apart and put together again.
//!
//! An answer is text. When that text is JSON (a list, an object, a quoted string) it is taken as that value.

use super::{Operator, Over, Phrase, Piece};
use crate::ids::TaskId;
use serde_json::Value;

/// The value an answer's text stands for: lists and objects as such, everything else a string.
fn value(text: &str) -> Value {
    match serde_json::from_str(text.trim()) {
        Ok(value @ (Value::Array(_) | Value::Object(_) | Value::String(_))) => value,
        _ => Value::String(text.to_owned()),
    }
}

/// A value as people read it: strings bare, everything else JSON with a space after each comma.
pub fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(quoted).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn quoted(value: &Value) -> String {
    match value {
        Value::Array(_) => show(value),
        other => other.to_string(),
    }
}

/// How an answer enters a question after `before`: a string gets quotes unless it stands in quotes already.
pub fn bind(answer: &str, before: &str, after: &str) -> String {
    match value(answer) {
        Value::String(text) if before.ends_with('"') && after.starts_with('"') => text,
        Value::String(text) if is_number(&text) => text,
        Value::String(text) => format!("\"{text}\""),
        other => show(&other),
    }
}

/// The answer as one text; `None` when it is a list, an object or a number, which need no quotes.
pub(super) fn text_of(answer: &str) -> Option<String> {
    match value(answer) {
        Value::String(text) if !is_number(&text) => Some(text),
        _ => None,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.trim_start_matches('-').chars().all(|c| c.is_ascii_digit() || ".,/%".contains(c))
}

/// The question with every reference replaced; `None` when an answer is missing.
///
/// `item` stands for the first task referred to: a projection asks about one of its items at a time.
pub fn fill(
    phrase: &Phrase,
    answer: impl Fn(TaskId) -> Option<String>,
    item: Option<&str>,
) -> Option<String> {
    let pieces = fill_pieces(phrase, answer, item)?;
    Some(pieces.into_iter().map(|(_, text)| text).collect())
}

/// The same piece by piece: what stands for an answer comes with the place of its task among those that the phrase needs.
pub fn fill_pieces(
    phrase: &Phrase,
    answer: impl Fn(TaskId) -> Option<String>,
    item: Option<&str>,
) -> Option<Vec<(Option<usize>, String)>> {
    let needs = phrase.needs();
    let first = needs.first().copied();
    let mut pieces: Vec<(Option<usize>, String)> = vec![];
    let mut question = String::new();
    for (at, piece) in phrase.pieces().iter().enumerate() {
        let after = match phrase.pieces().get(at + 1) {
            Some(Piece::Text(text)) => text.as_str(),
            _ => "",
        };
        match piece {
            Piece::Text(text) => pieces.push((None, text.clone())),
            Piece::Lost { .. } => return None,
            Piece::Answer { task } => {
                let text = match item {
                    Some(item) if Some(*task) == first => item.to_owned(),
                    _ => bind(&answer(*task)?, &question, after),
                };
                pieces.push((needs.iter().position(|need| need == task), text));
            }
        }
        question.push_str(pieces.last().map_or("", |(_, text)| text));
    }
    Some(pieces)
}

/// The items a projection asks about, as text.
pub fn items(over: Over, answer: &str) -> Vec<String> {
    let half = |key: Value, value: Value| if over == Over::Keys { key } else { value };
    let items: Vec<Value> = match value(answer) {
        Value::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Value::Array(pair) if pair.len() == 2 => half(pair[0].clone(), pair[1].clone()),
                other => other,
            })
            .collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| half(Value::String(key), value)).collect(),
        other => vec![other],
    };
    items.iter().map(show).collect()
}

/// The answer of a projection from the answers to its items, in their order.
pub fn join(operator: Operator, answers: &[String]) -> String {
    let Operator::Project { flat, unique, .. } = operator else {
        return answers.join("\n");
    };
    let mut joined: Vec<Value> = vec![];
    for answer in answers {
        match value(answer) {
            Value::Array(items) if flat => joined.extend(items),
            other => joined.push(other),
        }
    }
    if unique {
        let mut seen = std::collections::HashSet::new();
        joined.retain(|item| seen.insert(item.to_string()));
    }
    show(&Value::Array(joined))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_enter_a_question_as_its_quotes_ask() {
        let check = |text: &str, answer: &str, item: Option<&str>, expected: &str| {
            let phrase = Phrase::read(text, |_| Some(TaskId(1)));
            assert_eq!(fill(&phrase, |_| Some(answer.to_owned()), item).as_deref(), Some(expected));
        };
        check(
            "Concatenate #1 using a space.",
            r#"["a","b"]"#,
            None,
            r#"Concatenate ["a", "b"] using a space."#,
        );
        check("Reverse the sequence #1.", "x, y", None, r#"Reverse the sequence "x, y"."#);
        check("the last letter of \"#1\"?", r#"["Ada"]"#, Some("Ada"), "the last letter of \"Ada\"?");
        check("What is #1 times 3?", "14", None, "What is 14 times 3?");
        check("How far is #1?", "\"Paris\"", None, "How far is \"Paris\"?");
    }

    #[test]
    fn projections_come_apart_and_together() {
        let check = |operator: &str, answers: &[&str], expected: &str| {
            let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
            assert_eq!(join(operator.parse().unwrap(), &answers), expected);
        };
        check("project_values", &["a", "b", "a"], r#"["a", "b", "a"]"#);
        check("project_values_flat", &[r#"["a", "b"]"#, r#"["b"]"#], r#"["a", "b", "b"]"#);
        check("project_values_flat_unique", &[r#"["a", "b"]"#, "b"], r#"["a", "b"]"#);
        check("project_values", &[], "[]");
        assert_eq!(items(Over::Values, r#"[["k", "v"], ["l", "w"]]"#), ["v", "w"]);
        assert_eq!(items(Over::Keys, r#"{"k": 1, "l": 2}"#), ["k", "l"]);
        assert_eq!(items(Over::Values, "alone"), ["alone"]);
    }
}
