//! From the JSON of a schema to what a value may be. Strict: what is not understood is refused with its place.

use super::{Bound, Decimal, Field, Node, Schema, SchemaError, Text, check, fault, quoted};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Levels of nesting.
const DEEPEST: usize = 40;
/// Schemas within the schema, in all.
const MOST_NODES: usize = 2_000;
/// Values of one `enum`.
const MOST_VALUES: usize = 1_000;

/// Keywords that only describe.
const ANNOTATIONS: [&str; 13] = [
    "title",
    "description",
    "default",
    "examples",
    "example",
    "format",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$schema",
    "$id",
    "$comment",
    "$defs",
];

struct Reader {
    nodes: usize,
    /// Pointers that were named and are still to be read.
    wanted: BTreeSet<String>,
}

pub(super) fn schema(value: &Value) -> Result<Schema, SchemaError> {
    let mut reader = Reader { nodes: 0, wanted: BTreeSet::new() };
    let root = Arc::new(reader.node(value, "", 0)?);
    let mut named = BTreeMap::new();
    while let Some(pointer) = reader.wanted.pop_first() {
        if named.contains_key(&pointer) {
            continue;
        }
        let Some(target) = value.pointer(&pointer) else {
            return fault("", format!("`$ref` names #{pointer}, which is not there"));
        };
        let node = reader.node(target, &pointer, 0)?;
        named.insert(pointer, Arc::new(node));
    }
    Ok(Schema { root, named })
}

impl Reader {
    fn node(&mut self, value: &Value, at: &str, depth: usize) -> Result<Node, SchemaError> {
        self.nodes += 1;
        if DEEPEST < depth || MOST_NODES < self.nodes {
            return fault(
                at,
                format!("it is too large: at most {DEEPEST} levels and {MOST_NODES} schemas within it"),
            );
        }
        let Value::Object(all) = value else {
            return fault(at, "a schema is an object with a `type`; true and false are not supported");
        };
        let mut keys = Keys { all, at, used: BTreeSet::new() };
        let node = self.one(&mut keys, depth)?;
        keys.nothing_more()?;
        Ok(node)
    }

    fn one(&mut self, keys: &mut Keys<'_>, depth: usize) -> Result<Node, SchemaError> {
        let at = keys.at;
        if let Some(target) = keys.take("$ref") {
            let pointer = target.as_str().and_then(|target| target.strip_prefix('#'));
            let Some(pointer) = pointer.filter(|pointer| pointer.is_empty() || pointer.starts_with('/'))
            else {
                return fault(at, "`$ref` has to name a place of this schema, as `#/$defs/name`");
            };
            self.wanted.insert(pointer.to_owned());
            return Ok(Node::Named(pointer.to_owned()));
        }
        if let Some(branches) = keys.take("anyOf") {
            let Some(branches) = branches.as_array().filter(|all| !all.is_empty()) else {
                return fault(at, "`anyOf` has to be a list of schemas");
            };
            let read = |(n, branch)| self.node(branch, &format!("{at}/anyOf/{n}"), depth + 1);
            return branches.iter().enumerate().map(read).collect::<Result<_, _>>().map(Node::Any);
        }
        let values = match (keys.take("const"), keys.take("enum")) {
            (Some(_), Some(_)) => return fault(at, "`const` and `enum` stand side by side; keep one"),
            (Some(value), None) => Some(vec![value.clone()]),
            (None, Some(Value::Array(values))) if (1..=MOST_VALUES).contains(&values.len()) => {
                Some(values.clone())
            }
            (None, Some(_)) => {
                return fault(at, format!("`enum` has to be a list of 1 to {MOST_VALUES} values"));
            }
            (None, None) => None,
        };
        let typed = self.typed(keys, depth, values.is_some())?;
        match (values, typed) {
            (None, Some(node)) => Ok(node),
            (Some(values), None) => Ok(Node::Values(values)),
            (Some(mut values), Some(node)) => {
                values.retain(|value| check::value(&node, value).is_ok());
                match values.is_empty() {
                    true => fault(at, "none of its values is of its type"),
                    false => Ok(Node::Values(values)),
                }
            }
            (None, None) => fault(at, "it says nothing of the value: give it a `type`"),
        }
    }

