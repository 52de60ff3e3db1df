//! What a person may ask of an answer, as short text that can be typed. Whether it holds is for the judges to say.

use crate::condition::pattern;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A rule for the answer of a task. An answer that breaks it does not count: the task has failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Check {
    /// The answer is one number.
    Number,
    /// The answer is a JSON list, of so many items if a number is given.
    List(Option<usize>),
    /// The answer has at most so many words.
    Words(usize),
    /// The answer is one of these.
    OneOf(Vec<String>),
    /// The whole answer matches this regular expression (syntax of the `regex` crate).
    Matches(String),
    /// The answer is JSON of this schema.
    Schema(String),
    /// A function gives the same answer: to the task's own question, or to this one.
    Computes { function: String, question: Option<String> },
    /// The language model says yes: to whether the answer is right, or to this question about it.
    Model(Option<String>),
    /// The rule is looked at, but an answer that breaks it counts all the same.
    Should(Box<Check>),
    /// Each of these.
    All(Vec<Check>),
}

/// How a check is written.
pub const CHECKS: &str = "number, list, list of N, at most N words, one of A | B, matches REGEX, schema {…}, as FUNCTION, as FUNCTION: QUESTION, model, model: QUESTION; `should RULE` only marks; RULE && RULE";

/// What stands between two rules.
const AND: &str = " && ";

impl Check {
    /// The single rules of it, each with whether an answer that breaks it fails its task.
    pub fn rules(&self) -> Vec<(&Check, bool)> {
        match self {
            Check::All(all) => all.iter().flat_map(Check::rules).collect(),
            Check::Should(rule) => rule.rules().into_iter().map(|(rule, _)| (rule, false)).collect(),
            rule => vec![(rule, true)],
        }
    }
}

/// The pattern for a whole text.
///
/// # Errors
/// It is no regular expression, or takes more than a megabyte.
pub fn whole(text: &str) -> Result<regex_automata::meta::Regex, String> {
    // By itself first: `a)(b` is not mended by the brackets around it, and places count in what was typed.
    pattern(text)?;
    pattern(&format!("^(?:{text})$"))
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Check::Number => f.write_str("number"),
            Check::List(None) => f.write_str("list"),
            Check::List(Some(length)) => write!(f, "list of {length}"),
            Check::Words(most) => write!(f, "at most {most} words"),
            Check::OneOf(texts) => write!(f, "one of {}", texts.join(" | ")),
            Check::Matches(pattern) => write!(f, "matches {pattern}"),
            Check::Schema(schema) => write!(f, "schema {schema}"),
            Check::Computes { function, question: None } => write!(f, "as {function}"),
            Check::Computes { function, question: Some(question) } => write!(f, "as {function}: {question}"),
            Check::Model(None) => f.write_str("model"),
            Check::Model(Some(question)) => write!(f, "model: {question}"),
            Check::Should(rule) => write!(f, "should {rule}"),
            Check::All(all) => f.write_str(&all.iter().map(Check::to_string).collect::<Vec<_>>().join(AND)),
        }
    }
}

impl FromStr for Check {
    type Err = String;

    fn from_str(text: &str) -> Result<Check, String> {
        let all: Vec<&str> = text.split(AND).collect();
        match all[..] {
            [rule] => one(rule),
            _ => all.into_iter().map(one).collect::<Result<_, _>>().map(Check::All),
        }
    }
}

/// One rule.
fn one(text: &str) -> Result<Check, String> {
    let text = text.trim();
    let unknown = || format!("`{text}` is no check; there are: {CHECKS}");
    if let Some(rule) = text.strip_prefix("should ") {
        return match one(rule)? {
            should @ Check::Should(_) => Ok(should),
            rule => Ok(Check::Should(Box::new(rule))),
        };
    }
    if let Some(pattern) = text.strip_prefix("matches ") {
        return whole(pattern).map(|_| Check::Matches(pattern.to_owned()));
    }
    if let Some(texts) = text.strip_prefix("one of ") {
        return Ok(Check::OneOf(texts.split('|').map(|text| text.trim().to_owned()).collect()));
    }
    if let Some(schema) = text.strip_prefix("schema ") {
        let schema = schema.trim();
        let read = serde_json::from_str::<serde_json::Value>(schema);
        return match read {
            Ok(serde_json::Value::Object(_) | serde_json::Value::Bool(_)) => {
                Ok(Check::Schema(schema.to_owned()))
            }
            Ok(_) => {
                Err(format!("`{schema}` is no schema: a JSON object like {{\"type\": \"array\"}} is wanted"))
            }
            Err(error) => Err(format!("`{schema}` is no schema: {error}")),
        };
    }
    if let Some(rest) = text.strip_prefix("as ") {
        let (function, question) = match rest.split_once(':') {
            Some((function, question)) => (function, Some(question.trim().to_owned())),
            None => (rest, None),
        };
        let function = function.trim().to_owned();
        let question = question.filter(|question| !question.is_empty());
        let is_name = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace);
        return if is_name(&function) { Ok(Check::Computes { function, question }) } else { Err(unknown()) };
    }
    if let Some(question) = text.strip_prefix("model:") {
        let question = question.trim().to_owned();
        return Ok(Check::Model(Some(question).filter(|question| !question.is_empty())));
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    match words[..] {
        ["number"] => Ok(Check::Number),
        ["list"] => Ok(Check::List(None)),
        ["list", "of", length] => length.parse().map(|n| Check::List(Some(n))).map_err(|_| unknown()),
        ["at", "most", most, "words" | "word"] => most.parse().map(Check::Words).map_err(|_| unknown()),
        ["model"] => Ok(Check::Model(None)),
        _ => Err(unknown()),
    }
}

impl TryFrom<String> for Check {
    type Error = String;

    fn try_from(text: String) -> Result<Check, String> {
        text.parse()
    }
}

impl From<Check> for String {
    fn from(check: Check) -> String {
        check.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_written_as_they_are_read() {
        for text in [
            "number",
            "list",
            "list of 2",
            "at most 2 words",
            "one of yes | no",
            "matches [a-z]+( [a-z]+)*",
            "schema {\"type\": \"array\"}",
            "as calculate",
            "as calculate: What is 3 times 4?",
            "model",
            "model: Is it a list of names?",
            "should number",
            "number && should one of 1 | 2",
        ] {
            let check: Check = text.parse().unwrap();
            assert_eq!(check.to_string(), text);
        }
        let check = |text: &str, words: &str| {
            assert!(text.parse::<Check>().is_err_and(|why| why.contains(words)), "{text}");
        };
        check("matches (", "`(` is no regular expression: unclosed group at character 1");
        check("matches a)(b", "unopened group at character 2");
        check("matches (?:(?:a{999}){999}){9}", "takes more than");
        check("big", "there are: number");
        check("schema [", "no schema");
        check("schema 3", "no schema");
        check("as", "there are: number");
        check("number && big", "`big` is no check");
    }

    #[test]
    fn every_rule_knows_whether_it_stops_the_plan() {
        let check: Check = "number && should one of 1 | 2".parse().unwrap();
        let rules: Vec<(String, bool)> =
            check.rules().into_iter().map(|(rule, must)| (rule.to_string(), must)).collect();
        assert_eq!(rules, [("number".to_owned(), true), ("one of 1 | 2".to_owned(), false)]);
    }
}
