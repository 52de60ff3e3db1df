//! The shape an answer must have (a regular expression) in the words that servers know, and back: an answer that missed
//! its shape a little is read all the same.

use regex_automata::{Anchored, Input, meta::Regex};
use regex_syntax::hir::{Class, Hir, HirKind, Repetition};
use std::fmt::Write;

/// More choices than this are no list any more.
const MOST_CHOICES: usize = 256;

/// A regular expression that was understood.
pub(super) struct Regular {
    hir: Hir,
    /// Made where answers are read by it.
    regex: Option<Regex>,
}

/// In whose words a shape is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// Grammars of llama.cpp (GBNF).
    Gbnf,
    /// Patterns of JSON schemas (ECMA-262).
    Pattern,
}

impl Regular {
    /// Understands a regular expression of the `regex` crate; the words say why it can not.
    pub(super) fn new(pattern: &str, reads: bool) -> Result<Regular, String> {
        let hir = regex_syntax::parse(pattern).map_err(|error| error.to_string())?;
        let whole = format!("\\A(?:{pattern})\\z");
        let limits = Regex::config().nfa_size_limit(Some(64 << 20));
        let build = || Regex::builder().configure(limits).build(&whole).map_err(|error| error.to_string());
        Ok(Regular { hir, regex: reads.then(build).transpose()? })
    }

    /// All texts it allows, if they are few.
    pub(super) fn choices(&self) -> Option<Vec<String>> {
        choices(&self.hir)
    }

    /// As a grammar of llama.cpp.
    pub(super) fn gbnf(&self) -> Result<String, String> {
        let mut rule = "root ::= ".to_owned();
        write_hir(&self.hir, Dialect::Gbnf, &mut rule)?;
        Ok(rule)
    }

    /// As a pattern for JSON schemas.
    pub(super) fn pattern(&self) -> Result<String, String> {
        let mut pattern = "^".to_owned();
        write_hir(&self.hir, Dialect::Pattern, &mut pattern)?;
        pattern.push('$');
        Ok(pattern)
    }

    /// The answer in its shape, and whether something had to be taken away for it; `None` if there is none in it.
    pub(super) fn read(&self, text: &str) -> Option<(String, bool)> {
        let regex = self.regex.as_ref()?;
        let fits = |text: &str| regex.search(&Input::new(text).anchored(Anchored::Yes)).is_some();
        if fits(text) {
            return Some((text.to_owned(), false));
        }
        let inside = text.trim();
        let unfenced = inside.strip_prefix("```").and_then(|rest| {
            rest.split_once('\n').map(|(_, rest)| rest.trim_end().trim_end_matches("```").trim())
        });
        let unquoted = ["\"", "'", "`", "**"]
            .iter()
            .find_map(|mark| inside.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark)));
        let full = [Some(inside), unfenced, unquoted, Some(inside.trim_end_matches('.'))];
        let pieces = full.into_iter().flatten().chain(text.lines().map(str::trim));
        // Few-shot shapes begin with the space behind a colon; and a model repeats the word before the colon.
        pieces
            .flat_map(|piece| [piece, piece.strip_prefix("QS:").unwrap_or(piece).trim()])
            .flat_map(|piece| [piece.to_owned(), format!(" {piece}")])
            .find(|piece| fits(piece))
            .map(|piece| (piece, true))
    }
}

