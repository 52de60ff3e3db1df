//! From the JSON of a schema to its rules. Strict: what is not understood is refused with its place.

use super::{Bound, Counted, Node, Pattern, Rule, Schema, SchemaError, Side, Type, fault, quoted};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Levels of nesting.
const DEEPEST: usize = 64;
/// Schemas within the schema, in all.
const MOST_NODES: usize = 2_000;
/// Values of one `enum`.
const MOST_VALUES: usize = 1_000;

/// Keywords that say nothing of a value. Definitions are read when they are named.
const NOTES: [&str; 14] = [
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
    "definitions",
];

/// Keywords that are read.
const KNOWN: &str = "$ref, type, enum, const, anyOf, oneOf, allOf, not, minimum, maximum, exclusiveMinimum, \
                     exclusiveMaximum, multipleOf, minLength, maxLength, pattern, items, prefixItems, contains, minItems, \
                     maxItems, uniqueItems, properties, required, additionalProperties, minProperties, maxProperties";

pub(super) fn schema(value: &Value) -> Result<Schema, SchemaError> {
    let mut reader = Reader { nodes: 0, wanted: BTreeSet::new() };
    let root = Arc::new(reader.node(value, String::new(), 0)?);
    let mut named = BTreeMap::new();
    while let Some(pointer) = reader.wanted.pop_first() {
        if named.contains_key(&pointer) {
            continue;
        }
        let Some(target) = value.pointer(&pointer) else {
            return fault("", format!("`$ref` names #{pointer}, which is not there"));
        };
        let node = reader.node(target, pointer.clone(), 0)?;
        named.insert(pointer, Arc::new(node));
    }
    Ok(Schema { root, named })
}

struct Reader {
    nodes: usize,
    /// Pointers that were named and are still to be read.
    wanted: BTreeSet<String>,
}

impl Reader {
    fn node(&mut self, value: &Value, place: String, depth: usize) -> Result<Node, SchemaError> {
        self.nodes += 1;
        if DEEPEST < depth || MOST_NODES < self.nodes {
            let most = format!("at most {DEEPEST} levels and {MOST_NODES} schemas within it");
            return fault(&place, format!("it is too large: {most}"));
        }
        let rules = match value {
            Value::Bool(true) => vec![],
            Value::Bool(false) => vec![Rule::Never],
            Value::Object(all) => {
                let mut at = Reading { reader: self, all, place: &place, depth };
                let spoken = all.iter().filter(|(key, _)| !NOTES.contains(&key.as_str()));
                spoken.map(|(key, value)| at.rule(key, value)).collect::<Result<_, _>>()?
            }
            _ => return fault(&place, "a schema is an object, true or false"),
        };
        Ok(Node { place, rules })
    }
}

/// One schema while its keywords are read.
struct Reading<'a> {
    reader: &'a mut Reader,
    all: &'a Map<String, Value>,
    place: &'a str,
    depth: usize,
}

