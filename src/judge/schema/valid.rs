//! Is a value of a schema? Says where it is not, and which keywords of a schema it does not know.

use crate::plan::whole;
use serde_json::{Map, Value};
use std::cell::Cell;

/// Deeper schemas and values are refused: an answer is hostile text.
const DEPTH: usize = 64;

/// A verdict that takes longer is none.
const STEPS: u32 = 100_000;

/// Keywords that say nothing of a value.
const NOTES: &[&str] =
    &["$schema", "$id", "$defs", "title", "description", "default", "examples", "$comment"];

/// Keywords that are looked at.
const KNOWN: &[&str] = &[
    "$ref",
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "minProperties",
    "maxProperties",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
];

/// What is wrong with the schema itself, before any value.
pub(super) fn fault(schema: &Value) -> Option<String> {
    faulty(schema, schema, 0)
}

fn faulty(root: &Value, schema: &Value, depth: usize) -> Option<String> {
    let object = match schema {
        Value::Bool(_) => return None,
        Value::Object(object) => object,
        _ => return Some("a schema is an object, true or false".to_owned()),
    };
    if DEPTH < depth {
        return Some(format!("the schema is nested deeper than {DEPTH}"));
    }
    let strange = |key: &&String| !NOTES.contains(&key.as_str()) && !KNOWN.contains(&key.as_str());
    if let Some(key) = object.keys().find(strange) {
        return Some(format!(
            "the schema's keyword `{key}` is not known here; there are {}",
            KNOWN.join(", ")
        ));
    }
    let wrong = |key: &str, wanted: &str| Some(format!("`{key}` of the schema has to be {wanted}"));
    for (key, value) in object {
        let fits = match key.as_str() {
            "$ref" => match value.as_str().map(|to| target(root, to)) {
                Some(Some(_)) => true,
                Some(None) => {
                    return Some(format!("the schema has no {value}: references go to #/$defs/NAME"));
                }
                None => false,
            },
            "pattern" => match value.as_str() {
                Some(pattern) => match whole(pattern) {
                    Ok(_) => true,
                    Err(why) => return Some(why),
                },
                None => false,
            },
            "type" => {
                let is_type = |value: &Value| {
                    let types = ["object", "array", "string", "number", "integer", "boolean", "null"];
                    value.as_str().is_some_and(|name| types.contains(&name))
                };
                is_type(value) || value.as_array().is_some_and(|all| all.iter().all(is_type))
            }
            "enum" => value.is_array(),
            "required" => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
            "properties" | "$defs" => value.is_object(),
            "anyOf" | "oneOf" | "allOf" | "prefixItems" => {
                value.as_array().is_some_and(|all| !all.is_empty())
            }
            "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties" | "maxProperties" => {
                value.is_u64()
            }
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => value.is_number(),
            "multipleOf" => value.as_f64().is_some_and(|step| 0.0 < step),
            "uniqueItems" => value.is_boolean(),
            _ => true,
        };
        if !fits {
            let wanted = match key.as_str() {
                "type" => "one of object, array, string, number, integer, boolean, null, or a list of those",
                "enum" | "required" | "anyOf" | "oneOf" | "allOf" | "prefixItems" => "a list",
                "properties" | "$defs" => "an object",
                "$ref" | "pattern" => "a text",
                "uniqueItems" => "true or false",
                _ => "a number",
            };
            return wrong(key, wanted);
        }
    }
    below(object).into_iter().find_map(|schema| faulty(root, schema, depth + 1))
}

/// The schemas inside one.
fn below(object: &Map<String, Value>) -> Vec<&Value> {
    let mut found = vec![];
    for (key, value) in object {
        match key.as_str() {
            "properties" | "$defs" => found.extend(value.as_object().into_iter().flat_map(Map::values)),
            "anyOf" | "oneOf" | "allOf" | "prefixItems" => {
                found.extend(value.as_array().into_iter().flatten())
            }
            "items" | "contains" | "not" | "additionalProperties" => found.push(value),
            _ => {}
        }
    }
    found
}

/// Where a reference leads within the schema.
fn target<'a>(root: &'a Value, to: &str) -> Option<&'a Value> {
    match to {
        "#" => Some(root),
        to => root.get("$defs")?.get(to.strip_prefix("#/$defs/")?),
    }
}

/// In what a value is not of the schema, and where; `None` when it is.
pub(super) fn breach(schema: &Value, value: &Value) -> Option<String> {
    breached(&Root { schema, steps: Cell::new(0) }, schema, value, "the answer", 0)
}

/// The whole schema, and how much of it was gone through: references can lead in circles.
struct Root<'a> {
    schema: &'a Value,
    steps: Cell<u32>,
}