fn choices(hir: &Hir) -> Option<Vec<String>> {
    let few = |all: Vec<String>| (all.len() <= MOST_CHOICES).then_some(all);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![String::new()]),
        HirKind::Literal(literal) => Some(vec![String::from_utf8(literal.0.to_vec()).ok()?]),
        HirKind::Class(Class::Unicode(class)) => {
            let size: usize = class.iter().map(|range| range.len()).sum();
            (size <= 16).then(|| {
                class.iter().flat_map(|range| (range.start()..=range.end()).map(String::from)).collect()
            })
        }
        HirKind::Class(Class::Bytes(_)) => None,
        HirKind::Repetition(Repetition { min: 0, max: Some(1), sub, .. }) => {
            few(std::iter::once(String::new()).chain(choices(sub)?).collect())
        }
        HirKind::Repetition(_) => None,
        HirKind::Capture(capture) => choices(&capture.sub),
        HirKind::Concat(parts) => parts.iter().try_fold(vec![String::new()], |starts, part| {
            let ends = choices(part)?;
            if MOST_CHOICES < starts.len() * ends.len() {
                return None;
            }
            let join = |start: &String| ends.iter().map(|end| start.clone() + end).collect::<Vec<_>>();
            Some(starts.iter().flat_map(join).collect())
        }),
        HirKind::Alternation(parts) => few(parts.iter().map(choices).collect::<Option<Vec<_>>>()?.concat()),
    }
}

fn write_hir(hir: &Hir, dialect: Dialect, to: &mut String) -> Result<(), String> {
    match hir.kind() {
        HirKind::Empty => to.push_str(if dialect == Dialect::Gbnf { "\"\"" } else { "(?:)" }),
        HirKind::Look(look) if look.as_char() == '𝛃' || look.as_char() == '𝚩' => {
            return Err("it looks at word borders, which the server's grammars can not".to_owned());
        }
        // The whole answer is matched: borders of the text are where they are.
        HirKind::Look(_) => to.push_str(if dialect == Dialect::Gbnf { "\"\"" } else { "" }),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).map_err(|_| "it has bytes that are no text")?;
            match dialect {
                Dialect::Gbnf => {
                    to.push('"');
                    text.chars().for_each(|c| gbnf_char(c, "\"", to));
                    to.push('"');
                }
                Dialect::Pattern => text.chars().for_each(|c| pattern_char(c, "^$\\.*+?()[]{}|", "", to)),
            }
        }
        HirKind::Class(Class::Unicode(class)) => {
            to.push('[');
            for range in class.iter() {
                let ends = [range.start(), range.end()];
                let ends = if range.start() == range.end() { &ends[..1] } else { &ends[..] };
                for (at, end) in ends.iter().enumerate() {
                    if at == 1 {
                        to.push('-');
                    }
                    match dialect {
                        Dialect::Gbnf => gbnf_char(*end, "[]^-", to),
                        Dialect::Pattern => pattern_char(*end, "\\]-", "^", to),
                    }
                }
            }
            to.push(']');
        }
        HirKind::Class(Class::Bytes(_)) => return Err("it speaks of bytes, not characters".to_owned()),
        HirKind::Repetition(Repetition { min, max, sub, .. }) => {
            group(sub, dialect, to)?;
            let _ = match (min, max) {
                (0, None) => write!(to, "*"),
                (1, None) => write!(to, "+"),
                (0, Some(1)) => write!(to, "?"),
                (min, None) => write!(to, "{{{min},}}"),
                (min, Some(max)) => write!(to, "{{{min},{max}}}"),
            };
        }
        HirKind::Capture(capture) => group(&capture.sub, dialect, to)?,
        HirKind::Concat(parts) => {
            for (at, part) in parts.iter().enumerate() {
                if 0 < at && dialect == Dialect::Gbnf {
                    to.push(' ');
                }
                write_hir(part, dialect, to)?;
            }
        }
        HirKind::Alternation(parts) => {
            to.push_str(open(dialect));
            for (at, part) in parts.iter().enumerate() {
                if 0 < at {
                    to.push_str(if dialect == Dialect::Gbnf { " | " } else { "|" });
                }
                write_hir(part, dialect, to)?;
            }
            to.push(')');
        }
    }
    Ok(())
}

fn group(hir: &Hir, dialect: Dialect, to: &mut String) -> Result<(), String> {
    to.push_str(open(dialect));
    write_hir(hir, dialect, to)?;
    to.push(')');
    Ok(())
}

fn open(dialect: Dialect) -> &'static str {
    if dialect == Dialect::Gbnf { "(" } else { "(?:" }
}

