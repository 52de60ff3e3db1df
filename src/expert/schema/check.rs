//! Does a value obey a schema? For answers of servers that were only asked to, and for what a person edited.

use super::{Bound, Node, Schema, quoted};
use serde_json::Value;

/// Steps of one check, and of them within each other: names can go round in circles.
const MOST_STEPS: usize = 100_000;
const DEEPEST: usize = 400;

struct Checker<'a> {
    schema: Option<&'a Schema>,
    steps: usize,
    depth: usize,
}

pub(super) fn check(schema: &Schema, value: &Value) -> Result<(), String> {
    Checker { schema: Some(schema), steps: 0, depth: 0 }.node(&schema.root, value, "")
}

/// The same for a part that names nothing.
pub(super) fn value(node: &Node, value: &Value) -> Result<(), String> {
    Checker { schema: None, steps: 0, depth: 0 }.node(node, value, "")
}

impl Checker<'_> {
    fn node(&mut self, node: &Node, value: &Value, at: &str) -> Result<(), String> {
        self.steps += 1;
        if MOST_STEPS < self.steps || DEEPEST < self.depth {
            return Err("there are too many ways to read it".to_owned());
        }
        self.depth += 1;
        let found = self.one(node, value, at);
        self.depth -= 1;
        found
    }

    fn one(&mut self, node: &Node, value: &Value, at: &str) -> Result<(), String> {
        let place = if at.is_empty() { String::new() } else { format!("at {at}: ") };
        let wanted = |what: &str| Err(format!("{place}{what} was asked for, there is {}", shown(value)));
        match (node, value) {
            (Node::Null, Value::Null) | (Node::Bool, Value::Bool(_)) => Ok(()),
            (Node::Null, _) => wanted("null"),
            (Node::Bool, _) => wanted("true or false"),
            (Node::Integer(low, high) | Node::Number(low, high), Value::Number(number)) => {
                if matches!(node, Node::Integer(..))
                    && number.as_f64().is_none_or(|number| number.fract() != 0.0)
                {
                    return wanted("a whole number");
                }
                let number = number.as_f64().unwrap_or(f64::NAN);
                let beyond = |bound: &Bound, side: f64| match bound {
                    Bound::None => false,
                    Bound::At { at, exclusive } => {
                        let over = (at.value() - number) * side;
                        0.0 < over || (*exclusive && over == 0.0)
                    }
                };
                match (beyond(low, 1.0), beyond(high, -1.0)) {
                    (true, _) => wanted(&format!("a number {}", low.words("at least", "above"))),
                    (_, true) => wanted(&format!("a number {}", high.words("at most", "below"))),
                    _ => Ok(()),
                }
            }
            (Node::Integer(..), _) => wanted("a whole number"),
            (Node::Number(..), _) => wanted("a number"),
            (Node::Text(text), Value::String(string)) => {
                text.check(string).map_err(|why| format!("{place}{why}, there is {}", shown(value)))
            }
            (Node::Text(_), _) => wanted("a text in quotes"),
            (Node::List { item, least, most }, Value::Array(items)) => {
                if items.len() < *least || most.is_some_and(|most| most < items.len()) {
                    let most = most.map_or("any number".to_owned(), |most| most.to_string());
                    return Err(format!(
                        "{place}it has {} items, {least} to {most} were asked for",
                        items.len()
                    ));
                }
                let Some(item) = item else { return Ok(()) };
                items
                    .iter()
                    .enumerate()
                    .try_for_each(|(n, value)| self.node(item, value, &format!("{at}/{n}")))
            }
            (Node::List { .. }, _) => wanted("a list"),
            (Node::Object { fields, closed }, Value::Object(found)) => {
                if let Some(missing) =
                    fields.iter().find(|field| field.required && !found.contains_key(&field.name))
                {
                    return Err(format!("{place}the property {} is missing", quoted(&missing.name)));
                }
                for (name, value) in found {
                    match fields.iter().find(|field| field.name == *name) {
                        Some(field) => self.node(&field.node, value, &format!("{at}/{name}"))?,
                        None if *closed => {
                            return Err(format!("{place}no property {} was asked for", quoted(name)));
                        }
                        None => {}
                    }
                }
                Ok(())
            }
            (Node::Object { .. }, _) => wanted("an object"),
            (Node::Values(values), value) => match values.iter().any(|one| same(one, value)) {
                true => Ok(()),
                false => {
                    let few: Vec<String> = values.iter().take(8).map(shown).collect();
                    wanted(&format!("one of {}", few.join(", ")))
                }
            },
            (Node::Any(branches), value) => {
                let mut first = None;
                for branch in branches {
                    match self.node(branch, value, at) {
                        Ok(()) => return Ok(()),
                        Err(why) => drop(first.get_or_insert(why)),
                    }
                }
                Err(first.unwrap_or_default())
            }
            (Node::Named(pointer), value) => {
                let named = self.schema.and_then(|schema| schema.named.get(pointer).cloned());
                match named {
                    Some(named) => self.node(&named, value, at),
                    None => Err(format!("{place}the schema names {pointer}, which is not there")),
                }
            }
        }
    }
}

/// Equal as JSON: 1 and 1.0 are.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

/// A value in a few letters.
fn shown(value: &Value) -> String {
    let text = super::written(value);
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
