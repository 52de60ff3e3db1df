//! `lookup`: a value in a JSON object, in lines of `key: value`, in pairs, or in a small table.

use super::Trouble;
use crate::literal::{Literal, Operand, items, literals, shortened, write_texts};
use serde_json::{Map, Value};

pub(super) const PHRASINGS: &str = "What is the value of \"b\" in {\"a\": 1, \"b\": 2}?, Look up \"capital\" in \
    \"country: France; capital: Paris\"., What is the \"price\" of \"tea\" in \"item | price\" and its rows?";

pub(super) fn lookup(question: &str) -> Result<String, Trouble> {
    let (keys, source) = keys_and_source(question).ok_or(Trouble::Unknown)?;
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    match &source {
        Operand::Text(text) if text.starts_with('{') => {
            let value: Value = serde_json::from_str(text)
                .map_err(|error| format!("the object is no valid JSON: {error}"))?;
            in_json(&value, &keys)
        }
        Operand::Text(text) => match table(text) {
            Some((head, rows)) => in_table(&head, &rows, &keys),
            None => in_entries(&entries(text), &keys),
        },
        Operand::List(list) => {
            let values: Vec<Value> =
                list.iter().filter_map(|item| serde_json::from_str(&item.text).ok()).collect();
            match rows_of(&values) {
                Some((head, rows)) => in_table(&head, &rows, &keys),
                None => {
                    let texts = list.iter().map(|item| item.text.as_str());
                    in_entries(&texts.filter_map(entry).collect::<Vec<_>>(), &keys)
                }
            }
        }
        Operand::Pairs(pairs) => {
            let pairs: Vec<_> =
                pairs.iter().map(|(item, label)| (item.text.as_str(), label.as_str())).collect();
            in_entries(&pairs, &keys)
        }
    }
}

/// What is looked for (the key, or column and row) and where.
fn keys_and_source(question: &str) -> Option<(Vec<String>, Operand)> {
    let mut literals = literals(question);
    let is_source = |literal: &Literal| match &literal.operand {
        Operand::Text(text) => text.contains([':', '=', '|', '\n', '\t']),
        _ => true,
    };
    let (source, said) = match literals.iter().rposition(is_source) {
        Some(at) => {
            let Literal { start, end, operand } = literals.remove(at);
            (operand, format!("{} {}", &question[..start], &question[end..]))
        }
        None => {
            let lower = question.to_ascii_lowercase();
            let at = [" in ", " in:"].iter().filter_map(|lead| lower.find(lead)).min()?;
            let text = question[at + 4..].trim();
            literals.retain(|literal| literal.end <= at);
            (Operand::Text(text.to_owned()), question[..at].to_owned())
        }
    };
    let mut keys: Vec<String> = literals
        .into_iter()
        .filter_map(|literal| match literal.operand {
            Operand::Text(text) => Some(text),
            _ => None,
        })
        .collect();
    if keys.is_empty() {
        keys = bare_keys(&said);
    }
    (1..=2).contains(&keys.len()).then_some((keys, source))
}

/// `What is the price of tea in` names `price` and `tea`.
fn bare_keys(said: &str) -> Vec<String> {
    const FILLER: &[&str] = &[
        "what", "what's", "is", "are", "look", "lookup", "up", "get", "find", "give", "return", "me", "the",
        "value", "for", "key", "field", "in", "from", "table", "object", "json", "row", "entry", "of",
    ];
    let trimmed = said.split_whitespace().map(|word| word.trim_matches(|c: char| ",;:?!.\"".contains(c)));
    let words: Vec<&str> = trimmed.filter(|word| !word.is_empty()).collect();
    let filler = |word: &&str| FILLER.contains(&word.to_lowercase().as_str());
    let start = words.iter().position(|word| !filler(word)).unwrap_or(words.len());
    let end = words.iter().rposition(|word| !filler(word)).map_or(start, |at| at + 1);
    let named = words[start..end].join(" ");
    let keys =
        named.split(" of ").flat_map(|part| part.split(" for ")).map(|key| key.trim_start_matches("the "));
    keys.filter(|key| !key.is_empty()).map(str::to_owned).collect()
}

fn in_json(value: &Value, keys: &[&str]) -> Result<String, Trouble> {
    let mut here = value;
    // `the a of b` looks for b first.
    for key in keys.iter().rev() {
        here = member(here, key)?;
    }
    Ok(plain(here))
}