fn gbnf_char(c: char, special: &str, to: &mut String) {
    let _ = match c {
        '\n' => write!(to, "\\n"),
        '\\' => write!(to, "\\\\"),
        '"' if special.contains('"') => write!(to, "\\\""),
        c if special.contains(c) => write!(to, "\\x{:02X}", c as u32),
        ' '..='~' => write!(to, "{c}"),
        c if (c as u32) < 0x100 => write!(to, "\\x{:02X}", c as u32),
        c if (c as u32) < 0x10000 => write!(to, "\\u{:04X}", c as u32),
        c => write!(to, "\\U{:08X}", c as u32),
    };
}

/// Escapes what is special and nothing else: llama.cpp passes over a whole pattern with an escape that it does not know.
/// What is `coded` is written by its number, which it does know.
fn pattern_char(c: char, special: &str, coded: &str, to: &mut String) {
    let mut units = [0; 2];
    let _ = match c {
        c if special.contains(c) => write!(to, "\\{c}"),
        ' '..='~' if !coded.contains(c) => write!(to, "{c}"),
        c => c.encode_utf16(&mut units).iter().try_for_each(|unit| write!(to, "\\u{unit:04X}")),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_texts_are_a_choice() {
        let check = |pattern: &str, expected: Option<&[&str]>| {
            let found = Regular::new(pattern, true).unwrap().choices();
            assert_eq!(found, expected.map(|all| all.iter().map(ToString::to_string).collect()), "{pattern}");
        };
        check("yes|no", Some(&["yes", "no"]));
        check("(?:split|merge) it", Some(&["split it", "merge it"]));
        check("colou?r", Some(&["color", "colour"]));
        check("[ab]c", Some(&["ac", "bc"]));
        check("a+", None);
        check(r"\w", None);
    }

    #[test]
    fn a_shape_is_written_in_the_words_of_servers() {
        let check = |pattern: &str, gbnf: &str, ecma: &str| {
            let shape = Regular::new(pattern, true).unwrap();
            assert_eq!((shape.gbnf().unwrap().as_str(), shape.pattern().unwrap().as_str()), (gbnf, ecma));
        };
        check("yes|no", r#"root ::= ("yes" | "no")"#, "^(?:yes|no)$");
        check("(a)b{2,3}", r#"root ::= ("a") ("b"){2,3}"#, "^(?:a)(?:b){2,3}$");
        check(r#"["\]x-z]+"#, r#"root ::= (["\x5Dx-z])+"#, r#"^(?:["\]x-z])+$"#);
        check(r"b\? [ ,;-]", r#"root ::= "b? " [ ,-\x2D;]"#, r"^b\? [ ,-\-;]$");
        check("/[\\^a]", r#"root ::= "/" [\x5Ea]"#, r"^/[\u005Ea]$");
        check(r#"\n"é"#, r#"root ::= "\n\"\xE9""#, r#"^\u000A"\u00E9$"#);
        assert!(Regular::new(r"\bword", true).unwrap().gbnf().is_err());
        assert!(Regular::new("(", true).is_err());
    }

    #[test]
    fn an_answer_that_missed_its_shape_a_little_is_read() {
        let check = |pattern: &str, text: &str, expected: Option<(&str, bool)>| {
            let found = Regular::new(pattern, true).unwrap().read(text);
            assert_eq!(found, expected.map(|(text, mended)| (text.to_owned(), mended)), "{text:?}");
        };
        check("yes|no", "yes", Some(("yes", false)));
        check("yes|no", " yes.\n", Some(("yes", true)));
        check("yes|no", "```text\nno\n```", Some(("no", true)));
        check("yes|no", "Let me think.\n\"no\"", None);
        check("yes|no", "Let me think.\nno", Some(("no", true)));
        check("yes|no", "**yes**", Some(("yes", true)));
        check(r" \[\w+\] [^\n]+", "QS: [split] What?", Some((" [split] What?", true)));
        check("yes|no", "maybe", None);
    }
}
