//! Regular expressions that a person types: made, or told what is wrong with them and where.

use regex_automata::meta::{BuildError, Regex};
use std::error::Error;

/// The most memory that a regular expression may take, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// The regular expression (syntax of the `regex` crate), which matches anywhere in a text.
///
/// # Errors
/// It is none, or takes more than a megabyte: what is wrong, with its place among the characters, from 1.
pub fn pattern(text: &str) -> Result<Regex, String> {
    let config = Regex::config().nfa_size_limit(Some(MOST_BYTES));
    let built = Regex::builder().configure(config).build(text);
    built.map_err(|error| format!("`{text}` is no regular expression: {}", fault(&error)))
}

fn fault(error: &BuildError) -> String {
    use regex_syntax::Error as Syntax;
    if let Some(most) = error.size_limit() {
        return format!("it takes more than {most} bytes");
    }
    let (what, span) = match error.syntax_error() {
        Some(Syntax::Parse(error)) => (error.kind().to_string(), error.span()),
        Some(Syntax::Translate(error)) => (error.kind().to_string(), error.span()),
        _ => return error.source().map_or_else(|| error.to_string(), ToString::to_string),
    };
    let line = if 1 < span.start.line { format!("line {}, ", span.start.line) } else { String::new() };
    format!("{what} at {line}character {}", span.start.column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_pattern_is_told_with_its_place() {
        let check = |text: &str, expected: &str| {
            let told = pattern(text).err().unwrap_or_default();
            assert!(told.contains(expected), "{text}: {told}");
        };
        check("a+", "");
        check("é(", "`é(` is no regular expression: unclosed group at character 2");
        check("ab)", "unopened group at character 3");
        check("a\n(b", "at line 2, character 1");
        check(r"a\pX", "Unicode property not found at character 2");
        check("(?:(?:a{999}){999}){9}", "it takes more than 1048576 bytes");
    }
}
