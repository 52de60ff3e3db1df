//! The ways to make the shape of an answer known to a server, as a ladder: the surest first, and one down wherever an
//! address does not know a way or does not hold to it.

use super::{Structured, form::Form};

/// A way to tell a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rung {
    /// `response_format` with a JSON schema.
    JsonSchema,
    /// `response_format` that says JSON, and the schema in words.
    JsonObject,
    /// The call of a tool whose parameters are the answer.
    Tool,
    /// `grammar`, of llama.cpp.
    Grammar,
    /// `structured_outputs` with a regular expression, of vLLM.
    Regex,
    /// In words alone.
    Ask,
}

impl Rung {
    /// A server that knows this way can not answer otherwise.
    pub(super) fn binds(self) -> bool {
        matches!(self, Rung::JsonSchema | Rung::Grammar | Rung::Regex)
    }

    /// The reply is JSON, whatever the shape is.
    pub(super) fn is_json(self) -> bool {
        matches!(self, Rung::JsonSchema | Rung::JsonObject | Rung::Tool)
    }
}

/// The surest way that is left: in words, if no other is. `raw` is text that is continued, not a chat.
pub(super) fn rung(structured: Structured, form: &Form, raw: bool, lost: impl Fn(Rung) -> bool) -> Rung {
    let all = match structured {
        // A text that is continued keeps its form under a grammar; within JSON it would be another.
        Structured::Auto if raw => &[Rung::Grammar, Rung::Regex, Rung::JsonSchema][..],
        Structured::Auto => &[Rung::JsonSchema, Rung::JsonObject, Rung::Tool, Rung::Grammar, Rung::Regex][..],
        Structured::JsonSchema => &[Rung::JsonSchema],
        Structured::JsonObject => &[Rung::JsonObject],
        Structured::Tool => &[Rung::Tool],
        Structured::Grammar => &[Rung::Grammar],
        Structured::Regex => &[Rung::Regex],
        Structured::Ask => &[],
    };
    let can = |rung: &&Rung| match rung {
        Rung::JsonSchema => form.schema().is_some(),
        // In words a pattern is none.
        Rung::JsonObject | Rung::Tool => !raw && form.can_be_told(),
        Rung::Grammar => form.gbnf().is_some(),
        Rung::Regex | Rung::Ask => true,
    };
    all.iter().filter(can).copied().find(|rung| !lost(*rung)).unwrap_or(Rung::Ask)
}

/// Words of an error that is about the shape and not about what was asked.
pub(super) fn is_about_shape(told: &str) -> bool {
    let told = told.to_lowercase();
    ["format", "schema", "grammar", "tool", "structured", "json_object", "jinja"]
        .iter()
        .any(|word| told.contains(word))
}
