//! Tab `tokens`: what the model wrote, how sure it was of each token, and what else it thought of.

use super::{View, nothing};
use crate::{
    ask::Token,
    tui::{
        clean,
        text::{Line, cut, width},
        theme::Role,
    },
    workbench::rows::{call_of, tokens_of},
};

/// Rows of the table; longer answers are judged by their beginning and by the weakest token.
const ROWS: usize = 4000;

pub(super) fn lines(view: &View<'_>) -> Vec<Line> {
    let Some(call) = call_of(view.state, view.row.id) else { return nothing(view, "nothing was asked yet") };
    let tokens = tokens_of(view.state, call);
    if tokens.is_empty() {
        return nothing(view, "no tokens: a function or a person answers without, and a model has not begun");
    }
    let weakest = weakest(tokens);
    let free = tokens.iter().filter(|token| !token.forced).count();
    let mut head = Line::of(Role::Dim, &format!("{} tokens", tokens.len()));
    if free < tokens.len() {
        head.push(Role::Forced, &format!(", {} forced by the grammar", tokens.len() - free));
    }
    if let Some(at) = weakest {
        let share = format!(", weakest #{} at {}", at + 1, percent(tokens[at].probability));
        head.push(Role::heat(tokens[at].probability), &share);
    }
    let mut lines = head.wrap(view.width, 2);
    lines.push(Line::default());
    lines.extend(flow(tokens, weakest, view.width));
    lines.push(Line::default());
    let number = format!("{}", tokens.len()).len().max(2);
    let names = format!("{:>number$}  {:<14} {:>6}       {}", "#", "token", "p", "instead");
    lines.push(Line::of(Role::Dim, &names).cut(view.width));
    for (at, token) in tokens.iter().take(ROWS).enumerate() {
        lines.push(row(at, token, weakest == Some(at), number).cut(view.width));
    }
    if ROWS < tokens.len() {
        lines.extend(nothing(view, &format!("and {} more", tokens.len() - ROWS)));
    }
    lines
}

/// The least certain of the tokens that were free.
fn weakest(tokens: &[Token]) -> Option<usize> {
    let free = tokens.iter().enumerate().filter(|(_, token)| !token.forced);
    free.min_by(|one, other| one.1.probability.total_cmp(&other.1.probability)).map(|(at, _)| at)
}

fn role(token: &Token) -> Role {
    if token.forced { Role::Forced } else { Role::heat(token.probability) }
}

/// The text with the heat of each token; `‹ ›` around the weakest.
fn flow(tokens: &[Token], weakest: Option<usize>, width: usize) -> Vec<Line> {
    let mut lines = vec![Line::default()];
    for (at, token) in tokens.iter().enumerate() {
        let parts: Vec<&str> = token.text.split('\n').collect();
        for (nth, part) in parts.iter().enumerate() {
            if 0 < nth {
                lines.push(Line::default());
            }
            let Some(line) = lines.last_mut() else { continue };
            if weakest == Some(at) && nth == 0 {
                line.push(Role::Warning, "‹");
            }
            line.push(role(token), part);
            if weakest == Some(at) && nth + 1 == parts.len() {
                line.push(Role::Warning, "›");
            }
        }
    }
    lines.into_iter().flat_map(|line| line.wrap(width, 0)).collect()
}

fn row(at: usize, token: &Token, weakest: bool, number: usize) -> Line {
    let role = role(token);
    let mut line = Line::of(Role::Dim, &format!("{:>number$}  ", at + 1));
    line.push(role, &column(&token.text, 14));
    line.push(role, &format!(" {:>6} {} ", percent(token.probability), height(token.probability)));
    match (token.forced, weakest) {
        (true, _) => line.push(Role::Forced, "= "),
        (_, true) => line.push(Role::Warning, "◂ "),
        _ => line.push(Role::Dim, "  "),
    }
    if token.forced {
        line.push(Role::Forced, "forced  ");
    }
    for (text, probability) in token.alternatives.iter().filter(|(text, _)| *text != token.text).take(5) {
        line.push(Role::Text, &visible(text));
        line.push(Role::Dim, &format!(" {}  ", percent(*probability)));
    }
    line
}

/// A token with its blanks to be seen, in a column.
fn column(text: &str, wide: usize) -> String {
    let text = visible(text);
    let text = cut(&text, wide);
    format!("{text}{}", " ".repeat(wide.saturating_sub(width(&text))))
}

fn visible(text: &str) -> String {
    clean::line(text).replace(' ', "·")
}

/// `87 %`, `0.3 %`; nothing that is not a number.
fn percent(probability: f32) -> String {
    match 100.0 * probability {
        p if !p.is_finite() => "?".to_owned(),
        p if p >= 9.95 => format!("{p:.0} %"),
        p => format!("{p:.1} %"),
    }
}

fn height(probability: f32) -> char {
    let eighth = (probability.clamp(0.0, 1.0) * 7.0).round();
    "▁▂▃▄▅▆▇█".chars().nth(if eighth.is_finite() { eighth as usize } else { 0 }).unwrap_or(' ')
}
