//! A text being typed: a cursor between graphemes, no terminal. Modes that take text own one.

use unicode_segmentation::UnicodeSegmentation;

/// At most this many bytes are taken; what is beyond is refused, not cut in silence.
pub const LIMIT: usize = 1 << 20;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buffer {
    text: String,
    /// Byte offset, always between two graphemes.
    cursor: usize,
    /// Where the selection began; its other end is the cursor.
    anchor: Option<usize>,
    /// Texts and cursors before the last changes, oldest first.
    undo: Vec<(String, usize)>,
    redo: Vec<(String, usize)>,
    /// The last change was typing at this place, so one more character belongs to it.
    typing_at: Option<usize>,
}

/// Bytes of old texts that are kept for undo.
const KEPT: usize = 4 << 20;

/// One thing a person does to a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typing {
    /// A character, or a paste.
    Insert(String),
    Backspace,
    Delete,
    DeleteWord,
    DeleteToStart,
    Left,
    Right,
    WordLeft,
    WordRight,
    Start,
    End,
    Up,
    Down,
    /// The same movement with the text in between selected.
    Select(Box<Typing>),
    SelectAll,
    Undo,
    Redo,
    /// The word before the cursor is to be finished; who knows the words does it.
    Complete,
}

impl Buffer {
    /// A text with the cursor at its end.
    pub fn of(text: impl Into<String>) -> Buffer {
        let text = text.into();
        Buffer { cursor: text.len(), text, ..Buffer::default() }
    }

    /// Byte offsets of the selection; `None` when nothing is selected.
    pub fn selection(&self) -> Option<std::ops::Range<usize>> {
        let anchor = self.anchor.filter(|anchor| *anchor != self.cursor)?;
        Some(anchor.min(self.cursor)..anchor.max(self.cursor))
    }

    pub fn selected(&self) -> &str {
        self.selection().map_or("", |range| &self.text[range])
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before and after the cursor.
    pub fn halves(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    /// Does it; `false` when the text would become too long.
    pub fn take(&mut self, typing: &Typing) -> bool {
        let (before, after) = self.text.split_at(self.cursor);
        let left = before.graphemes(true).next_back().map_or(0, str::len);
        let right = after.graphemes(true).next().map_or(0, str::len);
        let selected = self.selection();
        if let Typing::Select(movement) = typing {
            let anchor = self.anchor.unwrap_or(self.cursor);
            self.anchor = None;
            self.take(movement);
            self.anchor = Some(anchor);
            return true;
        }
        let removes = matches!(typing, Typing::Backspace | Typing::Delete | Typing::DeleteWord);
        match typing {
            Typing::Insert(text) => {
                let gone = selected.as_ref().map_or(0, ExactSizeIterator::len);
                if LIMIT < self.text.len() - gone + text.len() {
                    return false;
                }
                // Controls other than line feeds and tabs have no place in a task.
                let text = text.replace("\r\n", "\n").replace('\r', "\n");
                let clean: String =
                    text.chars().filter(|c| !c.is_control() || *c == '\n' || *c == '\t').collect();
                let goes_on = selected.is_none() && self.typing_at == Some(self.cursor) && clean != "\n";
                if !goes_on {
                    self.remember();
                }
                if let Some(range) = selected {
                    self.cut(range.start, range.end);
                }
                self.text.insert_str(self.cursor, &clean);
                self.cursor += clean.len();
                self.typing_at = (clean.chars().count() == 1).then_some(self.cursor);
            }
            _ if removes && selected.is_some() => {
                self.remember();
                let range = selected.unwrap_or_default();
                self.cut(range.start, range.end);
            }
            Typing::Backspace => self.change(self.cursor - left, self.cursor),
            Typing::Delete => self.change(self.cursor, self.cursor + right),
            Typing::DeleteWord => self.change(self.word_left(), self.cursor),
            Typing::DeleteToStart => self.change(0, self.cursor),
            Typing::Left => self.cursor -= left,
            Typing::Right => self.cursor += right,
            Typing::WordLeft => self.cursor = self.word_left(),
            Typing::WordRight => self.cursor = self.word_right(),
            Typing::Start => self.cursor = 0,
            Typing::End => self.cursor = self.text.len(),
            Typing::Up => self.cursor = self.line_above(),
            Typing::Down => self.cursor = self.line_below(),
            Typing::Select(_) | Typing::Complete => {}
            Typing::SelectAll => {
                self.anchor = Some(0);
                self.cursor = self.text.len();
                return true;
            }
            Typing::Undo => self.travel(true),
            Typing::Redo => self.travel(false),
        }
        self.anchor = None;
        if !matches!(typing, Typing::Insert(_)) {
            self.typing_at = None;
        }
        true
    }

    /// Keeps the text as it is for undo.
    fn remember(&mut self) {
        self.redo.clear();
        self.undo.push((self.text.clone(), self.cursor));
        let mut kept = 0;
        let enough = self.undo.iter().rposition(|(text, _)| {
            kept += text.len() + 64;
            KEPT < kept
        });
        enough.into_iter().for_each(|at| drop(self.undo.drain(..=at)));
    }

    fn travel(&mut self, back: bool) {
        let (from, to) =
            if back { (&mut self.undo, &mut self.redo) } else { (&mut self.redo, &mut self.undo) };
        if let Some((text, cursor)) = from.pop() {
            to.push((std::mem::replace(&mut self.text, text), self.cursor));
            self.cursor = cursor;
        }
    }

    fn change(&mut self, from: usize, to: usize) {
        if from < to {
            self.remember();
            self.cut(from, to);
        }
    }

    /// The place in the line above that is as far from its start; the start of the text in the first line.
    fn line_above(&self) -> usize {
        let start = self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1);
        let Some(end) = start.checked_sub(1) else { return 0 };
        let above = self.text[..end].rfind('\n').map_or(0, |at| at + 1);
        above + self.column(start, above, end)
    }

    fn line_below(&self) -> usize {
        let start = self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1);
        let Some(end) = self.text[self.cursor..].find('\n') else { return self.text.len() };
        let below = self.cursor + end + 1;
        let end = self.text[below..].find('\n').map_or(self.text.len(), |at| below + at);
        below + self.column(start, below, end)
    }

