//! Joins neighbouring tokens, best pair first, until no pair joins: the inner loop of both kinds of vocabulary.
//!
//! After "Neural Machine Translation of Rare Words with Subword Units" (Sennrich, Haddow, Birch, 2016). Knows
//! numbers of tokens, no text rules.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Which neighbours join, into what, and how early (lower rank first).
pub(super) enum Joins {
    /// Byte-level BPE: pairs as the file lists them.
    Pairs(HashMap<(u32, u32), Join>),
    /// SentencePiece: any two tokens whose texts together are a token.
    Texts { by_text: HashMap<Vec<u8>, Join>, texts: Vec<Vec<u8>> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Join {
    pub(super) rank: u32,
    pub(super) token: u32,
}

const NONE: usize = usize::MAX;

impl Joins {
    /// The tokens that are left when everything that joins has joined. Time n log n for n symbols.
    pub(super) fn merge(&self, mut symbols: Vec<u32>) -> Vec<u32> {
        let count = symbols.len();
        if count < 2 {
            return symbols;
        }
        // A doubly linked list over the places: joining frees the right one.
        let mut next: Vec<usize> = (1..=count).map(|at| if at == count { NONE } else { at }).collect();
        let mut previous: Vec<usize> = (0..count).map(|at| at.checked_sub(1).unwrap_or(NONE)).collect();
        let mut free = vec![false; count];
        let mut queue = BinaryHeap::with_capacity(count);
        let offer = |queue: &mut BinaryHeap<_>, symbols: &[u32], left: usize, right: usize| {
            if let Some(join) = self.find(symbols[left], symbols[right]) {
                queue.push(Reverse((join.rank, left, symbols[left], symbols[right], join.token)));
            }
        };
        for left in 0..count - 1 {
            offer(&mut queue, &symbols, left, left + 1);
        }
        while let Some(Reverse((_, left, was_left, was_right, token))) = queue.pop() {
            let right = next[left];
            // Older entries speak of neighbours that have joined with others since.
            if free[left] || right == NONE || symbols[left] != was_left || symbols[right] != was_right {
                continue;
            }
            symbols[left] = token;
            free[right] = true;
            next[left] = next[right];
            if next[left] != NONE {
                previous[next[left]] = left;
                offer(&mut queue, &symbols, left, next[left]);
            }
            if previous[left] != NONE {
                offer(&mut queue, &symbols, previous[left], left);
            }
        }
        symbols.into_iter().zip(free).filter(|(_, free)| !free).map(|(symbol, _)| symbol).collect()
    }

    fn find(&self, left: u32, right: u32) -> Option<Join> {
        match self {
            Joins::Pairs(pairs) => pairs.get(&(left, right)).copied(),
            Joins::Texts { by_text, texts } => {
                let (left, right) = (texts.get(left as usize)?, texts.get(right as usize)?);
                // Byte tokens have no text here: they never join.
                if left.is_empty() || right.is_empty() {
                    return None;
                }
                by_text.get(&[left.as_slice(), right.as_slice()].concat()).copied()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens are 0 to 9; each rule says which pair becomes what, best first.
    fn check(rules: &[(u32, u32, u32)], symbols: &[u32], expected: &[u32]) {
        let pairs = rules
            .iter()
            .enumerate()
            .map(|(rank, &(left, right, token))| ((left, right), Join { rank: rank as u32, token }));
        assert_eq!(Joins::Pairs(pairs.collect()).merge(symbols.to_vec()), expected);
    }

    #[test]
    fn the_best_pair_joins_first_and_the_leftmost_of_equals() {
        check(&[], &[1, 2, 3], &[1, 2, 3]);
        check(&[(1, 2, 5)], &[], &[]);
        check(&[(1, 2, 5)], &[1, 2], &[5]);
        check(&[(1, 2, 5), (2, 3, 6)], &[1, 2, 3], &[5, 3]);
        check(&[(2, 3, 6), (1, 2, 5)], &[1, 2, 3], &[1, 6]);
        check(&[(1, 1, 4)], &[1, 1, 1], &[4, 1]);
        check(&[(1, 1, 4), (4, 4, 5), (5, 1, 6)], &[1, 1, 1, 1, 1], &[6]);
    }
}
