//! A card from its text: field by field, then whether it is whole and goes together.

use super::{
    MAX_CARD_BYTES,
    front::{self, Fault, Field, Parts, shortened},
    template,
};
use crate::{
    decision::{ExpertCard, ExpertKind},
    expert::{schema, symbolic},
    schema::Schema,
};
use sha2::{Digest, Sha256};

/// Texts that `choices` may list.
const MOST_CHOICES: usize = 256;

pub(super) fn read(text: &str, origin: &str, warnings: &mut Vec<String>) -> Result<ExpertCard, Fault> {
    if text.len() > MAX_CARD_BYTES {
        return Err((1, format!("the card has {} bytes, at most {MAX_CARD_BYTES} are read", text.len())));
    }
    let parts = front::cut(text)?;
    let mut card = ExpertCard {
        cost: f32::NAN,
        body: parts.body.trim().to_owned(),
        version: version(text),
        origin: origin.to_owned(),
        ..ExpertCard::new("", ExpertKind::Prompt)
    };
    for field in &parts.fields {
        read_field(field, &mut card, warnings)?;
    }
    complete(&mut card)?;
    suits_kind(&card)?;
    if let Some(shape) = parts.fields.iter().find(|field| ["schema", "choices"].contains(&field.key)) {
        one_shape(&card).map_err(|what| (shape.line, what.to_owned()))?;
    }
    body_renders(&card, &parts)?;
    Ok(card)
}

/// What has to be said is there; what a call costs is taken from the kind where it is not said.
fn complete(card: &mut ExpertCard) -> Result<(), Fault> {
    for (field, value) in [("name", &card.name), ("description", &card.description)] {
        if value.is_empty() {
            return Err((
                1,
                format!("`{field}` is missing; add a line `{field}: ...` between the `---` lines"),
            ));
        }
    }
    if card.cost.is_nan() {
        card.cost = if card.kind == ExpertKind::Symbolic { 0.0 } else { 1.0 };
    }
    Ok(())
}

/// A function is one of ours; who else answers is named by prompts alone.
fn suits_kind(card: &ExpertCard) -> Result<(), Fault> {
    let prompt = card.kind == ExpertKind::Prompt;
    let what = match (&card.server, &card.model) {
        _ if card.kind == ExpertKind::Symbolic && !symbolic::names().any(|name| name == card.name) => {
            let known = symbolic::names().collect::<Vec<_>>().join(", ");
            format!("`{}` is no built-in function; symbolic cards can be named {known}", card.name)
        }
        (Some(server), _) if !prompt => {
            format!("a card with `server: {}` has to be of the kind prompt", shortened(server))
        }
        (server, Some(model)) if !prompt || server.is_some() => {
            let model = shortened(model);
            format!("a card with `model: {model}` has to be of the kind prompt, without a server")
        }
        _ => return Ok(()),
    };
    Err((1, what))
}

/// For a card that says what its answers look like: it says so in one way, and nothing cuts them.
fn one_shape(card: &ExpertCard) -> Result<(), &'static str> {
    match (card.kind, card.schema.is_some() && !card.choices.is_empty(), card.stop.is_empty()) {
        (ExpertKind::Prompt, false, true) => Ok(()),
        (ExpertKind::Prompt, true, _) => Err("`schema` and `choices` stand side by side; keep one"),
        (ExpertKind::Prompt, _, false) => {
            Err("`stop` would cut the answer that `schema` or `choices` holds together; take one out")
        }
        _ => Err("a card with `schema` or `choices` has to be of the kind prompt"),
    }
}

/// The template of a prompt is there and can be filled.
fn body_renders(card: &ExpertCard, parts: &Parts<'_>) -> Result<(), Fault> {
    if card.kind != ExpertKind::Prompt {
        return Ok(());
    }
    let above = parts.body_line + leading_lines(parts.body);
    if card.body.is_empty() {
        return Err((
            above,
            "the body is empty; write the prompt with {{ question }} below the fields".into(),
        ));
    }
    let rendered = template::render(&card.body, "?", "");
    rendered.map(drop).map_err(|(line, what)| (above + line.saturating_sub(1), what))
}