    /// What `type` and its keywords say; `None` without a type. Beside values only plain types may stand.
    fn typed(
        &mut self,
        keys: &mut Keys<'_>,
        depth: usize,
        beside: bool,
    ) -> Result<Option<Node>, SchemaError> {
        let at = keys.at;
        let words = match keys.take("type") {
            None => return Ok(None),
            Some(Value::String(word)) => vec![word.as_str()],
            Some(Value::Array(words)) if !words.is_empty() => {
                words.iter().map(|word| word.as_str().unwrap_or_default()).collect()
            }
            Some(_) => return fault(at, "`type` has to be a word or a list of words"),
        };
        let node = |word: &str, reader: &mut Reader, keys: &mut Keys<'_>| match word {
            "object" | "array" if beside => {
                fault(at, format!("`enum` beside `type: {word}`: leave the type out"))
            }
            "null" => Ok(Node::Null),
            "boolean" => Ok(Node::Bool),
            "integer" => keys.bounds().map(|(low, high)| Node::Integer(low, high)),
            "number" => keys.bounds().map(|(low, high)| Node::Number(low, high)),
            "string" => keys.text().map(Node::Text),
            "array" => reader.list(keys, depth),
            "object" => reader.object(keys, depth),
            other => fault(at, format!("{} is no type", quoted(other))),
        };
        if let [word] = words[..] {
            return node(word, self, keys).map(Some);
        }
        let all: Result<_, _> = words.into_iter().map(|word| node(word, self, keys)).collect();
        all.map(|all| Some(Node::Any(all)))
    }

    fn list(&mut self, keys: &mut Keys<'_>, depth: usize) -> Result<Node, SchemaError> {
        let at = keys.at;
        let (least, most) = keys.counts("minItems", "maxItems")?;
        let item = match keys.take("items") {
            Some(items) => Some(Arc::new(self.node(items, &format!("{at}/items"), depth + 1)?)),
            None if most == Some(0) => None,
            None => return fault(at, "an array needs `items`, or `maxItems: 0`"),
        };
        Ok(Node::List { item, least, most })
    }

    fn object(&mut self, keys: &mut Keys<'_>, depth: usize) -> Result<Node, SchemaError> {
        let at = keys.at;
        let empty = Map::new();
        let properties = match keys.take("properties") {
            None => &empty,
            Some(Value::Object(properties)) => properties,
            Some(_) => return fault(at, "`properties` has to be an object of schemas"),
        };
        let closed = match keys.take("additionalProperties") {
            None | Some(Value::Bool(true)) => false,
            Some(Value::Bool(false)) => true,
            Some(_) => {
                return fault(
                    at,
                    "`additionalProperties` can only be false or true here: name the properties",
                );
            }
        };
        if properties.is_empty() && !closed {
            return fault(
                at,
                "an object needs `properties`; for an empty one say `additionalProperties: false`",
            );
        }
        let mut required: BTreeSet<&str> = BTreeSet::new();
        for name in keys
            .take("required")
            .map_or(Ok(&[][..]), |all| all.as_array().map(Vec::as_slice).ok_or(()))
            .or_else(|()| fault(at, "`required` has to be a list of names"))?
        {
            match name.as_str().filter(|name| properties.contains_key(*name)) {
                Some(name) => drop(required.insert(name)),
                None => return fault(at, format!("`required` names {name}, which is no property")),
            }
        }
        let mut fields = vec![];
        for (name, schema) in properties {
            let place = format!("{at}/properties/{}", name.replace('~', "~0").replace('/', "~1"));
            let node = self.node(schema, &place, depth + 1)?;
            fields.push(Field { name: name.clone(), required: required.contains(name.as_str()), node });
        }
        Ok(Node::Object { fields, closed })
    }
}

/// The keywords of one schema, and which of them were read.
struct Keys<'a> {
    all: &'a Map<String, Value>,
    at: &'a str,
    used: BTreeSet<&'static str>,
}

impl<'a> Keys<'a> {
    fn take(&mut self, key: &'static str) -> Option<&'a Value> {
        self.used.insert(key);
        self.all.get(key)
    }

    fn nothing_more(&self) -> Result<(), SchemaError> {
        let known = |key: &str| self.used.contains(key) || ANNOTATIONS.contains(&key) || key == "definitions";
        match self.all.keys().find(|key| !known(key)) {
            None => Ok(()),
            Some(key) => {
                let key: String = key.chars().take(40).collect();
                let hint = match key.as_str() {
                    "oneOf" => "; write anyOf",
                    "allOf" => "; write one schema",
                    _ => "",
                };
                fault(self.at, format!("`{key}` is not supported here{hint}"))
            }
        }
    }

    fn counts(
        &mut self,
        least: &'static str,
        most: &'static str,
    ) -> Result<(usize, Option<usize>), SchemaError> {
        let mut count = |key| match self.take(key) {
            None => Ok(None),
            Some(value) => match value.as_u64().and_then(|count| u32::try_from(count).ok()) {
                Some(count) => Ok(Some(count as usize)),
                None => fault(self.at, format!("`{key}` has to be a whole number from 0 to {}", u32::MAX)),
            },
        };
        let (low, high) = (count(least)?.unwrap_or(0), count(most)?);
        match high.is_some_and(|high| high < low) {
            true => fault(self.at, format!("`{least}` is above `{most}`")),
            false => Ok((low, high)),
        }
    }

    fn text(&mut self) -> Result<Text, SchemaError> {
        let (least, most) = self.counts("minLength", "maxLength")?;
        let pattern = match self.take("pattern") {
            None => None,
            Some(Value::String(pattern)) => Some(pattern.as_str()),
            Some(_) => return fault(self.at, "`pattern` has to be a text"),
        };
        Text::new(pattern, least, most).or_else(|what| fault(self.at, what))
    }

    /// The lower and the upper bound of a number.
    fn bounds(&mut self) -> Result<(Bound, Bound), SchemaError> {
        let mut bound = |key, exclusive_key| {
            let mut read = |key| match self.take(key) {
                None => Ok(None),
                Some(Value::Number(number)) => match Decimal::read(&number.to_string()) {
                    Some(decimal) => Ok(Some(decimal)),
                    None => fault(self.at, format!("`{key}` has more digits than can be held to")),
                },
                Some(_) => fault(self.at, format!("`{key}` has to be a number")),
            };
            match (read(key)?, read(exclusive_key)?) {
                (Some(_), Some(_)) => {
                    fault(self.at, format!("`{key}` and `{exclusive_key}` side by side; keep one"))
                }
                (Some(at), None) => Ok(Bound::At { at, exclusive: false }),
                (None, Some(at)) => Ok(Bound::At { at, exclusive: true }),
                (None, None) => Ok(Bound::None),
            }
        };
        Ok((bound("minimum", "exclusiveMinimum")?, bound("maximum", "exclusiveMaximum")?))
    }
}
