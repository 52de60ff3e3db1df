//! A JSON schema written as a regular expression.
//!
//! So a schema serves everything that grammars serve: the local model's masks and forced runs, the grammars of llama.cpp,
//! the patterns of vLLM. After "Efficient Guided Generation for Large Language Models" (Willard and Louf, 2023). `crate::schema`
//! reads more than an expression can tell while it is written: objects with `properties` and `required`, arrays with
//! `items`, strings with `pattern` and lengths, numbers with bounds, booleans, null, `enum`, `const`, `anyOf` and
//! references. `regular` takes that part of what was read and refuses the rest with its place; `pattern` writes it.

mod number;
mod pattern;
mod regular;
mod text;

use crate::{
    ask::Shape,
    schema::{Schema, SchemaError},
};

/// A regular expression (anchored, syntax of the `regex` crate) that matches only texts obeying the schema: the
/// properties in their order, one space behind each colon and comma, recursion only a few levels deep.
///
/// # Errors
/// A rule that no expression tells, an expression that would be too long, a schema that nothing can obey.
pub fn pattern(schema: &Schema) -> Result<String, SchemaError> {
    pattern::write(&regular::regular(schema)?)
}

/// The regular expression of a shape.
///
/// # Errors
/// A schema that can not be used, in words.
pub fn pattern_of(shape: &Shape) -> Result<String, String> {
    match shape {
        Shape::Pattern(pattern) => Ok(pattern.clone()),
        Shape::Schema { schema } => {
            Schema::read(schema).and_then(|schema| pattern(&schema)).map_err(|error| error.to_string())
        }
        Shape::Choices { choices } => Ok(one_of(choices)),
    }
}

/// A regular expression that matches these texts and no other.
fn one_of(texts: &[String]) -> String {
    let all: Vec<String> = texts.iter().map(|text| regex_syntax::escape(text)).collect();
    format!("(?:{})", all.join("|"))
}

#[cfg(test)]
pub(crate) mod tests;
