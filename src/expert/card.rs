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
mod template;

use crate::ask::{
    Turn,
    part::{self, Origin, Part},
};
use crate::decision::{ExpertCard, ExpertKind};
use crate::{
    expert::{schema, symbolic},
    schema::Schema,
};
use front::{Fault, Field, shortened};
use sha2::{Digest, Sha256};

/// No card needs more; a text beyond this is refused unread.
pub const MAX_CARD_BYTES: usize = 256 * 1024;

/// Texts that `choices` may list.
const MOST_CHOICES: usize = 256;

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
    let card = read(text, origin, &mut warnings).map_err(|(line, what)| CardError {
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

fn read(text: &str, origin: &str, warnings: &mut Vec<String>) -> Result<ExpertCard, Fault> {
    if text.len() > MAX_CARD_BYTES {
        return Err((1, format!("the card has {} bytes, at most {MAX_CARD_BYTES} are read", text.len())));
    }
    let parts = front::cut(text)?;
    let body = parts.body.trim();
    let mut card = ExpertCard {
        cost: f32::NAN,
        body: body.to_owned(),
        version: version(text),
        origin: origin.to_owned(),
        ..ExpertCard::new("", ExpertKind::Prompt)
    };
    for field in &parts.fields {
        read_field(field, &mut card, warnings)?;
    }
    let shaped = parts.fields.iter().find(|field| ["schema", "choices"].contains(&field.key));
    let shaped = shaped.map(|field| field.line);
    let missing =
        |field: &str| (1, format!("`{field}` is missing; add a line `{field}: ...` between the `---` lines"));
    if card.name.is_empty() {
        return Err(missing("name"));
    }
    if card.description.is_empty() {
        return Err(missing("description"));
    }
    if card.cost.is_nan() {
        card.cost = if card.kind == ExpertKind::Symbolic { 0.0 } else { 1.0 };
    }
    if card.kind == ExpertKind::Symbolic && !symbolic::names().any(|name| name == card.name) {
        let known = symbolic::names().collect::<Vec<_>>().join(", ");
        return Err((
            1,
            format!("`{}` is no built-in function; symbolic cards can be named {known}", card.name),
        ));
    }
    if let (Some(server), false) = (&card.server, card.kind == ExpertKind::Prompt) {
        let what = format!("a card with `server: {}` has to be of the kind prompt", shortened(server));
        return Err((1, what));
    }
    if let Some(line) = shaped {
        let wrong = |what: &str| Err((line, what.to_owned()));
        match (card.kind, card.schema.is_some() && !card.choices.is_empty(), card.stop.is_empty()) {
            (ExpertKind::Prompt, false, true) => {}
            (ExpertKind::Prompt, true, _) => {
                return wrong("`schema` and `choices` stand side by side; keep one");
            }
            (ExpertKind::Prompt, _, false) => {
                return wrong(
                    "`stop` would cut the answer that `schema` or `choices` holds together; take one out",
                );
            }
            _ => return wrong("a card with `schema` or `choices` has to be of the kind prompt"),
        }
    }
    if let (Some(model), false) = (&card.model, card.kind == ExpertKind::Prompt && card.server.is_none()) {
        let what = format!(
            "a card with `model: {}` has to be of the kind prompt, without a server",
            shortened(model)
        );
        return Err((1, what));
    }
    if card.kind == ExpertKind::Prompt {
        let above = parts.body_line + leading_lines(parts.body);
        if card.body.is_empty() {
            return Err((
                above,
                "the body is empty; write the prompt with {{ question }} below the fields".into(),
            ));
        }
        template::render(&card.body, "?", "")
            .map_err(|(line, what)| (above + line.saturating_sub(1), what))?;
    }
    Ok(card)
}

fn read_field(field: &Field<'_>, card: &mut ExpertCard, warnings: &mut Vec<String>) -> Result<(), Fault> {
    let wrong = |what: String| (field.line, what);
    match field.key {
        "name" => {
            let name = field.text(warnings)?;
            let fits = (1..=64).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
            if !fits {
                let told = shortened(&name);
                return Err(wrong(format!("the name `{told}` has to be 1 to 64 of a-z A-Z 0-9 _ -")));
            }
            card.name = name;
        }
        "description" => {
            let description = field.text(warnings)?;
            let length = description.chars().count();
            if length > 1024 {
                return Err(wrong(format!(
                    "the description has {length} characters, at most 1024 are allowed"
                )));
            }
            card.description = description;
        }
        "examples" => {
            card.examples = field.list(warnings)?.into_iter().filter(|item| !item.is_empty()).collect()
        }
        "permissions" => card.permissions = field.list(warnings)?,
        "stop" => card.stop = field.list(warnings)?.into_iter().filter(|item| !item.is_empty()).collect(),
        "choices" => {
            card.choices = field.list(warnings)?.into_iter().filter(|item| !item.is_empty()).collect();
            if card.choices.is_empty() || MOST_CHOICES < card.choices.len() {
                return Err(wrong(format!("`choices` is a list of 1 to {MOST_CHOICES} texts")));
            }
        }
        "schema" => {
            let schema = serde_json::from_str(&field.json(warnings)?).map_err(|error| {
                let line = field.line + error.line().saturating_sub(1);
                (line, format!("`schema` is no JSON: {}", shortened(&error.to_string())))
            })?;
            let read = Schema::read(&schema).and_then(|read| schema::pattern(&read));
            read.map_err(|error| wrong(error.to_string()))?;
            card.schema = Some(schema);
        }
        "kind" => {
            let word = field.text(warnings)?;
            let kinds = [ExpertKind::Symbolic, ExpertKind::Prompt, ExpertKind::Person, ExpertKind::Plan];
            card.kind = kinds.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
                wrong(format!("`{}` is no kind; write symbolic, prompt, person or plan", shortened(&word)))
            })?;
        }
        "server" => card.server = Some(field.text(warnings)?).filter(|name| !name.is_empty()),
        "model" => card.model = Some(field.text(warnings)?).filter(|name| !name.is_empty()),
        "cost" => {
            let word = field.text(warnings)?;
            card.cost =
                word.parse().ok().filter(|cost: &f32| cost.is_finite() && *cost >= 0.0).ok_or_else(|| {
                    wrong(format!("the cost `{}` has to be a number from 0 up", shortened(&word)))
                })?;
        }
        "max_tokens" => {
            let word = field.text(warnings)?;
            card.max_tokens =
                word.parse().ok().filter(|count| (1..=32_768).contains(count)).ok_or_else(|| {
                    wrong(format!(
                        "max_tokens `{}` has to be a whole number from 1 to 32768",
                        shortened(&word)
                    ))
                })?;
        }
        other => warnings.push(format!(
            "line {}: the field `{}` is not known and not used",
            field.line,
            shortened(other)
        )),
    }
    Ok(())
}

fn leading_lines(body: &str) -> usize {
    body[..body.len() - body.trim_start().len()].matches('\n').count()
}

fn version(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
