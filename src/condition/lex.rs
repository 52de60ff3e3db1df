//! A condition in pieces, each with its place.

use super::Mistake;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(String),
    /// A fact, a function or one of `and or not true false`.
    Word(String),
    /// One of `( ) < <= > >= = != ~ + - * /`.
    Sign(&'static str),
}

/// Two characters before one, so that `<=` is not read as `<`.
const SIGNS: [(&str, &str); 15] = [
    ("<=", "<="),
    (">=", ">="),
    ("!=", "!="),
    ("==", "="),
    ("=~", "~"),
    ("<", "<"),
    (">", ">"),
    ("=", "="),
    ("~", "~"),
    ("(", "("),
    (")", ")"),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
];

/// The tokens, each with the 0-based place of its first character.
pub(super) fn lex(text: &str) -> Result<Vec<(usize, Token)>, Mistake> {
    let mut tokens = vec![];
    let mut rest = text;
    let place = |rest: &str| text[..text.len() - rest.len()].chars().count();
    while let Some(first) = rest.chars().next() {
        let at = place(rest);
        if first.is_whitespace() {
            rest = &rest[first.len_utf8()..];
        } else if first == '"' || first == '\'' {
            let (quoted, after) = quoted(rest, first)
                .ok_or_else(|| Mistake { at, what: format!("the text has no end: close it with {first}") })?;
            tokens.push((at, Token::Text(quoted)));
            rest = after;
        } else if first.is_ascii_digit() || first == '.' {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let number = rest[..end].parse().map_err(|_| {
                let what = format!("`{}` is no number", &rest[..end]);
                Mistake { at, what }
            })?;
            tokens.push((at, Token::Number(number)));
            rest = &rest[end..];
        } else if first.is_alphabetic() {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push((at, Token::Word(rest[..end].to_owned())));
            rest = &rest[end..];
        } else if let Some((written, sign)) = SIGNS.iter().find(|(written, _)| rest.starts_with(written)) {
            tokens.push((at, Token::Sign(sign)));
            rest = &rest[written.len()..];
        } else {
            return Err(Mistake { at, what: format!("`{first}` means nothing here") });
        }
    }
    Ok(tokens)
}

/// The text between quotes and what follows. A backslash keeps its meaning for expressions; before a quote it goes.
fn quoted(rest: &str, quote: char) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' if characters.peek().is_some_and(|(_, next)| *next == quote) => {
                text.push(quote);
                characters.next();
            }
            '\\' => {
                text.push(c);
                text.extend(characters.next().map(|(_, next)| next));
            }
            c if c == quote => return Some((text, &rest[at + c.len_utf8()..])),
            c => text.push(c),
        }
    }
    None
}
