//! The chat template of a model: turns in, prompt tokens out.
//!
//! The template is a small program out of an untrusted file: it runs with bounded fuel, sees no files and only makes
//! the pieces between the turns. The text of a turn never passes through the special-token reader, so whatever a
//! person or a model wrote stays text.

mod guard;

use super::vocabulary::Vocabulary;
use crate::ask::Turn;
use candle_core::quantized::gguf_file::{Content, Value as Entry};
use minijinja::{Error, ErrorKind, Value};
use std::collections::{BTreeMap, HashMap};

/// The template of one model, or the plain fallback for a model without one.
pub struct Template {
    source: Option<String>,
    bos: String,
    eos: String,
}

/// Why a chat can not be put through the model's template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the chat template in the model file can not be used: {0}")]
pub struct TemplateError(String);

/// Steps of the template language one rendering may take, plus so many for each turn.
const FUEL: u64 = 100_000;
const FUEL_PER_TURN: u64 = 10_000;
const LONGEST_TEMPLATE: usize = 1 << 18;
/// Bytes a template may write beside the texts of the turns, which it may write twice.
const LONGEST_FRAME: usize = 4 << 20;

/// Bytes that a template may make on the way in variables and lists, and so many times the texts.
const MOST_MADE: usize = 32 << 20;
const MADE_OF_TEXTS: usize = 64;

/// Stand for the text of a turn while the template runs; both are private-use characters that no template writes.
const OPEN: char = '\u{F8FE}';
const CLOSE: char = '\u{F8FF}';

impl Template {
    /// Reads `tokenizer.chat_template`. Without that key, chats are written as `role: text` lines.
    pub fn from_gguf(content: &Content, vocabulary: &Vocabulary) -> Result<Template, TemplateError> {
        Template::from_metadata(&content.metadata, vocabulary)
    }

    pub fn from_metadata(
        metadata: &HashMap<String, Entry>,
        vocabulary: &Vocabulary,
    ) -> Result<Template, TemplateError> {
        let special = |token: Option<u32>| token.map_or("", |token| vocabulary.literal(token)).to_owned();
        let eos = match metadata.get("tokenizer.ggml.eos_token_id") {
            Some(Entry::U32(token)) => Some(*token),
            _ => vocabulary.end_tokens().first().copied(),
        };
        let source = match metadata.get("tokenizer.chat_template") {
            Some(Entry::String(source)) => Some(source.as_str()),
            _ => None,
        };
        Template::new(source, special(vocabulary.bos()), special(eos))
    }

    /// A template from its source; `bos` and `eos` are the literals it may use by name.
    pub fn new(source: Option<&str>, bos: String, eos: String) -> Result<Template, TemplateError> {
        let source = source.map(checked).transpose()?;
        Ok(Template { source, bos, eos })
    }

    /// The prompt as text, for screens. With `opens_answer` it ends where the assistant's next answer begins.
    pub fn render(&self, turns: &[Turn], opens_answer: bool) -> Result<String, TemplateError> {
        Ok(self.pieces(turns, opens_answer)?.into_iter().map(|piece| piece.text).collect())
    }

    /// The prompt as tokens. Special tokens come from the template only, never from the text of a turn.
    pub fn encode(
        &self,
        turns: &[Turn],
        opens_answer: bool,
        vocabulary: &Vocabulary,
    ) -> Result<Vec<u32>, TemplateError> {
        let pieces = self.pieces(turns, opens_answer)?;
        let mut tokens =
            vocabulary.encode_pieces(pieces.iter().map(|piece| (piece.text.as_str(), piece.from_template)));
        if let Some(bos) = vocabulary.bos().filter(|bos| vocabulary.adds_bos() && tokens.first() != Some(bos))
        {
            tokens.insert(0, bos);
        }
        Ok(tokens)
    }

    fn pieces(&self, turns: &[Turn], opens_answer: bool) -> Result<Vec<Piece>, TemplateError> {
        for (at, turn) in turns.iter().enumerate() {
            let is_word = (1..=32).contains(&turn.role.len())
                && turn.role.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            if !is_word {
                return Err(TemplateError(format!(
                    "turn {} has the role {:?}; use system, user or assistant",
                    at + 1,
                    turn.role
                )));
            }
        }
        if self.source.is_none() {
            return Ok(plain(turns, opens_answer));
        }
        let first = self.fill(turns, opens_answer);
        // Some models know no system role and say so: then its words open the first turn of the user.
        match (first, without_system(turns)) {
            (Err(_), Some(turns)) => self.fill(&turns, opens_answer),
            (filled, _) => filled,
        }
    }

