//! The part of a schema that a regular expression can tell while it is written. What can not be told is refused with its
//! place: an answer that was promised to obey has to obey from its first letter.

use super::{
    number::{Bound, Decimal},
    text,
};
use crate::schema::{Counted, Node, Rule, Schema, SchemaError, Side, Type, fault, quoted};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A schema as what can be written under it.
#[derive(Debug)]
pub(super) struct Regular<'a> {
    pub root: Form<'a>,
    /// By its pointer.
    pub named: BTreeMap<&'a str, Form<'a>>,
}

/// What can be written at one place.
#[derive(Debug)]
pub(super) enum Form<'a> {
    Null,
    Bool,
    Integer(Bound, Bound),
    Number(Bound, Bound),
    /// The regular expression of JSON strings.
    Text(String),
    List {
        item: Option<Box<Form<'a>>>,
        least: usize,
        most: Option<usize>,
    },
    Object(Vec<Field<'a>>),
    /// `enum` and `const`.
    Values(Vec<&'a Value>),
    /// One of several; nothing if there are none.
    Any(Vec<Form<'a>>),
    /// The pointer of a `$ref`.
    Named(&'a str),
}

/// A property, in the order in which it is written.
#[derive(Debug)]
pub(super) struct Field<'a> {
    pub name: &'a str,
    pub required: bool,
    pub form: Form<'a>,
}

pub(super) fn regular(schema: &Schema) -> Result<Regular<'_>, SchemaError> {
    let named = schema.named().map(|(pointer, node)| Ok((pointer, form(schema, node)?)));
    Ok(Regular { root: form(schema, schema.root())?, named: named.collect::<Result<_, _>>()? })
}

fn form<'a>(schema: &'a Schema, node: &'a Node) -> Result<Form<'a>, SchemaError> {
    if let Some(values) = values(node) {
        // They are looked at one by one, so every rule can be told.
        let obeying: Vec<&Value> =
            values.into_iter().filter(|value| schema.check_at(node, value).is_ok()).collect();
        return match obeying.is_empty() {
            true => fault(&node.place, "none of its values obeys the rest of it"),
            false => Ok(Form::Values(obeying)),
        };
    }
    let mut rules = Rules { schema, node, used: BTreeSet::new() };
    let form = if rules.take("false").is_some() {
        Form::Any(vec![])
    } else if let Some(Rule::Reference(pointer)) = rules.take("$ref") {
        Form::Named(pointer)
    } else if let Some(Rule::AnyOf(branches)) = rules.take("anyOf") {
        Form::Any(branches.iter().map(|branch| self::form(schema, branch)).collect::<Result<_, _>>()?)
    } else if let Some(Rule::Types(types)) = rules.take("type") {
        match types[..] {
            [one] => rules.of_type(one)?,
            _ => Form::Any(types.iter().map(|one| rules.of_type(*one)).collect::<Result<_, _>>()?),
        }
    } else {
        rules.nothing_more()?;
        return fault(&node.place, "it says nothing of the value: give it a `type`");
    };
    rules.nothing_more()?;
    Ok(form)
}

/// The values of `const` or `enum`.
fn values(node: &Node) -> Option<Vec<&Value>> {
    node.rules.iter().find_map(|rule| match rule {
        Rule::Const(value) => Some(vec![value]),
        Rule::Enum(values) => Some(values.iter().collect()),
        _ => None,
    })
}

/// The rules of one place, and which of them are told.
struct Rules<'a> {
    schema: &'a Schema,
    node: &'a Node,
    used: BTreeSet<&'static str>,
}

impl<'a> Rules<'a> {
    fn take(&mut self, keyword: &'static str) -> Option<&'a Rule> {
        self.used.insert(keyword);
        self.node.rules.iter().find(|rule| rule.keyword() == keyword)
    }

    fn fault<T>(&self, what: impl Into<String>) -> Result<T, SchemaError> {
        fault(&self.node.place, what)
    }

    fn nothing_more(&self) -> Result<(), SchemaError> {
        match self.node.rules.iter().map(Rule::keyword).find(|keyword| !self.used.contains(keyword)) {
            None => Ok(()),
            Some(keyword) => {
                let hint = match keyword {
                    "oneOf" => "; write anyOf",
                    "allOf" => "; write one schema",
                    _ => "",
                };
                self.fault(format!("no answer can be held to `{keyword}` here while it is written{hint}"))
            }
        }
    }

    fn of_type(&mut self, one: Type) -> Result<Form<'a>, SchemaError> {
        match one {
            Type::Null => Ok(Form::Null),
            Type::Boolean => Ok(Form::Bool),
            Type::Integer => Ok(Form::Integer(self.bound(Side::Low)?, self.bound(Side::High)?)),
            Type::Number => Ok(Form::Number(self.bound(Side::Low)?, self.bound(Side::High)?)),
            Type::String => self.text(),
            Type::Array => self.list(),
            Type::Object => self.object(),
        }
    }

