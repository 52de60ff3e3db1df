//! What the drawing remembers from frame to frame: wrapped texts, and how far the tree is scrolled.

use super::{
    highlight::{self, Kind},
    text::Line,
};
use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

/// Texts that are remembered; the oldest goes first.
const TEXTS: usize = 24;

/// Made once by the shell and handed to every `draw`. A fresh one draws the same, only slower.
#[derive(Debug, Default)]
pub struct Cache {
    texts: VecDeque<(u64, Arc<Vec<Line>>)>,
    /// Rows of the tree above its upper edge.
    pub(super) tree_top: usize,
    /// The same for the tokens of an answer.
    pub(super) tokens_top: usize,
}

impl Cache {
    /// The text with its roles, wrapped.
    pub(super) fn lines(&mut self, text: &str, kind: Kind, width: usize) -> Arc<Vec<Line>> {
        let mut hasher = DefaultHasher::new();
        (text, kind, width).hash(&mut hasher);
        let key = hasher.finish();
        if let Some((_, lines)) = self.texts.iter().find(|(known, _)| *known == key) {
            return lines.clone();
        }
        let lines = highlight::lines(text, kind).into_iter().flat_map(|line| line.wrap(width, 0)).collect();
        let lines = Arc::new(lines);
        self.texts.push_back((key, lines));
        if TEXTS < self.texts.len() {
            self.texts.pop_front();
        }
        self.texts.back().map(|(_, lines)| lines.clone()).unwrap_or_default()
    }
}

/// Where a list of `of` rows begins so that `cursor` is in view, moving as little as possible from `top`.
pub(super) fn in_view(top: usize, cursor: usize, of: usize, height: usize) -> usize {
    // A row or two of what is next, where there is room for it.
    let margin = (height / 5).min(2);
    let lowest = cursor.saturating_sub(margin);
    let highest = (cursor + margin + 1).saturating_sub(height);
    top.min(lowest).max(highest).min(of.saturating_sub(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_kept_in_view() {
        let check =
            |top, cursor, of, height, expected| assert_eq!(in_view(top, cursor, of, height), expected);
        check(0, 0, 3, 10, 0);
        check(0, 9, 20, 10, 2);
        check(5, 8, 20, 10, 5);
        check(5, 0, 20, 10, 0);
        check(0, 19, 20, 10, 10);
        check(15, 3, 4, 10, 0);
        check(0, 5, 9, 1, 5);
        for height in 1..12 {
            for cursor in 0..30 {
                let top = in_view(7, cursor, 30, height);
                assert!(top <= cursor && cursor < top + height, "{cursor} of {height} at {top}");
            }
        }
    }
}
