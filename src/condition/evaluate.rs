//! What a tree amounts to when some facts are known: logic of three values, so that what is not known yet decides nothing.

use super::{Mistake, Value, parse::Node};

type Found = Result<Option<Value>, Mistake>;

pub(super) fn value(node: &Node, known: &dyn Fn(&str) -> Option<Value>) -> Found {
    let truth = |node: &Node| -> Result<Option<bool>, Mistake> {
        Ok(value(node, known)?.and_then(|found| match found {
            Value::Truth(truth) => Some(truth),
            _ => None,
        }))
    };
    Ok(match node {
        Node::Number(number) => Some(Value::Number(*number)),
        Node::Text(text) => Some(Value::Text(text.clone())),
        Node::Truth(truth) => Some(Value::Truth(*truth)),
        Node::Fact(name) => known(name),
        Node::Call(name, inner, at) => match value(inner, known)? {
            Some(Value::Text(text)) => Some(call(name, &text, *at)?),
            _ => None,
        },
        Node::Not(inner) => truth(inner)?.map(|truth| Value::Truth(!truth)),
        Node::Negative(inner) => match value(inner, known)? {
            Some(Value::Number(number)) => Some(Value::Number(-number)),
            _ => None,
        },
        Node::And(one, other) => match truth(one)? {
            Some(false) => Some(Value::Truth(false)),
            one => match (one, truth(other)?) {
                (_, Some(false)) => Some(Value::Truth(false)),
                (Some(true), Some(true)) => Some(Value::Truth(true)),
                _ => None,
            },
        },
        Node::Or(one, other) => match truth(one)? {
            Some(true) => Some(Value::Truth(true)),
            one => match (one, truth(other)?) {
                (_, Some(true)) => Some(Value::Truth(true)),
                (Some(false), Some(false)) => Some(Value::Truth(false)),
                _ => None,
            },
        },
        Node::Compare(sign, one, other) => {
            let (Some(one), Some(other)) = (value(one, known)?, value(other, known)?) else {
                return Ok(None);
            };
            compare(sign, &one, &other).map(Value::Truth)
        }
        Node::Search(inner, regex) => match value(inner, known)? {
            Some(Value::Text(text)) => Some(Value::Truth(regex.is_match(&text))),
            _ => None,
        },
        Node::Reckon(sign, one, other, at) => {
            let (Some(Value::Number(one)), Some(Value::Number(other))) =
                (value(one, known)?, value(other, known)?)
            else {
                return Ok(None);
            };
            Some(Value::Number(match *sign {
                "+" => one + other,
                "-" => one - other,
                "*" => one * other,
                _ if other == 0.0 => {
                    return Err(Mistake { at: *at, what: "division by zero".to_owned() });
                }
                _ => one / other,
            }))
        }
    })
}

fn compare(sign: &str, one: &Value, other: &Value) -> Option<bool> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.partial_cmp(other)?,
        (Value::Text(one), Value::Text(other)) => one.cmp(other),
        (Value::Truth(one), Value::Truth(other)) => one.cmp(other),
        // The reader lets only like kinds through.
        _ => return None,
    };
    Some(match sign {
        "=" => order == Equal,
        "!=" => order != Equal,
        "<" => order == Less,
        "<=" => order != Greater,
        ">" => order == Greater,
        _ => order != Less,
    })
}

fn call(name: &str, text: &str, at: usize) -> Result<Value, Mistake> {
    Ok(match name {
        "number" => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Value::Number(number),
            _ => {
                let short: String = text.chars().take(40).collect();
                return Err(Mistake { at, what: format!("{short:?} is no number") });
            }
        },
        "words" => Value::Number(text.split_whitespace().count() as f64),
        "length" => Value::Number(text.chars().count() as f64),
        _ => Value::Text(text.to_lowercase()),
    })
}