    fn text(&mut self) -> Result<Form<'a>, SchemaError> {
        let (least, most) = self.counts(Counted::Characters)?;
        let pattern = match self.take("pattern") {
            Some(Rule::Pattern(pattern)) => Some(pattern),
            _ => None,
        };
        text::text(pattern, least, most).map(Form::Text).or_else(|what| self.fault(what))
    }

    fn list(&mut self) -> Result<Form<'a>, SchemaError> {
        let (least, most) = self.counts(Counted::Items)?;
        let item = match self.take("items") {
            Some(Rule::Items { node, .. }) => Some(Box::new(form(self.schema, node)?)),
            _ if most == Some(0) => None,
            _ => return self.fault("an array needs `items`, or `maxItems: 0`"),
        };
        Ok(Form::List { item, least, most })
    }

    fn object(&mut self) -> Result<Form<'a>, SchemaError> {
        let properties: &[(String, Node)] = match self.take("properties") {
            Some(Rule::Properties(properties)) => properties,
            _ => &[],
        };
        let closed = match self.take("additionalProperties") {
            Some(Rule::Others { node, .. }) => match &node.rules[..] {
                [] => false,
                [Rule::Never] => true,
                _ => {
                    return self
                        .fault("`additionalProperties` can only be false or true here: name the properties");
                }
            },
            _ => false,
        };
        if properties.is_empty() && !closed {
            return self
                .fault("an object needs `properties`; for an empty one say `additionalProperties: false`");
        }
        let required: &[String] = match self.take("required") {
            Some(Rule::Required(names)) => names,
            _ => &[],
        };
        let known = |name: &&String| properties.iter().any(|(property, _)| property == *name);
        if let Some(name) = required.iter().find(|name| !known(name)) {
            return self.fault(format!("`required` names {}, which is no property", quoted(name)));
        }
        let field = |(name, node): &'a (String, Node)| {
            Ok(Field { name, required: required.contains(name), form: form(self.schema, node)? })
        };
        properties.iter().map(field).collect::<Result<_, _>>().map(Form::Object)
    }

    fn counts(&mut self, what: Counted) -> Result<(usize, Option<usize>), SchemaError> {
        let (least, most) = match what {
            Counted::Characters => ("minLength", "maxLength"),
            Counted::Items => ("minItems", "maxItems"),
            Counted::Properties => ("minProperties", "maxProperties"),
        };
        let low = match self.take(least) {
            Some(Rule::Least(_, count)) => *count,
            _ => 0,
        };
        let high = match self.take(most) {
            Some(Rule::Most(_, count)) => Some(*count),
            _ => None,
        };
        match high.is_some_and(|high| high < low) {
            true => self.fault(format!("`{least}` is above `{most}`")),
            false => Ok((low, high)),
        }
    }

    fn bound(&mut self, side: Side) -> Result<Bound, SchemaError> {
        let (key, exclusive_key) = match side {
            Side::Low => ("minimum", "exclusiveMinimum"),
            Side::High => ("maximum", "exclusiveMaximum"),
        };
        let bound = match (self.take(key), self.take(exclusive_key)) {
            (Some(_), Some(_)) => {
                return self.fault(format!("`{key}` and `{exclusive_key}` side by side; keep one"));
            }
            (Some(Rule::Bound(bound)), None) | (None, Some(Rule::Bound(bound))) => bound,
            _ => return Ok(Bound::None),
        };
        match Decimal::read(&bound.at.to_string()) {
            Some(at) => Ok(Bound::At { at, exclusive: bound.exclusive }),
            None => {
                let key = if bound.exclusive { exclusive_key } else { key };
                self.fault(format!("`{key}` has more digits than can be held to"))
            }
        }
    }
}
