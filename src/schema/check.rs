//! Does a value obey a schema? For answers that are judged, and for those of servers that were only asked to.

use super::{
    Bound, Counted, Node, Rule, Schema, Side, Type,
    equal::{canonical, compared, is_multiple, same},
    quoted, written,
};
use serde_json::{Map, Number, Value};
use std::{cmp::Ordering, collections::HashSet};

/// Steps of one check, and of them within each other: names can go round in circles.
const MOST_STEPS: usize = 100_000;
const DEEPEST: usize = 400;

pub(super) fn check(schema: &Schema, node: &Node, value: &Value) -> Result<(), String> {
    match (Checker { schema, steps: 0, depth: 0 }).node(node, value, "") {
        Ok(()) => Ok(()),
        Err(Stop::Breach(why)) => Err(why),
        Err(Stop::Lost) => Err(format!(
            "whether it obeys takes more than {MOST_STEPS} steps to look at, or {DEEPEST} within each other"
        )),
    }
}

/// Why a check ended.
enum Stop {
    /// The value does not obey.
    Breach(String),
    /// It took too long. That is no breach: what must not hold would come to hold by it.
    Lost,
}

struct Checker<'a> {
    schema: &'a Schema,
    steps: usize,
    depth: usize,
}

impl Checker<'_> {
    fn node(&mut self, node: &Node, value: &Value, at: &str) -> Result<(), Stop> {
        self.steps += 1;
        if MOST_STEPS < self.steps || DEEPEST < self.depth {
            return Err(Stop::Lost);
        }
        self.depth += 1;
        let found = node.rules.iter().try_for_each(|rule| self.rule(rule, value, at));
        self.depth -= 1;
        found
    }

    fn fits(&mut self, node: &Node, value: &Value, at: &str) -> Result<bool, Stop> {
        match self.node(node, value, at) {
            Ok(()) => Ok(true),
            Err(Stop::Breach(_)) => Ok(false),
            Err(Stop::Lost) => Err(Stop::Lost),
        }
    }

    fn rule(&mut self, rule: &Rule, value: &Value, at: &str) -> Result<(), Stop> {
        let told = Told { at, value };
        match (rule, value) {
            (Rule::Never, _) => told.breach("it may not be there".to_owned()),
            (Rule::Reference(pointer), _) => match self.schema.named.get(pointer) {
                Some(named) => self.node(named, value, at),
                None => told.breach(format!("the schema names {pointer}, which is not there")),
            },
            (Rule::Types(types), _) => match types.iter().any(|one| is_of(*one, value)) {
                true => Ok(()),
                false => {
                    told.wanted(&types.iter().map(|one| in_words(*one)).collect::<Vec<_>>().join(" or "))
                }
            },
            (Rule::Const(one), _) if same(one, value) => Ok(()),
            (Rule::Const(one), _) => told.wanted(&shown(one)),
            (Rule::Enum(values), _) if values.iter().any(|one| same(one, value)) => Ok(()),
            (Rule::Enum(values), _) => {
                let few: Vec<String> = values.iter().take(8).map(shown).collect();
                told.wanted(&format!("one of {}", few.join(", ")))
            }
            (Rule::AnyOf(branches), _) => self.any_of(branches, value, at),
            (Rule::OneOf(branches), _) => self.one_of(branches, value, &told),
            (Rule::AllOf(branches), _) => branches.iter().try_for_each(|branch| self.node(branch, value, at)),
            (Rule::Not(node), _) => match self.fits(node, value, at)? {
                true => told.breach(format!("{} is what it may not be", shown(value))),
                false => Ok(()),
            },
            (Rule::Bound(bound), Value::Number(number)) => of_bound(bound, number, &told),
            (Rule::MultipleOf(step), Value::Number(number)) => match is_multiple(number, step) {
                true => Ok(()),
                false => told.wanted(&format!("a multiple of {step}")),
            },
            (Rule::Pattern(pattern), Value::String(text)) => match pattern.is_match(text) {
                true => Ok(()),
                false => told.wanted(&format!("a text matching {}", pattern.source())),
            },
            (Rule::Least(what, least), _) => {
                match counted(*what, value).is_none_or(|count| *least <= count) {
                    true => Ok(()),
                    false => told.wanted_count("at least", *least, *what),
                }
            }
            (Rule::Most(what, most), _) => match counted(*what, value).is_none_or(|count| count <= *most) {
                true => Ok(()),
                false => told.wanted_count("at most", *most, *what),
            },
            (rule, Value::Array(items)) => self.of_list(rule, items, &told),
            (rule, Value::Object(fields)) => self.of_object(rule, fields, &told),
            _ => Ok(()),
        }
    }

    fn any_of(&mut self, branches: &[Node], value: &Value, at: &str) -> Result<(), Stop> {
        let mut first = None;
        for branch in branches {
            match self.node(branch, value, at) {
                Err(Stop::Breach(why)) => drop(first.get_or_insert(why)),
                found => return found,
            }
        }
        let first = first.unwrap_or_default();
        Err(Stop::Breach(match branches.len() - 1 {
            0 => first,
            1 => format!("{first}; nor does the other way fit"),
            others => format!("{first}; nor does any of the {others} other ways fit"),
        }))
    }

    fn one_of(&mut self, branches: &[Node], value: &Value, told: &Told<'_>) -> Result<(), Stop> {
        let mut fit = 0;
        for branch in branches {
            fit += usize::from(self.fits(branch, value, told.at)?);
        }
        match fit {
            1 => Ok(()),
            fit => {
                told.breach(format!("{} fits {fit} of the {} ways, not one", shown(value), branches.len()))
            }
        }
    }

    fn of_list(&mut self, rule: &Rule, items: &[Value], told: &Told<'_>) -> Result<(), Stop> {
        let Told { at, .. } = told;
        match rule {
            Rule::First(nodes) => {
                let mut pairs = nodes.iter().zip(items).enumerate();
                pairs.try_for_each(|(n, (node, item))| self.node(node, item, &format!("{at}/{n}")))
            }
            Rule::Items { from, node } => {
                let mut rest = items.iter().enumerate().skip(*from);
                rest.try_for_each(|(n, item)| self.node(node, item, &format!("{at}/{n}")))
            }
            Rule::Contains(node) => {
                for item in items {
                    if self.fits(node, item, at)? {
                        return Ok(());
                    }
                }
                told.breach("it has no item as it has to".to_owned())
            }
            Rule::Unique(true) => {
                let mut seen = HashSet::new();
                match items.iter().find(|item| !seen.insert(canonical(item))) {
                    Some(twice) => told.breach(format!("it has {} twice", shown(twice))),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn of_object(&mut self, rule: &Rule, fields: &Map<String, Value>, told: &Told<'_>) -> Result<(), Stop> {
        let Told { at, .. } = told;
        match rule {
            Rule::Properties(named) => named.iter().try_for_each(|(name, node)| match fields.get(name) {
                Some(value) => self.node(node, value, &format!("{at}/{name}")),
                None => Ok(()),
            }),
            Rule::Required(names) => match names.iter().find(|name| !fields.contains_key(*name)) {
                Some(missing) => told.breach(format!("the property {} is missing", quoted(missing))),
                None => Ok(()),
            },
            Rule::Others { named, node } => {
                let mut others = fields.iter().filter(|(name, _)| !named.contains(name));
                others.try_for_each(|(name, value)| match node.rules[..] {
                    [Rule::Never] => told.breach(format!("no property {} was asked for", quoted(name))),
                    _ => self.node(node, value, &format!("{at}/{name}")),
                })
            }
            _ => Ok(()),
        }
    }
}

/// Where the check stands, for the words of a breach.
struct Told<'a> {
    at: &'a str,
    value: &'a Value,
}

impl Told<'_> {
    fn breach(&self, what: String) -> Result<(), Stop> {
        let place = if self.at.is_empty() { String::new() } else { format!("at {}: ", self.at) };
        Err(Stop::Breach(format!("{place}{what}")))
    }

    fn wanted(&self, what: &str) -> Result<(), Stop> {
        self.breach(format!("{what} was asked for, there is {}", shown(self.value)))
    }

    fn wanted_count(&self, side: &str, count: usize, what: Counted) -> Result<(), Stop> {
        let amount = match (what, count) {
            (Counted::Characters, 1) => "character was",
            (Counted::Characters, _) => "characters were",
            (Counted::Items, 1) => "item was",
            (Counted::Items, _) => "items were",
            (Counted::Properties, 1) => "property was",
            (Counted::Properties, _) => "properties were",
        };
        self.breach(format!("{side} {count} {amount} asked for, there is {}", shown(self.value)))
    }
}

fn of_bound(bound: &Bound, number: &Number, told: &Told<'_>) -> Result<(), Stop> {
    let inside = match bound.side {
        Side::Low => Ordering::Greater,
        Side::High => Ordering::Less,
    };
    let found = compared(number, &bound.at);
    if found == Some(inside) || (!bound.exclusive && found == Some(Ordering::Equal)) {
        return Ok(());
    }
    let words = match (bound.side, bound.exclusive) {
        (Side::Low, false) => "at least",
        (Side::Low, true) => "above",
        (Side::High, false) => "at most",
        (Side::High, true) => "below",
    };
    told.wanted(&format!("a number {words} {}", bound.at))
}

fn is_of(one: Type, value: &Value) -> bool {
    match one {
        Type::Null => value.is_null(),
        Type::Boolean => value.is_boolean(),
        Type::Integer => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        Type::Number => value.is_number(),
        Type::String => value.is_string(),
        Type::Array => value.is_array(),
        Type::Object => value.is_object(),
    }
}

fn in_words(one: Type) -> &'static str {
    match one {
        Type::Null => "null",
        Type::Boolean => "true or false",
        Type::Integer => "a whole number",
        Type::Number => "a number",
        Type::String => "a text in quotes",
        Type::Array => "a list",
        Type::Object => "an object",
    }
}

/// How many there are; `None` if the value has none of them to count.
fn counted(what: Counted, value: &Value) -> Option<usize> {
    match (what, value) {
        (Counted::Characters, Value::String(text)) => Some(text.chars().count()),
        (Counted::Items, Value::Array(items)) => Some(items.len()),
        (Counted::Properties, Value::Object(fields)) => Some(fields.len()),
        _ => None,
    }
}

/// A value in a few letters.
fn shown(value: &Value) -> String {
    let text = written(value);
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
