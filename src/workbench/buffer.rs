//! A text being typed: a cursor between graphemes, no terminal. Modes that take text own one.

use unicode_segmentation::UnicodeSegmentation;

/// At most this many bytes are taken; what is beyond is refused, not cut in silence.
pub const LIMIT: usize = 1 << 20;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buffer {
    text: String,
    /// Byte offset, always between two graphemes.
    cursor: usize,
}

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
}

impl Buffer {
    /// A text with the cursor at its end.
    pub fn of(text: impl Into<String>) -> Buffer {
        let text = text.into();
        Buffer { cursor: text.len(), text }
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
        match typing {
            Typing::Insert(text) => {
                if LIMIT < self.text.len() + text.len() {
                    return false;
                }
                // Controls other than line feeds and tabs have no place in a task.
                let text = text.replace("\r\n", "\n").replace('\r', "\n");
                let clean: String =
                    text.chars().filter(|c| !c.is_control() || *c == '\n' || *c == '\t').collect();
                self.text.insert_str(self.cursor, &clean);
                self.cursor += clean.len();
            }
            Typing::Backspace => self.cut(self.cursor - left, self.cursor),
            Typing::Delete => self.cut(self.cursor, self.cursor + right),
            Typing::DeleteWord => self.cut(self.word_left(), self.cursor),
            Typing::DeleteToStart => self.cut(0, self.cursor),
            Typing::Left => self.cursor -= left,
            Typing::Right => self.cursor += right,
            Typing::WordLeft => self.cursor = self.word_left(),
            Typing::WordRight => self.cursor = self.word_right(),
            Typing::Start => self.cursor = 0,
            Typing::End => self.cursor = self.text.len(),
        }
        true
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
            Backspace, Delete, DeleteToStart, DeleteWord, Insert, Left, Start, WordLeft, WordRight,
        };
        check("héllo", &[Backspace, Left, Insert("!".into())], "hél!|l");
        check("a 👩‍👩‍👧 b", &[Left, Left, Backspace], "a | b");
        check("one two three", &[DeleteWord, WordLeft, Delete], "one |wo ");
        check("one two", &[Start, WordRight, DeleteToStart], "| two");
        check("", &[Backspace, Left, Delete, Insert("a\r\nb\u{1b}[31m".into())], "a\nb[31m|");
    }

    #[test]
    fn too_much_is_refused_whole() {
        let mut buffer = Buffer::of("x");
        assert!(!buffer.take(&Typing::Insert("y".repeat(LIMIT))));
        assert_eq!(buffer.text(), "x");
    }

    proptest! {
        #[test]
        fn the_cursor_stays_between_graphemes(texts in proptest::collection::vec("\\PC{0,4}", 0..5), keys in proptest::collection::vec(0u8..10, 0..30)) {
            use Typing::{Backspace, Delete, DeleteToStart, DeleteWord, End, Left, Right, Start, WordLeft, WordRight};
            let all = [Backspace, Delete, DeleteWord, DeleteToStart, Left, Right, WordLeft, WordRight, Start, End];
            let mut buffer = Buffer::of(texts.concat());
            for key in keys {
                buffer.take(&all[key as usize]);
                prop_assert!(buffer.halves().0.len() <= buffer.text().len());
            }
        }
    }
}
