//! Renders the body of a prompt card to the turns of a chat.
//!
//! Sections are cut before rendering, so no question can open a turn of its own. A card can not run away: there
//! are no loops, no assignments and no filters that multiply text, the fuel is counted and the output is bounded.

use super::front::{Fault, shortened};
use crate::ask::Turn;
use minijinja::{Environment, UndefinedBehavior};
use std::io::{Error, Write};

/// What a rendered turn may hold; far more than any context of a model.
const MAX_TURN_BYTES: usize = 4 * 1024 * 1024;
const FUEL: u64 = 20_000;
const BLOCKS: [&str; 6] = ["if", "elif", "else", "endif", "raw", "endraw"];

/// The turns of the chat; faults carry the line within the body. `context` is the text that the goal is about, or empty.
pub(super) fn render(body: &str, question: &str, context: &str) -> Result<Vec<Turn>, Fault> {
    let mut turns = Vec::new();
    for section in sections(body) {
        only_plain_blocks(&section)?;
        let text = fill(&section, question, context)?;
        if !text.trim().is_empty() {
            turns.push(Turn { role: section.role.to_owned(), text: text.trim().to_owned() });
        }
    }
    if !mentions(body, "question") {
        // A skill written for other programs: its text instructs, the question follows it.
        if let [only] = turns.as_mut_slice() {
            only.role = "system".to_owned();
        }
        turns.push(Turn { role: "user".to_owned(), text: question.to_owned() });
    }
    Ok(turns)
}

struct Section<'a> {
    role: &'static str,
    /// Line of the body on which the text starts, from 1.
    line: usize,
    text: &'a str,
}

fn sections(body: &str) -> Vec<Section<'_>> {
    let mut found = Vec::new();
    let mut open = Section { role: "user", line: 1, text: body };
    let mut start = 0;
    let mut at = 0;
    for (index, line) in body.split_inclusive('\n').enumerate() {
        if let Some(role) = role_of(line) {
            open.text = &body[start..at];
            found.push(std::mem::replace(&mut open, Section { role, line: index + 2, text: "" }));
            start = at + line.len();
        }
        at += line.len();
    }
    open.text = &body[start..];
    found.push(open);
    found
}

fn role_of(line: &str) -> Option<&'static str> {
    let word = line.trim_end().strip_prefix("## ")?.trim();
    ["system", "user", "assistant"].into_iter().find(|role| role.eq_ignore_ascii_case(word))
}

/// Is this name set in somewhere, or asked for in an `{% if %}`?
pub(super) fn mentions(body: &str, name: &str) -> bool {
    let inside = |open: &str, close: &str| {
        body.split(open)
            .skip(1)
            .any(|rest| rest.split(close).next().is_some_and(|inside| inside.contains(name)))
    };
    inside("{{", "}}") || name == "context" && inside("{%", "%}")
}

fn only_plain_blocks(section: &Section<'_>) -> Result<(), Fault> {
    let mut line = section.line;
    for (index, piece) in section.text.split("{%").enumerate() {
        if index > 0 {
            let word: String = piece
                .trim_start_matches(['-', '+', ' ', '\t'])
                .chars()
                .take_while(|c| c.is_alphanumeric())
                .collect();
            if !BLOCKS.contains(&word.as_str()) {
                let what =
                    format!("`{{% {} %}}` is not for cards; they know {{% if %}} only", shortened(&word));
                return Err((line, what));
            }
        }
        line += piece.matches('\n').count();
    }
    Ok(())
}

fn fill(section: &Section<'_>, question: &str, context: &str) -> Result<String, Fault> {
    let fault = |error: minijinja::Error| {
        let line = section.line + error.line().unwrap_or(1).saturating_sub(1);
        let what = match error.kind() {
            minijinja::ErrorKind::UndefinedError => {
                "the template names a variable other than `question` and `context`".to_owned()
            }
            kind => format!("{kind}: {}", shortened(error.detail().unwrap_or("can not be rendered"))),
        };
        (line, what)
    };
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.add_filter("trim", |text: String| text.trim().to_owned());
    environment.add_filter("upper", |text: String| text.to_uppercase());
    environment.add_filter("lower", |text: String| text.to_lowercase());
    environment.add_filter("length", |text: String| text.chars().count());
    let template = environment.template_from_str(section.text).map_err(fault)?;
    let mut page = Page(Vec::new());
    template.render_captured_to(minijinja::context! { question, context }, &mut page).map_err(fault)?;
    String::from_utf8(page.0).map_err(|_| (section.line, "the template gave no valid text".to_owned()))
}

/// Takes what is rendered, up to a bound.
struct Page(Vec<u8>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        if self.0.len() + bytes.len() > MAX_TURN_BYTES {
            return Err(Error::other("the rendered prompt is longer than 4 MiB"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }
}
