//! The box in which a text is typed.

use crate::{
    tui::{
        clean,
        paper::{Paper, row},
        text::{Line, width},
        theme::Role,
    },
    workbench::{Place, Target, mode::TypingMode},
};
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

pub(super) fn draw(paper: &mut Paper<'_>, mode: &TypingMode, body: Rect) {
    let wide = body.width.saturating_sub(4).min(96);
    // One column is the cursor's, for when it stands behind a full row.
    let inner_wide = usize::from(wide).saturating_sub(5).max(1);
    let (rows, (cursor_row, cursor_column)) = laid_out(mode.buffer.halves(), inner_wide);
    let most = usize::from(body.height).saturating_sub(4).max(1);
    let shown = rows.len().clamp(1, most);
    let high = (shown + 3).min(usize::from(body.height)) as u16;
    let area = Rect {
        x: body.x + (body.width - wide) / 2,
        y: body.bottom().saturating_sub(high),
        width: wide,
        height: high,
    };
    let inner = paper.frame(area, Line::of(Role::Title, mode.purpose.title()));
    paper.target(area, Target::Pane(Place::List));
    let top = (cursor_row + 1).saturating_sub(shown);
    for (y, text) in (0..shown as u16).zip(rows.iter().skip(top)) {
        paper.text(row(inner, y), Role::Text, text);
    }
    paper.text(row(inner, inner.height.saturating_sub(1)), Role::Dim, mode.purpose.hint());
    if !inner.is_empty() {
        let y = inner.y + (cursor_row - top) as u16;
        paper.cursor(inner.x + cursor_column as u16, y.min(inner.bottom() - 1));
    }
}

/// The rows of a typed text, and row and column of the cursor between the halves.
///
/// Rows are broken at any grapheme, so that the cursor moves one cell with every key.
fn laid_out((before, after): (&str, &str), wide: usize) -> (Vec<String>, (usize, usize)) {
    let mut rows = vec![String::new()];
    let mut used = 0;
    let mut put = |text: &str, rows: &mut Vec<String>| {
        for (at, line) in text.split('\n').enumerate() {
            if 0 < at {
                rows.push(String::new());
                used = 0;
            }
            for grapheme in clean::line(line).graphemes(true) {
                let own = width(grapheme);
                if wide < used + own && 0 < used {
                    rows.push(String::new());
                    used = 0;
                }
                if let Some(row) = rows.last_mut() {
                    row.push_str(grapheme);
                }
                used += own;
            }
        }
        used
    };
    let column = put(before, &mut rows);
    let cursor = (rows.len() - 1, column);
    put(after, &mut rows);
    (rows, cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stands_between_the_halves() {
        let check = |before: &str, after: &str, rows: &[&str], cursor: (usize, usize)| {
            let (found, at) = laid_out((before, after), 6);
            assert_eq!((found.iter().map(String::as_str).collect::<Vec<_>>(), at), (rows.to_vec(), cursor));
        };
        check("", "", &[""], (0, 0));
        check("abc", "def", &["abcdef"], (0, 3));
        check("abcdef", "g", &["abcdef", "g"], (0, 6));
        check("a\nb", "\n", &["a", "b", ""], (1, 1));
        check("日本語", "x", &["日本語", "x"], (0, 6));
    }
}
