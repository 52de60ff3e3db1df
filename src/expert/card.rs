//! Reads expert cards: front matter between `---` lines, and a body. The shape is that of SKILL.md files.
//!
//! Called with text by `roster`; never opens a file.
//!
//! ```text
//! ---
//! name: extract
//! description: Finds a fact in a text that the question brings along.
//! kind: prompt              # symbolic, prompt (the default), person or plan
//! server: big               # of the configuration; without it the local model answers
//! model: qwen3.gguf         # instead of a server: another local model, by name or path
//! cost: 1
//! max_tokens: 60
//! stop: ["\n"]
//! choices: [yes, no]        # the answer is one of these; or
//! schema: {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
//! permissions: []
//! examples:
//!   - Which city does "She moved to Lyon." name?
//! ---
//! ## system
//! Answer with words of the text.
//! ## user
//! {{ question }}
//! ```
//!
//! The body of a prompt card is a minijinja template. A line `## system`, `## user` or `## assistant` starts a turn
//! of the chat; without such a line the whole body is the user's turn, and a body that never says `question` becomes
//! the system turn. Templates know `{% if %}`, expressions and the filters `trim`, `upper`, `lower`, `length`.

mod front;
mod read;
mod template;

use crate::{
    ask::{
        Turn,
        part::{self, Origin, Part},
    },
    decision::ExpertCard,
};

/// No card needs more; a text beyond this is refused unread.
pub const MAX_CARD_BYTES: usize = 256 * 1024;

/// Why a card can not be used: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{origin}, line {line}: {what}")]
pub struct CardError {
    /// The file, or `built in`.
    pub origin: String,
    /// Number of the line, from 1.
    pub line: usize,
    pub what: String,
}

/// Reads one card. The strings beside it are warnings: what was ignored, and where.
///
/// # Errors
/// A missing or impossible field, an unclosed quote, a template that can not be read; always with its line.
pub fn read_card(text: &str, origin: &str) -> Result<(ExpertCard, Vec<String>), CardError> {
    let mut warnings = Vec::new();
    let card = read::read(text, origin, &mut warnings).map_err(|(line, what)| CardError {
        origin: origin.to_owned(),
        line,
        what,
    })?;
    let warnings = warnings.into_iter().map(|warning| format!("{origin}, {warning}")).collect();
    Ok((card, warnings))
}

/// The turns of a prompt card's chat for one question.
///
/// # Errors
/// A template that can not be read or names an unknown variable; `line` counts within the body.
pub fn turns(card: &ExpertCard, question: &str, context: &str) -> Result<Vec<Turn>, CardError> {
    template::render(&card.body, question, context).map_err(|(line, what)| CardError {
        origin: card.origin.clone(),
        line,
        what: format!("in the body: {what}"),
    })
}

/// Does it say `{{ context }}` anywhere?
pub fn wants_context(card: &ExpertCard) -> bool {
    template::mentions(&card.body, "context")
}

/// Where the words of [`turns`] came from. A turn that does more with them than to set them in stays one part.
pub fn parts(card: &ExpertCard, question: &str, context: &str) -> Vec<Part> {
    // No card says these characters: they are of no script. Without a context there is nothing to mark, and a card may ask.
    const MARKS: [char; 2] = ['\u{e0f0}', '\u{e0f1}'];
    let [question_mark, context_mark] = MARKS.map(|mark| mark.to_string());
    let context_mark = if context.is_empty() { "" } else { &context_mark };
    let (Ok(real), Ok(marked)) = (turns(card, question, context), turns(card, &question_mark, context_mark))
    else {
        return vec![];
    };
    let fills = [(MARKS[0], Origin::Task, question), (MARKS[1], Origin::Context, context)];
    let whole = |turn: usize, text: &str| {
        vec![Part { origin: Origin::Card(card.name.clone()), turn, text: text.to_owned() }]
    };
    let split = |(at, turn): (usize, &Turn)| {
        let rendered = marked.get(at).filter(|_| marked.len() == real.len() && !card.body.contains(MARKS));
        let parts = rendered.and_then(|rendered| part::filled(at, &card.name, &rendered.text, &fills, turn));
        parts.unwrap_or_else(|| whole(at, &turn.text))
    };
    real.iter().enumerate().flat_map(split).collect()
}

#[cfg(test)]
mod tests;
