//! Lines of pieces: how wide they are, cut and wrapped by display width, never inside a grapheme.

use super::{clean, theme::Role};
use ratatui::buffer::CellWidth;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;

/// Words that look alike.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    pub text: String,
    pub role: Role,
}

/// One line of pieces, clean from the start.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line(pub Vec<Piece>);

impl Line {
    pub(super) fn of(role: Role, text: &str) -> Line {
        Line::default().and(role, text)
    }

    /// The line with more at its end.
    pub(super) fn and(mut self, role: Role, text: &str) -> Line {
        self.push(role, text);
        self
    }

    pub(super) fn push(&mut self, role: Role, text: &str) {
        if !text.is_empty() {
            self.0.push(Piece { text: clean::line(text).into_owned(), role });
        }
    }

    pub(super) fn join(mut self, other: Line) -> Line {
        self.0.extend(other.0);
        self
    }

    /// Blanks up to this column.
    pub(super) fn pad(mut self, column: usize) -> Line {
        let blank = column.saturating_sub(self.width());
        self.push(Role::Text, &" ".repeat(blank));
        self
    }

    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|piece| width(&piece.text)).sum()
    }

    /// At most this wide; a cut line ends in `…`.
    pub(super) fn cut(mut self, most: usize) -> Line {
        let mut left = most;
        for at in 0..self.0.len() {
            let own = width(&self.0[at].text);
            let more = self.0[at + 1..].iter().any(|piece| !piece.text.is_empty());
            if own < left || own == left && !more {
                left -= own;
                continue;
            }
            // The mark needs a cell even where this piece would just fit.
            let text = if own <= left {
                format!("{}…", keep(&self.0[at].text, left.saturating_sub(1)))
            } else {
                cut(&self.0[at].text, left).into_owned()
            };
            self.0.truncate(at + 1);
            self.0[at].text = if left == 0 { String::new() } else { text };
            break;
        }
        self
    }

    /// The line in as many lines as it needs; every line after the first begins with `hang` blanks.
    pub(super) fn wrap(self, most: usize, hang: usize) -> Vec<Line> {
        if most == 0 {
            return vec![];
        }
        if self.width() <= most {
            return vec![self];
        }
        let hang = if hang * 2 < most { hang } else { 0 };
        let cells: Vec<(&str, Role)> = self
            .0
            .iter()
            .flat_map(|piece| piece.text.graphemes(true).map(move |grapheme| (grapheme, piece.role)))
            .collect();
        let mut lines = vec![];
        let mut from = 0;
        while from < cells.len() {
            let blank = if lines.is_empty() { 0 } else { hang };
            let to = line_end(&cells[from..], most - blank) + from;
            let mut line = Line::of(Role::Text, &" ".repeat(blank));
            for (grapheme, role) in &cells[from..to] {
                match line.0.last_mut() {
                    Some(piece) if piece.role == *role => piece.text.push_str(grapheme),
                    _ => line.0.push(Piece { text: (*grapheme).to_owned(), role: *role }),
                }
            }
            lines.push(line);
            // The blank at which the line was broken is not the next line's.
            from = if cells.get(to).is_some_and(|(grapheme, _)| *grapheme == " ") { to + 1 } else { to };
        }
        lines
    }
}

/// How many of the cells fit: up to the last blank, or as many as there is room for; at least one.
fn line_end(cells: &[(&str, Role)], most: usize) -> usize {
    let mut used = 0;
    let mut blank = None;
    for (at, (grapheme, _)) in cells.iter().enumerate() {
        used += width(grapheme);
        if most < used {
            return if *grapheme == " " { at.max(1) } else { blank.unwrap_or(at).max(1) };
        }
        if *grapheme == " " && cells[..at].iter().any(|(before, _)| *before != " ") {
            blank = Some(at);
        }
    }
    cells.len()
}

/// Display width of a clean text in cells: what the screen uses for it.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.graphemes(true).map(|grapheme| usize::from(grapheme.cell_width())).sum()
}

/// A clean text, at most this wide, with `…` at its end when it was cut.
pub(super) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match most {
        _ if width(text) <= most => Cow::Borrowed(text),
        0 => Cow::Borrowed(""),
        _ => Cow::Owned(format!("{}…", keep(text, most - 1))),
    }
}

/// The end of a clean text, at most this wide, with `…` in front when it was cut.
pub(super) fn cut_front(text: &str, most: usize) -> Cow<'_, str> {
    if width(text) <= most {
        return Cow::Borrowed(text);
    }
    if most == 0 {
        return Cow::Borrowed("");
    }
    let mut left = most - 1;
    let mut from = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        let own = usize::from(grapheme.cell_width());
        if left < own {
            break;
        }
        left -= own;
        from = at;
    }
    Cow::Owned(format!("…{}", &text[from..]))
}

/// As much of the text as fits.
fn keep(text: &str, most: usize) -> &str {
    let mut left = most;
    for (at, grapheme) in text.grapheme_indices(true) {
        let own = usize::from(grapheme.cell_width());
        if left < own {
            return &text[..at];
        }
        left -= own;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_cut_by_width() {
        let check = |text: &str, most: usize, front: &str, back: &str| {
            assert_eq!((&*cut(text, most), &*cut_front(text, most)), (front, back));
        };
        check("hello", 5, "hello", "hello");
        check("hello", 4, "hel…", "…llo");
        check("日本語", 5, "日本…", "…本語");
        check("日本語", 4, "日…", "…語");
        check("हिन्दी", 1, "…", "…");
        check("hello", 0, "", "");
    }

    #[test]
    fn lines_are_wrapped_at_blanks() {
        let check = |text: &str, most: usize, hang: usize, expected: &[&str]| {
            let wrapped = Line::of(Role::Text, text).wrap(most, hang);
            let lines: Vec<String> =
                wrapped.iter().map(|line| line.0.iter().map(|piece| piece.text.as_str()).collect()).collect();
            assert_eq!(lines, expected);
        };
        check("one two three", 8, 0, &["one two", "three"]);
        check("one two three", 8, 2, &["one two", "  three"]);
        check("abcdefghij", 4, 0, &["abcd", "efgh", "ij"]);
        check("a 日本語", 4, 0, &["a", "日本", "語"]);
        check("日本", 1, 0, &["日", "本"]);
        check("    indented text", 12, 0, &["    indented", "text"]);
        check("", 5, 0, &[""]);
    }

    proptest! {
        #[test]
        fn cut_and_wrapped_lines_fit(text in clean::hostile(), other in clean::hostile(), most in 2usize..30) {
            let line = Line::of(Role::Text, &text).and(Role::Dim, &other);
            prop_assert!(line.clone().cut(most).width() <= most);
            for part in line.wrap(most, 1) {
                prop_assert!(part.width() <= most.max(2) || part.0.iter().map(|p| p.text.graphemes(true).count()).sum::<usize>() <= 2);
            }
        }
    }
}