impl Reading<'_> {
    fn rule(&mut self, key: &str, value: &Value) -> Result<Rule, SchemaError> {
        Ok(match key {
            "$ref" => Rule::Reference(self.reference(value)?),
            "type" => Rule::Types(self.types(value)?),
            "const" => Rule::Const(value.clone()),
            "enum" => Rule::Enum(self.values(value)?),
            "anyOf" => Rule::AnyOf(self.branches(key, value)?),
            "oneOf" => Rule::OneOf(self.branches(key, value)?),
            "allOf" => Rule::AllOf(self.branches(key, value)?),
            "not" => Rule::Not(Box::new(self.below(key, value)?)),
            "minimum" => self.bound(key, value, Side::Low, false)?,
            "exclusiveMinimum" => self.bound(key, value, Side::Low, true)?,
            "maximum" => self.bound(key, value, Side::High, false)?,
            "exclusiveMaximum" => self.bound(key, value, Side::High, true)?,
            "multipleOf" => match value {
                Value::Number(step) if step.as_f64().is_some_and(|step| 0.0 < step) => {
                    Rule::MultipleOf(step.clone())
                }
                _ => return self.wrong(key, "a number above 0"),
            },
            "pattern" => match value {
                Value::String(source) => {
                    Rule::Pattern(Pattern::new(source).or_else(|what| fault(self.place, what))?)
                }
                _ => return self.wrong(key, "a text"),
            },
            "minLength" => Rule::Least(Counted::Characters, self.count(key, value)?),
            "maxLength" => Rule::Most(Counted::Characters, self.count(key, value)?),
            "minItems" => Rule::Least(Counted::Items, self.count(key, value)?),
            "maxItems" => Rule::Most(Counted::Items, self.count(key, value)?),
            "minProperties" => Rule::Least(Counted::Properties, self.count(key, value)?),
            "maxProperties" => Rule::Most(Counted::Properties, self.count(key, value)?),
            "prefixItems" => Rule::First(self.branches(key, value)?),
            "items" => {
                let from = self.all.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                Rule::Items { from, node: Arc::new(self.below(key, value)?) }
            }
            "contains" => Rule::Contains(Box::new(self.below(key, value)?)),
            "uniqueItems" => match value {
                Value::Bool(unique) => Rule::Unique(*unique),
                _ => return self.wrong(key, "true or false"),
            },
            "properties" => Rule::Properties(self.properties(value)?),
            "required" => Rule::Required(self.names(key, value)?),
            "additionalProperties" => {
                let named = self.all.get("properties").and_then(Value::as_object);
                let named = named.into_iter().flat_map(Map::keys).cloned().collect();
                Rule::Others { named, node: Box::new(self.below(key, value)?) }
            }
            _ => {
                let key: String = key.chars().take(40).collect();
                return fault(self.place, format!("`{key}` is not known here; there are {KNOWN}"));
            }
        })
    }

    fn wrong<T>(&self, key: &str, wanted: &str) -> Result<T, SchemaError> {
        fault(self.place, format!("`{key}` has to be {wanted}"))
    }

    /// The schema under a keyword.
    fn below(&mut self, key: &str, value: &Value) -> Result<Node, SchemaError> {
        self.reader.node(value, format!("{}/{key}", self.place), self.depth + 1)
    }

    fn branches(&mut self, key: &str, value: &Value) -> Result<Vec<Node>, SchemaError> {
        let Some(all) = value.as_array().filter(|all| !all.is_empty()) else {
            return self.wrong(key, "a list of schemas");
        };
        let mut read =
            |(at, one)| self.reader.node(one, format!("{}/{key}/{at}", self.place), self.depth + 1);
        all.iter().enumerate().map(&mut read).collect()
    }

    fn properties(&mut self, value: &Value) -> Result<Vec<(String, Node)>, SchemaError> {
        let Value::Object(all) = value else { return self.wrong("properties", "an object of schemas") };
        let mut read = |(name, schema): (&String, &Value)| {
            let place = format!("{}/properties/{}", self.place, name.replace('~', "~0").replace('/', "~1"));
            Ok((name.clone(), self.reader.node(schema, place, self.depth + 1)?))
        };
        all.iter().map(&mut read).collect()
    }

    fn reference(&mut self, value: &Value) -> Result<String, SchemaError> {
        let pointer = value.as_str().and_then(|target| target.strip_prefix('#'));
        match pointer.filter(|pointer| pointer.is_empty() || pointer.starts_with('/')) {
            Some(pointer) => {
                self.reader.wanted.insert(pointer.to_owned());
                Ok(pointer.to_owned())
            }
            None => fault(self.place, "`$ref` has to name a place of this schema, as `#/$defs/name`"),
        }
    }

    fn types(&self, value: &Value) -> Result<Vec<Type>, SchemaError> {
        let words = match value {
            Value::Array(words) if !words.is_empty() => &words[..],
            word => std::slice::from_ref(word),
        };
        let read =
            |word: &Value| match Type::ALL.into_iter().find(|found| word.as_str() == Some(found.word())) {
                Some(found) => Ok(found),
                None => {
                    let all = Type::ALL.map(Type::word).join(", ");
                    let word: String =
                        word.as_str().map_or(word.to_string(), quoted).chars().take(40).collect();
                    fault(self.place, format!("{word} is no type; `type` is one or a list of {all}"))
                }
            };
        words.iter().map(read).collect()
    }

    fn values(&self, value: &Value) -> Result<Vec<Value>, SchemaError> {
        match value.as_array().filter(|all| (1..=MOST_VALUES).contains(&all.len())) {
            Some(values) => Ok(values.clone()),
            None => self.wrong("enum", &format!("a list of 1 to {MOST_VALUES} values")),
        }
    }

    fn names(&self, key: &str, value: &Value) -> Result<Vec<String>, SchemaError> {
        let names = value.as_array().and_then(|all| {
            all.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>()
        });
        names.map_or_else(|| self.wrong(key, "a list of names"), Ok)
    }

    fn bound(&self, key: &str, value: &Value, side: Side, exclusive: bool) -> Result<Rule, SchemaError> {
        match value {
            Value::Number(at) => Ok(Rule::Bound(Bound { side, at: at.clone(), exclusive })),
            _ => self.wrong(key, "a number"),
        }
    }

    fn count(&self, key: &str, value: &Value) -> Result<usize, SchemaError> {
        match value.as_u64().and_then(|count| u32::try_from(count).ok()) {
            Some(count) => Ok(count as usize),
            None => self.wrong(key, &format!("a whole number from 0 to {}", u32::MAX)),
        }
    }
}