    /// Runs the template with a stand-in for each text, then puts the texts in their places.
    fn fill(&self, turns: &[Turn], opens_answer: bool) -> Result<Vec<Piece>, TemplateError> {
        let stand_ins: Vec<String> = (0..turns.len()).map(|at| format!("{OPEN}{at}{CLOSE}")).collect();
        let texts: Vec<&str> = turns.iter().map(|turn| turn.text.as_str()).collect();
        // An empty text stays empty, as templates ask for that.
        let shown: Vec<&str> = texts
            .iter()
            .zip(&stand_ins)
            .map(|(text, stand_in)| if text.is_empty() { "" } else { stand_in })
            .collect();
        let frame = self.run(turns, &shown, opens_answer)?;
        let missing = shown.iter().zip(turns).position(|(shown, _)| !frame.contains(shown));
        if let Some(at) = missing {
            return Err(TemplateError(format!(
                "it leaves out the text of turn {} ({})",
                at + 1,
                turns[at].role
            )));
        }
        // Many templates trim the texts. We do it for them if that gives what the template makes of the real texts.
        let trimmed: Vec<&str> = texts.iter().map(|text| text.trim()).collect();
        let real = self.run(turns, &texts, opens_answer)?;
        let pieces = cut(&frame, &texts);
        let with_trimmed = cut(&frame, &trimmed);
        let is_real =
            |pieces: &[Piece]| pieces.iter().map(|piece| piece.text.as_str()).collect::<String>() == real;
        Ok(if !is_real(&pieces) && is_real(&with_trimmed) { with_trimmed } else { pieces })
    }

    fn run(&self, turns: &[Turn], texts: &[&str], opens_answer: bool) -> Result<String, TemplateError> {
        let Some(source) = &self.source else { return Ok(String::new()) };
        let message = |(turn, text): (&Turn, &&str)| {
            Value::from(BTreeMap::from([
                ("role", Value::from(turn.role.as_str())),
                ("content", Value::from(*text)),
            ]))
        };
        let messages: Vec<Value> = turns.iter().zip(texts).map(message).collect();
        let variables = Value::from(BTreeMap::from([
            ("messages", Value::from(messages)),
            ("add_generation_prompt", Value::from(opens_answer)),
            ("bos_token", Value::from(self.bos.as_str())),
            ("eos_token", Value::from(self.eos.as_str())),
        ]));
        let fuel = FUEL + FUEL_PER_TURN * turns.len() as u64;
        let given: usize = texts.iter().map(|text| text.len()).sum();
        let text = guard::run(source, variables, fuel, MOST_MADE + MADE_OF_TEXTS * given)
            .map_err(|error| fault(&error))?;
        match text.len() <= LONGEST_FRAME + 2 * given {
            true => Ok(text),
            false => Err(TemplateError(format!(
                "it writes more than {} MiB beside the texts",
                LONGEST_FRAME >> 20
            ))),
        }
    }
}

/// A part of the prompt and who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    text: String,
    from_template: bool,
}

/// A template that is a program of the language, as far as reading it can tell.
fn checked(source: &str) -> Result<String, TemplateError> {
    if source.len() > LONGEST_TEMPLATE {
        return Err(TemplateError(format!("it is {} bytes long, we take {LONGEST_TEMPLATE}", source.len())));
    }
    guard::check(source).map_err(|error| fault(&error))?;
    Ok(source.to_owned())
}

fn plain(turns: &[Turn], opens_answer: bool) -> Vec<Piece> {
    let mut text: String = turns.iter().map(|turn| format!("{}: {}\n\n", turn.role, turn.text)).collect();
    if opens_answer {
        text.push_str("assistant:");
    }
    vec![Piece { text, from_template: false }]
}

/// The turns with the words of the system at the head of the first other turn; `None` if there is no such pair.
fn without_system(turns: &[Turn]) -> Option<Vec<Turn>> {
    match turns {
        [system, user, rest @ ..] if system.role == "system" && user.role == "user" => {
            let joined = Turn { role: user.role.clone(), text: format!("{}\n\n{}", system.text, user.text) };
            Some(std::iter::once(joined).chain(rest.iter().cloned()).collect())
        }
        _ => None,
    }
}

/// The frame with the texts in the place of their stand-ins.
fn cut(frame: &str, texts: &[&str]) -> Vec<Piece> {
    let mut pieces = vec![];
    let mut rest = frame;
    let template = |text: &str| Piece { text: text.to_owned(), from_template: true };
    while let Some((before, after)) = rest.split_once(OPEN) {
        pieces.push(template(before));
        let stand_in = after
            .split_once(CLOSE)
            .and_then(|(at, after)| Some((*texts.get(at.parse::<usize>().ok()?)?, after)));
        match stand_in {
            Some((text, after)) => {
                pieces.push(Piece { text: text.to_owned(), from_template: false });
                rest = after;
            }
            None => rest = after,
        }
    }
    pieces.push(template(rest));
    pieces
}

fn fault(error: &Error) -> TemplateError {
    let line = error.line().map(|line| format!(" (line {line})")).unwrap_or_default();
    TemplateError(match error.kind() {
        ErrorKind::OutOfFuel => "it takes too many steps".to_owned(),
        _ => format!("{}{line}", error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)),
    })
}

#[cfg(test)]
mod tests;