/// Takes over what one field says; one that is not known is told and left.
fn read_field(field: &Field<'_>, card: &mut ExpertCard, warnings: &mut Vec<String>) -> Result<(), Fault> {
    match field.key {
        "name" => card.name = name(field, warnings)?,
        "description" => card.description = description(field, warnings)?,
        "examples" => card.examples = filled(field, warnings)?,
        "permissions" => card.permissions = field.list(warnings)?,
        "stop" => card.stop = filled(field, warnings)?,
        "choices" => card.choices = choices(field, warnings)?,
        "schema" => card.schema = Some(json_schema(field, warnings)?),
        "kind" => card.kind = kind(field, warnings)?,
        "server" => card.server = Some(field.text(warnings)?).filter(|name| !name.is_empty()),
        "model" => card.model = Some(field.text(warnings)?).filter(|name| !name.is_empty()),
        "cost" => card.cost = cost(field, warnings)?,
        "max_tokens" => card.max_tokens = max_tokens(field, warnings)?,
        other => warnings.push(format!(
            "line {}: the field `{}` is not known and not used",
            field.line,
            shortened(other)
        )),
    }
    Ok(())
}

fn name(field: &Field<'_>, warnings: &mut Vec<String>) -> Result<String, Fault> {
    let name = field.text(warnings)?;
    let fits = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if !fits {
        let told = shortened(&name);
        return Err((field.line, format!("the name `{told}` has to be 1 to 64 of a-z A-Z 0-9 _ -")));
    }
    Ok(name)
}

fn description(field: &Field<'_>, warnings: &mut Vec<String>) -> Result<String, Fault> {
    let description = field.text(warnings)?;
    let length = description.chars().count();
    if length > 1024 {
        let what = format!("the description has {length} characters, at most 1024 are allowed");
        return Err((field.line, what));
    }
    Ok(description)
}

/// A list without its empty items.
fn filled(field: &Field<'_>, warnings: &mut Vec<String>) -> Result<Vec<String>, Fault> {
    Ok(field.list(warnings)?.into_iter().filter(|item| !item.is_empty()).collect())
}

fn choices(field: &Field<'_>, warnings: &mut Vec<String>) -> Result<Vec<String>, Fault> {
    let choices = filled(field, warnings)?;
    if choices.is_empty() || MOST_CHOICES < choices.len() {
        return Err((field.line, format!("`choices` is a list of 1 to {MOST_CHOICES} texts")));
    }
    Ok(choices)
}

/// The schema as it is written, once it is sure that it can be held to.
fn json_schema(field: &Field<'_>, warnings: &mut Vec<String>) -> Result<serde_json::Value, Fault> {
    let schema = serde_json::from_str(&field.json(warnings)?).map_err(|error| {
        let line = field.line + error.line().saturating_sub(1);
        (line, format!("`schema` is no JSON: {}", shortened(&error.to_string())))
    })?;
    let read = Schema::read(&schema).and_then(|read| schema::pattern(&read));
    read.map_err(|error| (field.line, error.to_string()))?;
    Ok(schema)
}

fn kind(field: &Field<'_>, warnings: &mut Vec<String>) -> Result<ExpertKind, Fault> {
    let word = field.text(warnings)?;
    let kinds = [ExpertKind::Symbolic, ExpertKind::Prompt, ExpertKind::Person, ExpertKind::Plan];
    kinds.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
        let word = shortened(&word);
        (field.line, format!("`{word}` is no kind; write symbolic, prompt, person or plan"))
    })
}

fn cost(field: &Field<'_>, warnings: &mut Vec<String>) -> Result<f32, Fault> {
    let word = field.text(warnings)?;
    word.parse()
        .ok()
        .filter(|cost: &f32| cost.is_finite() && *cost >= 0.0)
        .ok_or_else(|| (field.line, format!("the cost `{}` has to be a number from 0 up", shortened(&word))))
}

fn max_tokens(field: &Field<'_>, warnings: &mut Vec<String>) -> Result<u32, Fault> {
    let word = field.text(warnings)?;
    word.parse().ok().filter(|count| (1..=32_768).contains(count)).ok_or_else(|| {
        let word = shortened(&word);
        (field.line, format!("max_tokens `{word}` has to be a whole number from 1 to 32768"))
    })
}

fn leading_lines(body: &str) -> usize {
    body[..body.len() - body.trim_start().len()].matches('\n').count()
}

fn version(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
