//! Texts with lengths and patterns, written as JSON strings.

use crate::schema::{Pattern, quoted};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition};
use std::fmt::Write;

/// A character of a JSON string.
const CHAR: &str = r#"(?:[^"\\\x00-\x1F\x7F]|\\["\\nrt])"#;

/// The JSON strings of `least` to `most` characters that match.
///
/// # Errors
/// No expression tells it; the words say why.
pub(super) fn text(pattern: Option<&Pattern>, least: usize, most: Option<usize>) -> Result<String, String> {
    let inside = match (pattern, most) {
        (Some(pattern), _) => {
            let (shortest, longest) = lengths_found(pattern.hir());
            let fits =
                least <= shortest && most.is_none_or(|most| longest.is_some_and(|longest| longest <= most));
            if !fits {
                return Err("`pattern` allows other lengths than `minLength` and `maxLength`: give it lengths of its own, \
                            as in ^[a-z]{2,9}$"
                    .to_owned());
            }
            let told = |why| format!("its pattern {}: {why}", quoted(pattern.source()));
            found(pattern.hir()).map_err(told)?
        }
        (None, None) if least == 0 => format!("{CHAR}*"),
        (None, None) => format!("{CHAR}{{{least},}}"),
        (None, Some(most)) => format!("{CHAR}{{{least},{most}}}"),
    };
    Ok(format!("\"{inside}\""))
}

/// Fewest and most characters of a text in which the pattern is found.
fn lengths_found(hir: &Hir) -> Lengths {
    let one = |hir: &Hir| {
        let (start, end, parts) = anchored(hir);
        let (least, most) = parts.iter().map(lengths).fold((0, Some(0)), together);
        (least, most.filter(|_| start && end))
    };
    branches(hir).into_iter().map(one).reduce(either).unwrap_or((0, None))
}

/// The insides of the JSON strings of texts in which the pattern is found.
fn found(hir: &Hir) -> Result<String, String> {
    let mut ways = vec![];
    for branch in branches(hir) {
        let (start, end, parts) = anchored(branch);
        let mut way = if start { String::new() } else { format!("{CHAR}*") };
        parts.iter().try_for_each(|part| write(part, &mut way))?;
        if !end {
            let _ = write!(way, "{CHAR}*");
        }
        ways.push(way);
    }
    Ok(format!("(?:{})", ways.join("|")))
}

/// The ways between which a pattern chooses first; each may have anchors of its own.
fn branches(hir: &Hir) -> Vec<&Hir> {
    match hir.kind() {
        HirKind::Alternation(parts) => parts.iter().collect(),
        _ => vec![hir],
    }
}

/// Is it bound to start and end of the text, and what stands between?
fn anchored(hir: &Hir) -> (bool, bool, &[Hir]) {
    let mut parts = match hir.kind() {
        HirKind::Concat(parts) => &parts[..],
        _ => std::slice::from_ref(hir),
    };
    let look = |part: Option<&Hir>, look: Look| part.is_some_and(|part| *part.kind() == HirKind::Look(look));
    let start = look(parts.first(), Look::Start);
    parts = if start { &parts[1..] } else { parts };
    let end = look(parts.last(), Look::End);
    (start, end, if end { &parts[..parts.len() - 1] } else { parts })
}

fn lengths(hir: &Hir) -> Lengths {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => (0, Some(0)),
        HirKind::Literal(literal) => {
            let length = std::str::from_utf8(&literal.0).map_or(0, |text| text.chars().count());
            (length, Some(length))
        }
        HirKind::Class(_) => (1, Some(1)),
        HirKind::Repetition(Repetition { min, max, sub, .. }) => {
            let (least, most) = lengths(sub);
            let times = max.and_then(|max| Some(most?.saturating_mul(max as usize)));
            (least.saturating_mul(*min as usize), times)
        }
        HirKind::Capture(capture) => lengths(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(lengths).fold((0, Some(0)), together),
        HirKind::Alternation(parts) => parts.iter().map(lengths).reduce(either).unwrap_or((0, Some(0))),
    }
}

/// Fewest and most characters; the most is `None` where there is no end to them.
type Lengths = (usize, Option<usize>);

fn together(a: Lengths, b: Lengths) -> Lengths {
    (a.0.saturating_add(b.0), a.1.zip(b.1).map(|(a, b)| a.saturating_add(b)))
}

fn either(a: Lengths, b: Lengths) -> Lengths {
    (a.0.min(b.0), a.1.zip(b.1).map(|(a, b)| a.max(b)))
}

/// The expression for the same text inside of a JSON string.
fn write(hir: &Hir, to: &mut String) -> Result<(), String> {
    let group = |sub: &Hir, to: &mut String| {
        to.push_str("(?:");
        write(sub, to)?;
        to.push(')');
        Ok::<(), String>(())
    };
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Look(Look::Start | Look::End) => return Err("^ and $ can only stand at its ends".to_owned()),
        HirKind::Look(_) => return Err("it looks at the borders of words".to_owned()),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).map_err(|_| "it has bytes that are no text")?;
            text.chars().for_each(|c| to.push_str(&letter(c)));
        }
        HirKind::Class(Class::Unicode(class)) => write_class(class, to),
        HirKind::Class(Class::Bytes(_)) => return Err("it speaks of bytes, not characters".to_owned()),
        HirKind::Repetition(Repetition { min, max, sub, .. }) => {
            group(sub, to)?;
            let _ = match max {
                Some(max) => write!(to, "{{{min},{max}}}"),
                None => write!(to, "{{{min},}}"),
            };
        }
        HirKind::Capture(capture) => group(&capture.sub, to)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, to))?,
        HirKind::Alternation(parts) => {
            to.push_str("(?:");
            for (at, part) in parts.iter().enumerate() {
                if 0 < at {
                    to.push('|');
                }
                write(part, to)?;
            }
            to.push(')');
        }
    }
    Ok(())
}

/// A class without what JSON escapes, and the escapes that belong to it. Of the control characters a large class keeps
/// the usual three.
fn write_class(class: &ClassUnicode, to: &mut String) {
    let is_control = |c: char| c.is_ascii_control();
    let escaped = |c: &char| is_control(*c) || *c == '"' || *c == '\\';
    let members: Vec<char> = (0..=0x7F_u8)
        .map(char::from)
        .filter(escaped)
        .filter(|c| class.iter().any(|range| (range.start()..=range.end()).contains(c)))
        .collect();
    let mut plain = class.clone();
    plain.difference(&ClassUnicode::new(
        [('\0', '\x1F'), ('"', '"'), ('\\', '\\'), ('\x7F', '\x7F')]
            .map(|(a, b)| ClassUnicodeRange::new(a, b)),
    ));
    let many = plain.iter().next().is_some();
    let mut ways = vec![];
    if many {
        let mut set = "[".to_owned();
        for range in plain.iter() {
            let _ = write!(set, "\\x{{{:X}}}-\\x{{{:X}}}", range.start() as u32, range.end() as u32);
        }
        ways.push(set + "]");
    }
    let usual = |c: &&char| !many || !is_control(**c) || ['\n', '\r', '\t'].contains(*c);
    ways.extend(members.iter().filter(usual).map(|c| letter(*c)));
    let _ = write!(to, "(?:{})", ways.join("|"));
}

/// One character inside of a JSON string, as a pattern.
fn letter(c: char) -> String {
    let text = match c {
        '\x7F' => "\\u007f".to_owned(),
        c => quoted(&c.to_string()),
    };
    let inside = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&text);
    regex_syntax::escape(inside)
}