fn breached(root: &Root<'_>, schema: &Value, value: &Value, at: &str, depth: usize) -> Option<String> {
    let object = match schema {
        Value::Bool(true) => return None,
        Value::Object(object) => object,
        _ => return Some(format!("{at} may not be there")),
    };
    root.steps.set(root.steps.get() + 1);
    if DEPTH < depth {
        return Some(format!("{at} is nested deeper than {DEPTH}"));
    }
    if STEPS < root.steps.get() {
        return Some(format!("{at} takes more than {STEPS} steps to look at"));
    }
    let inner = |schema: &Value, value: &Value, at: &str| breached(root, schema, value, at, depth + 1);
    object.iter().find_map(|(key, rule)| match (key.as_str(), value) {
        ("$ref", _) => inner(target(root.schema, rule.as_str()?)?, value, at),
        ("type", _) => {
            let types: Vec<&str> = match rule {
                Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
                rule => rule.as_str().into_iter().collect(),
            };
            let fits = types.iter().any(|name| is_of(name, value));
            (!fits).then(|| format!("{at} is {}, not {}", kind(value), types.join(" or ")))
        }
        ("const", _) => (!equal(rule, value)).then(|| format!("{at} is not {rule}")),
        ("enum", _) => {
            let found = rule.as_array()?.iter().any(|one| equal(one, value));
            (!found).then(|| format!("{at} is none of {rule}"))
        }
        ("anyOf", _) => {
            let breaches: Vec<String> =
                rule.as_array()?.iter().map_while(|schema| inner(schema, value, at)).collect();
            (breaches.len() == rule.as_array()?.len()).then(|| breaches.join("; and "))
        }
        ("oneOf", _) => {
            let fits = rule.as_array()?.iter().filter(|schema| inner(schema, value, at).is_none()).count();
            (fits != 1).then(|| {
                format!("{at} fits {fits} of the {} ways, not one", rule.as_array().map_or(0, Vec::len))
            })
        }
        ("allOf", _) => rule.as_array()?.iter().find_map(|schema| inner(schema, value, at)),
        ("not", _) => inner(rule, value, at).is_none().then(|| format!("{at} is what it may not be")),
        (_, Value::Object(fields)) => of_object(object, key, rule, fields, at, &inner),
        (_, Value::Array(items)) => of_array(object, key, rule, items, at, &inner),
        (_, Value::String(text)) => of_text(key, rule, text, at),
        (_, Value::Number(number)) => of_number(key, rule, number.as_f64()?, at),
        _ => None,
    })
}

type Inner<'a> = dyn Fn(&Value, &Value, &str) -> Option<String> + 'a;

fn of_object(
    schema: &Map<String, Value>,
    key: &str,
    rule: &Value,
    fields: &Map<String, Value>,
    at: &str,
    inner: &Inner<'_>,
) -> Option<String> {
    match key {
        "properties" => rule.as_object()?.iter().find_map(|(name, schema)| {
            let value = fields.get(name)?;
            inner(schema, value, &format!("`{name}` of {at}"))
        }),
        "required" => {
            let missing =
                rule.as_array()?.iter().filter_map(Value::as_str).find(|name| !fields.contains_key(*name))?;
            Some(format!("{at} has no `{missing}`"))
        }
        "additionalProperties" => {
            let named = schema.get("properties").and_then(Value::as_object);
            let mut others =
                fields.iter().filter(|(name, _)| named.is_none_or(|named| !named.contains_key(*name)));
            others.find_map(|(name, value)| inner(rule, value, &format!("`{name}` of {at}")))
        }
        "minProperties" => few(fields.len(), rule, at, "fields"),
        "maxProperties" => many(fields.len(), rule, at, "fields"),
        _ => None,
    }
}

fn of_array(
    schema: &Map<String, Value>,
    key: &str,
    rule: &Value,
    items: &[Value],
    at: &str,
    inner: &Inner<'_>,
) -> Option<String> {
    let named = |place: usize| format!("item {} of {at}", place + 1);
    match key {
        "items" => {
            let first = schema.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
            let mut rest = items.iter().enumerate().skip(first);
            rest.find_map(|(place, item)| inner(rule, item, &named(place)))
        }
        "prefixItems" => {
            let mut pairs = rule.as_array()?.iter().zip(items).enumerate();
            pairs.find_map(|(place, (schema, item))| inner(schema, item, &named(place)))
        }
        "contains" => {
            let found = items.iter().any(|item| inner(rule, item, at).is_none());
            (!found).then(|| format!("{at} has no item as it has to"))
        }
        "minItems" => few(items.len(), rule, at, "items"),
        "maxItems" => many(items.len(), rule, at, "items"),
        "uniqueItems" if rule == &Value::Bool(true) => {
            let mut seen = std::collections::HashSet::new();
            let twice = items.iter().find(|item| !seen.insert(item.to_string()))?;
            Some(format!("{at} has {twice} twice"))
        }
        _ => None,
    }
}

fn of_text(key: &str, rule: &Value, text: &str, at: &str) -> Option<String> {
    match key {
        "minLength" => few(text.chars().count(), rule, at, "characters"),
        "maxLength" => many(text.chars().count(), rule, at, "characters"),
        "pattern" => {
            // A pattern of a schema is looked for anywhere in the text.
            let pattern = rule.as_str()?;
            let found =
                whole(&format!("[\\s\\S]*(?:{pattern})[\\s\\S]*")).is_ok_and(|regex| regex.is_match(text));
            (!found).then(|| format!("{at} does not match {pattern}"))
        }
        _ => None,
    }
}

fn of_number(key: &str, rule: &Value, number: f64, at: &str) -> Option<String> {
    let bound = rule.as_f64()?;
    let (broken, words) = match key {
        "minimum" => (number < bound, "less than"),
        "maximum" => (bound < number, "more than"),
        "exclusiveMinimum" => (number <= bound, "not more than"),
        "exclusiveMaximum" => (bound <= number, "not less than"),
        "multipleOf" => (((number / bound) - (number / bound).round()).abs() > 1e-9, "no multiple of"),
        _ => return None,
    };
    broken.then(|| format!("{at} is {words} {rule}"))
}

fn few(found: usize, rule: &Value, at: &str, what: &str) -> Option<String> {
    let least = rule.as_u64()?;
    ((found as u64) < least).then(|| format!("{at} has {found} {what}, not {least} or more"))
}

fn many(found: usize, rule: &Value, at: &str, what: &str) -> Option<String> {
    let most = rule.as_u64()?;
    (most < found as u64).then(|| format!("{at} has {found} {what}, not {most} or fewer"))
}

/// Equal as JSON values: 1 and 1.0 are one number.
fn equal(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "boolean" => value.is_boolean(),
        _ => value.is_null(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
