//! JSON schemas that an answer has to obey: read strictly, written as a regular expression, checked.
//!
//! A small, closed part of JSON Schema (2020-12): objects with `properties` and `required`, arrays with `items`, strings
//! with `enum`, `pattern` and lengths, numbers with bounds, booleans, null, `const`, `anyOf` and references within the
//! schema. A keyword outside of it is an error and not passed over, for an answer that was promised to be valid has to
//! be valid. As a regular expression a schema serves everything that grammars serve: the local model's masks and forced
//! runs, the grammars of llama.cpp, the patterns of vLLM. After "Efficient Guided Generation for Large Language Models"
//! (Willard and Louf, 2023).
//!
//! A schema is a stranger's text: its depth, its nodes and the size of what it becomes are bounded.

mod check;
mod number;
mod pattern;
mod read;
mod text;

use crate::ask::Shape;
use number::{Bound, Decimal};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};
use text::Text;

/// A schema that was understood.
#[derive(Debug)]
pub struct Schema {
    root: Arc<Node>,
    /// What `$ref` names, by its pointer within the schema.
    named: BTreeMap<String, Arc<Node>>,
}

/// Why a schema can not be used: the place in it and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the JSON schema{}: {what}", if place.is_empty() { String::new() } else { format!(" at {place}") })]
pub struct SchemaError {
    /// JSON pointer, empty for the whole.
    pub place: String,
    pub what: String,
}

/// What a value may be.
#[derive(Debug)]
enum Node {
    Null,
    Bool,
    Integer(Bound, Bound),
    Number(Bound, Bound),
    Text(Text),
    List {
        item: Option<Arc<Node>>,
        least: usize,
        most: Option<usize>,
    },
    Object {
        fields: Vec<Field>,
        closed: bool,
    },
    /// `enum` and `const`.
    Values(Vec<Value>),
    Any(Vec<Node>),
    /// The pointer of a `$ref`.
    Named(String),
}

/// A property, in the order in which it is written.
#[derive(Debug)]
struct Field {
    name: String,
    required: bool,
    node: Node,
}

impl Schema {
    /// Understands a schema.
    ///
    /// # Errors
    /// A keyword that is not supported, a schema that contradicts itself or that nothing can obey, one that is too large.
    pub fn read(schema: &Value) -> Result<Schema, SchemaError> {
        let schema = read::schema(schema)?;
        schema.pattern()?;
        Ok(schema)
    }

    /// A regular expression (anchored, syntax of the `regex` crate) that matches only texts obeying the schema: the
    /// properties in their order, one space behind each colon and comma, recursion only a few levels deep.
    ///
    /// # Errors
    /// It would be too long, or nothing can obey the schema.
    pub fn pattern(&self) -> Result<String, SchemaError> {
        pattern::write(self)
    }

    /// Does the value obey?
    ///
    /// # Errors
    /// The first place at which it does not, and why, in words for whoever wrote it.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        check::check(self, value)
    }

    /// Whether every answer is an object: what servers want.
    pub fn is_object(&self) -> bool {
        matches!(*self.root, Node::Object { .. })
    }
}

/// A value on one line, as the patterns write it: one space behind each colon and comma.
pub fn written(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| format!("{}: {}", quoted(name), written(value));
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        plain => plain.to_string(),
    }
}

/// The regular expression of a shape.
///
/// # Errors
/// A schema that can not be used, in words.
pub fn pattern_of(shape: &Shape) -> Result<String, String> {
    match shape {
        Shape::Pattern(pattern) => Ok(pattern.clone()),
        Shape::Schema { schema } => {
            Schema::read(schema).and_then(|schema| schema.pattern()).map_err(|error| error.to_string())
        }
        Shape::Choices { choices } => Ok(one_of(choices)),
    }
}

/// A regular expression that matches these texts and no other.
fn one_of(texts: &[String]) -> String {
    let all: Vec<String> = texts.iter().map(|text| regex_syntax::escape(text)).collect();
    format!("(?:{})", all.join("|"))
}

/// A text as a JSON string.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn fault<T>(place: &str, what: impl Into<String>) -> Result<T, SchemaError> {
    Err(SchemaError { place: place.to_owned(), what: what.into() })
}

#[cfg(test)]
pub(crate) mod tests;
