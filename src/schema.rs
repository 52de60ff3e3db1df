//! JSON schemas: what a value has to obey, read strictly and asked of values.
//!
//! One reading serves two floors: a judge asks it of an answer (`judge::schema`), the experts write it as a grammar and
//! ask it of what a server sent (`expert::schema`). It is the part of draft 2020-12 that says something of one value, with
//! references within the schema; what only describes is passed over. Any other keyword is an error with its place, for an
//! answer that was promised to obey has to obey: `patternProperties`, `propertyNames`, `dependentRequired`, `if`,
//! `unevaluatedProperties`, `minContains`, references to other files. A `pattern` is an ECMAScript expression without
//! looks around and references back.
//!
//! A schema and a value are strangers' texts: depth, size and the steps of a check are bounded.

mod check;
mod ecma;
mod equal;
mod read;

pub(crate) use ecma::Pattern;

use serde_json::{Number, Value};
use std::{collections::BTreeMap, sync::Arc};

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

/// One schema within the schema: a value has to keep every rule of it, in the order in which they are written.
#[derive(Debug)]
pub(crate) struct Node {
    /// JSON pointer, empty for the whole.
    pub place: String,
    pub rules: Vec<Rule>,
}

/// What one keyword says. A rule about numbers says nothing of a text, and so on.
#[derive(Debug)]
pub(crate) enum Rule {
    /// The schema `false`.
    Never,
    /// The pointer of a `$ref`.
    Reference(String),
    Types(Vec<Type>),
    Const(Value),
    Enum(Vec<Value>),
    AnyOf(Vec<Node>),
    OneOf(Vec<Node>),
    AllOf(Vec<Node>),
    Not(Box<Node>),
    Bound(Bound),
    MultipleOf(Number),
    Pattern(Pattern),
    /// At least so many of what is counted.
    Least(Counted, usize),
    /// At most so many.
    Most(Counted, usize),
    /// `prefixItems`.
    First(Vec<Node>),
    /// `items`: those behind the first `from`.
    Items {
        from: usize,
        node: Arc<Node>,
    },
    Contains(Box<Node>),
    Unique(bool),
    /// In the order in which they are written.
    Properties(Vec<(String, Node)>),
    Required(Vec<String>),
    /// `additionalProperties`: those that are not among the named.
    Others {
        named: Vec<String>,
        node: Box<Node>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

/// One end of a range of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub side: Side,
    pub at: Number,
    /// The end does not belong to the range.
    pub exclusive: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Low,
    High,
}

/// What a rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    Characters,
    Items,
    Properties,
}

impl Schema {
    /// Understands a schema.
    ///
    /// # Errors
    /// A keyword that is not known or not of its kind, a reference that leads nowhere, a schema that is too large.
    pub fn read(schema: &Value) -> Result<Schema, SchemaError> {
        read::schema(schema)
    }

    /// Does the value obey?
    ///
    /// # Errors
    /// The first place at which it does not, and why, in words for whoever wrote it.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        check::check(self, &self.root, value)
    }

    /// The same for one schema within it.
    pub(crate) fn check_at(&self, node: &Node, value: &Value) -> Result<(), String> {
        check::check(self, node, value)
    }

    /// Whether it says that every value is an object.
    pub fn is_object(&self) -> bool {
        self.root.rules.iter().any(|rule| matches!(rule, Rule::Types(types) if types[..] == [Type::Object]))
    }

    pub(crate) fn root(&self) -> &Node {
        &self.root
    }

    /// What references name, each with its pointer.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.named.iter().map(|(pointer, node)| (pointer.as_str(), &**node))
    }
}

impl Rule {
    /// The keyword that says it.
    pub(crate) fn keyword(&self) -> &'static str {
        match self {
            Rule::Never => "false",
            Rule::Reference(_) => "$ref",
            Rule::Types(_) => "type",
            Rule::Const(_) => "const",
            Rule::Enum(_) => "enum",
            Rule::AnyOf(_) => "anyOf",
            Rule::OneOf(_) => "oneOf",
            Rule::AllOf(_) => "allOf",
            Rule::Not(_) => "not",
            Rule::Bound(Bound { side: Side::Low, exclusive: false, .. }) => "minimum",
            Rule::Bound(Bound { side: Side::Low, exclusive: true, .. }) => "exclusiveMinimum",
            Rule::Bound(Bound { side: Side::High, exclusive: false, .. }) => "maximum",
            Rule::Bound(Bound { side: Side::High, exclusive: true, .. }) => "exclusiveMaximum",
            Rule::MultipleOf(_) => "multipleOf",
            Rule::Pattern(_) => "pattern",
            Rule::Least(Counted::Characters, _) => "minLength",
            Rule::Most(Counted::Characters, _) => "maxLength",
            Rule::Least(Counted::Items, _) => "minItems",
            Rule::Most(Counted::Items, _) => "maxItems",
            Rule::Least(Counted::Properties, _) => "minProperties",
            Rule::Most(Counted::Properties, _) => "maxProperties",
            Rule::First(_) => "prefixItems",
            Rule::Items { .. } => "items",
            Rule::Contains(_) => "contains",
            Rule::Unique(_) => "uniqueItems",
            Rule::Properties(_) => "properties",
            Rule::Required(_) => "required",
            Rule::Others { .. } => "additionalProperties",
        }
    }
}

impl Type {
    const ALL: [Type; 7] =
        [Type::Null, Type::Boolean, Type::Integer, Type::Number, Type::String, Type::Array, Type::Object];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Type::Null => "null",
            Type::Boolean => "boolean",
            Type::Integer => "integer",
            Type::Number => "number",
            Type::String => "string",
            Type::Array => "array",
            Type::Object => "object",
        }
    }
}

/// What is wrong at a place.
pub(crate) fn fault<T>(place: &str, what: impl Into<String>) -> Result<T, SchemaError> {
    Err(SchemaError { place: place.to_owned(), what: what.into() })
}

/// A value on one line, as patterns of schemas write it: one space behind each colon and comma.
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

/// A text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
pub(crate) mod tests;
