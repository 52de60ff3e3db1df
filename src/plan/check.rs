//! What a person may ask of an answer, and what a task may cost: both as short text that can be typed.

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
}

/// How a check is written.
pub const CHECKS: &str = "number, list, list of N, at most N words, one of A | B, matches REGEX";

impl Check {
    /// `Err` says in what the answer breaks the rule.
    pub fn verdict(&self, answer: &str) -> Result<(), String> {
        let answer = answer.trim();
        let short: String = answer.chars().take(40).collect();
        let holds = match self {
            Check::Number => answer.parse::<f64>().is_ok_and(f64::is_finite),
            Check::List(length) => match serde_json::from_str::<Vec<serde_json::Value>>(answer) {
                Ok(items) => length.is_none_or(|length| items.len() == length),
                Err(_) => false,
            },
            Check::Words(most) => answer.split_whitespace().count() <= *most,
            Check::OneOf(texts) => texts.iter().any(|text| text == answer),
            Check::Matches(pattern) => regex(pattern)?.is_match(answer),
        };
        if holds { Ok(()) } else { Err(format!("its check `{self}` does not hold for `{short}`")) }
    }
}

fn regex(pattern: &str) -> Result<regex_automata::meta::Regex, String> {
    let config = regex_automata::meta::Regex::config().nfa_size_limit(Some(1 << 20));
    let built = regex_automata::meta::Regex::builder().configure(config).build(&format!("^(?:{pattern})$"));
    built.map_err(|error| format!("`{pattern}` is no regular expression: {error}"))
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
        }
    }
}

impl FromStr for Check {
    type Err = String;

    fn from_str(text: &str) -> Result<Check, String> {
        let text = text.trim();
        let unknown = || format!("`{text}` is no check; there are: {CHECKS}");
        if let Some(pattern) = text.strip_prefix("matches ") {
            return regex(pattern).map(|_| Check::Matches(pattern.to_owned()));
        }
        if let Some(texts) = text.strip_prefix("one of ") {
            return Ok(Check::OneOf(texts.split('|').map(|text| text.trim().to_owned()).collect()));
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        match words[..] {
            ["number"] => Ok(Check::Number),
            ["list"] => Ok(Check::List(None)),
            ["list", "of", length] => length.parse().map(|n| Check::List(Some(n))).map_err(|_| unknown()),
            ["at", "most", most, "words" | "word"] => most.parse().map(Check::Words).map_err(|_| unknown()),
            _ => Err(unknown()),
        }
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

/// What a task and everything below it may cost in this session; calls to functions are free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u32>,
}

impl Budget {
    /// Which part of it one more call would break, in words.
    pub fn broken(self, calls: u32, output_tokens: u32) -> Option<String> {
        match self {
            Budget { calls: Some(most), .. } if most <= calls => Some(format!("{most} calls")),
            Budget { output_tokens: Some(most), .. } if most <= output_tokens => {
                Some(format!("{most} tokens"))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = self.calls.map(|calls| format!("{calls} calls"));
        let tokens = self.output_tokens.map(|tokens| format!("{tokens} tokens"));
        f.write_str(&calls.into_iter().chain(tokens).collect::<Vec<_>>().join(", "))
    }
}

impl FromStr for Budget {
    type Err = String;

    fn from_str(text: &str) -> Result<Budget, String> {
        let unknown = || format!("`{}` is no budget: write `3 calls`, `200 tokens` or both", text.trim());
        let mut budget = Budget::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (number, unit) = part.split_once(' ').ok_or_else(unknown)?;
            let number = number.parse().map_err(|_| unknown())?;
            match unit.trim() {
                "call" | "calls" => budget.calls = Some(number),
                "token" | "tokens" => budget.output_tokens = Some(number),
                _ => return Err(unknown()),
            }
        }
        if budget == Budget::default() { Err(unknown()) } else { Ok(budget) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_written_as_they_are_read_and_hold_or_not() {
        let check = |text: &str, good: &str, bad: &str| {
            let check: Check = text.parse().unwrap();
            assert_eq!(check.to_string(), text);
            assert_eq!(check.verdict(good), Ok(()), "{text}");
            assert!(check.verdict(bad).is_err_and(|why| why.contains(text)), "{text}");
        };
        check("number", "-3.5", "three");
        check("list", "[\"a\"]", "a, b");
        check("list of 2", "[1, 2]", "[1]");
        check("at most 2 words", "two words", "now three words");
        check("one of yes | no", "yes", "maybe");
        check("matches [a-z]+( [a-z]+)*", "a g", "a, g");
        assert!("matches (".parse::<Check>().is_err_and(|why| why.contains("no regular expression")));
        assert!("big".parse::<Check>().is_err_and(|why| why.contains("there are: number")));
    }

    #[test]
    fn budgets_are_written_as_they_are_read() {
        for text in ["3 calls", "200 tokens", "3 calls, 200 tokens"] {
            assert_eq!(text.parse::<Budget>().unwrap().to_string(), text);
        }
        assert!("much".parse::<Budget>().is_err());
        let budget: Budget = "3 calls, 200 tokens".parse().unwrap();
        assert_eq!(budget.broken(2, 199), None);
        assert_eq!(budget.broken(3, 0).as_deref(), Some("3 calls"));
        assert_eq!(budget.broken(0, 200).as_deref(), Some("200 tokens"));
    }
}
