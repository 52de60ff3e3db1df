//! Markdown line by line: headings, lists, quotes, what stands in backticks or is bold; code between fences by its
//! grammar. A whole grammar of Markdown is far slower and shows little more.

use super::grammar::Code;
use crate::tui::{clean, text::Line, theme::Role};

pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut code: Option<(&str, Code)> = None;
    let mut shown = vec![];
    for line in clean::lines(text) {
        let bare = line.trim_start();
        let fence = ["```", "~~~"].into_iter().find(|fence| bare.starts_with(fence));
        shown.push(match (&mut code, fence) {
            (Some((open, _)), Some(fence)) if *open == fence => {
                code = None;
                Line::of(Role::Comment, &line)
            }
            (Some((_, code)), _) => code.line(&line),
            (None, Some(fence)) => {
                let language = bare.trim_start_matches(['`', '~']).split_whitespace().next().unwrap_or("");
                code = Some((fence, Code::of(language)));
                Line::of(Role::Comment, &line)
            }
            (None, None) => prose(&line),
        });
    }
    shown
}

fn prose(line: &str) -> Line {
    let bare = line.trim_start();
    let (indent, _) = line.split_at(line.len() - bare.len());
    let hashes = bare.bytes().take_while(|b| *b == b'#').count();
    if (1..=6).contains(&hashes) && bare[hashes..].starts_with(' ') {
        return Line::of(Role::Heading, line);
    }
    if bare.starts_with('>') {
        return Line::of(Role::Comment, line);
    }
    let digits = bare.bytes().take_while(u8::is_ascii_digit).count();
    let marker = match bare.as_bytes().get(digits) {
        Some(b'.' | b')') if 0 < digits => digits + 1,
        Some(b'-' | b'*' | b'+') if digits == 0 => 1,
        _ => 0,
    };
    let marker = if bare[marker..].starts_with(' ') { marker } else { 0 };
    inline(&bare[marker..], Line::of(Role::Text, indent).and(Role::Keyword, &bare[..marker]))
}

/// Words with `code` and **bold**; a mark without its other half is text.
fn inline(text: &str, mut line: Line) -> Line {
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*']) {
        let (before, found) = rest.split_at(at);
        let (mark, role) = match () {
            () if found.starts_with("**") => ("**", Role::Strong),
            () if found.starts_with('`') => ("`", Role::String),
            () => ("*", Role::Text),
        };
        line.push(Role::Text, before);
        let end = match found[mark.len()..].find(mark) {
            Some(end) if role != Role::Text && 0 < end => mark.len() + end + mark.len(),
            _ => mark.len(),
        };
        line.push(if end == mark.len() { Role::Text } else { role }, &found[..end]);
        rest = &found[end..];
    }
    line.push(Role::Text, rest);
    line
}