    /// Bytes into the line `from..to` that are as many graphemes as the cursor is behind `start`.
    fn column(&self, start: usize, from: usize, to: usize) -> usize {
        let column = self.text[start..self.cursor].graphemes(true).count();
        self.text[from..to].graphemes(true).take(column).map(str::len).sum()
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }

    fn word_left(&self) -> usize {
        let before = &self.text[..self.cursor];
        let word = before.split_word_bound_indices().rev().find(|(_, word)| !word.trim().is_empty());
        word.map_or(0, |(at, _)| at)
    }

    fn word_right(&self) -> usize {
        let after = &self.text[self.cursor..];
        let word = after.split_word_bound_indices().find(|(_, word)| !word.trim().is_empty());
        word.map_or(self.text.len(), |(at, word)| self.cursor + at + word.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, keys: &[Typing], expected: &str) {
        let mut buffer = Buffer::of(text);
        keys.iter().for_each(|key| assert!(buffer.take(key)));
        let (before, after) = buffer.halves();
        assert_eq!(format!("{before}|{after}"), expected);
    }

    #[test]
    fn keys_edit_by_grapheme_and_word() {
        use Typing::{
            Backspace, Delete, DeleteToStart, DeleteWord, Insert, Left, Right, Start, WordLeft, WordRight,
        };
        check("héllo", &[Backspace, Left, Insert("!".into())], "hél!|l");
        check("a 👩‍👩‍👧 b", &[Left, Left, Backspace], "a | b");
        check("one two three", &[DeleteWord, WordLeft, Delete], "one |wo ");
        check("one two", &[Start, WordRight, DeleteToStart], "| two");
        check("", &[Backspace, Left, Delete, Insert("a\r\nb\u{1b}[31m".into())], "a\nb[31m|");
        check("ab\nc\ndef", &[Typing::Up], "ab\nc|\ndef");
        check("ab\nc\ndef", &[Typing::Up, Typing::Up], "a|b\nc\ndef");
        check("ab\nc\ndef", &[Start, Right, Right, Typing::Down, Typing::Down], "ab\nc\nd|ef");
    }

    #[test]
    fn what_is_selected_is_replaced_and_every_change_can_be_undone() {
        use Typing::{Backspace, DeleteWord, Insert, Left, Redo, Select, SelectAll, Undo, WordLeft};
        let select = |typing: Typing| Select(Box::new(typing));
        let insert = |text: &str| Insert(text.to_owned());
        check("one two", &[select(WordLeft), insert("three")], "one three|");
        check("one two", &[select(Left), select(WordLeft), Backspace], "one |");
        check("one two", &[SelectAll, insert("x")], "x|");
        check("one two", &[SelectAll, Left, insert("x")], "one twx|o");
        check("", &[insert("a"), insert("b"), insert("c"), Undo], "|");
        check("", &[insert("a"), insert("b"), DeleteWord, Undo], "ab|");
        check("", &[insert("a"), insert("b"), DeleteWord, Undo, Undo, Redo, Redo], "|");
        let mut buffer = Buffer::of("one two");
        buffer.take(&select(WordLeft));
        assert_eq!(buffer.selected(), "two");
    }

    #[test]
    fn too_much_is_refused_whole() {
        let mut buffer = Buffer::of("x");
        assert!(!buffer.take(&Typing::Insert("y".repeat(LIMIT))));
        assert_eq!(buffer.text(), "x");
    }

    proptest! {
        #[test]
        fn the_cursor_stays_between_graphemes(texts in proptest::collection::vec("[\\PC\n]{0,4}", 0..5), keys in proptest::collection::vec(0u8..16, 0..30)) {
            use Typing::{Backspace, Delete, DeleteToStart, DeleteWord, Down, End, Left, Redo, Right, Select, Start, Undo, Up, WordLeft, WordRight};
            let all = [Backspace, Delete, DeleteWord, DeleteToStart, Left, Right, WordLeft, WordRight, Start, End, Up, Down, Undo, Redo, Select(Box::new(WordLeft)), Select(Box::new(Up))];
            let mut buffer = Buffer::of(texts.concat());
            for key in keys {
                buffer.take(&all[key as usize]);
                prop_assert!(buffer.halves().0.len() <= buffer.text().len());
            }
        }
    }
}
