//! Reads a theme file. What is wrong is named with file, line and what could stand there instead.

use super::{Role, Theme};
use ratatui::style::{Color, Modifier, Style};
use std::collections::BTreeMap;

/// What is wrong with a theme file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct ThemeError {
    pub file: String,
    /// From 1.
    pub line: usize,
    pub what: String,
}

/// The sixteen names that every terminal knows, in the order of their numbers.
const NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// Reads a theme; `file` is for the error alone.
///
/// # Errors
/// The first line that is no TOML, names no role, or gives a colour or mark that does not exist.
pub fn parse(text: &str, file: &str) -> Result<Theme, ThemeError> {
    let line_of =
        |at: usize| text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1;
    let error = |at: usize, what: String| ThemeError { file: file.to_owned(), line: line_of(at), what };
    let table: BTreeMap<toml::Spanned<String>, toml::Spanned<String>> =
        toml::from_str(text).map_err(|wrong| {
            let at = wrong.span().map_or(0, |span| span.start);
            error(at, wrong.message().to_owned())
        })?;
    let mut name = None;
    let mut dark = true;
    let mut given: BTreeMap<Role, Style> = BTreeMap::new();
    for (key, value) in &table {
        let (at, word) = (value.span().start, value.get_ref().as_str());
        match key.get_ref().as_str() {
            "name" => name = Some(word.to_owned()),
            "kind" => match word {
                "dark" => dark = true,
                "light" => dark = false,
                _ => return Err(error(at, format!("`{word}` is no kind: write `dark` or `light`"))),
            },
            id => match Role::ALL.iter().find(|role| role.id() == id) {
                Some(role) => {
                    given.insert(*role, read_style(word).map_err(|what| error(at, what))?);
                }
                None => {
                    let ids = Role::ALL.iter().map(|role| role.id()).chain(["name", "kind"]);
                    let near = ids.min_by_key(|known| strsim::levenshtein(known, id)).unwrap_or_default();
                    let what = format!("no role is called `{id}`; did you mean `{near}`?");
                    return Err(error(key.span().start, what));
                }
            },
        }
    }
    let look = |role: Role| {
        let chain = std::iter::successors(Some(role), |role| role.like());
        chain.filter_map(|role| given.get(&role).copied()).next().unwrap_or_default()
    };
    let plain = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".toml");
    Ok(Theme { dark, ..Theme::of(name.as_deref().unwrap_or(plain), look) })
}

/// `#d8dee9 on #20242c bold`: at most one colour, at most one ground, any marks.
fn read_style(text: &str) -> Result<Style, String> {
    let mut style = Style::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        style = match (word, read_mark(word)) {
            (_, Some(mark)) => style.add_modifier(mark),
            ("on", None) => match words.next() {
                Some(ground) if style.bg.is_none() => style.bg(read_colour(ground)?),
                _ => return Err(format!("`{text}`: one colour stands after `on`")),
            },
            _ if style.fg.is_none() => style.fg(read_colour(word)?),
            _ => return Err(format!("`{text}` has two colours: the ground stands after `on`")),
        };
    }
    Ok(style)
}

fn read_mark(word: &str) -> Option<Modifier> {
    Some(match word {
        "bold" => Modifier::BOLD,
        "dim" => Modifier::DIM,
        "italic" => Modifier::ITALIC,
        "underline" => Modifier::UNDERLINED,
        "reverse" => Modifier::REVERSED,
        "strike" => Modifier::CROSSED_OUT,
        _ => return None,
    })
}

fn read_colour(word: &str) -> Result<Color, String> {
    let hex = word.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.is_ascii());
    let part = |hex: &str, at: usize| u8::from_str_radix(&hex[at..at + 2], 16).ok();
    let rgb = hex.and_then(|hex| Some(Color::Rgb(part(hex, 0)?, part(hex, 2)?, part(hex, 4)?)));
    let name = || NAMES.iter().position(|name| *name == word).map(|at| Color::Indexed(at as u8));
    let number = || word.parse().ok().map(Color::Indexed);
    let none = || (word == "default").then_some(Color::Reset);
    rgb.or_else(name).or_else(number).or_else(none).ok_or_else(|| {
        format!("`{word}` is no colour or mark: write #rrggbb, a name such as bright-blue, 0 to 255, default, bold, dim, italic, underline, reverse, strike")
    })
}
