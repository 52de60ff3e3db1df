//! A schema as a regular expression. Names are followed a few levels deep, as deep as the size allows.

use super::{
    number,
    regular::{Field, Form, Regular},
};
use crate::schema::{SchemaError, fault, quoted, written};

/// Levels of a schema within itself that are tried, the deepest first.
const LEVELS: [usize; 5] = [5, 4, 3, 2, 1];
/// Bytes of the expression, and steps to make it.
const LONGEST: usize = 128 << 10;
const MOST_STEPS: usize = 20_000;

struct Writer<'a> {
    schema: &'a Regular<'a>,
    levels: usize,
    /// The names that are being followed.
    within: Vec<&'a str>,
    /// A name was not followed as it is within itself too often.
    cut: bool,
    steps: usize,
}

/// The expression was given up: it is too long, or takes too many steps.
struct TooLarge;

pub(super) fn write(schema: &Regular<'_>) -> Result<String, SchemaError> {
    for levels in LEVELS {
        let mut writer = Writer { schema, levels, within: vec![], cut: false, steps: 0 };
        match writer.form(&schema.root) {
            Ok(Some(pattern)) => return Ok(pattern),
            // Fewer levels allow less.
            Ok(None) => return fault("", "no value can obey it"),
            Err(TooLarge) if !writer.cut => break,
            Err(TooLarge) => {}
        }
    }
    let what = "it is too large to hold an answer to it: use fewer properties, fewer names within each other, shorter lists";
    fault("", what)
}

impl<'a> Writer<'a> {
    /// The expression, or `None` where no value is possible.
    fn form(&mut self, form: &'a Form<'a>) -> Result<Option<String>, TooLarge> {
        self.steps += 1;
        if MOST_STEPS < self.steps {
            return Err(TooLarge);
        }
        let pattern = match form {
            Form::Null => Some("null".to_owned()),
            Form::Bool => Some("(?:true|false)".to_owned()),
            Form::Integer(low, high) => number::integer(low, high),
            Form::Number(low, high) => number::number(low, high),
            Form::Text(pattern) => Some(pattern.clone()),
            Form::Values(values) => {
                let all: Vec<String> =
                    values.iter().map(|value| regex_syntax::escape(&written(value))).collect();
                any(&all)
            }
            Form::Any(branches) => {
                let mut all = vec![];
                for branch in branches {
                    all.extend(self.form(branch)?);
                }
                any(&all)
            }
            Form::List { item, least, most } => {
                let item = match item {
                    Some(item) if *most != Some(0) => self.form(item)?,
                    _ => None,
                };
                list(item.as_deref(), *least, *most)
            }
            Form::Object(fields) => self.object(fields)?,
            Form::Named(pointer) => self.named(pointer)?,
        };
        match pattern {
            Some(pattern) if LONGEST < pattern.len() => Err(TooLarge),
            pattern => Ok(pattern),
        }
    }

    fn named(&mut self, pointer: &'a str) -> Result<Option<String>, TooLarge> {
        let depth = self.within.iter().filter(|name| **name == pointer).count();
        // A schema that only names itself never comes to a value.
        if self.levels <= depth || 200 < self.within.len() {
            self.cut = true;
            return Ok(None);
        }
        let Some(form) = self.schema.named.get(pointer) else { return Ok(None) };
        self.within.push(pointer);
        let pattern = self.form(form);
        self.within.pop();
        pattern
    }

    /// The properties in their order; those before the first required one bring their comma along behind them.
    fn object(&mut self, fields: &'a [Field<'a>]) -> Result<Option<String>, TooLarge> {
        let mut written = vec![];
        for field in fields {
            match self.form(&field.form)? {
                Some(value) => {
                    let name = regex_syntax::escape(&quoted(field.name));
                    written.push((format!("{name}: {value}"), field.required));
                }
                None if field.required => return Ok(None),
                None => {}
            }
        }
        let inside = match written.iter().position(|(_, required)| *required) {
            Some(first) => written.iter().enumerate().fold(String::new(), |all, (at, (field, required))| {
                all + &match (at.cmp(&first), required) {
                    (std::cmp::Ordering::Less, _) => format!("(?:{field}, )?"),
                    (std::cmp::Ordering::Equal, _) => field.clone(),
                    (_, true) => format!(", {field}"),
                    (_, false) => format!("(?:, {field})?"),
                }
            }),
            None => {
                // Any of them may be the first.
                let mut ways = vec![];
                let mut rest = String::new();
                for (field, _) in written.iter().rev() {
                    ways.push(format!("{field}{rest}"));
                    rest = format!("(?:, {field})?{rest}");
                    if LONGEST < ways.iter().map(String::len).sum() {
                        return Err(TooLarge);
                    }
                }
                ways.reverse();
                any(&ways).map_or(String::new(), |ways| format!("{ways}?"))
            }
        };
        Ok(Some(format!("\\{{{inside}\\}}")))
    }
}

fn list(item: Option<&str>, least: usize, most: Option<usize>) -> Option<String> {
    let Some(item) = item else { return (least == 0).then(|| "\\[\\]".to_owned()) };
    let more = match most {
        Some(most) => format!("{{{},{}}}", least.saturating_sub(1), most.saturating_sub(1)),
        None => format!("{{{},}}", least.saturating_sub(1)),
    };
    let some = format!("{item}(?:, {item}){more}");
    Some(if least == 0 { format!("\\[(?:{some})?\\]") } else { format!("\\[{some}\\]") })
}

fn any(ways: &[String]) -> Option<String> {
    (!ways.is_empty()).then(|| format!("(?:{})", ways.join("|")))
}
