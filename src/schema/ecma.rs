//! Patterns of schemas: ECMAScript expressions, found anywhere in a text.
//!
//! They are read by the `regex` syntax after what means something else there is rewritten; what can not be rewritten is
//! refused.

use super::quoted;
use regex_automata::meta::Regex;
use regex_syntax::hir::Hir;
use std::fmt::Write;

/// Bytes of a pattern.
const LONGEST: usize = 2_000;

/// A pattern that was understood.
#[derive(Debug)]
pub(crate) struct Pattern {
    source: String,
    hir: Hir,
    regex: Regex,
}

impl Pattern {
    /// Understands an ECMAScript expression; the words say why it can not.
    pub(super) fn new(source: &str) -> Result<Pattern, String> {
        let told = |why: &str| format!("its pattern {}: {why}", quoted(source));
        if LONGEST < source.len() {
            return Err(format!("its pattern has {} bytes, at most {LONGEST} are read", source.len()));
        }
        let rewritten = rewritten(source).map_err(|why| told(&why))?;
        let hir = regex_syntax::parse(&rewritten).map_err(|error| {
            let why = error.to_string();
            told(why.lines().last().unwrap_or_default().trim_start_matches("error: "))
        })?;
        let limits = Regex::config().nfa_size_limit(Some(4 << 20));
        let regex =
            Regex::builder().configure(limits).build(&rewritten).map_err(|_| told("it is too large"))?;
        Ok(Pattern { source: source.to_owned(), hir, regex })
    }

    /// As it was written.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// What it says, for whoever writes it in another way.
    pub(crate) fn hir(&self) -> &Hir {
        &self.hir
    }

    /// Whether it is found anywhere in the text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// An ECMAScript expression in the syntax of the `regex` crate.
fn rewritten(source: &str) -> Result<String, String> {
    const SPACE: &str = r"\t\n\x0B\x0C\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF";
    let mut out = String::new();
    let mut inside = false;
    let mut letters = source.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '\\' => {
                let Some(escaped) = letters.next() else { return Err("it ends with a backslash".to_owned()) };
                match escaped {
                    'd' => out.push_str("[0-9]"),
                    'D' => out.push_str("[^0-9]"),
                    'w' => out.push_str("[A-Za-z0-9_]"),
                    'W' => out.push_str("[^A-Za-z0-9_]"),
                    's' => drop(write!(out, "[{SPACE}]")),
                    'S' => drop(write!(out, "[^{SPACE}]")),
                    'n' | 'r' | 't' | 'f' | 'v' | 'x' | 'u' | 'p' | 'P' => drop(write!(out, "\\{escaped}")),
                    '0'..='9' | 'k' => return Err("it refers back to what it matched".to_owned()),
                    // The words of ECMAScript are those of ASCII.
                    'b' | 'B' if !inside => drop(write!(out, "(?-u:\\{escaped})")),
                    c if c.is_ascii_alphanumeric() => return Err(format!("\\{c} is not supported")),
                    c => out.push_str(&regex_syntax::escape(&c.to_string())),
                }
            }
            '[' if inside => out.push_str("\\["),
            '[' => {
                inside = true;
                out.push('[');
                if letters.peek() == Some(&'^') {
                    out.extend(letters.next());
                }
                if letters.peek() == Some(&']') {
                    return Err("an empty class".to_owned());
                }
            }
            ']' if inside => {
                inside = false;
                out.push(']');
            }
            '&' | '~' if inside => drop(write!(out, "\\{c}")),
            '-' if inside && letters.peek() == Some(&'-') => {
                return Err("two hyphens in a class: escape them".to_owned());
            }
            '.' if !inside => out.push_str(r"[^\n\r\u2028\u2029]"),
            '(' if !inside && letters.peek() == Some(&'?') => {
                letters.next();
                match letters.next() {
                    Some(':') => out.push_str("(?:"),
                    _ => return Err("of the groups with (? only (?: is supported".to_owned()),
                }
            }
            c => out.push(c),
        }
    }
    Ok(out)
}
