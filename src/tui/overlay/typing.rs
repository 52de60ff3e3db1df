//! The box in which a text is typed.

use super::wide;
use crate::{
    tui::{
        clean,
        paper::{Paper, after, row},
        text::{Line, width},
        theme::Role,
    },
    workbench::{Place, State, Target, debug::typed, mode::TypingMode},
};
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

/// The most rows that what can be written, or what is wrong with it, takes.
const HINT_ROWS: usize = 4;

pub(super) fn draw(paper: &mut Paper<'_>, state: &State, mode: &TypingMode, body: Rect) {
    let wide = wide(body, 96);
    // One column is the cursor's, for when it stands behind a full row.
    let inner_wide = usize::from(wide).saturating_sub(5).max(2);
    let (rows, (cursor_row, cursor_column)) = laid_out(mode.buffer.halves(), inner_wide);
    let (role, hint) = match typed(state, mode) {
        None => (Role::Dim, mode.purpose.hint().to_owned()),
        Some(Ok(words)) => (Role::Info, words),
        Some(Err(why)) => (Role::Warning, format!("! {why}")),
    };
    // Told whole, where the text leaves room for it.
    let mut hints = Line::of(role, &hint).wrap(usize::from(wide).saturating_sub(4), 0);
    hints.truncate(usize::from(body.height).saturating_sub(8).clamp(1, HINT_ROWS));
    let most = usize::from(body.height).saturating_sub(3 + hints.len()).max(1);
    let shown = rows.len().clamp(1, most);
    let high = (shown + 2 + hints.len()).min(usize::from(body.height)) as u16;
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
    if let Some(selection) = mode.buffer.selection() {
        let text = mode.buffer.text();
        let place = |at: usize| laid_out(text.split_at(at), inner_wide).1;
        let ((first, from), (last, to)) = (place(selection.start), place(selection.end));
        for (at, text) in rows.iter().enumerate().skip(top).take(shown) {
            if at < first || last < at {
                continue;
            }
            let from = if at == first { from } else { 0 };
            let to = if at == last { to } else { width(text) };
            let cells = after(row(inner, (at - top) as u16), from);
            let cells = Rect { width: (to.saturating_sub(from) as u16).min(cells.width), ..cells };
            paper.wash(cells, Role::Selected);
        }
    }
    for (above, hint) in hints.into_iter().rev().enumerate() {
        paper.line(row(inner, inner.height.saturating_sub(above as u16 + 1)), hint);
    }
    if !inner.is_empty() {
        let y = inner.y + (cursor_row - top) as u16;
        paper.cursor(inner.x + cursor_column as u16, y.min(inner.bottom() - 1));
    }
}

/// The rows of a typed text, and row and column of the cursor between the halves.
///
/// A row is broken after its last blank; the blank stays, so that the cursor can stand on every place of the text.
fn laid_out((before, after): (&str, &str), wide: usize) -> (Vec<String>, (usize, usize)) {
    let mut cells: Vec<String> = vec![];
    let mut take = |half: &str| {
        for (at, line) in half.split('\n').enumerate() {
            if 0 < at {
                cells.push("\n".to_owned());
            }
            cells.extend(clean::line(line).graphemes(true).map(str::to_owned));
        }
        cells.len()
    };
    let cursor = take(before);
    let end = take(after);
    let mut rows = vec![];
    let mut place = (0, 0);
    let mut from = 0;
    loop {
        let to = row_end(&cells[from..], wide) + from;
        let broken = cells.get(to).is_some_and(|cell| cell == "\n");
        if from <= cursor && (cursor < to || cursor == to && (broken || to == end)) {
            place = (rows.len(), cells[from..cursor].iter().map(|cell| width(cell)).sum());
        }
        rows.push(cells[from..to].concat());
        from = to + usize::from(broken);
        if end <= from && !broken {
            return (rows, place);
        }
    }
}

/// How many cells the next row has: up to a line break, after the last blank that fits, or as many as fit.
fn row_end(cells: &[String], wide: usize) -> usize {
    let mut used = 0;
    let mut blank = None;
    for (at, cell) in cells.iter().enumerate() {
        if cell == "\n" {
            return at;
        }
        used += width(cell);
        if wide < used {
            // A blank may hang over the edge, where nobody sees it.
            return if cell == " " { at + 1 } else { blank.unwrap_or(at).max(1) };
        }
        if cell == " " {
            blank = Some(at + 1);
        }
    }
    cells.len()
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
        check("abcdef", "g", &["abcdef", "g"], (1, 0));
        check("a\nb", "\n", &["a", "b", ""], (1, 1));
        check("日本語", "x", &["日本語", "x"], (1, 0));
        check("one two ", "three", &["one ", "two ", "three"], (2, 0));
        check("one two", " three", &["one ", "two ", "three"], (1, 3));
        check("abcdef ", "x", &["abcdef ", "x"], (1, 0));
        check("a\n", "", &["a", ""], (1, 0));
    }
}