fn member<'a>(value: &'a Value, key: &str) -> Result<&'a Value, Trouble> {
    let object = value
        .as_object()
        .ok_or_else(|| format!("there is nothing inside to look up `{}` in", shortened(key)))?;
    if let Some((_, found)) = object
        .iter()
        .find(|(name, _)| *name == key)
        .or_else(|| object.iter().find(|(name, _)| same(name, key)))
    {
        return Ok(found);
    }
    if let Some((first, rest)) = key.split_once('.')
        && let Some(inner) = object.get(first)
    {
        // One level at a time; a path is never longer than the object is deep.
        return member(inner, rest);
    }
    Err(absent(key, object.keys().map(String::as_str)))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            write_texts(list.iter().filter_map(Value::as_str))
        }
        other => other.to_string(),
    }
}

/// The names of the columns, and the rows.
type Table = (Vec<String>, Vec<Vec<String>>);

/// Lines with `|`, tabs or commas in each: the first is the head.
fn table(text: &str) -> Option<Table> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let marks = ['|', '\t', ','];
    let mark =
        marks.into_iter().find(|mark| lines.len() > 1 && lines.iter().all(|line| line.contains(*mark)))?;
    let rule = |line: &&&str| !line.chars().all(|c| "|-:+ ".contains(c));
    let mut rows = lines.iter().filter(rule).map(|line| {
        let inner = line.strip_prefix(mark).unwrap_or(line);
        let inner = inner.strip_suffix(mark).unwrap_or(inner);
        inner.split(mark).map(|cell| cell.trim().to_owned()).collect::<Vec<_>>()
    });
    let head = rows.next()?;
    Some((head, rows.collect()))
}

/// A list of JSON objects as a table, with the keys of the first as columns.
fn rows_of(values: &[Value]) -> Option<Table> {
    let head: Vec<String> = values.first()?.as_object()?.keys().cloned().collect();
    let cell = |value: &Value, name: &str| value.get(name).map(plain).unwrap_or_default();
    let rows = values.iter().map(|value| head.iter().map(|name| cell(value, name)).collect()).collect();
    Some((head, rows))
}

fn in_table(head: &[String], rows: &[Vec<String>], keys: &[&str]) -> Result<String, Trouble> {
    let column = |key: &str| head.iter().position(|name| same(name, key));
    let row = |key: &str| rows.iter().find(|row| row.iter().any(|cell| same(cell, key)));
    match keys {
        [one] => {
            if let Some(row) = row(one) {
                let named =
                    head.iter().zip(row).map(|(name, cell)| (name.clone(), Value::from(cell.as_str())));
                return Ok(Value::Object(named.collect::<Map<_, _>>()).to_string());
            }
            let at = column(one).ok_or_else(|| absent(one, head.iter().map(String::as_str)))?;
            Ok(write_texts(rows.iter().filter_map(|row| row.get(at).map(String::as_str))))
        }
        [first, second] => {
            let (at, key) = match (column(first), column(second)) {
                (Some(at), _) => (at, second),
                (None, Some(at)) => (at, first),
                (None, None) => return Err(absent(first, head.iter().map(String::as_str))),
            };
            let row = row(key)
                .ok_or_else(|| absent(key, rows.iter().filter_map(|row| row.first().map(String::as_str))))?;
            Ok(row.get(at).cloned().unwrap_or_default())
        }
        _ => Err(Trouble::Unknown),
    }
}

fn entries(text: &str) -> Vec<(&str, &str)> {
    let parts =
        if text.contains(';') && !text.contains('\n') { text.split(';').collect() } else { items(text).0 };
    parts.into_iter().filter_map(entry).collect()
}

fn entry(part: &str) -> Option<(&str, &str)> {
    let (key, value) = part.split_once(':').or_else(|| part.split_once('='))?;
    let value = value.trim();
    Some((key.trim(), value.strip_suffix('.').unwrap_or(value)))
}

fn in_entries(entries: &[(&str, &str)], keys: &[&str]) -> Result<String, Trouble> {
    let [key] = keys else {
        return Err("look up one key at a time".into());
    };
    let mut found: Vec<&str> = Vec::new();
    for (_, value) in entries.iter().filter(|(name, _)| same(name, key)) {
        if !found.contains(value) && found.len() < 1000 {
            found.push(value);
        }
    }
    match found.as_slice() {
        [] => Err(absent(key, entries.iter().map(|(name, _)| *name))),
        [one] => Ok((*one).to_owned()),
        several => Ok(write_texts(several.iter().copied())),
    }
}

fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

fn absent<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Trouble {
    let known: Vec<&str> = known.take(12).collect();
    Trouble::Because(format!("there is no `{}`; there are: {}", shortened(key), shortened(&known.join(", "))))
}
